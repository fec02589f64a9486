//! `bouncer contact unblock`, `hold release`, `hold confirm`, `stop`, `go`: a person's word.

use std::process::ExitCode;

use serde_json::json;

use super::FAILED;
use super::args::{Person, Reason, Stop};
use super::out::{Out, complain};
use crate::config::Config;
use crate::decision::Stage;
use crate::desk::{Desk, Order};

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

pub(super) async fn release(desk: &Desk, options: &Person, out: Out) -> anyhow::Result<ExitCode> {
    let actor = actor(&options.order);
    let (holds, until) = desk
        .release(&options.id, order(&actor, &options.order))
        .await?;
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
    options: &Person,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let actor = actor(&options.order);
    let holds = desk
        .confirm(&options.id, order(&actor, &options.order))
        .await?;
    out.answer(
        &json!({ "confirmed": holds }),
        [format!(
            "confirmed: the contact will be blocked; {holds} held messages are settled"
        )],
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
    let switched = thrown(config, &order, Switch::Stop).await;
    let mut lines = vec![match &written {
        Ok(()) => format!(
            "a bouncer on this data folder is stopped: {} is in place",
            file.display()
        ),
        Err(error) => format!("the file {} could not be written: {error}", file.display()),
    }];
    match &switched {
        Ok(()) => lines.push(
            "stopped in every replica on this store. A call that is on the wire may still finish; `bouncer audit --action attempted` lists them".to_owned(),
        ),
        Err(error) => {
            lines.push(format!("the switch in the store could not be thrown: {error:#}"));
            lines.push(if written.is_ok() {
                "replicas with other data folders go on: stop each of them".to_owned()
            } else {
                "NOTHING was stopped".to_owned()
            });
        }
    }
    let answer = json!({ "stop_file": written.is_ok(), "store_switch": switched.is_ok() });
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
    thrown(config, &order, Switch::Go).await?;
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

enum Switch {
    Stop,
    Go,
}

async fn thrown(config: &Config, order: &Order<'_>, switch: Switch) -> anyhow::Result<()> {
    let desk = super::desk(config).await?;
    match switch {
        Switch::Stop => desk.stop(*order).await?,
        Switch::Go => desk.go(*order).await?,
    };
    desk.store.close().await;
    Ok(())
}

fn warn_if_observing(config: &Config) {
    if config.mode == Stage::Observe {
        complain(OBSERVING);
    }
}

fn order<'a>(actor: &'a str, reason: &'a Reason) -> Order<'a> {
    Order {
        actor,
        reason: &reason.reason,
    }
}

fn actor(reason: &Reason) -> String {
    who(reason.by.as_deref())
}

pub(super) fn who(given: Option<&str>) -> String {
    let environment = crate::config::environment();
    let login = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| environment.get(*name));
    given
        .map(str::to_owned)
        .or_else(|| login.cloned())
        .unwrap_or_else(|| "somebody at the command line".to_owned())
}
