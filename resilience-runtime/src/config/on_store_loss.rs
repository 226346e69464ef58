//! What holds while the store of a fleet does not answer.

use std::fmt;
use std::str::FromStr;

/// Chooses what a shared limit does while the fleet's store cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum OnStoreLoss {
    /// Each process goes on with its share: the limit divided by the number of processes that the store knew of. It
    /// begins without tokens. A process that has never reached the store is closed, unless it was told how many there
    /// are.
    #[default]
    Share,
    /// Nothing passes.
    Closed,
    /// Each process goes on with the whole limit.
    Open,
}

impl OnStoreLoss {
    /// Lists all choices, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Share, Self::Closed, Self::Open];

    /// Returns its name in attributes, variables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }

    /// What a text that names none may be, for the message of an error.
    pub(super) fn allowed_near(text: &str) -> &'static str {
        let likeness = |choice: &Self| strsim::jaro_winkler(text, choice.name());
        let nearest = Self::ALL
            .iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .filter(|choice| likeness(choice) > 0.8);
        match nearest {
            Some(Self::Share) => "must be one of share, closed, open; did you mean `share`?",
            Some(Self::Closed) => "must be one of share, closed, open; did you mean `closed`?",
            Some(Self::Open) => "must be one of share, closed, open; did you mean `open`?",
            None => "must be one of share, closed, open",
        }
    }
}

impl fmt::Display for OnStoreLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for OnStoreLoss {
    type Err = UnknownOnStoreLoss;

    fn from_str(text: &str) -> Result<Self, UnknownOnStoreLoss> {
        let mut all = Self::ALL.iter().copied();
        all.find(|choice| choice.name() == text)
            .ok_or_else(|| UnknownOnStoreLoss(text.to_owned()))
    }
}

/// Rejects a text that names no [`OnStoreLoss`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown choice `{0}`; one of share, closed, open")]
pub struct UnknownOnStoreLoss(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownOnStoreLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownOnStoreLoss(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_choice_is_told_the_nearest() {
        for (text, near) in [
            ("clsoed", "closed"),
            ("shared", "share"),
            ("Share", "share"),
            ("opne", "open"),
        ] {
            let told = OnStoreLoss::allowed_near(text);
            assert!(told.ends_with(&format!("did you mean `{near}`?")), "{told}");
        }
        assert_eq!(
            OnStoreLoss::allowed_near("local"),
            "must be one of share, closed, open"
        );
    }

    #[test]
    fn names_are_read_as_they_are_shown() {
        for choice in OnStoreLoss::ALL {
            assert_eq!(choice.to_string().parse(), Ok(*choice));
        }
        assert!("CLOSED".parse::<OnStoreLoss>().is_err());
    }

    #[test]
    fn debug_never_shows_the_text() {
        let error = "tweet-1f0c".parse::<OnStoreLoss>().expect_err("no choice");
        assert_eq!(format!("{error:?}"), "UnknownOnStoreLoss(..)");
    }
}
