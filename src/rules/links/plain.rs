//! A text with its disguised addresses written plainly: `hxxp`, `[.]`, `(dot)`, blanks and invisible characters put
//! right, each place of it knowing where it stands in what was written.

use std::ops::Range;

use super::spaced::{self, Dot};
use crate::rules::prose::is_alphanumeric;

/// A text in which addresses can be found, and the way back to what was written.
#[derive(Debug, Default)]
pub(super) struct Plain {
    pub text: String,
    edits: Vec<Edit>,
}

#[derive(Debug)]
struct Edit {
    /// Bytes of the plain text.
    plain: Range<usize>,
    /// The bytes of the original they stand for.
    written: Range<usize>,
    sign: Sign,
}

/// What a change says about the address it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Somebody hid the address from programs.
    Disguise,
    /// Only another way to write the same, which keyboards and programs have.
    Spelling,
}

/// What stands in the place of so many bytes of the original.
pub(super) struct Change {
    pub length: usize,
    pub by: String,
    pub sign: Sign,
}

impl Plain {
    /// Every step looks at a bounded piece of the text, so the cost is in proportion to its length.
    pub(super) fn of(written: &str) -> Self {
        let mut plain = Self::default();
        plain.text.reserve(written.len());
        let mut at = 0;
        while let Some(rest) = written.get(at..) {
            let kept = rest.find(|c| !stays(c)).unwrap_or(rest.len());
            plain.text.push_str(rest.get(..kept).unwrap_or(""));
            at += kept;
            let rest = rest.get(kept..).unwrap_or("");
            let Some(c) = rest.chars().next() else { break };
            if let Some(change) = change(&plain.text, c, rest) {
                plain.put(at, &change);
                at += change.length;
            } else {
                let kept = unchanged(c, rest);
                plain.text.push_str(rest.get(..kept).unwrap_or(""));
                at += kept;
            }
        }
        plain
    }

    fn put(&mut self, at: usize, change: &Change) {
        let start = self.text.len();
        self.text.push_str(&change.by);
        self.edits.push(Edit {
            plain: start..self.text.len(),
            written: at..at + change.length,
            sign: change.sign,
        });
    }

    /// The bytes of the original that stand for these bytes of the plain text.
    pub(super) fn written(&self, plain: &Range<usize>) -> Range<usize> {
        // What was dropped right before or right behind an address is no part of it.
        let before = self.edits.partition_point(|edit| {
            edit.plain.start < plain.start || edit.plain.end <= plain.start
        });
        let start = match before.checked_sub(1).and_then(|at| self.edits.get(at)) {
            Some(edit) if edit.plain.end <= plain.start => {
                edit.written.end + (plain.start - edit.plain.end)
            }
            Some(edit) => edit.written.start,
            None => plain.start,
        };
        let before = self
            .edits
            .partition_point(|edit| edit.plain.start < plain.end);
        let end = match before.checked_sub(1).and_then(|at| self.edits.get(at)) {
            Some(edit) if edit.plain.end <= plain.end => {
                edit.written.end + (plain.end - edit.plain.end)
            }
            Some(edit) => edit.written.end,
            None => plain.end,
        };
        start..end.max(start)
    }

    /// Whether something in these bytes of the plain text was disguised.
    pub(super) fn is_disguised(&self, plain: &Range<usize>) -> bool {
        let first = self
            .edits
            .partition_point(|edit| edit.plain.end < plain.start);
        self.edits
            .iter()
            .skip(first)
            .take_while(|edit| edit.plain.start < plain.end)
            .any(|edit| edit.sign == Sign::Disguise && edit.plain.end > plain.start)
    }
}

/// Whether a character stays as it is, whatever stands beside it.
fn stays(c: char) -> bool {
    if c.is_ascii() {
        !matches!(c, 'h' | 'H' | '[' | '(' | '{' | ' ' | '\t' | '.')
    } else {
        is_alphanumeric(c)
    }
}

/// How much is taken over as it stands: a run of invisible characters is looked at once.
fn unchanged(c: char, rest: &str) -> usize {
    if is_invisible(c) {
        rest.find(|c| !is_invisible(c)).unwrap_or(rest.len())
    } else {
        c.len_utf8()
    }
}

fn change(before: &str, c: char, rest: &str) -> Option<Change> {
    match c {
        'h' | 'H' => scheme(before, rest),
        '[' | '(' | '{' => at_sign(before, rest).or_else(|| dot(before, rest)),
        ' ' | '\t' | '\u{a0}' | '.' => dot(before, rest),
        c if stays(c) => None,
        c if is_invisible(c) => invisible(before, rest),
        '．' | '｡' => Some(Change {
            length: c.len_utf8(),
            by: ".".to_owned(),
            sign: Sign::Spelling,
        }),
        _ => dot(before, rest),
    }
}

fn dot(before: &str, rest: &str) -> Option<Change> {
    if !before.ends_with(is_alphanumeric) {
        return None;
    }
    let (dot, length) = Dot::read(rest)?;
    let after = rest.get(length..)?;
    if !after.starts_with(char::is_alphanumeric) {
        return None;
    }
    if dot == Dot::Bracketed {
        return Some(Change {
            length,
            by: ".".to_owned(),
            sign: Sign::Disguise,
        });
    }
    spaced::name(before, dot, length, rest)
}

/// Characters nobody sees, inside what would otherwise be one address.
fn invisible(before: &str, rest: &str) -> Option<Change> {
    let part = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%?#=&+".contains(c);
    let length = rest.find(|c| !is_invisible(c))?;
    let inside = before.ends_with(part) && rest.get(length..)?.starts_with(part);
    inside.then(|| Change {
        length,
        by: String::new(),
        sign: Sign::Disguise,
    })
}

pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// `(at)` makes an e-mail address, and what stands behind it is then no link.
fn at_sign(before: &str, rest: &str) -> Option<Change> {
    let inside = rest.get(1..)?.trim_start_matches(' ');
    let word = inside.get(..2)?;
    let close = inside.get(2..)?.trim_start_matches(' ');
    let after = close.strip_prefix([']', ')', '}'])?;
    let is_at = word.eq_ignore_ascii_case("at") || word.starts_with('@');
    (is_at
        && before
            .trim_end_matches(' ')
            .ends_with(char::is_alphanumeric))
    .then(|| Change {
        length: rest.len() - after.trim_start_matches(' ').len(),
        by: "@".to_owned(),
        sign: Sign::Spelling,
    })
}

/// The ways to write the colon behind a scheme, and whether the slashes stand in its brackets.
const COLONS: [(&str, &str); 7] = [
    ("[://]", "//"),
    ("(://)", "//"),
    ("[:]", ""),
    ("(:)", ""),
    ("{:}", ""),
    (":", ""),
    ("：", ""),
];

/// `hxxp://`, `h**ps[:]//`, `https: //`, `http:\\`; nothing for a scheme written as it should be.
fn scheme(before: &str, rest: &str) -> Option<Change> {
    if before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let letters = rest.get(1..4)?;
    let well_formed =
        letters.chars().take(2).all(|c| "tTxX*#+".contains(c)) && letters.ends_with(['p', 'P']);
    let after = rest.get(4..).filter(|_| well_formed)?;
    let secure = ["[s]", "(s)", "s", "S"]
        .iter()
        .find_map(|s| after.strip_prefix(s));
    let by = if secure.is_some() {
        "https://"
    } else {
        "http://"
    };
    let after = secure.unwrap_or(after);
    let colon = after.strip_prefix(' ').unwrap_or(after);
    let (inside, after) = COLONS
        .iter()
        .find_map(|(mark, inside)| Some((*inside, colon.strip_prefix(mark)?)))?;
    let after = after.strip_prefix(' ').unwrap_or(after);
    let name = after.trim_start_matches(['/', '\\', '／']);
    let slashed = after.len() > name.len() || !inside.is_empty();
    let name_follows = name.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let length = rest.len() - name.len();
    let written = rest.get(..length)?;
    if !slashed || !name_follows || written.eq_ignore_ascii_case(by) {
        return None;
    }
    let spelled = written.replace(['\\', '／'], "/").replace('：', ":");
    let spelled = spelled.trim_end_matches('/');
    let sign = if spelled.eq_ignore_ascii_case(by.trim_end_matches('/')) {
        Sign::Spelling
    } else {
        Sign::Disguise
    };
    Some(Change {
        length,
        by: by.to_owned(),
        sign,
    })
}
