//! Several attempts at once: which one answers, what the others cost, and that nothing of them is left.

mod around;
mod bodies;
mod configured;
mod crowd;
mod drops;
mod edges;
mod failures;
mod keys;
mod limits;
mod model;
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
