//! What a request says of itself.

/// Says of a request, as one of its extensions, whether it may be sent again after an attempt of unknown outcome. Without it the
/// method decides: `GET`, `HEAD`, `OPTIONS`, `PUT`, `DELETE` and `TRACE` may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotent(pub bool);
