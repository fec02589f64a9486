//! One form of a text as it is compared.

use std::ops::Range;

use super::boundaries;
use super::map::Map;

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
        self.put_blank();
        self.map.add(c.len_utf8(), from);
        self.text.push(c);
    }

    /// Puts letters of `width` bytes each, which took as many in the original.
    pub(super) fn put_letters(
        &mut self,
        letters: impl Iterator<Item = char>,
        width: usize,
        from: Range<usize>,
    ) {
        self.put_blank();
        self.map.add_run(width, from);
        self.text.extend(letters);
    }

    /// Puts a stretch of ASCII that begins at the byte `from` of the original.
    pub(super) fn put_ascii(&mut self, stretch: &str, from: usize) {
        let mut at = from;
        for word in stretch.split_inclusive(char::is_whitespace) {
            let letters = word.trim_end_matches(char::is_whitespace);
            if !letters.is_empty() {
                self.put_blank();
                self.map.add_run(1, at..at + letters.len());
                let start = self.text.len();
                self.text.push_str(letters);
                if let Some(letters) = self.text.get_mut(start..) {
                    letters.make_ascii_lowercase();
                }
            }
            if letters.len() < word.len() {
                self.put(' ', at + letters.len()..at + word.len());
            }
            at += word.len();
        }
    }

    /// Puts one blank for those met, if something stands before them.
    fn put_blank(&mut self) {
        if let Some(blank) = self.blank.take().filter(|_| !self.text.is_empty()) {
            match blank.len() {
                1 => self.map.add_run(1, blank),
                _ => self.map.add(1, blank),
            }
            self.text.push(' ');
        }
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    pub(super) fn view(self) -> View {
        let boundaries = boundaries::of(&self.text);
        View {
            text: self.text,
            map: self.map,
            boundaries,
        }
    }
}
