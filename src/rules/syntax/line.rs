//! Slips seen in the line: quotes within quotes, comments and lists of other languages, words where signs belong.

use super::{Slip, Stumble};
use crate::rules::source::skip_text;

pub(super) fn slip(stumble: &Stumble<'_>) -> Option<Slip> {
    strange_line(stumble.line.trim())
        .or_else(|| heading(stumble))
        .or_else(|| quotes(stumble))
        .or_else(|| between(stumble))
        .or_else(|| assignment(stumble))
        .or_else(|| left_over(stumble))
}

/// What version control writes where two edits met.
const CONFLICT: &[&str] = &["<<<<<<<", "=======", ">>>>>>>", "|||||||"];

/// Lines that belong to something else than a rule.
fn strange_line(line: &str) -> Option<Slip> {
    let starts = |signs: &[&str]| signs.iter().any(|sign| line.starts_with(sign));
    if starts(&["```", "~~~"]) {
        return Some(Slip::new(
            "this line is not part of a rule",
            "take it out; it came along from a document or a web page",
        ));
    }
    if starts(CONFLICT) {
        return Some(Slip::new(
            "two versions of this file were put together here",
            "keep one of the two versions, and take out the lines that begin with <<<<<<<, ======= and >>>>>>>",
        ));
    }
    if starts(&["//", "/*", "--", "<!--", ";", "% "]) {
        return Some(Slip::new(
            "a comment begins with #",
            "write # at the beginning of this line instead",
        ));
    }
    if starts(&["- ", "* ", "• ", "– ", "· "]) {
        return Some(Slip::new(
            "lists are not written with a mark before each line",
            "write a list in brackets with commas between: words = [\"guest post\", \"backlinks\"]",
        ));
    }
    None
}

fn heading(stumble: &Stumble<'_>) -> Option<Slip> {
    let line = stumble.line.trim();
    let is_heading = line.starts_with('[') && !line.starts_with("[{") && !line.starts_with("[\"");
    if stumble.told.starts_with("unexpected key or value") && is_heading {
        return Some(Slip::new(
            "there is more in this line than the heading",
            "[[rule]] stands on a line of its own; a comment begins with #",
        ));
    }
    let odd = [
        "unclosed array table",
        "unclosed table",
        "unquoted keys cannot be empty",
    ];
    if odd.iter().any(|told| stumble.told.starts_with(told)) && is_heading {
        let message = if line.ends_with("]]") || line.contains("] ]") {
            "this heading is not written as it must be"
        } else {
            "this heading is not closed"
        };
        let help = "write [[rule]] with two brackets on each side, [policy] with one";
        return Some(Slip::new(message, help));
    }
    if stumble.told.starts_with("invalid key-value pair")
        && line.starts_with('{')
        && line.ends_with('}')
    {
        return Some(Slip::new(
            "nothing stands before these braces",
            "a rule begins with [[rule]]; conditions stand behind `any =`, `all =` or `unless =`",
        ));
    }
    None
}

fn quotes(stumble: &Stumble<'_>) -> Option<Slip> {
    let ended = stumble.before().chars().next_back();
    let within = stumble.before().chars().rev().nth(1);
    let next = stumble.after().chars().next();
    let goes_on = next.is_some_and(char::is_alphanumeric);
    if ended == Some('\'') && goes_on && within.is_some_and(char::is_alphanumeric) {
        return Some(Slip::new(
            "an apostrophe ends a text that begins with one",
            "put a text with an apostrophe in double quotes, like this: \"don't\"",
        ));
    }
    if let Some(quote) = open_quote(stumble.line) {
        return Some(Slip::new(
            format!("a quote {quote} is missing in this line"),
            "every text begins and ends with one, in the same line",
        ));
    }
    let after_a_text = matches!(ended, Some('"' | '\'')) && goes_on;
    let puts = ["missing comma", "unexpected key or value"];
    if after_a_text && puts.iter().any(|told| stumble.told.starts_with(told)) {
        return Some(match ended {
            Some('"') => Slip::new(
                "a quote \" within a text ends it",
                "put a text with quotes in it between single quotes, like this: 'the \"best\" offer'",
            ),
            _ => Slip::new(
                "a quote ' within a text ends it",
                "begin and end every text with one double quote, like this: \"guest post\"",
            ),
        });
    }
    None
}

/// What stands between two entries of a list or of braces.
fn between(stumble: &Stumble<'_>) -> Option<Slip> {
    if !stumble.told.starts_with("missing comma") {
        return None;
    }
    let after = stumble.after();
    let word: String = after.chars().take_while(|c| !c.is_whitespace()).collect();
    match word.to_lowercase().as_str() {
        "and" | "or" | "&" | "&&" | "|" | "||" | "+" => Some(Slip::new(
            format!("a comma stands between two entries, not `{word}`"),
            "in `any` it is enough that one entry holds, in `all` every one must; in `words` one of them is enough",
        )),
        word if word.starts_with(';') => Some(Slip::new(
            "a comma stands between two entries, not a semicolon",
            "write , instead of ;",
        )),
        _ => None,
    }
}

/// What stands between a key and its value.
fn assignment(stumble: &Stumble<'_>) -> Option<Slip> {
    let odd = [
        "key with no value",
        "missing assignment",
        "extra assignment",
        "extra `=`",
        "missing key for inline table",
    ];
    if !odd.iter().any(|told| stumble.told.starts_with(told)) {
        return None;
    }
    let (before, after) = (stumble.before().trim_end(), stumble.after().trim_start());
    if before.ends_with(':') || after.starts_with(':') {
        return Some(Slip::new(
            "a `=` belongs here, not a colon",
            "every line reads `key = value`, in braces too: { first_message = true }",
        ));
    }
    if before.ends_with(['>', '<', '=', '!']) || after.starts_with(['>', '<', '=', '!']) {
        return Some(Slip::new(
            "only a single `=` stands between a key and its value",
            "write `key = value`; bounds are written like this: { length = { at_least = 20, at_most = 200 } }",
        ));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let first = before.rsplit(|c| !is_name(c)).next().unwrap_or_default();
    let second: String = after.chars().take_while(|&c| is_name(c)).collect();
    let rest = after.get(second.len()..).unwrap_or_default().trim_start();
    if !first.is_empty() && !second.is_empty() && rest.starts_with('=') {
        return Some(Slip::new(
            "a key is one word, without a blank in it",
            format!("did you mean `{first}_{second}`?"),
        ));
    }
    None
}

/// What stands behind a value that is complete.
fn left_over(stumble: &Stumble<'_>) -> Option<Slip> {
    if !stumble.told.starts_with("unexpected key or value") {
        return None;
    }
    let after = stumble.after().trim();
    if after == "," || after == ";" {
        return Some(Slip::new(
            format!("a {after} does not belong at the end of this line"),
            "take it out; commas stand within [brackets] and {braces} only",
        ));
    }
    if ["//", "/*", "--"]
        .iter()
        .any(|sign| after.starts_with(sign))
    {
        return Some(Slip::new("a comment begins with #", "write # here instead"));
    }
    None
}

/// The quote that opens a text which does not end in this line.
pub(super) fn open_quote(line: &str) -> Option<char> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' => return None,
            b'"' | b'\'' => {
                let end = skip_text(bytes, at);
                let closed = end > at + 1 && bytes.get(end - 1) == Some(&byte);
                if !closed || end > bytes.len() {
                    return Some(char::from(byte));
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

/// What makes the parser stumble again and again and is one slip all the same: a heading that is missing above many keys,
/// two edits that met.
#[derive(Default)]
pub(super) struct Repeats {
    /// Where the keys begin that were told of together.
    told_from: Option<usize>,
    /// Whether it was told that two edits met.
    conflict: bool,
}

impl Repeats {
    /// What is wrong there, unless it was told of already.
    pub fn slip(&mut self, stumble: &Stumble<'_>) -> Option<Slip> {
        if CONFLICT.iter().any(|sign| stumble.line.starts_with(sign)) {
            let first = !std::mem::replace(&mut self.conflict, true);
            return first.then(|| stumble.slip());
        }
        if !stumble.told.starts_with("duplicate key") {
            return Some(stumble.slip());
        }
        let line = stumble.line.trim();
        let told = self
            .told_from
            .and_then(|from| stumble.text.get(from..stumble.line_start));
        if line == "[rule]" {
            self.told_from = Some(stumble.line_start + stumble.line.len());
            return Some(Slip {
                code: "single-rule",
                ..Slip::new(
                    "a rule begins with [[rule]], with two brackets on each side",
                    "write [[rule]], here and at every other rule",
                )
            });
        }
        if told.is_some_and(|between| !between.contains("\n[")) {
            self.told_from = Some(stumble.line_start);
            return None;
        }
        if stumble.found == "id" {
            self.told_from = Some(stumble.line_start);
            return Some(Slip::new(
                "a second `id` stands in one rule",
                "if another rule begins here, write [[rule]] on a line of its own above it; otherwise take one of the two out",
            ));
        }
        Some(Slip::new(
            "this stands here for the second time",
            "keep one of the two",
        ))
    }
}
