//! What the programs beside it take from another crate.

resilience_runtime::service! {
    /// A service that another crate declares.
    pub static REMOTE: Llm = "remote" { retry(max_attempts = 2), timeout = "3s" }
}
