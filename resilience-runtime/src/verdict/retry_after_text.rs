//! The wait that OpenAI writes into the message of a 429: "Please try again in 45.40s."
//!
//! It is read only where the headers are lost, as in `async-openai`'s errors.

use std::time::Duration;

/// Returns the wait in `try again in <number><unit>`, with the units `h`, `m`, `s` and `ms`, each at most once
/// and in this order: `6m0s`, `1.5s`, `120ms`; or in `try again in <number> <unit>`, with one unit as a word: `7 seconds`.
/// Returns `None` for anything else.
#[must_use]
pub fn try_again_in(message: &str) -> Option<Duration> {
    // It may begin a sentence.
    const PHRASE: &str = "ry again in ";
    // An earlier occurrence of the phrase may have no number.
    message.match_indices(PHRASE).find_map(|(at, _)| {
        if !message[..at].ends_with(['t', 'T']) {
            return None;
        }
        let after = &message[at + PHRASE.len()..];
        wait(after).or_else(|| wait_in_words(after))
    })
}

/// `7 seconds`, `1.5 minutes`, `1 hour`. `1 minute and 30 seconds` is not read, rather than too short.
fn wait_in_words(text: &str) -> Option<Duration> {
    const UNITS: [(&[&str], f64); 4] = [
        (&["millisecond", "milliseconds"], 0.001),
        (&["sec", "secs", "second", "seconds"], 1.0),
        (&["min", "mins", "minute", "minutes"], 60.0),
        (&["hour", "hours"], 3_600.0),
    ];
    let (number, rest) = text.split_once(' ')?;
    let is_number = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = number.parse().ok().filter(|_| is_number)?;
    let end = rest
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    let after = after.trim_start_matches([' ', ',']);
    let goes_on = after.strip_prefix("and ").unwrap_or(after);
    if goes_on.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (_, seconds) = UNITS.iter().find(|(words, _)| words.contains(&word))?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

fn wait(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("h", 3_600.0), ("m", 60.0), ("s", 1.0)];
    let mut rest = text;
    let mut sum = Duration::ZERO;
    let mut smallest = f64::INFINITY;
    loop {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        if digits == 0 {
            break;
        }
        let number: f64 = rest[..digits].parse().ok()?;
        let (unit, seconds) = *UNITS
            .iter()
            .find(|(unit, _)| rest[digits..].starts_with(unit))?;
        if seconds >= smallest {
            return None;
        }
        smallest = seconds;
        sum = sum.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &rest[digits + unit.len()..];
        // A full stop ends the sentence, unless a digit follows.
        if rest.starts_with('.') {
            break;
        }
    }
    let goes_on = rest.starts_with(|c: char| c.is_alphanumeric());
    (smallest.is_finite() && !goes_on).then_some(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn try_again_in_reads_each_known_format() {
        for (message, milliseconds) in [
            (
                "Rate limit reached for gpt-4 in organization org-x on tokens per min (TPM): Limit \
                 10000, Used 9000, Requested 2000. Please try again in 45.40s. Visit https://x.",
                45_400,
            ),
            ("Please try again in 20s", 20_000),
            ("Please try again in 120ms.", 120),
            ("Please try again in 6m0s.", 360_000),
            ("Please try again in 1h2m3.5s. Thanks", 3_723_500),
            ("Please try again in 2m, or later", 120_000),
            ("please try again in a while; try again in 3s", 3_000),
            ("try again in 0s", 0),
            ("Rate limit exceeded. Try again in 7 seconds.", 7_000),
            ("Try again in 1.5 minutes, please", 90_000),
            ("Try again in 7 seconds and so on", 7_000),
            ("try again in 1 second", 1_000),
            ("try again in 250 milliseconds", 250),
            ("Try again in 20s", 20_000),
        ] {
            assert_eq!(
                try_again_in(message),
                Some(Duration::from_millis(milliseconds)),
                "{message}"
            );
        }
    }

    #[test]
    fn try_again_in_rejects_other_formats() {
        for message in [
            "",
            "try again in ",
            "try again in s",
            "try again in 5",
            "try again in 5 secondsabc",
            "try again in 1 minute 30 seconds",
            "try again in 1 hour, 2 minutes",
            "try again in 1 minute and 30 seconds",
            "try again in 5 light-years",
            "try again in five seconds",
            "try again in -5 seconds",
            "try again in inf seconds",
            "try again in 5sec",
            "try again in 5minutes",
            "try again in -5s",
            "try again in 1e3s",
            "try again in 1.2.3s",
            "try again in .s",
            "try again in 5s5s",
            "try again in 5s5m",
            "try again in 5m5",
            "retry after 5s",
            "Try Again In 5s",
            "TRY AGAIN IN 5s",
            "try again in 5µs",
            "try again in 5sä",
        ] {
            assert_eq!(try_again_in(message), None, "{message}");
        }
        let endless = format!("try again in {}s", "9".repeat(400));
        assert_eq!(try_again_in(&endless), None);
    }

    proptest! {
        #[test]
        fn try_again_in_never_panics(before in ".*", after in "[0-9hms. µä]*") {
            let _ = try_again_in(&before);
            let _ = try_again_in(&format!("{before}try again in {after}"));
        }

        #[test]
        fn try_again_in_reads_minutes_and_tenths(minutes in 0_u64..60, tenths in 0_u64..600) {
            let message = format!("try again in {minutes}m{}.{}s.", tenths / 10, tenths % 10);
            let read = try_again_in(&message).expect("the known shape");
            let written = Duration::from_millis(minutes * 60_000 + tenths * 100);
            prop_assert!(read.abs_diff(written) < Duration::from_micros(1));
        }
    }
}
