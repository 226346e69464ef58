//! Another reading of decimal numbers: in whole numbers, and exact where the number is one.

/// A number of units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Amount {
    /// Exactly so many.
    Exact(u128),
    /// So many, give or take a rounding.
    About(f64),
}

impl Amount {
    /// Whether this is what was read, in the same unit.
    pub(crate) fn is(self, read: u128) -> bool {
        match self {
            Self::Exact(amount) => amount == read,
            Self::About(amount) => (amount - read as f64).abs() <= 1.0 + amount * 1e-9,
        }
    }
}

/// Digits with at most one point among them, times `unit`. `None`: it is no such number.
pub(crate) fn decimal(text: &str, unit: u64) -> Option<Amount> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    if !text.contains('.')
        && let Ok(number) = whole.parse::<u64>()
    {
        return Some(Amount::Exact(u128::from(number) * u128::from(unit)));
    }
    let digits = |text: &str| {
        text.bytes()
            .fold(0.0, |sum, digit| sum * 10.0 + f64::from(digit - b'0'))
    };
    let fraction = &fraction[..fraction.len().min(30)];
    let part = digits(fraction) / 10_f64.powi(fraction.len() as i32);
    Some(Amount::About((digits(whole) + part) * unit as f64))
}
