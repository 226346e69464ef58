//! Formats numbers and names.

/// `—` where nothing was measured.
pub(super) const NOTHING: &str = "—";

pub(super) fn number(value: Option<f64>) -> String {
    match value {
        None => NOTHING.to_owned(),
        Some(value) if value.abs() >= 9_999.5 => thousands(value),
        Some(value) if value.abs() >= 99.5 || value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.1}"),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{grouped}")
}

pub(super) fn times(ratio: Option<f64>) -> String {
    match ratio {
        Some(ratio) if ratio.is_finite() => format!("{ratio:.2}×"),
        _ => NOTHING.to_owned(),
    }
}

pub(super) fn share(value: Option<f64>, of: Option<f64>) -> Option<f64> {
    let (value, of) = (value?, of?);
    (of > 0.0).then(|| value / of)
}

/// Returns the name of a profile in the documentation.
pub(super) fn profile(name: &str) -> &'static str {
    match name {
        "release" => "release",
        "fast-clock" => "release, `fast-clock`",
        _ => "fat LTO",
    }
}

/// Returns the name of a contestant in the documentation.
pub(super) fn contestant(name: &str) -> String {
    match name {
        "ours" => "**resilience**".to_owned(),
        "by_hand" => "by hand".to_owned(),
        "floor" => "floor prototype".to_owned(),
        "governor_std_clock" => "governor (std clock)".to_owned(),
        other => other.replace('_', "-"),
    }
}
