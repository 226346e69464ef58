//! Parses the `date-time` of RFC 3339, section 5.6, as the reset headers of Anthropic carry it.
//!
//! Written here because the always-present dependencies include no parser for it: `httpdate` reads only the dates
//! of HTTP, and a calendar library for one header would be a dependency for every user.

use std::time::Duration;

/// Returns the time from 1970 to a date such as `2026-01-31T12:00:00Z`, with an optional fraction of a second and
/// offset. Atlassian leaves the seconds out. Returns `None` for an invalid date and for one before 1970.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = text.get(from..to)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok())?
    };
    let separator = |at: usize, allowed: &[u8]| {
        text.as_bytes()
            .get(at)
            .filter(|byte| allowed.contains(byte))
            .map(|_| ())
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    let (second, end) = match text.as_bytes().get(16) {
        Some(b':') => (number(17, 19)?, 19),
        _ => (0, 16),
    };
    separator(4, b"-")?;
    separator(7, b"-")?;
    separator(10, b"Tt ")?;
    separator(13, b":")?;
    if year < 1970 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(end..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => (0.0, rest),
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            (format!("0.{}", &rest[..end]).parse().ok()?, &rest[end..])
        }
    };
    let seconds = days(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [b'+' | b'-', _, _, b':', _, _] => {
            let from = text.len() - zone.len();
            let ahead = number(from + 1, from + 3)? * 3_600 + number(from + 4, from + 6)? * 60;
            let ahead = i64::try_from(ahead).ok()?;
            if zone.starts_with('+') { ahead } else { -ahead }
        }
        _ => return None,
    };
    let seconds = seconds.checked_add_signed(-offset)?;
    Some(Duration::from_secs(seconds) + Duration::from_secs_f64(fraction))
}

/// Returns the days since 1970-01-01 in the Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let is_leap = leaps(year) > leaps(year - 1);
    let month = usize::try_from(month.checked_sub(1)?).ok()?;
    let leap_day = u64::from(is_leap && month == 1);
    if day == 0 || day > LENGTH.get(month)? + leap_day {
        return None;
    }
    let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    Some(years + BEFORE[month] + u64::from(is_leap && month > 1) + day - 1)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parse_reads_fractions_and_offsets() {
        let at = |text| parse(text).map(|time| time.as_millis());
        assert_eq!(at("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(at("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
        assert_eq!(at("2026-01-31T12:00:00.250Z"), Some(1_769_860_800_250));
        assert_eq!(at("2026-01-31T14:00:00+02:00"), Some(1_769_860_800_000));
        assert_eq!(at("2026-01-31T10:00:00-02:00"), Some(1_769_860_800_000));
        assert_eq!(at("2026-01-31T12:00Z"), Some(1_769_860_800_000));
        assert_eq!(at("2026-01-31T14:00+02:00"), Some(1_769_860_800_000));
        for wrong in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z",
            "2026-1-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00.Z5",
            "2026-01-01T00:00",
            "2026-01-01T00:00:Z",
            "2026-01-01T00:0",
        ] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn parse_agrees_with_httpdate(seconds in 0_u64..253_402_300_800) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let date = httpdate::fmt_http_date(time);
            // "Sat, 31 Jan 2026 12:00:00 GMT"
            let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
                .iter()
                .position(|name| *name == &date[8..11])
                .expect("there is one") + 1;
            let text = format!("{}-{month:02}-{}T{}Z", &date[12..16], &date[5..7], &date[17..25]);
            prop_assert_eq!(parse(&text), Some(Duration::from_secs(seconds)));
        }


        #[test]
        fn parse_never_panics(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
