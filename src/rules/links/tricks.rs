//! What is crooked about an address.

use super::address::{Address, Number, authority};
use super::domain::same_owner;
use super::redirects::Onward;
use super::{Link, LinkTrick, in_text, letters, shorteners};

/// The tricks of the address alone, in the order of [`LinkTrick`].
pub(super) fn of_address(url: &str, address: &Address, onward: &Onward) -> Vec<LinkTrick> {
    let has = |trick: LinkTrick| match trick {
        LinkTrick::Shortener => shorteners::is_one(&address.host),
        LinkTrick::IpAddress => address.number == Number::Public,
        LinkTrick::Punycode => letters::imitation(&address.host).is_some(),
        LinkTrick::Userinfo => address.has_user,
        LinkTrick::Disguised => is_in_fancy_letters(url),
        LinkTrick::Redirect => onward.redirects,
        LinkTrick::TextMismatch => false,
    };
    LinkTrick::ALL
        .iter()
        .copied()
        .filter(|trick| has(*trick))
        .collect()
}

/// Mathematical and circled letters turn into plain ones on the way to the site; only full-width ones are typed so by
/// honest keyboards.
fn is_in_fancy_letters(url: &str) -> bool {
    url.get(authority(url)).unwrap_or("").contains(|c| {
        matches!(c, '\u{1d400}'..='\u{1d7ff}' | '\u{2460}'..='\u{24ff}' | '\u{1f110}'..='\u{1f189}' | '\u{2100}'..='\u{214f}')
    })
}

/// Longer texts are not read as a name, and may stand in many links at once.
const LOOKED_AT: usize = 1_000;

/// The host that the text of a link names, if it is not where the link leads.
///
/// The text names a host if it is nothing but an address, or holds one with its scheme or `www.`; "asp.net" in a
/// sentence is a word.
pub(super) fn other_name(shown: &str, link: &Link) -> Option<String> {
    let leads_there = |name: &str| {
        same_owner(name, &link.host)
            || link
                .onward
                .iter()
                .filter_map(|to| super::host_of(to))
                .any(|host| same_owner(name, &host))
    };
    let shown = shown
        .get(..shown.floor_char_boundary(LOOKED_AT))
        .unwrap_or(shown);
    let trimmed =
        shown.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '[' | ']' | '/'));
    in_text(shown)
        .into_iter()
        .filter(|link| {
            let start = link.url.get(..4).unwrap_or("").to_ascii_lowercase();
            let whole = link.url.trim_end_matches('/') == trimmed.trim_end_matches('/');
            whole
                || start == "www."
                || (start == "http" || start == "hxxp") && link.url.contains("//")
        })
        .map(|link| link.host)
        .find(|name| !name.is_empty() && !leads_there(name))
}
