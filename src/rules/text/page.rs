//! Walks over tags and text and keeps what each piece of text means: shown, hidden, quoted, or the face of a link.

use std::ops::Range;

use super::elements::{Element, Stack, is_block, is_ignored, is_table_part, is_void};
use super::style::{Look, begins_answered_message};
use super::tags::{self, Tag, Token};
use super::writer::{Manner, Writer, Written};
use crate::rules::links::{self, Link, Standing};

/// A body taken apart, quotes still in it.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub shown: Written,
    pub hidden: Written,
    /// The links of `<a>`, `[..](..)` and other markup, with their places in `shown`, in the order they stand.
    pub links: Vec<(Link, Quoted)>,
    /// Whether a picture stands outside all quotes: such a message is not empty, though it has no words.
    pub has_picture: bool,
}

/// Whether a link stands in a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoted {
    Yes,
    No,
}

/// The elements that are open, and what was written so far.
///
/// Wherever broken markup leaves doubt whether text is shown, it counts as shown: the judge must not overlook what a
/// teammate reads.
#[derive(Debug, Default)]
pub(super) struct Page {
    stack: Stack,
    shown: Writer,
    hidden: Writer,
    anchors: Vec<Anchor>,
    has_picture: bool,
    /// Whether the message answered has begun, which lasts to the end.
    answered: bool,
}

#[derive(Debug)]
struct Anchor {
    link: Link,
    quoted: Quoted,
    face: Face,
    shown: Option<Range<usize>>,
    hidden: Option<Range<usize>>,
}

/// Whether the element's contents are what one clicks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    Text,
    None,
}

impl Draft {
    pub(super) fn says_something(&self) -> bool {
        let words = [&self.shown, &self.hidden];
        self.has_picture || words.iter().any(|written| !written.text.trim().is_empty())
    }
}

impl Page {
    pub(super) fn of_html(html: &str) -> Draft {
        let mut page = Self::default();
        page.html(html);
        page.finish()
    }

    pub(super) fn html(&mut self, html: &str) {
        for token in tags::tokens(html) {
            match token {
                Token::Text(text) => self.text(&text),
                Token::Open(tag) => self.open(&tag),
                Token::Close(name) => self.close(&name),
            }
        }
    }

    pub(super) fn open(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "br" => return self.end_line(),
            "img" | "image" => {
                let look = self.look();
                self.has_picture |= !look.is_hidden() && !look.quoted && !self.answered;
                return;
            }
            _ if is_ignored(tag, &self.stack) => return,
            _ => {}
        }
        let closed = self.stack.close_implied(&tag.name);
        self.end_all(&closed);
        let around = if is_table_part(&tag.name) {
            self.stack.top_look()
        } else {
            self.look()
        };
        let look = around.inside(tag);
        self.answered |= begins_answered_message(tag);
        self.separate(&tag.name, look, look.quoted && !around.quoted);
        let anchor = self.anchor_of(tag, look).or(self.anchor());
        if !is_void(tag, &self.stack) {
            self.stack.push(Element {
                name: tag.name.clone(),
                look,
                anchor,
            });
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        if name == "br" {
            return self.end_line();
        }
        let closed = self.stack.close(name);
        if closed.is_empty() {
            self.separate(name, self.look(), false);
        }
        self.end_all(&closed);
    }

    pub(super) fn text(&mut self, text: &str) {
        let look = self.look();
        if look.dropped {
            return;
        }
        let manner = Manner {
            preformatted: look.preformatted,
            quoted: look.quoted || self.answered,
        };
        let hidden = look.is_hidden();
        let Some(place) = self.writer(look).write(text, manner) else {
            return;
        };
        if let Some(anchor) = self.anchor().and_then(|at| self.anchors.get_mut(at)) {
            let face = if hidden {
                &mut anchor.hidden
            } else {
                &mut anchor.shown
            };
            let start = face.as_ref().map_or(place.start, |face| face.start);
            *face = Some(start..place.end);
        }
    }

    pub(super) fn end_line(&mut self) {
        self.writer(self.look()).end_line();
    }

    pub(super) fn finish(self) -> Draft {
        let (shown, hidden) = (self.shown.finish(), self.hidden.finish());
        let link = |anchor: Anchor| {
            let face = |place: &Option<Range<usize>>, written: &Written| {
                place
                    .clone()
                    .and_then(|place| written.text.get(place))
                    .map(str::to_owned)
            };
            let text = face(&anchor.shown, &shown).or_else(|| face(&anchor.hidden, &hidden));
            let mut link = anchor.link;
            if anchor.face == Face::Text {
                link.show(text.unwrap_or_default());
            }
            link.place = anchor.shown;
            (link, anchor.quoted)
        };
        let links = self.anchors.into_iter().map(link).collect();
        Draft {
            shown,
            hidden,
            links,
            has_picture: self.has_picture,
        }
    }

    fn anchor_of(&mut self, tag: &Tag, look: Look) -> Option<usize> {
        if look.dropped {
            return None;
        }
        for address in &tag.leads_to {
            let link = links::of_attribute(address).map(|mut link| {
                link.standing = Standing::Hidden;
                link
            });
            self.add_link(link, look, Face::None);
        }
        let link = links::of_attribute(tag.href.as_deref()?);
        match tag.name.as_str() {
            "a" => self.add_link(link, look, Face::Text),
            "area" => {
                self.add_link(link, look, Face::None);
                None
            }
            _ => None,
        }
    }

    /// Notes the link that stands here, if any, and gives its number.
    fn add_link(&mut self, link: Option<Link>, look: Look, face: Face) -> Option<usize> {
        let mut link = link?;
        if look.is_hidden() {
            link.standing = Standing::Hidden;
        }
        let quoted = if look.quoted || self.answered {
            Quoted::Yes
        } else {
            Quoted::No
        };
        self.anchors.push(Anchor {
            link,
            quoted,
            face,
            shown: None,
            hidden: None,
        });
        Some(self.anchors.len() - 1)
    }

    fn end_all(&mut self, closed: &[Element]) {
        for element in closed {
            self.separate(&element.name, element.look, element.look.quoted);
        }
    }

    fn separate(&mut self, name: &str, look: Look, quote_border: bool) {
        let writer = self.writer(look);
        if matches!(name, "td" | "th") {
            writer.cell();
        } else if quote_border || is_block(name) {
            writer.block();
        }
    }

    fn writer(&mut self, look: Look) -> &mut Writer {
        if look.is_hidden() {
            &mut self.hidden
        } else {
            &mut self.shown
        }
    }

    fn look(&self) -> Look {
        self.stack.look()
    }

    fn anchor(&self) -> Option<usize> {
        self.stack.top().and_then(|element| element.anchor)
    }
}
