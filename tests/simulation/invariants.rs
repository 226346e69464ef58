//! The invariant of each limiter, computed from when bodies really began.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A limit as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    TokenBucket {
        limit: u32,
        period: Duration,
        burst: u32,
    },
    SlidingWindow {
        limit: u32,
        period: Duration,
    },
    FixedWindow {
        limit: u32,
        period: Duration,
    },
    /// In a minute.
    RequestsAndTokens {
        requests: u32,
        tokens: u32,
    },
}

impl Limit {
    /// The greatest cost that can pass.
    pub fn capacity(self) -> u32 {
        match self {
            Self::TokenBucket { burst, .. } => burst,
            Self::SlidingWindow { limit, .. } | Self::FixedWindow { limit, .. } => limit,
            Self::RequestsAndTokens { tokens, .. } => tokens,
        }
    }

    /// The period of requests.
    pub fn period(self) -> Duration {
        match self {
            Self::TokenBucket { period, .. }
            | Self::SlidingWindow { period, .. }
            | Self::FixedWindow { period, .. } => period,
            Self::RequestsAndTokens { .. } => Duration::from_secs(60),
        }
    }

    /// In which time `missing` are back.
    pub fn refilled_after(self, missing: u32) -> Duration {
        match self {
            Self::TokenBucket { limit, period, .. } => period * missing / limit,
            Self::SlidingWindow { period, .. } | Self::FixedWindow { period, .. } => period,
            Self::RequestsAndTokens { requests, tokens } => {
                Duration::from_secs(60) * missing / requests.min(tokens)
            }
        }
    }

    /// The invariant of a key that was never seen.
    pub fn invariant(self) -> LimitInvariant {
        match self {
            Self::TokenBucket {
                limit,
                period,
                burst,
            } => LimitInvariant::token_bucket(limit, period, burst),
            Self::SlidingWindow { limit, period } => LimitInvariant::SlidingWindow {
                limit: limit.into(),
                period,
                began: VecDeque::new(),
            },
            Self::FixedWindow { limit, period } => LimitInvariant::FixedWindow {
                limit: limit.into(),
                period,
                start: Instant::now(),
                used: 0,
            },
            Self::RequestsAndTokens { requests, tokens } => {
                let a_minute = Duration::from_secs(60);
                let bucket = |limit| Box::new(LimitInvariant::token_bucket(limit, a_minute, limit));
                LimitInvariant::RequestsAndTokens([bucket(requests), bucket(tokens)])
            }
        }
    }
}

/// Refilled nanosecond by nanosecond, in whole numbers: it is empty exactly when some span that ends now has
/// seen `burst + rate × t`.
pub enum LimitInvariant {
    TokenBucket {
        limit: i128,
        period: i128,
        size: i128,
        level: i128,
        at: Instant,
    },
    /// Everything that began less than a period ago.
    SlidingWindow {
        limit: u64,
        period: Duration,
        began: VecDeque<(Instant, u64)>,
    },
    /// A window begins with its first request.
    FixedWindow {
        limit: u64,
        period: Duration,
        start: Instant,
        used: u64,
    },
    /// A call takes one of the requests and its cost in tokens, both or neither.
    RequestsAndTokens([Box<LimitInvariant>; 2]),
}

impl LimitInvariant {
    fn token_bucket(limit: u32, period: Duration, burst: u32) -> Self {
        let period = period.as_nanos() as i128;
        Self::TokenBucket {
            limit: limit.into(),
            period,
            size: i128::from(burst) * period,
            level: i128::from(burst) * period,
            at: Instant::now(),
        }
    }

    /// Whether a body that costs so much may begin now.
    pub fn allows(&mut self, cost: u32) -> bool {
        let now = Instant::now();
        let wanted = u64::from(cost);
        match self {
            Self::TokenBucket {
                limit,
                period,
                size,
                level,
                at,
            } => {
                let passed = (now - *at).as_nanos() as i128;
                *level = (*level + passed * *limit).min(*size);
                *at = now;
                *level >= i128::from(cost) * *period
            }
            Self::SlidingWindow {
                limit,
                period,
                began,
            } => {
                while began.front().is_some_and(|(at, _)| now - *at >= *period) {
                    began.pop_front();
                }
                began.iter().map(|(_, cost)| cost).sum::<u64>() + wanted <= *limit
            }
            Self::FixedWindow {
                limit,
                period,
                start,
                used,
            } => {
                if now - *start >= *period {
                    *used = 0;
                }
                *used + wanted <= *limit
            }
            Self::RequestsAndTokens([requests, tokens]) => {
                requests.allows(1) && tokens.allows(cost)
            }
        }
    }

    /// What was reserved for a body that is over, and what it used: the difference comes back, or is a debt.
    pub fn settle(&mut self, reserved: u32, used: u32) {
        if let Self::RequestsAndTokens([_, tokens]) = self {
            tokens.allows(0);
            if let Self::TokenBucket {
                level,
                period,
                size,
                ..
            } = &mut **tokens
            {
                let back = i128::from(reserved) - i128::from(used);
                *level = (*level + back * *period).min(*size);
            }
        }
    }

    pub fn begin(&mut self, cost: u32) {
        let now = Instant::now();
        match self {
            Self::TokenBucket { level, period, .. } => *level -= i128::from(cost) * *period,
            Self::SlidingWindow { began, .. } => began.push_back((now, cost.into())),
            Self::FixedWindow { start, used, .. } => {
                if *used == 0 {
                    *start = now;
                }
                *used += u64::from(cost);
            }
            Self::RequestsAndTokens([requests, tokens]) => {
                requests.begin(1);
                tokens.begin(cost);
            }
        }
    }

    /// Another limit from now on. What is left of a bucket is left, as far as the new one goes; what began stays in its
    /// window. Where it is counted in another way, what is missing is missing as if it had begun now.
    pub fn change(&mut self, to: Limit) {
        self.allows(0);
        let left = self.left();
        let mut new = to.invariant();
        match (&*self, &mut new) {
            (Self::RequestsAndTokens(_), Self::RequestsAndTokens(_)) => {
                let Limit::RequestsAndTokens { requests, tokens } = to else {
                    unreachable!("it was made of that");
                };
                let period = Duration::from_secs(60);
                if let Self::RequestsAndTokens(parts) = self {
                    for (part, limit) in parts.iter_mut().zip([requests, tokens]) {
                        part.change(Limit::TokenBucket {
                            limit,
                            period,
                            burst: limit,
                        });
                    }
                }
                return;
            }
            // Nothing is missing, so nothing will be.
            _ if left.is_none() => {}
            (
                Self::TokenBucket {
                    level: old,
                    period: before,
                    ..
                },
                Self::TokenBucket {
                    level,
                    period,
                    size,
                    ..
                },
            ) => *level = (old * *period).div_euclid(*before).min(*size),
            (Self::SlidingWindow { began: old, .. }, Self::SlidingWindow { began, .. }) => {
                began.clone_from(old);
            }
            (
                Self::FixedWindow {
                    start: old,
                    used: before,
                    ..
                },
                Self::FixedWindow { start, used, .. },
            ) => (*start, *used) = (*old, *before),
            _ => new.go_on_with(left.unwrap_or_default()),
        }
        *self = new;
    }

    /// Whole tokens that are left, below zero a debt; `None`: all there can be.
    fn left(&self) -> Option<i128> {
        match self {
            Self::TokenBucket {
                period,
                size,
                level,
                ..
            } => (level < size).then(|| level.div_euclid(*period)),
            Self::SlidingWindow { limit, began, .. } => {
                let used: u64 = began.iter().map(|(_, cost)| cost).sum();
                (used > 0).then(|| i128::from(*limit) - i128::from(used))
            }
            Self::FixedWindow { limit, used, .. } => {
                (*used > 0).then(|| i128::from(*limit) - i128::from(*used))
            }
            Self::RequestsAndTokens(_) => None,
        }
    }

    fn go_on_with(&mut self, left: i128) {
        let missing = |limit: u64| u64::try_from(i128::from(limit) - left).unwrap_or(0);
        match self {
            Self::TokenBucket {
                period,
                size,
                level,
                ..
            } => *level = (left * *period).min(*size),
            Self::SlidingWindow { limit, began, .. } if missing(*limit) > 0 => {
                began.push_back((Instant::now(), missing(*limit)));
            }
            Self::FixedWindow { limit, used, .. } => *used = missing(*limit),
            Self::SlidingWindow { .. } | Self::RequestsAndTokens(_) => {}
        }
    }
}
