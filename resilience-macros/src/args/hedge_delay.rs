//! `hedge(delay = …)`: a time, or a percentile of the latency.

use darling::{Error, Result};
use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use syn::{Expr, Lit};

use super::duration::{Time, Wait};
use super::spanned::{Value, strip_groups};
use super::value::{Setting, literal};
use crate::runtime::Runtime;

/// How long an attempt may go without an answer.
#[derive(Clone, Debug)]
pub(crate) enum HedgeDelay {
    After(Time),
    Percentile(f64),
}

impl HedgeDelay {
    /// The time, where it is one.
    pub(crate) fn time(&self) -> Option<&Time> {
        match self {
            Self::After(time) => Some(time),
            Self::Percentile(_) => None,
        }
    }
}

impl Value for HedgeDelay {
    const EXAMPLE: &'static str = "\"p95\"";

    fn of(expr: &Expr) -> Result<Self> {
        if let Some(percentile) = unquoted(expr) {
            let message = format!("quote a percentile: `\"{percentile}\"`");
            return Err(Error::custom(message).with_span(expr));
        }
        let text = match literal(expr) {
            Some(Lit::Str(text)) => text.value(),
            _ => return after(expr),
        };
        let Some(percent) = text.trim().strip_prefix(['p', 'P']) else {
            return after(expr);
        };
        percentile(percent)
            .map(Self::Percentile)
            .map_err(|message| Error::custom(message).with_span(expr))
    }
}

fn after(expr: &Expr) -> Result<HedgeDelay> {
    match Wait::of(expr) {
        Ok(Wait(time)) => Ok(HedgeDelay::After(time)),
        Err(error) => {
            let message = format!("{error}; or a percentile, such as `\"p95\"`");
            Err(Error::custom(message).with_span(expr))
        }
    }
}

/// `p95` without quotes. A constant has a name in upper case.
fn unquoted(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = strip_groups(expr) else {
        return None;
    };
    let name = path.path.get_ident()?.to_string();
    let digits = name.strip_prefix('p')?;
    let is_percentile = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    is_percentile.then_some(name)
}

fn percentile(text: &str) -> core::result::Result<f64, String> {
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    match text.parse::<f64>() {
        Ok(percent) if is_plain && percent > 0.0 && percent < 100.0 => Ok(percent),
        Ok(percent) if is_plain && percent == 0.0 => Err(
            "`p0` is before every answer; write a time, such as `\"0s\"`, or a percentile, such as `\"p95\"`".to_owned(),
        ),
        Ok(_) if is_plain => Err(format!(
            "`p{text}` is never reached; write a percentile below `p100`, such as `\"p99\"`"
        )),
        _ => Err(
            "expected a time, such as `\"300ms\"`, or a percentile, such as `\"p95\"`".to_owned(),
        ),
    }
}

impl Setting for HedgeDelay {
    fn expand(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private(Span::mixed_site());
        let delay = match self {
            Self::After(time) => {
                let time = time.duration(runtime);
                quote!(#private::HedgeDelay::After(#time))
            }
            Self::Percentile(percent) => {
                let percent = Literal::f64_unsuffixed(*percent);
                quote!(#private::HedgeDelay::Percentile(#percent))
            }
        };
        quote!(#private::Value::HedgeDelay(#delay))
    }
}
