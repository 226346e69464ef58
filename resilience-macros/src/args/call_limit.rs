//! The timeout and the deadline of a function: fixed, off, or code that is evaluated for each call.

use darling::Result;
use syn::{Expr, Ident};

use super::duration::Time;
use super::limit::Limit;
use super::spanned::{Spanned, Value, strip_groups};
use super::value::{Setting, is_negative, literal};

/// A limit of time of a call or of its attempts.
#[derive(Debug)]
pub(crate) enum CallLimit {
    Fixed(Limit),
    Computed(Expr),
}

impl CallLimit {
    /// Whether it was written and is off.
    pub(super) fn is_off(written: Option<&Spanned<Self>>) -> bool {
        written.is_some_and(|written| matches!(written.value, Self::Fixed(Limit::Off)))
    }

    /// The setting, where it is one.
    pub(super) fn on(written: Option<&Spanned<Self>>) -> Option<&dyn Setting> {
        Self::time(written).map(|time| time as &dyn Setting)
    }

    /// The time, where it is fixed.
    pub(crate) fn time(written: Option<&Spanned<Self>>) -> Option<&Time> {
        match &written?.value {
            Self::Fixed(Limit::On(time)) => Some(time),
            Self::Fixed(Limit::Off) | Self::Computed(_) => None,
        }
    }

    /// The code, where each call computes it.
    pub(crate) fn computed(written: Option<&Spanned<Self>>) -> Option<&Expr> {
        match &written?.value {
            Self::Computed(expr) => Some(expr),
            Self::Fixed(_) => None,
        }
    }

    /// Takes a name that the function's signature binds for code.
    pub(super) fn compute_from(
        written: Option<&mut Spanned<Self>>,
        binds: impl Fn(&Ident) -> bool,
    ) {
        if let Some(written) = written
            && let Self::Fixed(Limit::On(Time::Path(expr))) = &written.value
            && let Expr::Path(path) = strip_groups(expr)
            && path.path.get_ident().is_some_and(binds)
        {
            written.value = Self::Computed(expr.clone());
        }
    }
}

impl Value for CallLimit {
    const EXAMPLE: &'static str = Limit::EXAMPLE;

    fn of(expr: &Expr) -> Result<Self> {
        let is_code = !matches!(
            strip_groups(expr),
            Expr::Path(_) | Expr::Lit(_) | Expr::Closure(_)
        );
        if is_code && literal(expr).is_none() && !is_negative(expr) {
            return Ok(Self::Computed(expr.clone()));
        }
        Limit::of(expr).map(Self::Fixed)
    }
}
