//! Generics with where clauses, named and elided lifetimes, `impl Trait` in and out.
#![deny(warnings)]

use std::fmt::{Debug, Display};
use std::io;

use resilience_runtime::{Classify, ResilienceError, Verdict, llm_resilient, resilient};

#[llm_resilient]
async fn generic<T, const N: usize>(value: T, parts: [u8; N]) -> io::Result<String>
where
    T: Debug + Clone + Send,
{
    Ok(format!("{value:?} {}", parts.len()))
}

#[llm_resilient]
async fn unsized_by_reference<T: Display + ?Sized>(value: &T) -> io::Result<String> {
    Ok(value.to_string())
}

#[llm_resilient]
async fn named<'a>(text: &'a str, _other: &str) -> io::Result<&'a str> {
    Ok(&text[..1])
}

#[llm_resilient]
async fn elided(text: &str) -> io::Result<&str> {
    Ok(text)
}

struct Holder<'a>(&'a str);

impl<'a> Holder<'a> {
    #[llm_resilient]
    async fn of_the_type(&self) -> io::Result<&'a str> {
        Ok(self.0)
    }
}

#[llm_resilient]
async fn impl_in(
    text: impl Into<String> + Clone,
    all: impl IntoIterator<Item = u8> + Clone,
) -> io::Result<usize> {
    Ok(text.into().len() + all.into_iter().count())
}

#[llm_resilient]
async fn impl_out(text: &str) -> io::Result<impl Iterator<Item = char> + '_> {
    Ok(text.chars())
}

#[llm_resilient]
async fn boxed() -> io::Result<Box<dyn Fn(u8) -> u8 + Send>> {
    Ok(Box::new(|x| x + 1))
}

#[llm_resilient]
async fn generic_error<E>(result: Result<u8, E>) -> Result<u8, E>
where
    E: Classify + From<ResilienceError> + Clone,
{
    result
}

#[derive(Debug)]
struct Opaque;
impl From<ResilienceError> for Opaque {
    fn from(_: ResilienceError) -> Self {
        Self
    }
}

#[resilient(service = "x", classify = |_| Verdict::permanent())]
async fn generic_error_with_a_classifier<E: From<ResilienceError>>(ok: u8) -> Result<u8, E> {
    Ok(ok)
}

#[resilient(service = "y", retry = off)]
async fn generic_error_without_retries<E: From<ResilienceError>>(ok: u8) -> Result<u8, E> {
    Ok(ok)
}

struct Table<T>(T);
impl<T: Clone + Send + Sync + Debug> Table<T> {
    const LIMIT: std::time::Duration = std::time::Duration::from_secs(3);

    #[resilient(service = "z", timeout = Self::LIMIT)]
    async fn constant_of_a_generic_type(&self) -> io::Result<T> {
        Ok(self.0.clone())
    }
}

#[tokio::main]
async fn main() {
    assert_eq!(generic(1, [0; 3]).await.unwrap(), "1 3");
    assert_eq!(unsized_by_reference("x").await.unwrap(), "x");
    assert_eq!(named("xy", "").await.unwrap(), "x");
    assert_eq!(elided("x").await.unwrap(), "x");
    assert_eq!(Holder("x").of_the_type().await.unwrap(), "x");
    assert_eq!(impl_in("x", [1, 2]).await.unwrap(), 3);
    assert_eq!(impl_out("xy").await.unwrap().count(), 2);
    assert_eq!(boxed().await.unwrap()(1), 2);
    assert!(generic_error_with_a_classifier::<Opaque>(1).await.is_ok());
    assert!(generic_error_without_retries::<Opaque>(1).await.is_ok());
    assert_eq!(Table(1).constant_of_a_generic_type().await.unwrap(), 1);
    let _ = generic_error::<CloneError>(Ok(1)).await;
}

#[derive(Clone, Classify)]
struct CloneError;
impl From<ResilienceError> for CloneError {
    fn from(_: ResilienceError) -> Self {
        Self
    }
}
