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
        self.put_blank();
        self.map.add(c.len_utf8(), from);
        self.text.push(c);
    }

    /// Puts a stretch of ASCII that begins at the byte `from` of the original.
    pub(super) fn put_ascii(&mut self, stretch: &str, from: usize) {
        let mut at = from;
        for word in stretch.split_inclusive(char::is_whitespace) {
            let letters = word.trim_end_matches(char::is_whitespace);
            if !letters.is_empty() {
                self.put_blank();
                self.map.add_ascii(at..at + letters.len());
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
                1 => self.map.add_ascii(blank),
                _ => self.map.add(1, blank),
            }
            self.text.push(' ');
        }
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
    if text.chars().all(|c| c.is_ascii() || is_plain_letter(c)) {
        return plain_boundaries(text);
    }
    let words = text.split_word_bound_indices().flat_map(|(start, word)| {
        let inside = word.char_indices().skip(1).filter(|(_, c)| is_unspaced(*c));
        std::iter::once(start).chain(inside.map(move |(at, _)| start + at))
    });
    words
        .chain([text.len()])
        .filter_map(|at| u32::try_from(at).ok())
        .collect()
}

/// Letters of western languages, Greek and Cyrillic, which UAX #29 treats as it does those of ASCII.
const fn is_plain_letter(c: char) -> bool {
    matches!(c, 'à'..='ö' | 'ø'..='ÿ' | 'ā'..='ž' | 'ά'..='ώ' | 'а'..='ҁ' | 'ҋ'..='ԯ')
}

/// The same for such letters and ASCII in which blanks stand alone, many times faster: rules `WB5` to `WB13b` of UAX #29.
fn plain_boundaries(text: &str) -> Vec<u32> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
    let mut boundaries = Vec::with_capacity(text.len() / 4);
    let (mut before, mut last) = (' ', ' ');
    let end = [(text.len(), ' ')];
    let mut letters = text.char_indices().chain(end).peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map_or(' ', |(_, next)| *next);
        let within = (is_word(last) && is_word(c)) || ties(last, c, next) || ties(before, last, c);
        if !within && let Ok(at) = u32::try_from(at) {
            boundaries.push(at);
        }
        (before, last) = (last, c);
    }
    boundaries
}

/// Whether a mark between two letters or two digits belongs to their word.
const fn ties(before: char, mark: char, after: char) -> bool {
    let letters = is_letter(before) && is_letter(after);
    let digits = before.is_ascii_digit() && after.is_ascii_digit();
    match mark {
        '.' | '\'' => letters || digits,
        ':' => letters,
        ',' | ';' => digits,
        _ => false,
    }
}

const fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii()
}
