//! The words by which kept messages are searched: folded as rules fold, in every form a disguised text has.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::fold::{Folded, fold};
use super::text;
use crate::message::Message;

/// Most words of one message that are found again. A message of 128 KiB may have more; PostgreSQL tells no places apart
/// beyond the 16,383rd.
pub const MOST_WORDS: usize = 5_000;

/// A word of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// The bytes of the text it comes from.
    pub place: Range<usize>,
}

/// The words by which a message is found: of its subject and of its text, each in every form it has.
#[must_use]
pub fn words_of(message: &Message) -> Vec<Vec<String>> {
    let shown = text::shown(message.html.as_deref(), message.markdown.as_deref());
    let subject = message.subject.as_deref().map(words).unwrap_or_default();
    let forms = subject.into_iter().chain(words(&shown));
    forms
        .map(|form| form.into_iter().map(|word| word.text).collect())
        .collect()
}

/// The words of a text in order, once for each form it has: as it stands, and, where words are disguised, without the
/// disguise. In scripts without blanks every character is a word, so that any piece of a sentence can be found as a phrase.
#[must_use]
pub fn words(text: &str) -> Vec<Vec<Word>> {
    let folded = Folded::of(text);
    folded
        .views()
        .map(|view| {
            let words = view.as_str().unicode_word_indices().take(MOST_WORDS);
            words
                .map(|(at, word)| Word {
                    text: word.to_owned(),
                    place: view.original(at..at + word.len()),
                })
                .collect()
        })
        .collect()
}

/// The words somebody asks for, in the form the words of messages have.
#[must_use]
pub fn asked(text: &str) -> Vec<String> {
    fold(text).unicode_words().map(str::to_owned).collect()
}

/// Where phrases stand in a text: the bytes of each occurrence of each, in order and without overlaps.
#[must_use]
pub fn places(text: &str, phrases: &[Vec<String>]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let forms = words(text);
    for (form, phrase) in forms
        .iter()
        .flat_map(|form| phrases.iter().map(move |phrase| (form, phrase)))
    {
        if phrase.is_empty() {
            continue;
        }
        for run in form.windows(phrase.len()) {
            let same = run.iter().map(|word| &word.text).eq(phrase);
            if let (true, Some(first), Some(last)) = (same, run.first(), run.last()) {
                found.push(first.place.start..last.place.end);
            }
        }
    }
    found.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
    let mut end = 0;
    found.retain(|place| {
        let apart = place.start >= end && place.start < place.end;
        if apart {
            end = place.end;
        }
        apart
    });
    found
}
