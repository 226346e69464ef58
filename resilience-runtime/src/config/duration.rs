//! How a duration is read that a person wrote.

use std::time::Duration;

use super::duration_text::{nanos_of_unit, of_unit};

/// What [`parse_duration`] takes.
pub(crate) const DURATION_FORMAT: &str =
    "must be seconds, such as `1.5`, or a number with a unit, such as `250ms`, `30s`, `2m`, `1h`";

/// Reads a duration: a bare number is seconds; the units are `ns`, `us`, `ms`, `s`, `m`, `h`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    let unit_at = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    nanos_of_unit(unit.trim_start())
        .and_then(|nanos| of_unit(number, nanos).ok())
        .ok_or(DURATION_FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, expected) in [
            ("250ms", Duration::from_millis(250)),
            ("1.5s", Duration::from_millis(1_500)),
            ("2m", Duration::from_secs(120)),
            ("1h", Duration::from_secs(3_600)),
            ("0.5h", Duration::from_secs(1_800)),
            ("60", Duration::from_secs(60)),
            ("0.5", Duration::from_millis(500)),
            ("1.0", Duration::from_secs(1)),
            (" 10 s ", Duration::from_secs(10)),
            ("0", Duration::ZERO),
            ("7us", Duration::from_micros(7)),
        ] {
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "-1",
            "-1s",
            "NaN",
            "inf",
            "1e400",
            "1 sec",
            "s",
            "1.2.3",
            "+1",
            "1e3",
            "1d",
            "99999999999999999999h",
        ] {
            assert_eq!(parse_duration(text), Err(DURATION_FORMAT), "{text}");
        }
    }
}
