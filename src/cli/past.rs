//! `bouncer audit replay` and `bouncer backtest`.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::args::record::WholeRecord;
use super::args::{Backtest, Command, Replay, When};
use super::out::{Out, complain, complain_of};
use super::{FAILED, WANTING};
use crate::config::Config;
use crate::desk::past::Span;
use crate::desk::rulebooks::Named;
use crate::desk::{Desk, backtest};
use crate::message::ContactId;
use crate::rules::Rulebook;
use crate::rulewatch::folder;

pub(super) async fn replay(desk: &Desk, options: &Replay, out: Out) -> anyhow::Result<ExitCode> {
    let span = span(desk, options.since, options.until, options.contact.as_ref());
    let replay = desk.replay(&span, threads(options.threads)).await?;
    out.answer(&replay, replay.lines());
    Ok(code(replay.agrees()))
}

pub(super) async fn backtest(
    desk: &Desk,
    config: &Config,
    options: &Backtest,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let before = match &options.from {
        Some(name) => match named(desk, config, name).await? {
            Some(book) => Some(book),
            None => return Ok(ExitCode::from(FAILED)),
        },
        None => None,
    };
    let draft = match (&options.to, &options.rules) {
        (Some(name), _) => named(desk, config, name).await?,
        (None, path) => load(path.as_deref().unwrap_or(&config.rules_dir)),
    };
    let Some(draft) = draft else {
        return Ok(ExitCode::from(FAILED));
    };
    let test = backtest::Backtest {
        draft: &draft,
        before: before.as_ref(),
        span: span(
            desk,
            Some(options.since),
            options.until,
            options.contact.as_ref(),
        ),
        threads: threads(options.threads),
    };
    let report = desk.backtest(&test).await?;
    let bounds = options.fail_if.iter();
    let exceeded: Vec<String> = bounds
        .filter_map(|bound| bound.exceeded_by(&report))
        .collect();
    let told = exceeded.iter().map(|line| format!("FAILED: {line}"));
    let mut value = serde_json::to_value(&report)?;
    if let Some(value) = value.as_object_mut() {
        value.insert("exceeded".to_owned(), json!(exceeded));
    }
    out.answer(&value, report.lines().into_iter().chain(told));
    Ok(code(exceeded.is_empty()))
}

/// A set of rules by the name of a version, or by its folder; nothing after its problems have been told.
async fn named(desk: &Desk, config: &Config, name: &str) -> anyhow::Result<Option<Rulebook>> {
    let version = match name.parse::<Named>() {
        // A folder may have a name that looks like a digest.
        _ if Path::new(name).exists() => return Ok(load(Path::new(name))),
        Ok(Named::Disk) => return Ok(load(&config.rules_dir)),
        Ok(version) => version,
        Err(told) => {
            anyhow::bail!("{told}; or name a folder of rules: there is none called {name}")
        }
    };
    match desk.version(&version, &[]).await?.load() {
        Ok(book) => Ok(Some(book)),
        Err(problems) => {
            complain_of(&problems);
            complain(&format!(
                "{name}: this version of the program cannot load these rules"
            ));
            Ok(None)
        }
    }
}

fn load(path: &Path) -> Option<Rulebook> {
    match folder::read(path).load() {
        Ok(book) => Some(book),
        Err(problems) => {
            complain_of(&problems);
            complain(&format!("{}: mend this first", path.display()));
            None
        }
    }
}

fn span(desk: &Desk, since: Option<When>, until: Option<When>, contact: Option<&String>) -> Span {
    let now = desk.clock.now();
    Span {
        since: since.map(|when| when.seen_from(now)),
        until: until.map(|when| when.seen_from(now)),
        contact: contact.map(|id| ContactId::new(id.as_str())),
    }
}

/// All cores but one, which is left to the bouncer that takes deliveries.
fn threads(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let spare = NonZeroUsize::new(cores.get() - 1).unwrap_or(NonZeroUsize::MIN);
    asked.unwrap_or(spare)
}

/// By how much the program steps back behind others on this machine: as far as it can.
const NICE: i32 = 19;

/// Whoever else wants the processor goes before what looks at the whole past. Threads that are started later step back, too.
pub(super) fn step_back(command: &Command) {
    let looks_back = match command {
        Command::Backtest(_) => true,
        Command::Audit(audit) => matches!(
            audit.whole,
            Some(WholeRecord::Replay(_) | WholeRecord::Export(_) | WholeRecord::Verify(_))
        ),
        _ => false,
    };
    if looks_back && let Err(error) = rustix::process::nice(NICE) {
        complain(&format!("the priority stays as it is: {error}"));
    }
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    }
}
