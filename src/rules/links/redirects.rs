//! Addresses that only lead on to another one, which they carry in themselves.

use url::Url;
use url::form_urlencoded::parse;

use super::address::{Address, cleaned, host_of, is_web, scheme};
use super::domain::{host_is_or_under, same_owner};
use super::honest::{Meant, is_known_name};

/// Sites that send their visitors anywhere, what their path begins with there, and the key that says where to.
const REDIRECTORS: [(&str, &str, &str); 32] = [
    ("facebook.com", "/l.php", "u"),
    ("facebook.com", "/flx/warn", "u"),
    ("l.instagram.com", "/", "u"),
    ("l.messenger.com", "/", "u"),
    ("l.threads.net", "/", "u"),
    ("l.threads.com", "/", "u"),
    ("t.umblr.com", "/redirect", "z"),
    ("vk.com", "/away.php", "to"),
    ("away.vk.com", "/", "to"),
    ("vk.ru", "/away.php", "to"),
    ("ok.ru", "/dk", "st.link"),
    ("linkedin.com", "/redir", "url"),
    ("linkedin.com", "/safety/go", "url"),
    ("youtube.com", "/redirect", "q"),
    ("out.reddit.com", "/", "url"),
    ("slack-redir.net", "/link", "url"),
    ("steamcommunity.com", "/linkfilter", "url"),
    ("bing.com", "/ck/a", "u"),
    ("duckduckgo.com", "/l", "uddg"),
    ("yandex.ru", "/clck", "url"),
    ("translate.google.com", "/translate", "u"),
    ("googleadservices.com", "/pagead/aclk", "adurl"),
    ("doubleclick.net", "/", "adurl"),
    ("safelinks.protection.outlook.com", "/", "url"),
    ("urldefense.proofpoint.com", "/", "u"),
    ("urldefense.com", "/v3/", ""),
    ("web.archive.org", "/web/", ""),
    ("href.li", "/", ""),
    ("anonym.to", "/", ""),
    ("nullrefer.com", "/", ""),
    ("medium.com", "/r/", "url"),
    ("zhihu.com", "/", "target"),
];

/// Keys of a query that name where a visitor is sent, even if the address there has no scheme.
const KEYS: [&str; 19] = [
    "url",
    "goto",
    "target",
    "dest",
    "destination",
    "redirect",
    "redirect_to",
    "redirect_url",
    "redirect_uri",
    "redirecturl",
    "redirecturi",
    "redir",
    "return",
    "return_to",
    "returnto",
    "returnurl",
    "return_url",
    "continue",
    "adurl",
];

/// Paths at which an address is shared or looked for, not followed.
const SHARING: [&str; 8] = [
    "/search",
    "/intent/",
    "/sharer",
    "/share",
    "/sharing/",
    "/compose",
    "/submit",
    "/pin/create",
];

/// Most addresses taken out of one; the cost stays in proportion to its length.
const CARRIED_AT_MOST: usize = 4;

/// What an address leads on to.
#[derive(Debug, Default)]
pub(super) struct Onward {
    /// The addresses inside, with their schemes.
    pub to: Vec<String>,
    /// Whether it is a redirector, so far as can be told.
    pub redirects: bool,
}

/// What `url`, written with or without a scheme, leads on to.
pub(super) fn onward(url: &str, address: &Address) -> Onward {
    let mut to = carried(url, address);
    to.extend(translated(&address.host));
    let shared = SHARING.iter().any(|path| address.path.starts_with(path));
    let elsewhere = to
        .iter()
        .filter_map(|to| host_of(to))
        .any(|host| !same_owner(&host, &address.host));
    Onward {
        redirects: !shared && (elsewhere || is_google(address) || is_redirector(address)),
        to,
    }
}

fn is_redirector(address: &Address) -> bool {
    REDIRECTORS.iter().any(|(host, path, key)| {
        host_is_or_under(&address.host, host)
            && address.path.starts_with(path)
            && (key.is_empty() || has_key(&address.path, key))
            // A site's own front page redirects nobody.
            && address.path.len() > 1
    })
}

/// Google has a redirector at each of its countries' sites.
fn is_google(address: &Address) -> bool {
    let google = address
        .host
        .split('.')
        .take(2)
        .any(|label| label == "google");
    let redirects = address.path.starts_with("/url?") || address.path.starts_with("/amp/s/");
    let names = super::domain::registrable_domain(&address.host)
        .is_some_and(|domain| domain.starts_with("google."));
    google && names && redirects
}

fn has_key(path: &str, key: &str) -> bool {
    query(path).is_some_and(|query| parse(query.as_bytes()).any(|(name, _)| name == key))
}

fn query(path: &str) -> Option<&str> {
    let (path, _) = path.split_once('#').unwrap_or((path, ""));
    path.split_once('?').map(|(_, query)| query)
}

/// The addresses that stand in the path, the query or the fragment.
fn carried(url: &str, address: &Address) -> Vec<String> {
    let mut found = Vec::new();
    let query = query(&address.path).unwrap_or("");
    if begins_address(query) {
        found.push(query.to_owned());
    } else {
        let values = parse(query.as_bytes()).filter_map(|(key, value)| {
            let value = decoded(&value);
            let key = key.to_ascii_lowercase();
            let named = KEYS.contains(&key.as_str()) && is_name(&value);
            (begins_address(&value) || named).then_some(value)
        });
        found.extend(values.take(CARRIED_AT_MOST));
    }
    if let Some((_, fragment)) = address.path.split_once('#')
        && begins_address(fragment)
    {
        found.push(fragment.to_owned());
    }
    found.extend(in_path(&address.path));
    let own = cleaned(url);
    found.retain(|to| *to != own);
    found.truncate(CARRIED_AT_MOST);
    found
}

/// `/web/2020/https://example.com/x`, `/v3/__https://example.com/x__;`, `/amp/s/example.com`.
fn in_path(path: &str) -> Option<String> {
    let before = path.split(['?', '#']).next().unwrap_or("");
    if let Some(name) = before.strip_prefix("/amp/s/") {
        return is_name(name).then(|| format!("https://{name}"));
    }
    let at = ["/http:/", "/https:/", "__http:/", "__https:/"]
        .iter()
        .filter_map(|mark| before.find(mark).map(|at| at + mark.find('h').unwrap_or(0)))
        .min()?;
    let wrapped = before.get(..at)?.ends_with("__");
    let inner = path.get(at..)?;
    Some(match inner.find("__").filter(|_| wrapped) {
        Some(end) => inner.get(..end)?.to_owned(),
        None => inner.to_owned(),
    })
}

/// `example-com.translate.goog` shows `example.com`; two hyphens stand for one.
fn translated(host: &str) -> Option<String> {
    let name = host.strip_suffix(".translate.goog")?;
    let name = name
        .replace("--", "\0")
        .replace('-', ".")
        .replace('\0', "-");
    Some(format!("https://{name}/"))
}

/// Some encode what they carry twice.
fn decoded(value: &str) -> String {
    let encoded = value.get(..7).is_some_and(|start| {
        start.eq_ignore_ascii_case("http%3a") || start.eq_ignore_ascii_case("https%3")
    });
    if !encoded {
        return value.to_owned();
    }
    let pair = format!("v={}", value.replace('+', "%2B").replace('&', "%26"));
    parse(pair.as_bytes())
        .next()
        .map_or_else(|| value.to_owned(), |(_, value)| value.into_owned())
}

fn begins_address(text: &str) -> bool {
    scheme(text).is_some_and(is_web)
        && text.contains('/')
        && Url::parse(text).is_ok_and(|url| url.has_host())
}

fn is_name(text: &str) -> bool {
    let name = text.strip_prefix("//").unwrap_or(text);
    !name.contains(char::is_whitespace) && name.contains('.') && is_known_name(name, Meant::Perhaps)
}
