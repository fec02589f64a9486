//! A message made ready for judging: its text taken out once, folded once.

use std::ops::Range;

use super::fold::Folded;
use super::text::{self, Text};
use crate::decision::{Evidence, Facts, Part};
use crate::message::Message;

/// Longest piece of a message quoted in one piece of evidence, in characters.
const QUOTE: usize = 120;

/// What conditions look at.
#[derive(Debug)]
pub struct Subject<'a> {
    pub message: &'a Message,
    pub facts: &'a Facts,
    pub text: Text,
    pub folded: Folded,
}

impl<'a> Subject<'a> {
    #[must_use]
    pub fn new(message: &'a Message, facts: &'a Facts) -> Self {
        let text = text::read(message.html.as_deref(), message.markdown.as_deref());
        let folded = Folded::of(&text.shown);
        Self {
            message,
            facts,
            text,
            folded,
        }
    }

    /// Evidence that stands in the text: `found` are bytes of the folded text.
    #[must_use]
    pub fn in_text(&self, condition: &str, found: Range<usize>, wanted: &str) -> Evidence {
        let place = self.folded.original(found);
        Evidence {
            condition: condition.to_owned(),
            part: Part::Text,
            matched: quote(self.text.shown.get(place.clone()).unwrap_or_default()),
            place: Some(place),
            wanted: wanted.to_owned(),
            list: None,
        }
    }
}

/// Evidence that does not stand in the text.
#[must_use]
pub fn evidence(condition: &str, part: Part, matched: &str, wanted: &str) -> Evidence {
    Evidence {
        condition: condition.to_owned(),
        part,
        matched: quote(matched),
        place: None,
        wanted: wanted.to_owned(),
        list: None,
    }
}

fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
