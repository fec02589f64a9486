//! Links: where a message leads. Only what is written plainly; disguised addresses are not read here.

use std::borrow::Cow;
use std::ops::Range;

use linkify::{LinkFinder, LinkKind};
use psl::{Psl, Type};
use url::Url;
use url::quirks::domain_to_unicode;

use super::fold::is_unspaced;

/// One link of a message. Only web addresses count (`http`, `https`, `ftp`, or none of these and a known domain):
/// `mailto:`, `tel:` and `javascript:` lead to no site, and a picture's address is the help desk's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// As written.
    pub url: String,
    /// The host in lower-case ASCII (punycode) without port and closing dot; empty if the address names none.
    pub host: String,
    /// What `<a>` or `[..](..)` shows in the address's stead, which may be nothing; none for a bare link.
    pub shown: Option<String>,
    /// The bytes of [`Text::shown`](super::text::Text::shown) where the link, or what is shown for it, stands.
    pub place: Option<Range<usize>>,
}

/// Finds the links written out in `shown`, in order. Without a scheme a name counts only if it ends in a public suffix
/// (publicsuffix.org) and is not more likely a file (`main.rs`) or two sentences without a blank (`Thanks.It works`).
/// E-mail addresses are not links.
#[must_use]
pub fn in_text(shown: &str) -> Vec<Link> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]);
    finder.url_must_have_scheme(false);
    let mut links = Vec::new();
    let mut start = 0;
    for piece in shown.split_inclusive(ends_link) {
        let word = piece.trim_end_matches(ends_link);
        let before = links.len();
        for found in finder.links(word) {
            if *found.kind() == LinkKind::Url {
                let place = without_neighbours(found.as_str());
                let place = found.start() + place.start..found.start() + place.end;
                links.extend(bare(shown, start + place.start..start + place.end));
            }
        }
        if links.len() == before
            && let Some(place) = international(word)
        {
            links.extend(bare(shown, start + place.start..start + place.end));
        }
        start += piece.len();
    }
    links
}

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

/// Whether a name reads like that of a site: it ends in a public suffix and is not more likely a file.
#[must_use]
pub fn is_site(name: &str) -> bool {
    is_known_name(name)
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

/// The host of a web address, with or without a scheme, in the form [`Link::host`] has.
#[must_use]
pub fn host_of(url: &str) -> Option<String> {
    let url = cleaned(url);
    let parsed = match scheme(&url) {
        Some(scheme) if is_web(scheme) => Url::parse(&url),
        Some(_) => return None,
        None => Url::parse(&format!("http://{}", url.trim_start_matches(['/', '\\']))),
    };
    let host = parsed
        .ok()?
        .host_str()?
        .trim_end_matches('.')
        .to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

/// Reads the `href` of an anchor: the address as written and its host. Nothing if it leads to no site.
pub(super) fn of_anchor(href: &str) -> Option<(String, String)> {
    let url = cleaned(href);
    let leads_out = match scheme(&url) {
        Some(scheme) => is_web(scheme),
        None if url.starts_with("//") => true,
        // Browsers take this for a path on the page itself; who writes it means the site.
        None => is_known_name(&url),
    };
    leads_out.then(|| (href.trim().to_owned(), host_of(&url).unwrap_or_default()))
}

/// What two ways of writing one address have in common.
pub(super) fn same_address(link: &Link) -> String {
    let url = cleaned(&link.url);
    let rest = scheme(&url)
        .and_then(|scheme| url.get(scheme.len() + 1..))
        .unwrap_or(&url);
    let rest = rest.trim_start_matches(['/', '\\']);
    let host_ends = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let path = rest.get(host_ends..).unwrap_or("").trim_end_matches('/');
    let host = if link.host.is_empty() {
        rest.get(..host_ends).unwrap_or("")
    } else {
        &link.host
    };
    format!("{host}{path}")
}

/// Blanks end a link, and so do quotation marks and the stops of scripts written without blanks.
fn ends_link(c: char) -> bool {
    c.is_whitespace() || "，、。！？；：（）［］｛｝「」『』【】《》〈〉“”„‘’«»‹›…".contains(c)
}

/// The bare link that stands at `place`, if it is one.
fn bare(shown: &str, place: Range<usize>) -> Option<Link> {
    let url = shown.get(place.clone()).filter(|url| is_link(url))?;
    Some(Link {
        url: url.to_owned(),
        host: host_of(url).unwrap_or_default(),
        shown: None,
        place: Some(place),
    })
}

/// Where a link may stand in `word` whose last label is not ASCII (`пример.рф`): the finder knows no such domains.
fn international(word: &str) -> Option<Range<usize>> {
    if word.is_ascii() || !word.contains('.') {
        return None;
    }
    let start = word.find(char::is_alphanumeric)?;
    let end = word
        .trim_end_matches(|c: char| !c.is_alphanumeric() && c != '/')
        .len();
    let schemes = ["https://", "http://", "ftp://"].iter();
    let schemes = schemes.filter_map(|scheme| word.find(scheme));
    let start = schemes.min().unwrap_or(start);
    (start < end).then_some(start..end)
}

/// Where the link stands in what was found: words of scripts without blanks stand close to it on both sides.
fn without_neighbours(found: &str) -> Range<usize> {
    let near = |c: char| is_unspaced(c) || ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let scheme = found.find("://").map(|at| at + 3);
    let host = scheme.unwrap_or(0);
    let rest = found.get(host..).unwrap_or("");
    let host_ends = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let name = rest.get(..host_ends).unwrap_or("");
    let first = name.find('.').unwrap_or(0);
    let last = name.rfind('.').map_or(0, |dot| dot + 1);
    let end = match name.get(last..) {
        Some(suffix) if suffix.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            suffix.find(near).map(|at| last + at)
        }
        _ => None,
    };
    let label = name.get(..first).unwrap_or("");
    let ascii_start = match label.char_indices().rfind(|&(_, c)| near(c)) {
        Some((at, c)) if scheme.is_none() && at + c.len_utf8() < first => at + c.len_utf8(),
        _ => 0,
    };
    ascii_start..end.map_or(found.len(), |end| host + end)
}

fn is_link(url: &str) -> bool {
    match scheme(url) {
        Some(scheme) => is_web(scheme),
        None => is_known_name(url),
    }
}

/// No name in the DNS has more than 253 characters; in other scripts each may take four bytes.
const NAME_AT_MOST: usize = 4 * 253;

/// Whether an address without scheme names a site that can exist.
fn is_known_name(url: &str) -> bool {
    let name_ends = url.find(['/', '?', '#', ':']).unwrap_or(url.len());
    let (name, rest) = url.split_at_checked(name_ends).unwrap_or((url, ""));
    if name.len() > NAME_AT_MOST || name.contains('@') {
        return false;
    }
    let Some(host) = host_of(name) else {
        return false;
    };
    let dots = host.matches('.').count();
    let known = public_suffix(&host).is_some_and(|(labels, kind)| {
        // Private suffixes (`github.io`) are sites themselves.
        dots >= labels || (dots > 0 && kind == Type::Private)
    });
    let meant = rest.starts_with(['/', '?', '#']) || host.starts_with("www.");
    known && (meant || !(is_file_name(&host) || is_sentence_end(name)))
}

/// How many labels of `host` are a known public suffix, and whether a registry or a company runs it. The list names
/// international suffixes in their own letters.
fn public_suffix(host: &str) -> Option<(usize, Type)> {
    let read = if host.contains("xn--") {
        Cow::Owned(domain_to_unicode(host))
    } else {
        Cow::Borrowed(host)
    };
    let suffix = psl::List.suffix(read.as_bytes())?;
    let labels = suffix.as_bytes().split(|byte| *byte == b'.').count();
    Some((labels, suffix.typ()?))
}

/// Endings that are top-level domains too, but far more often files.
fn is_file_name(host: &str) -> bool {
    const ENDINGS: [&str; 8] = ["md", "rs", "py", "sh", "zip", "mov", "ps", "cab"];
    host.rsplit('.')
        .next()
        .is_some_and(|ending| ENDINGS.contains(&ending))
}

/// "Thanks.It works": the ending is written like the first word of a sentence.
fn is_sentence_end(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or("");
    let mut letters = ending.chars();
    let capitalised =
        letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase);
    capitalised && !matches!(ending, "Com" | "Net" | "Org")
}

fn is_web(scheme: &str) -> bool {
    ["http", "https", "ftp"]
        .iter()
        .any(|web| scheme.eq_ignore_ascii_case(web))
}

/// What stands before the colon, if that is a scheme: a host may stand there too, with its port behind it.
fn scheme(url: &str) -> Option<&str> {
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
fn cleaned(url: &str) -> String {
    url.trim_matches(|c: char| c <= ' ')
        .replace(['\t', '\n', '\r'], "")
}
