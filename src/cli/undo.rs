//! `bouncer undo`: shows what a rule did and what of it can be undone, orders it, and follows the running bouncer.

mod file;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::json;

use super::args::{Undo, Within};
use super::orders::{actor, order, warn_if_observing};
use super::out::{Out, complain, say};
use super::{FAILED, WANTING};
use crate::config::Config;
use crate::desk::undo::{Begun, Done, Outcome, Plan, Progress, Selection, Summary, Undoing};
use crate::desk::{Desk, Order};
use crate::message::ContactId;

/// How often it is looked how far the running bouncer is.
const LOOK: Duration = Duration::from_millis(500);
/// How often that is said.
const SAY: Duration = Duration::from_secs(10);
/// A bouncer that has left no sign for so long is not at work.
const GONE: Duration = Duration::from_mins(2);
/// Most contacts shown of those who would be unblocked, and of those left alone.
const MOST_SHOWN: usize = 20;
/// Whoever something happens to in the very moment is looked at again; so often at most.
const ROUNDS: usize = 5;

pub(super) async fn undo(
    desk: &Desk,
    config: &Config,
    options: &Undo,
    out: Out,
) -> anyhow::Result<ExitCode> {
    if let Some(path) = &options.out {
        file::check(path)?;
    }
    let selection = selection(&options.rule, &options.within, &options.contact)?;
    desk.names_rule(&options.rule).await?;
    let mut undoing = desk.undoing(selection);
    let plans = undoing.plans().await?;
    let shown: Vec<Outcome> = plans.iter().map(Plan::outcome).collect();
    let still = still_blocks(&undoing).await?;
    let something = plans.iter().any(Plan::does_something);
    if !options.yes {
        let lines = preview(&undoing.selection, &shown);
        out.answer(
            &json!({ "selection": undoing.selection, "summary": Summary::of(&shown), "contacts": shown }),
            lines.into_iter().chain(still.clone()),
        );
        if !something || !agreed("Undo this?", out) {
            write(options, &shown)?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    if !something && undoing.unfinished().await?.is_none() {
        write(options, &shown)?;
        let lines = preview(&undoing.selection, &shown);
        let answer = json!({ "summary": Summary::of(&shown), "contacts": shown });
        out.answer(&answer, lines.into_iter().chain(still));
        return Ok(ExitCode::SUCCESS);
    }
    let name = actor(&options.order);
    let by = order(&name, &options.order);
    let begun = carry_out(&mut undoing, plans, by, out).await?;
    warn_if_observing(config);
    let code = follow(desk, &mut undoing, &begun, options).await?;
    let outcomes = undoing.outcomes(&begun).await?;
    let summary = Summary::of(&outcomes);
    if code == ExitCode::SUCCESS {
        undoing.end(&begun, &outcomes, by).await?;
    }
    write(options, &outcomes)?;
    out.answer(
        &json!({ "undo": begun.id, "summary": summary, "contacts": outcomes }),
        report(&begun, summary, &outcomes).into_iter().chain(still),
    );
    Ok(if code == ExitCode::SUCCESS && summary.refused > 0 {
        ExitCode::from(WANTING)
    } else {
        code
    })
}

/// What is meant, or why that cannot be.
pub(super) fn selection(
    rule: &str,
    within: &Within,
    contacts: &[String],
) -> anyhow::Result<Selection> {
    let version = within.version.as_deref().map(str::to_ascii_lowercase);
    if let Some(version) = &version {
        anyhow::ensure!(
            version.len() >= 6 && version.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "`{version}` is not the beginning of a digest: at least six digits and letters a to f, as `bouncer why` and `bouncer rules ledger` show them"
        );
    }
    let contacts: Vec<ContactId> = contacts
        .iter()
        .map(|id| ContactId::new(id.trim()))
        .collect();
    if let Some(odd) = contacts.iter().find(|id| !id.is_well_formed()) {
        anyhow::bail!(
            "`{odd}` is not a contact's id: it has 24 digits and letters a to f, such as 65f1c3d2a9b4e80012ab34cd; `bouncer audit` shows them"
        );
    }
    Ok(Selection {
        rule: rule.to_owned(),
        version,
        since: within.since,
        until: within.until,
        contacts,
    })
}

/// Asks on a terminal; elsewhere nobody is there to say yes, and another program reads one answer, not two.
pub(super) fn agreed(question: &str, out: Out) -> bool {
    if out.json || !std::io::stdin().is_terminal() {
        complain("nothing was done: say it again with --yes");
        return false;
    }
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
}

/// Orders everything, a few contacts at a time.
async fn carry_out(
    undoing: &mut Undoing<'_>,
    mut plans: Vec<Plan>,
    by: Order<'_>,
    out: Out,
) -> anyhow::Result<Begun> {
    plans.retain(Plan::does_something);
    let begun = undoing.begin(plans.len(), by).await?;
    if begun.goes_on {
        complain(&format!(
            "this goes on with what was begun at {} and broken off",
            begun.started_at
        ));
    }
    let (mut ordered, mut said) = (0, Instant::now());
    for _ in 0..ROUNDS {
        while !plans.is_empty() {
            ordered += undoing.carry_out(&begun, &mut plans, by).await?;
            if said.elapsed() > SAY {
                said = Instant::now();
                complain(&format!("{ordered} ordered, {} to go", plans.len()));
            }
        }
        plans = undoing.plans().await?;
        plans.retain(Plan::does_something);
        if plans.is_empty() {
            break;
        }
    }
    if !out.json {
        say(&format!(
            "ordered for {ordered} contacts; undo {}",
            begun.id
        ));
    }
    Ok(begun)
}

/// Waits until the running bouncer has carried it out.
async fn follow(
    desk: &Desk,
    undoing: &mut Undoing<'_>,
    begun: &Begun,
    options: &Undo,
) -> anyhow::Result<ExitCode> {
    if let Some(stop) = desk.store.stopped().await? {
        complain(&format!(
            "all calls are stopped by {}: unblocks wait until `bouncer go`",
            stop.actor
        ));
    }
    let (started, mut said) = (Instant::now(), Instant::now());
    let mut last = Progress::default();
    loop {
        let progress = undoing.progress(begun).await?;
        if progress.on_their_way == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        let seen = desk.store.presence().await?.map(|last| last.at);
        if seen.is_none_or(|at| desk.clock.now().since(at) > GONE) {
            complain(
                "no bouncer is at work on this store, and it is the running bouncer that unblocks: start it. What was ordered waits for it; say this again to see what came of it",
            );
            return Ok(ExitCode::from(FAILED));
        }
        if started.elapsed() >= options.wait {
            complain(
                "not all is done yet; it goes on by itself. Say this again to follow it further",
            );
            return Ok(ExitCode::from(FAILED));
        }
        if progress != last && said.elapsed() > SAY {
            said = Instant::now();
            last = progress;
            complain(&format!(
                "{} unblocked, {} on their way, {} refused",
                progress.unblocked, progress.on_their_way, progress.refused
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn write(options: &Undo, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let Some(path) = &options.out else {
        return Ok(());
    };
    file::write(path, outcomes)?;
    complain(&format!(
        "what becomes of each contact stands in {}",
        path.display()
    ));
    Ok(())
}

fn preview(selection: &Selection, outcomes: &[Outcome]) -> Vec<String> {
    let summary = Summary::of(outcomes);
    let mut lines = vec![
        format!("{}: {} contacts", selection.say(), outcomes.len()),
        format!("  {} would be unblocked", summary.on_their_way),
        format!(
            "  {} blocks would be called off before they are sent",
            summary.called_off
        ),
        format!(
            "  {} contacts would be let go of whom messages are held",
            summary.released
        ),
        format!(
            "  {} contacts of whom only what goes with it would be called off",
            summary.steps
        ),
        format!("  {} are left alone", summary.left_alone),
    ];
    let (left, rest): (Vec<&Outcome>, Vec<&Outcome>) = outcomes
        .iter()
        .partition(|outcome| outcome.done == Done::LeftAlone);
    for group in [rest, left] {
        lines.extend(group.iter().take(MOST_SHOWN).map(|outcome| line(outcome)));
        if let Some(more @ 1..) = group.len().checked_sub(MOST_SHOWN) {
            lines.push(format!(
                "  and {more} more; --out FILE.csv or --json lists all"
            ));
        }
    }
    lines
}

fn line(outcome: &Outcome) -> String {
    let why = if outcome.why.is_empty() {
        String::new()
    } else {
        format!(": {}", outcome.why)
    };
    let lasting = if outcome.lasting.is_empty() {
        String::new()
    } else {
        format!(" (stays so: {})", outcome.lasting.join("; "))
    };
    format!("  {}  {}{why}{lasting}", outcome.contact, outcome.done)
}

fn report(begun: &Begun, summary: Summary, outcomes: &[Outcome]) -> Vec<String> {
    let mut lines = vec![format!(
        "undo {}: {} unblocked, {} called off before they were sent, {} let go, {} left alone, {} on their way, {} refused, {} decided otherwise since",
        begun.id,
        summary.unblocked,
        summary.called_off,
        summary.released,
        summary.left_alone,
        summary.on_their_way,
        summary.refused,
        summary.overtaken
    )];
    let odd = outcomes.iter().filter(|outcome| {
        matches!(outcome.done, Done::Refused | Done::Overtaken) || !outcome.lasting.is_empty()
    });
    lines.extend(odd.take(MOST_SHOWN).map(line));
    lines
}

/// Whoever writes next is met by the same rules: what to do about that.
async fn still_blocks(undoing: &Undoing<'_>) -> anyhow::Result<Vec<String>> {
    let still = undoing.still_block().await?;
    Ok(still
        .iter()
        .map(|still| {
            format!(
                "{} goes on blocking others: set stage = \"hold\" at {} so that a person decides, or put an earlier version back (`bouncer rules rollback`)",
                still.rule, still.place
            )
        })
        .collect())
}
