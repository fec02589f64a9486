//! `bouncer why`, `hold list`, `config show`.

use std::process::ExitCode;

use serde_json::json;

use super::args::{HoldList, Why};
use super::out::Out;
use crate::config::Config;
use crate::desk::Desk;

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
