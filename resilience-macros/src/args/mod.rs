//! The arguments of an attribute.

mod aliases;
mod all_lists;
pub(crate) mod arg_list;
mod attribute_args;
mod cache;
mod call_limit;
mod counts;
mod duration;
mod duration_text;
pub(crate) mod fallback;
mod hedge_delay;
pub(crate) mod items;
mod keys;
mod limit;
pub(crate) mod names;
mod nested;
mod pool;
mod prioritized;
mod service;
mod settings;
pub(crate) mod spanned;
mod stream;
mod toggle;
mod value;

pub(crate) use attribute_args::{Args, Bulkhead, CircuitBreaker, Hedge, RateLimit, Retry};
pub(crate) use cache::{Cache, ReadThrough, RefreshAhead, Ttl};
pub(crate) use call_limit::CallLimit;
pub(crate) use duration::{Time, Window};
pub(crate) use fallback::{Fallback, LastGood, Step, When};
pub(crate) use items::Partial;
pub(crate) use limit::Limit;
pub(crate) use prioritized::Prioritized;
pub(crate) use service::Service;
pub(crate) use spanned::{Spanned, Value, is_off, path_text, strip_groups};
pub(crate) use stream::{RetryUntil, Stream};
pub(crate) use toggle::Toggle;
pub(crate) use value::{
    Callable, Count, Exhausted, Flag, On, Pick, Setting, literal, runtime_path, source, variant,
};
