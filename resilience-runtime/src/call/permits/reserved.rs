//! What an attempt reserved of the rate limit: spent, returned, or corrected to what was used.

use super::AttemptPermits;
use super::tokens::Tokens;
use crate::clock::Moment;
use crate::plan::ServiceCore;
use crate::rate_limit::{Amount, Grant, Unit};

impl AttemptPermits {
    /// Its cost was taken then; `None`: it passes in shadow.
    pub(in crate::call) fn set_rate_limit(&mut self, at: Option<Moment>) {
        self.rate_limit = at.map_or(Tokens::SHADOW, Tokens::taken);
    }

    #[inline(always)]
    pub(in crate::call) fn holds_rate_limit(&self) -> bool {
        self.rate_limit.at().is_some()
    }

    /// What was taken of the rate limit, to be settled; the second time `None`.
    #[inline]
    pub(in crate::call) fn take_rate_limit(&mut self, unit: Unit) -> Option<Grant> {
        let at = self.rate_limit.at()?;
        self.rate_limit = Tokens::NONE;
        Some(Grant {
            key: self.key,
            amount: self.amount,
            at: Some(at),
            unit: Some(unit),
        })
    }

    /// Corrects the tokens that were taken of the rate limit to those that were used.
    #[cold]
    pub(in crate::call) fn settle_tokens(
        &mut self,
        core: &ServiceCore,
        used: Amount,
        started: Moment,
    ) {
        self.settle(core, (used, Unit::Tokens), started);
    }

    /// Corrects what was taken of the rate limit to what was used, in that unit.
    #[cold]
    pub(in crate::call) fn settle(
        &mut self,
        core: &ServiceCore,
        (used, unit): (Amount, Unit),
        started: Moment,
    ) {
        if let Some(grant) = self.take_rate_limit(unit) {
            let now = Moment::now().max(started);
            core.limiter.settle_grant(grant, used, now);
        }
    }

    /// What an attempt takes of the rate limit.
    pub(in crate::call) fn reserved(&self) -> Amount {
        self.amount
    }

    /// What was taken of the rate limit is spent.
    pub(in crate::call) fn spend_rate_limit(&mut self) {
        self.rate_limit = Tokens::NONE;
    }
}
