//! `bouncer doctor`.

use std::process::ExitCode;

use super::args::Doctor;
use super::ask::ask;
use super::orders::who;
use super::out::{Out, wrap};
use super::{Setup, WANTING};
use crate::config::{Config, Need};
use crate::doctor::{self, Answer, Asked, Hands, Line, Mark};
use crate::time::Clock;

pub(super) async fn doctor(setup: &Setup, options: &Doctor, out: Out) -> ExitCode {
    let read = |need| Config::read(setup.file.as_deref(), &setup.environment, need);
    let lines = match read(Need::NoSecrets) {
        Err(problems) => doctor::configuration(&problems),
        Ok(config) => {
            let lacking = read(Need::Everything).err().unwrap_or_default();
            let actor = who(options.by.as_deref());
            let hands = if options.fix {
                Hands::On { actor: &actor }
            } else {
                Hands::Off
            };
            let _ = rustls::crypto::ring::default_provider().install_default();
            let asked = Asked {
                ready: answer(&config, "/readyz").await,
                refusals: answer(&config, "/refusals").await,
            };
            doctor::examine(&config, &lacking, &asked, hands, &Clock::system()).await
        }
    };
    out.answer(&lines, lines.iter().flat_map(told));
    if lines.iter().any(|line| line.mark == Mark::Fail) {
        ExitCode::from(WANTING)
    } else {
        ExitCode::SUCCESS
    }
}

async fn answer(config: &Config, path: &str) -> Result<Answer, String> {
    match ask(config, path).await {
        Ok(answer) => Ok(Answer {
            status: answer.status,
            body: answer.body,
        }),
        Err(error) => Err(format!("{error:#}")),
    }
}

fn told(line: &Line) -> Vec<String> {
    let mut told = vec![format!("{:<4}  {}: {}", line.mark, line.about, line.what)];
    if let Some(help) = &line.help {
        told.extend(wrap(&format!("= {help}"), 6));
    }
    told
}
