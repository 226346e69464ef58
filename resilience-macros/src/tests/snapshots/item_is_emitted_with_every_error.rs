#[inline]
async fn f() -> Answer {
    go().await
}
::core::compile_error! {
    "unknown argument `retires`; did you mean `retry`?"
}
::core::compile_error! {
    "quote a duration with a unit: `\"500ms\"`; allowed are a number with one of `ns`, `us`, `ms`, `s`, `m`, `h` in quotes, such as `\"250ms\"`, a bare number of seconds, or the path of a `const` of type `Duration`"
}
::core::compile_error! {
    "`max_attempts` counts the first attempt, so it must be at least 1; to do without retries write `retry = off`"
}
::core::compile_error! {
    "`base_delay` is longer than `max_delay`"
}
