//! The part of a message that is language: without the addresses in it.

use std::ops::Range;

use super::text::Text;

/// Whether a character is a letter or a number; the commonest are told without a look at the tables.
pub(super) fn is_alphanumeric(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | 'А'..='я' | '\u{4e00}'..='\u{9fff}' | '가'..='힣')
        || (!c.is_ascii() && c.is_alphanumeric())
}

/// The words of the text that shows, each with the byte it starts at, in order. Left out are bare links and what has an
/// `@` in it. Where no blanks are written, a word is whatever stands between two blanks or addresses.
pub(super) fn words(text: &Text) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut from = 0;
    let bare = text.links.iter().filter(|link| link.shown.is_none());
    for place in bare.filter_map(|link| link.place.clone()) {
        if place.start >= from {
            add(&text.shown, from..place.start, &mut words);
            from = place.end;
        }
    }
    add(&text.shown, from..text.shown.len(), &mut words);
    words
}

fn add<'t>(shown: &'t str, place: Range<usize>, words: &mut Vec<(usize, &'t str)>) {
    let mut at = place.start;
    let between = shown.get(place).unwrap_or_default();
    for piece in between.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if word.contains('@') || word.contains("://") {
            add_around(word, at, words);
        } else if !word.is_empty() {
            words.push((at, word));
        }
        at += piece.len();
    }
}

/// Adds what stands close to an address: scripts without blanks are written so.
fn add_around<'t>(word: &'t str, start: usize, words: &mut Vec<(usize, &'t str)>) {
    let pieces = word.split(|c: char| c.is_ascii());
    let mut at = start;
    for piece in pieces {
        if !piece.is_empty() {
            words.push((at, piece));
        }
        // An ASCII character is one byte.
        at += piece.len() + 1;
    }
}
