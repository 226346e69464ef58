//! What servers send, as their documentation or source has it, see the table of the module and that of the guide.

use super::{read, seconds};

#[test]
fn each_sender_is_understood() {
    let used_up = |wait| (Some(0), None, seconds(wait), Some(seconds(wait)));
    let left = |requests| (Some(requests), None, None, None);
    for (sender, headers, expected) in [
        (
            "Cloudflare",
            &[
                ("Ratelimit", r#""default";r=0;t=30"#),
                ("Ratelimit-Policy", r#""burst";q=100;w=60"#),
            ][..],
            used_up(30),
        ),
        (
            "Hugging Face",
            &[
                ("RateLimit", r#""api";r=0;t=133"#),
                ("RateLimit-Policy", r#""fixed window";"api";q=500;w=300"#),
            ],
            used_up(133),
        ),
        (
            "express-rate-limit, draft-8",
            &[
                (
                    "RateLimit-Policy",
                    r#""100-in-15min"; q=100; w=900; pk=:YmFy:"#,
                ),
                ("RateLimit", r#""100-in-15min"; r=0; t=900"#),
            ],
            used_up(900),
        ),
        (
            "express-rate-limit, draft-7",
            &[
                ("RateLimit-Policy", "100;w=900"),
                ("RateLimit", "limit=100, remaining=0, reset=50"),
            ],
            used_up(50),
        ),
        (
            "express-rate-limit, draft-6",
            &[
                ("RateLimit-Policy", "100;w=900"),
                ("RateLimit-Limit", "100"),
                ("RateLimit-Remaining", "0"),
                ("RateLimit-Reset", "50"),
            ],
            used_up(50),
        ),
        (
            "express-rate-limit, legacy",
            &[
                ("X-RateLimit-Limit", "100"),
                ("X-RateLimit-Remaining", "99"),
                ("X-RateLimit-Reset", "1769861700"),
            ],
            left(99),
        ),
        (
            "GitHub",
            &[
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-used", "5000"),
                ("x-ratelimit-reset", "1769864400"),
                ("x-ratelimit-resource", "core"),
            ],
            used_up(3_600),
        ),
        (
            "GitHub, a secondary limit",
            &[
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", "4000"),
                ("x-ratelimit-reset", "1769864400"),
            ],
            left(4_000),
        ),
        (
            "GitLab, the limit of one function",
            &[
                ("RateLimit-Limit", "600"),
                ("RateLimit-Observed", "5"),
                ("RateLimit-Remaining", "595"),
                ("RateLimit-Reset", "1769860860"),
                ("RateLimit-ResetTime", "Sat, 31 Jan 2026 12:01:00 GMT"),
            ],
            left(595),
        ),
        (
            "X",
            &[
                ("x-rate-limit-limit", "900"),
                ("x-rate-limit-remaining", "0"),
                ("x-rate-limit-reset", "1769861700"),
            ],
            used_up(900),
        ),
        (
            "Envoy's rate limit service",
            &[
                (
                    "x-ratelimit-limit",
                    r#"10, 10;w=1;name="per-ip", 1000;w=3600"#,
                ),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1"),
            ],
            used_up(1),
        ),
        (
            "Envoy, the reset alone",
            &[("x-ratelimit-reset", "60")],
            (None, None, seconds(60), None),
        ),
        (
            "Reddit",
            &[
                ("x-ratelimit-used", "600"),
                ("x-ratelimit-remaining", "0.0"),
                ("x-ratelimit-reset", "312"),
            ],
            used_up(312),
        ),
        (
            "Discord",
            &[
                ("X-RateLimit-Limit", "5"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", "1769860861.123"),
                ("X-RateLimit-Reset-After", "61"),
                ("X-RateLimit-Bucket", "abcd1234"),
            ],
            used_up(61),
        ),
        (
            "OpenRouter",
            &[
                ("X-RateLimit-Limit", "50"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", "1769904000000"),
            ],
            used_up(43_200),
        ),
        (
            "Atlassian",
            &[
                ("X-RateLimit-Limit", "350"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", "2026-01-31T12:05Z"),
            ],
            used_up(300),
        ),
        (
            "APISIX, Vault, Fastify",
            &[
                ("X-RateLimit-Limit", "2"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", "10"),
            ],
            used_up(10),
        ),
    ] {
        assert_eq!(read(headers), expected, "{sender}");
    }
}
