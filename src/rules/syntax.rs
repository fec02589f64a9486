//! What the TOML parser says, in the words of people who do not program.

use std::ops::Range;

use super::source::Source;
use crate::problem::Problem;

const CURLY: [char; 5] = ['“', '”', '„', '‘', '’'];

/// The parser's error as staff read it. A slip seen in the line itself is told rather than what the parser stumbled over.
pub(super) fn problem(source: Source<'_>, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let line = line_of(source.text, span.start);
    let (message, help) = in_the_line(error.message(), line, &span)
        .or_else(|| in_words(error.message(), source.text.get(span.clone()).unwrap_or_default()))
        .unwrap_or((
            error.message().trim(),
            "texts stand in \"quotes\", lists in [brackets] with commas between, one `key = value` a line",
        ));
    Problem::error("toml-syntax", message.replace('\n', ", "))
        .at(source.place(&span))
        .help(help)
}

fn in_the_line(
    told: &str,
    line: &str,
    span: &Range<usize>,
) -> Option<(&'static str, &'static str)> {
    let odd = line.matches('"').count() % 2 == 1;
    let lacks = |open: char, close: char| line.matches(open).count() > line.matches(close).count();
    let unquoted = told.starts_with("string values must be quoted") && !span.is_empty();
    let lost = told.starts_with("missing comma") || told.starts_with("invalid inline table");
    if line.contains(CURLY) && (odd || unquoted) {
        return Some((
            "curly quotes do not count as quotes",
            "write straight quotes \" instead; text pasted from a document often carries curly ones",
        ));
    }
    if told.starts_with("carriage return") {
        return Some((
            "the lines of this file end in a way that is no longer used",
            "save it again with the line ends of Windows or Unix (in most editors: at the bottom of the window)",
        ));
    }
    if odd {
        return Some((
            "a quote \" is missing in this line",
            "every text begins and ends with one, in the same line",
        ));
    }
    if lost && lacks('[', ']') {
        return Some((
            "a closing bracket ] is missing in this line",
            "a list opened with [ must be closed with ]",
        ));
    }
    if lost && lacks('{', '}') {
        return Some((
            "a closing brace } is missing in this line",
            "a condition opened with { must be closed with }",
        ));
    }
    None
}

fn in_words(told: &str, found: &str) -> Option<(&'static str, &'static str)> {
    Some(
        match told.split(", expected").next().unwrap_or_default().trim() {
            told if told.starts_with("duplicate key") => (
                "this stands here for the second time",
                "keep one of the two",
            ),
            "string values must be quoted" if found.is_empty() => (
                "nothing stands behind the `=`",
                "write a value there, or take the line out",
            ),
            "string values must be quoted" if is_yes_or_no(found) => (
                "this word is not known here",
                "write true or false, without quotes",
            ),
            "string values must be quoted" => (
                "this must stand in quotes",
                "write it like this: \"guest post\"; only numbers, true and false stand without quotes",
            ),
            "missing comma between array elements" | "missing comma between key-value pairs" => (
                "a comma is missing before this, or a closing bracket",
                "in a list and in braces there is a comma between one entry and the next",
            ),
            "unexpected `=` in array" | "unclosed array" => (
                "the list that begins before this is not closed",
                "close it with ]",
            ),
            "unclosed inline table" => (
                "the braces that begin before this are not closed",
                "close them with }",
            ),
            "key with no value" => (
                "a `=` is missing here",
                "every line reads `key = value`; a comment begins with #",
            ),
            "unexpected key or value" => (
                "there is more in this line than one value",
                "one `key = value` a line; lists stand in [brackets], a comment begins with #",
            ),
            "unclosed array table" | "unclosed table" => (
                "this heading is not closed",
                "write [[rule]] with two brackets on each side, [policy] with one",
            ),
            "invalid boolean" => (
                "this is written in lower case letters",
                "write true or false",
            ),
            "missing escaped value" => (
                "a backslash means something else within double quotes",
                "put patterns in single quotes, like this: pattern = '\\d+ dollars'",
            ),
            "invalid basic string" | "invalid literal string" => (
                "a character nobody can see stands in this text",
                "delete it, or type the text anew",
            ),
            _ => return None,
        },
    )
}

fn is_yes_or_no(found: &str) -> bool {
    ["yes", "no", "on", "off"].contains(&found.to_lowercase().as_str())
}

fn line_of(text: &str, at: usize) -> &str {
    let at = text.floor_char_boundary(at);
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |newline| newline + 1);
    text.get(start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default()
}
