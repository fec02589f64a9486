//! `bouncer alert test`.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::WANTING;
use super::out::Out;
use crate::alerts::{Alerts, Sent};
use crate::config::Config;
use crate::telemetry::Metrics;
use crate::time::Clock;

pub(super) async fn test(config: &Config, out: Out) -> anyhow::Result<ExitCode> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    if config.alert_urls.is_empty() {
        anyhow::bail!(
            "alert_urls is empty, so nobody would be told: set it, for example to https://hooks.slack.com/services/…"
        );
    }
    let desk = super::desk(config).await?;
    let alerts = Alerts::new(
        desk.store.clone(),
        config.alert_urls.clone(),
        config.queue_alert_after,
        Clock::system(),
        Metrics::new(),
    )
    .context("the system's certificates cannot be read")?;
    let went = alerts.test().await;
    desk.store.close().await;
    let lines = went.iter().map(|(channel, sent)| match sent {
        Sent::Told => format!("{channel}: taken"),
        Sent::Later { why, .. } => format!("{channel}: not taken now ({why})"),
        Sent::Never { why } => format!("{channel}: refused ({why}); look at the address"),
    });
    let answer: Vec<_> = went
        .iter()
        .map(|(channel, sent)| {
            let why = match sent {
                Sent::Told => None,
                Sent::Later { why, .. } | Sent::Never { why } => Some(why),
            };
            json!({ "channel": channel, "taken": *sent == Sent::Told, "why": why })
        })
        .collect();
    out.answer(&answer, lines);
    Ok(if went.iter().all(|(_, sent)| *sent == Sent::Told) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    })
}
