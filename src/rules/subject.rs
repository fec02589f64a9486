//! A message made ready for judging: its text taken out once, folded once.

use std::cell::OnceCell;
use std::ops::Range;

use super::fold::Folded;
use super::language::{self, Language};
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
    language: OnceCell<Option<Language>>,
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
            language: OnceCell::new(),
        }
    }

    /// The language of the text, if that is sure. Found out when first asked for.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        *self.language.get_or_init(|| language::of(&self.text))
    }

    /// Evidence that stands in the text: `place` are bytes of the text as it is shown.
    #[must_use]
    pub fn in_shown(&self, condition: &str, place: Range<usize>, wanted: &str) -> Evidence {
        let matched = self.text.shown.get(place.clone()).unwrap_or_default();
        Evidence {
            place: Some(place),
            ..evidence(condition, Part::Text, matched, wanted)
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
