//! Memory that keys take: bounded, however many there are. The long form, with 10⁷ keys:
//! `cargo test --release --test memory -- --ignored --nocapture`, which also tells the longest pauses.

use std::hint::black_box;
use std::time::{Duration, Instant};

use allocation_counter::{AllocationInfo, measure};
use resilience_runtime::{
    BoxError, Cache, CacheConfig, RateLimitConfig, RateLimiter, Registry, resilient,
};

const SHORT: u64 = 100_000;
const LONG: u64 = 10_000_000;

/// Steps that took longest, and how long all took.
#[derive(Default)]
struct Pauses {
    longest: Duration,
    above_a_millisecond: u32,
    whole: Duration,
}

impl Pauses {
    fn time(&mut self, step: impl FnOnce()) {
        let began = Instant::now();
        step();
        self.note(began.elapsed());
    }

    fn note(&mut self, took: Duration) {
        self.longest = self.longest.max(took);
        self.above_a_millisecond += u32::from(took > Duration::from_millis(1));
        self.whole += took;
    }

    /// Told, not judged: other programs run as well.
    fn report(&self, what: &str, keys: u64, memory: AllocationInfo) {
        println!(
            "{what}: {keys} keys, {} bytes kept, {} at most; {:?} each, {} above 1 ms, the longest {:?}",
            memory.bytes_current,
            memory.bytes_max,
            self.whole / u32::try_from(keys).unwrap(),
            self.above_a_millisecond,
            self.longest
        );
    }
}

/// A runtime whose clock stands still until it is told otherwise.
fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

/// All keys are busy: the limiter keeps as many as it may and counts the rest together.
fn busy_keys(keys: u64, config: RateLimitConfig, bytes_a_key: u64) {
    let runtime = paused();
    let _inside = runtime.enter();
    let most = config.max_keys as u64;
    let what = format!(
        "limiter, {}, at most {most} keys, all busy",
        config.strategy
    );
    let mut pauses = Pauses::default();
    let mut kept = None;
    let memory = measure(|| {
        let limiter = RateLimiter::new("test", config).unwrap();
        for key in 0..keys {
            pauses.time(|| {
                let _ = black_box(limiter.check(&key));
            });
        }
        kept = Some(limiter);
    });
    pauses.report(&what, keys, memory);
    let bound = most.min(keys) * bytes_a_key + 10_000;
    let bytes = u64::try_from(memory.bytes_current).unwrap();
    assert!(bytes <= bound, "{what}: {bytes} bytes, not {bound}");
    // While the table grows by half, the old one is there as well.
    assert!(
        memory.bytes_max <= bound * 5 / 3,
        "{what}: {}",
        memory.bytes_max
    );
    let limiter = kept.unwrap();
    assert!(
        !limiter.check(&0_u64).allowed,
        "who came first is still counted"
    );
    let shares = !limiter.check(&(keys + 1)).allowed;
    assert_eq!(
        shares,
        most < keys,
        "newcomers share where there is no room"
    );
}

/// Keys come and go: those at rest make room.
fn keys_that_rest(keys: u64) {
    let mut pauses = Pauses::default();
    let mut memory = AllocationInfo::default();
    paused().block_on(async {
        let limiter =
            RateLimiter::new("test", RateLimitConfig::per_second(1).max_keys(50_000)).unwrap();
        for part in 0..keys / 100 {
            let more = measure(|| {
                for key in 0..100 {
                    pauses.time(|| assert!(limiter.check(&(part * 100 + key)).allowed));
                }
            });
            memory.bytes_current += more.bytes_current;
            memory.bytes_max = memory
                .bytes_max
                .max(u64::try_from(memory.bytes_current).unwrap());
            tokio::time::advance(Duration::from_millis(10)).await;
        }
    });
    pauses.report("limiter, 10000 keys busy at a time", keys, memory);
    assert!(
        memory.bytes_max <= 64 * 50_000,
        "{} bytes",
        memory.bytes_max
    );
}

fn cache(keys: u64) {
    let most = 10_000;
    let mut pauses = Pauses::default();
    let mut kept = None;
    let memory = measure(|| {
        paused().block_on(async {
            let config = CacheConfig::default().max_entries(most);
            let cache = Cache::<u64>::new("users", config).unwrap();
            for key in 0..keys {
                let began = Instant::now();
                let answer = cache
                    .get_or_load(&key, || async move { Ok::<_, BoxError>(key) })
                    .await;
                pauses.note(began.elapsed());
                assert_eq!(answer.unwrap(), key);
            }
            kept = Some(cache);
        });
    });
    pauses.report("cache, at most 10000 entries", keys, memory);
    // Key, order, expiry and the answer, with what maps leave free.
    let bound = most as u64 * 768;
    let bytes = u64::try_from(memory.bytes_current).unwrap();
    assert!(
        bytes <= bound && memory.bytes_max <= 2 * bound,
        "{memory:?}"
    );
    drop(kept);
}

#[resilient(
    service = "quotes",
    circuit_breaker = off,
    retry = off,
    fallback(cache(key = key, ttl = "1h", max_entries = 10_000))
)]
async fn quote(key: u64, fails: bool) -> Result<u64, BoxError> {
    if fails {
        return Err(Box::new(std::io::Error::from(
            std::io::ErrorKind::ConnectionRefused,
        )));
    }
    Ok(key)
}

fn last_good_answers(keys: u64) {
    let mut pauses = Pauses::default();
    let registry = Registry::new();
    let mut memory = AllocationInfo::default();
    paused().block_on(registry.scope(async {
        quote(0, false).await.unwrap();
        for key in 0..keys {
            let mut call = Box::pin(quote(key, false));
            let mut ready = false;
            let more = measure(|| {
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                pauses.time(|| ready = call.as_mut().poll(&mut context).is_ready());
            });
            assert!(ready);
            memory.bytes_current += more.bytes_current;
            let peak = u64::try_from(memory.bytes_current).unwrap() + more.bytes_max;
            memory.bytes_max = memory.bytes_max.max(peak);
        }
        assert_eq!(quote(keys - 1, true).await.unwrap(), keys - 1);
        assert_eq!(quote(keys - 9_999, true).await.unwrap(), keys - 9_999);
        assert!(
            quote(keys - 10_001, true).await.is_err(),
            "the oldest is gone"
        );
    }));
    pauses.report("last good answers, at most 10000", keys, memory);
    let bound = 10_000 * 768;
    assert!(memory.bytes_max <= 2 * bound, "{memory:?}");
}

fn soak(keys: u64) {
    let hour = RateLimitConfig::per_hour(1);
    let most = usize::try_from(keys / 10).unwrap();
    busy_keys(keys, hour.clone().max_keys(most), 64);
    busy_keys(keys, hour.clone().max_keys(usize::MAX), 64);
    busy_keys(keys, hour.clone().fixed_window().max_keys(most), 96);
    // And 12 for each request in the window, of which a vector makes four at first.
    busy_keys(keys, hour.sliding_window().max_keys(most), 170);
    keys_that_rest(keys);
    cache(keys);
    last_good_answers(keys);
}

#[test]
fn many_keys_stay_within_the_bound() {
    soak(SHORT);
}

#[test]
#[ignore = "takes minutes and a gigabyte"]
fn ten_million_keys_stay_within_the_bound() {
    soak(LONG);
}
