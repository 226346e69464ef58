//! Durations: `"250ms"`, `"1.5s"`, a number of seconds, or the path of a constant.

use std::time::Duration;

use darling::{Error, Result};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{Expr, Lit};

use super::duration_text::{self, NoDuration};
use super::spanned::{Value, is_off, strip_groups};
use super::value::{Setting, is_negative, literal};
use crate::runtime::Runtime;

/// What is allowed, for every message.
const ALLOWED: &str = "allowed are a number with one of `ns`, `us`, `ms`, `s`, `m`, `h` in quotes, such as `\"250ms\"`, \
a bare number of seconds, or the path of a `const` of type `Duration`";

/// A span of time, as it was written.
#[derive(Clone, Debug)]
pub(crate) enum Time {
    Literal(Duration),
    Path(Expr),
}

impl Time {
    /// Its length where the macro can know it.
    pub(crate) fn known(&self) -> Option<Duration> {
        match self {
            Self::Literal(duration) => Some(*duration),
            Self::Path(_) => None,
        }
    }

    /// The runtime's `Duration`.
    pub(crate) fn duration(&self, runtime: &Runtime) -> TokenStream {
        match self {
            Self::Literal(duration) => {
                let private = runtime.private(Span::mixed_site());
                let seconds = Literal::u64_unsuffixed(duration.as_secs());
                match duration.subsec_nanos() {
                    0 => quote!(#private::Duration::from_secs(#seconds)),
                    nanos => {
                        let millis = u64::try_from(duration.as_millis()).ok();
                        match millis.filter(|_| nanos % 1_000_000 == 0) {
                            Some(millis) => {
                                let millis = Literal::u64_unsuffixed(millis);
                                quote!(#private::Duration::from_millis(#millis))
                            }
                            None => {
                                let nanos = Literal::u32_unsuffixed(nanos);
                                quote!(#private::Duration::new(#seconds, #nanos))
                            }
                        }
                    }
                }
            }
            Self::Path(path) => path.to_token_stream(),
        }
    }

    fn read_any(expr: &Expr) -> Result<Self> {
        let wrong = |message: String| Err(Error::custom(message).with_span(expr));
        if is_negative(expr) {
            return wrong(format!("a duration cannot be negative; {ALLOWED}"));
        }
        let parsed = match (strip_groups(expr), literal(expr)) {
            (_, Some(Lit::Str(text))) => text_to_duration(&text.value()),
            (_, Some(Lit::Int(number))) if !number.suffix().is_empty() => {
                Err(suffixed(number.base10_digits(), number.suffix()))
            }
            (_, Some(Lit::Float(number))) if !number.suffix().is_empty() => {
                Err(suffixed(number.base10_digits(), number.suffix()))
            }
            (_, Some(Lit::Int(number))) => of_unit(number.base10_digits(), 1_000_000_000),
            (_, Some(Lit::Float(number))) => of_unit(number.base10_digits(), 1_000_000_000),
            (Expr::Path(_), _) => return Ok(Self::Path(expr.clone())),
            _ => Err(format!("not a duration; {ALLOWED}")),
        };
        parsed.map(Self::Literal).or_else(wrong)
    }
}

fn suffixed(digits: &str, suffix: &str) -> String {
    format!("quote a duration with a unit: `\"{digits}{suffix}\"`; {ALLOWED}")
}

impl Value for Time {
    const EXAMPLE: &'static str = "\"30s\"";

    fn of(expr: &Expr) -> Result<Self> {
        if is_off(expr) {
            return Err(
                Error::custom(format!("`off` is not allowed here; {ALLOWED}")).with_span(expr),
            );
        }
        match Self::read_any(expr)? {
            Self::Literal(Duration::ZERO) => {
                Err(Error::custom("must be longer than zero").with_span(expr))
            }
            time => Ok(time),
        }
    }
}

impl Setting for Time {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private(Span::mixed_site());
        let duration = self.duration(runtime);
        quote!(#private::Value::Time(#duration))
    }
}

/// A span of time that may be zero.
#[derive(Clone, Debug)]
pub(crate) struct Wait(pub(crate) Time);

impl Value for Wait {
    const EXAMPLE: &'static str = Time::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        if is_off(expr) {
            return Err(Error::custom("`off` is not allowed here; write `0`").with_span(expr));
        }
        Time::read_any(expr).map(Self)
    }
}

impl Setting for Wait {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        self.0.expand(runtime)
    }
}

/// The calls that a breaker's rates are computed over: a number of them, or a span of time.
#[derive(Clone, Debug)]
pub(crate) enum Window {
    Calls(u32),
    Time(Time),
}

/// The longest window of calls.
const MAX_CALLS: u32 = 1_000_000;

impl Value for Window {
    const EXAMPLE: &'static str = "100";

    fn of(expr: &Expr) -> Result<Self> {
        match literal(expr) {
            _ if is_negative(expr) => {
                Err(Error::custom("must be between 1 and 1000000 calls").with_span(expr))
            }
            Some(Lit::Int(number)) if number.suffix().is_empty() => number
                .base10_parse::<u32>()
                .ok()
                .filter(|calls| (1..=MAX_CALLS).contains(calls))
                .map(Self::Calls)
                .ok_or_else(|| {
                    Error::custom("must be between 1 and 1000000 calls").with_span(expr)
                }),
            Some(Lit::Float(number)) if number.suffix().is_empty() => Err(Error::custom(
                "a window is a number of calls, such as `100`, or a time in quotes, such as `\"30s\"`",
            )
            .with_span(expr)),
            _ => Time::of(expr).map(Self::Time),
        }
    }
}

impl Setting for Window {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private(Span::mixed_site());
        let window = match self {
            Self::Calls(calls) => {
                let calls = Literal::u32_unsuffixed(*calls);
                quote!(#private::Window::Calls(#calls))
            }
            Self::Time(time) => {
                let time = time.duration(runtime);
                quote!(#private::Window::Time(#time))
            }
        };
        quote!(#private::Value::Window(#window))
    }
}

/// The length of a text such as `1.5s`.
fn text_to_duration(text: &str) -> core::result::Result<Duration, String> {
    let text = text.trim();
    let digits_end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '+' | '-')))
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let digits = digits.trim().replace('_', "");
    let unit = unit.trim();
    if digits.starts_with('-') {
        return Err(format!("a duration cannot be negative; {ALLOWED}"));
    }
    if digits.is_empty() {
        return Err(format!("`{text}` is not a duration; {ALLOWED}"));
    }
    let Some(nanos_of_unit) = duration_text::nanos_of_unit(unit) else {
        let hint = match unit.to_ascii_lowercase().as_str() {
            "sec" | "secs" | "second" | "seconds" | "s" => {
                format!(", write `{digits}s`")
            }
            "min" | "mins" | "minute" | "minutes" | "m" => {
                format!(", write `{digits}m`")
            }
            "hr" | "hrs" | "hour" | "hours" | "h" => format!(", write `{digits}h`"),
            "msec" | "millis" | "millisecond" | "milliseconds" | "ms" => {
                format!(", write `{digits}ms`")
            }
            "d" | "day" | "days" => ", write days as hours".to_owned(),
            _ => String::new(),
        };
        return Err(format!("unknown unit `{unit}`{hint}; {ALLOWED}"));
    };
    of_unit(&digits, nanos_of_unit).map_err(|message| format!("`{text}`: {message}"))
}

/// So many units; a number with an exponent is seconds, as Rust writes floats.
fn of_unit(digits: &str, nanos_of_unit: u128) -> core::result::Result<Duration, String> {
    let message = |cause| match cause {
        NoDuration::Malformed => format!("not a number; {ALLOWED}"),
        NoDuration::TooLong => "too long for a duration".to_owned(),
    };
    if digits.contains(['e', 'E']) {
        let seconds = digits.parse().map_err(|_| message(NoDuration::Malformed))?;
        return Duration::try_from_secs_f64(seconds).map_err(|_| message(NoDuration::TooLong));
    }
    duration_text::of_unit(digits, nanos_of_unit).map_err(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> core::result::Result<Duration, String> {
        let expr = syn::parse_str(code).unwrap_or_else(|_| panic!("{code} is no expression"));
        match Time::read_any(&expr) {
            Ok(Time::Literal(duration)) => Ok(duration),
            Ok(Time::Path(_)) => Err("a path".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn every_form_has_its_length() {
        for (code, millis) in [
            ("\"250ms\"", 250),
            ("\"1.5s\"", 1_500),
            ("\"2m\"", 120_000),
            ("\"1h\"", 3_600_000),
            ("\"1.1h\"", 3_960_000),
            ("\" 3 s \"", 3_000),
            ("\"60\"", 60_000),
            ("60", 60_000),
            ("1_000", 1_000_000),
            ("0.5", 500),
            ("1.", 1_000),
            ("1e3", 1_000_000),
            ("0x10", 16_000),
            ("0", 0),
            ("(2)", 2_000),
        ] {
            assert_eq!(read(code), Ok(Duration::from_millis(millis)), "{code}");
        }
        assert_eq!(read("\"1500us\""), Ok(Duration::from_micros(1_500)));
        assert_eq!(read("\"7ns\""), Ok(Duration::from_nanos(7)));
        assert_eq!(read("\"0.000000001s\""), Ok(Duration::from_nanos(1)));
    }

    #[test]
    fn what_is_no_duration_says_what_is_allowed() {
        for (code, about) in [
            ("\"2 sec\"", "unknown unit `sec`, write `2s`"),
            ("\"3d\"", "unknown unit `d`, write days as hours"),
            ("\"5 parsecs\"", "unknown unit `parsecs`"),
            ("\"-5s\"", "a duration cannot be negative"),
            ("-5", "a duration cannot be negative"),
            ("-0.5", "a duration cannot be negative"),
            ("\"NaN\"", "`NaN` is not a duration"),
            ("\"inf\"", "`inf` is not a duration"),
            ("\"\"", "`` is not a duration"),
            ("\"1.2.3s\"", "not a number"),
            ("\"+5s\"", "not a number"),
            ("\".s\"", "not a number"),
            ("\"99999999999999999999s\"", "too long for a duration"),
            (
                "\"9999999999999999999999999999999999999999h\"",
                "too long for a duration",
            ),
            ("1e400", "too long for a duration"),
            ("500ms", "quote a duration with a unit: `\"500ms\"`"),
            ("1.5s", "quote a duration with a unit: `\"1.5s\"`"),
            ("true", "not a duration"),
            ("1 + 1", "not a duration"),
        ] {
            let error = read(code).expect_err(code);
            assert!(error.contains(about), "{code}: {error}");
        }
    }
}
