//! The parts of an HTTP answer, in the types of whatever client: its status and its headers.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

/// Looks up response headers by name, in an [`http::HeaderMap`], a map, or a list of pairs.
///
/// Names are compared without regard to case; the first of several headers of one name counts, except for the quotas of a
/// server, which may be spread over several.
pub trait HttpHeaders {
    /// Returns the value of the header `name` (given in lower case), if there is one that is text.
    fn header(&self, name: &str) -> Option<&str>;

    /// Calls `visit` with the value of each header `name` (given in lower case) that is text, in their order. Unless it is
    /// implemented, that is the one that [`header`](Self::header) returns.
    fn each_value<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a str)) {
        if let Some(value) = self.header(name) {
            visit(value);
        }
    }
}

impl<H: HttpHeaders + ?Sized> HttpHeaders for &H {
    fn header(&self, name: &str) -> Option<&str> {
        (**self).header(name)
    }

    fn each_value<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a str)) {
        (**self).each_value(name, visit);
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

    fn each_value<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a str)) {
        let texts = self.get_all(name).iter();
        texts
            .filter_map(|value| value.to_str().ok())
            .for_each(visit);
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

    fn each_value<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a str)) {
        self.iter()
            .filter(|(other, _)| other.as_ref().eq_ignore_ascii_case(name))
            .for_each(|(_, value)| visit(value.as_ref()));
    }
}

impl<K: AsRef<str>, V: AsRef<str>, const N: usize> HttpHeaders for [(K, V); N] {
    fn header(&self, name: &str) -> Option<&str> {
        self.as_slice().header(name)
    }

    fn each_value<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a str)) {
        self.as_slice().each_value(name, visit);
    }
}

impl<K: AsRef<str>, V: AsRef<str>> HttpHeaders for Vec<(K, V)> {
    fn header(&self, name: &str) -> Option<&str> {
        self.as_slice().header(name)
    }

    fn each_value<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a str)) {
        self.as_slice().each_value(name, visit);
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
