//! `bouncer audit`, `why`, `hold list`, `config show`.

use std::process::ExitCode;

use serde_json::json;

use super::args::{Audit, HoldList, Why};
use super::out::Out;
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::sentences::list_line;
use crate::message::{ContactId, ConversationId, EventId};
use crate::store::audit::Filter;

pub(super) async fn audit(desk: &Desk, options: Audit, out: Out) -> anyhow::Result<ExitCode> {
    let filter = Filter {
        contact: options.contact.map(ContactId::new),
        conversation: options.conversation.map(ConversationId::new),
        event: options.event.map(EventId::new),
        action: options.action,
        verdict: options.verdict,
        rule: options.rule,
        actor: options.actor,
        since: options.since,
        until: options.until,
        before: options.before,
    };
    let rows = desk.audit(&filter, options.limit).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == options.limit);
    let more = rows
        .last()
        .filter(|_| full)
        .map(|last| format!("more with --before {}", last.seq));
    let none = rows
        .is_empty()
        .then(|| "nothing in the record is like that".to_owned());
    out.answer(&rows, rows.iter().map(list_line).chain(more).chain(none));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn why(desk: &Desk, options: &Why, out: Out) -> anyhow::Result<ExitCode> {
    if options.for_customer {
        let told = desk.for_customer(options.id.trim()).await?;
        out.answer(&told, told.lines.iter().cloned());
        return Ok(ExitCode::SUCCESS);
    }
    let explanation = desk.why(&options.id).await?;
    out.answer(&explanation, explanation.lines.iter().cloned());
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn holds(desk: &Desk, options: &HoldList, out: Out) -> anyhow::Result<ExitCode> {
    let braked = options.because.is_some();
    let holds = desk
        .holds_of(options.rule.as_deref(), braked, 1_000)
        .await?;
    let lines = holds.iter().map(|hold| {
        format!(
            "{}  contact {}  {}\n    because {}\n    event {}",
            hold.held_at, hold.contact, hold.rules, hold.because, hold.event
        )
    });
    let end = if holds.is_empty() {
        "nothing is held".to_owned()
    } else {
        "`bouncer why CONTACT` explains one; `bouncer hold release CONTACT --reason \"…\"` lets go, `bouncer hold confirm CONTACT --reason \"…\"` blocks".to_owned()
    };
    out.answer(&holds, lines.chain([end]));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn config(config: &Config, out: Out) -> ExitCode {
    let shown = config.shown();
    let width = shown
        .iter()
        .map(|setting| setting.key.len() + setting.value.len())
        .max()
        .unwrap_or(0);
    let lines = shown.iter().map(|setting| {
        let left = format!("{} = {}", setting.key, setting.value);
        format!(
            "{left:<padding$}  # {} ({})",
            setting.about,
            json!(setting.origin).as_str().unwrap_or_default(),
            padding = width + 3
        )
    });
    out.answer(&shown, lines);
    ExitCode::SUCCESS
}
