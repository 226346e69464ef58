//! What a call took, given back or corrected later.

use super::keys::key::KeyHash;
use crate::clock::Moment;

/// What a cost is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Requests,
    /// Tokens, of a call that is one request besides.
    Tokens,
}

/// What was taken for one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) key: KeyHash,
    pub(crate) cost: u32,
    /// When; `None`: nobody remembers.
    pub(crate) at: Option<Moment>,
    /// What the cost was measured in. A live change may have made it worth nothing since: thousands of
    /// tokens must not become a debt of as many requests. `None`: whatever is counted now.
    pub(crate) unit: Option<Unit>,
}
