//! Several attempts at once: which one answers, what the others cost, and that nothing of them is left.

mod configured;
mod drops;
mod failures;
mod limits;
mod percentile;
mod race;
mod server;
mod streams;
mod together;

#[path = "../behaviour/errors.rs"]
#[allow(dead_code)]
mod errors;
#[path = "../behaviour/poll.rs"]
mod poll;
