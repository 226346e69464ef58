//! What is left of a server's quotas, by the headers that many servers share: `RateLimit`, and the three older ones
//! `RateLimit-Limit`, `-Remaining` and `-Reset`, also as `X-RateLimit-…` and `X-Rate-Limit-…`.
//!
//! | headers | sent by |
//! |---|---|
//! | `RateLimit`, `RateLimit-Policy` | see [`ratelimit_fields`](crate::verdict::ratelimit_fields) |
//! | `RateLimit-…`, a span | [draft 6](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/06/), express-rate-limit `draft-6`, [Fastify](https://github.com/fastify/fastify-rate-limit), [Kong](https://github.com/Kong/kong/blob/master/kong/plugins/rate-limiting/handler.lua) |
//! | `RateLimit-…`, a moment | [GitLab](https://gitlab.com/gitlab-org/gitlab/-/issues/199738) |
//! | `X-RateLimit-…`, a span | [Envoy](https://github.com/envoyproxy/envoy/blob/main/source/extensions/filters/http/ratelimit/ratelimit_headers.cc), Fastify, [APISIX](https://apisix.apache.org/docs/apisix/3.19/plugins/limit-count/) (with a 503), [Vault](https://developer.hashicorp.com/vault/api-docs/system/quotas-config), [Reddit](https://github.com/reddit/reddit/wiki/API) |
//! | `X-RateLimit-…`, a moment | [GitHub](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api) (with a 403 as well), [Discord](https://docs.discord.com/developers/topics/rate-limits), [OpenRouter](https://github.com/Gitlawb/openclaude/issues/936) (milliseconds), [Atlassian](https://developer.atlassian.com/cloud/jira/platform/rate-limiting) (a date) |
//! | `X-Rate-Limit-…`, a moment | [X](https://docs.x.com/fundamentals/rate-limits), [IBM Verify](https://www.ibm.com/docs/en/sva/11.0.3?topic=stanza-add-response-headers) |
//!
//! These windows end at once, and a window of a day has one too. So after a success that used up the last unit nobody waits:
//! only a refusal shows that the server means it. A reset that stands beside what is left says nothing about a refusal, which
//! then had another reason: GitHub's second limits and GitLab's limits of single functions answer so.

use std::time::Duration;

use super::http_parts::HttpHeaders;
use crate::verdict::ratelimit_fields::{MOST_MEMBERS, Member, members};
use crate::verdict::reset_time::until_reset;

/// As many values of a header are read, and as much of each.
const MOST_VALUES: usize = 8;
const LONGEST_VALUE: usize = 256;

/// What is left of the quotas of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HttpQuotas {
    /// What is left of the scarcest quota of requests.
    pub(crate) requests: Option<u32>,
    /// What is left of the scarcest quota of tokens.
    pub(crate) tokens: Option<u32>,
    pub(crate) input_tokens: Option<u32>,
    pub(crate) output_tokens: Option<u32>,
    /// Whether a quota is used up, whatever it counts.
    pub(crate) is_used_up: bool,
    /// The time until all those that are used up are there again.
    pub(crate) until_there_again: Option<Duration>,
    says_what_is_left: bool,
    /// A reset without what is left.
    reset_alone: Option<Duration>,
}

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Requests,
    Tokens,
    InputTokens,
    OutputTokens,
    /// Calls that run at the same time: no time brings them back.
    Concurrency,
    /// Bytes and whatever else: a limiter does not count them, but one can wait for them.
    Other,
}

impl HttpQuotas {
    pub(crate) fn parse<H: HttpHeaders + ?Sized>(headers: &H) -> Self {
        // What a cache kept was true at another time (draft 11, section 7.3).
        let age = headers.header("age").and_then(count);
        if age.is_some_and(|age| age > 0) {
            return Self::default();
        }
        let date = headers.header("date");
        OLDER
            .iter()
            .map(|names| names.read(headers, date))
            .fold(fields(headers, date), Self::or)
    }

    /// Returns the wait that an answer asks for which refuses for a limit, but names none: a 429. A reset that stands alone
    /// counts as well, as for Envoy's own retries:
    /// <https://hexdocs.pm/envoy_data_plane_api/Envoy.Config.Route.V3.RetryPolicy.RateLimitedRetryBackOff.html>.
    pub(crate) fn wait_of_refusal(&self) -> Option<Duration> {
        let alone = self.reset_alone.filter(|_| !self.says_what_is_left);
        self.until_there_again.or(alone)
    }

    /// What one kind of headers does not say, another may.
    fn or(self, other: Self) -> Self {
        Self {
            requests: self.requests.or(other.requests),
            tokens: self.tokens.or(other.tokens),
            input_tokens: self.input_tokens.or(other.input_tokens),
            output_tokens: self.output_tokens.or(other.output_tokens),
            is_used_up: self.is_used_up || other.is_used_up,
            until_there_again: self.until_there_again.or(other.until_there_again),
            says_what_is_left: self.says_what_is_left || other.says_what_is_left,
            reset_alone: self.reset_alone.or(other.reset_alone),
        }
    }

    fn add(&mut self, unit: Unit, remaining: Option<u32>, reset: Option<Duration>) {
        let Some(remaining) = remaining else {
            self.reset_alone = self.reset_alone.max(reset);
            return;
        };
        self.says_what_is_left = true;
        let scarcer = |known: Option<u32>| Some(known.map_or(remaining, |it| it.min(remaining)));
        match unit {
            Unit::Requests => self.requests = scarcer(self.requests),
            Unit::Tokens => self.tokens = scarcer(self.tokens),
            Unit::InputTokens => self.input_tokens = scarcer(self.input_tokens),
            Unit::OutputTokens => self.output_tokens = scarcer(self.output_tokens),
            Unit::Other => {}
            Unit::Concurrency => return,
        }
        if remaining == 0 {
            self.is_used_up = true;
            self.until_there_again = self.until_there_again.max(reset);
        }
    }
}

/// `RateLimit`, and what the policies of `RateLimit-Policy` say that its limits count.
fn fields<H: HttpHeaders + ?Sized>(headers: &H, date: Option<&str>) -> HttpQuotas {
    let mut policies = [None; MOST_MEMBERS];
    let mut free = policies.iter_mut();
    headers.each_value("ratelimit-policy", &mut |value| {
        for (policy, place) in members(value).zip(free.by_ref()) {
            *place = Some(policy);
        }
    });
    let mut quotas = HttpQuotas::default();
    // Those of draft 7 are spread over members without a name.
    let mut unnamed = (None, None);
    let mut left = MOST_MEMBERS;
    headers.each_value("ratelimit", &mut |value| {
        for limit in members(value).take(left) {
            left -= 1;
            let remaining = limit.parameter(&["r", "remaining"]).map(count);
            let reset = limit
                .parameter(&["t", "reset"])
                .map(|text| until_reset(text, date));
            if limit.names().next().is_some() {
                let unit = unit(limit, policies.iter().flatten().copied());
                quotas.add(unit, remaining.flatten(), reset.flatten());
                continue;
            }
            let is_next = remaining.is_some() && unnamed.0.is_some()
                || reset.is_some() && unnamed.1.is_some();
            if is_next {
                quotas.add(Unit::Requests, unnamed.0.flatten(), unnamed.1.flatten());
                unnamed = (None, None);
            }
            unnamed = (unnamed.0.or(remaining), unnamed.1.or(reset));
        }
    });
    quotas.add(Unit::Requests, unnamed.0.flatten(), unnamed.1.flatten());
    quotas
}

/// What a limit counts: as it or its policy says, else by their names, else requests.
fn unit<'a>(limit: Member<'a>, mut policies: impl Iterator<Item = Member<'a>>) -> Unit {
    let policy = policies.find(|policy| policy.is_named_like(limit));
    let said = limit
        .parameter(&["qu"])
        .or_else(|| policy?.parameter(&["qu"]));
    match said {
        Some("requests" | "request") => Unit::Requests,
        Some("concurrent-requests") => Unit::Concurrency,
        // Not in the registry of the draft, but a unit is a free text.
        Some(unit) => tokens_of(unit).unwrap_or(Unit::Other),
        None => {
            let by_policy = || policy?.names().find_map(tokens_of);
            let by_name = limit.names().find_map(tokens_of).or_else(by_policy);
            by_name.unwrap_or(Unit::Requests)
        }
    }
}

/// `tokens-per-minute`, `input_tokens`, `TPM`. Not `per-token`: that one gives access.
fn tokens_of(name: &str) -> Option<Unit> {
    let has = |word: &str| {
        let mut windows = name.as_bytes().windows(word.len());
        windows.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    if !has("tokens") {
        return name.eq_ignore_ascii_case("tpm").then_some(Unit::Tokens);
    }
    Some(match (has("input"), has("output")) {
        (true, false) => Unit::InputTokens,
        (false, true) => Unit::OutputTokens,
        _ => Unit::Tokens,
    })
}

/// The three older headers, in one spelling.
struct Older {
    limit: &'static str,
    remaining: &'static str,
    reset: &'static str,
    /// Discord's, a span in seconds where its `reset` is a moment.
    reset_after: &'static str,
}

const OLDER: [Older; 3] = [
    Older {
        limit: "ratelimit-limit",
        remaining: "ratelimit-remaining",
        reset: "ratelimit-reset",
        reset_after: "ratelimit-reset-after",
    },
    Older {
        limit: "x-ratelimit-limit",
        remaining: "x-ratelimit-remaining",
        reset: "x-ratelimit-reset",
        reset_after: "x-ratelimit-reset-after",
    },
    Older {
        limit: "x-rate-limit-limit",
        remaining: "x-rate-limit-remaining",
        reset: "x-rate-limit-reset",
        reset_after: "x-rate-limit-reset-after",
    },
];

impl Older {
    fn read<H: HttpHeaders + ?Sized>(&self, headers: &H, date: Option<&str>) -> HttpQuotas {
        let mut remaining = Values::default();
        // A limit of -1 or 0 is how some servers say that there is none, with a 0 beside it.
        if !headers.header(self.limit).is_some_and(is_no_limit) {
            headers.each_value(self.remaining, &mut |value| remaining.push(value, count));
        }
        let mut resets = Values::default();
        for name in [self.reset_after, self.reset] {
            if !resets.any() {
                let read = |text: &str| until_reset(text, date);
                headers.each_value(name, &mut |value| resets.push(value, read));
            }
        }
        let mut quotas = HttpQuotas::default();
        for at in 0..remaining.count {
            // One for all of them, or each has its own.
            let its = if resets.count == 1 { 0 } else { at };
            quotas.add(Unit::Requests, remaining.of[at], resets.of[its]);
        }
        if remaining.count == 0 {
            let longest = resets.of.into_iter().flatten().max();
            quotas.add(Unit::Requests, None, longest);
        }
        quotas
    }
}

/// The values of one header: one in each of its lines, or separated by commas, as a proxy joins them.
struct Values<T> {
    of: [Option<T>; MOST_VALUES],
    count: usize,
}

impl<T: Copy> Default for Values<T> {
    fn default() -> Self {
        Self {
            of: [None; MOST_VALUES],
            count: 0,
        }
    }
}

impl<T: Copy> Values<T> {
    fn push(&mut self, line: &str, read: impl Fn(&str) -> Option<T>) {
        if line.len() > LONGEST_VALUE {
            return;
        }
        // A date of HTTP has a comma of its own.
        let whole = read(line);
        let parts = line.split(',').map(|part| whole.or_else(|| read(part)));
        let most = if whole.is_some() { 1 } else { MOST_VALUES };
        for part in parts.take(most.min(MOST_VALUES - self.count)) {
            self.of[self.count] = part;
            self.count += 1;
        }
    }

    fn any(&self) -> bool {
        self.of.iter().any(Option::is_some)
    }
}

/// A number of units, of which a fraction (Reddit sends `0.0`) is no whole one. A negative one is none: the server does not
/// know, or there is no limit.
fn count(text: &str) -> Option<u32> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(whole) && is_number(fraction)).then(|| whole.parse().unwrap_or(u32::MAX))
}

/// Whether a limit is none. Envoy lists the policies behind it: `10, 10;w=1;name="per-ip"`.
pub(crate) fn is_no_limit(text: &str) -> bool {
    let first = text.split([',', ';']).next().unwrap_or_default();
    first.trim().parse().is_ok_and(|limit: i64| limit <= 0)
}

#[cfg(test)]
mod tests;
