//! One form of a text as it is compared.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::map::Map;
use super::pieces::is_unspaced;

/// One form of a text as it is compared, with the way back: each byte knows the bytes of the original it came from.
#[derive(Debug, Clone, Default)]
pub struct View {
    text: String,
    map: Map,
    /// Word boundaries, in order.
    boundaries: Vec<u32>,
}

impl View {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that the bytes `folded` of [`as_str`](Self::as_str) came from: whole characters, and
    /// whatever was folded away between them. An empty range, or one outside the text, gives an empty one.
    #[must_use]
    pub fn original(&self, folded: Range<usize>) -> Range<usize> {
        self.map
            .original(folded.start..folded.end.min(self.text.len()))
    }

    /// Whether a word may begin at this byte of the folded text: a boundary of Unicode's UAX #29, and before any
    /// character of a script written without blanks (Chinese, Japanese, Thai).
    #[must_use]
    pub fn is_word_start(&self, at: usize) -> bool {
        at < self.text.len() && self.is_boundary(at)
    }

    /// Whether a word may end before this byte of the folded text.
    #[must_use]
    pub fn is_word_end(&self, at: usize) -> bool {
        at > 0 && self.is_boundary(at)
    }

    fn is_boundary(&self, at: usize) -> bool {
        u32::try_from(at).is_ok_and(|at| self.boundaries.binary_search(&at).is_ok())
    }
}

/// Writes a folded text: runs of blanks become one, none stand around the text.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    map: Map,
    /// The blanks met since the last character; they become one when another one follows.
    blank: Option<Range<usize>>,
}

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    pub(super) fn put(&mut self, c: char, from: Range<usize>) {
        if c.is_whitespace() {
            let start = self.blank.as_ref().map_or(from.start, |blank| blank.start);
            self.blank = Some(start..from.end);
            return;
        }
        if let Some(blank) = self.blank.take().filter(|_| !self.text.is_empty()) {
            self.map.add(1, blank);
            self.text.push(' ');
        }
        self.map.add(c.len_utf8(), from);
        self.text.push(c);
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    pub(super) fn view(self) -> View {
        let boundaries = boundaries(&self.text);
        View {
            text: self.text,
            map: self.map,
            boundaries,
        }
    }
}

fn boundaries(text: &str) -> Vec<u32> {
    let words = text.split_word_bound_indices().flat_map(|(start, word)| {
        let inside = word.char_indices().skip(1).filter(|(_, c)| is_unspaced(*c));
        std::iter::once(start).chain(inside.map(move |(at, _)| start + at))
    });
    words
        .chain([text.len()])
        .filter_map(|at| u32::try_from(at).ok())
        .collect()
}
