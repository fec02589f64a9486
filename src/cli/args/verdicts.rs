//! What can be said of what rules did: undone, right, wrong.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;

use super::{Reason, span};
use crate::time::{Timestamp, parse_stretch};

#[derive(Debug, clap::Args)]
pub struct Undo {
    /// Id of the rule; pitch/* for all that begin so
    #[arg(long)]
    pub rule: String,
    #[command(flatten)]
    pub within: Within,
    /// Only about this contact; may be said several times
    #[arg(long, value_name = "CONTACT")]
    pub contact: Vec<String>,
    /// Do it; without this it is only shown, and asked for on a terminal
    #[arg(long)]
    pub yes: bool,
    /// Write what becomes of each contact to this file: .csv or .json
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Follow the running bouncer for so long at most
    #[arg(long, default_value = "12h", value_name = "SPAN", value_parser = span)]
    pub wait: Duration,
    #[command(flatten)]
    pub order: Reason,
}

/// Which decisions are meant.
#[derive(Debug, clap::Args)]
pub struct Within {
    /// Only what the rules of this version did: the beginning of their digest, as `bouncer why` shows it
    #[arg(long, value_name = "DIGEST")]
    pub version: Option<String>,
    /// Only what was decided from then on: a day or a moment, such as 2026-11-01 or 2026-11-29T09:41 (UTC)
    #[arg(long, value_parser = first)]
    pub since: Option<Timestamp>,
    /// Only what was decided up to then; a day or a minute is meant whole
    #[arg(long, value_parser = last)]
    pub until: Option<Timestamp>,
}

// No spans here: what is said again, to go on with what was broken off, must mean the same again.
fn first(text: &str) -> Result<Timestamp, String> {
    stretch(text).map(|(first, _)| first)
}

fn last(text: &str) -> Result<Timestamp, String> {
    stretch(text).map(|(_, last)| last)
}

fn stretch(text: &str) -> Result<(Timestamp, Timestamp), String> {
    parse_stretch(text)
        .ok_or_else(|| "a day or a moment, such as 2026-11-01 or 2026-11-29T09:41 (UTC)".to_owned())
}

#[derive(Debug, Subcommand)]
pub enum ConfirmCommand {
    /// What was decided was right
    Right(Confirm),
    /// What was decided was wrong
    Wrong(ConfirmWrong),
}

#[derive(Debug, clap::Args)]
pub struct Confirm {
    /// Ids of events, or of contacts for the last decision about each
    #[arg(required_unless_present = "rule", conflicts_with = "rule")]
    pub ids: Vec<String>,
    /// All decisions this rule led to; pitch/* for all that begin so
    #[arg(long)]
    pub rule: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// With --rule: only decisions with this verdict
    #[arg(long, value_parser = ["block", "hold", "flag"])]
    pub verdict: Option<String>,
    /// With --rule: do it; without this it is only shown
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub order: Reason,
}

#[derive(Debug, clap::Args)]
pub struct ConfirmWrong {
    #[command(flatten)]
    pub confirm: Confirm,
    /// Unblock those who are blocked by it, and let held ones go, too; for all that a rule did, say `bouncer undo` afterwards
    #[arg(long, conflicts_with = "rule")]
    pub undo: bool,
}

#[derive(Debug, clap::Args)]
pub struct LedgerArgs {
    /// Id of a rule; pitch/* for all that begin so; all rules if left out
    pub rule: Option<String>,
    /// Count decisions made in so long a time, in whole days (UTC)
    #[arg(long, default_value = "90d", value_name = "SPAN", value_parser = span)]
    pub since: Duration,
}
