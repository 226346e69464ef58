//! What each limiter promises, computed anew from when bodies truly began.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Refilled nanosecond by nanosecond, in whole numbers: it is empty exactly when some span that ends now has
/// seen `burst + rate × t`.
pub enum Promise {
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
    RequestsAndTokens([Box<Promise>; 2]),
}

impl Promise {
    pub fn token_bucket(limit: u32, period: Duration, burst: u32) -> Self {
        let period = period.as_nanos() as i128;
        Self::TokenBucket {
            limit: limit.into(),
            period,
            size: i128::from(burst) * period,
            level: i128::from(burst) * period,
            at: Instant::now(),
        }
    }

    pub fn sliding_window(limit: u32, period: Duration) -> Self {
        Self::SlidingWindow {
            limit: limit.into(),
            period,
            began: VecDeque::new(),
        }
    }

    pub fn requests_and_tokens(requests: u32, tokens: u32, period: Duration) -> Self {
        let bucket = |limit| Box::new(Self::token_bucket(limit, period, limit));
        Self::RequestsAndTokens([bucket(requests), bucket(tokens)])
    }

    pub fn fixed_window(limit: u32, period: Duration) -> Self {
        Self::FixedWindow {
            limit: limit.into(),
            period,
            start: Instant::now(),
            used: 0,
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
}
