//! Hosts that belong to everybody: a rule about one of them would hit ordinary people.

use crate::rules::links::is_public_suffix;

/// Sites on which anybody may have a page, with the part of their addresses that tells one page from another. Hosting
/// under names of its own (`github.io`) is known by the public suffix list.
const SHARED: &[(&str, &str)] = &[
    ("amazon.com", "dp"),
    ("apple.com", "app"),
    ("bing.com", "ck/a"),
    ("bit.ly", "3abcdef"),
    ("calendly.com", "somebody"),
    ("discord.com", "invite"),
    ("discord.gg", "invite"),
    ("docs.google.com", "forms"),
    ("drive.google.com", "file"),
    ("dropbox.com", "s"),
    ("facebook.com", "somebody"),
    ("fb.me", "somebody"),
    ("figma.com", "file"),
    ("forms.gle", "abc123"),
    ("github.com", "somebody"),
    ("gitlab.com", "somebody"),
    ("gmail.com", "mail"),
    ("goo.gl", "abc123"),
    ("google.com", "url"),
    ("imgur.com", "a"),
    ("instagram.com", "somebody"),
    ("jotform.com", "form"),
    ("linkedin.com", "in/somebody"),
    ("linktr.ee", "somebody"),
    ("loom.com", "share"),
    ("medium.com", "@somebody"),
    ("microsoft.com", "somepage"),
    ("notion.so", "somebody"),
    ("office.com", "forms"),
    ("pastebin.com", "abc123"),
    ("paypal.com", "paypalme"),
    ("pinterest.com", "somebody"),
    ("reddit.com", "r/something"),
    ("sites.google.com", "view"),
    ("t.co", "abc123"),
    ("t.me", "joinchat"),
    ("telegram.me", "joinchat"),
    ("tiktok.com", "@somebody"),
    ("tinyurl.com", "abc123"),
    ("trello.com", "b"),
    ("tumblr.com", "somebody"),
    ("twitter.com", "somebody"),
    ("typeform.com", "to"),
    ("vimeo.com", "123456"),
    ("vk.com", "somebody"),
    ("wa.me", "15550100"),
    ("whatsapp.com", "channel"),
    ("wikipedia.org", "wiki/Something"),
    ("x.com", "somebody"),
    ("youtu.be", "abc123"),
    ("youtube.com", "@somebody"),
    ("zoom.us", "j"),
];

/// Sites on which everybody has a name of their own, though the public suffix list does not say so.
const SUB_DOMAINS: &[&str] = &[
    "blogspot.com",
    "wordpress.com",
    "notion.site",
    "substack.com",
    "weebly.com",
    "wixsite.com",
    "webflow.io",
    "carrd.co",
    "myshopify.com",
    "zendesk.com",
];

/// What to say of `host` if everybody uses it.
pub(super) fn warning(host: &str) -> Option<(String, String)> {
    let host = host.strip_prefix("www.").unwrap_or(host);
    let message =
        format!("everybody uses {host}, so a rule about it would hit ordinary people too");
    if let Some((_, page)) = SHARED.iter().find(|(shared, _)| *shared == host) {
        return Some((
            message,
            format!("name the page as well, like this: \"{host}/{page}\""),
        ));
    }
    (SUB_DOMAINS.contains(&host) || is_public_suffix(host)).then(|| {
        (
            message,
            format!("name the site below it, like this: \"somebody.{host}\""),
        )
    })
}
