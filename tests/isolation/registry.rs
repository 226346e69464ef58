//! No order of first calls refuses a call, no service pays for the number of others, and nothing of a user's runs under the
//! registry's lock.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience_runtime::{
    BoxError, Registry, ServiceKind, ServiceSettings, Settings, llm_resilient, resilient,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

#[resilient(service = "shared", retry = off, bulkhead(max_concurrent = 2))]
async fn two_places() -> Result<u32, BoxError> {
    Ok(2)
}

#[resilient(service = "shared", retry = off, bulkhead(max_concurrent = 3))]
async fn three_places() -> Result<u32, BoxError> {
    Ok(3)
}

/// Reads the registry whenever something is logged, which hangs if a lock is held, and counts the errors.
#[derive(Clone)]
struct Reader {
    registry: Registry,
    events: Arc<AtomicU32>,
    errors: Arc<AtomicU32>,
}

impl Reader {
    fn new(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            events: Arc::default(),
            errors: Arc::default(),
        }
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}

thread_local! {
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

impl Subscriber for Reader {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "resilience"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        if IS_READING.replace(true) {
            return;
        }
        let _ = self.registry.services();
        let _ = self.registry.stats();
        let _ = self.registry.check();
        IS_READING.set(false);
        self.events.fetch_add(1, Ordering::Relaxed);
        if *event.metadata().level() == Level::ERROR {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn functions_that_disagree_run_in_either_order_and_are_reported_once() {
    for first_is_two in [true, false] {
        let registry = Registry::new();
        let reader = Reader::new(&registry);
        let guard = tracing::subscriber::set_default(reader.clone());
        let calls = async {
            for _ in 0..3 {
                if first_is_two {
                    assert_eq!(two_places().await.expect("runs"), 2);
                    assert_eq!(three_places().await.expect("runs"), 3);
                } else {
                    assert_eq!(three_places().await.expect("runs"), 3);
                    assert_eq!(two_places().await.expect("runs"), 2);
                }
            }
        };
        registry.scope(calls).await;
        // Also after it was resolved anew.
        registry.configure(Settings::new()).expect("nothing new");
        registry.scope(calls_again()).await;
        drop(guard);
        assert_eq!(reader.errors.load(Ordering::Relaxed), 1);
        let service = registry.get("shared").expect("it was called");
        let bulkhead = service.config().bulkhead.expect("it is set");
        assert_eq!(bulkhead.max_concurrent, if first_is_two { 2 } else { 3 });
        let problems = registry.check().expect_err("it is reported");
        assert_eq!(problems.problems().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn functions_of_two_kinds_are_reported_once_in_either_order() {
    #[llm_resilient(service = "shared", retry = off)]
    async fn asked() -> Result<u32, BoxError> {
        Ok(1)
    }
    for two_is_first in [true, false] {
        let registry = Registry::new();
        let reader = Reader::new(&registry);
        let guard = tracing::subscriber::set_default(reader.clone());
        let calls = async {
            for turn in [two_is_first, !two_is_first, two_is_first, !two_is_first] {
                let answer = if turn {
                    two_places().await
                } else {
                    asked().await
                };
                answer.expect("runs");
            }
            registry.configure(Settings::new()).expect("nothing new");
            asked().await.expect("runs");
        };
        registry.scope(calls).await;
        drop(guard);
        assert_eq!(reader.errors.load(Ordering::Relaxed), 1);
    }
}

async fn calls_again() {
    two_places().await.expect("runs");
    three_places().await.expect("runs");
}

#[test]
fn what_logs_and_what_reads_events_may_ask_the_registry() {
    let registry = Registry::new();
    let reader = Reader::new(&registry);
    let guard = tracing::subscriber::set_default(reader.clone());
    let variables = [("TIMEOUT_ACME_1", "7"), ("TIMEOUT_ACME_1_OUT", "7")];
    registry
        .configure(Settings::from_vars(variables).expect("they are good"))
        .expect("they run");
    // An unknown variable, and then two services of one variable name.
    registry
        .service("acme-1", ServiceKind::Custom)
        .expect("it is the only one");
    assert!(registry.service("acme_1", ServiceKind::Custom).is_err());
    // A circuit that changes while the registry works.
    let other = registry.service("other", ServiceKind::Custom).expect("new");
    other.circuit_breaker().force_open();
    let settings = Settings::new().service("other", ServiceSettings::default());
    registry.configure(settings).expect("they run");
    drop(guard);
    assert!(reader.events.load(Ordering::Relaxed) >= 3);
    assert_eq!(reader.errors.load(Ordering::Relaxed), 2, "one a service");
}

#[tokio::test(start_paused = true)]
async fn names_made_of_data_never_conflict_unless_a_variable_asks() {
    let registry = Registry::new();
    for name in ["acme_1", "acme-1", "acme.1", "ACME 1"] {
        let tenant = registry.service(name, ServiceKind::Custom);
        let tenant = tenant.expect("no variable means it");
        let answer = tenant.call(|| async { Ok::<_, BoxError>(1) }).await;
        assert_eq!(answer.expect("it runs"), 1);
    }
    assert!(registry.check().is_ok());
}

#[tokio::test(start_paused = true)]
async fn everything_off_wins_over_whatever_else_is_wrong() {
    let registry = Registry::new();
    registry
        .configure(
            Settings::from_vars([("RESILIENCE_ENABLED", "false"), ("TIMEOUT_SHARED", "7")])
                .expect("they are good"),
        )
        .expect("they run");
    let calls = async {
        assert_eq!(two_places().await.expect("bare"), 2);
        assert_eq!(three_places().await.expect("bare"), 3);
    };
    registry.scope(calls).await;
    // Another service of one variable name, of which a variable is set.
    assert!(registry.service("SHARED", ServiceKind::Custom).is_ok());
    registry.scope(calls_again()).await;
}

#[tokio::test(start_paused = true)]
async fn removed_service_is_freed_and_made_anew_by_its_functions() {
    let registry = Registry::new();
    let calls = async {
        two_places().await.expect("runs");
        let first = registry.get("shared").expect("it was called");
        first.circuit_breaker().force_open();
        assert!(two_places().await.is_err());
        assert!(registry.remove("shared"));
        assert!(!registry.remove("shared"), "it is gone");
        assert!(registry.services().is_empty());
        assert!(registry.check().is_ok());
        // A new one, with a closed circuit, and the value of whoever is first now.
        assert_eq!(three_places().await.expect("runs"), 3);
        assert_eq!(two_places().await.expect("runs"), 2);
        let second = registry.get("shared").expect("made anew");
        assert!(!Arc::ptr_eq(&first, &second));
        let bulkhead = second.config().bulkhead.expect("it is set");
        assert_eq!(bulkhead.max_concurrent, 3);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn running_call_of_a_removed_service_ends_as_it_began() {
    let registry = Registry::new();
    let service = registry
        .service("tenant", ServiceKind::Custom)
        .expect("new");
    let weak = Arc::downgrade(&service);
    let call = service.call(|| async {
        registry.remove("tenant");
        tokio::task::yield_now().await;
        Ok::<_, BoxError>(1)
    });
    assert_eq!(call.await.expect("it runs"), 1);
    assert_eq!(service.stats().successes, 1);
    drop(service);
    assert!(weak.upgrade().is_none(), "what it held is freed");
}

#[tokio::test(start_paused = true)]
async fn function_runs_again_when_the_other_service_of_its_variable_is_removed() {
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars([("TIMEOUT_SHARED", "7")]).expect("it is good"))
        .expect("it runs");
    let calls = async {
        two_places().await.expect("the variable means it alone");
        for other in ["SHARED", "Shared"] {
            assert!(registry.service(other, ServiceKind::Custom).is_err());
            two_places().await.expect_err("the variable means two");
        }
        assert!(registry.remove("SHARED"));
        two_places().await.expect_err("it still means two");
        assert!(registry.remove("Shared"));
        two_places().await.expect("it means one");
    };
    registry.scope(calls).await;
}
