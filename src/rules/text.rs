//! The contact's own newest words, taken out of the HTML or Markdown of a message.

mod attributes;
mod elements;
mod markdown;
mod page;
mod quotes;
mod style;
mod tags;
mod writer;

use std::collections::HashSet;
use std::ops::Range;

use super::links::{self, Link};
use page::{Draft, Page};
use writer::Written;

/// The most of either body that is read, in bytes: 128 KiB. What stands behind it is not judged.
///
/// Every step below costs time and memory in proportion to what is read, so this is also the bound on both.
pub const READ_AT_MOST: usize = 128 * 1024;

/// A message as it is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// What a teammate reads: blocks and list items on lines of their own, table cells apart, blanks collapsed as a
    /// browser does it, quoted replies left out.
    pub shown: String,
    /// What the message holds but no browser shows, in the same form; empty for an honest message.
    pub hidden: String,
    /// Where the words lead, in the order they stand; an address is named once for each text it hides behind. Behind
    /// each link stand those it leads on to.
    pub links: Vec<Link>,
    /// The bytes of `shown` at which any link stands, also one named before.
    pub linked: Vec<Range<usize>>,
}

/// Reads a message's bodies. HTML is what the inbox shows, so it is preferred; Markdown is read where there is no HTML
/// or the HTML says nothing. Links are taken from both.
///
/// Quoted replies are left out, unless nothing else is there: no message is taken for empty because it is all quote.
#[must_use]
pub fn read(html: Option<&str>, markdown: Option<&str>) -> Text {
    let html = html.map(|body| Page::of_html(capped(body)));
    let markdown = markdown.map(|body| markdown::read(capped(body)));
    match (html, markdown) {
        (Some(html), Some(markdown)) if html.says_something() => told(html, Some(markdown)),
        (Some(html), Some(markdown)) => told(markdown, Some(html)),
        (Some(body), None) | (None, Some(body)) => told(body, None),
        (None, None) => Text::default(),
    }
}

/// What [`Text::shown`] of these bodies is, without the rest.
#[must_use]
pub fn shown(html: Option<&str>, markdown: Option<&str>) -> String {
    let html = html.map(|body| Page::of_html(capped(body)));
    let html = html.filter(|html| markdown.is_none() || html.says_something());
    let draft = html.or_else(|| markdown.map(|body| markdown::read(capped(body))));
    draft.map(quotes::newest).unwrap_or_default().shown
}

/// Takes `text` as it stands, for a rule's examples and for trying a rule out: bare links are found and `> ` quotes
/// left out, but nothing in it is markup.
#[must_use]
pub fn plain(text: &str) -> Text {
    let shown = Written {
        text: capped(text).to_owned(),
        quotes: Vec::new(),
    };
    let draft = Draft {
        shown,
        ..Draft::default()
    };
    told(draft, None)
}

fn capped(body: &str) -> &str {
    body.get(..body.floor_char_boundary(READ_AT_MOST))
        .unwrap_or(body)
}

fn told(draft: Draft, other: Option<Draft>) -> Text {
    let newest = quotes::newest(draft);
    let mut links = newest.links;
    let anchors: Vec<_> = links.iter().filter_map(|link| link.place.clone()).collect();
    // What an anchor shows is not a link of its own, even where it looks like one.
    let bare = links::in_text(&newest.shown).into_iter().filter(|link| {
        let start = link.place.as_ref().map_or(0, |place| place.start);
        let before = anchors.partition_point(|anchor| anchor.start <= start);
        let around = before.checked_sub(1).and_then(|last| anchors.get(last));
        around.is_none_or(|anchor| !anchor.contains(&start))
    });
    links.extend(bare);
    links.sort_by_key(|link| link.place.as_ref().map_or(usize::MAX, |place| place.start));
    let linked = links.iter().filter_map(|link| link.place.clone()).collect();
    let mut met = HashSet::new();
    links.retain(|link| met.insert((links::same_address(link), link.shown.clone())));
    if let Some(other) = other {
        let mut met: HashSet<_> = links.iter().map(links::same_address).collect();
        let more = links_of(&other)
            .into_iter()
            .filter(|link| met.insert(links::same_address(link)));
        links.extend(more.collect::<Vec<_>>());
    }
    let links = links::follow(links);
    Text {
        shown: newest.shown,
        hidden: newest.hidden,
        links,
        linked,
    }
}

/// The links of the form that is not shown; they stand nowhere in [`Text::shown`].
fn links_of(other: &Draft) -> Vec<Link> {
    let Some(newest) = quotes::without_quotes(other) else {
        return Vec::new();
    };
    let bare = links::in_text(&newest.shown);
    let mut links: Vec<_> = newest.links.into_iter().chain(bare).collect();
    for link in &mut links {
        link.place = None;
    }
    links
}
