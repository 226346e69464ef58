//! The parts of an HTTP answer, in the types of whatever client: its status and its headers.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

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
