//! The brakes a block has to pass: each rule's own, its share of the active senders, and that of all rules together. One that
//! trips holds until a person releases it, whatever the policy says meanwhile.

use std::time::Duration;

use serde_json::json;

use crate::decision::{Decision, Restraint, RuleId, Verdict};
use crate::message::Message;
use crate::rules::policy::{Brake, Policy, ShareBrake};
use crate::store::audit::{Action, Entry};
use crate::store::brakes::{BrakeKind, TOTAL, Trip};
use crate::store::contacts::BrakeWindow;
use crate::store::{Result, Writing};
use crate::time::{Timestamp, say_span};

/// Whether a brake has turned the block into a hold.
pub(super) async fn apply(
    tx: &mut Writing,
    decision: &mut Decision,
    message: &Message,
    policy: &Policy,
    now: Timestamp,
) -> Result<bool> {
    let rules: Vec<RuleId> = decision.blocking_rules().into_iter().cloned().collect();
    let brakes = rules.iter().map(|rule| rule.0.as_str()).chain([TOTAL]);
    for brake in brakes {
        let Some(trip) = tripped(tx, brake, policy, now).await? else {
            continue;
        };
        let (by, because) = told(&trip);
        decision.restrain(Verdict::Hold, by, because);
        tx.note_braked(brake, &message.event).await?;
    }
    Ok(decision.verdict != Verdict::Block)
}

/// Counts a block that was decided on.
pub(super) async fn count(
    tx: &mut Writing,
    decision: &Decision,
    message: &Message,
    policy: &Policy,
    now: Timestamp,
) -> Result<()> {
    let longest = policy
        .brake_per_rule
        .within
        .max(policy.brake_total.within)
        .max(policy.brake_share.within)
        .max(Duration::from_hours(24));
    tx.count_block(
        &message.event,
        &decision.blocking_rules(),
        now,
        now.before(longest),
    )
    .await
}

/// The trip that holds a brake: an earlier one, or one that happens now and is recorded.
async fn tripped(
    tx: &mut Writing,
    brake: &str,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Trip>> {
    let state = tx.brake(brake).await?;
    if state.tripped.is_some() {
        return Ok(state.tripped);
    }
    // A release that lies ahead was written by a clock that has gone back since: it must not hide blocks from the count.
    let from = state.counted_from.filter(|from| *from <= now);
    let from = from.unwrap_or(Timestamp::from_millis(0));
    let trip = if brake == TOTAL {
        used_up(tx, (brake, BrakeKind::Total), policy.brake_total, from, now).await?
    } else {
        let own = (brake, BrakeKind::PerRule);
        match used_up(tx, own, policy.brake_per_rule, from, now).await? {
            None => share_used_up(tx, brake, policy.brake_share, from, now).await?,
            trip => trip,
        }
    };
    if let Some(trip) = &trip {
        tx.trip(trip).await?;
        let detail = json!({ "brake": trip.kind, "bound": trip.bound, "blocks": trip.blocks });
        let entry = Entry {
            rules: (brake != TOTAL).then(|| brake.to_owned()),
            ..Entry::new(Action::BrakeTripped, now, detail)
        };
        tx.record(vec![entry]).await?;
        tracing::error!(
            rule = brake,
            brake = trip.kind.as_str(),
            bound = %trip.bound,
            "a brake has tripped: blocks are held until a person releases it (`bouncer brake list`)"
        );
    }
    Ok(trip)
}

async fn used_up(
    tx: &mut Writing,
    (name, kind): (&str, BrakeKind),
    brake: Brake,
    from: Timestamp,
    now: Timestamp,
) -> Result<Option<Trip>> {
    let blocks = blocks_of(tx, name, now.before(brake.within).max(from)).await?;
    let bound = format!("{} blocks within {}", brake.blocks, say_span(brake.within));
    Ok((blocks >= brake.blocks).then(|| trip(name, kind, bound, blocks, now)))
}

/// How many senders were heard of is counted only as far as the answer may depend on it.
async fn share_used_up(
    tx: &mut Writing,
    rule: &str,
    brake: ShareBrake,
    from: Timestamp,
    now: Timestamp,
) -> Result<Option<Trip>> {
    if brake.is_off() {
        return Ok(None);
    }
    let blocks = blocks_of(tx, rule, now.before(brake.within).max(from)).await?;
    if blocks < brake.allows(0) {
        return Ok(None);
    }
    let senders = tx
        .active_senders(brake.within, brake.needs(blocks), now)
        .await?;
    let allowed = brake.allows(senders);
    let bound = format!(
        "{allowed} blocks of {} senders within {}",
        senders.max(brake.of_at_least),
        say_span(brake.within)
    );
    Ok((blocks >= allowed).then(|| trip(rule, BrakeKind::Share, bound, blocks, now)))
}

async fn blocks_of(tx: &mut Writing, name: &str, since: Timestamp) -> Result<u64> {
    let rule = RuleId(name.to_owned());
    tx.braked(BrakeWindow {
        rule: (name != TOTAL).then_some(&rule),
        since,
    })
    .await
}

fn trip(rule: &str, kind: BrakeKind, bound: String, blocks: u64, now: Timestamp) -> Trip {
    Trip {
        rule: rule.to_owned(),
        kind,
        bound,
        blocks: i64::try_from(blocks).unwrap_or(i64::MAX),
        tripped_at: now,
    }
}

fn told(trip: &Trip) -> (Restraint, String) {
    let (by, who) = match trip.kind {
        BrakeKind::PerRule => (Restraint::RuleBrake, trip.rule.as_str()),
        BrakeKind::Share => (Restraint::ShareBrake, trip.rule.as_str()),
        BrakeKind::Total => (Restraint::TotalBrake, "all rules together"),
    };
    let has = if trip.kind == BrakeKind::Total {
        "have"
    } else {
        "has"
    };
    let because = format!(
        "{who} {has} used up {} brake of {}, which holds until a person releases it",
        if has == "has" { "its" } else { "the" },
        trip.bound
    );
    (by, because)
}
