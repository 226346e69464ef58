//! Who may ask: requests under a name that is not ours, and commands from pages of other origins, are refused.
//!
//! A page on the web can let its own name point to the address of these routes ("DNS rebinding"); a browser then counts the
//! routes as part of that page. Such a request carries the name of the page as its host, which no script can change.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, header};

use super::response::error;

/// The names, in lower case and without port, under which the routes may be asked besides addresses and `localhost`.
#[derive(Clone, Debug, Default)]
pub(super) struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    pub(super) fn new<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> Self {
        let hosts = hosts.into_iter().map(|host| {
            let host = host.into();
            name_of(host.trim()).to_ascii_lowercase()
        });
        Self(hosts.collect())
    }

    /// Whether a host, with or without its port, is an address, of this machine, or one of these names.
    fn contain(&self, host: &str) -> bool {
        let name = name_of(host);
        let bracketed = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        if let Some(address) = bracketed {
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let name = name.to_ascii_lowercase();
        name.parse::<Ipv4Addr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.0.contains(&name)
    }
}

/// Refuses requests under the name of somebody else, and commands of pages of another origin.
pub(super) async fn guard(
    State(allowed): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Response {
    match check(&allowed, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NoHost,
    OtherHost,
    OtherOrigin,
}

impl Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NoHost => error(StatusCode::BAD_REQUEST, "exactly one valid host is needed"),
            Self::OtherHost => error(
                StatusCode::MISDIRECTED_REQUEST,
                "this host is not allowed, see `AdminRouter::allowed_hosts`",
            ),
            Self::OtherOrigin => error(
                StatusCode::FORBIDDEN,
                "pages of another origin may not send commands",
            ),
        }
    }
}

fn check(allowed: &AllowedHosts, request: &Request) -> Result<(), Refusal> {
    let host = host_of(request).ok_or(Refusal::NoHost)?;
    if !allowed.contain(host.as_str()) {
        return Err(Refusal::OtherHost);
    }
    let only_reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !only_reads && comes_from_elsewhere(request.headers(), &host) {
        return Err(Refusal::OtherOrigin);
    }
    Ok(())
}

/// The host that a request names: `:authority` or an absolute target, else the header. `None`: none, or several.
fn host_of(request: &Request) -> Option<Authority> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let header = match (named.next(), named.next()) {
        (Some(host), None) => Some(Authority::try_from(host.as_bytes()).ok()?),
        (Some(_), Some(_)) => return None,
        (None, _) => None,
    };
    let host = match (request.uri().authority().cloned(), header) {
        (Some(target), Some(header)) if target != header => return None,
        (target, header) => target.or(header)?,
    };
    // The name of a user is no part of a host.
    (!host.as_str().contains('@')).then_some(host)
}

/// Whether a browser says that a page of another origin sends this. Other clients say nothing of the kind.
fn comes_from_elsewhere(headers: &HeaderMap, host: &Authority) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if sites.any(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site")) {
        return true;
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    // The scheme is not compared: what stands in front may end TLS. `null` is the origin of a sandbox or a file.
    let is_same = |origin: &http::HeaderValue| {
        let (scheme, authority) = origin.to_str().ok()?.split_once("://")?;
        let authority: Authority = authority.parse().ok()?;
        Some(without_default_port(&authority, scheme) == without_default_port(host, scheme))
    };
    origins.any(|origin| is_same(origin) != Some(true))
}

/// The host and the port that is not the scheme's own, in lower case.
fn without_default_port(authority: &Authority, scheme: &str) -> String {
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let text = authority.as_str().to_ascii_lowercase();
    match text.strip_suffix(default) {
        Some(host) => host.to_owned(),
        None => text,
    }
}

/// A host without its port, and without the dot of a full name.
fn name_of(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        // The colons of an address in brackets are no port's.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_loopback_names_pass() {
        let none = AllowedHosts::default();
        for host in [
            "127.0.0.1",
            "127.0.0.1:9090",
            "10.1.2.3:80",
            "[::1]",
            "[::1]:9090",
            "[fe80::1]",
            "localhost",
            "LocalHost:9090",
            "localhost.",
            "ops.localhost:1",
        ] {
            assert!(none.contain(host), "{host}");
        }
        for host in [
            "rebind.example",
            "rebind.example:9090",
            "localhost.example",
            "notlocalhost",
            "127.0.0.1.example",
            "127.0.0.1.nip.io:80",
            "[rebind]",
            "[::1].example",
            "::1",
            "0x7f000001",
            "",
            ":80",
            ".",
        ] {
            assert!(!none.contain(host), "{host}");
        }
    }

    #[test]
    fn allowed_hosts_match_without_case_and_port() {
        let ours = AllowedHosts::new(["Ops.Example.com", " ops2.example.com:8443 "]);
        for host in [
            "ops.example.com",
            "OPS.example.COM:9090",
            "ops.example.com.",
            "ops2.example.com",
        ] {
            assert!(ours.contain(host), "{host}");
        }
        for host in ["example.com", "x.ops.example.com", "ops.example.com.evil"] {
            assert!(!ours.contain(host), "{host}");
        }
    }
}
