//! Whom a server's pause is for.

/// Whom it is about what a server says of its limits, where there are limits per key. Where all limits are of a key, it is
/// that key anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CooldownScope {
    /// Every caller of the service.
    Service,
    /// Callers with the key alone.
    Key,
}
