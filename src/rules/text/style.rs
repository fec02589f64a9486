//! What an element's attributes do to the text inside it.

use super::tags::Tag;

/// How text inside an element looks. An element starts out with the look of the one around it.
#[derive(Debug, Clone, Copy, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent properties, each inherited by itself"
)]
pub(super) struct Look {
    /// Not there for anybody: the contents of `<template>`.
    pub dropped: bool,
    /// Somebody else's words.
    pub quoted: bool,
    pub preformatted: bool,
    gone: bool,
    invisible: bool,
    sizeless: bool,
}

impl Look {
    /// Whether the text is in the message but not on the screen. `aria-hidden` hides from screen readers only.
    pub(super) fn is_hidden(self) -> bool {
        self.gone || self.invisible || self.sizeless
    }

    /// The look inside `tag`, where this is the look around it.
    pub(super) fn inside(mut self, tag: &Tag) -> Self {
        self.dropped |= tag.name == "template";
        self.quoted |= tag.name == "blockquote" || quotes_by_mark(tag);
        self.preformatted |= matches!(tag.name.as_str(), "pre" | "textarea" | "xmp" | "plaintext");
        let mut hidden = tag.hidden;
        for (property, value) in declarations(tag.style.as_deref().unwrap_or("")) {
            match property.as_str() {
                // A `display` of its own overrules the attribute.
                "display" => hidden = value == "none",
                "opacity" => self.gone |= number(&value).is_some_and(|(share, _)| share <= 0.0),
                "visibility" => self.invisible = matches!(value.as_str(), "hidden" | "collapse"),
                "font-size" => self.sizeless = is_sizeless(&value, self.sizeless),
                "white-space" => {
                    self.preformatted = value.contains("pre") || value == "break-spaces";
                }
                _ => {}
            }
        }
        self.gone |= hidden;
        self
    }
}

/// Whether everything from `tag` on is the message answered: Outlook marks only where it begins.
pub(super) fn begins_answered_message(tag: &Tag) -> bool {
    tag.id
        .as_deref()
        .is_some_and(|id| unprefixed(id) == "divRplyFwdMsg")
}

/// The marks mail programs leave on the reply they quote and on the line that introduces it.
fn quotes_by_mark(tag: &Tag) -> bool {
    const MARKS: [&str; 7] = [
        "gmail_quote",
        "gmail_attr",
        "yahoo_quoted",
        "moz-cite-prefix",
        "protonmail_quote",
        "tutanota_quote",
        "divRplyFwdMsg",
    ];
    let classes = tag.class.as_deref().unwrap_or("").split_ascii_whitespace();
    let mut marks = classes.chain(tag.id.as_deref()).map(unprefixed);
    // Yahoo numbers its ids, Gmail adds `gmail_quote_container`.
    marks.any(|mark| {
        let rest = MARKS.iter().find_map(|known| mark.strip_prefix(known));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}

/// Outlook on the web writes `x_` before every class and id of a message it quotes, once for each time it was quoted.
fn unprefixed(mark: &str) -> &str {
    mark.trim_start_matches("x_")
}

fn declarations(style: &str) -> impl Iterator<Item = (String, String)> {
    let style = without_comments(style).to_ascii_lowercase();
    let pairs: Vec<_> = style
        .split(';')
        .filter_map(|pair| pair.split_once(':'))
        .map(trimmed)
        .collect();
    pairs.into_iter()
}

fn trimmed((property, value): (&str, &str)) -> (String, String) {
    let value = value.split('!').next().unwrap_or("");
    (property.trim().to_owned(), value.trim().to_owned())
}

fn without_comments(style: &str) -> String {
    let mut pieces = style.split("/*");
    let first = pieces.next().unwrap_or("").to_owned();
    let rest = pieces
        .filter_map(|piece| piece.split_once("*/"))
        .map(|(_, kept)| kept);
    first + &rest.collect::<String>()
}

/// No size at all; a size relative to none is none.
fn is_sizeless(value: &str, around: bool) -> bool {
    match number(value) {
        Some((size, _)) if size <= 0.0 => true,
        Some((_, unit)) => around && matches!(unit, "em" | "%" | "ex" | "ch"),
        None => around && matches!(value, "inherit" | "larger" | "smaller" | "unset"),
    }
}

fn number(value: &str) -> Option<(f64, &str)> {
    let digits = value
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+'))
        .unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim()))
}
