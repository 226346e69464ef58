//! A number with a unit, read exactly. The runtime and the macros both compile this file (the macros by a symbolic
//! link), so that a text means the same in an attribute, a variable and a file.
//!
//! What servers write has other grammars and parsers of its own: Go's compound durations (`1m30.5s`) in the headers
//! of rate limits, and the sentence `try again in 6m0s` of OpenAI.

use std::time::Duration;

/// Why digits are no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoDuration {
    Malformed,
    TooLong,
}

/// The nanoseconds of a unit; no unit is seconds.
pub(crate) fn nanos_of_unit(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        // Both code points that people type for micro.
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "" | "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// So many units, without the detour over a float.
pub(crate) fn of_unit(digits: &str, nanos_of_unit: u128) -> Result<Duration, NoDuration> {
    let too_long = NoDuration::TooLong;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(NoDuration::Malformed);
    }
    let whole: u128 = match whole {
        "" => 0,
        digits => digits.parse().map_err(|_| too_long)?,
    };
    let mut nanos = whole.checked_mul(nanos_of_unit).ok_or(too_long)?;
    // Digits beyond these are below a nanosecond for every unit.
    let fraction = &fraction[..fraction.len().min(20)];
    if !fraction.is_empty() {
        let numerator: u128 = fraction.parse().map_err(|_| NoDuration::Malformed)?;
        let denominator = fraction.bytes().fold(1_u128, |scale, _| scale * 10);
        let share = numerator.checked_mul(nanos_of_unit).ok_or(too_long)? / denominator;
        nanos = nanos.checked_add(share).ok_or(too_long)?;
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).map_err(|_| too_long)?;
    let rest = u32::try_from(nanos % 1_000_000_000).map_err(|_| too_long)?;
    Ok(Duration::new(seconds, rest))
}
