//! What the parser says, said otherwise.

use super::{Slip, Stumble};

const WRITE_NUMBERS: &str =
    "no commas or dots between the digits: 1000 for a thousand; and a dot for a part of one: 0.5";

pub(super) fn slip(stumble: &Stumble<'_>) -> Option<Slip> {
    let told = stumble
        .told
        .split(", expected")
        .next()
        .unwrap_or_default()
        .trim();
    if told.starts_with("invalid multi-line") {
        return Some(endless(stumble));
    }
    if told == "invalid literal string" && stumble.found.is_empty() {
        return without_key(stumble);
    }
    if is_about_value(told) {
        let word = word_at(stumble);
        return nothing(stumble, told)
            .or_else(|| word_slip(word))
            .or_else(|| number_or_date(stumble, told, word))
            .or_else(|| must_be_quoted(stumble, told, word));
    }
    structure(told)
}

fn is_about_value(told: &str) -> bool {
    const TOLD: &[&str] = &[
        "string values must be quoted",
        "invalid boolean",
        "unexpected leading zero",
        "invalid float",
        "invalid mantissa",
        "invalid fraction",
        "invalid integer",
    ];
    TOLD.contains(&told) || told.starts_with("invalid date") || told.starts_with("invalid time")
}

fn nothing(stumble: &Stumble<'_>, told: &str) -> Option<Slip> {
    (told == "string values must be quoted" && stumble.found.is_empty()).then(|| {
        Slip::new(
            "nothing stands behind the `=`",
            "write a value there, or take the line out",
        )
    })
}

/// Words and signs of other languages.
fn word_slip(word: &str) -> Option<Slip> {
    Some(match word.to_lowercase().as_str() {
        "true" | "false" => Slip::new(
            "this is written in lower case letters",
            "write true or false",
        ),
        "yes" | "no" | "on" | "off" => Slip::new(
            "this word is not known here",
            "write true or false, without quotes",
        ),
        "null" | "none" | "nil" | "undefined" | "n/a" | "-" => {
            Slip::new("there is no word for nothing", "take the line out")
        }
        "…" | "..." | "...," => Slip::new(
            "three dots do not stand for more words",
            "write out all the words of the list",
        ),
        _ => return None,
    })
}

fn number_or_date(stumble: &Stumble<'_>, told: &str, word: &str) -> Option<Slip> {
    let key = stumble.before().split('=').next().unwrap_or_default();
    let date = told.starts_with("invalid date") || told.starts_with("invalid time");
    if date || is_date(word) || key.trim() == "expires" {
        return Some(Slip::new(
            "this is not a date",
            "a date is written year-month-day, like this: 2027-01-31",
        ));
    }
    if word.ends_with('%') {
        return Some(Slip::new(
            "a percent sign does not belong to a number",
            "leave it out; a share is written with a dot: 0.5 for 50%",
        ));
    }
    if told == "unexpected leading zero" {
        return Some(Slip::new(
            "a number does not begin with 0",
            "write 5, not 05",
        ));
    }
    let numeric = word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(['.', ',']);
    numeric.then(|| Slip::new("this is not a number as it must be written", WRITE_NUMBERS))
}

fn must_be_quoted(stumble: &Stumble<'_>, told: &str, word: &str) -> Option<Slip> {
    /// Signs that people put around a text in place of quotes, or before a name.
    const WRAPS: [char; 13] = [
        '`', '«', '»', '‹', '›', '「', '」', '『', '』', '/', '‚', '@', '´',
    ];
    if word.is_empty() || told.starts_with("unexpected") {
        return None;
    }
    let inner = stumble.found.trim().trim_matches(WRAPS).trim();
    let sound = !inner.is_empty() && inner.len() <= 60 && !inner.contains(['"', '\\', '\n']);
    let example = if sound { inner } else { "guest post" };
    Some(Slip::new(
        "this must stand in quotes",
        format!(
            "write it like this: \"{example}\"; only numbers, true and false stand without quotes"
        ),
    ))
}

/// What stands behind a comma where a key belongs, as in `1,5` and in `words = "a", "b"`.
fn without_key(stumble: &Stumble<'_>) -> Option<Slip> {
    let at = stumble.before().rfind(',')?;
    let (value, rest) = stumble.before().split_at_checked(at)?;
    let digit = |c: char| c.is_ascii_digit();
    let goes_on = rest.get(1..).is_some_and(|rest| rest.starts_with(digit));
    let slip = if value.ends_with(digit) && goes_on {
        Slip::new("a comma stands within a number", WRITE_NUMBERS)
    } else {
        Slip::new(
            "what stands behind this comma has no `=`",
            "several texts stand in brackets: words = [\"guest post\", \"backlinks\"]",
        )
    };
    Some(slip.at(stumble.line_start + at, ','))
}

/// Three quotes without their end: the last that are there opened it.
fn endless(stumble: &Stumble<'_>) -> Slip {
    let opening = ["\"\"\"", "'''"]
        .iter()
        .filter_map(|quotes| stumble.text.rfind(quotes))
        .max();
    Slip {
        span: opening.map(|at| at..at + 3),
        ..Slip::new(
            "three quotes begin a text over several lines, and this one does not end",
            "write one quote on each side: \"guest post\"",
        )
    }
}

fn structure(told: &str) -> Option<Slip> {
    let commas = "in a list and in braces there is a comma between one entry and the next";
    let lines = "every line reads `key = value`; a comment begins with #";
    let (message, help) = match told {
        "missing comma between array elements" | "missing comma between key-value pairs" => (
            "a comma is missing before this, or a closing bracket",
            commas,
        ),
        told if told.starts_with("extra comma") => ("there is a comma too many", commas),
        told if told.starts_with("missing key for inline table") => (
            "there is a comma too many, or something is missing before it",
            commas,
        ),
        "key with no value" | "missing assignment between key-value pairs" => {
            ("a `=` is missing here", lines)
        }
        "unquoted keys cannot be empty" => ("a key is missing before the `=`", lines),
        "unexpected key or value" => (
            "there is more in this line than one value",
            "one `key = value` a line; lists stand in [brackets], a comment begins with #",
        ),
        "unclosed array table" | "unclosed table" => (
            "this heading is not closed",
            "write [[rule]] with two brackets on each side, [policy] with one",
        ),
        "missing escaped value" => BACKSLASH,
        told if told.contains("unicode value") || told.contains("escape") => BACKSLASH,
        "invalid basic string" | "invalid literal string" => (
            "a character nobody can see stands in this text",
            "delete it, or type the text anew",
        ),
        _ => return None,
    };
    Some(Slip::new(message, help))
}

const BACKSLASH: (&str, &str) = (
    "a backslash means something else within double quotes",
    "put the text in single quotes, like this: pattern = '\\d+ dollars'",
);

/// The value in which the parser stumbled, from its first character on.
fn word_at<'a>(stumble: &Stumble<'a>) -> &'a str {
    let ends = |c: char| c.is_whitespace() || [',', ']', '}', '=', '[', '{'].contains(&c);
    let before = stumble.before().trim_end_matches(|c| !ends(c));
    let rest = stumble.line.get(before.len()..).unwrap_or_default();
    rest.split(ends).next().unwrap_or_default()
}

/// `31.01.2027`, `1/31/2027`, `2027/1/5`.
fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['.', '/', '-']).collect();
    let number =
        |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let year = |part: Option<&&str>| part.is_some_and(|part| part.len() == 4);
    parts.len() == 3 && parts.iter().all(number) && (year(parts.first()) || year(parts.last()))
}
