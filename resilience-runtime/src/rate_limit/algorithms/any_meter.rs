//! A meter of any strategy, for sets whose limits are counted in different ways.

use std::marker::PhantomData;

use super::fixed_window::{FixedWindow, Window};
use super::meter::Meter;
use super::sliding_window::{Admitted, SlidingWindow};
use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;
use crate::config::{LimitConfig, RateLimitStrategy};

/// What is counted for one limit, in a form that can keep it for some of the strategies.
pub(in crate::rate_limit) trait Kept: Clone + Default {
    fn bucket(&self) -> FullAt;
    fn set_bucket(&mut self, full_at: FullAt);
    fn window(&self) -> Window;
    fn set_window(&mut self, window: Window);
    /// `None`: nothing was admitted.
    fn log(&self) -> Option<&Admitted>;
    /// `None`: there is no room for a log.
    fn log_mut(&mut self) -> Option<&mut Admitted>;
    /// The same in the form that can keep all.
    fn as_any(&self, meter: &AnyMeter<Self>) -> AnyState;
    fn of_any(any: AnyState) -> Self;
}

/// What is counted by token bucket or fixed window, in twelve bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rate_limit) struct Count([u32; 3]);

impl Kept for Count {
    #[inline]
    fn bucket(&self) -> FullAt {
        FullAt::of_words(self.0)
    }

    #[inline]
    fn set_bucket(&mut self, full_at: FullAt) {
        self.0 = full_at.words();
    }

    fn window(&self) -> Window {
        let [low, high, used] = self.0;
        let start = Moment(u64::from(high) << 32 | u64::from(low));
        Window::new(start, used.into())
    }

    fn set_window(&mut self, window: Window) {
        let start = window.start().0;
        // As much as any limit: what is above delays nobody longer.
        let used = u32::try_from(window.taken()).unwrap_or(u32::MAX);
        self.0 = [start as u32, (start >> 32) as u32, used];
    }

    fn log(&self) -> Option<&Admitted> {
        debug_assert!(false, "a set with a sliding window keeps `AnyState`");
        None
    }

    fn log_mut(&mut self) -> Option<&mut Admitted> {
        debug_assert!(false, "a set with a sliding window keeps `AnyState`");
        None
    }

    fn as_any(&self, meter: &AnyMeter<Self>) -> AnyState {
        match meter.by {
            By::FixedWindow(_) => AnyState::Window(self.window()),
            By::TokenBucket(_) | By::SlidingWindow(_) => AnyState::Bucket(self.bucket()),
        }
    }

    fn of_any(any: AnyState) -> Self {
        let mut kept = Self::default();
        match any {
            AnyState::Bucket(full_at) => kept.set_bucket(full_at),
            AnyState::Window(window) => kept.set_window(window),
            AnyState::Idle | AnyState::Log(_) => {}
        }
        kept
    }
}

/// What is counted by any strategy.
#[derive(Clone, Debug, Default)]
pub(in crate::rate_limit) enum AnyState {
    #[default]
    Idle,
    Bucket(FullAt),
    Window(Window),
    Log(Admitted),
}

impl Kept for AnyState {
    fn bucket(&self) -> FullAt {
        match self {
            Self::Bucket(full_at) => *full_at,
            _ => FullAt::default(),
        }
    }

    fn set_bucket(&mut self, full_at: FullAt) {
        *self = Self::Bucket(full_at);
    }

    fn window(&self) -> Window {
        match self {
            Self::Window(window) => *window,
            _ => Window::default(),
        }
    }

    fn set_window(&mut self, window: Window) {
        *self = Self::Window(window);
    }

    fn log(&self) -> Option<&Admitted> {
        match self {
            Self::Log(log) => Some(log),
            _ => None,
        }
    }

    fn log_mut(&mut self) -> Option<&mut Admitted> {
        if !matches!(self, Self::Log(_)) {
            *self = Self::Log(Admitted::default());
        }
        match self {
            Self::Log(log) => Some(log),
            _ => None,
        }
    }

    fn as_any(&self, _: &AnyMeter<Self>) -> AnyState {
        self.clone()
    }

    fn of_any(any: AnyState) -> Self {
        any
    }
}

#[derive(Clone, Copy, Debug)]
enum By {
    TokenBucket(TokenBucket),
    SlidingWindow(SlidingWindow),
    FixedWindow(FixedWindow),
}

/// A meter of one of the strategies, which keeps what it counts as `S`.
#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct AnyMeter<S> {
    by: By,
    kept: PhantomData<fn() -> S>,
}

impl<S: Kept> AnyMeter<S> {
    pub(in crate::rate_limit) fn new(limit: &LimitConfig) -> Self {
        let by = match limit.strategy {
            RateLimitStrategy::TokenBucket => {
                By::TokenBucket(TokenBucket::new(limit.limit, limit.period, limit.burst))
            }
            RateLimitStrategy::SlidingWindow => {
                By::SlidingWindow(SlidingWindow::new(limit.limit, limit.period))
            }
            RateLimitStrategy::FixedWindow => {
                By::FixedWindow(FixedWindow::new(limit.limit, limit.period))
            }
        };
        Self {
            by,
            kept: PhantomData,
        }
    }

    /// Changes the state by the strategy that counts it.
    #[inline]
    fn update<T>(
        &self,
        state: &mut S,
        by_bucket: impl FnOnce(&TokenBucket, &mut FullAt) -> T,
        by_window: impl FnOnce(&FixedWindow, &mut Window) -> T,
        by_log: impl FnOnce(&SlidingWindow, &mut Admitted) -> T,
    ) -> T {
        match &self.by {
            By::TokenBucket(meter) => {
                let mut bucket = state.bucket();
                let result = by_bucket(meter, &mut bucket);
                state.set_bucket(bucket);
                result
            }
            By::FixedWindow(meter) => {
                let mut window = state.window();
                let result = by_window(meter, &mut window);
                state.set_window(window);
                result
            }
            By::SlidingWindow(meter) => match state.log_mut() {
                Some(log) => by_log(meter, log),
                None => by_log(meter, &mut Admitted::default()),
            },
        }
    }

    /// Looks at the state by the strategy that counts it.
    #[inline]
    fn look<T>(
        &self,
        state: &S,
        by_bucket: impl FnOnce(&TokenBucket, &FullAt) -> T,
        by_window: impl FnOnce(&FixedWindow, &Window) -> T,
        by_log: impl FnOnce(&SlidingWindow, &Admitted) -> T,
    ) -> T {
        match &self.by {
            By::TokenBucket(meter) => by_bucket(meter, &state.bucket()),
            By::FixedWindow(meter) => by_window(meter, &state.window()),
            By::SlidingWindow(meter) => match state.log() {
                Some(log) => by_log(meter, log),
                None => by_log(meter, &Admitted::default()),
            },
        }
    }
}

macro_rules! update {
    ($self:ident, $state:ident, $method:ident($($argument:expr),*)) => {
        $self.update(
            $state,
            |meter, state| meter.$method(state, $($argument),*),
            |meter, state| meter.$method(state, $($argument),*),
            |meter, state| meter.$method(state, $($argument),*),
        )
    };
}

macro_rules! look {
    ($self:ident, $state:ident, $method:ident($($argument:expr),*)) => {
        $self.look(
            $state,
            |meter, state| meter.$method(state, $($argument),*),
            |meter, state| meter.$method(state, $($argument),*),
            |meter, state| meter.$method(state, $($argument),*),
        )
    };
}

impl<S: Kept> Meter for AnyMeter<S> {
    type State = S;

    fn capacity(&self) -> u32 {
        match &self.by {
            By::TokenBucket(meter) => meter.capacity(),
            By::SlidingWindow(meter) => meter.capacity(),
            By::FixedWindow(meter) => meter.capacity(),
        }
    }

    #[inline]
    fn try_take(&self, state: &mut S, cost: u32, now: Moment) -> bool {
        update!(self, state, try_take(cost, now))
    }

    fn charge(&self, state: &mut S, cost: u32, now: Moment) {
        update!(self, state, charge(cost, now));
    }

    fn forgive(&self, state: &mut S, cost: u32, now: Moment) -> u64 {
        update!(self, state, forgive(cost, now))
    }

    fn credit(&self, state: &mut S, amount: u32, taken: Option<Moment>, now: Moment) {
        update!(self, state, credit(amount, taken, now));
    }

    fn ready(&self, state: &S, cost: u32, from: Moment) -> Moment {
        look!(self, state, ready(cost, from))
    }

    fn tokens(&self, state: &S, now: Moment) -> i64 {
        look!(self, state, tokens(now))
    }

    fn reset_at(&self, state: &S, now: Moment) -> Moment {
        look!(self, state, reset_at(now))
    }

    fn is_idle(&self, state: &S, now: Moment) -> bool {
        look!(self, state, is_idle(now))
    }

    /// Of the same strategy everything is kept, of another one what remains, as if the rest had been taken now.
    fn migrate(&self, old: &Self, state: &S, now: Moment) -> S {
        let mut new = S::default();
        match (&self.by, &old.by) {
            _ if old.is_idle(state, now) => {}
            (By::TokenBucket(meter), By::TokenBucket(old)) => {
                new.set_bucket(meter.migrate(old, &state.bucket(), now));
            }
            (By::FixedWindow(meter), By::FixedWindow(old)) => {
                new.set_window(meter.migrate(old, &state.window(), now));
            }
            (By::SlidingWindow(meter), By::SlidingWindow(old)) => {
                if let (Some(kept), Some(log)) = (new.log_mut(), state.log()) {
                    *kept = meter.migrate(old, log, now);
                }
            }
            _ => return self.with_tokens(old.tokens(state, now), now),
        }
        new
    }

    fn with_tokens(&self, tokens: i64, now: Moment) -> S {
        let mut new = S::default();
        match &self.by {
            By::TokenBucket(meter) => new.set_bucket(meter.with_tokens(tokens, now)),
            By::FixedWindow(meter) => new.set_window(meter.with_tokens(tokens, now)),
            By::SlidingWindow(meter) => {
                if let Some(kept) = new.log_mut() {
                    *kept = meter.with_tokens(tokens, now);
                }
            }
        }
        new
    }
}
