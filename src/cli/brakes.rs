//! `bouncer brake list`, `brake release`, `hold release`, `hold confirm`: what was held, and a person's word about it.

use std::process::ExitCode;

use serde_json::json;

use super::args::{BrakeRelease, Held};
use super::orders::{actor, order, warn_if_observing};
use super::out::Out;
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::brakes::{ALL_TOGETHER, Settle};
use crate::store::brakes::TOTAL;

pub(super) async fn list(desk: &Desk, out: Out) -> anyhow::Result<ExitCode> {
    let brakes = desk.brakes().await?;
    let lines = brakes.iter().map(|tripped| {
        let (trip, name) = (&tripped.trip, shown(&tripped.trip.rule));
        format!(
            "{}  {name}  tripped after {} blocks ({}); {} held because of it\n    `bouncer hold list --because brake --rule {name}` lists them",
            trip.tripped_at, trip.blocks, trip.bound, tripped.held
        )
    });
    let end = if brakes.is_empty() {
        "no brake has tripped"
    } else {
        "`bouncer brake release RULE --reason \"…\"` lets a rule block again; `bouncer hold confirm --rule RULE` or `hold release --rule RULE` settles what was held"
    };
    out.answer(&brakes, lines.chain([end.to_owned()]));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn let_go(
    desk: &Desk,
    options: &BrakeRelease,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let actor = actor(&options.order);
    let trip = desk
        .release_brake(&options.rule, order(&actor, &options.order))
        .await?;
    out.answer(
        &json!({ "released": options.rule, "tripped_at": trip.tripped_at.to_string() }),
        [format!(
            "released: {} may block again, and its brake counts anew. What was held still waits",
            options.rule
        )],
    );
    Ok(ExitCode::SUCCESS)
}

async fn batch(desk: &Desk, options: &Held, settle: Settle, out: Out) -> anyhow::Result<ExitCode> {
    let rule = options.rule.as_deref().unwrap_or_default();
    let actor = actor(&options.order);
    let batch = desk
        .settle_braked(rule, settle, options.most, order(&actor, &options.order))
        .await?;
    let done = match settle {
        Settle::Release => "released",
        Settle::Confirm => "confirmed: will be blocked",
    };
    let left = match batch.left {
        0 => "nothing more is held because of this brake".to_owned(),
        left => format!(
            "{left} holds of this brake still wait: say it again, or look at them singly where something else is held of the same contact (`bouncer hold list --rule {rule}`)"
        ),
    };
    out.answer(
        &batch,
        [format!("{done}: {} contacts; {left}", batch.contacts)],
    );
    Ok(ExitCode::SUCCESS)
}

fn shown(rule: &str) -> &str {
    if rule == TOTAL { ALL_TOGETHER } else { rule }
}

pub(super) async fn release(desk: &Desk, options: &Held, out: Out) -> anyhow::Result<ExitCode> {
    let actor = actor(&options.order);
    let Some(id) = &options.id else {
        return batch(desk, options, Settle::Release, out).await;
    };
    let (holds, until) = desk.release(id, order(&actor, &options.order)).await?;
    out.answer(
        &json!({ "released": holds, "exempt_until": until.to_string() }),
        [format!(
            "released: {holds} held messages of this contact are settled. Until {until} rules do not block them by themselves"
        )],
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn confirm(
    desk: &Desk,
    config: &Config,
    options: &Held,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let actor = actor(&options.order);
    let Some(id) = &options.id else {
        let done = batch(desk, options, Settle::Confirm, out).await;
        warn_if_observing(config);
        return done;
    };
    let holds = desk.confirm(id, order(&actor, &options.order)).await?;
    out.answer(
        &json!({ "confirmed": holds }),
        [format!(
            "confirmed: the contact will be blocked; {holds} held messages are settled"
        )],
    );
    warn_if_observing(config);
    Ok(ExitCode::SUCCESS)
}
