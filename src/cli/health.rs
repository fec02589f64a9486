//! `bouncer health`: asks the running bouncer, for container health checks.

use std::process::ExitCode;

use super::WANTING;
use super::ask::ask;
use super::out::say;
use crate::config::Config;

pub(super) async fn health(config: &Config) -> anyhow::Result<ExitCode> {
    let answer = ask(config, "/readyz").await?;
    say(answer.body.trim_end());
    Ok(if answer.status == 200 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    })
}
