//! Settings that were renamed: their old names are errors that give the new ones, they are never ignored.

/// Old names in files and variables, with the new ones.
pub(super) const RENAMED: [(&str, &str); 2] =
    [("circuit", "circuit_breaker"), ("max_park", "max_cooldown")];

/// Stands in a struct for the old name at this index of [`RENAMED`], and refuses every value.
#[cfg(feature = "serde")]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Renamed<const INDEX: usize>;

#[cfg(feature = "serde")]
impl<'de, const INDEX: usize> serde::Deserialize<'de> for Renamed<INDEX> {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let (old, new) = RENAMED[INDEX];
        Err(serde::de::Error::custom(format_args!(
            "`{old}` is called `{new}` now"
        )))
    }
}
