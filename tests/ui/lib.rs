//! Nothing but the programs beside it.
