//! The recent outcomes that the rates are computed over.

mod calls;
mod thresholds;
mod time;
mod totals;
mod window;

pub(super) use self::thresholds::{is_slow, reaches};
pub(super) use self::totals::Totals;
pub(super) use self::window::History;
