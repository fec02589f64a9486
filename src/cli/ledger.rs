//! `bouncer rules ledger`.

use std::process::ExitCode;

use super::args::LedgerArgs;
use super::out::Out;
use crate::desk::Desk;

pub(super) async fn ledger(
    desk: &Desk,
    options: &LedgerArgs,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let since = desk.clock.now().before(options.since);
    let ledger = desk.ledger(options.rule.as_deref(), since).await?;
    out.answer(&ledger, ledger.lines());
    Ok(ExitCode::SUCCESS)
}
