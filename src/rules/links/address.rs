//! One web address taken apart as browsers do it (the URL Standard).

use std::ops::Range;

use url::{Host, Position, Url};

/// What a web address says.
#[derive(Debug, Default)]
pub(super) struct Address {
    /// As [`Link::host`](super::Link::host).
    pub host: String,
    /// As [`Link::path`](super::Link::path).
    pub path: String,
    /// A user or password stands before the host.
    pub has_user: bool,
    pub number: Number,
}

/// Whether the host is a number.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    #[default]
    None,
    /// A number every program writes so, of a machine nobody outside can reach: where developers try things out.
    OwnNetwork,
    Public,
}

impl Address {
    /// Takes `url` apart, with or without a scheme. An address that browsers refuse has no host.
    pub(super) fn of(url: &str) -> Self {
        let url = cleaned(url);
        let Some(parsed) = parsed(&url) else {
            let rest = authority(&url);
            let rest = url.get(rest.end..).unwrap_or("").to_owned();
            return Self {
                path: rest,
                ..Self::default()
            };
        };
        Self {
            host: host(&parsed).unwrap_or_default(),
            path: parsed[Position::BeforePath..].to_owned(),
            has_user: !parsed.username().is_empty() || parsed.password().is_some(),
            number: number(&parsed, &url),
        }
    }
}

/// The host of a web address, with or without a scheme, in the form [`Link::host`](super::Link::host) has.
#[must_use]
pub fn host_of(url: &str) -> Option<String> {
    host(&parsed(&cleaned(url))?)
}

fn parsed(url: &str) -> Option<Url> {
    match scheme(url) {
        Some(scheme) if is_web(scheme) => Url::parse(url).ok(),
        Some(_) => None,
        None => Url::parse(&format!("http://{}", url.trim_start_matches(['/', '\\']))).ok(),
    }
}

fn host(url: &Url) -> Option<String> {
    let host = match url.host()? {
        // An IPv4 address in IPv6's clothes is the same machine.
        Host::Ipv6(number) => match number.to_ipv4_mapped() {
            Some(number) => number.to_string(),
            None => format!("[{number}]"),
        },
        host => host.to_string(),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

fn number(parsed: &Url, url: &str) -> Number {
    let (own, plain) = match parsed.host() {
        Some(Host::Ipv4(number)) => (
            number.is_private() || number.is_loopback() || number.is_link_local(),
            number.to_string(),
        ),
        Some(Host::Ipv6(number)) => (
            number.is_loopback() || number.is_unique_local() || number.is_unicast_link_local(),
            format!("[{number}]"),
        ),
        _ => return Number::None,
    };
    let written = url.get(authority(url)).unwrap_or("");
    let written = written.rsplit('@').next().unwrap_or("");
    let port = written
        .strip_prefix(&plain)
        .is_some_and(|port| port.is_empty() || port.starts_with(':'));
    if own && port {
        Number::OwnNetwork
    } else {
        Number::Public
    }
}

/// Where user, host and port stand in an address.
pub(super) fn authority(url: &str) -> Range<usize> {
    let after = scheme(url).map_or(0, |scheme| scheme.len() + 1);
    let rest = url.get(after..).unwrap_or("");
    let name = rest.trim_start_matches(['/', '\\']);
    let start = after + rest.len() - name.len();
    let length = name.find(['/', '\\', '?', '#']).unwrap_or(name.len());
    start..start + length
}

pub(super) fn is_web(scheme: &str) -> bool {
    ["http", "https", "ftp"]
        .iter()
        .any(|web| scheme.eq_ignore_ascii_case(web))
}

/// What stands before the colon, if that is a scheme: a host may stand there too, with its port behind it.
pub(super) fn scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let is_port = rest.starts_with(|c: char| c.is_ascii_digit())
        && !is_web(scheme)
        && !matches!(scheme, "tel" | "sms");
    (well_formed && !is_port).then_some(scheme)
}

/// An address as browsers take it: blanks around it and line ends inside it do not count.
pub(super) fn cleaned(url: &str) -> String {
    url.trim_matches(|c: char| c <= ' ')
        .replace(['\t', '\n', '\r'], "")
}
