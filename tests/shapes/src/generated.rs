//! Written by resilience-shapes-generator; not to be edited.
#![allow(
    async_fn_in_trait,
    unused_variables,
    unused_mut,
    clippy::wildcard_imports,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::needless_lifetimes,
    clippy::elidable_lifetime_names,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::ignored_unit_patterns,
    clippy::ref_option,
    clippy::ptr_arg,
    clippy::boxed_local,
    clippy::too_many_lines,
    clippy::module_name_repetitions
)]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Answer, AppError, Attempts, Call, Point, attempt};

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_default()
}

fn nothing(_: u32) -> Answer<()> {
    Ok(())
}

pub mod shape_000 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-000", retry(retry_if = |_| true))]
#[allow(dead_code)]
pub async fn shaped() -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(7) }
pub async fn call() { assert_eq!(shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_001 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::llm_resilient(service = "shape-001", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
#[tracing::instrument(skip_all)]
pub async fn shaped(n: u8) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::from(n)) }
pub async fn call() { assert_eq!(shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_002 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-002", rate_limit(requests_per_second = 1_000, key = text))]
pub async fn shaped(text: String) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) }
pub async fn call() { assert_eq!(shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_003 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[tracing::instrument(skip_all)]
#[resilience_runtime::secret_resilient(service = "shape-003", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
pub async fn shaped(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) }
pub async fn call() { assert_eq!(shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_004 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::database_resilient(service = "shape-004", correlation_id = 7)]
#[must_use = "it is"]
pub async fn shaped<'a>(text: &'a str) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) }
pub async fn call() { assert_eq!(shaped("seven77").await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_005 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[allow(dead_code, clippy::unused_async)]
async fn other<'a, 'b>(one: &'a str, more: &'b str) -> Answer<()>  { nothing(11) }
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-005", fallback = other))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<'a, 'b>(one: &'a str, more: &'b str) -> Answer<()> { attempt(&TRIES, Attempts::Fail).await?; nothing(length(one.len() + more.len())) }
pub async fn call() { shaped("sev", "en77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_006 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::mcp_resilient(service = "shape-006", cache(key = out.len(), ttl = "5m", max_entries = 9))]
pub(crate) async fn shaped(out: &mut Vec<u8>) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&({ out.push(1); length(out.len()) }))) }
pub async fn call() { assert_eq!(shaped(&mut vec![0; 6]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_007 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::resilient(service = "shape-007", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub async fn shaped(mut parts: Vec<u8>) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![{ parts.push(1); length(parts.len()) }]) }
pub async fn call() { assert_eq!(shaped(vec![0; 6]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_008 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-008", bulkhead(max_concurrent = 2, max_wait = "1s"))]
pub async fn shaped((a, mut b): (u32, u32)) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ b += 1; a + b }) }
pub async fn call() { assert_eq!(shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_009 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[cfg_attr(not(target_os = "none"), resilience_runtime::llm_resilient(service = "shape-009", fallback(cache(key = (x, y), ttl = "5m"))))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(Point { x, y }: Point) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(x + y) }
pub async fn call() { assert_eq!(shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_010 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::resilient(service = "shape-010", classify = |_| resilience_runtime::Verdict::transient())]
#[allow(dead_code)]
pub async fn shaped(parts: &[u8]) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(parts.len())) }
pub async fn call() { assert_eq!(shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_011 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[tracing::instrument(skip_all)]
#[resilience_runtime::llm_resilient(service = "shape-011", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub async fn shaped(text: Option<&str>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok(text.map_or(0, |text| length(text.len()))) }
pub async fn call() { assert_eq!(shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_012 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::database_resilient(service = "shape-012", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub(crate) async fn shaped(value: impl Into<u32> + Clone + Send + Sync) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::clone(&value.clone().into())) }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_013 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-013", timeout = "2s", deadline = 20)]
#[allow(dead_code)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(value: T) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::clone(&value.clone().into())) }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_014 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::database_resilient(service = "shape-014", retry = off)]
pub async fn shaped<T>(value: &T) -> Answer<()> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::Succeed).await?; nothing(u32::clone(&value.clone().into())) }
pub async fn call() { shaped(&7_u8).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_015 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[cfg(not(target_os = "none"))]
#[resilience_runtime::secret_resilient(service = "shape-015", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
pub async fn shaped<const N: usize>(parts: [u8; N]) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(length(parts.len())))) }
pub async fn call() { assert_eq!(shaped([0; 7]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_016 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-016", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub async fn shaped(_: String, n: u8) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![u32::from(n)]) }
pub async fn call() { assert_eq!(shaped(String::new(), 7).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_017 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-017")]
pub async fn shaped(text: &(dyn AsRef<str> + Sync)) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.as_ref().len())) }
pub async fn call() { assert_eq!(shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_018 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::llm_resilient(service = "shape-018", retry(exhausted = "wrap", max_elapsed = "1m"))]
pub async fn shaped(out: &mut Vec<u8>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ out.push(1); length(out.len()) }) }
pub async fn call() { assert_eq!(shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_019 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::llm_resilient(service = "shape-019", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
#[must_use = "it is"]
pub async fn shaped(value: impl Into<u32> + Clone + Send + Sync) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(u32::clone(&value.clone().into())))) }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_020 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[tracing::instrument(skip_all)]
#[resilience_runtime::database_resilient(service = "shape-020", fallback(value = vec![11]))]
pub async fn shaped<const N: usize>(parts: [u8; N]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; Ok(vec![length(parts.len())]) }
pub async fn call() { assert_eq!(shaped([0; 7]).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_021 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[allow(dead_code, clippy::unused_async)]
async fn other() -> io::Result<u32>  { Ok(11) }
#[cfg(not(target_os = "none"))]
#[resilience_runtime::database_resilient(service = "shape-021", fallback(call = other, on = "any"))]
pub async fn shaped() -> io::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok(7) }
pub async fn call() { assert_eq!(shaped().await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_022 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::resilient(service = "shape-022", borrow(parts))]
pub async fn shaped<const N: usize>(parts: [u8; N]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(parts.len())) }
pub async fn call() { assert_eq!(shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_023 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-023", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub(crate) async fn shaped() -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(7) } }
pub async fn call() { assert_eq!(Own::shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_024 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-024", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub async fn shaped(n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::from(n)) } }
pub async fn call() { assert_eq!(Own::shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_025 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-025", bulkhead(max_concurrent = 2, max_wait = "1s"))]
pub async fn shaped(text: String) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) } }
pub async fn call() { assert_eq!(Own::shaped("seven77".to_owned()).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_026 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(text: &str) -> Answer<()>  { nothing(11) }
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-026", fallback(call = Self::other, on = "any"))]
#[allow(dead_code)]
pub async fn shaped(text: &str) -> Answer<()> { attempt(&TRIES, Attempts::Fail).await?; nothing(length(text.len())) } }
pub async fn call() { Own::shaped("seven77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_027 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::resilient(service = "shape-027", fallback(cache(key = text, ttl = "5m", across_instances)))]
#[tracing::instrument(skip_all)]
pub async fn shaped<'a>(text: &'a str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(length(text.len())))) } }
pub async fn call() { assert_eq!(Own::shaped("seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_028 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-028", correlation_id = 7)]
pub async fn shaped<'a, 'b>(one: &'a str, more: &'b str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![length(one.len() + more.len())]) } }
pub async fn call() { assert_eq!(Own::shaped("sev", "en77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_029 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-029", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
#[must_use = "it is"]
pub async fn shaped(out: &mut Vec<u8>) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ out.push(1); length(out.len()) }) } }
pub async fn call() { assert_eq!(Own::shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_030 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-030", fallback(value = 11))]
pub async fn shaped(mut parts: Vec<u8>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok({ parts.push(1); length(parts.len()) }) } }
pub async fn call() { assert_eq!(Own::shaped(vec![0; 6]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_031 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other((a, mut b): (u32, u32)) -> io::Result<u32>  { Ok(11) }
#[tracing::instrument(skip_all)]
#[resilience_runtime::mcp_resilient(service = "shape-031", fallback = Self::other)]
pub async fn shaped((a, mut b): (u32, u32)) -> io::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok({ b += 1; a + b }) } }
pub async fn call() { assert_eq!(Own::shaped((3, 3)).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_032 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-032", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub async fn shaped(Point { x, y }: Point) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(x + y) } }
pub async fn call() { assert_eq!(Own::shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_033 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-033", idempotent, hedge(delay = "p99", max_hedges = 2)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(parts: &[u8]) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(parts.len())) } }
pub async fn call() { assert_eq!(Own::shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_034 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-034", classify = |_| resilience_runtime::Verdict::transient())]
#[tracing::instrument(skip_all)]
pub async fn shaped(text: Option<&str>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(text.map_or(0, |text| length(text.len()))) } }
pub async fn call() { assert_eq!(Own::shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_035 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-035", retry(retry_if = |_| true))]
pub async fn shaped(value: impl Into<u32> + Clone + Send + Sync) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::clone(&value.clone().into())) } }
pub async fn call() { assert_eq!(Own::shaped(7_u8).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_036 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-036", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(value: T) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(u32::clone(&value.clone().into())) } }
pub async fn call() { Own::shaped(7_u8).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_037 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-037", retry(exhausted = "wrap", max_elapsed = "1m")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<T>(value: &T) -> Result<String, AppError> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(u32::clone(&value.clone().into())))) } }
pub async fn call() { assert_eq!(Own::shaped(&7_u8).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_038 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-038", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub(crate) async fn shaped<const N: usize>(parts: [u8; N]) -> Answer<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok(length(parts.len())) } }
pub async fn call() { assert_eq!(Own::shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_039 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-039", retry = off)]
#[tracing::instrument(skip_all)]
pub async fn shaped(_: String, n: u8) -> Answer<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok(u32::from(n)) } }
pub async fn call() { assert_eq!(Own::shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_040 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::database_resilient(service = "shape-040", timeout = "2s", deadline = 20)]
pub async fn shaped(text: &(dyn AsRef<str> + Sync)) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.as_ref().len())) } }
pub async fn call() { assert_eq!(Own::shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_041 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::llm_resilient]
pub(crate) async fn shaped<'a>(text: &'a str) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) } }
pub async fn call() { assert_eq!(Own::shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_042 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-042", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
pub async fn shaped(parts: &[u8]) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(parts.len())) } }
pub async fn call() { assert_eq!(Own::shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_043 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-043", rate_limit(requests_per_second = 1_000, key = 7_u8))]
#[allow(dead_code)]
pub async fn shaped(value: impl Into<u32> + Clone + Send + Sync) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![u32::clone(&value.clone().into())]) } }
pub async fn call() { assert_eq!(Own::shaped(7_u8).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_044 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-044", cache(key = text, ttl = "5m", max_entries = 9, across_instances))]
#[tracing::instrument(skip_all)]
pub async fn shaped(text: String) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![length(text.len())]) } }
pub async fn call() { assert_eq!(Own::shaped("seven77".to_owned()).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_045 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-045", borrow(text))]
#[allow(dead_code)]
pub async fn shaped(text: String) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(length(text.len())))) } }
pub async fn call() { assert_eq!(Own::shaped("seven77".to_owned()).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_046 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-046", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[must_use = "it is"]
pub async fn shaped(&self) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_047 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-047", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub(crate) async fn shaped(&self, n: u8) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_048 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::secret_resilient(service = "shape-048", fallback(cache(key = text, ttl = "5m", across_instances)))]
pub async fn shaped(&self, text: String) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(text.len())) + self.base) } }
pub async fn call() { Own::default().shaped("seven77".to_owned()).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_049 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-049", correlation_id = 7)]
pub async fn shaped(&self, text: &str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(text.len())) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_050 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-050", classify = |_| resilience_runtime::Verdict::transient()))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<'a>(&self, text: &'a str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(text.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_051 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-051", fallback(value = 11))]
#[allow(dead_code)]
pub async fn shaped<'a, 'b>(&self, one: &'a str, more: &'b str) -> Answer<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_052 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&self, out: &mut Vec<u8>) -> Result<u32, AppError>  { Ok(11) }
#[resilience_runtime::secret_resilient(service = "shape-052", fallback(call = Self::other, on = "any"))]
#[tracing::instrument(skip_all)]
pub async fn shaped(&self, out: &mut Vec<u8>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_053 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-053", cache(key = parts, ttl = "5m", max_entries = 9, across_instances))]
#[must_use = "it is"]
pub async fn shaped(&self, mut parts: Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_054 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient]
pub async fn shaped(&self, (a, mut b): (u32, u32)) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ b += 1; a + b }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_055 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-055", retry = off)]
pub async fn shaped(&self, Point { x, y }: Point) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok((x + y) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_056 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-056", retry(exhausted = "wrap", max_elapsed = "1m"))]
pub async fn shaped(&self, parts: &[u8]) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_057 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-057", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(&self, text: Option<&str>) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_058 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-058", timeout = "2s", deadline = 20)]
#[tracing::instrument(skip_all)]
pub async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { Own::default().shaped(7_u8).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_059 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-059", retry(retry_if = |_| true))]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(&self, value: T) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(Into::<u32>::into(value.clone()) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_060 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-060", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub(crate) async fn shaped<T>(&self, value: &T) -> io::Result<Vec<u32>> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![Into::<u32>::into(value.clone()) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_061 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-061", idempotent, hedge(delay = "p99", max_hedges = 2))]
#[allow(dead_code)]
pub async fn shaped<const N: usize>(&self, parts: [u8; N]) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_062 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-062", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
pub async fn shaped(&self, _: String, n: u8) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_063 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-063", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub async fn shaped(&self, text: &(dyn AsRef<str> + Sync)) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.as_ref().len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_064 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-064", rate_limit(requests_per_second = 1_000, key = 7_u8)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(&self, value: T) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_065 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-065", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
#[tracing::instrument(skip_all)]
pub async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_066 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&self, text: &str) -> io::Result<Vec<u32>>  { Ok(vec![11]) }
#[resilience_runtime::llm_resilient(service = "shape-066", fallback = Self::other)]
#[must_use = "it is"]
pub async fn shaped(&self, text: &str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; Ok(vec![(length(text.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_067 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-067", borrow(parts))]
#[must_use = "it is"]
pub async fn shaped<const N: usize>(&self, parts: [u8; N]) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_068 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-068", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub async fn shaped(&self, (a, mut b): (u32, u32)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Succeed).await?; Ok(vec![({ b += 1; a + b }) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_069 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-069", classify = |_| resilience_runtime::Verdict::transient())]
pub async fn shaped(&mut self) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((7) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_070 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-070", cache(key = n, ttl = "5m", max_entries = 9, across_instances))]
pub async fn shaped(&mut self, n: u8) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((u32::from(n)) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped(7).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_071 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-071", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(&mut self, text: String) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_072 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-072", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[tracing::instrument(skip_all)]
pub async fn shaped(&mut self, text: &str) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_073 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-073", fallback(value = 11))]
pub async fn shaped<'a>(&mut self, text: &'a str) -> io::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_074 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-074", fallback(cache(key = (one, more), ttl = "5m", across_instances)))]
pub async fn shaped<'a, 'b>(&mut self, one: &'a str, more: &'b str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(one.len() + more.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_075 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::resilient(service = "shape-075")]
#[allow(dead_code)]
pub async fn shaped(&mut self, out: &mut Vec<u8>) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(vec![({ out.push(1); length(out.len()) }) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_076 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-076", correlation_id = 7)]
pub(crate) async fn shaped(&mut self, mut parts: Vec<u8>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ parts.push(1); length(parts.len()) }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_077 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-077", retry = off)]
#[must_use = "it is"]
pub async fn shaped(&mut self, (a, mut b): (u32, u32)) -> Result<String, AppError> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok(u32::to_string(&(({ b += 1; a + b }) + self.base + self.calls - 1))) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_078 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-078", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[allow(dead_code)]
pub async fn shaped(&mut self, Point { x, y }: Point) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((x + y) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_079 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-079", retry(retry_if = |_| true))]
#[must_use = "it is"]
pub async fn shaped(&mut self, parts: &[u8]) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((length(parts.len())) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped(&[0; 7]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_080 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-080", retry(exhausted = "wrap", max_elapsed = "1m"))]
pub(crate) async fn shaped(&mut self, text: Option<&str>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((text.map_or(0, |text| length(text.len()))) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped(Some("seven77")).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_081 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-081", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub async fn shaped(&mut self, value: impl Into<u32> + Clone + Send + Sync) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_082 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::secret_resilient(service = "shape-082", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(&mut self, value: T) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(vec![Into::<u32>::into(value.clone()) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_083 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-083", timeout = "2s", deadline = 20)]
pub async fn shaped<T>(&mut self, value: &T) -> Answer<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_084 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-084", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<const N: usize>(&mut self, parts: [u8; N]) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(parts.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_085 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-085", rate_limit(requests_per_second = 1_000, key = n))]
pub(crate) async fn shaped(&mut self, _: String, n: u8) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((u32::from(n)) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_086 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-086", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
#[allow(dead_code)]
pub async fn shaped(&mut self, text: &(dyn AsRef<str> + Sync)) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.as_ref().len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_087 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other<'a>(&mut self, text: &'a str) -> Answer<u32>  { Ok(11) }
#[resilience_runtime::llm_resilient(service = "shape-087", fallback(call = Self::other, on = "any"))]
pub async fn shaped<'a>(&mut self, text: &'a str) -> Answer<u32> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_088 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other<'a>(&mut self, text: &'a str) -> anyhow::Result<u32>  { Ok(11) }
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-088", fallback = Self::other)]
pub async fn shaped<'a>(&mut self, text: &'a str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_089 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-089", borrow(text))]
pub(crate) async fn shaped(&mut self, text: String) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_090 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-090", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
#[tracing::instrument(skip_all)]
pub async fn shaped(&mut self, Point { x, y }: Point) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok((x + y) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_091 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-091", correlation_id = 7)]
pub async fn shaped(self) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((7) + self.base) } }
pub async fn call() { Own::default().shaped().await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_092 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-092", classify = |_| resilience_runtime::Verdict::transient())]
#[must_use = "it is"]
pub async fn shaped(self, n: u8) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((u32::from(n)) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_093 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-093", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
pub(crate) async fn shaped(self, text: String) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_094 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-094", fallback(cache(key = text, ttl = "5m", across_instances)))]
pub async fn shaped(self, text: &str) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_095 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::resilient(service = "shape-095", cache(key = text, ttl = "5m", max_entries = 9, across_instances))]
#[allow(dead_code)]
pub async fn shaped<'a>(self, text: &'a str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_096 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-096", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<'a, 'b>(self, one: &'a str, more: &'b str) -> io::Result<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_097 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-097", idempotent = false, client_retries = off, classify_ok = |_| None)]
#[tracing::instrument(skip_all)]
pub async fn shaped(self, out: &mut Vec<u8>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_098 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-098", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
pub async fn shaped(self, mut parts: Vec<u8>) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_099 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::llm_resilient(service = "shape-099", retry(retry_if = |_| true)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self, (a, mut b): (u32, u32)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ b += 1; a + b }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_100 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-100", timeout = "2s", deadline = 20)]
pub async fn shaped(self, Point { x, y }: Point) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(x + y) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_101 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-101", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self, parts: &[u8]) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(parts.len())) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_102 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-102", rate_limit(requests_per_second = 1_000, key = text))]
#[must_use = "it is"]
pub async fn shaped(self, text: Option<&str>) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((text.map_or(0, |text| length(text.len()))) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_103 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-103", retry = off))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self, value: impl Into<u32> + Clone + Send + Sync) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_104 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-104", idempotent, hedge(delay = "p99", max_hedges = 2))]
#[must_use = "it is"]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(self, value: T) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_105 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-105", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
#[allow(dead_code)]
pub async fn shaped<T>(self, value: &T) -> Result<u32, AppError> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_106 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-106", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub async fn shaped<const N: usize>(self, parts: [u8; N]) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(parts.len())) + self.base) } }
pub async fn call() { Own::default().shaped([0; 7]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_107 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-107", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[allow(dead_code)]
pub async fn shaped(self, _: String, n: u8) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_108 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-108", fallback(value = 11)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self, text: &(dyn AsRef<str> + Sync)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(text.as_ref().len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_109 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient]
pub async fn shaped(self, mut parts: Vec<u8>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { Own::default().shaped(vec![0; 6]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_110 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-110", retry(exhausted = "wrap", max_elapsed = "1m"))]
pub async fn shaped(self, value: impl Into<u32> + Clone + Send + Sync) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_111 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other<'a, 'b>(self, one: &'a str, more: &'b str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>>  { Ok(11) }
#[resilience_runtime::resilient(service = "shape-111", fallback(call = Self::other, on = "any"))]
#[must_use = "it is"]
pub async fn shaped<'a, 'b>(self, one: &'a str, more: &'b str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_112 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self, out: &mut Vec<u8>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>>  { Ok(11) }
#[cfg(not(target_os = "none"))]
#[resilience_runtime::secret_resilient(service = "shape-112", fallback = Self::other)]
pub async fn shaped(self, out: &mut Vec<u8>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Fail).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_113 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-113", borrow(parts))]
pub async fn shaped<const N: usize>(self, parts: [u8; N]) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_114 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-114", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub async fn shaped(mut self) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(u32::to_string(&((7) + self.base + self.calls - 1))) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_115 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-115", retry = off)]
#[allow(dead_code)]
pub async fn shaped(mut self, n: u8) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok(vec![(u32::from(n)) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_116 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-116", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
#[must_use = "it is"]
pub async fn shaped(mut self, text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_117 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient)]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(mut self, text: &str) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_118 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-118", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
pub(crate) async fn shaped<'a>(mut self, text: &'a str) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped("seven77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_119 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-119", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub async fn shaped<'a, 'b>(mut self, one: &'a str, more: &'b str) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(one.len() + more.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_120 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-120", classify = |_| resilience_runtime::Verdict::transient())]
pub async fn shaped(mut self, out: &mut Vec<u8>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ out.push(1); length(out.len()) }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_121 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-121", retry(exhausted = "wrap", max_elapsed = "1m"))]
#[tracing::instrument(skip_all)]
pub async fn shaped(mut self, mut parts: Vec<u8>) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ parts.push(1); length(parts.len()) }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_122 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-122", rate_limit(requests_per_second = 1_000, key = a))]
#[tracing::instrument(skip_all)]
pub async fn shaped(mut self, (a, mut b): (u32, u32)) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ b += 1; a + b }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_123 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-123", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(mut self, Point { x, y }: Point) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((x + y) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_124 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-124", bulkhead(max_concurrent = 2, max_wait = "1s"))]
pub async fn shaped(mut self, parts: &[u8]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(vec![(length(parts.len())) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_125 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-125", fallback(cache(key = text, ttl = "5m", across_instances)))]
#[allow(dead_code)]
pub async fn shaped(mut self, text: Option<&str>) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(vec![(text.map_or(0, |text| length(text.len()))) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_126 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-126", fallback(value = 11))]
#[must_use = "it is"]
pub async fn shaped(mut self, value: impl Into<u32> + Clone + Send + Sync) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_127 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-127", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
#[tracing::instrument(skip_all)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(mut self, value: T) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_128 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-128", correlation_id = 7)]
#[tracing::instrument(skip_all)]
pub async fn shaped<T>(mut self, value: &T) -> io::Result<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_129 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-129", cache(key = parts, ttl = "5m", max_entries = 9, across_instances))]
pub async fn shaped<const N: usize>(mut self, parts: [u8; N]) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(parts.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_130 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-130", timeout = "2s", deadline = 20))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(mut self, _: String, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((u32::from(n)) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_131 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-131", retry = off)]
pub(crate) async fn shaped(mut self, text: &(dyn AsRef<str> + Sync)) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok((length(text.as_ref().len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_132 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-132", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
pub(crate) async fn shaped(mut self, parts: &[u8]) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(parts.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_133 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-133", retry(retry_if = |_| true))]
pub async fn shaped<T>(mut self, value: &T) -> anyhow::Result<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_134 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-134", borrow(text))]
pub async fn shaped(mut self, text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_135 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-135", idempotent, hedge(delay = "p99", max_hedges = 2))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: Arc<Self>) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(7) + self.base]) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped().await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_136 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: Arc<Self>, n: u8) -> Answer<u32>  { Ok(11) }
#[resilience_runtime::database_resilient(service = "shape-136", fallback = Self::other)]
pub async fn shaped(self: Arc<Self>, n: u8) -> Answer<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_137 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-137", correlation_id = 7)]
#[allow(dead_code)]
pub async fn shaped(self: Arc<Self>, text: String) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_138 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-138", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Arc<Self>, text: &str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_139 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-139", retry = off)]
pub async fn shaped<'a>(self: Arc<Self>, text: &'a str) -> io::Result<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_140 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-140")]
#[tracing::instrument(skip_all)]
pub async fn shaped<'a, 'b>(self: Arc<Self>, one: &'a str, more: &'b str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(one.len() + more.len())) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("sev", "en77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_141 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::secret_resilient(service = "shape-141", rate_limit(requests_per_second = 1_000, key = out.len()))]
pub async fn shaped(self: Arc<Self>, out: &mut Vec<u8>) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&mut vec![0; 6]).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_142 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-142", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
#[allow(dead_code)]
pub async fn shaped(self: Arc<Self>, mut parts: Vec<u8>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_143 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-143", fallback(value = ()))]
pub(crate) async fn shaped(self: Arc<Self>, (a, mut b): (u32, u32)) -> Answer<()> { attempt(&TRIES, Attempts::Fail).await?; nothing(({ b += 1; a + b }) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped((3, 3)).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_144 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-144", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
#[must_use = "it is"]
pub async fn shaped(self: Arc<Self>, Point { x, y }: Point) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((x + y) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(Point { x: 3, y: 4 }).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_145 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-145", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub async fn shaped(self: Arc<Self>, parts: &[u8]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_146 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-146", retry(retry_if = |_| true))]
pub async fn shaped(self: Arc<Self>, text: Option<&str>) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_147 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-147", fallback(cache(key = 7_u8, ttl = "5m", across_instances)))]
pub async fn shaped(self: Arc<Self>, value: impl Into<u32> + Clone + Send + Sync) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_148 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-148", retry(exhausted = "wrap", max_elapsed = "1m"))]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(self: Arc<Self>, value: T) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_149 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-149", idempotent = false, client_retries = off, classify_ok = |_| None)]
#[must_use = "it is"]
pub async fn shaped<T>(self: Arc<Self>, value: &T) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_150 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-150", timeout = "2s", deadline = 20)]
#[must_use = "it is"]
pub async fn shaped<const N: usize>(self: Arc<Self>, parts: [u8; N]) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_151 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-151", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub async fn shaped(self: Arc<Self>, _: String, n: u8) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(String::new(), 7).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_152 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-152", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[must_use = "it is"]
pub async fn shaped(self: Arc<Self>, text: &(dyn AsRef<str> + Sync)) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(text.as_ref().len())) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped(&"seven77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_153 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::secret_resilient(service = "shape-153", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
pub async fn shaped(self: Arc<Self>, n: u8) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_154 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: Arc<Self>, mut parts: Vec<u8>) -> Result<String, AppError>  { Ok(u32::to_string(&(11))) }
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-154", fallback(call = Self::other, on = "any")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Arc<Self>, mut parts: Vec<u8>) -> Result<String, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok(u32::to_string(&(({ parts.push(1); length(parts.len()) }) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"), u32::to_string(&(11))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_155 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-155", cache(key = a, ttl = "5m", max_entries = 9, across_instances)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Arc<Self>, (a, mut b): (u32, u32)) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ b += 1; a + b }) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_156 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-156", borrow(parts))]
#[tracing::instrument(skip_all)]
pub async fn shaped<const N: usize>(self: Arc<Self>, parts: [u8; N]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(parts.len())) + self.base]) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped([0; 7]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_157 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-157", classify = |_| resilience_runtime::Verdict::transient())]
pub async fn shaped(self: Arc<Self>, value: impl Into<u32> + Clone + Send + Sync) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_158 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-158", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Box<Self>) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_159 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::resilient(service = "shape-159", retry(exhausted = "wrap", max_elapsed = "1m"))]
#[allow(dead_code)]
pub async fn shaped(self: Box<Self>, n: u8) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_160 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-160", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: Box<Self>, text: String) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_161 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::database_resilient(service = "shape-161", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub async fn shaped(self: Box<Self>, text: &str) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped("seven77").await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_162 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-162", timeout = "2s", deadline = 20)]
pub(crate) async fn shaped<'a>(self: Box<Self>, text: &'a str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_163 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-163", retry = off)]
pub(crate) async fn shaped<'a, 'b>(self: Box<Self>, one: &'a str, more: &'b str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Succeed).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_164 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-164", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
#[must_use = "it is"]
pub async fn shaped(self: Box<Self>, out: &mut Vec<u8>) -> Answer<()> { attempt(&TRIES, Attempts::Succeed).await?; nothing(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { Box::new(Own::default()).shaped(&mut vec![0; 6]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_165 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-165", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
pub async fn shaped(self: Box<Self>, mut parts: Vec<u8>) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(({ parts.push(1); length(parts.len()) }) + self.base))) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_166 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: Box<Self>, (a, mut b): (u32, u32)) -> io::Result<Vec<u32>>  { Ok(vec![11]) }
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-166", fallback(call = Self::other, on = "any"))]
pub async fn shaped(self: Box<Self>, (a, mut b): (u32, u32)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; Ok(vec![({ b += 1; a + b }) + self.base]) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped((3, 3)).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_167 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-167", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
#[must_use = "it is"]
pub async fn shaped(self: Box<Self>, Point { x, y }: Point) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((x + y) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_168 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-168", correlation_id = 7))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Box<Self>, parts: &[u8]) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_169 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-169", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
#[allow(dead_code)]
pub async fn shaped(self: Box<Self>, text: Option<&str>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_170 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-170", bulkhead(max_concurrent = 2, max_wait = "1s"))]
pub(crate) async fn shaped(self: Box<Self>, value: impl Into<u32> + Clone + Send + Sync) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_171 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient]
#[must_use = "it is"]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(self: Box<Self>, value: T) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_172 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-172", classify = |_| resilience_runtime::Verdict::transient())]
pub(crate) async fn shaped<T>(self: Box<Self>, value: &T) -> Result<impl std::fmt::Display, AppError> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(&7_u8).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_173 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::llm_resilient(service = "shape-173", idempotent = false, client_retries = off, classify_ok = |_| None))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<const N: usize>(self: Box<Self>, parts: [u8; N]) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped([0; 7]).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_174 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-174", fallback(value = ()))]
pub async fn shaped(self: Box<Self>, _: String, n: u8) -> Answer<()> { attempt(&TRIES, Attempts::Fail).await?; nothing((u32::from(n)) + self.base) } }
pub async fn call() { Box::new(Own::default()).shaped(String::new(), 7).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_175 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: Box<Self>, text: &(dyn AsRef<str> + Sync)) -> Result<String, AppError>  { Ok(u32::to_string(&(11))) }
#[resilience_runtime::database_resilient(service = "shape-175", fallback = Self::other)]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: Box<Self>, text: &(dyn AsRef<str> + Sync)) -> Result<String, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok(u32::to_string(&((length(text.as_ref().len())) + self.base))) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(&"seven77").await.expect("an answer"), u32::to_string(&(11))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_176 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-176", retry(retry_if = |_| true))]
#[tracing::instrument(skip_all)]
pub async fn shaped<const N: usize>(self: Box<Self>, parts: [u8; N]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(parts.len())) + self.base]) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped([0; 7]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_177 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-177", rate_limit(requests_per_second = 1_000, key = 7_u8))]
pub async fn shaped(self: Box<Self>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_178 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-178", fallback(cache(key = parts, ttl = "5m", across_instances)))]
#[must_use = "it is"]
pub async fn shaped(self: Box<Self>, mut parts: Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_179 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-179", cache(key = (x, y), ttl = "5m", max_entries = 9, across_instances))]
pub(crate) async fn shaped(self: Box<Self>, Point { x, y }: Point) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((x + y) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_180 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-180", borrow(text)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Box<Self>, text: String) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(text.len())) + self.base) } }
pub async fn call() { Box::new(Own::default()).shaped("seven77".to_owned()).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_181 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::llm_resilient(service = "shape-181", fallback(value = 11))]
pub async fn shaped(self: &Arc<Self>) -> Answer<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped().await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_182 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::mcp_resilient(service = "shape-182", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub async fn shaped(self: &Arc<Self>, n: u8) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_183 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-183", retry(retry_if = |_| true))]
pub(crate) async fn shaped(self: &Arc<Self>, text: String) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_184 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-184", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
pub async fn shaped(self: &Arc<Self>, text: &str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_185 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-185", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
#[allow(dead_code)]
pub async fn shaped<'a>(self: &Arc<Self>, text: &'a str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Succeed).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_186 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::secret_resilient(service = "shape-186", timeout = "2s", deadline = 20)]
pub async fn shaped<'a, 'b>(self: &Arc<Self>, one: &'a str, more: &'b str) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("sev", "en77").await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_187 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-187", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: &Arc<Self>, out: &mut Vec<u8>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped(&mut vec![0; 6]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_188 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::secret_resilient(service = "shape-188", bulkhead(max_concurrent = 2, max_wait = "1s"))]
pub async fn shaped(self: &Arc<Self>, mut parts: Vec<u8>) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(({ parts.push(1); length(parts.len()) }) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_189 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-189", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: &Arc<Self>, (a, mut b): (u32, u32)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![({ b += 1; a + b }) + self.base]) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped((3, 3)).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_190 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::mcp_resilient(service = "shape-190", classify = |_| resilience_runtime::Verdict::transient())]
pub async fn shaped(self: &Arc<Self>, Point { x, y }: Point) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((x + y) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_191 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: &Arc<Self>, parts: &[u8]) -> Result<u32, AppError>  { Ok(11) }
#[cfg(not(target_os = "none"))]
#[resilience_runtime::database_resilient(service = "shape-191", fallback = Self::other)]
pub async fn shaped(self: &Arc<Self>, parts: &[u8]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&[0; 7]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_192 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-192", timeout = "2s", deadline = 20)]
#[must_use = "it is"]
pub async fn shaped(self: &Arc<Self>, text: Option<&str>) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_193 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: &Arc<Self>, value: impl Into<u32> + Clone + Send + Sync) -> anyhow::Result<u32>  { Ok(11) }
#[tracing::instrument(skip_all)]
#[resilience_runtime::database_resilient(service = "shape-193", fallback(call = Self::other, on = "any"))]
pub async fn shaped(self: &Arc<Self>, value: impl Into<u32> + Clone + Send + Sync) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_194 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-194", fallback(cache(key = 7_u8, ttl = "5m", across_instances)))]
pub(crate) async fn shaped<T: Into<u32> + Clone + Send + Sync>(self: &Arc<Self>, value: T) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_195 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient]
pub async fn shaped<T>(self: &Arc<Self>, value: &T) -> Result<impl std::fmt::Display, AppError> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&7_u8).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_196 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::mcp_resilient(service = "shape-196", rate_limit(requests_per_second = 1_000, key = parts))]
pub async fn shaped<const N: usize>(self: &Arc<Self>, parts: [u8; N]) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(parts.len())) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped([0; 7]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_197 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::secret_resilient(service = "shape-197", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub async fn shaped(self: &Arc<Self>, _: String, n: u8) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((u32::from(n)) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(String::new(), 7).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_198 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-198", retry(exhausted = "wrap", max_elapsed = "1m"))]
#[must_use = "it is"]
pub async fn shaped(self: &Arc<Self>, text: &(dyn AsRef<str> + Sync)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(text.as_ref().len())) + self.base]) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&"seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_199 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::llm_resilient(service = "shape-199", retry = off)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(self: &Arc<Self>, value: T) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Succeed).await?; Ok(vec![Into::<u32>::into(value.clone()) + self.base]) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_200 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::secret_resilient(service = "shape-200", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub async fn shaped(self: &Arc<Self>, text: &str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_201 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::database_resilient(service = "shape-201", cache(key = parts, ttl = "5m", max_entries = 9, across_instances))]
pub async fn shaped(self: &Arc<Self>, parts: &[u8]) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(parts.len())) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&[0; 7]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_202 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::llm_resilient(service = "shape-202", correlation_id = 7)]
pub async fn shaped(self: &Arc<Self>, text: Option<&str>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_203 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-203", borrow(parts))]
pub(crate) async fn shaped<const N: usize>(self: &Arc<Self>, parts: [u8; N]) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_204 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-204", idempotent = false, client_retries = off, classify_ok = |_| None)]
#[allow(dead_code)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(self: &Arc<Self>, value: T) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_205 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self) -> io::Result<u32> ; }

impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-205", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
async fn shaped(&self) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_206 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, n: u8) -> anyhow::Result<u32> ; }

impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-206", correlation_id = 7))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&self, n: u8) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_207 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }

impl Shaped for Own { #[tracing::instrument(skip_all)]
#[resilience_runtime::llm_resilient(service = "shape-207", idempotent = false, client_retries = off, classify_ok = |_| None)]
async fn shaped(&self, text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_208 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, text: &str) -> Answer<()> ; }

impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-208", idempotent, hedge(delay = "p99", max_hedges = 2))]
async fn shaped(&self, text: &str) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(text.len())) + self.base) } }
pub async fn call() { Own::default().shaped("seven77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_209 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped<'a>(&self, text: &'a str) -> Result<String, AppError> ; }

impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-209", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[allow(dead_code)]
async fn shaped<'a>(&self, text: &'a str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(text.len())) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_210 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped<'a, 'b>(&self, one: &'a str, more: &'b str) -> Result<u32, AppError> ; }

impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-210", classify = |_| resilience_runtime::Verdict::transient())]
#[tracing::instrument(skip_all)]
async fn shaped<'a, 'b>(&self, one: &'a str, more: &'b str) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_211 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, out: &mut Vec<u8>) -> Answer<u32> ; }

impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-211", retry = off)]
async fn shaped(&self, out: &mut Vec<u8>) -> Answer<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_212 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, parts: Vec<u8>) -> anyhow::Result<u32> ; }

impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-212", retry(retry_if = |_| true))]
async fn shaped(&self, mut parts: Vec<u8>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_213 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, pair: (u32, u32)) -> io::Result<Vec<u32>> ; }

impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-213", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
#[allow(dead_code)]
async fn shaped(&self, (a, mut b): (u32, u32)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![({ b += 1; a + b }) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_214 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, point: Point) -> anyhow::Result<u32> ; }

impl Shaped for Own { #[resilience_runtime::resilient(service = "shape-214", rate_limit(requests_per_second = 1_000, key = (x, y)))]
async fn shaped(&self, Point { x, y }: Point) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((x + y) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_215 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, parts: &[u8]) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }

impl Shaped for Own { #[resilience_runtime::resilient(service = "shape-215", timeout = "2s", deadline = 20)]
#[tracing::instrument(skip_all)]
async fn shaped(&self, parts: &[u8]) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_216 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, text: Option<&str>) -> Answer<()> ; }

impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::database_resilient(service = "shape-216", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
async fn shaped(&self, text: Option<&str>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { Own::default().shaped(Some("seven77")).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_217 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> Result<String, AppError> ; }

impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-217", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> Result<String, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok(u32::to_string(&(Into::<u32>::into(value.clone()) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_218 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped<T: Into<u32> + Clone + Send + Sync>(&self, value: T) -> io::Result<Vec<u32>> ; }

impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::llm_resilient(service = "shape-218", bulkhead(max_concurrent = 2, max_wait = "1s")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped<T: Into<u32> + Clone + Send + Sync>(&self, value: T) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![Into::<u32>::into(value.clone()) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_219 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped<T>(&self, value: &T) -> Answer<u32> where T: Into<u32> + Clone + Send + Sync,; }

impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-219", fallback(value = 11))]
#[tracing::instrument(skip_all)]
async fn shaped<T>(&self, value: &T) -> Answer<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::Fail).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_220 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other<const N: usize>(&self, parts: [u8; N]) -> Result<u32, AppError>  { Ok(11) } }

pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Result<u32, AppError> ; }

impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-220", fallback(call = Self::other, on = "any"))]
#[allow(dead_code)]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_221 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, first: String, n: u8) -> io::Result<u32> ; }

impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-221", fallback(cache(key = n, ttl = "5m", across_instances)))]
async fn shaped(&self, _: String, n: u8) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_222 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, text: &(dyn AsRef<str> + Sync)) -> anyhow::Result<u32> ; }

impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::secret_resilient(service = "shape-222", cache(key = text.as_ref(), ttl = "5m", max_entries = 9, across_instances))]
async fn shaped(&self, text: &(dyn AsRef<str> + Sync)) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.as_ref().len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_223 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> Result<u32, AppError> ; }

impl Shaped for Own { #[resilience_runtime::mcp_resilient]
async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_224 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> io::Result<Vec<u32>> ; }

impl Shaped for Own { #[tracing::instrument(skip_all)]
#[resilience_runtime::llm_resilient(service = "shape-224", retry(exhausted = "wrap", max_elapsed = "1m"))]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(parts.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_225 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped<'a>(&self, text: &'a str) -> io::Result<u32> ; }

impl Shaped for Own { #[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-225", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
async fn shaped<'a>(&self, text: &'a str) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_226 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&self, text: Option<&str>) -> Result<String, AppError>  { Ok(u32::to_string(&(11))) } }

pub trait Shaped { async fn shaped(&self, text: Option<&str>) -> Result<String, AppError> ; }

impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-226", fallback = Self::other)]
#[allow(dead_code)]
async fn shaped(&self, text: Option<&str>) -> Result<String, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok(u32::to_string(&((text.map_or(0, |text| length(text.len()))) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), u32::to_string(&(11))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_227 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, text: String) -> Result<u32, AppError> ; }

impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-227", borrow(text))]
async fn shaped(&self, text: String) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_228 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-228", cache(key = 7_u8, ttl = "5m", max_entries = 9, across_instances))]
#[tracing::instrument(skip_all)]
async fn shaped(&self) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_229 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-229", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
async fn shaped(&self, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Succeed).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_230 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, text: String) -> Answer<()> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-230", idempotent, hedge(delay = "p99", max_hedges = 2))]
async fn shaped(&self, text: String) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(text.len())) + self.base) } }
pub async fn call() { Own::default().shaped("seven77".to_owned()).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_231 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, text: &str) -> Result<String, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-231", timeout = "2s", deadline = 20)]
#[allow(dead_code)]
async fn shaped(&self, text: &str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(text.len())) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_232 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<'a>(&self, text: &'a str) -> io::Result<Vec<u32>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-232", retry(exhausted = "wrap", max_elapsed = "1m"))]
async fn shaped<'a>(&self, text: &'a str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(text.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_233 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<'a, 'b>(&self, one: &'a str, more: &'b str) -> Answer<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-233", idempotent = false, client_retries = off, classify_ok = |_| None))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped<'a, 'b>(&self, one: &'a str, more: &'b str) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_234 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, out: &mut Vec<u8>) -> io::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-234", retry(retry_if = |_| true)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&self, out: &mut Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_235 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, parts: Vec<u8>) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::llm_resilient(service = "shape-235", retry = off)]
async fn shaped(&self, mut parts: Vec<u8>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_236 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, pair: (u32, u32)) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::resilient(service = "shape-236", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[tracing::instrument(skip_all)]
async fn shaped(&self, (a, mut b): (u32, u32)) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ b += 1; a + b }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_237 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, point: Point) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::resilient(service = "shape-237", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
#[allow(dead_code)]
async fn shaped(&self, Point { x, y }: Point) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((x + y) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_238 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, parts: &[u8]) -> Answer<()> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-238", rate_limit(requests_per_second = 1_000, key = parts)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&self, parts: &[u8]) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(parts.len())) + self.base) } }
pub async fn call() { Own::default().shaped(&[0; 7]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_239 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, text: Option<&str>) -> Result<String, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-239", fallback(value = u32::to_string(&(11)))))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&self, text: Option<&str>) -> Result<String, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok(u32::to_string(&((text.map_or(0, |text| length(text.len()))) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), u32::to_string(&(11))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_240 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&self, value: impl Into<u32> + Clone + Send + Sync) -> io::Result<Vec<u32>>  { Ok(vec![11]) } }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> io::Result<Vec<u32>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-240", fallback = Self::other)]
#[allow(dead_code)]
async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; Ok(vec![Into::<u32>::into(value.clone()) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_241 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<T: Into<u32> + Clone + Send + Sync>(&self, value: T) -> Answer<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-241", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
async fn shaped<T: Into<u32> + Clone + Send + Sync>(&self, value: T) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_242 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<T>(&self, value: &T) -> Result<u32, AppError> where T: Into<u32> + Clone + Send + Sync,; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-242", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
#[tracing::instrument(skip_all)]
async fn shaped<T>(&self, value: &T) -> Result<u32, AppError> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_243 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> io::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-243", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[allow(dead_code)]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_244 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, first: String, n: u8) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::llm_resilient(service = "shape-244", correlation_id = 7))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&self, _: String, n: u8) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_245 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&self, text: &(dyn AsRef<str> + Sync)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>>  { Ok(11) } }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, text: &(dyn AsRef<str> + Sync)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::llm_resilient(service = "shape-245", fallback(call = Self::other, on = "any"))]
async fn shaped(&self, text: &(dyn AsRef<str> + Sync)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(text.as_ref().len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_246 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Answer<()> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((length(parts.len())) + self.base) } }
pub async fn call() { Own::default().shaped([0; 7]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_247 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, text: String) -> Result<String, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-247", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
async fn shaped(&self, text: String) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(text.len())) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_248 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, parts: &[u8]) -> io::Result<Vec<u32>> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-248", fallback(cache(key = parts, ttl = "5m", across_instances)))]
async fn shaped(&self, parts: &[u8]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(parts.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_249 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> io::Result<Vec<u32>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-249", borrow(parts))]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(parts.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_250 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-250", classify = |_| resilience_runtime::Verdict::transient())]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_251 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-251", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
async fn shaped(&mut self) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok((7) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_252 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, n: u8) -> Answer<()> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-252")]
async fn shaped(&mut self, n: u8) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((u32::from(n)) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped(7).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_253 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, text: String) -> Result<String, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-253", retry = off)]
async fn shaped(&mut self, text: String) -> Result<String, AppError> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok(u32::to_string(&((length(text.len())) + self.base + self.calls - 1))) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_254 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, text: &str) -> io::Result<Vec<u32>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-254", retry(retry_if = |_| true))]
#[allow(dead_code)]
async fn shaped(&mut self, text: &str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(vec![(length(text.len())) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_255 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<'a>(&mut self, text: &'a str) -> Answer<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-255", idempotent = false, client_retries = off, classify_ok = |_| None))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped<'a>(&mut self, text: &'a str) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_256 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<'a, 'b>(&mut self, one: &'a str, more: &'b str) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-256", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[tracing::instrument(skip_all)]
async fn shaped<'a, 'b>(&mut self, one: &'a str, more: &'b str) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(one.len() + more.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_257 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, out: &mut Vec<u8>) -> io::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::resilient(service = "shape-257", timeout = "2s", deadline = 20)]
async fn shaped(&mut self, out: &mut Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ out.push(1); length(out.len()) }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_258 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, parts: Vec<u8>) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-258", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
async fn shaped(&mut self, mut parts: Vec<u8>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ parts.push(1); length(parts.len()) }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_259 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, pair: (u32, u32)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-259", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
async fn shaped(&mut self, (a, mut b): (u32, u32)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ b += 1; a + b }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_260 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, point: Point) -> Answer<()> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-260", bulkhead(max_concurrent = 2, max_wait = "1s"))]
async fn shaped(&mut self, Point { x, y }: Point) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((x + y) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_261 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, parts: &[u8]) -> Result<String, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-261", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
#[allow(dead_code)]
async fn shaped(&mut self, parts: &[u8]) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(u32::to_string(&((length(parts.len())) + self.base + self.calls - 1))) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_262 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&mut self, text: Option<&str>) -> io::Result<Vec<u32>>  { Ok(vec![11]) } }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, text: Option<&str>) -> io::Result<Vec<u32>> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-262", fallback(call = Self::other, on = "any"))]
async fn shaped(&mut self, text: Option<&str>) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok(vec![(text.map_or(0, |text| length(text.len()))) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_263 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, value: impl Into<u32> + Clone + Send + Sync) -> Answer<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-263", cache(key = 7_u8, ttl = "5m", max_entries = 9, across_instances))]
async fn shaped(&mut self, value: impl Into<u32> + Clone + Send + Sync) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_264 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<T: Into<u32> + Clone + Send + Sync>(&mut self, value: T) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-264", fallback(value = 11))]
async fn shaped<T: Into<u32> + Clone + Send + Sync>(&mut self, value: T) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_265 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other<T>(&mut self, value: &T) -> io::Result<u32> where T: Into<u32> + Clone + Send + Sync, { Ok(11) } }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<T>(&mut self, value: &T) -> io::Result<u32> where T: Into<u32> + Clone + Send + Sync,; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::mcp_resilient(service = "shape-265", fallback = Self::other)]
#[tracing::instrument(skip_all)]
async fn shaped<T>(&mut self, value: &T) -> io::Result<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_266 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<const N: usize>(&mut self, parts: [u8; N]) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-266", fallback(cache(key = parts, ttl = "5m", across_instances)))]
#[allow(dead_code)]
async fn shaped<const N: usize>(&mut self, parts: [u8; N]) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(parts.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_267 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, first: String, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-267", classify = |_| resilience_runtime::Verdict::transient())]
async fn shaped(&mut self, _: String, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((u32::from(n)) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_268 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, text: &(dyn AsRef<str> + Sync)) -> Answer<()> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-268", correlation_id = 7)]
async fn shaped(&mut self, text: &(dyn AsRef<str> + Sync)) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((length(text.as_ref().len())) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped(&"seven77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_269 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self) -> io::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::llm_resilient(service = "shape-269", retry(exhausted = "wrap", max_elapsed = "1m")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&mut self) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((7) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_270 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<'a>(&mut self, text: &'a str) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-270", rate_limit(requests_per_second = 1_000, key = text))]
#[allow(dead_code)]
async fn shaped<'a>(&mut self, text: &'a str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_271 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<'a, 'b>(&mut self, one: &'a str, more: &'b str) -> Answer<()> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-271", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
async fn shaped<'a, 'b>(&mut self, one: &'a str, more: &'b str) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; nothing((length(one.len() + more.len())) + self.base + self.calls - 1) } }
pub async fn call() { Own::default().shaped("sev", "en77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_272 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, text: String) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-272", borrow(text)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&mut self, text: String) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_273 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg_attr(not(target_os = "none"), resilience_runtime::llm_resilient)]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(7) } }
pub async fn call() { assert_eq!(shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_274 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-274", retry(retry_if = |_| true))]
pub async fn shaped(n: u8) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::from(n)) } }
pub async fn call() { assert_eq!(shaped(7).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_275 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-275", retry(exhausted = "wrap", max_elapsed = "1m"))]
#[allow(dead_code)]
pub async fn shaped(text: String) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(length(text.len())) } }
pub async fn call() { shaped("seven77".to_owned()).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_276 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::mcp_resilient(service = "shape-276", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub(crate) async fn shaped(text: &str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(length(text.len())))) } }
pub async fn call() { assert_eq!(shaped("seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_277 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-277", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
pub async fn shaped<'a>(text: &'a str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![length(text.len())]) } }
pub async fn call() { assert_eq!(shaped("seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_278 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::resilient(service = "shape-278", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub async fn shaped<'a, 'b>(one: &'a str, more: &'b str) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(one.len() + more.len())) } }
pub async fn call() { assert_eq!(shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_279 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[tracing::instrument(skip_all)]
#[resilience_runtime::llm_resilient(service = "shape-279", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
pub async fn shaped(out: &mut Vec<u8>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ out.push(1); length(out.len()) }) } }
pub async fn call() { assert_eq!(shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_280 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::mcp_resilient(service = "shape-280", timeout = "2s", deadline = 20)]
#[tracing::instrument(skip_all)]
pub async fn shaped(mut parts: Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ parts.push(1); length(parts.len()) }) } }
pub async fn call() { assert_eq!(shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_281 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-281", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub async fn shaped((a, mut b): (u32, u32)) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ b += 1; a + b }) } }
pub async fn call() { assert_eq!(shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_282 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::resilient(service = "shape-282", fallback(value = 11))]
#[must_use = "it is"]
pub async fn shaped(Point { x, y }: Point) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Fail).await?; Ok(x + y) } }
pub async fn call() { assert_eq!(shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_283 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-283", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub async fn shaped(parts: &[u8]) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(parts.len())) } }
pub async fn call() { assert_eq!(shaped(&[0; 7]).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_284 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-284", bulkhead(max_concurrent = 2, max_wait = "1s"))]
pub async fn shaped(text: Option<&str>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(text.map_or(0, |text| length(text.len()))) } }
pub async fn call() { shaped(Some("seven77")).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_285 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[tracing::instrument(skip_all)]
#[resilience_runtime::secret_resilient(service = "shape-285", correlation_id = 7)]
pub async fn shaped(value: impl Into<u32> + Clone + Send + Sync) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(u32::clone(&value.clone().into())))) } }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_286 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[allow(dead_code, clippy::unused_async)]
async fn other<T: Into<u32> + Clone + Send + Sync>(value: T) -> io::Result<Vec<u32>>  { Ok(vec![11]) }
macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::llm_resilient(service = "shape-286", fallback = other)]
pub(crate) async fn shaped<T: Into<u32> + Clone + Send + Sync>(value: T) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; Ok(vec![u32::clone(&value.clone().into())]) } }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_287 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-287", rate_limit(requests_per_second = 1_000, key = 7_u8))]
pub async fn shaped<T>(value: &T) -> Answer<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::clone(&value.clone().into())) } }
pub async fn call() { assert_eq!(shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_288 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::mcp_resilient(service = "shape-288", retry = off)]
pub(crate) async fn shaped<const N: usize>(parts: [u8; N]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok(length(parts.len())) } }
pub async fn call() { assert_eq!(shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_289 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::secret_resilient(service = "shape-289", cache(key = n, ttl = "5m", max_entries = 9))]
#[must_use = "it is"]
pub async fn shaped(_: String, n: u8) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::from(n)) } }
pub async fn call() { assert_eq!(shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_290 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::llm_resilient(service = "shape-290", fallback(cache(key = text.as_ref(), ttl = "5m")))]
pub(crate) async fn shaped(text: &(dyn AsRef<str> + Sync)) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.as_ref().len())) } }
pub async fn call() { assert_eq!(shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_291 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::database_resilient(service = "shape-291", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[must_use = "it is"]
pub async fn shaped(text: &(dyn AsRef<str> + Sync)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![length(text.as_ref().len())]) } }
pub async fn call() { assert_eq!(shaped(&"seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_292 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[allow(dead_code, clippy::unused_async)]
async fn other<T: Into<u32> + Clone + Send + Sync>(value: T) -> io::Result<u32>  { Ok(11) }
macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::secret_resilient(service = "shape-292", fallback(call = other, on = "any"))]
pub(crate) async fn shaped<T: Into<u32> + Clone + Send + Sync>(value: T) -> io::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok(u32::clone(&value.clone().into())) } }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_293 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::mcp_resilient(service = "shape-293", borrow(parts))]
pub(crate) async fn shaped<const N: usize>(parts: [u8; N]) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(parts.len())) } }
pub async fn call() { assert_eq!(shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_294 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::mcp_resilient(service = "shape-294", classify = |_| resilience_runtime::Verdict::transient())]
pub async fn shaped(text: &(dyn AsRef<str> + Sync)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![length(text.as_ref().len())]) } }
pub async fn call() { assert_eq!(shaped(&"seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_295 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-295", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub async fn shaped(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::Succeed).await?; Ok(length(text.len())) } }
pub async fn call() { assert_eq!(shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_296 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-296", retry = off)]
#[tracing::instrument(skip_all)]
pub async fn shaped(mut self) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok((7) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_297 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-297", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
pub async fn shaped(self: Arc<Self>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_298 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self) -> io::Result<u32> ; }

impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient(service = "shape-298", timeout = "2s", deadline = 20)]
async fn shaped(&self) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_299 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-299", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub async fn shaped() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(7) }
pub async fn call() { assert_eq!(shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_300 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: Box<Self>) -> Result<u32, AppError>  { Ok(11) }
#[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-300", fallback = Self::other))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Box<Self>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped().await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_301 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-301", fallback(cache(key = 7_u8, ttl = "5m", across_instances))))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Arc<Self>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((7) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped().await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_302 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-302", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: Box<Self>, n: u8) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(7).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_303 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-303", timeout = "2s", deadline = 20)]
#[allow(dead_code)]
async fn shaped(&self, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_304 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-304", rate_limit(requests_per_second = 1_000, key = n))]
pub async fn shaped(n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::from(n)) }
pub async fn call() { assert_eq!(shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_305 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-305", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[must_use = "it is"]
pub async fn shaped(&mut self, n: u8) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((u32::from(n)) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_306 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-306", fallback(value = ()))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self, n: u8) -> Answer<()> { attempt(&TRIES, Attempts::Fail).await?; nothing((u32::from(n)) + self.base) } }
pub async fn call() { Own::default().shaped(7).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_307 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: Box<Self>, n: u8) -> Result<u32, AppError>  { Ok(11) }
#[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-307", fallback(call = Self::other, on = "any")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Box<Self>, n: u8) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(7).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_308 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-308", fallback(cache(key = n, ttl = "5m", across_instances)))]
pub async fn shaped(self: Box<Self>, n: u8) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_309 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }

impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-309", idempotent, hedge(delay = "p99", max_hedges = 2))]
async fn shaped(&self, n: u8) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_310 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::mcp_resilient]
pub async fn shaped(self: Arc<Self>, text: String) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_311 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, text: String) -> Result<String, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-311", timeout = "2s", deadline = 20)]
async fn shaped(&mut self, text: String) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(u32::to_string(&((length(text.len())) + self.base + self.calls - 1))) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_312 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-312", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub async fn shaped(text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) }
pub async fn call() { assert_eq!(shaped("seven77".to_owned()).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_313 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::secret_resilient(service = "shape-313", fallback(value = vec![11]))]
pub async fn shaped(mut self, text: String) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok(vec![(length(text.len())) + self.base + self.calls - 1]) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77".to_owned()).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_314 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(self: &Arc<Self>, text: String) -> anyhow::Result<u32>  { Ok(11) }
#[tracing::instrument(skip_all)]
#[resilience_runtime::database_resilient(service = "shape-314", fallback(call = Self::other, on = "any"))]
pub async fn shaped(self: &Arc<Self>, text: String) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77".to_owned()).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_315 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&self, text: String) -> Answer<()>  { nothing(11) } }

pub trait Shaped { async fn shaped(&self, text: String) -> Answer<()> ; }

impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-315", fallback = Self::other)]
#[allow(dead_code)]
async fn shaped(&self, text: String) -> Answer<()> { attempt(&TRIES, Attempts::Fail).await?; nothing((length(text.len())) + self.base) } }
pub async fn call() { Own::default().shaped("seven77".to_owned()).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_316 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::llm_resilient(service = "shape-316", classify = |_| resilience_runtime::Verdict::transient())]
pub async fn shaped(text: String) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![length(text.len())]) }
pub async fn call() { assert_eq!(shaped("seven77".to_owned()).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_317 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-317", retry = off)]
#[must_use = "it is"]
pub async fn shaped(self: &Arc<Self>, text: &str) -> Result<String, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok(u32::to_string(&((length(text.len())) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_318 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-318", retry(exhausted = "wrap", max_elapsed = "1m"))]
#[allow(dead_code)]
async fn shaped(&self, text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_319 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-319", rate_limit(requests_per_second = 1_000, key = text))]
pub async fn shaped(&self, text: &str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(text.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_320 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::database_resilient(service = "shape-320", fallback(value = 11)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(self: Arc<Self>, text: &str) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_321 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, text: &str) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-321", cache(key = text, ttl = "5m", max_entries = 9, across_instances))]
async fn shaped(&self, text: &str) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_322 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::llm_resilient(service = "shape-322", idempotent = false, client_retries = off, classify_ok = |_| None)]
#[must_use = "it is"]
pub async fn shaped(text: &str) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(length(text.len())) }
pub async fn call() { shaped("seven77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_323 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-323", classify = |_| resilience_runtime::Verdict::transient()))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(text: &str) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) } }
pub async fn call() { assert_eq!(Own::shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_324 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[tracing::instrument(skip_all)]
#[resilience_runtime::database_resilient(service = "shape-324", retry(retry_if = |_| true))]
pub async fn shaped<'a>(text: &'a str) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(length(text.len())) } }
pub async fn call() { shaped("seven77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_325 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-325", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
pub async fn shaped<'a>(&self, text: &'a str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(text.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped("seven77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_326 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-326", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[allow(dead_code)]
pub async fn shaped<'a>(self: Arc<Self>, text: &'a str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(text.len())) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_327 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::mcp_resilient(service = "shape-327", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub(crate) async fn shaped<'a>(text: &'a str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.len())) }
pub async fn call() { assert_eq!(shaped("seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_328 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[tracing::instrument(skip_all)]
#[resilience_runtime::database_resilient(service = "shape-328", retry(exhausted = "wrap", max_elapsed = "1m"))]
pub async fn shaped<'a, 'b>(one: &'a str, more: &'b str) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(length(one.len() + more.len())) } }
pub async fn call() { shaped("sev", "en77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_329 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-329", retry(retry_if = |_| true))]
pub async fn shaped<'a, 'b>(one: &'a str, more: &'b str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(one.len() + more.len())) }
pub async fn call() { assert_eq!(shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_330 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-330", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
pub async fn shaped<'a, 'b>(&self, one: &'a str, more: &'b str) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(length(one.len() + more.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_331 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-331", rate_limit(requests_per_second = 1_000, key = (one, more)))]
#[allow(dead_code)]
pub async fn shaped<'a, 'b>(self, one: &'a str, more: &'b str) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_332 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-332", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
#[allow(dead_code)]
pub async fn shaped<'a, 'b>(self: Arc<Self>, one: &'a str, more: &'b str) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(one.len() + more.len())) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped("sev", "en77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_333 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-333", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[tracing::instrument(skip_all)]
pub async fn shaped<'a, 'b>(self: Box<Self>, one: &'a str, more: &'b str) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(one.len() + more.len())) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped("sev", "en77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_334 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::resilient(service = "shape-334", cache(key = (one, more), ttl = "5m", max_entries = 9))]
pub async fn shaped<'a, 'b>(one: &'a str, more: &'b str) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(length(one.len() + more.len())) } }
pub async fn call() { shaped("sev", "en77").await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_335 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-335", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
#[allow(dead_code)]
pub async fn shaped(self, out: &mut Vec<u8>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_336 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-336", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
#[allow(dead_code)]
pub async fn shaped(self: Arc<Self>, out: &mut Vec<u8>) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(({ out.push(1); length(out.len()) }) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&mut vec![0; 6]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_337 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-337", bulkhead(max_concurrent = 2, max_wait = "1s"))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: &Arc<Self>, out: &mut Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ out.push(1); length(out.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_338 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, out: &mut Vec<u8>) -> io::Result<Vec<u32>> ; }

impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-338", fallback(value = vec![11]))]
#[tracing::instrument(skip_all)]
async fn shaped(&self, out: &mut Vec<u8>) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Fail).await?; Ok(vec![({ out.push(1); length(out.len()) }) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(&mut vec![0; 6]).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_339 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[resilience_runtime::resilient(service = "shape-339", fallback(cache(key = out.len(), ttl = "5m")))]
pub async fn shaped(out: &mut Vec<u8>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing({ out.push(1); length(out.len()) }) } }
pub async fn call() { shaped(&mut vec![0; 6]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_340 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-340", correlation_id = 7))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(out: &mut Vec<u8>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ out.push(1); length(out.len()) }) } }
pub async fn call() { assert_eq!(Own::shaped(&mut vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_341 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::llm_resilient(service = "shape-341", rate_limit(requests_per_second = 1_000, key = parts))]
#[allow(dead_code)]
pub async fn shaped(self: Arc<Self>, mut parts: Vec<u8>) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&(({ parts.push(1); length(parts.len()) }) + self.base))) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_342 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-342", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: Box<Self>, mut parts: Vec<u8>) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_343 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(mut parts: Vec<u8>) -> io::Result<u32>  { Ok(11) }
#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-343", fallback = Self::other)]
pub async fn shaped(mut parts: Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok({ parts.push(1); length(parts.len()) }) } }
pub async fn call() { assert_eq!(Own::shaped(vec![0; 6]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_344 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-344", classify = |_| resilience_runtime::Verdict::transient())]
#[must_use = "it is"]
pub async fn shaped(mut self, mut parts: Vec<u8>) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ parts.push(1); length(parts.len()) }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_345 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-345", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
#[allow(dead_code)]
pub async fn shaped(self: Arc<Self>, mut parts: Vec<u8>) -> io::Result<u32> { attempt(&TRIES, Attempts::Succeed).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_346 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-346", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub async fn shaped(self, mut parts: Vec<u8>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ parts.push(1); length(parts.len()) }) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(vec![0; 6]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_347 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-347", timeout = "2s", deadline = 20)]
#[must_use = "it is"]
pub async fn shaped(self: Arc<Self>, (a, mut b): (u32, u32)) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ b += 1; a + b }) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped((3, 3)).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_348 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-348", retry(exhausted = "wrap", max_elapsed = "1m"))]
pub async fn shaped(&self, (a, mut b): (u32, u32)) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![({ b += 1; a + b }) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_349 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[resilience_runtime::llm_resilient(service = "shape-349", fallback(cache(key = a, ttl = "5m", across_instances)))]
#[must_use = "it is"]
pub async fn shaped((a, mut b): (u32, u32)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok({ b += 1; a + b }) } }
pub async fn call() { assert_eq!(Own::shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_350 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-350", correlation_id = 7)]
pub(crate) async fn shaped(&mut self, (a, mut b): (u32, u32)) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ b += 1; a + b }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_351 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-351", idempotent = false, client_retries = off, classify_ok = |_| None)]
#[must_use = "it is"]
pub async fn shaped(mut self, (a, mut b): (u32, u32)) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(({ b += 1; a + b }) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_352 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-352", classify = |_| resilience_runtime::Verdict::transient())]
#[allow(dead_code)]
pub async fn shaped(self: Arc<Self>, (a, mut b): (u32, u32)) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ b += 1; a + b }) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_353 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::mcp_resilient(service = "shape-353", idempotent, hedge(delay = "p99", max_hedges = 2))]
#[must_use = "it is"]
pub async fn shaped(self: Arc<Self>, (a, mut b): (u32, u32)) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(({ b += 1; a + b }) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped((3, 3)).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_354 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::resilient(service = "shape-354")]
pub async fn shaped(Point { x, y }: Point) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(x + y) }
pub async fn call() { assert_eq!(shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_355 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-355", retry(exhausted = "wrap", max_elapsed = "1m"))]
#[must_use = "it is"]
pub async fn shaped(&mut self, Point { x, y }: Point) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((x + y) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_356 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-356", retry(retry_if = |_| true))]
#[allow(dead_code)]
pub async fn shaped(self, Point { x, y }: Point) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((x + y) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_357 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-357", correlation_id = 7)]
pub async fn shaped(self, Point { x, y }: Point) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((x + y) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(Point { x: 3, y: 4 }).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_358 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-358", idempotent, hedge(delay = "p99", max_hedges = 2))]
#[allow(dead_code)]
pub async fn shaped(self: Box<Self>, Point { x, y }: Point) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((x + y) + self.base) } }
pub async fn call() { Box::new(Own::default()).shaped(Point { x: 3, y: 4 }).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_359 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::mcp_resilient]
pub async fn shaped(parts: &[u8]) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(length(parts.len())) } }
pub async fn call() { Own::shaped(&[0; 7]).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_360 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-360", retry = off)]
pub async fn shaped(&self, parts: &[u8]) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::Succeed).await?; Ok(vec![(length(parts.len())) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_361 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, parts: &[u8]) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-361", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
async fn shaped(&self, parts: &[u8]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_362 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[cfg(not(target_os = "none"))]
#[resilience_runtime::mcp_resilient(service = "shape-362", fallback(value = 11))]
pub async fn shaped(parts: &[u8]) -> io::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok(length(parts.len())) }
pub async fn call() { assert_eq!(shaped(&[0; 7]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_363 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other(&mut self, parts: &[u8]) -> Result<String, AppError>  { Ok(u32::to_string(&(11))) }
#[resilience_runtime::database_resilient(service = "shape-363", fallback(call = Self::other, on = "any"))]
pub(crate) async fn shaped(&mut self, parts: &[u8]) -> Result<String, AppError> { attempt(&TRIES, Attempts::Fail).await?; self.calls += 1; Ok(u32::to_string(&((length(parts.len())) + self.base + self.calls - 1))) } }
pub async fn call() { assert_eq!(Own::default().shaped(&[0; 7]).await.expect("an answer"), u32::to_string(&(11))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_364 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient]
pub async fn shaped(&self, text: Option<&str>) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![(text.map_or(0, |text| length(text.len()))) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_365 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-365", retry = off)]
#[must_use = "it is"]
pub async fn shaped(&mut self, text: Option<&str>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok((text.map_or(0, |text| length(text.len()))) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_366 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::mcp_resilient(service = "shape-366", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[allow(dead_code)]
pub async fn shaped(self, text: Option<&str>) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_367 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-367", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(text: Option<&str>) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(text.map_or(0, |text| length(text.len()))) } }
pub async fn call() { assert_eq!(shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_368 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-368", cache(key = text, ttl = "5m", max_entries = 9, across_instances))]
#[allow(dead_code)]
pub async fn shaped(mut self, text: Option<&str>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((text.map_or(0, |text| length(text.len()))) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_369 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-369", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub async fn shaped(self: &Arc<Self>, text: Option<&str>) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing((text.map_or(0, |text| length(text.len()))) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped(Some("seven77")).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_370 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, text: Option<&str>) -> Result<String, AppError> ; }

impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-370", idempotent, hedge(delay = "p99", max_hedges = 2))]
#[tracing::instrument(skip_all)]
async fn shaped(&self, text: Option<&str>) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((text.map_or(0, |text| length(text.len()))) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(Some("seven77")).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_371 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-371", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[must_use = "it is"]
pub async fn shaped(mut self, value: impl Into<u32> + Clone + Send + Sync) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_372 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }

pub trait Shaped { async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> io::Result<Vec<u32>> ; }

impl Shaped for Own { #[resilience_runtime::database_resilient(service = "shape-372", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
#[tracing::instrument(skip_all)]
async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![Into::<u32>::into(value.clone()) + self.base]) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_373 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-373", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0))]
async fn shaped(&self, value: impl Into<u32> + Clone + Send + Sync) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_374 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::llm_resilient(service = "shape-374", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
pub async fn shaped(value: impl Into<u32> + Clone + Send + Sync) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![u32::clone(&value.clone().into())]) }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_375 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-375", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(value: T) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::clone(&value.clone().into())) } }
pub async fn call() { assert_eq!(Own::shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_376 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-376", cache(key = 7_u8, ttl = "5m", max_entries = 9, across_instances))]
#[allow(dead_code)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(self: Box<Self>, value: T) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_377 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[tracing::instrument(skip_all)]
#[resilience_runtime::resilient(service = "shape-377", correlation_id = 7)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(self: &Arc<Self>, value: T) -> Answer<()> { attempt(&TRIES, Attempts::FailOnce).await?; nothing(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { Arc::new(Own::default()).shaped(7_u8).await.expect("an answer"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_378 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<T: Into<u32> + Clone + Send + Sync>(&mut self, value: T) -> Answer<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::database_resilient(service = "shape-378", classify = |_| resilience_runtime::Verdict::transient())]
#[allow(dead_code)]
async fn shaped<T: Into<u32> + Clone + Send + Sync>(&mut self, value: T) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_379 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg(not(target_os = "none"))]
#[resilience_runtime::resilient(service = "shape-379", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub async fn shaped<T: Into<u32> + Clone + Send + Sync>(value: T) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok(u32::clone(&value.clone().into())) } }
pub async fn call() { assert_eq!(shaped(7_u8).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_380 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-380", retry(max_attempts = 4, base_delay = "10ms", max_delay = 1, multiplier = 1.5, jitter = "none"))]
#[tracing::instrument(skip_all)]
pub async fn shaped<T>(self: Box<Self>, value: &T) -> Answer<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_381 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-381", circuit_breaker(failure_rate = 0.9, window = "30s", slow_call_duration = "5s", slow_call_rate = 1.0)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<T>(value: &T) -> Result<u32, AppError> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::clone(&value.clone().into())) } }
pub async fn call() { assert_eq!(shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_382 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-382", bulkhead(max_concurrent = 2, max_wait = "1s"))]
pub(crate) async fn shaped<T>(&mut self, value: &T) -> Result<impl std::fmt::Display, AppError> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok(Into::<u32>::into(value.clone()) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&7_u8).await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_383 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other<T>(self: &Arc<Self>, value: &T) -> io::Result<Vec<u32>> where T: Into<u32> + Clone + Send + Sync, { Ok(vec![11]) }
#[cfg_attr(not(target_os = "none"), resilience_runtime::mcp_resilient(service = "shape-383", fallback(call = Self::other, on = "any")))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<T>(self: &Arc<Self>, value: &T) -> io::Result<Vec<u32>> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::Fail).await?; Ok(vec![Into::<u32>::into(value.clone()) + self.base]) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&7_u8).await.expect("an answer"), vec![11]); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_384 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[inline]
#[allow(clippy::let_and_return)]
#[resilience_runtime::secret_resilient(service = "shape-384", fallback(cache(key = 7_u8, ttl = "5m", across_instances)))]
#[allow(dead_code)]
pub async fn shaped<T>(self: Box<Self>, value: &T) -> Answer<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_385 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-385", cache(key = 7_u8, ttl = "5m", max_entries = 9, across_instances))]
pub async fn shaped<T>(self: &Arc<Self>, value: &T) -> io::Result<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(Into::<u32>::into(value.clone()) + self.base) } }
pub async fn call() { assert_eq!(Arc::new(Own::default()).shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_386 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::database_resilient(service = "shape-386", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub(crate) async fn shaped<T>(value: &T) -> anyhow::Result<u32> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::Succeed).await?; Ok(u32::clone(&value.clone().into())) }
pub async fn call() { assert_eq!(shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_387 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What it does: `"quoted"`, {braces}.
#[resilience_runtime::database_resilient(service = "shape-387", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub async fn shaped<T>(value: &T) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> where T: Into<u32> + Clone + Send + Sync,{ attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::clone(&value.clone().into())) }
pub async fn call() { assert_eq!(shaped(&7_u8).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_388 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-388", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped<const N: usize>(parts: [u8; N]) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(parts.len())) } }
pub async fn call() { assert_eq!(shaped([0; 7]).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_389 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { #[allow(dead_code, clippy::unused_async)]
async fn other<const N: usize>(&self, parts: [u8; N]) -> anyhow::Result<u32>  { Ok(11) } }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::mcp_resilient(service = "shape-389", fallback = Self::other)]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::Fail).await?; Ok((length(parts.len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), 11); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_390 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Result<String, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { /// What it does: `"quoted"`, {braces}.
#[resilience_runtime::llm_resilient(service = "shape-390", correlation_id = 7)]
async fn shaped<const N: usize>(&self, parts: [u8; N]) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(parts.len())) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped([0; 7]).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_391 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-391")]
#[tracing::instrument(skip_all)]
pub async fn shaped(self: Box<Self>, _: String, n: u8) -> Answer<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Box::new(Own::default()).shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_392 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&self, first: String, n: u8) -> Result<u32, AppError> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[resilience_runtime::llm_resilient(service = "shape-392", retry(exhausted = "wrap", max_elapsed = "1m"))]
async fn shaped(&self, _: String, n: u8) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((u32::from(n)) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_393 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own {  }
#[async_trait::async_trait]
pub trait Shaped { async fn shaped(&mut self, first: String, n: u8) -> anyhow::Result<u32> ; }
#[async_trait::async_trait]
impl Shaped for Own { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-393", retry(retry_if = |_| true)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
async fn shaped(&mut self, _: String, n: u8) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((u32::from(n)) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_394 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::llm_resilient(service = "shape-394", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5))]
pub async fn shaped(_: String, n: u8) -> io::Result<Vec<u32>> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(vec![u32::from(n)]) }
pub async fn call() { assert_eq!(shaped(String::new(), 7).await.expect("an answer"), vec![7]); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_395 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-395", rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20))]
pub async fn shaped(self, _: String, n: u8) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((u32::from(n)) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_396 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

#[resilience_runtime::database_resilient(service = "shape-396", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub(crate) async fn shaped(_: String, n: u8) -> anyhow::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::from(n)) }
pub async fn call() { assert_eq!(shaped(String::new(), 7).await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_397 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::secret_resilient(service = "shape-397", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
#[must_use = "it is"]
pub async fn shaped(&self, _: String, n: u8) -> Result<String, AppError> { attempt(&TRIES, Attempts::Succeed).await?; Ok(u32::to_string(&((u32::from(n)) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(String::new(), 7).await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_398 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);

macro_rules! whole { ($($item:tt)*) => { $($item)* }; }
whole! { #[cfg_attr(not(target_os = "none"), resilience_runtime::secret_resilient(service = "shape-398", retry(retry_if = |_| true)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(text: &(dyn AsRef<str> + Sync)) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.as_ref().len())) } }
pub async fn call() { assert_eq!(shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_399 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg_attr(not(target_os = "none"), resilience_runtime::resilient(service = "shape-399", circuit_breaker(failure_threshold = 9, recovery_timeout = "1s"), retry_budget(capacity = 9, refill = 0.5)))]
#[cfg_attr(target_os = "none", there_is_no_such_attribute)]
pub async fn shaped(text: &(dyn AsRef<str> + Sync)) -> Result<u32, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.as_ref().len())) } }
pub async fn call() { assert_eq!(Own::shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_400 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::database_resilient(service = "shape-400", rate_limit(requests_per_second = 1_000, key = text.as_ref()))]
pub(crate) async fn shaped(&mut self, text: &(dyn AsRef<str> + Sync)) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; self.calls += 1; Ok((length(text.as_ref().len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_401 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-401", rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = "1s"))]
pub async fn shaped(self, text: &(dyn AsRef<str> + Sync)) -> Result<String, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(u32::to_string(&((length(text.as_ref().len())) + self.base))) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), u32::to_string(&(7))); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_402 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
pub struct Own;
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::llm_resilient(service = "shape-402", idempotent = false, client_retries = off, classify_ok = |_| None)]
pub async fn shaped(text: &(dyn AsRef<str> + Sync)) -> Result<impl std::fmt::Display, AppError> { attempt(&TRIES, Attempts::FailOnce).await?; Ok(length(text.as_ref().len())) } }
pub async fn call() { assert_eq!(Own::shaped(&"seven77").await.expect("an answer").to_string(), "7"); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

pub mod shape_403 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[resilience_runtime::resilient(service = "shape-403", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off)]
pub(crate) async fn shaped(&mut self, text: &(dyn AsRef<str> + Sync)) -> Answer<u32> { attempt(&TRIES, Attempts::Succeed).await?; self.calls += 1; Ok((length(text.as_ref().len())) + self.base + self.calls - 1) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 1); }
}

pub mod shape_404 {
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
#[derive(Clone, Debug, Default)]
pub struct Own { pub base: u32, pub calls: u32 }
impl Own { 
#[cfg(not(target_os = "none"))]
#[resilience_runtime::secret_resilient(service = "shape-404", idempotent, hedge(delay = "p99", max_hedges = 2))]
pub async fn shaped(self, text: &(dyn AsRef<str> + Sync)) -> io::Result<u32> { attempt(&TRIES, Attempts::FailOnce).await?; Ok((length(text.as_ref().len())) + self.base) } }
pub async fn call() { assert_eq!(Own::default().shaped(&"seven77").await.expect("an answer"), 7); assert_eq!(TRIES.load(Ordering::Relaxed), 2); }
}

/// Every shape, with a call of it.
pub fn all() -> Vec<(&'static str, Call)> {
    vec![
        ("000: free, nothing, result, retry_if, lint, mcp", Box::pin(shape_000::call())),
        ("001: free, copy, io, circuit, span below, llm", Box::pin(shape_001::call())),
        ("002: free, owned, anyhow, key, doc, custom", Box::pin(shape_002::call())),
        ("003: free, str, boxed, tokens, span above, secret", Box::pin(shape_003::call())),
        ("004: free, named lifetime, impl trait, correlation, must_use, database", Box::pin(shape_004::call())),
        ("005: free, two lifetimes, unit, path, cfg_attr, custom", Box::pin(shape_005::call())),
        ("006: free, exclusive, string, cache, pub(crate), mcp", Box::pin(shape_006::call())),
        ("007: free, mut owned, list, idempotent, nothing, custom", Box::pin(shape_007::call())),
        ("008: free, tuple, alias, bulkhead, cfg, mcp", Box::pin(shape_008::call())),
        ("009: free, struct, result, last good, cfg_attr, llm", Box::pin(shape_009::call())),
        ("010: free, slice, io, classify, lint, custom", Box::pin(shape_010::call())),
        ("011: free, option, anyhow, all off, span above, llm", Box::pin(shape_011::call())),
        ("012: free, impl trait, boxed, hedge, pub(crate), database", Box::pin(shape_012::call())),
        ("013: free, generic, impl trait, times, lint, llm", Box::pin(shape_013::call())),
        ("014: free, where, unit, retry off, nothing, database", Box::pin(shape_014::call())),
        ("015: free, const generic, string, retry, cfg, secret", Box::pin(shape_015::call())),
        ("016: free, unnamed, list, window, doc, mcp", Box::pin(shape_016::call())),
        ("017: free, dyn, alias, none, span above, custom", Box::pin(shape_017::call())),
        ("018: free, exclusive, boxed, wrap, doc, llm", Box::pin(shape_018::call())),
        ("019: free, impl trait, string, cost, must_use, llm", Box::pin(shape_019::call())),
        ("020: free, const generic, list, value, span above, database", Box::pin(shape_020::call())),
        ("021: free, nothing, io, call, cfg, database", Box::pin(shape_021::call())),
        ("022: free, const generic, result, borrow, nothing, custom", Box::pin(shape_022::call())),
        ("023: associated, nothing, anyhow, window, pub(crate), secret", Box::pin(shape_023::call())),
        ("024: associated, copy, boxed, cost, cfg, custom", Box::pin(shape_024::call())),
        ("025: associated, owned, impl trait, bulkhead, nothing, llm", Box::pin(shape_025::call())),
        ("026: associated, str, unit, call, lint, mcp", Box::pin(shape_026::call())),
        ("027: associated, named lifetime, string, last good, span below, custom", Box::pin(shape_027::call())),
        ("028: associated, two lifetimes, list, correlation, doc, secret", Box::pin(shape_028::call())),
        ("029: associated, exclusive, alias, tokens, must_use, database", Box::pin(shape_029::call())),
        ("030: associated, mut owned, result, value, doc, secret", Box::pin(shape_030::call())),
        ("031: associated, tuple, io, path, span above, mcp", Box::pin(shape_031::call())),
        ("032: associated, struct, io, idempotent, doc, secret", Box::pin(shape_032::call())),
        ("033: associated, slice, anyhow, hedge, cfg_attr, mcp", Box::pin(shape_033::call())),
        ("034: associated, option, boxed, classify, span below, mcp", Box::pin(shape_034::call())),
        ("035: associated, impl trait, impl trait, retry_if, doc, secret", Box::pin(shape_035::call())),
        ("036: associated, generic, unit, retry, doc, database", Box::pin(shape_036::call())),
        ("037: associated, where, string, wrap, cfg_attr, database", Box::pin(shape_037::call())),
        ("038: associated, const generic, alias, all off, pub(crate), llm", Box::pin(shape_038::call())),
        ("039: associated, unnamed, alias, retry off, span below, secret", Box::pin(shape_039::call())),
        ("040: associated, dyn, result, times, cfg, database", Box::pin(shape_040::call())),
        ("041: associated, named lifetime, result, none, pub(crate), llm", Box::pin(shape_041::call())),
        ("042: associated, slice, boxed, circuit, nothing, secret", Box::pin(shape_042::call())),
        ("043: associated, impl trait, list, key, lint, database", Box::pin(shape_043::call())),
        ("044: associated, owned, list, cache, span below, database", Box::pin(shape_044::call())),
        ("045: associated, owned, string, borrow, lint, secret", Box::pin(shape_045::call())),
        ("046: &self, nothing, boxed, bulkhead, must_use, custom", Box::pin(shape_046::call())),
        ("047: &self, copy, impl trait, idempotent, pub(crate), mcp", Box::pin(shape_047::call())),
        ("048: &self, owned, unit, last good, span above, secret", Box::pin(shape_048::call())),
        ("049: &self, str, string, correlation, nothing, llm", Box::pin(shape_049::call())),
        ("050: &self, named lifetime, list, classify, cfg_attr, secret", Box::pin(shape_050::call())),
        ("051: &self, two lifetimes, alias, value, lint, database", Box::pin(shape_051::call())),
        ("052: &self, exclusive, result, call, span below, secret", Box::pin(shape_052::call())),
        ("053: &self, mut owned, io, cache, must_use, llm", Box::pin(shape_053::call())),
        ("054: &self, tuple, anyhow, none, doc, database", Box::pin(shape_054::call())),
        ("055: &self, struct, anyhow, retry off, cfg, custom", Box::pin(shape_055::call())),
        ("056: &self, slice, impl trait, wrap, cfg, custom", Box::pin(shape_056::call())),
        ("057: &self, option, impl trait, circuit, cfg_attr, custom", Box::pin(shape_057::call())),
        ("058: &self, impl trait, unit, times, span below, mcp", Box::pin(shape_058::call())),
        ("059: &self, generic, string, retry_if, span above, custom", Box::pin(shape_059::call())),
        ("060: &self, where, list, cost, pub(crate), mcp", Box::pin(shape_060::call())),
        ("061: &self, const generic, io, hedge, lint, secret", Box::pin(shape_061::call())),
        ("062: &self, unnamed, result, retry, span above, custom", Box::pin(shape_062::call())),
        ("063: &self, dyn, io, window, nothing, llm", Box::pin(shape_063::call())),
        ("064: &self, generic, alias, key, cfg_attr, mcp", Box::pin(shape_064::call())),
        ("065: &self, const generic, impl trait, tokens, span below, mcp", Box::pin(shape_065::call())),
        ("066: &self, str, list, path, must_use, llm", Box::pin(shape_066::call())),
        ("067: &self, const generic, anyhow, borrow, must_use, mcp", Box::pin(shape_067::call())),
        ("068: &self, tuple, list, all off, nothing, custom", Box::pin(shape_068::call())),
        ("069: &mut self, nothing, impl trait, classify, nothing, llm", Box::pin(shape_069::call())),
        ("070: &mut self, copy, unit, cache, doc, secret", Box::pin(shape_070::call())),
        ("071: &mut self, owned, alias, cost, cfg_attr, database", Box::pin(shape_071::call())),
        ("072: &mut self, str, result, bulkhead, span below, custom", Box::pin(shape_072::call())),
        ("073: &mut self, named lifetime, io, value, cfg, mcp", Box::pin(shape_073::call())),
        ("074: &mut self, two lifetimes, anyhow, last good, nothing, mcp", Box::pin(shape_074::call())),
        ("075: &mut self, exclusive, list, none, lint, custom", Box::pin(shape_075::call())),
        ("076: &mut self, mut owned, boxed, correlation, pub(crate), custom", Box::pin(shape_076::call())),
        ("077: &mut self, tuple, string, retry off, must_use, secret", Box::pin(shape_077::call())),
        ("078: &mut self, struct, boxed, retry, lint, mcp", Box::pin(shape_078::call())),
        ("079: &mut self, slice, unit, retry_if, must_use, llm", Box::pin(shape_079::call())),
        ("080: &mut self, option, unit, wrap, pub(crate), secret", Box::pin(shape_080::call())),
        ("081: &mut self, impl trait, alias, idempotent, nothing, custom", Box::pin(shape_081::call())),
        ("082: &mut self, generic, list, circuit, cfg, secret", Box::pin(shape_082::call())),
        ("083: &mut self, where, alias, times, doc, secret", Box::pin(shape_083::call())),
        ("084: &mut self, const generic, boxed, window, cfg_attr, custom", Box::pin(shape_084::call())),
        ("085: &mut self, unnamed, io, key, pub(crate), llm", Box::pin(shape_085::call())),
        ("086: &mut self, dyn, anyhow, tokens, lint, llm", Box::pin(shape_086::call())),
        ("087: &mut self, named lifetime, alias, call, nothing, llm", Box::pin(shape_087::call())),
        ("088: &mut self, named lifetime, anyhow, path, doc, database", Box::pin(shape_088::call())),
        ("089: &mut self, owned, io, borrow, pub(crate), llm", Box::pin(shape_089::call())),
        ("090: &mut self, struct, impl trait, all off, span below, database", Box::pin(shape_090::call())),
        ("091: self, nothing, unit, correlation, cfg, llm", Box::pin(shape_091::call())),
        ("092: self, copy, string, classify, must_use, database", Box::pin(shape_092::call())),
        ("093: self, owned, result, tokens, pub(crate), mcp", Box::pin(shape_093::call())),
        ("094: self, str, alias, last good, doc, database", Box::pin(shape_094::call())),
        ("095: self, named lifetime, boxed, cache, lint, custom", Box::pin(shape_095::call())),
        ("096: self, two lifetimes, io, all off, cfg_attr, secret", Box::pin(shape_096::call())),
        ("097: self, exclusive, anyhow, idempotent, span below, llm", Box::pin(shape_097::call())),
        ("098: self, mut owned, impl trait, retry, nothing, llm", Box::pin(shape_098::call())),
        ("099: self, tuple, boxed, retry_if, cfg_attr, llm", Box::pin(shape_099::call())),
        ("100: self, struct, list, times, nothing, custom", Box::pin(shape_100::call())),
        ("101: self, slice, string, window, span below, database", Box::pin(shape_101::call())),
        ("102: self, option, string, key, must_use, secret", Box::pin(shape_102::call())),
        ("103: self, impl trait, result, retry off, cfg_attr, mcp", Box::pin(shape_103::call())),
        ("104: self, generic, result, hedge, must_use, custom", Box::pin(shape_104::call())),
        ("105: self, where, result, circuit, lint, mcp", Box::pin(shape_105::call())),
        ("106: self, const generic, unit, cost, doc, secret", Box::pin(shape_106::call())),
        ("107: self, unnamed, anyhow, bulkhead, lint, database", Box::pin(shape_107::call())),
        ("108: self, dyn, boxed, value, cfg_attr, mcp", Box::pin(shape_108::call())),
        ("109: self, mut owned, unit, none, cfg, mcp", Box::pin(shape_109::call())),
        ("110: self, impl trait, io, wrap, cfg, mcp", Box::pin(shape_110::call())),
        ("111: self, two lifetimes, boxed, call, must_use, custom", Box::pin(shape_111::call())),
        ("112: self, exclusive, boxed, path, cfg, secret", Box::pin(shape_112::call())),
        ("113: self, const generic, impl trait, borrow, doc, database", Box::pin(shape_113::call())),
        ("114: mut self, nothing, string, idempotent, doc, database", Box::pin(shape_114::call())),
        ("115: mut self, copy, list, retry off, lint, llm", Box::pin(shape_115::call())),
        ("116: mut self, owned, boxed, all off, must_use, mcp", Box::pin(shape_116::call())),
        ("117: mut self, str, io, none, cfg_attr, secret", Box::pin(shape_117::call())),
        ("118: mut self, named lifetime, unit, circuit, pub(crate), custom", Box::pin(shape_118::call())),
        ("119: mut self, two lifetimes, impl trait, window, cfg, llm", Box::pin(shape_119::call())),
        ("120: mut self, exclusive, anyhow, classify, nothing, custom", Box::pin(shape_120::call())),
        ("121: mut self, mut owned, alias, wrap, span below, database", Box::pin(shape_121::call())),
        ("122: mut self, tuple, result, key, span below, secret", Box::pin(shape_122::call())),
        ("123: mut self, struct, unit, tokens, cfg_attr, custom", Box::pin(shape_123::call())),
        ("124: mut self, slice, list, bulkhead, doc, secret", Box::pin(shape_124::call())),
        ("125: mut self, option, list, last good, lint, database", Box::pin(shape_125::call())),
        ("126: mut self, impl trait, anyhow, value, must_use, custom", Box::pin(shape_126::call())),
        ("127: mut self, generic, io, cost, span below, llm", Box::pin(shape_127::call())),
        ("128: mut self, where, io, correlation, span below, custom", Box::pin(shape_128::call())),
        ("129: mut self, const generic, anyhow, cache, nothing, custom", Box::pin(shape_129::call())),
        ("130: mut self, unnamed, boxed, times, cfg_attr, custom", Box::pin(shape_130::call())),
        ("131: mut self, dyn, impl trait, retry off, pub(crate), secret", Box::pin(shape_131::call())),
        ("132: mut self, slice, alias, retry, pub(crate), llm", Box::pin(shape_132::call())),
        ("133: mut self, where, anyhow, retry_if, cfg, llm", Box::pin(shape_133::call())),
        ("134: mut self, owned, boxed, borrow, cfg, mcp", Box::pin(shape_134::call())),
        ("135: self: Arc<Self>, nothing, list, hedge, span below, llm", Box::pin(shape_135::call())),
        ("136: self: Arc<Self>, copy, alias, path, nothing, database", Box::pin(shape_136::call())),
        ("137: self: Arc<Self>, owned, result, correlation, lint, mcp", Box::pin(shape_137::call())),
        ("138: self: Arc<Self>, str, anyhow, retry, cfg_attr, secret", Box::pin(shape_138::call())),
        ("139: self: Arc<Self>, named lifetime, io, retry off, doc, custom", Box::pin(shape_139::call())),
        ("140: self: Arc<Self>, two lifetimes, string, none, span below, custom", Box::pin(shape_140::call())),
        ("141: self: Arc<Self>, exclusive, impl trait, key, cfg, secret", Box::pin(shape_141::call())),
        ("142: self: Arc<Self>, mut owned, unit, window, lint, secret", Box::pin(shape_142::call())),
        ("143: self: Arc<Self>, tuple, unit, value, pub(crate), llm", Box::pin(shape_143::call())),
        ("144: self: Arc<Self>, struct, string, circuit, must_use, database", Box::pin(shape_144::call())),
        ("145: self: Arc<Self>, slice, result, all off, doc, custom", Box::pin(shape_145::call())),
        ("146: self: Arc<Self>, option, alias, retry_if, nothing, database", Box::pin(shape_146::call())),
        ("147: self: Arc<Self>, impl trait, boxed, last good, cfg, llm", Box::pin(shape_147::call())),
        ("148: self: Arc<Self>, generic, anyhow, wrap, nothing, llm", Box::pin(shape_148::call())),
        ("149: self: Arc<Self>, where, boxed, idempotent, must_use, llm", Box::pin(shape_149::call())),
        ("150: self: Arc<Self>, const generic, boxed, times, must_use, mcp", Box::pin(shape_150::call())),
        ("151: self: Arc<Self>, unnamed, impl trait, cost, nothing, database", Box::pin(shape_151::call())),
        ("152: self: Arc<Self>, dyn, unit, bulkhead, must_use, mcp", Box::pin(shape_152::call())),
        ("153: self: Arc<Self>, copy, anyhow, tokens, cfg, secret", Box::pin(shape_153::call())),
        ("154: self: Arc<Self>, mut owned, string, call, cfg_attr, mcp", Box::pin(shape_154::call())),
        ("155: self: Arc<Self>, tuple, alias, cache, cfg_attr, custom", Box::pin(shape_155::call())),
        ("156: self: Arc<Self>, const generic, list, borrow, span below, secret", Box::pin(shape_156::call())),
        ("157: self: Arc<Self>, impl trait, unit, classify, cfg, mcp", Box::pin(shape_157::call())),
        ("158: self: Box<Self>, nothing, alias, circuit, cfg_attr, mcp", Box::pin(shape_158::call())),
        ("159: self: Box<Self>, copy, result, wrap, lint, custom", Box::pin(shape_159::call())),
        ("160: self: Box<Self>, owned, io, retry, span below, llm", Box::pin(shape_160::call())),
        ("161: self: Box<Self>, str, impl trait, hedge, cfg, database", Box::pin(shape_161::call())),
        ("162: self: Box<Self>, named lifetime, anyhow, times, pub(crate), secret", Box::pin(shape_162::call())),
        ("163: self: Box<Self>, two lifetimes, boxed, retry off, pub(crate), llm", Box::pin(shape_163::call())),
        ("164: self: Box<Self>, exclusive, unit, all off, must_use, mcp", Box::pin(shape_164::call())),
        ("165: self: Box<Self>, mut owned, string, tokens, nothing, database", Box::pin(shape_165::call())),
        ("166: self: Box<Self>, tuple, list, call, doc, mcp", Box::pin(shape_166::call())),
        ("167: self: Box<Self>, struct, alias, window, must_use, llm", Box::pin(shape_167::call())),
        ("168: self: Box<Self>, slice, alias, correlation, cfg_attr, secret", Box::pin(shape_168::call())),
        ("169: self: Box<Self>, option, result, cost, lint, llm", Box::pin(shape_169::call())),
        ("170: self: Box<Self>, impl trait, io, bulkhead, pub(crate), llm", Box::pin(shape_170::call())),
        ("171: self: Box<Self>, generic, boxed, none, must_use, database", Box::pin(shape_171::call())),
        ("172: self: Box<Self>, where, impl trait, classify, pub(crate), custom", Box::pin(shape_172::call())),
        ("173: self: Box<Self>, const generic, impl trait, idempotent, cfg_attr, llm", Box::pin(shape_173::call())),
        ("174: self: Box<Self>, unnamed, unit, value, nothing, database", Box::pin(shape_174::call())),
        ("175: self: Box<Self>, dyn, string, path, span below, database", Box::pin(shape_175::call())),
        ("176: self: Box<Self>, const generic, list, retry_if, span below, llm", Box::pin(shape_176::call())),
        ("177: self: Box<Self>, nothing, boxed, key, nothing, custom", Box::pin(shape_177::call())),
        ("178: self: Box<Self>, mut owned, io, last good, must_use, secret", Box::pin(shape_178::call())),
        ("179: self: Box<Self>, struct, result, cache, pub(crate), database", Box::pin(shape_179::call())),
        ("180: self: Box<Self>, owned, unit, borrow, cfg_attr, mcp", Box::pin(shape_180::call())),
        ("181: self: &Arc<Self>, nothing, alias, value, span above, llm", Box::pin(shape_181::call())),
        ("182: self: &Arc<Self>, copy, result, window, span above, mcp", Box::pin(shape_182::call())),
        ("183: self: &Arc<Self>, owned, io, retry_if, pub(crate), custom", Box::pin(shape_183::call())),
        ("184: self: &Arc<Self>, str, anyhow, circuit, doc, database", Box::pin(shape_184::call())),
        ("185: self: &Arc<Self>, named lifetime, boxed, all off, lint, secret", Box::pin(shape_185::call())),
        ("186: self: &Arc<Self>, two lifetimes, impl trait, times, span above, secret", Box::pin(shape_186::call())),
        ("187: self: &Arc<Self>, exclusive, unit, retry, cfg_attr, database", Box::pin(shape_187::call())),
        ("188: self: &Arc<Self>, mut owned, string, bulkhead, span above, secret", Box::pin(shape_188::call())),
        ("189: self: &Arc<Self>, tuple, list, tokens, span below, llm", Box::pin(shape_189::call())),
        ("190: self: &Arc<Self>, struct, alias, classify, span above, mcp", Box::pin(shape_190::call())),
        ("191: self: &Arc<Self>, slice, result, path, cfg, database", Box::pin(shape_191::call())),
        ("192: self: &Arc<Self>, option, io, times, must_use, secret", Box::pin(shape_192::call())),
        ("193: self: &Arc<Self>, impl trait, anyhow, call, span above, database", Box::pin(shape_193::call())),
        ("194: self: &Arc<Self>, generic, boxed, last good, pub(crate), secret", Box::pin(shape_194::call())),
        ("195: self: &Arc<Self>, where, impl trait, none, nothing, mcp", Box::pin(shape_195::call())),
        ("196: self: &Arc<Self>, const generic, unit, key, span above, mcp", Box::pin(shape_196::call())),
        ("197: self: &Arc<Self>, unnamed, string, hedge, span above, secret", Box::pin(shape_197::call())),
        ("198: self: &Arc<Self>, dyn, list, wrap, must_use, secret", Box::pin(shape_198::call())),
        ("199: self: &Arc<Self>, generic, list, retry off, span above, llm", Box::pin(shape_199::call())),
        ("200: self: &Arc<Self>, str, anyhow, cost, span above, secret", Box::pin(shape_200::call())),
        ("201: self: &Arc<Self>, slice, string, cache, span above, database", Box::pin(shape_201::call())),
        ("202: self: &Arc<Self>, option, anyhow, correlation, doc, llm", Box::pin(shape_202::call())),
        ("203: self: &Arc<Self>, const generic, alias, borrow, pub(crate), custom", Box::pin(shape_203::call())),
        ("204: self: &Arc<Self>, generic, result, idempotent, lint, secret", Box::pin(shape_204::call())),
        ("205: trait, nothing, io, tokens, doc, mcp", Box::pin(shape_205::call())),
        ("206: trait, copy, anyhow, correlation, cfg_attr, custom", Box::pin(shape_206::call())),
        ("207: trait, owned, boxed, idempotent, span above, llm", Box::pin(shape_207::call())),
        ("208: trait, str, unit, hedge, nothing, database", Box::pin(shape_208::call())),
        ("209: trait, named lifetime, string, retry, lint, secret", Box::pin(shape_209::call())),
        ("210: trait, two lifetimes, result, classify, span below, database", Box::pin(shape_210::call())),
        ("211: trait, exclusive, alias, retry off, cfg, custom", Box::pin(shape_211::call())),
        ("212: trait, mut owned, anyhow, retry_if, doc, custom", Box::pin(shape_212::call())),
        ("213: trait, tuple, list, circuit, lint, secret", Box::pin(shape_213::call())),
        ("214: trait, struct, anyhow, key, nothing, custom", Box::pin(shape_214::call())),
        ("215: trait, slice, boxed, times, span below, custom", Box::pin(shape_215::call())),
        ("216: trait, option, unit, window, cfg, database", Box::pin(shape_216::call())),
        ("217: trait, impl trait, string, all off, cfg, mcp", Box::pin(shape_217::call())),
        ("218: trait, generic, list, bulkhead, cfg_attr, llm", Box::pin(shape_218::call())),
        ("219: trait, where, alias, value, span below, database", Box::pin(shape_219::call())),
        ("220: trait, const generic, result, call, lint, llm", Box::pin(shape_220::call())),
        ("221: trait, unnamed, io, last good, cfg, llm", Box::pin(shape_221::call())),
        ("222: trait, dyn, anyhow, cache, cfg, secret", Box::pin(shape_222::call())),
        ("223: trait, impl trait, result, none, nothing, mcp", Box::pin(shape_223::call())),
        ("224: trait, const generic, list, wrap, span above, llm", Box::pin(shape_224::call())),
        ("225: trait, named lifetime, io, cost, span above, custom", Box::pin(shape_225::call())),
        ("226: trait, option, string, path, lint, secret", Box::pin(shape_226::call())),
        ("227: trait, owned, result, borrow, nothing, llm", Box::pin(shape_227::call())),
        ("228: async_trait &self, nothing, anyhow, cache, span below, llm", Box::pin(shape_228::call())),
        ("229: async_trait &self, copy, boxed, all off, nothing, database", Box::pin(shape_229::call())),
        ("230: async_trait &self, owned, unit, hedge, doc, mcp", Box::pin(shape_230::call())),
        ("231: async_trait &self, str, string, times, lint, secret", Box::pin(shape_231::call())),
        ("232: async_trait &self, named lifetime, list, wrap, cfg, custom", Box::pin(shape_232::call())),
        ("233: async_trait &self, two lifetimes, alias, idempotent, cfg_attr, secret", Box::pin(shape_233::call())),
        ("234: async_trait &self, exclusive, io, retry_if, cfg_attr, database", Box::pin(shape_234::call())),
        ("235: async_trait &self, mut owned, result, retry off, doc, llm", Box::pin(shape_235::call())),
        ("236: async_trait &self, tuple, anyhow, retry, span below, custom", Box::pin(shape_236::call())),
        ("237: async_trait &self, struct, boxed, cost, lint, custom", Box::pin(shape_237::call())),
        ("238: async_trait &self, slice, unit, key, cfg_attr, secret", Box::pin(shape_238::call())),
        ("239: async_trait &self, option, string, value, cfg_attr, custom", Box::pin(shape_239::call())),
        ("240: async_trait &self, impl trait, list, path, lint, database", Box::pin(shape_240::call())),
        ("241: async_trait &self, generic, alias, window, nothing, llm", Box::pin(shape_241::call())),
        ("242: async_trait &self, where, result, tokens, span below, database", Box::pin(shape_242::call())),
        ("243: async_trait &self, const generic, io, bulkhead, lint, llm", Box::pin(shape_243::call())),
        ("244: async_trait &self, unnamed, anyhow, correlation, cfg_attr, llm", Box::pin(shape_244::call())),
        ("245: async_trait &self, dyn, boxed, call, doc, llm", Box::pin(shape_245::call())),
        ("246: async_trait &self, const generic, unit, none, doc, mcp", Box::pin(shape_246::call())),
        ("247: async_trait &self, owned, string, circuit, doc, database", Box::pin(shape_247::call())),
        ("248: async_trait &self, slice, list, last good, doc, custom", Box::pin(shape_248::call())),
        ("249: async_trait &self, const generic, list, borrow, cfg, custom", Box::pin(shape_249::call())),
        ("250: async_trait &self, const generic, result, classify, doc, mcp", Box::pin(shape_250::call())),
        ("251: async_trait &mut self, nothing, boxed, all off, nothing, database", Box::pin(shape_251::call())),
        ("252: async_trait &mut self, copy, unit, none, doc, custom", Box::pin(shape_252::call())),
        ("253: async_trait &mut self, owned, string, retry off, cfg, llm", Box::pin(shape_253::call())),
        ("254: async_trait &mut self, str, list, retry_if, lint, secret", Box::pin(shape_254::call())),
        ("255: async_trait &mut self, named lifetime, alias, idempotent, cfg_attr, mcp", Box::pin(shape_255::call())),
        ("256: async_trait &mut self, two lifetimes, result, retry, span below, llm", Box::pin(shape_256::call())),
        ("257: async_trait &mut self, exclusive, io, times, nothing, custom", Box::pin(shape_257::call())),
        ("258: async_trait &mut self, mut owned, anyhow, circuit, cfg, llm", Box::pin(shape_258::call())),
        ("259: async_trait &mut self, tuple, boxed, window, nothing, llm", Box::pin(shape_259::call())),
        ("260: async_trait &mut self, struct, unit, bulkhead, doc, secret", Box::pin(shape_260::call())),
        ("261: async_trait &mut self, slice, string, tokens, lint, llm", Box::pin(shape_261::call())),
        ("262: async_trait &mut self, option, list, call, doc, custom", Box::pin(shape_262::call())),
        ("263: async_trait &mut self, impl trait, alias, cache, cfg, mcp", Box::pin(shape_263::call())),
        ("264: async_trait &mut self, generic, result, value, doc, secret", Box::pin(shape_264::call())),
        ("265: async_trait &mut self, where, io, path, span below, mcp", Box::pin(shape_265::call())),
        ("266: async_trait &mut self, const generic, anyhow, last good, lint, database", Box::pin(shape_266::call())),
        ("267: async_trait &mut self, unnamed, boxed, classify, cfg, custom", Box::pin(shape_267::call())),
        ("268: async_trait &mut self, dyn, unit, correlation, cfg, custom", Box::pin(shape_268::call())),
        ("269: async_trait &mut self, nothing, io, wrap, cfg_attr, llm", Box::pin(shape_269::call())),
        ("270: async_trait &mut self, named lifetime, anyhow, key, lint, secret", Box::pin(shape_270::call())),
        ("271: async_trait &mut self, two lifetimes, unit, cost, doc, mcp", Box::pin(shape_271::call())),
        ("272: async_trait &mut self, owned, anyhow, borrow, cfg_attr, secret", Box::pin(shape_272::call())),
        ("273: macro_rules, nothing, boxed, none, cfg_attr, llm", Box::pin(shape_273::call())),
        ("274: macro_rules, copy, impl trait, retry_if, doc, secret", Box::pin(shape_274::call())),
        ("275: macro_rules, owned, unit, wrap, lint, database", Box::pin(shape_275::call())),
        ("276: macro_rules, str, string, window, pub(crate), mcp", Box::pin(shape_276::call())),
        ("277: macro_rules, named lifetime, list, tokens, span above, custom", Box::pin(shape_277::call())),
        ("278: macro_rules, two lifetimes, alias, hedge, nothing, custom", Box::pin(shape_278::call())),
        ("279: macro_rules, exclusive, result, circuit, span above, llm", Box::pin(shape_279::call())),
        ("280: macro_rules, mut owned, io, times, span below, mcp", Box::pin(shape_280::call())),
        ("281: macro_rules, tuple, anyhow, cost, cfg, llm", Box::pin(shape_281::call())),
        ("282: macro_rules, struct, boxed, value, must_use, custom", Box::pin(shape_282::call())),
        ("283: macro_rules, slice, impl trait, idempotent, cfg, custom", Box::pin(shape_283::call())),
        ("284: macro_rules, option, unit, bulkhead, doc, database", Box::pin(shape_284::call())),
        ("285: macro_rules, impl trait, string, correlation, span above, secret", Box::pin(shape_285::call())),
        ("286: macro_rules, generic, list, path, pub(crate), llm", Box::pin(shape_286::call())),
        ("287: macro_rules, where, alias, key, span above, custom", Box::pin(shape_287::call())),
        ("288: macro_rules, const generic, result, retry off, pub(crate), mcp", Box::pin(shape_288::call())),
        ("289: macro_rules, unnamed, io, cache, must_use, secret", Box::pin(shape_289::call())),
        ("290: macro_rules, dyn, anyhow, last good, pub(crate), llm", Box::pin(shape_290::call())),
        ("291: macro_rules, dyn, list, retry, must_use, database", Box::pin(shape_291::call())),
        ("292: macro_rules, generic, io, call, pub(crate), secret", Box::pin(shape_292::call())),
        ("293: macro_rules, const generic, boxed, borrow, pub(crate), mcp", Box::pin(shape_293::call())),
        ("294: macro_rules, dyn, list, classify, nothing, mcp", Box::pin(shape_294::call())),
        ("295: macro_rules, str, boxed, all off, doc, database", Box::pin(shape_295::call())),
        ("296: mut self, nothing, result, retry off, span below, secret", Box::pin(shape_296::call())),
        ("297: self: Arc<Self>, nothing, anyhow, retry, doc, mcp", Box::pin(shape_297::call())),
        ("298: trait, nothing, io, times, doc, mcp", Box::pin(shape_298::call())),
        ("299: free, nothing, boxed, cost, doc, custom", Box::pin(shape_299::call())),
        ("300: self: Box<Self>, nothing, result, path, cfg_attr, database", Box::pin(shape_300::call())),
        ("301: self: Arc<Self>, nothing, result, last good, cfg_attr, database", Box::pin(shape_301::call())),
        ("302: self: Box<Self>, copy, impl trait, retry, span below, database", Box::pin(shape_302::call())),
        ("303: async_trait &self, copy, boxed, times, lint, mcp", Box::pin(shape_303::call())),
        ("304: free, copy, boxed, key, doc, custom", Box::pin(shape_304::call())),
        ("305: &mut self, copy, result, bulkhead, must_use, secret", Box::pin(shape_305::call())),
        ("306: self, copy, unit, value, span below, custom", Box::pin(shape_306::call())),
        ("307: self: Box<Self>, copy, result, call, cfg_attr, database", Box::pin(shape_307::call())),
        ("308: self: Box<Self>, copy, anyhow, last good, nothing, database", Box::pin(shape_308::call())),
        ("309: trait, copy, boxed, hedge, nothing, database", Box::pin(shape_309::call())),
        ("310: self: Arc<Self>, owned, anyhow, none, doc, mcp", Box::pin(shape_310::call())),
        ("311: async_trait &mut self, owned, string, times, doc, database", Box::pin(shape_311::call())),
        ("312: free, owned, boxed, window, doc, custom", Box::pin(shape_312::call())),
        ("313: mut self, owned, list, value, doc, secret", Box::pin(shape_313::call())),
        ("314: self: &Arc<Self>, owned, anyhow, call, span above, database", Box::pin(shape_314::call())),
        ("315: trait, owned, unit, path, lint, secret", Box::pin(shape_315::call())),
        ("316: free, owned, list, classify, nothing, llm", Box::pin(shape_316::call())),
        ("317: self: &Arc<Self>, str, string, retry off, must_use, database", Box::pin(shape_317::call())),
        ("318: async_trait &self, str, boxed, wrap, lint, mcp", Box::pin(shape_318::call())),
        ("319: &self, str, list, key, nothing, database", Box::pin(shape_319::call())),
        ("320: self: Arc<Self>, str, result, value, cfg_attr, database", Box::pin(shape_320::call())),
        ("321: async_trait &self, str, result, cache, nothing, llm", Box::pin(shape_321::call())),
        ("322: free, str, unit, idempotent, must_use, llm", Box::pin(shape_322::call())),
        ("323: associated, str, result, classify, cfg_attr, custom", Box::pin(shape_323::call())),
        ("324: macro_rules, named lifetime, unit, retry_if, span above, database", Box::pin(shape_324::call())),
        ("325: &self, named lifetime, list, window, nothing, database", Box::pin(shape_325::call())),
        ("326: self: Arc<Self>, named lifetime, string, bulkhead, lint, llm", Box::pin(shape_326::call())),
        ("327: free, named lifetime, anyhow, hedge, pub(crate), mcp", Box::pin(shape_327::call())),
        ("328: macro_rules, two lifetimes, unit, wrap, span above, database", Box::pin(shape_328::call())),
        ("329: free, two lifetimes, boxed, retry_if, doc, custom", Box::pin(shape_329::call())),
        ("330: &self, two lifetimes, list, circuit, nothing, database", Box::pin(shape_330::call())),
        ("331: self, two lifetimes, anyhow, key, lint, mcp", Box::pin(shape_331::call())),
        ("332: self: Arc<Self>, two lifetimes, string, tokens, lint, llm", Box::pin(shape_332::call())),
        ("333: self: Box<Self>, two lifetimes, alias, bulkhead, span below, custom", Box::pin(shape_333::call())),
        ("334: macro_rules, two lifetimes, unit, cache, nothing, custom", Box::pin(shape_334::call())),
        ("335: self, exclusive, anyhow, window, lint, mcp", Box::pin(shape_335::call())),
        ("336: self: Arc<Self>, exclusive, string, cost, lint, llm", Box::pin(shape_336::call())),
        ("337: self: &Arc<Self>, exclusive, io, bulkhead, span below, secret", Box::pin(shape_337::call())),
        ("338: trait, exclusive, list, value, span below, database", Box::pin(shape_338::call())),
        ("339: macro_rules, exclusive, unit, last good, nothing, custom", Box::pin(shape_339::call())),
        ("340: associated, exclusive, result, correlation, cfg_attr, custom", Box::pin(shape_340::call())),
        ("341: self: Arc<Self>, mut owned, string, key, lint, llm", Box::pin(shape_341::call())),
        ("342: self: Box<Self>, mut owned, alias, cost, span below, custom", Box::pin(shape_342::call())),
        ("343: associated, mut owned, io, path, cfg, mcp", Box::pin(shape_343::call())),
        ("344: mut self, mut owned, alias, classify, must_use, custom", Box::pin(shape_344::call())),
        ("345: self: Arc<Self>, mut owned, io, all off, lint, secret", Box::pin(shape_345::call())),
        ("346: self, mut owned, result, hedge, nothing, custom", Box::pin(shape_346::call())),
        ("347: self: Arc<Self>, tuple, impl trait, times, must_use, database", Box::pin(shape_347::call())),
        ("348: &self, tuple, list, wrap, nothing, database", Box::pin(shape_348::call())),
        ("349: associated, tuple, boxed, last good, must_use, llm", Box::pin(shape_349::call())),
        ("350: &mut self, tuple, impl trait, correlation, pub(crate), database", Box::pin(shape_350::call())),
        ("351: mut self, tuple, alias, idempotent, must_use, custom", Box::pin(shape_351::call())),
        ("352: self: Arc<Self>, tuple, io, classify, lint, secret", Box::pin(shape_352::call())),
        ("353: self: Arc<Self>, tuple, boxed, hedge, must_use, mcp", Box::pin(shape_353::call())),
        ("354: free, struct, boxed, none, doc, custom", Box::pin(shape_354::call())),
        ("355: &mut self, struct, result, wrap, must_use, secret", Box::pin(shape_355::call())),
        ("356: self, struct, anyhow, retry_if, lint, mcp", Box::pin(shape_356::call())),
        ("357: self, struct, string, correlation, cfg, llm", Box::pin(shape_357::call())),
        ("358: self: Box<Self>, struct, unit, hedge, lint, database", Box::pin(shape_358::call())),
        ("359: associated, slice, unit, none, span above, mcp", Box::pin(shape_359::call())),
        ("360: &self, slice, list, retry off, nothing, database", Box::pin(shape_360::call())),
        ("361: async_trait &self, slice, result, cost, nothing, llm", Box::pin(shape_361::call())),
        ("362: free, slice, io, value, cfg, mcp", Box::pin(shape_362::call())),
        ("363: &mut self, slice, string, call, pub(crate), database", Box::pin(shape_363::call())),
        ("364: &self, option, list, none, nothing, database", Box::pin(shape_364::call())),
        ("365: &mut self, option, result, retry off, must_use, secret", Box::pin(shape_365::call())),
        ("366: self, option, anyhow, retry, lint, mcp", Box::pin(shape_366::call())),
        ("367: macro_rules, option, result, tokens, cfg_attr, secret", Box::pin(shape_367::call())),
        ("368: mut self, option, boxed, cache, lint, secret", Box::pin(shape_368::call())),
        ("369: self: &Arc<Self>, option, unit, idempotent, span above, custom", Box::pin(shape_369::call())),
        ("370: trait, option, string, hedge, span below, llm", Box::pin(shape_370::call())),
        ("371: mut self, impl trait, impl trait, retry, must_use, database", Box::pin(shape_371::call())),
        ("372: trait, impl trait, list, circuit, span below, database", Box::pin(shape_372::call())),
        ("373: async_trait &self, impl trait, result, window, nothing, llm", Box::pin(shape_373::call())),
        ("374: free, impl trait, list, tokens, nothing, llm", Box::pin(shape_374::call())),
        ("375: associated, generic, result, tokens, cfg_attr, custom", Box::pin(shape_375::call())),
        ("376: self: Box<Self>, generic, alias, cache, lint, secret", Box::pin(shape_376::call())),
        ("377: self: &Arc<Self>, generic, unit, correlation, span above, custom", Box::pin(shape_377::call())),
        ("378: async_trait &mut self, generic, alias, classify, lint, database", Box::pin(shape_378::call())),
        ("379: macro_rules, generic, impl trait, all off, cfg, custom", Box::pin(shape_379::call())),
        ("380: self: Box<Self>, where, alias, retry, span below, custom", Box::pin(shape_380::call())),
        ("381: macro_rules, where, result, window, cfg_attr, secret", Box::pin(shape_381::call())),
        ("382: &mut self, where, impl trait, bulkhead, pub(crate), database", Box::pin(shape_382::call())),
        ("383: self: &Arc<Self>, where, list, call, cfg_attr, mcp", Box::pin(shape_383::call())),
        ("384: self: Box<Self>, where, alias, last good, lint, secret", Box::pin(shape_384::call())),
        ("385: self: &Arc<Self>, where, io, cache, doc, database", Box::pin(shape_385::call())),
        ("386: free, where, anyhow, all off, pub(crate), database", Box::pin(shape_386::call())),
        ("387: free, where, boxed, hedge, doc, database", Box::pin(shape_387::call())),
        ("388: macro_rules, const generic, result, circuit, cfg_attr, secret", Box::pin(shape_388::call())),
        ("389: async_trait &self, const generic, anyhow, path, nothing, mcp", Box::pin(shape_389::call())),
        ("390: async_trait &self, const generic, string, correlation, doc, llm", Box::pin(shape_390::call())),
        ("391: self: Box<Self>, unnamed, alias, none, span below, custom", Box::pin(shape_391::call())),
        ("392: async_trait &self, unnamed, result, wrap, nothing, llm", Box::pin(shape_392::call())),
        ("393: async_trait &mut self, unnamed, anyhow, retry_if, cfg_attr, secret", Box::pin(shape_393::call())),
        ("394: free, unnamed, list, circuit, nothing, llm", Box::pin(shape_394::call())),
        ("395: self, unnamed, string, tokens, cfg, llm", Box::pin(shape_395::call())),
        ("396: free, unnamed, anyhow, idempotent, pub(crate), database", Box::pin(shape_396::call())),
        ("397: &self, unnamed, string, all off, must_use, secret", Box::pin(shape_397::call())),
        ("398: macro_rules, dyn, result, retry_if, cfg_attr, secret", Box::pin(shape_398::call())),
        ("399: associated, dyn, result, circuit, cfg_attr, custom", Box::pin(shape_399::call())),
        ("400: &mut self, dyn, impl trait, key, pub(crate), database", Box::pin(shape_400::call())),
        ("401: self, dyn, string, cost, cfg, llm", Box::pin(shape_401::call())),
        ("402: associated, dyn, impl trait, idempotent, cfg, llm", Box::pin(shape_402::call())),
        ("403: &mut self, dyn, alias, all off, pub(crate), custom", Box::pin(shape_403::call())),
        ("404: self, dyn, io, hedge, cfg, secret", Box::pin(shape_404::call())),
    ]
}
