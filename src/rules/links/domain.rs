//! Hosts and the part of them somebody registered, by the public suffix list (publicsuffix.org).

use std::borrow::Cow;

use psl::{Psl, Type};
use url::quirks::domain_to_unicode;

/// The part of `host` that is registered by one owner (`example.co.uk` in `www.example.co.uk`), if its ending is a
/// known public suffix.
#[must_use]
pub fn registrable_domain(host: &str) -> Option<&str> {
    let (labels, _) = public_suffix(host)?;
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let domain = match (dots.nth(labels - 1), dots.next()) {
        (Some(_), Some(before)) => host.get(before + 1..)?,
        (Some(_), None) => host,
        (None, _) => return None,
    };
    (!domain.starts_with('.')).then_some(domain)
}

/// Whether `host` is `domain` or one of its sub-domains. Case does not matter.
#[must_use]
pub fn host_is_or_under(host: &str, domain: &str) -> bool {
    let Some((above, end)) = host
        .len()
        .checked_sub(domain.len())
        .and_then(|at| host.split_at_checked(at))
    else {
        return false;
    };
    !domain.is_empty()
        && end.eq_ignore_ascii_case(domain)
        && (above.is_empty() || above.ends_with('.'))
}

/// Whether two hosts belong to one owner: they share their registrable domain, or are the same. Under an ending the list
/// does not know, two labels are taken for one owner's, as the list itself advises.
pub(super) fn same_owner(one: &str, other: &str) -> bool {
    owned(one).eq_ignore_ascii_case(owned(other))
}

fn owned(host: &str) -> &str {
    if host.ends_with(|c: char| c.is_ascii_digit() || c == ']') {
        return host;
    }
    registrable_domain(host).unwrap_or_else(|| match host.rmatch_indices('.').nth(1) {
        Some((dot, _)) => host.get(dot + 1..).unwrap_or(host),
        None => host,
    })
}

/// Whether names are registered right below `name`, as below `com`, `co.uk` or `github.io`.
#[must_use]
pub fn is_public_suffix(name: &str) -> bool {
    public_suffix(name).is_some_and(|(labels, _)| labels == name.split('.').count())
}

/// How many labels of `host` are a known public suffix, and whether a registry or a company runs it. The list names
/// international suffixes in their own letters.
pub(super) fn public_suffix(host: &str) -> Option<(usize, Type)> {
    let read = if host.contains("xn--") {
        Cow::Owned(domain_to_unicode(host))
    } else {
        Cow::Borrowed(host)
    };
    let suffix = psl::List.suffix(read.as_bytes())?;
    let labels = suffix.as_bytes().split(|byte| *byte == b'.').count();
    Some((labels, suffix.typ()?))
}
