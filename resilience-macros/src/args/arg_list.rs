//! The names that one list of arguments accepts.

use darling::FromMeta;

/// The names that one list of arguments takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArgList {
    /// The argument whose parentheses it is; `None`: the attribute's own.
    pub(crate) within: Option<&'static str>,
    pub(crate) names: &'static [&'static str],
}

/// A group of settings that stand in a pool and in the configuration, and in no attribute.
const IN_NO_ATTRIBUTE: &str = "target";

impl ArgList {
    /// The names that can be written.
    pub(crate) fn offered(self) -> Vec<&'static str> {
        let hidden = |name: &&str| self.within.is_none() && *name == IN_NO_ATTRIBUTE;
        let names = self.names.iter().copied();
        match self.within {
            Some(IN_NO_ATTRIBUTE) => Vec::new(),
            _ => names.filter(|name| !hidden(name)).collect(),
        }
    }

    /// Whether it takes an argument of that name.
    pub(crate) fn takes(self, name: &str) -> bool {
        self.offered().contains(&name)
    }
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
