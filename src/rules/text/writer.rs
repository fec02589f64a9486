//! Writes text down the way a browser lays it out: blanks collapsed, lines ended where a block ends.

use std::ops::Range;

/// Text, and which parts of it were quoted from somebody else.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub text: String,
    /// Byte ranges of `text`, in order, apart from one another.
    pub quotes: Vec<Range<usize>>,
}

/// How a piece of text is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Blanks and line ends are kept as they are.
    pub preformatted: bool,
    pub quoted: bool,
}

/// Collects text; what separates two words is decided when the second one comes.
#[derive(Debug, Default)]
pub(super) struct Writer {
    written: Written,
    gap: Option<char>,
    line_ends: usize,
}

/// More empty lines than one say nothing more.
const LINE_ENDS_AT_MOST: usize = 2;

impl Writer {
    /// Writes `text` and says where it went; nothing is written for blanks alone.
    pub(super) fn write(&mut self, text: &str, manner: Manner) -> Option<Range<usize>> {
        let mut start = None;
        for piece in text.split_inclusive(is_blank) {
            let word = piece.trim_end_matches(is_blank);
            if !word.is_empty() {
                self.put(word, &mut start);
            }
            match piece.get(word.len()..).unwrap_or("") {
                "" => {}
                "\n" if manner.preformatted => self.end_line(),
                "\r" if manner.preformatted => {}
                blank if manner.preformatted => self.put(blank, &mut start),
                _ => {
                    self.gap.get_or_insert(' ');
                }
            }
        }
        let place = start?..self.written.text.len();
        if manner.quoted {
            self.mark_quote(place.clone());
        }
        Some(place)
    }

    /// What follows stands on a line of its own.
    pub(super) fn block(&mut self) {
        self.line_ends = self.line_ends.max(1);
    }

    /// What follows stands on the next line, even if that leaves one empty.
    pub(super) fn end_line(&mut self) {
        self.line_ends = (self.line_ends + 1).min(LINE_ENDS_AT_MOST);
    }

    /// What follows stands in another cell of the same row.
    pub(super) fn cell(&mut self) {
        self.gap = Some('\t');
    }

    pub(super) fn finish(self) -> Written {
        self.written
    }

    fn put(&mut self, word: &str, start: &mut Option<usize>) {
        self.separate();
        start.get_or_insert(self.written.text.len());
        self.written.text.push_str(word);
    }

    fn separate(&mut self) {
        let line_ends = std::mem::take(&mut self.line_ends);
        let gap = self.gap.take();
        if self.written.text.is_empty() {
            return;
        }
        if line_ends > 0 {
            self.written
                .text
                .extend(std::iter::repeat_n('\n', line_ends));
        } else if let Some(gap) = gap {
            self.written.text.push(gap);
        }
    }

    fn mark_quote(&mut self, place: Range<usize>) {
        match self.written.quotes.last_mut() {
            // Only what separates two pieces lies between them.
            Some(last) if place.start.saturating_sub(last.end) <= LINE_ENDS_AT_MOST => {
                last.end = place.end;
            }
            _ => self.written.quotes.push(place),
        }
    }
}

/// Only these collapse: a no-break space is a character like any other.
const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}
