//! The brakes of a policy, as they are written.

use std::ops::Range;
use std::time::Duration;

use toml::de::DeTable;

use super::super::read::{Reader, Value};
use super::{Brake, Policy, ShareBrake};

/// Senders are kept by the hour, and only as long as they may count.
const SHORTEST: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(24 * 7);

pub(super) fn read_brakes<'a>(reader: &mut Reader<'a>, table: &DeTable<'a>, policy: &mut Policy) {
    let example = "brake.per_rule = { blocks = 20, within = \"10m\" }";
    let Some(brakes) = table
        .get("brake")
        .and_then(|value| reader.table(value, example))
    else {
        return;
    };
    reader.known_keys(brakes, &["per_rule", "total", "share"], "under brake");
    for (key, slot) in [
        ("per_rule", &mut policy.brake_per_rule),
        ("total", &mut policy.brake_total),
    ] {
        if let Some(brake) = brakes
            .get(key)
            .and_then(|value| read_brake(reader, value, example))
        {
            *slot = brake;
        }
    }
    if let Some(share) = brakes
        .get("share")
        .and_then(|value| read_share(reader, value))
    {
        policy.brake_share = share;
    }
}

fn read_brake<'a>(reader: &mut Reader<'a>, value: &Value<'a>, example: &str) -> Option<Brake> {
    let table = reader.table(value, example)?;
    reader.known_keys(table, &["blocks", "within"], "in a brake");
    let (Some(blocks), Some(within)) = (table.get("blocks"), table.get("within")) else {
        reader.error(
            "missing-key",
            &value.span(),
            "a brake needs `blocks` and `within`",
            format!("write it like this: {example}"),
        );
        return None;
    };
    Some(Brake {
        blocks: reader.count(blocks, "blocks = 20")?,
        within: reader.span_of_time(within, "within = \"10m\"")?,
    })
}

fn read_share<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<ShareBrake> {
    let form = Form {
        name: "the brake by share",
        place: "in a brake",
        part: "part = 0.2",
        of_at_least: "of_at_least = 100",
        within: "within = \"24h\"",
        whole: "brake.share = { part = 0.2, of_at_least = 100, within = \"24h\" }",
    };
    let (share, within) = read_part(reader, value, &form)?;
    let share = ShareBrake {
        part: share.thousandths,
        of_at_least: share.of_at_least,
        within: share.within,
    };
    let wrong = if share.allows(0) == 0 {
        Some((
            value.span(),
            "that is less than one block, so this brake would hold every block",
            "make `part` times `of_at_least` at least 1; a rule that is never to block has stage = \"hold\"",
        ))
    } else if !(SHORTEST..=LONGEST).contains(&share.within) {
        Some((
            within,
            "senders are counted by the hour, for a week",
            "`within` is from \"1h\" to \"7d\"",
        ))
    } else {
        None
    };
    if let Some((span, what, help)) = wrong {
        reader.error("bad-brake", &span, what, help);
        return None;
    }
    Some(share)
}

/// How a part of at least so many within a span of time is to be written, for whom it is wrong.
pub(super) struct Form {
    pub name: &'static str,
    pub place: &'static str,
    pub part: &'static str,
    pub of_at_least: &'static str,
    pub within: &'static str,
    pub whole: &'static str,
}

/// A part of at least so many within a span of time.
pub(super) struct Part {
    pub thousandths: u64,
    pub of_at_least: u64,
    pub within: Duration,
}

/// Reads one, and gives where its span of time stands.
pub(super) fn read_part<'a>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    form: &Form,
) -> Option<(Part, Range<usize>)> {
    let table = reader.table(value, form.whole)?;
    reader.known_keys(table, &["part", "of_at_least", "within"], form.place);
    let (Some(part), Some(least), Some(within)) = (
        table.get("part"),
        table.get("of_at_least"),
        table.get("within"),
    ) else {
        reader.error(
            "missing-key",
            &value.span(),
            format!("{} needs `part`, `of_at_least` and `within`", form.name),
            format!("write it like this: {}", form.whole),
        );
        return None;
    };
    let read = Part {
        thousandths: thousandths(reader.share(part, form.part)?),
        of_at_least: reader.count(least, form.of_at_least)?,
        within: reader.span_of_time(within, form.within)?,
    };
    Some((read, within.span()))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share lies between 0 and 1"
)]
fn thousandths(share: f64) -> u64 {
    (share * 1_000.0).round() as u64
}
