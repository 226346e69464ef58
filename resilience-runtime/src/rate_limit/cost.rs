//! What a call is expected to use of the limits.

use super::amount::Amount;

/// Estimates the tokens of one call of a language model, for [`check_cost`](super::RateLimiter::check_cost) and
/// `rate_limit(cost = …)`. Limits of `tokens` take the sum; whatever the tokens are, the call is one request.
///
/// ```
/// use resilience_runtime::rate_limit::Cost;
///
/// let cost = Cost::new(1_200, 400);
/// assert_eq!(cost.total(), 1_600);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Cost {
    /// Estimates the tokens that will be sent.
    pub input_tokens: u32,
    /// Estimates the tokens that will be received: often the call's own limit of them.
    pub output_tokens: u32,
}

impl Cost {
    /// Estimates input and output.
    #[must_use]
    pub const fn new(input_tokens: u32, output_tokens: u32) -> Self {
        Self {
            input_tokens,
            output_tokens,
        }
    }

    /// Returns the sum of both, at most `u32::MAX`.
    #[must_use]
    pub const fn total(self) -> u32 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl From<Cost> for Amount {
    fn from(cost: Cost) -> Self {
        Self::split(cost.input_tokens, cost.output_tokens)
    }
}

/// What an attribute's `cost = …` may be.
#[diagnostic::on_unimplemented(
    message = "`cost` must be a `u32` or a `Cost`, and this is `{Self}`",
    label = "not a cost",
    note = "`u32`: tokens, or requests where no tokens are limited; `resilience_runtime::rate_limit::Cost::new(input, output)`: both sorts of tokens"
)]
pub trait CostOfCall {
    #[doc(hidden)]
    fn amount(self) -> Amount;
}

impl CostOfCall for u32 {
    #[inline]
    fn amount(self) -> Amount {
        Amount::units(self)
    }
}

impl CostOfCall for Cost {
    #[inline]
    fn amount(self) -> Amount {
        self.into()
    }
}
