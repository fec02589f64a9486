//! A search taken apart into its words, before anybody asks what they mean.

use std::ops::Range;

/// One word or phrase, and the bytes it takes up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    /// Between quotation marks: taken as it stands.
    pub quoted: bool,
    /// Of a quoted one: whether the second quotation mark is there.
    pub closed: bool,
    pub place: Range<usize>,
}

/// One condition: a `-` or not, a key or not, and what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub negated: bool,
    pub key: Option<Piece>,
    /// At least one; several where commas stand between them.
    pub values: Vec<Piece>,
    /// All of it.
    pub place: Range<usize>,
}

/// Takes a search apart. Any text can be: what is odd is found out later.
pub(super) fn take_apart(text: &str) -> Vec<Written> {
    let mut reader = Reader { text, at: 0 };
    let mut found = Vec::new();
    while let Some(written) = reader.condition() {
        found.push(written);
    }
    found
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn step(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn condition(&mut self) -> Option<Written> {
        while let Some(c) = self.next().filter(|c| c.is_whitespace()) {
            self.step(c);
        }
        let start = self.at;
        let first = self.next()?;
        let negated = first == '-'
            && self
                .rest()
                .chars()
                .nth(1)
                .is_some_and(|c| !c.is_whitespace());
        if negated {
            self.step(first);
        }
        let key = self.key();
        let mut values = vec![self.piece(key.is_some())];
        while key.is_some() && self.next() == Some(',') {
            self.step(',');
            values.push(self.piece(true));
        }
        Some(Written {
            negated,
            key,
            values,
            place: start..self.at,
        })
    }

    /// Letters before a colon. An address such as `https://…` is not a key.
    fn key(&mut self) -> Option<Piece> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphabetic() || c == '_'))?;
        let (name, after) = rest.split_at_checked(end)?;
        let after = after.strip_prefix(':')?;
        if name.is_empty() || after.starts_with("//") {
            return None;
        }
        let place = self.at..self.at + end;
        let piece = Piece {
            text: name.to_owned(),
            quoted: false,
            closed: true,
            place,
        };
        self.at += end + 1;
        Some(piece)
    }

    /// Up to a blank, or in a list of values up to a comma; or what stands between quotation marks.
    fn piece(&mut self, in_list: bool) -> Piece {
        let start = self.at;
        if self.next() == Some('"') {
            return self.phrase(start);
        }
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c.is_whitespace() || (in_list && c == ',') {
                break;
            }
            self.step(c);
            text.push(c);
        }
        Piece {
            text,
            quoted: false,
            closed: true,
            place: start..self.at,
        }
    }

    /// `\"` and `\\` within it stand for a quotation mark and a backslash.
    fn phrase(&mut self, start: usize) -> Piece {
        self.step('"');
        let (mut text, mut closed) = (String::new(), false);
        while let Some(c) = self.next() {
            self.step(c);
            match (c, self.next()) {
                ('"', _) => {
                    closed = true;
                    break;
                }
                ('\\', Some(escaped @ ('"' | '\\'))) => {
                    self.step(escaped);
                    text.push(escaped);
                }
                _ => text.push(c),
            }
        }
        Piece {
            text,
            quoted: true,
            closed,
            place: start..self.at,
        }
    }
}
