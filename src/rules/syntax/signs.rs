//! Signs that only look like the right ones: curly quotes, blanks of web pages, full-width commas.

use super::{Slip, Stumble};
use crate::rules::source::skip_text;

const CURLY: [char; 5] = ['“', '”', '„', '‘', '’'];
const WIDE: [char; 9] = ['＝', '，', '［', '］', '｛', '｝', '＃', '：', '＂'];

pub(super) fn slip(stumble: &Stumble<'_>) -> Option<Slip> {
    let Stumble { told, line, .. } = stumble;
    let unquoted = told.starts_with("string values must be quoted") && !stumble.found.is_empty();
    if line.contains(CURLY) && (unquoted || super::line::open_quote(line).is_some()) {
        return Some(Slip::new(
            "curly quotes do not count as quotes",
            "write straight quotes \" instead; text pasted from a document often carries curly ones",
        ));
    }
    if told.starts_with("carriage return") {
        return Some(Slip::new(
            "the lines of this file end in a way that is no longer used",
            "save it again with the line ends of Windows or Unix (in most editors: at the bottom of the window)",
        ));
    }
    let (at, sign) = outside_of_texts(line, |c| is_odd_blank(c) || WIDE.contains(&c))?;
    let slip = if WIDE.contains(&sign) {
        Slip::new(
            format!("the wide sign {sign} does not count"),
            "write = , [ ] { } # \" in their narrow form",
        )
    } else if is_blank(sign) {
        Slip::new(
            "this blank is not an ordinary one",
            "delete the blanks in this line and type them anew; text pasted from a web page often carries such blanks",
        )
    } else {
        Slip::new(
            "a character nobody can see stands here",
            "delete it, or type the line anew; text pasted from a web page often carries such characters",
        )
    };
    Some(slip.at(stumble.line_start + at, sign))
}

/// Blanks that TOML does not know as such.
const fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

const fn is_odd_blank(c: char) -> bool {
    is_blank(c)
        || matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{ad}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The first such character that stands neither in a text nor in a comment.
fn outside_of_texts(line: &str, wanted: impl Fn(char) -> bool) -> Option<(usize, char)> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(c) = line.get(at..).and_then(|rest| rest.chars().next()) {
        match c {
            '#' => return None,
            '"' | '\'' => at = skip_text(bytes, at),
            _ if wanted(c) => return Some((at, c)),
            _ => at += c.len_utf8(),
        }
    }
    None
}
