//! Mistakes of people who do not program, and what they are told. Every text here was read aloud once.

mod brackets;
mod conditions;
mod examples;
mod files;
mod frame;
mod history;
mod keys;
mod many;
mod pasted;
mod policy;
mod unquoted;
mod values;
mod warnings;
mod writing;

use super::*;

/// Lines that make a rule whole.
const FINE: &str = "any = [{ words = [\"x\"] }]";

/// The text with characters nobody could tell apart in a snapshot written by their numbers.
fn named_characters(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{a0}' | '\u{200b}' => format!("<{:x}>", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}
