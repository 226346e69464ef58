//! Where a resolved value is kept: each type that can keep one reads and writes it as a [`Value`].

use std::time::Duration;

use super::circuit_breaker::{OnAbandoned, Window};
use super::hedge::HedgeDelay;
use super::key::ValueType;
use super::mode::PatternMode;
use super::on_store_loss::OnStoreLoss;
use super::retry::Jitter;
use super::strategy::RateLimitStrategy;
use super::value::Value;

/// A field that keeps the value of one setting.
pub(super) trait Slot: Sized {
    /// The type of the values that it keeps; the declaration gives the same.
    const TYPE: ValueType;

    /// Returns the field that keeps `value`; `None`: it is of another type.
    fn of(value: Value) -> Option<Self>;

    /// Keeps `value`, which is of the type above.
    fn set(&mut self, value: Value) {
        if let Some(kept) = Self::of(value) {
            *self = kept;
        }
    }

    /// Returns what it keeps; `None`: nothing.
    fn get(&self) -> Option<Value>;
}

impl<T: Slot> Slot for Option<T> {
    const TYPE: ValueType = T::TYPE;

    fn of(value: Value) -> Option<Self> {
        T::of(value).map(Some)
    }

    fn get(&self) -> Option<Value> {
        self.as_ref()?.get()
    }
}

macro_rules! slots {
    ($($kept:ty: $type:ident($inner:ident) => $to_kept:expr, $to_inner:expr;)*) => { $(
        impl Slot for $kept {
            const TYPE: ValueType = ValueType::$type;

            fn of(value: Value) -> Option<Self> {
                match value {
                    Value::$type($inner) => Some($to_kept),
                    _ => None,
                }
            }

            fn get(&self) -> Option<Value> {
                let $inner = *self;
                Some(Value::$type($to_inner))
            }
        }
    )* };
}

// A count above `u32::MAX` is refused before it gets here.
slots! {
    u32: Count(n) => u32::try_from(n).unwrap_or(u32::MAX), n.into();
    usize: Count(n) => usize::try_from(n).unwrap_or(usize::MAX), n.try_into().unwrap_or(u64::MAX);
    f64: Number(n) => n, n;
    Duration: Time(span) => span, span;
    Jitter: Jitter(jitter) => jitter, jitter;
    Window: Window(window) => window, window;
    OnAbandoned: OnAbandoned(abandoned) => abandoned, abandoned;
    RateLimitStrategy: RateLimitStrategy(strategy) => strategy, strategy;
    PatternMode: Mode(mode) => mode, mode;
    HedgeDelay: HedgeDelay(delay) => delay, delay;
    bool: Flag(flag) => flag, flag;
    OnStoreLoss: OnStoreLoss(choice) => choice, choice;
}
