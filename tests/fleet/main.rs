//! Limits that all processes of a fleet share. A registry stands for a process: each joins by itself.

mod attribute;
mod outages;
