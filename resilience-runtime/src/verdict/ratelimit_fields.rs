//! Parses the values of `RateLimit` and `RateLimit-Policy`, which are lists of structured fields (RFC 9651).
//!
//! The newest draft is <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/11/>; servers send older ones
//! as well. A parser to the letter would refuse much of what is sent, so this one takes:
//!
//! | value | sent by |
//! |---|---|
//! | `"default";r=50;t=30`, `"burst";q=100;w=60` | draft 8 to 11, [Cloudflare](https://developers.cloudflare.com/fundamentals/api/reference/limits) |
//! | `"100-in-15min"; r=99; t=900`, with spaces | [express-rate-limit](https://github.com/express-rate-limit/express-rate-limit/blob/main/source/headers.ts), `draft-8` |
//! | `limit=100, remaining=50, reset=50`, without a name | draft 7, express-rate-limit `draft-7` |
//! | `"fixed window";"api";q=500;w=300`, several names | [Hugging Face](https://huggingface.co/docs/hub/rate-limits): the second one is that of `"api";r=499;t=293` |
//! | `protection;r=50;t=30`, names without quotes | examples of [the working group](https://github.com/ietf-wg-httpapi/ratelimit-headers/issues/137) |
//!
//! Nothing is allocated, and of a value that is longer than any server has reason to send nothing is read.

use std::iter;

/// The longest value that is read.
const LONGEST_VALUE: usize = 4_096;

/// As many members of a list are read, and as many names of one.
pub(crate) const MOST_MEMBERS: usize = 16;
const MOST_NAMES: usize = 4;

/// One member of a list: its names, and its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    text: &'a str,
    /// Found once: each limit is compared with each policy.
    names: [Option<&'a str>; MOST_NAMES],
}

impl<'a> Member<'a> {
    fn new(text: &'a str) -> Self {
        let mut names = [None; MOST_NAMES];
        let found = split(text, b';')
            .map(str::trim)
            .filter(|piece| !piece.is_empty() && parameter(piece).is_none());
        for (place, name) in names.iter_mut().zip(found) {
            *place = Some(bare(name));
        }
        Self { text, names }
    }

    /// Returns the names of the policy. The draft has one, some servers send several.
    pub(crate) fn names(self) -> impl Iterator<Item = &'a str> {
        self.names.into_iter().flatten()
    }

    /// Returns the value of the first parameter that has one of these keys.
    pub(crate) fn parameter(self, keys: &[&str]) -> Option<&'a str> {
        split(self.text, b';')
            .filter_map(parameter)
            .find(|(key, _)| keys.iter().any(|known| key.eq_ignore_ascii_case(known)))
            .map(|(_, value)| value)
    }

    /// Whether the two have a name in common.
    pub(crate) fn is_named_like(self, other: Self) -> bool {
        self.names()
            .any(|name| other.names().any(|its| its == name))
    }
}

/// Returns the members of one value. Those of draft 7 have no name, and each is a part of one quota.
pub(crate) fn members(value: &str) -> impl Iterator<Item = Member<'_>> {
    let value = if value.len() <= LONGEST_VALUE {
        value
    } else {
        ""
    };
    split(value, b',').map(Member::new).take(MOST_MEMBERS)
}

/// Splits at a separator outside of quoted strings. A string that does not end goes on to the end.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let (mut is_quoted, mut is_escaped) = (false, false);
        let at = text.bytes().position(|byte| {
            let was_escaped = std::mem::take(&mut is_escaped);
            match byte {
                _ if was_escaped => false,
                b'\\' => {
                    is_escaped = is_quoted;
                    false
                }
                b'"' => {
                    is_quoted = !is_quoted;
                    false
                }
                _ => byte == separator && !is_quoted,
            }
        });
        // The separator is one byte long, so that both sides are text.
        let (piece, after) = match at {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        rest = after;
        Some(piece)
    })
}

/// `key=value`, where the key is no quoted string.
fn parameter(piece: &str) -> Option<(&str, &str)> {
    let (key, value) = piece.split_once('=')?;
    let key = key.trim();
    // `"a=b"` is a name, and so is the byte sequence `:YT0=:`.
    let is_key = !key.is_empty() && !key.contains(['"', ':']);
    is_key.then(|| (key, bare(value.trim())))
}

/// A string without its quotes. Escapes stay as they are: both sides of a comparison have them.
fn bare(text: &str) -> &str {
    let inner = text.strip_prefix('"').unwrap_or(text);
    inner.strip_suffix('"').unwrap_or(inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYS: [&str; 6] = ["r", "t", "q", "w", "qu", "pk"];

    type Read<'a> = (Vec<&'a str>, Vec<(&'static str, &'a str)>);

    fn read<'a>(member: Member<'a>) -> Read<'a> {
        let values = KEYS.iter().map(|key| (*key, member.parameter(&[key])));
        let known = values.filter_map(|(key, value)| Some((key, value?)));
        (member.names().collect(), known.collect())
    }

    #[test]
    fn members_have_names_and_parameters() {
        for (value, expected) in [
            (
                r#""default";r=50;t=30"#,
                vec![(vec!["default"], vec![("r", "50"), ("t", "30")])],
            ),
            (
                r#""permin";q=50;w=60,"perhr";q=1000;w=3600"#,
                vec![
                    (vec!["permin"], vec![("q", "50"), ("w", "60")]),
                    (vec!["perhr"], vec![("q", "1000"), ("w", "3600")]),
                ],
            ),
            (
                r#""peruser";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:"#,
                vec![(
                    vec!["peruser"],
                    vec![
                        ("q", "65535"),
                        ("w", "10"),
                        ("qu", "content-bytes"),
                        ("pk", ":sdfjLJUOUH==:"),
                    ],
                )],
            ),
            (
                r#""100-in-15min"; q=100; w=900; pk=:YmFy:"#,
                vec![(
                    vec!["100-in-15min"],
                    vec![("q", "100"), ("w", "900"), ("pk", ":YmFy:")],
                )],
            ),
            (
                r#""fixed window";"api";q=500;w=300"#,
                vec![(
                    vec!["fixed window", "api"],
                    vec![("q", "500"), ("w", "300")],
                )],
            ),
            (
                "protection;R=50 ; T = \"30\"",
                vec![(vec!["protection"], vec![("r", "50"), ("t", "30")])],
            ),
            // Neither separates inside of a string.
            (
                r#""a,b;c=\"1\"";r=1"#,
                vec![(vec![r#"a,b;c=\"1\""#], vec![("r", "1")])],
            ),
            // What does not end.
            (r#""a;r=1,b"#, vec![(vec!["a;r=1,b"], vec![])]),
            (r#""a\"#, vec![(vec![r"a\"], vec![])]),
            ("", vec![(vec![], vec![])]),
            ("100;w=60", vec![(vec!["100"], vec![("w", "60")])]),
        ] {
            assert_eq!(
                members(value).map(read).collect::<Vec<_>>(),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn common_name_connects_a_limit_with_its_policy() {
        let one = |value: &'static str| members(value).next().expect("a member");
        let limit = one(r#""api";r=499;t=293"#);
        assert!(limit.is_named_like(one(r#""fixed window";"api";q=500;w=300"#)));
        assert!(!limit.is_named_like(one(r#""pages";q=500;w=300"#)));
        assert!(!one("r=1").is_named_like(one("r=1")), "no name at all");
    }

    #[test]
    fn only_a_beginning_is_read() {
        assert_eq!(members(&"a;r=1,".repeat(100)).count(), MOST_MEMBERS);
        let names: usize = members(&"a;r=1,".repeat(20_000))
            .map(|member| member.names().count())
            .sum();
        assert_eq!(names, 0);
    }

    /// Splits character by character.
    fn naive(text: &str, separator: char) -> Vec<String> {
        let mut pieces = vec![String::new()];
        let (mut quoted, mut escaped) = (false, false);
        for c in text.chars() {
            if c == separator && !quoted {
                pieces.push(String::new());
                continue;
            }
            pieces.last_mut().expect("one").push(c);
            if escaped {
                escaped = false;
            } else if c == '\\' && quoted {
                escaped = true;
            } else if c == '"' {
                quoted = !quoted;
            }
        }
        pieces
    }

    proptest! {
        #[test]
        fn split_agrees_with_the_naive_one(text in r#"[ab,;="\\ä]{0,30}"#) {
            prop_assert_eq!(split(&text, b',').collect::<Vec<_>>(), naive(&text, ','));
            prop_assert_eq!(split(&text, b';').collect::<Vec<_>>(), naive(&text, ';'));
        }

        #[test]
        fn what_is_written_is_read(
            names in proptest::collection::vec("[a-z ,;=-]{1,8}", 1..4),
            remaining in any::<u32>(),
            reset in any::<u32>(),
        ) {
            let value: Vec<String> = names
                .iter()
                .map(|name| format!("\"{name}\" ; r={remaining};t = {reset}"))
                .collect();
            let value = value.join(", ");
            let read: Vec<_> = members(&value).collect();
            prop_assert_eq!(read.len(), names.len());
            for (member, name) in read.iter().zip(&names) {
                prop_assert_eq!(member.names().collect::<Vec<_>>(), [name.as_str()]);
                prop_assert_eq!(member.parameter(&["r"]), Some(&*remaining.to_string()));
                prop_assert_eq!(member.parameter(&["remaining", "t"]), Some(&*reset.to_string()));
            }
        }

        #[test]
        fn members_never_panic(value in "\\PC{0,60}") {
            for member in members(&value) {
                let _ = (member.names().count(), member.parameter(&["r"]), member.is_named_like(member));
            }
        }
    }
}
