//! Brackets and braces that are not closed, or closed in the wrong order.

use super::{Slip, Stumble};
use crate::rules::source::skip_text;

/// How begins what the parser says where brackets may be the reason.
const SIGNS: &[&str] = &[
    "missing comma",
    "missing inline table opening",
    "missing key for inline table",
    "missing table open",
    "invalid inline table",
    "invalid key-value pair",
    "unclosed array,",
    "unclosed inline table",
    "unexpected `=` in array",
    "unexpected key or value",
];

/// Whether brackets may be the reason of what the parser says.
pub(super) fn may_be_about(told: &str) -> bool {
    SIGNS.iter().any(|sign| told.starts_with(sign))
}

/// Whether every bracket is closed, in the right order.
pub(super) fn even(text: &str) -> bool {
    matches!(weigh(text, text.len()), Balance::Even)
}

pub(super) fn slip(stumble: &Stumble<'_>) -> Option<Slip> {
    if !may_be_about(stumble.told) {
        return None;
    }
    let text = stumble.text;
    let equals = stumble.told.starts_with("unexpected `=` in array");
    let end = if equals {
        stumble.span.start
    } else {
        stumble.line_start + stumble.line.len()
    };
    match weigh(text, end) {
        Balance::Crossed { open, close } if open.line(text) == close.line(text) => {
            Some(if one_too_many(stumble.line, open, close) {
                extra(close)
            } else {
                lacking(open).at(close.at, close.sign)
            })
        }
        Balance::Crossed { open, close } => {
            let message = format!(
                "this {} comes before the {} of line {} is closed",
                close.sign,
                open.sign,
                stumble.lines_before + open.line(text)
            );
            let help = format!("close it with {} first", open.closing());
            Some(Slip::new(message, help).at(close.at, close.sign))
        }
        Balance::Extra(close) => Some(extra(close)),
        Balance::Open(open) if equals => Some(unexpected_equals(stumble, open)),
        Balance::Open(open) if stumble.told.starts_with("unclosed") => Some(not_closed(open)),
        Balance::Open(_) | Balance::Even => None,
    }
}

fn extra(close: Sign) -> Slip {
    Slip::new(
        format!("this {} closes nothing", close.sign),
        "every ] belongs to a [ before it, and every } to a {",
    )
    .at(close.at, close.sign)
}

/// Whether the line has one `close` more than it opens, and closes whatever else it opens.
fn one_too_many(line: &str, open: Sign, close: Sign) -> bool {
    let count = |sign: char| line.matches(sign).count();
    let opening = if close.sign == ']' { '[' } else { '{' };
    count(close.sign) > count(opening) && count(open.sign) == count(open.closing())
}

fn lacking(open: Sign) -> Slip {
    if open.sign == '[' {
        Slip::new(
            "a closing bracket ] is missing in this line",
            "a list opened with [ must be closed with ]",
        )
    } else {
        Slip::new(
            "a closing brace } is missing in this line",
            "a condition opened with { must be closed with }",
        )
    }
}

fn not_closed(open: Sign) -> Slip {
    let slip = if open.sign == '[' {
        Slip::new("the list that begins here is not closed", "close it with ]")
    } else {
        Slip::new(
            "the braces that begin here are not closed",
            "close them with }",
        )
    };
    slip.at(open.at, open.sign)
}

/// `[ words = ["x"] ]` lacks its braces; in a list over several lines the next line of the rule has begun.
fn unexpected_equals(stumble: &Stumble<'_>, open: Sign) -> Slip {
    if open.at < stumble.line_start {
        return not_closed(open);
    }
    let key = stumble
        .before()
        .rsplit('[')
        .next()
        .unwrap_or_default()
        .trim();
    Slip::new(
        "every condition stands in braces { } of its own",
        format!("write it like this: [{{ {key} = … }}]"),
    )
}

/// A bracket or brace, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Sign {
    sign: char,
    at: usize,
}

impl Sign {
    const fn closing(self) -> char {
        if self.sign == '[' { ']' } else { '}' }
    }

    /// Its line in `text`, counted from 1.
    fn line(self, text: &str) -> usize {
        let before = text.get(..self.at).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

enum Balance {
    Even,
    /// The innermost that is open at the end.
    Open(Sign),
    /// One is closed although another was opened after it.
    Crossed {
        open: Sign,
        close: Sign,
    },
    /// One that closes nothing.
    Extra(Sign),
}

fn weigh(text: &str, to: usize) -> Balance {
    let bytes = text.as_bytes();
    let mut open: Vec<Sign> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at).filter(|_| at < to) {
        let here = Sign {
            sign: char::from(byte),
            at,
        };
        match byte {
            b'"' | b'\'' => {
                at = skip_text(bytes, at);
                continue;
            }
            b'#' => {
                while bytes.get(at).is_some_and(|&b| b != b'\n') {
                    at += 1;
                }
                continue;
            }
            b'[' | b'{' => open.push(here),
            b']' | b'}' => match open.pop() {
                None => return Balance::Extra(here),
                Some(last) if last.closing() != here.sign => {
                    return Balance::Crossed {
                        open: last,
                        close: here,
                    };
                }
                Some(_) => {}
            },
            _ => {}
        }
        at += 1;
    }
    open.pop().map_or(Balance::Even, Balance::Open)
}
