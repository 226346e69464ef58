//! `crate = …`

use super::expand;
use crate::kind::Kind;

#[test]
fn runtime_path_accepts_only_module_paths() {
    const ITEM: &str = "async fn f() -> Result<u8, E> { g().await }";
    let rejected = "expected the path of the runtime, such as `::resilience_runtime`";
    let expanded = |path: &str| expand(Kind::Llm, &format!("crate = {path}"), ITEM).to_string();
    for path in ["::x", "x::y", "crate::x", "super::x", "\"x::y\""] {
        assert!(!expanded(path).contains("compile_error"), "{path}");
    }
    for path in [
        "Self",
        "Self::f",
        "x::Self",
        "\"Self::f\"",
        "x::<u8>::y",
        "<T as U>::f",
        "1",
    ] {
        assert!(expanded(path).contains(rejected), "{path}");
    }
}
