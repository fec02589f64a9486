//! Links: where a message leads, however its address is written, and what is crooked about it.

mod address;
mod domain;
mod find;
mod honest;
mod letters;
mod plain;
mod redirects;
mod shorteners;
mod spaced;
mod spoken;
mod tricks;

use std::ops::Range;

pub use address::host_of;
pub use domain::{host_is_or_under, is_public_suffix, registrable_domain};

use address::{Address, authority, cleaned, is_web, scheme};
use honest::{Meant, is_known_name, is_link};
use plain::Plain;

/// One link of a message. Only web addresses count (`http`, `https`, `ftp`, or none of these and a known domain):
/// `mailto:`, `tel:` and `javascript:` lead to no site, and a picture's address is the help desk's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// As written.
    pub url: String,
    /// The host in lower-case ASCII (punycode) without port and closing dot, an IPv4 address as four numbers; empty if
    /// the address names none.
    pub host: String,
    /// What follows host and port, as a browser asks for it: path, query and fragment.
    pub path: String,
    /// What `<a>` or `[..](..)` shows in the address's stead, which may be nothing; none for a bare link.
    pub shown: Option<String>,
    /// The bytes of [`Text::shown`](super::text::Text::shown) where the link, or what is shown for it, stands.
    pub place: Option<Range<usize>>,
    pub standing: Standing,
    /// What is crooked about it, in the order of [`LinkTrick`].
    pub tricks: Vec<LinkTrick>,
    /// The addresses it leads on to, which are links by themselves as well.
    pub(super) onward: Vec<String>,
}

/// Where in a message a link stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Where the reader meets it.
    #[default]
    Shown,
    /// In what no browser shows, or in an attribute that leads away without being one of a link.
    Hidden,
    /// Inside the address of another link, which leads on to it.
    Carried,
}

crate::vocabulary! {
    /// What is crooked about a link. Each is a sign, not a verdict: honest mail has shorteners and redirects, too.
    LinkTrick {
        /// The host shortens addresses for anybody.
        Shortener = "shortener",
        /// The host is a number in whatever notation; a number of the writer's own network, plainly written, is none.
        IpAddress = "ip-address",
        /// The host mixes scripts in one word or is written in letters that look Latin. An honest name in other
        /// letters is none.
        Punycode = "punycode",
        /// A user or password stands before the host, as in `https://paypal.com@evil.example`.
        Userinfo = "userinfo",
        /// The text of the link names a host of another owner than the one it leads to.
        TextMismatch = "text-mismatch",
        /// Written so that programs should not see it: `hxxp`, `[.]`, "dot", blanks or invisible characters inside.
        Disguised = "disguised",
        /// It leads on to another address, which it carries in itself.
        Redirect = "redirect",
    }
}

/// Finds the links written out in `shown`, in order. Without a scheme a name counts only if it ends in a public suffix
/// (publicsuffix.org) and is not more likely a file (`main.rs`) or two sentences without a blank (`Thanks.It works`).
/// E-mail addresses are not links.
#[must_use]
pub fn in_text(shown: &str) -> Vec<Link> {
    let plain = Plain::of(shown);
    find::addresses(&plain.text)
        .into_iter()
        .filter_map(|found| bare(shown, &plain, &found))
        .collect()
}

/// Whether a name reads like that of a site: it ends in a public suffix and is not more likely a file.
#[must_use]
pub fn is_site(name: &str) -> bool {
    is_known_name(name, Meant::Perhaps)
}

/// The bare link that stands at `found` of the plain text, if it is one.
fn bare(shown: &str, plain: &Plain, found: &Range<usize>) -> Option<Link> {
    let url = plain.text.get(found.clone())?;
    let host_ends = found.start + authority(url).end;
    let disguised = plain.is_disguised(&(found.start..host_ends));
    let meant = if disguised {
        Meant::Yes
    } else {
        Meant::Perhaps
    };
    let behind = plain.text.get(found.end..).unwrap_or("");
    if !is_link(url, meant) || (!disguised && honest::is_call(url, behind)) {
        return None;
    }
    let place = plain.written(found);
    let mut link = Link::of(url);
    if disguised {
        link.add(LinkTrick::Disguised);
    }
    shown.get(place.clone())?.clone_into(&mut link.url);
    link.place = Some(place);
    Some(link)
}

/// Reads an attribute that holds an address, such as the `href` of an anchor. Nothing if it leads to no site.
pub(super) fn of_attribute(href: &str) -> Option<Link> {
    let link = |href: &str| leads_out(href).then(|| Link::of(href));
    let mut link = link(href).or_else(|| {
        let plain = Plain::of(href);
        let disguised = plain.is_disguised(&(0..authority(&plain.text).end));
        let mut link = link(&plain.text).filter(|_| disguised)?;
        link.add(LinkTrick::Disguised);
        Some(link)
    })?;
    href.trim().clone_into(&mut link.url);
    Some(link)
}

fn leads_out(href: &str) -> bool {
    let url = cleaned(href);
    match scheme(&url) {
        Some(scheme) => is_web(scheme),
        None if url.starts_with("//") => true,
        // Browsers take this for a path on the page itself; who writes it means the site.
        None => is_known_name(&url, Meant::Perhaps),
    }
}

/// What two ways of writing one address have in common.
pub(super) fn same_address(link: &Link) -> String {
    let host = if link.host.is_empty() {
        &link.url
    } else {
        &link.host
    };
    format!("{host}{}", link.path.trim_end_matches('/'))
}

/// Adds behind each link those it leads on to, and to where these lead on in turn.
pub(super) fn follow(links: Vec<Link>) -> Vec<Link> {
    const STEPS: usize = 3;
    let mut all = Vec::with_capacity(links.len());
    for link in links {
        let place = link.place.clone();
        let mut next = link.onward.clone();
        all.push(link);
        for _ in 0..STEPS {
            let carried = std::mem::take(&mut next);
            for url in carried {
                let mut link = Link::of(&url);
                link.place.clone_from(&place);
                link.standing = Standing::Carried;
                next.extend(link.onward.iter().cloned());
                all.push(link);
            }
        }
    }
    all
}

impl Link {
    /// The link of an address that is written plainly.
    fn of(url: &str) -> Self {
        let address = Address::of(url);
        let onward = redirects::onward(url, &address);
        Self {
            url: url.trim().to_owned(),
            tricks: tricks::of_address(url, &address, &onward),
            onward: onward.to,
            host: address.host,
            path: address.path,
            ..Self::default()
        }
    }

    /// Notes what is shown in the address's stead.
    pub(super) fn show(&mut self, shown: String) {
        if tricks::other_name(&shown, self).is_some() {
            self.add(LinkTrick::TextMismatch);
        }
        self.shown = Some(shown);
    }

    /// Whether it has this trick, and if so what to say of it: the host another one imitates, say.
    #[must_use]
    pub fn detail(&self, trick: LinkTrick) -> Option<String> {
        if !self.tricks.contains(&trick) {
            return None;
        }
        Some(match trick {
            LinkTrick::TextMismatch => {
                let shown = self.shown.as_deref().unwrap_or("");
                let name = tricks::other_name(shown, self).unwrap_or_default();
                format!("it shows {name} and leads to {}", self.host)
            }
            LinkTrick::Punycode => {
                let seen = letters::imitation(&self.host).unwrap_or_default();
                format!("{seen} is {}", self.host)
            }
            LinkTrick::Redirect => match self.onward.first() {
                Some(to) => format!("it leads on to {to}"),
                None => format!("{} leads on", self.host),
            },
            LinkTrick::Shortener
            | LinkTrick::IpAddress
            | LinkTrick::Userinfo
            | LinkTrick::Disguised => format!("it leads to {}", self.host),
        })
    }

    fn add(&mut self, trick: LinkTrick) {
        if !self.tricks.contains(&trick) {
            self.tricks.push(trick);
            self.tricks.sort_unstable();
        }
    }
}
