//! Whom a server's pause holds back.

/// Whom a cooldown holds back, where there are limits per key. Where all limits are of a key, it is that key anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CooldownScope {
    /// Every caller of the service.
    #[default]
    Service,
    /// Callers with the key alone.
    Key,
}
