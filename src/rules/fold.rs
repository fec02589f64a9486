//! The one form in which texts are compared, and the way back to what was written.

mod map;
mod pieces;

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

pub(super) use pieces::is_unspaced;

use map::Map;
use pieces::Folder;

/// A text as it is compared: the plain form, and where words are disguised a form in which they are put back.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    plain: View,
}

/// One form of a text, and the way back to what was written.
///
/// Compatibility forms, case, invisible characters (soft hyphens, joiners, bidirectional controls) and the kind of
/// blanks, quotation marks, apostrophes and dashes are folded away: NFKC and full case folding by the Unicode
/// Standard (definition D146), default-ignorable code points dropped, runs of `White_Space` one blank, none around the
/// text. Accents stay, and so do letters that merely look alike. Each byte knows the bytes of the original it came from.
#[derive(Debug, Clone, Default)]
pub struct View {
    text: String,
    map: Map,
    /// Word boundaries, in order.
    boundaries: Vec<u32>,
}

/// The most of a text that is folded, in bytes: folding lengthens a text up to elevenfold, and places are kept in 32
/// bits. Messages are cut far below ([`READ_AT_MOST`](super::text::READ_AT_MOST)).
const FOLDED_AT_MOST: usize = 64 << 20;

impl Folded {
    #[must_use]
    pub fn of(original: &str) -> Self {
        let (text, map) = folded(original);
        let boundaries = boundaries(&text);
        Self {
            plain: View {
                text,
                map,
                boundaries,
            },
        }
    }

    /// The form every text has.
    #[must_use]
    pub const fn plain(&self) -> &View {
        &self.plain
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.plain.as_str()
    }

    #[must_use]
    pub fn original(&self, folded: Range<usize>) -> Range<usize> {
        self.plain.original(folded)
    }

    #[must_use]
    pub fn is_word_start(&self, at: usize) -> bool {
        self.plain.is_word_start(at)
    }

    #[must_use]
    pub fn is_word_end(&self, at: usize) -> bool {
        self.plain.is_word_end(at)
    }

    /// All forms, the plain one first.
    pub fn views(&self) -> impl Iterator<Item = &View> {
        std::iter::once(&self.plain)
    }
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

/// Folds a rule's own words, so that they are compared in the form messages have.
#[must_use]
pub fn fold(text: &str) -> String {
    folded(text).0
}

fn folded(original: &str) -> (String, Map) {
    let original = original
        .get(..original.floor_char_boundary(FOLDED_AT_MOST))
        .unwrap_or(original);
    let mut writer = Writer {
        text: String::with_capacity(original.len()),
        map: Map::default(),
        blank: None,
    };
    let mut folder = Folder::default();
    for place in pieces::of(original) {
        let piece = original.get(place.clone()).unwrap_or("");
        if let &[byte] = piece.as_bytes() {
            writer.put(char::from(byte.to_ascii_lowercase()), place);
            continue;
        }
        for c in folder.fold(piece).chars() {
            writer.put(c, place.clone());
        }
    }
    (writer.text, writer.map)
}

struct Writer {
    text: String,
    map: Map,
    /// The blanks met since the last character; they become one when another one follows.
    blank: Option<Range<usize>>,
}

impl Writer {
    fn put(&mut self, c: char, from: Range<usize>) {
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
