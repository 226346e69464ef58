//! What an HTTP answer means.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::time::{Duration, SystemTime};

use crate::verdict::{ErrorCode, Reason, Verdict};

/// Looks up response headers by name, in an [`http::HeaderMap`], a map, or a list of pairs.
///
/// Names are compared without regard to case; the first of several headers of one name counts.
pub trait HttpHeaders {
    /// Returns the value of the header `name` (given in lower case), if there is one that is text.
    fn header(&self, name: &str) -> Option<&str>;
}

impl<H: HttpHeaders + ?Sized> HttpHeaders for &H {
    fn header(&self, name: &str) -> Option<&str> {
        (**self).header(name)
    }
}

/// No headers.
impl HttpHeaders for () {
    fn header(&self, _: &str) -> Option<&str> {
        None
    }
}

impl HttpHeaders for http::HeaderMap {
    fn header(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str().ok()
    }
}

impl<K: AsRef<str>, V: AsRef<str>> HttpHeaders for [(K, V)] {
    fn header(&self, name: &str) -> Option<&str> {
        first(
            self.iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref())),
            name,
        )
    }
}

impl<K: AsRef<str>, V: AsRef<str>, const N: usize> HttpHeaders for [(K, V); N] {
    fn header(&self, name: &str) -> Option<&str> {
        self.as_slice().header(name)
    }
}

impl<K: AsRef<str>, V: AsRef<str>> HttpHeaders for Vec<(K, V)> {
    fn header(&self, name: &str) -> Option<&str> {
        self.as_slice().header(name)
    }
}

impl<K: AsRef<str>, V: AsRef<str>, S: BuildHasher> HttpHeaders for HashMap<K, V, S> {
    fn header(&self, name: &str) -> Option<&str> {
        first(
            self.iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref())),
            name,
        )
    }
}

impl<K: AsRef<str>, V: AsRef<str>> HttpHeaders for BTreeMap<K, V> {
    fn header(&self, name: &str) -> Option<&str> {
        first(
            self.iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref())),
            name,
        )
    }
}

fn first<'a>(
    mut headers: impl Iterator<Item = (&'a str, &'a str)>,
    wanted: &str,
) -> Option<&'a str> {
    headers
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value)
}

/// Converts an HTTP status: a number or an [`http::StatusCode`].
pub trait HttpStatus {
    /// Returns the number of the status.
    fn code(self) -> u16;
}

impl HttpStatus for u16 {
    fn code(self) -> u16 {
        self
    }
}

impl HttpStatus for http::StatusCode {
    fn code(self) -> u16 {
        self.as_u16()
    }
}

impl Verdict {
    /// Returns the verdict on an HTTP status and the headers `x-should-retry`, `retry-after-ms` and
    /// `Retry-After` (seconds, fractions of them, or an HTTP date).
    ///
    /// | status | verdict |
    /// |---|---|
    /// | 429 | throttled |
    /// | 503, 529 | transient |
    /// | 408, 409, 425 | transient, ignored by the breaker |
    /// | 501, 505 | permanent, a breaker failure |
    /// | other 5xx | outcome unknown |
    /// | everything else | permanent |
    ///
    /// `x-should-retry: true` makes it transient and `false` permanent, since the server decides.
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience_runtime::Verdict;
    ///
    /// let verdict = Verdict::from_http(429, &[("Retry-After", "1.5")]);
    /// assert_eq!(verdict, Verdict::throttled(Some(Duration::from_millis(1500))));
    /// assert!(Verdict::from_http(404, &()).is_permanent());
    /// ```
    pub fn from_http<H: HttpHeaders + ?Sized>(status: impl HttpStatus, headers: &H) -> Self {
        let status = status.code();
        let by_status = match status {
            429 => Self::throttled(None),
            503 | 529 => Self::transient(),
            408 | 409 | 425 => Self::transient().ignored_by_breaker(),
            501 | 505 => Self::permanent().counts_as_failure(),
            500..=599 => Self::outcome_unknown(),
            401 | 403 => Self::permanent().because(Reason::Denied),
            402 => Self::permanent().because(Reason::QuotaExhausted),
            404 | 410 => Self::permanent().because(Reason::NotFound),
            _ => Self::permanent(),
        };
        let verdict = match should_retry(headers) {
            Some("true") if by_status.is_permanent() => Self::transient().ignored_by_breaker(),
            // The server asks for a repetition, whatever became of the first.
            Some("true") if by_status.is_outcome_unknown() => Self::transient(),
            Some("false") if by_status.is_breaker_failure() => {
                Self::permanent().counts_as_failure()
            }
            Some("false") if by_status.is_throttled() => Self::permanent().ignored_by_breaker(),
            Some("false") => Self::permanent(),
            _ => by_status,
        };
        let verdict = verdict.with_code(ErrorCode::Http(status));
        match retry_after(headers) {
            Some(wait) if !verdict.is_permanent() => verdict.with_retry_after(wait),
            _ => verdict,
        }
    }
}

/// Returns the value of `x-should-retry`, which overrides the status.
pub(super) fn should_retry<H: HttpHeaders + ?Sized>(headers: &H) -> Option<&str> {
    headers.header("x-should-retry").map(str::trim)
}

/// Returns the time after which the server wants the next request: `retry-after-ms`, else `Retry-After`.
pub(crate) fn retry_after<H: HttpHeaders + ?Sized>(headers: &H) -> Option<Duration> {
    let milliseconds = headers
        .header("retry-after-ms")
        .and_then(seconds)
        .map(|thousand_fold| thousand_fold / 1_000);
    milliseconds.or_else(|| {
        let text = headers.header("retry-after")?;
        seconds(text).or_else(|| until_date(text, headers.header("date")))
    })
}

/// A number of seconds, whole or not.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    // `f64` would also take "inf", "NaN" and signs.
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(Duration::from_secs(whole));
    }
    let number: f64 = text.parse().ok()?;
    Some(Duration::try_from_secs_f64(number).unwrap_or(Duration::MAX))
}

/// The time until an HTTP date, measured from the server's own `Date` where it sent one, so that a clock
/// that is wrong on either side does no harm. A date in the past means at once.
fn until_date(text: &str, date: Option<&str>) -> Option<Duration> {
    let then = httpdate::parse_http_date(text.trim()).ok()?;
    let now = date
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .unwrap_or_else(SystemTime::now);
    Some(then.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&str, &str)]) -> Option<Duration> {
        Verdict::from_http(429, headers).retry_after()
    }

    #[test]
    fn from_http_classifies_each_status() {
        for (status, expected) in [
            (400, Verdict::permanent()),
            (401, Verdict::permanent()),
            (404, Verdict::permanent()),
            (408, Verdict::transient().ignored_by_breaker()),
            (409, Verdict::transient().ignored_by_breaker()),
            (425, Verdict::transient().ignored_by_breaker()),
            (429, Verdict::throttled(None)),
            (500, Verdict::outcome_unknown()),
            (501, Verdict::permanent().counts_as_failure()),
            (502, Verdict::outcome_unknown()),
            (503, Verdict::transient()),
            (504, Verdict::outcome_unknown()),
            (529, Verdict::transient()),
        ] {
            assert_eq!(Verdict::from_http(status, &()), expected, "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_fractions_or_a_date() {
        assert_eq!(wait(&[("Retry-After", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(
            wait(&[("RETRY-AFTER", " 0.25 ")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            wait(&[("retry-after-ms", "1500"), ("retry-after", "9")]),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(
            wait(&[
                ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"),
            ]),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            wait(&[("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")]),
            Some(Duration::ZERO)
        );
        for nonsense in ["soon", "-1", "NaN", "inf", "", "1e3", "."] {
            assert_eq!(wait(&[("Retry-After", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(
            wait(&[("Retry-After", "99999999999999999999")]),
            Some(Duration::MAX)
        );
    }

    #[test]
    fn x_should_retry_overrides_the_status() {
        let retry = [("x-should-retry", "true")];
        let stop = [("x-should-retry", "false")];
        assert!(Verdict::from_http(400, &retry).is_transient());
        assert!(Verdict::from_http(500, &retry).is_transient());
        assert_eq!(
            Verdict::from_http(503, &stop),
            Verdict::permanent().counts_as_failure()
        );
        assert_eq!(
            Verdict::from_http(429, &stop),
            Verdict::permanent().ignored_by_breaker()
        );
    }

    #[test]
    fn from_http_accepts_maps_and_pairs() {
        let mut map = http::HeaderMap::new();
        map.insert("retry-after", http::HeaderValue::from_static("3"));
        let expected = Verdict::throttled(Some(Duration::from_secs(3)));
        let status = http::StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(Verdict::from_http(status, &map), expected);
        let pairs = vec![("Retry-After".to_owned(), "3".to_owned())];
        assert_eq!(Verdict::from_http(429, &pairs), expected);
        let hash: HashMap<String, String> = pairs.into_iter().collect();
        assert_eq!(Verdict::from_http(429, &hash), expected);
    }
}
