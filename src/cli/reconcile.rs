//! `bouncer reconcile`: the running bouncer compares, this shows what it found.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::args::Reconcile;
use super::orders::who;
use super::out::{Out, complain, say};
use super::{FAILED, WANTING};
use crate::desk::reconcile::{Asked, Report};
use crate::desk::{Desk, Order};
use crate::store::differences::Kind;

/// How often it is looked whether the comparison is done.
const LOOK: Duration = Duration::from_millis(300);

pub(super) async fn reconcile(
    desk: &Desk,
    options: &Reconcile,
    out: Out,
) -> anyhow::Result<ExitCode> {
    if options.last {
        return Ok(show(desk.reconciled().await?, out));
    }
    let actor = who(options.by.as_deref());
    let order = Order {
        actor: &actor,
        reason: &options.reason,
    };
    match desk.reconcile(options.apply, order).await? {
        Asked::Ordered => {}
        Asked::UnderWay => {
            complain("a comparison that was asked for before is under way: this waits for it");
        }
        Asked::NobodyThere(last) => {
            let last = last.map_or_else(
                || "none ever was".to_owned(),
                |last| format!("the last sign of one is of {last}"),
            );
            complain(&format!(
                "no bouncer is at work on this store ({last}), and it is the running bouncer that compares: start it, then ask again. When it starts it compares by itself first if it was away for long"
            ));
            return Ok(ExitCode::from(FAILED));
        }
    }
    let started = Instant::now();
    while let Some(state) = desk.reconciling().await? {
        if started.elapsed() >= options.wait {
            complain(&format!(
                "still comparing: {} looked at so far. `bouncer reconcile --last` shows what was found when it is done",
                state.compared
            ));
            return Ok(ExitCode::from(FAILED));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(show(desk.reconciled().await?, out))
}

fn show(report: Option<Report>, out: Out) -> ExitCode {
    let Some(report) = report else {
        say("nobody has asked for a comparison yet");
        return ExitCode::from(FAILED);
    };
    let each = report
        .differences
        .iter()
        .map(|found| format!("{}  {:<15}  {}", found.contact, found.kind, found.told));
    let unheeded = !report.applied
        && report
            .differences
            .iter()
            .any(|found| found.kind == Kind::UnblockedThere);
    let end = format!(
        "{} blocked contacts and {} pages of conversations were compared, done at {}; {}",
        report.compared,
        report.pages,
        report.finished_at,
        match report.differences.len() {
            0 => "Featurebase and the bouncer agree".to_owned(),
            1 => "1 difference".to_owned(),
            many => format!("{many} differences"),
        }
    );
    let hint = unheeded.then(|| {
        "`bouncer reconcile --apply` heeds what people did in Featurebase: whom they unblocked there, rules only hold for a while".to_owned()
    });
    out.answer(&report, each.chain([end]).chain(hint));
    if report.differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    }
}
