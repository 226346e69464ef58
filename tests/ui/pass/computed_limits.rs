//! Limits of time that are code: every expression that can stand in a body, with names that the expansion uses itself.
#![deny(warnings, unused, clippy::all, clippy::pedantic, clippy::nursery)]
#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use resilience_runtime::{CallContext, Registry, llm_resilient, resilient, resilient_methods, service};

type Left = io::Result<Option<Duration>>;

const SECOND: Duration = Duration::from_secs(1);

service! {
    static OURS: Custom = "ours" { timeout = off, deadline = off }
    #[cfg(any())]
    static CHOSEN: Llm = "chosen" { timeout = "3s" }
    #[cfg(not(any()))]
    static CHOSEN: Llm = "chosen" { timeout = "4s" }
}

#[allow(clippy::unnecessary_wraps)]
fn left() -> Left {
    Ok(CallContext::current().and_then(|it| it.remaining()))
}

#[resilient(
    service = OURS,
    timeout = plan + call + attempt + private,
    deadline = { let call = outcome; let plan = call; plan + timeout },
)]
async fn names_of_the_expansion(
    plan: Duration,
    call: Duration,
    attempt: Duration,
    private: Duration,
    outcome: Duration,
    timeout: Duration,
) -> Left {
    left()
}

#[resilient(service = OURS, timeout = timeout, deadline = deadline)]
async fn names_of_the_arguments(timeout: Duration, deadline: Option<Duration>) -> Left {
    left()
}

#[resilient(service = OURS, timeout = r#type)]
async fn raw_name(r#type: Duration) -> Left {
    left()
}

struct Options {
    limit: Duration,
    name: String,
}

#[resilient(service = OURS, timeout = limit, deadline = (limit) * 2)]
async fn destructured(Options { limit, name }: Options, (a, _): (String, u8)) -> Left {
    drop((name, a));
    left()
}

async fn asked(seconds: u64) -> Duration {
    tokio::task::yield_now().await;
    Duration::from_secs(seconds)
}

fn checked(seconds: u64) -> io::Result<Duration> {
    match seconds {
        0 => Err(io::ErrorKind::InvalidInput.into()),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

#[resilient(service = OURS, timeout = asked(seconds).await)]
async fn awaits(seconds: u64) -> Left {
    left()
}

#[resilient(service = OURS, timeout = checked(seconds)?)]
async fn asks(seconds: u64) -> Left {
    left()
}

#[resilient(
    service = OURS,
    timeout = checked(seconds)?,
    cache(key = seconds, ttl = "1s"),
    fallback(value = None),
)]
async fn asks_inside_a_cache(seconds: u64) -> Left {
    left()
}

#[resilient(service = OURS, timeout = if let Some(limit) = limit { limit } else { return Ok(None) })]
async fn returns(limit: Option<Duration>) -> Left {
    left()
}

#[resilient(service = OURS, timeout = limit() * 2)]
async fn calls<F: Fn() -> Duration + Clone + Send>(limit: F) -> Left {
    drop(limit);
    left()
}

#[resilient(service = OURS, timeout = *limit)]
async fn by_reference(limit: &mut Duration) -> Left {
    *limit += SECOND;
    left()
}

#[resilient(service = OURS, timeout = Duration::from_secs(N))]
async fn of_a_constant<const N: u64>() -> Left {
    left()
}

trait Patient {
    const PATIENCE: Duration;
}

impl Patient for u8 {
    const PATIENCE: Duration = SECOND;
}

#[resilient(service = OURS, timeout = T::PATIENCE * 3)]
async fn of_a_type<T: Patient>() -> Left {
    left()
}

#[resilient(service = OURS, timeout = match text.len() { 0 => None, _ => Some(SECOND) })]
async fn matched(text: &str) -> Left {
    left()
}

macro_rules! function {
    ($limit:ident $item:item) => {
        #[resilient(service = OURS, timeout = $limit,)]
        $item
    };
}
function! { limit
    async fn item_of_a_macro(limit: Duration) -> Left {
        left()
    }
}

macro_rules! declared {
    ($(#[$meta:meta])* $vis:vis $static:ident $kind:ident $name:literal $for:ty, $times:expr, $body:block) => {
        service! {
            $(#[$meta])*
            $vis static $static: $kind = $name { deadline = "9s", retry(max_attempts = $times), }
        }

        #[resilient_methods(service = $static, timeout = self.0 * $times)]
        impl $for {
            $(#[$meta])*
            $vis async fn run(&self) -> Left $body
        }
    };
}

struct Client(Duration);

declared! {
    /// Ours.
    #[allow(non_upper_case_globals)]
    pub(crate) by_macro Custom "by-macro" Client, 2, { left() }
}

macro_rules! block {
    ($item:item) => {
        #[resilient_methods(service = OURS, timeout = SECOND + SECOND)]
        $item
    };
}
block! {
    impl Client {
        async fn of_an_item(&self) -> Left {
            left()
        }
    }
}

struct Generic<'a, T, const N: usize>(&'a [T; N], Duration);

#[resilience_runtime::resilient_methods(service = OURS, timeout = self.1, retry(max_attempts = 2,),)]
#[allow(clippy::use_self)]
/// Each shape of method.
impl<'a, T: Clone + Send + Sync, const N: usize> Generic<'a, T, N>
where
    [(); N]: Sized,
{
    /// Is there.
    #[cfg(not(any()))]
    #[inline]
    pub(crate) async fn first<'b, U: Sync>(&'b self, other: &'b U) -> io::Result<(&'b T, &'b U)> {
        Ok((&self.0[0], other))
    }

    #[cfg(any())]
    async fn first(&self) -> io::Result<NoSuchType> {}

    #[resilience_runtime::resilient(timeout = "1s", retry = off)]
    async fn owned(self) -> io::Result<&'a T> {
        Ok(&self.0[0])
    }

    #[resilient(timeout = Duration::from_secs(M))]
    async fn of_a_constant<const M: u64>(&self) -> Left {
        left()
    }
}

#[async_trait]
trait Model {
    async fn ask(&self, limit: Duration) -> Left;
}

#[async_trait]
#[resilient_methods(service = CHOSEN, timeout = self.0 + { self.0 })]
impl Model for Client {
    #[llm_resilient(deadline = limit)]
    async fn ask(&self, limit: Duration) -> Left {
        left()
    }
}

struct Other(Duration);

#[resilient_methods(service = CHOSEN, deadline = self.0)]
#[async_trait]
impl Model for Other {
    #[llm_resilient(timeout = limit + self.0 / 2, deadline = limit)]
    async fn ask(&self, limit: Duration) -> Left {
        left()
    }
}

#[async_trait(?Send)]
trait Local {
    async fn ask_here(&self, limit: Duration) -> Left;
}

#[async_trait(?Send)]
impl Local for Client {
    #[resilient(service = OURS, timeout = self.0 + limit)]
    async fn ask_here(&self, limit: Duration) -> Left {
        left()
    }
}

async fn functions() {
    let seconds = |seconds| Some(seconds * SECOND);
    let one = SECOND;
    let named = names_of_the_expansion(one, one, one, one, one, one);
    assert_eq!(named.await.unwrap(), seconds(2));
    assert_eq!(names_of_the_arguments(one, None).await.unwrap(), seconds(1));
    assert_eq!(raw_name(one).await.unwrap(), seconds(1));
    let options = Options { limit: one, name: String::new() };
    assert_eq!(destructured(options, (String::new(), 1)).await.unwrap(), seconds(1));
    assert_eq!(awaits(3).await.unwrap(), seconds(3));
    assert_eq!(asks(3).await.unwrap(), seconds(3));
    let error = asks(0).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(asks_inside_a_cache(3).await.unwrap(), seconds(3));
    let error = asks_inside_a_cache(0).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(returns(None).await.unwrap(), None);
    assert_eq!(returns(seconds(2)).await.unwrap(), seconds(2));
    assert_eq!(calls(|| SECOND).await.unwrap(), seconds(2));
    let mut limit = one;
    assert_eq!(by_reference(&mut limit).await.unwrap(), seconds(1));
    assert_eq!(of_a_constant::<7>().await.unwrap(), seconds(7));
    assert_eq!(of_a_type::<u8>().await.unwrap(), seconds(3));
    assert_eq!(matched("abc").await.unwrap(), seconds(1));
    assert_eq!(matched("").await.unwrap(), None);
    assert_eq!(item_of_a_macro(one).await.unwrap(), seconds(1));
}

#[allow(clippy::future_not_send)]
async fn methods() {
    let seconds = |seconds| Some(seconds * SECOND);
    assert_eq!(Client(SECOND).run().await.unwrap(), seconds(2));
    assert_eq!(Client(SECOND).of_an_item().await.unwrap(), seconds(2));
    let generic = Generic(&[1, 2], 5 * SECOND);
    assert_eq!(generic.first(&3).await.unwrap(), (&1, &3));
    assert_eq!(generic.of_a_constant::<6>().await.unwrap(), seconds(6));
    assert_eq!(generic.owned().await.unwrap(), &1);
    assert_eq!(Client(SECOND).ask(9 * SECOND).await.unwrap(), seconds(2));
    assert_eq!(Other(2 * SECOND).ask(9 * SECOND).await.unwrap(), seconds(9));
    assert_eq!(Client(SECOND).ask_here(SECOND).await.unwrap(), seconds(2));
    let chosen = Registry::global().get("chosen").unwrap();
    assert_eq!(chosen.config().timeout, seconds(4));
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
#[allow(clippy::future_not_send)]
async fn main() {
    functions().await;
    methods().await;
}
