//! Several places that serve a call: which one each attempt goes to, and what each has to itself.

mod choice;
mod configured;
mod failover;
mod faults;
mod left;
mod live;
mod model;
mod pauses;
mod place;
mod recovery;
mod shapes;
mod simulation;
mod told;

#[path = "../behaviour/errors.rs"]
#[allow(dead_code)]
mod errors;
