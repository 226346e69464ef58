//! Several places that serve a call: which one each attempt goes to, and what each has to itself.

mod choice;
mod configured;
mod failover;
mod faults;
mod live;
mod model;
mod place;
mod shapes;
mod simulation;
mod told;

#[path = "../behaviour/errors.rs"]
#[allow(dead_code)]
mod errors;
