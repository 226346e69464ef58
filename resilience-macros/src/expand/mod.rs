//! The function that the compiler gets.
//!
//! ```text
//! let plan = Call::plan({ static SITE: Site = Site::new(); &SITE }, const { &Function::new(…) }, None);
//! let mut call = Call::start(&plan);
//! Call::key(&mut call, &(key));
//! let mut x_slot = Some(x);
//! 'answer: { let out = loop {
//!     let mut attempt = Attempt::new(&call);
//!     let admission = match Attempt::admit_now(&mut attempt, &mut call) {
//!         Some(decided) => decided,
//!         None => Attempt::admit(&mut attempt, &mut call).await,
//!     };
//!     if let Err(rejection) = admission { break Call::reject(&mut call, rejection); }
//!     let outcome = { let x = for_attempt(&mut x_slot, &call); Attempt::run(&mut attempt, &mut call, async move { body }).await };
//!     if Call::succeeded(&mut call, &mut attempt, &outcome) { break 'answer finished(outcome); }
//!     let concluded = Call::conclude(&mut call, &mut attempt, outcome, None, classify, exhausted);
//!     if let Break(out) = concluded { break out; }
//! }; fallbacks }
//! ```
//!
//! With `cache(…)` all of it but the first line is in the block of [`read_through`].
//!
//! Tokens of the macro carry `mixed_site` hygiene, located where an error about them should point.

mod attempt;
mod classify;
mod description;
mod expansion;
mod fallback;
mod hedge;
mod hooks;
mod originals;
mod read_through;
mod rebind;
mod statements;
mod step;
mod stream;
mod targets;

pub(crate) use description::{with_patterns, with_values};
pub(crate) use statements::expand;
