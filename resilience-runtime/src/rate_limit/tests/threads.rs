use std::thread;

use super::*;

#[test]
fn limit_is_exact_under_threads() {
    for config in [
        RateLimitConfig::per_hour(1_000),
        RateLimitConfig::per_hour(1_000).sliding_window(),
        RateLimitConfig::per_hour(1_000).fixed_window(),
    ] {
        let limiter = limiter(config);
        let passed: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..500).filter(|_| limiter.check("a").allowed).count()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .sum()
        });
        // An hour's thousand gives no second one within the seconds that this takes.
        assert!((1_000..=1_010).contains(&passed), "{passed}");
    }
}

#[test]
fn all_waiters_are_admitted_although_some_give_up() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let limiter = limiter(RateLimitConfig::per_second(2_000).burst(1));
        let mut tasks = tokio::task::JoinSet::new();
        for turn in 0..400_u64 {
            let limiter = limiter.clone();
            tasks.spawn(async move {
                let key = turn % 2;
                let acquire = limiter.acquire(&key, 1, 60 * SECOND);
                if turn % 3 == 0 {
                    // Gives up somewhere on the way; what it got by then it gives back.
                    if let Ok(reservation) =
                        tokio::time::timeout(Duration::from_micros(turn * 50), acquire).await
                    {
                        reservation.expect("in time").refund();
                    }
                } else {
                    acquire.await.expect("in time");
                }
            });
        }
        while let Some(outcome) = tasks.join_next().await {
            outcome.expect("no panic");
        }
        assert_no_waiters(&limiter);
    });
}
