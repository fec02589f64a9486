//! `bouncer rules status`: which rules the running bouncer judges by.

use std::process::ExitCode;

use anyhow::Context as _;

use super::ask::ask;
use super::out::{Out, complain};
use super::{FAILED, WANTING};
use crate::config::Config;
use crate::rulewatch::{Files, Status};

pub(super) async fn status(config: &Config, out: Out) -> anyhow::Result<ExitCode> {
    let status = match running(config).await {
        Ok(status) => status,
        Err(error) => {
            complain(&format!("{error:#}"));
            if let Some(line) = last(config).await {
                complain(&line);
            }
            return Ok(ExitCode::from(FAILED));
        }
    };
    out.answer(&status, status.lines());
    Ok(if status.files == Files::InForce {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    })
}

async fn running(config: &Config) -> anyhow::Result<Status> {
    let answer = ask(config, "/rules").await?;
    anyhow::ensure!(
        answer.status == 200,
        "what answers at {} does not tell its rules (HTTP status {}): is it a bouncer of this version?",
        config.private_listen,
        answer.status
    );
    serde_json::from_str(&answer.body).with_context(|| {
        format!(
            "what answers at {} could not be understood: is it a bouncer of this version?",
            config.private_listen
        )
    })
}

/// What came into force last by the store, where there is one.
async fn last(config: &Config) -> Option<String> {
    let desk = super::desk(config).await.ok()?;
    let latest = desk.store.latest_book().await.ok().flatten();
    desk.store.close().await;
    let (digest, since) = latest?;
    Some(format!(
        "by the store, the rules that came into force last are those with the digest {}, at {since}",
        digest.short()
    ))
}
