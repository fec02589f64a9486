//! `bouncer contact unblock`, `stop`, `go`: a person's word.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::FAILED;
use super::args::{Person, Reason, Stop};
use super::out::{Out, complain};
use crate::config::Config;
use crate::decision::Stage;
use crate::desk::{Desk, Order};
use crate::store::jobs::OnTheWire;
use crate::time::say_span;

const OBSERVING: &str = "note: the bouncer is set to mode observe, which sends nothing: the order waits until the mode is hold or enforce";

pub(super) async fn unblock(
    desk: &Desk,
    config: &Config,
    options: &Person,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let actor = actor(&options.order);
    let until = desk
        .unblock(&options.id, order(&actor, &options.order))
        .await?;
    let line = format!(
        "ordered: {} will be unblocked at Featurebase. Until {until} rules do not block them by themselves. `bouncer why {}` shows when it is done.",
        options.id, options.id
    );
    out.answer(
        &json!({ "ordered": "unblock", "contact": options.id, "exempt_until": until.to_string() }),
        [line],
    );
    warn_if_observing(config);
    Ok(ExitCode::SUCCESS)
}

/// The file first: it works whatever state the store is in. Then the switch in the store, for every replica.
pub(super) async fn stop(config: &Config, options: &Stop, out: Out) -> anyhow::Result<ExitCode> {
    let (actor, file) = (who(options.by.as_deref()), config.stop_file());
    let written = std::fs::create_dir_all(&config.data_dir)
        .and_then(|()| std::fs::write(&file, format!("{actor}: {}\n", options.reason)));
    let order = Order {
        actor: &actor,
        reason: &options.reason,
    };
    let switched = stopped(config, &order).await;
    let mut lines = vec![match &written {
        Ok(()) => format!(
            "a bouncer on this data folder is stopped: {} is in place",
            file.display()
        ),
        Err(error) => format!("the file {} could not be written: {error}", file.display()),
    }];
    match &switched {
        Ok(on_the_wire) => lines.extend(told_of_the_wire(on_the_wire)),
        Err(error) => {
            lines.push(format!(
                "the switch in the store could not be thrown: {error:#}"
            ));
            lines.push(if written.is_ok() {
                "replicas with other data folders go on: stop each of them".to_owned()
            } else {
                "NOTHING was stopped".to_owned()
            });
        }
    }
    let answer = json!({
        "stop_file": written.is_ok(),
        "store_switch": switched.is_ok(),
        "on_the_wire": switched.as_ref().ok(),
    });
    out.answer(&answer, lines);
    Ok(if switched.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

pub(super) async fn go(config: &Config, options: &Stop, out: Out) -> anyhow::Result<ExitCode> {
    let actor = who(options.by.as_deref());
    let order = Order {
        actor: &actor,
        reason: &options.reason,
    };
    resumed(config, &order).await?;
    let file = config.stop_file();
    let removed = match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let line = match &removed {
        Ok(()) => {
            "calls to Featurebase go on, but where a replica's own data folder holds a file STOP"
                .to_owned()
        }
        Err(error) => format!(
            "the file {} could not be removed, so this folder's bouncer stays stopped: {error}",
            file.display()
        ),
    };
    out.answer(
        &json!({ "stop_file_removed": removed.is_ok(), "store_switch": true }),
        [line],
    );
    Ok(if removed.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

/// So long a stop waits for the store: the file has done its work by then, and the person is to know.
const PATIENCE: Duration = Duration::from_secs(10);

async fn stopped(config: &Config, order: &Order<'_>) -> anyhow::Result<Vec<OnTheWire>> {
    let throwing = async {
        let desk = super::desk(config).await?;
        let on_the_wire = desk.stop(*order).await?;
        desk.store.close().await;
        Ok(on_the_wire)
    };
    tokio::time::timeout(PATIENCE, throwing)
        .await
        .unwrap_or_else(|_| anyhow::bail!("the store did not answer within {}", say_span(PATIENCE)))
}

fn told_of_the_wire(calls: &[OnTheWire]) -> Vec<String> {
    if calls.is_empty() {
        return vec!["stopped in every replica on this store; no call is on the wire".to_owned()];
    }
    let calls = calls
        .iter()
        .map(|call| format!("  {} {} (try {})", call.call, call.contact, call.attempt));
    let first = "stopped in every replica on this store. These calls may be on the wire and still finish; `bouncer why CONTACT` shows what came of each:";
    std::iter::once(first.to_owned()).chain(calls).collect()
}

async fn resumed(config: &Config, order: &Order<'_>) -> anyhow::Result<()> {
    let desk = super::desk(config).await?;
    desk.go(*order).await?;
    desk.store.close().await;
    Ok(())
}

pub(super) fn warn_if_observing(config: &Config) {
    if config.mode == Stage::Observe {
        complain(OBSERVING);
    }
}

pub(super) fn order<'a>(actor: &'a str, reason: &'a Reason) -> Order<'a> {
    Order {
        actor,
        reason: &reason.reason,
    }
}

pub(super) fn actor(reason: &Reason) -> String {
    who(reason.by.as_deref())
}

pub(super) fn who(given: Option<&str>) -> String {
    let environment = crate::config::environment();
    let login = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| environment.get(*name));
    given
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .or_else(|| login.cloned())
        .unwrap_or_else(|| "somebody at the command line".to_owned())
}
