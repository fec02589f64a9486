//! The brakes of a policy, as they are written.

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
    let example = "brake.share = { part = 0.2, of_at_least = 100, within = \"24h\" }";
    let table = reader.table(value, example)?;
    reader.known_keys(table, &["part", "of_at_least", "within"], "in a brake");
    let (Some(part), Some(least), Some(within)) = (
        table.get("part"),
        table.get("of_at_least"),
        table.get("within"),
    ) else {
        reader.error(
            "missing-key",
            &value.span(),
            "the brake by share needs `part`, `of_at_least` and `within`",
            format!("write it like this: {example}"),
        );
        return None;
    };
    let share = ShareBrake {
        part: thousandths(reader.share(part, "part = 0.2")?),
        of_at_least: reader.count(least, "of_at_least = 100")?,
        within: reader.span_of_time(within, "within = \"24h\"")?,
    };
    let wrong = if share.allows(0) == 0 {
        Some((
            value.span(),
            "that is less than one block, so this brake would hold every block",
            "make `part` times `of_at_least` at least 1; a rule that is never to block has stage = \"hold\"",
        ))
    } else if !(SHORTEST..=LONGEST).contains(&share.within) {
        Some((
            within.span(),
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

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share lies between 0 and 1"
)]
pub(super) fn thousandths(share: f64) -> u64 {
    (share * 1_000.0).round() as u64
}
