//! What compiles and what does not, with the messages that people see.

/// One rule a file. Refresh the messages with `TRYBUILD=overwrite cargo test -p resilience-ui`.
#[test]
fn what_does_not_compile_says_why() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

/// Every shape of function that can be annotated.
#[test]
fn what_should_compile_does() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
