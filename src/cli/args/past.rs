//! What can be said about the past: judging it again, and versions of the rules.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::desk::backtest::bounds::Bound;
use crate::desk::rulebooks::Named;
use crate::time::{Timestamp, parse_span, parse_stretch};

use super::{LedgerArgs, Reason, RulesList};

#[derive(Debug, clap::Subcommand)]
pub enum RulesCommand {
    /// List every rule with how often it fired, and what came of it
    List(RulesList),
    /// How each rule fared: what it did, what people said of it, what they undid
    Ledger(LedgerArgs),
    /// Ask the running bouncer which rules are in force, and since when the files differ; exit code 1 when they do
    Status,
    /// Every version of the rules that came into force: when, by which edit, and what it did
    History(RulesHistory),
    /// How two versions of the rules differ, rule by rule in words
    Diff(RulesDiff),
    /// The files of a version
    Show(RulesShow),
    /// Put the files of an earlier version back into the folder of rules; what is there is kept aside
    Rollback(RulesRollback),
}

#[derive(Debug, clap::Args)]
pub struct Replay {
    /// Only decisions from then on: a day, a moment, or a span such as 30d
    #[arg(long, value_parser = from)]
    pub since: Option<When>,
    /// Only decisions up to then
    #[arg(long, value_parser = to)]
    pub until: Option<When>,
    /// Only decisions about this contact
    #[arg(long)]
    pub contact: Option<String>,
    /// How many cores to use; one is left free otherwise
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Debug, clap::Args)]
pub struct Backtest {
    /// Rule file or folder that is tried; `rules_dir` of the configuration if left out
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub rules: Option<PathBuf>,
    /// Compare two sets of rules: this one (a folder, a digest, now, disk or @2026-11-29T09:41) …
    #[arg(long, requires = "to", value_name = "OLD")]
    pub from: Option<String>,
    /// … with this one
    #[arg(long, requires = "from", value_name = "NEW")]
    pub to: Option<String>,
    /// Only messages judged from then on: a day, a moment, or a span such as 30d
    #[arg(long, default_value = "30d", value_parser = from)]
    pub since: When,
    /// Only messages judged up to then
    #[arg(long, value_parser = to)]
    pub until: Option<When>,
    /// Only messages of this contact
    #[arg(long)]
    pub contact: Option<String>,
    /// Exit code 1 if this is so, such as newly-blocked>0, newly-hit>10, newly-hit-customers>0, customers>0,
    /// share>1%, in-part>0; may be given several times
    #[arg(long = "fail-if", value_name = "BOUND")]
    pub fail_if: Vec<Bound>,
    /// How many cores to use; one is left free otherwise
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Debug, clap::Args)]
pub struct RulesHistory {
    /// Only versions that came into force from then on: a day, a moment, or a span such as 30d
    #[arg(long, value_parser = from)]
    pub since: Option<When>,
    /// Only versions that came into force up to then
    #[arg(long, value_parser = to)]
    pub until: Option<When>,
    /// How many versions
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
}

#[derive(Debug, clap::Args)]
pub struct RulesDiff {
    /// The first digits of a digest, `now`, `disk` (the folder of rules), or a moment such as @2026-11-29T09:41
    pub old: Named,
    /// Likewise
    pub new: Named,
    /// Line by line, as `diff -u`
    #[arg(long)]
    pub text: bool,
}

#[derive(Debug, clap::Args)]
pub struct RulesShow {
    /// The first digits of a digest, `now`, or a moment such as @2026-11-29T09:41
    pub version: Named,
    /// Write the files into this folder, which must not exist or be empty
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct RulesRollback {
    /// The first digits of a digest, or a moment such as @2026-11-29T09:41: what was in force then
    pub version: Named,
    /// Put it back even if the folder has edits that were never in force; they are kept in the backup, too
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub order: Reason,
}

/// A moment, or how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(Timestamp),
    Ago(std::time::Duration),
}

impl When {
    /// The moment that is meant.
    pub fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::Ago(span) => now.before(span),
        }
    }
}

const A_TIME: &str = "a day, a moment or a span, such as 2026-11-01, 2026-11-29T09:41 (UTC) or 30d";

pub(super) fn from(text: &str) -> Result<When, String> {
    let span = parse_span(text).map(When::Ago);
    let moment = || parse_stretch(text).map(|(first, _)| When::At(first));
    span.or_else(moment).ok_or_else(|| A_TIME.to_owned())
}

/// Up to a day or a minute means: all of it.
pub(super) fn to(text: &str) -> Result<When, String> {
    let span = parse_span(text).map(When::Ago);
    let moment = || parse_stretch(text).map(|(_, last)| When::At(last));
    span.or_else(moment).ok_or_else(|| A_TIME.to_owned())
}
