//! How to test a function with an attribute: a registry of its own for each test, a clock that jumps over
//! every wait, and faults that come as they are told. `cargo run --example testing`
//!
//! It needs the feature `test-util` of this crate and `test-util` of tokio, both as dev-dependencies. In a
//! project of yours the tests below are `#[tokio::test(start_paused = true)]`; here `main` runs them.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use resilience_runtime::chaos::{self, Chaos, Fault};
use resilience_runtime::{
    CircuitState, Registry, ResilienceError, ServiceKind, Verdict, resilient,
    telemetry::CallRecorder,
};
use tokio::time::Instant;

/// The function to be tested.
#[resilient(
    service = "parcels",
    retry(max_attempts = 3, base_delay = "2s", jitter = "none"),
    circuit_breaker(failure_threshold = 4, recovery_timeout = "1m"),
    timeout = "10s"
)]
async fn track(depot: &impl Depot, parcel: u32) -> io::Result<String> {
    depot.ask(parcel).await
}

trait Depot {
    async fn ask(&self, parcel: u32) -> io::Result<String>;
}

/// A stand-in that does what the test wrote down.
#[derive(Default)]
struct Script(RefCell<Vec<Step>>);

enum Step {
    Refuse,
    Hang,
    Answer,
}

impl Script {
    fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut steps: Vec<Step> = steps.into_iter().collect();
        steps.reverse();
        Self(RefCell::new(steps))
    }

    fn is_used_up(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

impl Depot for Script {
    async fn ask(&self, parcel: u32) -> io::Result<String> {
        let step = self
            .0
            .borrow_mut()
            .pop()
            .expect("asked more often than the script says");
        match step {
            Step::Refuse => Err(io::ErrorKind::ConnectionRefused.into()),
            Step::Hang => std::future::pending().await,
            Step::Answer => Ok(format!("parcel {parcel} is on its way")),
        }
    }
}

async fn it_pauses_two_and_four_seconds() {
    let depot = Script::of([Step::Refuse, Step::Refuse, Step::Answer]);
    let began = Instant::now();
    let answer = track(&depot, 7).await.unwrap();
    assert_eq!(answer, "parcel 7 is on its way");
    // Not "about": the clock is the runtime's, so it is exactly this.
    assert_eq!(began.elapsed(), Duration::from_secs(2 + 4));
}

async fn it_does_not_ask_twice_when_the_outcome_is_unknown() {
    let depot = Script::of([Step::Hang]);
    let began = Instant::now();
    let error = track(&depot, 7).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    assert!(depot.is_used_up());
}

async fn the_breaker_opens_and_closes() {
    let registry = Registry::new();
    // What the other tests did to `parcels` happened in other registries.
    let test = async {
        let down = Script::of([Step::Refuse, Step::Refuse, Step::Refuse, Step::Refuse]);
        for _ in 0..2 {
            assert!(track(&down, 7).await.is_err());
        }
        assert!(down.is_used_up());

        let well = Script::of([Step::Answer, Step::Answer]);
        let rejected = track(&well, 7).await.unwrap_err();
        let rejected = rejected.get_ref().and_then(|it| it.downcast_ref());
        assert!(matches!(
            rejected,
            Some(ResilienceError::CircuitBreakerOpen { .. })
        ));
        tokio::time::sleep(Duration::from_secs(60)).await;
        for _ in 0..2 {
            assert!(track(&well, 7).await.is_ok());
        }
    };
    registry.scope(test).await;

    let parcels = registry.service("parcels", ServiceKind::Custom).unwrap();
    assert_eq!(parcels.circuit_breaker().state(), CircuitState::Closed);
    let stats = parcels.stats();
    assert_eq!((stats.successes, stats.rejections.circuit_breaker), (2, 1));
}

/// The same without a script in the stand-in: the service fails, whatever the depot would say.
async fn it_gets_through_a_flapping_service() {
    use chaos::Step::{Fail, Pass};

    let registry = Registry::new();
    let test = async {
        let flapping = chaos::Script::new([Fail, Fail, Pass, Fail]);
        let refused = Fault::error(Verdict::transient()).script(flapping);
        let flapping = registry.inject("parcels", refused);
        let well = Script::of([Step::Answer, Step::Answer]);
        let began = Instant::now();
        track(&well, 7).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(2 + 4));
        track(&well, 7).await.unwrap();
        assert_eq!(flapping.hits(), 3);
        drop(flapping);

        // It hangs; the timeout cuts it, and nothing has come to the depot.
        let _stuck = registry.inject("parcels", Fault::hang());
        let error = track(&Script::default(), 7).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    };
    registry.scope(test).await;
}

async fn three_quarters_get_through_bad_weather() {
    let registry = Registry::new();
    // What is random is the same in every run.
    registry.chaos(Chaos::seed(42));
    let (least, most) = (Duration::from_millis(200), Duration::from_secs(12));
    let slow = Fault::latency_between(least, most).rate(0.2);
    registry.inject("parcels", slow).forever();
    let refused = Fault::error(Verdict::transient()).rate(0.3);
    registry.inject("parcels", refused).forever();

    let mut arrived = 0;
    for parcel in 0..100 {
        let well = Script::of([Step::Answer]);
        arrived += u32::from(registry.scope(track(&well, parcel)).await.is_ok());
    }
    assert!(arrived >= 75, "{arrived} of 100");
}

/// Not only what came of it, but how.
async fn the_probe_saw_how_it_went() {
    let registry = Registry::new();
    let probe = CallRecorder::new(&registry);
    let refused = registry.inject("parcels", Fault::error(Verdict::transient()).times(2));
    let well = Script::of([Step::Answer]);
    registry.scope(track(&well, 7)).await.unwrap();
    drop(refused);

    let call = probe.last_call("parcels");
    assert_eq!(call.attempts, 3);
    assert_eq!(call.waits, [Duration::from_secs(2), Duration::from_secs(4)]);
    assert!(probe.circuit("parcels").is_empty(), "it stayed closed");
    // Or all of it at once:
    assert_eq!(
        call.to_string(),
        "parcels: 3 attempts (transient, transient), waits of 2s and 4s, success"
    );
}

/// A runtime and a registry of its own, as each test has.
fn run(name: &str, test: impl Future<Output = ()>) {
    let began = std::time::Instant::now();
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be built")
        .block_on(Registry::new().scope(test));
    println!("{name} ... ok, in {:.1?}", began.elapsed());
}

fn main() {
    let began = std::time::Instant::now();
    run(
        "it pauses two and four seconds",
        it_pauses_two_and_four_seconds(),
    );
    run(
        "it does not ask twice when the outcome is unknown",
        it_does_not_ask_twice_when_the_outcome_is_unknown(),
    );
    run(
        "the breaker opens and closes",
        the_breaker_opens_and_closes(),
    );
    run(
        "it gets through a flapping service",
        it_gets_through_a_flapping_service(),
    );
    run("the probe saw how it went", the_probe_saw_how_it_went());
    run(
        "three quarters get through bad weather",
        three_quarters_get_through_bad_weather(),
    );
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "more than a minute of waiting takes no time"
    );
    assert!(
        Registry::global().services().is_empty(),
        "the global registry was not touched"
    );
}
