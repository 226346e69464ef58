//! The arguments of each list, and the suggestions for unknown names.

use super::aliases::ALIASES;
use super::arg_list::ArgList;

/// Where the weight of a target is set.
pub(super) const WEIGHT: &str = "the weight of a target stands in the pool, `Target::new(…).weight(2.0)`, in `TargetSettings` or in a \
variable";

/// Names that have no counterpart here, and what to write instead.
const EXPLAINED: &[(&str, &str)] = &[
    (
        "backoff",
        "the backoff is always exponential: `retry(base_delay = \"500ms\", multiplier = 2.0, jitter = \"full\")`",
    ),
    (
        "batch",
        "it was removed: the limiter takes tokens call by call",
    ),
    ("weight", WEIGHT),
    (
        "skip",
        "it stands alone, as `#[resilient(skip)]`, at a method of an `impl` block under `#[resilient_methods(…)]`",
    ),
];

/// The message about a name that `here` does not take.
pub(crate) fn unknown(name: &str, here: ArgList, all: &[ArgList]) -> String {
    let what = match here.within {
        None => format!("unknown argument `{name}`"),
        Some(group) => format!("unknown argument `{name}` in `{group}(…)`"),
    };
    if let Some((_, explanation)) = EXPLAINED.iter().find(|(theirs, _)| *theirs == name) {
        return format!("{what}; {explanation}");
    }
    let aliases = || ALIASES.iter().filter(|(theirs, _)| *theirs == name);
    // `delay` in `retry(…)` is no slip of the place.
    let hint = aliases()
        .find(|(_, known)| here.takes(known))
        .map(|(_, known)| format!("; here it is called `{known}`"))
        .or_else(|| elsewhere(name, here, all))
        .or_else(|| {
            let known = aliases().next()?.1;
            let hint = elsewhere(known, here, all)?;
            Some(hint.replace("it belongs", &format!("`{known}` belongs")))
        })
        .or_else(|| {
            Some(format!(
                "; did you mean `{}`?",
                nearest(name, &here.offered())?
            ))
        })
        .or_else(|| {
            // A slip of the pen and the wrong place at once.
            let names = all.iter().flat_map(|list| list.offered());
            let near = nearest(name, &names.collect::<Vec<_>>())?;
            Some(elsewhere(near, here, all)?.replace(
                "; it belongs",
                &format!("; did you mean `{near}`? It belongs"),
            ))
        })
        .unwrap_or_else(|| format!("; expected {}", list(&here.offered())));
    what + &hint
}

/// Where else the name would be right.
fn elsewhere(name: &str, here: ArgList, all: &[ArgList]) -> Option<String> {
    let mut homes: Vec<Option<&str>> = all
        .iter()
        .filter(|place| place.names != here.names && place.takes(name))
        .map(|place| place.within)
        .collect();
    // A name of both caches.
    homes.dedup();
    if homes.is_empty() {
        return None;
    }
    // One of the attribute's own arguments inside of a group.
    if homes.contains(&None) {
        let group = here.within?;
        return Some(format!(
            "; it belongs outside of `{group}(…)`, beside it in the attribute"
        ));
    }
    let homes: Vec<String> = homes
        .into_iter()
        .flatten()
        .map(|group| match name {
            // The last good answer takes fewer.
            _ if here.within == Some(group) => format!("the attribute's own `{group}({name} = …)`"),
            "cache" => format!("`{group}({name}(…))`"),
            "registered" | "shared" => format!("`{group}({name})`"),
            _ => format!("`{group}({name} = …)`"),
        })
        .collect();
    Some(format!("; it belongs inside {}", homes.join(" or ")))
}

/// The name that is spelled most like it, if any is near.
pub(crate) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    names
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// `` `a`, `b` or `c` ``
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::all_lists::ARG_LISTS;
    use crate::args::{Args, Bulkhead, LastGood, RateLimit, Retry, arg_list::place};

    fn unknown(name: &str, here: ArgList) -> String {
        super::unknown(name, here, ARG_LISTS)
    }

    fn own() -> ArgList {
        place::<Args>()
    }

    #[test]
    fn every_foreign_name_leads_to_one_of_ours() {
        for &(theirs, ours) in ALIASES {
            assert!(ARG_LISTS.iter().any(|place| place.takes(ours)), "{ours}");
            // Another list may have the word for something else.
            let both =
                |place: &ArgList| place.names.contains(&theirs) && place.names.contains(&ours);
            assert!(!ARG_LISTS.iter().any(both), "{theirs}");
        }
    }

    #[test]
    fn a_misspelt_name_gets_the_nearest_one() {
        assert_eq!(
            unknown("retires", own()),
            "unknown argument `retires`; did you mean `retry`?"
        );
        assert_eq!(
            unknown("max_attempt", place::<Retry>()),
            "unknown argument `max_attempt` in `retry(…)`; did you mean `max_attempts`?"
        );
    }

    #[test]
    fn a_name_in_the_wrong_place_is_told_its_home() {
        assert_eq!(
            unknown("max_attempts", own()),
            "unknown argument `max_attempts`; it belongs inside `retry(max_attempts = …)`"
        );
        assert_eq!(
            unknown("max_wait", own()),
            "unknown argument `max_wait`; it belongs inside `rate_limit(max_wait = …)` or `bulkhead(max_wait = …)`"
        );
        assert_eq!(
            unknown("ttl", own()),
            "unknown argument `ttl`; it belongs inside `cache(ttl = …)`"
        );
        assert_eq!(
            unknown("stale_if_error", place::<LastGood>()),
            "unknown argument `stale_if_error` in `cache(…)`; it belongs inside the attribute's own `cache(stale_if_error = …)`"
        );
        assert_eq!(
            unknown("cache", place::<Retry>()),
            "unknown argument `cache` in `retry(…)`; it belongs outside of `retry(…)`, beside it in the attribute"
        );
        assert_eq!(
            unknown("timeout", place::<Retry>()),
            "unknown argument `timeout` in `retry(…)`; it belongs outside of `retry(…)`, beside it in the attribute"
        );
    }

    #[test]
    fn a_name_of_another_library_is_translated() {
        assert_eq!(
            unknown("max_retries", place::<Retry>()),
            "unknown argument `max_retries` in `retry(…)`; here it is called `max_attempts`"
        );
        assert_eq!(
            unknown("distributed", place::<RateLimit>()),
            "unknown argument `distributed` in `rate_limit(…)`; here it is called `shared`"
        );
        assert_eq!(
            unknown("fleet", own()),
            "unknown argument `fleet`; `shared` belongs inside `rate_limit(shared)`"
        );
        assert_eq!(
            unknown("rpm", own()),
            "unknown argument `rpm`; `requests_per_minute` belongs inside `rate_limit(requests_per_minute = …)`"
        );
    }

    #[test]
    fn name_without_counterpart_is_explained() {
        assert_eq!(
            unknown("backoff", place::<Retry>()),
            "unknown argument `backoff` in `retry(…)`; the backoff is always exponential: \
             `retry(base_delay = \"500ms\", multiplier = 2.0, jitter = \"full\")`"
        );
    }

    #[test]
    fn settings_of_a_target_belong_to_no_attribute() {
        assert_eq!(
            unknown("target", own()),
            "unknown argument `target`; did you mean `targets`?"
        );
        assert_eq!(
            unknown("pool", own()),
            "unknown argument `pool`; here it is called `targets`"
        );
        assert!(unknown("weight", own()).contains("stands in the pool"));
        assert!(!unknown("zzz", own()).contains("`target`"));
    }

    #[test]
    fn a_name_like_no_other_gets_the_whole_list() {
        assert_eq!(
            unknown("zzz", place::<Bulkhead>()),
            "unknown argument `zzz` in `bulkhead(…)`; expected `max_concurrent`, `max_wait`, `max_keys`, `mode`, `adaptive`, `key` or `keyed`"
        );
    }
}
