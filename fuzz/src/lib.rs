//! What must hold of whatever a person writes into a rule file or a message, each tried on bytes that a fuzzer makes up.
//!
//! Every module has one function `holds`, which panics where something does not hold. The targets in `targets/` only call it.

pub mod fold;
pub mod links;
pub mod payload;
pub mod rules;
pub mod text;

use std::borrow::Cow;
use std::ops::Range;

/// The fuzzer's bytes as text.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The part of `text` at `place`: whole characters, at least one.
fn part<'t>(text: &'t str, place: &Range<usize>, what: &str) -> &'t str {
    let part = text.get(place.clone());
    let part = part.unwrap_or_else(|| panic!("{what}: {place:?} is no part of {text:?}"));
    assert!(!part.is_empty(), "{what}: nothing stands at {place:?}");
    part
}

/// The text without blanks.
fn solid(text: &str) -> String {
    text.split_whitespace().collect()
}
