//! What can be said on the command line.

mod backup;
mod forgetting;
mod past;
pub mod record;
mod sandbox;
mod search;
mod verdicts;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::demo::DemoOptions;
use crate::drill::DrillOptions;
use crate::message::ContactKind;
use crate::store::audit::Action;
use crate::time::parse_span;
use record::WholeRecord;
use sandbox::kind;

pub use backup::*;
pub use forgetting::*;
pub use past::*;
pub use sandbox::*;
pub use search::*;
pub use verdicts::*;
pub use webhook::*;

/// Keeps spam out of a Featurebase inbox: judges what contacts write by rules staff can read, blocks with care, and
/// records why.
#[derive(Debug, Parser)]
#[command(name = "bouncer", version, max_term_width = 100)]
pub struct Args {
    /// Configuration file; `bouncer.toml` in this folder if it is there
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive, judge, act and record until stopped
    Run,
    /// See the whole job on made-up conversations; needs no set-up
    Demo(DemoOptions),
    /// Look for mistakes in rule files and try their examples
    Check(Check),
    /// Explain a problem's code, or a condition of rules
    Explain(Explain),
    /// Print the rule language as a JSON Schema, from which editors complete and explain
    Schema(Schema),
    /// See what the rules make of a text; nothing is kept or sent
    Try(Try),
    /// The rules and how they fare
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Search the record, newest first
    Audit(Box<Audit>),
    /// Tell everything that happened with a contact, oldest first
    History(History),
    /// Explain what became of a contact, an event or a conversation
    Why(Why),
    /// See whom a draft of the rules would newly hit, and whom no longer, among the messages that are kept
    Backtest(Backtest),
    /// Orders about a contact
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Blocks that wait for a person
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Undo everything a rule, or one version of the rules, did; shows it first
    Undo(Undo),
    /// Say whether decisions were right
    #[command(subcommand)]
    Confirm(ConfirmCommand),
    /// Compare who is blocked at Featurebase with who the bouncer believes is; exit code 1 when they differ
    Reconcile(Reconcile),
    /// Brakes: what holds the blocks of a rule, or of all together, after too many
    #[command(subcommand)]
    Brake(BrakeCommand),
    /// What people are told on Slack, Discord, Teams or elsewhere
    #[command(subcommand)]
    Alert(AlertCommand),
    /// See how much a wave of spam and a rule gone wrong could do before a brake trips; nothing real is touched
    Drill(DrillOptions),
    /// Stop all calls to Featurebase, in every replica, within a second
    Stop(Stop),
    /// Let calls to Featurebase go on after a stop
    Go(Stop),
    /// The webhook by which Featurebase delivers to us
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Look whether everything is as it should be, and say what to do where it is not; exit code 1 then
    Doctor(Doctor),
    /// Erase what a contact wrote and who they are, for good; the record keeps a receipt without a name
    Erase(Erase),
    /// Contacts of whom nothing may be forgotten
    #[command(subcommand)]
    LegalHold(LegalHoldCommand),
    /// See what is older than `keep_texts_for` and `keep_record_for`: the running bouncer forgets it by itself
    Forget(Forget),
    /// Copies of everything, made while the bouncer runs
    #[command(subcommand)]
    Backup(BackupCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Ask the running bouncer whether it is well; for container health checks
    Health,
    /// Run a local Featurebase to try things out against
    Sandbox(Sandbox),
    /// Send one signed event to a bouncer
    Trigger(Trigger),
}

#[derive(Debug, clap::Args)]
pub struct Check {
    /// Rule file or folder; `rules_dir` of the configuration if left out
    pub path: Option<PathBuf>,
    /// Read every rule aloud
    #[arg(long)]
    pub read: bool,
}

#[derive(Debug, clap::Args)]
pub struct Explain {
    /// A code such as unknown-key, a condition such as words, or `conditions` for all of them; all codes if left out
    #[arg(value_name = "CODE")]
    pub what: Option<String>,
    /// With `conditions`: as the page docs/conditions.md
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}

#[derive(Debug, clap::Args)]
pub struct Schema {
    /// Write it to .schema/rules.json in the folder of rules
    #[arg(long)]
    pub write: bool,
}

#[derive(Debug, clap::Args)]
pub struct Try {
    /// What the contact writes
    pub text: String,
    /// Who writes it: lead or customer
    #[arg(long = "as", default_value = "lead", value_parser = kind)]
    pub sender: ContactKind,
    /// The sender's e-mail address
    #[arg(long)]
    pub email: Option<String>,
    /// Not the sender's first message
    #[arg(long)]
    pub again: bool,
    /// A teammate has answered the sender before
    #[arg(long)]
    pub answered: bool,
    /// The text is HTML
    #[arg(long)]
    pub html: bool,
    /// Explain one rule only
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Rule file or folder; `rules_dir` of the configuration if left out
    #[arg(long)]
    pub rules: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct RulesList {
    /// Count messages judged in so long a time, in whole days (UTC)
    #[arg(long, default_value = "30d", value_name = "SPAN", value_parser = span)]
    pub since: Duration,
    /// Only what never matched: rules and list entries
    #[arg(long)]
    pub unused: bool,
    /// Rule file or folder; `rules_dir` of the configuration if left out
    #[arg(long)]
    pub rules: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Audit {
    #[command(subcommand)]
    pub whole: Option<WholeRecord>,
    #[command(flatten)]
    pub search: Search,
    /// Only rows about this contact
    #[arg(long)]
    pub contact: Option<String>,
    /// Only rows about this conversation
    #[arg(long)]
    pub conversation: Option<String>,
    /// Only rows about this event
    #[arg(long)]
    pub event: Option<String>,
    /// Only this kind of row, such as decided, blocked or `unblock_ordered`
    #[arg(long, value_parser = action)]
    pub action: Option<Action>,
    /// Only decisions with this verdict: clean, flag, hold, block or repeat
    #[arg(long, value_parser = ["clean", "flag", "hold", "block", "repeat"])]
    pub verdict: Option<String>,
    /// Only rows about this rule; pitch/* for all that begin so
    #[arg(long)]
    pub rule: Option<String>,
    /// Only rows by this person, or by `bouncer`
    #[arg(long)]
    pub actor: Option<String>,
    /// Only rows from then on: a day, a moment, or a span such as 30d
    #[arg(long, value_parser = past::from)]
    pub since: Option<When>,
    /// Only rows up to then; a day is meant whole
    #[arg(long, value_parser = past::to)]
    pub until: Option<When>,
    /// Only rows before this number: the next page
    #[arg(long, value_name = "NUMBER")]
    pub before: Option<i64>,
    /// How many rows
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub limit: i64,
}

#[derive(Debug, clap::Args)]
pub struct Why {
    /// Id of a contact, an event or a conversation
    pub id: String,
    /// In words that may be sent to the contact: they tell no rule, no word and no number by which spammers could learn
    #[arg(long)]
    pub for_customer: bool,
}

#[derive(Debug, Subcommand)]
pub enum ContactCommand {
    /// Order an unblock; for 30 days rules then only hold this contact
    Unblock(Person),
}

#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// List what waits
    List(HoldList),
    /// Let the contact go, or all that the brake of a rule holds
    Release(Held),
    /// Have the block carried out, or all that the brake of a rule holds
    Confirm(Held),
}

#[derive(Debug, clap::Args)]
pub struct HoldList {
    /// Only what this rule asked for; pitch/* for all that begin so
    #[arg(long)]
    pub rule: Option<String>,
    /// Only what is held for this reason: brake
    #[arg(long, value_parser = ["brake"])]
    pub because: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Held {
    /// Id of the contact or of the event
    #[arg(required_unless_present = "rule", conflicts_with = "rule")]
    pub id: Option<String>,
    /// Everything that the brake of this rule alone holds (`total`: the brake of all rules together)
    #[arg(long)]
    pub rule: Option<String>,
    /// With --rule: so many contacts at most
    #[arg(long, default_value_t = 100, value_name = "CONTACTS", value_parser = clap::value_parser!(i64).range(1..=1_000))]
    pub most: i64,
    #[command(flatten)]
    pub order: Reason,
}

#[derive(Debug, Subcommand)]
pub enum BrakeCommand {
    /// List the brakes that have tripped, and how much each holds
    List,
    /// Let a rule block again; its brake counts anew
    Release(BrakeRelease),
}

#[derive(Debug, clap::Args)]
pub struct BrakeRelease {
    /// Id of the rule; `total` for the brake of all rules together
    pub rule: String,
    #[command(flatten)]
    pub order: Reason,
}

#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// Send a test message to every address in `alert_urls` and say how it went; exit code 1 if one failed
    Test,
}

#[derive(Debug, clap::Args)]
pub struct Person {
    /// Id of the contact
    pub id: String,
    #[command(flatten)]
    pub order: Reason,
}

#[derive(Debug, clap::Args)]
pub struct Reason {
    /// Why, for the record
    #[arg(long)]
    pub reason: String,
    /// Who orders it, for the record; your login name if left out
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Reconcile {
    /// Heed what is found: whom people unblocked in Featurebase itself, rules only hold for a while
    #[arg(long)]
    pub apply: bool,
    /// Only show what the last comparison found
    #[arg(long, conflicts_with = "apply")]
    pub last: bool,
    /// Wait so long for the running bouncer
    #[arg(long, default_value = "10m", value_name = "SPAN", value_parser = span)]
    pub wait: Duration,
    /// Why, for the record
    #[arg(long, default_value = "no reason given")]
    pub reason: String,
    /// Who asks, for the record; your login name if left out
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Stop {
    /// Why, for the record
    #[arg(long, default_value = "no reason given")]
    pub reason: String,
    /// Who orders it, for the record; your login name if left out
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print what is in force and where each value comes from, secrets hidden
    Show,
}

fn action(text: &str) -> Result<Action, String> {
    Action::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
        match crate::problem::nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("known are: {}", known.join(", ")),
        }
    })
}

fn span(text: &str) -> Result<Duration, String> {
    parse_span(text).ok_or_else(|| "a number and d, h, m or s, such as 30d".to_owned())
}
