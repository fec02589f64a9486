//! What goes with a rule's `then`: points, what it asks for besides, how long its block lasts.

use std::ops::Range;
use std::time::Duration;

use toml::de::DeTable;

use super::head;
use crate::decision::{Also, Then};
use crate::rules::read::Reader;

/// `points`, `also` and `block_for`.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    table: &DeTable<'a>,
    then: Option<Then>,
    span: &Range<usize>,
) -> (i64, Vec<Also>, Option<Duration>) {
    (
        read_points(reader, table, then, span),
        read_also(reader, table, then),
        read_block_for(reader, table, then),
    )
}

fn read_points<'a>(
    reader: &mut Reader<'a>,
    table: &DeTable<'a>,
    then: Option<Then>,
    span: &Range<usize>,
) -> i64 {
    match (table.get("points"), then) {
        (Some(value), Some(Then::Points)) => reader
            .number(value, "points = 3")
            .map_or(0, |points| points.clamp(-10_000, 10_000)),
        (Some(value), Some(_)) => {
            reader.error(
                "points-without-then",
                &value.span(),
                "`points` are only counted with then = \"points\"",
                "write then = \"points\", or leave `points` out",
            );
            0
        }
        (None, Some(Then::Points)) => {
            reader.error(
                "missing-key",
                &head(span),
                "this rule says then = \"points\" but not how many",
                "add a line like this: points = 3",
            );
            0
        }
        _ => 0,
    }
}

fn read_also<'a>(reader: &mut Reader<'a>, table: &DeTable<'a>, then: Option<Then>) -> Vec<Also> {
    let Some(value) = table.get("also") else {
        return Vec::new();
    };
    if matches!(then, Some(Then::Allow | Then::Points)) {
        reader.error(
            "also-without-action",
            &value.span(),
            "`also` goes with then = \"block\" or \"flag\" only",
            "leave `also` out, or let the rule block or flag",
        );
    }
    let example = "also = [\"redact\", \"close\"]";
    let mut also = reader
        .vocabulary(value, Also::ALL, Also::as_str, example)
        .unwrap_or_default();
    if also.contains(&Also::Redact) && then == Some(Then::Flag) {
        reader.error(
            "redact-without-block",
            &value.span(),
            "`redact` goes with then = \"block\" only: it removes the message's text for good, and no protection or brake watches over a flag",
            "leave `redact` out, or let the rule block",
        );
    }
    also.sort_unstable();
    also.dedup();
    also
}

fn read_block_for<'a>(
    reader: &mut Reader<'a>,
    table: &DeTable<'a>,
    then: Option<Then>,
) -> Option<Duration> {
    let value = table.get("block_for")?;
    if then.is_some_and(|then| then != Then::Block) {
        reader.error(
            "block-for-without-block",
            &value.span(),
            "`block_for` goes with then = \"block\" only",
            "leave `block_for` out, or let the rule block",
        );
    }
    reader.span_of_time(value, "block_for = \"30d\"")
}
