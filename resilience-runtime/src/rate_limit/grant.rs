//! What a call took, to be given back or corrected later.

use super::amount::Amount;
use super::key_hash::KeyHash;
use crate::clock::Moment;

/// The unit of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Requests,
    /// Tokens. The call is one request besides.
    Tokens,
}

/// What was taken for one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    pub(crate) key: KeyHash,
    pub(crate) amount: Amount,
    /// When it was taken; `None`: not known.
    pub(crate) at: Option<Moment>,
    /// The unit of the cost. A live change may have replaced it since, and then the grant is worth nothing:
    /// thousands of tokens must not become a debt of as many requests. `None`: the unit in force.
    pub(crate) unit: Option<Unit>,
}
