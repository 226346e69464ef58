//! What a call of a language model used.

use super::amount::Amount;

/// Counts the tokens that a call of a language model used, for
/// [`CallContext::report_usage`](crate::CallContext::report_usage) and `rate_limit(usage = …)`. Tokens that cost nothing of the limit,
/// such as cached input at some providers, are left out.
///
/// ```
/// use resilience_runtime::rate_limit::Usage;
///
/// let usage = Usage::new(1_200, 340);
/// assert_eq!(usage.total(), 1_540);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Usage {
    /// Counts the tokens that were sent.
    pub input_tokens: u32,
    /// Counts the tokens that were received.
    pub output_tokens: u32,
}

impl Usage {
    /// Counts input and output.
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

impl From<Usage> for Amount {
    fn from(usage: Usage) -> Self {
        Self::split(usage.input_tokens, usage.output_tokens)
    }
}

/// What an attribute's `usage = |answer| …` may return.
#[diagnostic::on_unimplemented(
    message = "`usage` must return a `u32` or a `Usage`, and this is `{Self}`",
    label = "not a usage",
    note = "`u32`: tokens, or requests where no tokens are limited; `resilience_runtime::rate_limit::Usage::new(input, output)`: both sorts of tokens"
)]
pub trait UsageOfCall {
    #[doc(hidden)]
    fn amount(self) -> Amount;
}

impl UsageOfCall for u32 {
    #[inline]
    fn amount(self) -> Amount {
        Amount::units(self)
    }
}

impl UsageOfCall for Usage {
    #[inline]
    fn amount(self) -> Amount {
        self.into()
    }
}

/// What `usage = |item| …` may return of an item of a stream: not every item says what was used.
#[diagnostic::on_unimplemented(
    message = "`usage` must return a `u32` or a `Usage`, or an `Option` of these, and this is `{Self}`",
    label = "not a usage",
    note = "the last item that has one counts: `Option<u32>`, tokens; `Option<resilience_runtime::rate_limit::Usage>`, both sorts of tokens"
)]
pub trait UsageOfItem {
    #[doc(hidden)]
    fn amount_of_item(self) -> Option<Amount>;
}

impl UsageOfItem for u32 {
    fn amount_of_item(self) -> Option<Amount> {
        Some(self.amount())
    }
}

impl UsageOfItem for Usage {
    fn amount_of_item(self) -> Option<Amount> {
        Some(self.amount())
    }
}

impl<U: UsageOfCall> UsageOfItem for Option<U> {
    fn amount_of_item(self) -> Option<Amount> {
        self.map(UsageOfCall::amount)
    }
}
