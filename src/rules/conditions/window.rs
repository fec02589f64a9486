//! The span of time over which conditions count.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::shape::Bounds;
use crate::decision::MOST_COUNTED;
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::time::say_span;

/// The longest window.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// Reads `within` out of the condition's table.
pub(super) fn read_window<'a>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    example: &str,
) -> Option<Duration> {
    let table = reader.table(value, example)?;
    let Some(written) = table.get("within") else {
        reader.error(
            "no-window",
            &value.span(),
            "`within` is missing",
            format!("write it like this: {example}"),
        );
        return None;
    };
    let within = reader.span_of_time(written, "within = \"10m\"")?;
    if within > LONGEST {
        reader.error(
            "window-too-long",
            &written.span(),
            format!("history is counted over at most {}", say_span(LONGEST)),
            format!("write within = \"{}\" or less", say_span(LONGEST)),
        );
        return None;
    }
    Some(within)
}

/// Whether a bound lies where nothing is counted any more; then that is reported.
pub(super) fn counts_too_high(reader: &mut Reader<'_>, value: &Value<'_>, bounds: Bounds) -> bool {
    let too_high = bounds.reach_beyond(MOST_COUNTED);
    if too_high {
        reader.error(
            "count-too-high",
            &value.span(),
            format!("history is counted up to {MOST_COUNTED}"),
            format!("write {MOST_COUNTED} or less"),
        );
    }
    too_high
}

/// Bounds under these names, one of them at least, and the span of time over which is counted.
pub(super) fn schema_within([least, most]: [&str; 2]) -> Json {
    let keys = [
        (least, schema::count()),
        (most, schema::count()),
        ("within", schema::span()),
    ];
    let mut table = schema::table(&keys, &["within"]);
    if let Some(table) = table.as_object_mut() {
        let one = json!([{ "required": [least] }, { "required": [most] }]);
        table.insert("anyOf".to_owned(), one);
    }
    table
}
