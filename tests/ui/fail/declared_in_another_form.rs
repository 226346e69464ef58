//! A declaration that is written in another form shows how.

use resilience_runtime::service;

service! {
    pub const OPENAI: Llm = "openai";
}

service! {
    static WITHOUT_KIND = "openai" {}
}

service! {
    static NOT_A_LITERAL: Llm = NAME;
}

fn main() {}
