//! Compares the public API of the published crates with snapshots; see `tests/public_api.rs`.
