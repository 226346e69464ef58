#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| resilience_fuzz_targets::quota_headers(input));
