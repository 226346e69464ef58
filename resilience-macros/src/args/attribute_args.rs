//! All that can be written in an attribute: the arguments of every one, and those of each pattern.

use darling::Error;
use proc_macro2::{Ident, Span, TokenStream};

use super::cache::Cache;
use super::call_limit::CallLimit;
use super::counts::{Attempts, Hedges};
use super::duration::{Time, Wait, Window};
use super::fallback::Fallback;
use super::hedge_delay::HedgeDelay;
use super::items::{self, Partial, options};
use super::nested::{Nested, Preset};
use super::pool::Pool;
use super::prioritized::Prioritized;
use super::service::Service;
use super::settings::settings;
use super::spanned::Spanned;
use super::stream::Streaming;
use super::toggle::Toggle;
use super::value::{
    Callable, Capacity, Code, Count, Decrease, Exhausted, Factor, Flag, Jitter, Names, Off,
    OnAbandoned, OnStoreLoss, PathText, PatternMode, Pick, RateLimitStrategy, Refill, Setting,
    Share, Weight,
};

/// Declares the arguments of every attribute, and those of each pattern: its settings, and those that are code.
macro_rules! groups {
    (
        groups { $(
            $(#[$group_doc:meta])*
            $group:ident($pattern:ident, $args:ident, $settings:ident, $prefix:literal) {
                settings { $(
                    $(#[$doc:meta])*
                    $field:ident: $value:ident, $arg:ident, $sharing:ident => $key:ident at $($place:ident).+;
                )* }
                $(nested $nest:ident($nest_args:ident) $(code($($nest_code:ident: $nest_code_arg:ident),*))? { $(
                    $(#[$nest_doc:meta])*
                    $short:literal $nest_field:ident: $nest_value:ident, $nest_arg:ident, $nest_sharing:ident => $nest_key:ident
                        at $($nest_place:ident).+;
                )* })?
                $(renamed { $($old:ident: $index:literal,)* })?
                $(code { $($code:ident: $code_arg:ident,)* })?
            }
        )* }
        limits { $(
            $(#[$limit_doc:meta])* $limit:ident($limit_key:ident, $limit_prefix:literal) at $($limit_place:ident).+;
        )* }
    ) => {
        options! {
            /// The arguments of every attribute.
            Args {
                service: Service,
                $($group: Toggle<$args>,)*
                $($limit: CallLimit,)*
                fallback: Fallback,
                cache: Cache,
                classify: Callable,
                classify_ok: Callable,
                verify: Callable,
                reconnect: Callable,
                safety: Callable,
                stream: Streaming,
                targets: Pool,
                pick: Pick,
                affinity: Code,
                idempotent: Flag,
                client_retries: Off,
                correlation_id: Code,
                borrow: Names,
                registry: Code,
                runtime as "crate": PathText,
            }
        }

        $(
            options! {
                #[doc = concat!("`", stringify!($group), "(…)`")]
                $args in $group {
                    $($field: $arg => $key,)*
                    $($nest: Nested<$nest_args>,)?
                    $($($code: $code_arg,)*)?
                }
            }
            $(
                options! {
                    #[doc = concat!("`", stringify!($group), "(", stringify!($nest), "(…))`")]
                    $nest_args in $nest {
                        $($($nest_code: $nest_code_arg,)*)?
                        $($nest_field as $short: $nest_arg => $nest_key,)*
                    }
                }

                impl $nest_args {
                    /// The arguments that are code.
                    const CODE: &'static [&'static str] = &[$($(stringify!($nest_code)),*)?];

                    /// Whether it says what is shared: settings, or by its name alone the defaults of all.
                    fn is_shared(&self) -> bool {
                        Self::CODE.is_empty() || !self.settings().is_empty()
                    }

                    /// Where each argument stands that is code.
                    fn code(&self) -> Vec<(&'static str, Span)> {
                        let written: Vec<(&'static str, Option<Span>)> = vec![
                            $($((stringify!($nest_code), self.$nest_code.as_ref().map(|it| it.name))),*)?
                        ];
                        written.into_iter().filter_map(|(name, place)| Some((name, place?))).collect()
                    }

                    /// Those that were given; where none was, the defaults of all, unless its code is what it is for.
                    fn settings_or_presets(&self) -> Vec<(&'static str, &dyn Setting)> {
                        let settings = self.settings();
                        if settings.is_empty() && Self::CODE.is_empty() {
                            return vec![$((stringify!($nest_key), &Preset(stringify!($nest_key)))),*];
                        }
                        settings
                    }
                }
            )?
        )*

        impl Args {
            /// The errors in the parentheses of each pattern.
            fn errors_of_patterns(&self) -> impl Iterator<Item = Error> {
                [$(Toggle::error(self.$group.as_ref())),*].into_iter().flatten()
            }

            /// The settings of the runtime that were given, by the name of their key.
            pub(crate) fn settings_of_patterns(&self) -> Vec<(&'static str, &dyn Setting)> {
                let mut settings = Vec::new();
                $(settings.extend(Toggle::on(self.$group.as_ref()).into_iter().flat_map($args::settings));)*
                $($(settings.extend(
                    Toggle::on(self.$group.as_ref())
                        .and_then(|it| it.$nest.as_ref())
                        .into_iter()
                        .flat_map(|it| it.value.0.settings_or_presets()),
                );)?)*
                $(settings.extend(CallLimit::on(self.$limit.as_ref()).map(|time| (stringify!($limit_key), time)));)*
                settings
            }

            /// The settings that were given and that all functions of a service share: pattern, name, and where it stands.
            pub(crate) fn shared_settings(&self) -> Vec<(&'static str, &'static str, Span)> {
                let mut shared = Vec::new();
                $(
                    if let Some(settings) = Toggle::on(self.$group.as_ref()) {
                        let written = [
                            $((sharing!($sharing), stringify!($field), settings.$field.as_ref().map(|it| it.name)),)*
                            $((
                                settings.$nest.as_ref().is_some_and(|it| it.value.0.is_shared()),
                                stringify!($nest),
                                settings.$nest.as_ref().map(|it| it.name),
                            ),)?
                        ];
                        let written = written.into_iter().filter(|(is_shared, ..)| *is_shared);
                        shared.extend(written.filter_map(|(_, name, place)| Some((stringify!($group), name, place?))));
                    }
                )*
                shared
            }

            /// The arguments of patterns that are code, and where each stands.
            pub(crate) fn code_of_patterns(&self) -> Vec<(&'static str, &'static str, Span)> {
                let mut code: Vec<(&'static str, &'static str, Option<Span>)> = Vec::new();
                $($(
                    if let Some(settings) = Toggle::on(self.$group.as_ref()) {
                        $(code.push((stringify!($group), stringify!($code), settings.$code.as_ref().map(|it| it.name)));)*
                    }
                )?)*
                code.into_iter().filter_map(|(group, name, place)| Some((group, name, place?))).collect()
            }

            /// The arguments that are code in parentheses of their own, and where each stands: pattern, parentheses, name.
            pub(crate) fn nested_code(&self) -> Vec<(&'static str, &'static str, &'static str, Span)> {
                let mut code = Vec::new();
                $($(
                    if let Some(nested) = Toggle::on(self.$group.as_ref()).and_then(|it| it.$nest.as_ref()) {
                        let written = nested.value.0.code().into_iter();
                        code.extend(written.map(|(name, place)| (stringify!($group), stringify!($nest), name, place)));
                    }
                )?)*
                code
            }

            /// What a declaration of a service takes.
            pub(crate) const DECLARED: &'static [&'static str] = &[$(stringify!($group),)* $(stringify!($limit),)*];

            /// The patterns that are switched off, by the runtime's name.
            pub(crate) fn patterns_off(&self) -> Vec<&'static str> {
                let patterns = [
                    $((stringify!($pattern), Toggle::is_off(self.$group.as_ref())),)*
                    $((stringify!($limit_key), CallLimit::is_off(self.$limit.as_ref())),)*
                    ("Fallback", Fallback::is_off(self.fallback.as_ref())),
                ];
                patterns.into_iter().filter_map(|(pattern, off)| off.then_some(pattern)).collect()
            }
        }
    };
}

/// Whether all functions of a service share a setting.
macro_rules! sharing {
    (shared) => {
        true
    };
    (own) => {
        false
    };
}
settings!(nested groups);

impl Args {
    /// Reads the tokens between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream) -> Partial<Self> {
        let Partial { value: args, error } = items::read::<Self>(tokens);
        let nested = [
            Fallback::error(args.fallback.as_ref()),
            Streaming::error(args.stream.as_ref()),
            Cache::error(args.cache.as_ref()),
        ];
        let errors = error.into_iter().chain(args.errors_of_patterns());
        let errors: Vec<Error> = errors.chain(nested.into_iter().flatten()).collect();
        Partial {
            value: args,
            error: (!errors.is_empty()).then(|| Error::multiple(errors)),
        }
    }

    /// Takes limits of time that name what the function's signature binds for code.
    pub(crate) fn compute_limits(&mut self, binds: impl Fn(&Ident) -> bool) {
        CallLimit::compute_from(self.timeout.as_mut(), &binds);
        CallLimit::compute_from(self.deadline.as_mut(), &binds);
    }

    /// Whether failed attempts are repeated.
    pub(crate) fn retries(&self) -> bool {
        !Toggle::is_off(self.retry.as_ref())
    }

    /// Whether the arguments are needed again beside or after an attempt.
    pub(crate) fn keeps_arguments(&self) -> bool {
        self.retries() || self.hedges() || self.verify.is_some()
    }

    /// Whether another attempt may start beside one.
    pub(crate) fn hedges(&self) -> bool {
        Toggle::on(self.hedge.as_ref()).is_some()
    }

    /// `retry(retry_if = …)`
    pub(crate) fn retry_if(&self) -> Option<&Spanned<Callable>> {
        Toggle::on(self.retry.as_ref())?.retry_if.as_ref()
    }
}
