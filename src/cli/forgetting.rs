//! `bouncer erase`, `legal-hold`, `forget`: what is forgotten, and what must not be.

use std::process::ExitCode;

use serde_json::json;

use super::args::{Erase, LegalHoldCommand, Person, Reason};
use super::orders::{actor, order};
use super::out::Out;
use crate::config::Config;
use crate::desk::Desk;
use crate::time::say_span;

pub(super) async fn erase(desk: &Desk, options: Erase, out: Out) -> anyhow::Result<ExitCode> {
    if options.dry_run {
        return look(desk, &options.id, out).await;
    }
    let reason = Reason::from(options.order);
    let actor = actor(&reason);
    let erased = desk.erase(&options.id, order(&actor, &reason)).await?;
    let forgot = erased.forgot;
    let mut lines = vec![format!(
        "erased: {} keys are destroyed; {} texts, {} personal parts of the record, {} profiles and {} fingerprints are removed. The record keeps ids, times and verdicts, and a receipt without a name",
        forgot.keys, forgot.texts, forgot.parts, forgot.profiles, forgot.fingerprints
    )];
    lines.push(if erased.unfinished {
        "not finished yet: the running bouncer (or the next `bouncer run`) does the rest within seconds, once what came in before is filed and nobody reads from the database's log any more. Until then pieces may still stand in its files".to_owned()
    } else {
        "the files are overwritten. Backups and exports made before, and PostgreSQL's own log and backups, may still hold it: see ARCHITECTURE.md".to_owned()
    });
    out.answer(&erased, lines);
    Ok(ExitCode::SUCCESS)
}

async fn look(desk: &Desk, id: &str, out: Out) -> anyhow::Result<ExitCode> {
    let known = desk.known_of(id).await?;
    let mut lines = vec![format!(
        "on file of {id}: {} events in {} conversations, and {} other events that name the contact. Nothing was erased",
        known.events, known.conversations, known.strays
    )];
    if let Some(hold) = &known.legal_hold {
        lines.push(format!(
            "under legal hold since {} by {} ({}): it could not be erased",
            hold.at, hold.actor, hold.reason
        ));
    }
    out.answer(&known, lines);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn legal_hold(
    desk: &Desk,
    command: LegalHoldCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        LegalHoldCommand::Add(options) => add(desk, &options, out).await,
        LegalHoldCommand::Remove(options) => {
            let actor = actor(&options.order);
            desk.lift_legal_hold(&options.id, order(&actor, &options.order))
                .await?;
            out.answer(
                &json!({ "lifted": options.id }),
                [format!(
                    "lifted: what is older than it may be of {} is forgotten again",
                    options.id
                )],
            );
            Ok(ExitCode::SUCCESS)
        }
        LegalHoldCommand::List => {
            let holds = desk.legal_holds().await?;
            let mut lines: Vec<String> = holds
                .iter()
                .map(|hold| {
                    format!(
                        "{}  {}  by {}: {}",
                        hold.at, hold.contact, hold.actor, hold.reason
                    )
                })
                .collect();
            if lines.is_empty() {
                lines.push("nobody is under legal hold".to_owned());
            }
            out.answer(&holds, lines);
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn add(desk: &Desk, options: &Person, out: Out) -> anyhow::Result<ExitCode> {
    let actor = actor(&options.order);
    let is_new = desk
        .hold_legally(&options.id, order(&actor, &options.order))
        .await?;
    let line = if is_new {
        format!(
            "held: nothing of {} is erased or forgotten until `bouncer legal-hold remove`",
            options.id
        )
    } else {
        format!("{} is under legal hold already", options.id)
    };
    out.answer(&json!({ "held": options.id, "new": is_new }), [line]);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn forget(desk: &Desk, config: &Config, out: Out) -> anyhow::Result<ExitCode> {
    let keep = config.keep;
    let (texts, rows) = desk.due_to_forget(keep.texts_for, keep.record_for).await?;
    let held = desk.legal_holds().await?.len();
    let lines = [
        format!(
            "older than keep_texts_for ({}): {texts} texts",
            say_span(keep.texts_for)
        ),
        format!(
            "older than keep_record_for ({}): {rows} rows of the record",
            say_span(keep.record_for)
        ),
        format!(
            "{held} contacts are under legal hold: their texts are kept, and the record from their oldest row on"
        ),
        "the running bouncer forgets it within minutes, a few at a time; nothing was forgotten now"
            .to_owned(),
    ];
    out.answer(
        &json!({ "texts": texts, "rows": rows, "legal_holds": held }),
        lines,
    );
    Ok(ExitCode::SUCCESS)
}
