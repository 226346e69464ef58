//! The names that one list of arguments accepts.

use darling::FromMeta;

/// The names that one list of arguments takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArgList {
    /// The argument whose parentheses it is; `None`: the attribute's own.
    pub(crate) within: Option<&'static str>,
    pub(crate) names: &'static [&'static str],
}

/// A struct with one field for each argument of a list.
pub(crate) trait Options: FromMeta {
    /// The argument whose parentheses hold the list; `None`: the attribute itself.
    const WITHIN: Option<&'static str>;
    /// Whether its name may stand without parentheses, for the defaults.
    const ALONE: bool;
    /// The arguments it takes.
    const NAMES: &'static [&'static str];
}

/// The names that the list of a struct takes.
pub(crate) const fn place<T: Options>() -> ArgList {
    ArgList {
        within: T::WITHIN,
        names: T::NAMES,
    }
}
