//! What becomes of one contact: who is unblocked, who is left alone and why. A plain function of what is known.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::causes::Causes;
use super::selection::Selection;
use super::{Chosen, others_behind};
use crate::decision::{Decision, Digest, RuleId, Stage, Then, Verdict};
use crate::message::{ContactId, EventId};
use crate::store::audit::Action;
use crate::store::causes::{Decided, Happened};
use crate::store::confirmations::{Confirmation, Word};
use crate::store::contacts::{ContactRow, Standing};
use crate::store::jobs::{Call, Job, Step, Task};

crate::vocabulary! {
    /// Why a contact is left alone.
    Why {
        /// Nothing of what the rule did is in force any more, since a person had them unblocked.
        AlreadyUnblocked = "already-unblocked",
        /// An unblock was ordered and is on its way.
        OnItsWay = "on-its-way",
        /// A person said that the block was right.
        ConfirmedRight = "confirmed-right",
        /// A person had a held block carried out.
        HoldConfirmed = "hold-confirmed",
        /// Something outside the selection has them blocked, too.
        OtherReason = "other-reason",
        /// Somebody blocked them in Featurebase itself.
        BlockedThere = "blocked-there",
        /// The block is over, or never came about.
        Ended = "ended",
        /// Featurebase refused the unblock.
        Refused = "refused",
    }
}

/// What becomes of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    Unblock,
    /// The block was not sent yet: it is called off.
    CallOff,
    /// They are not blocked; what is held of them is let go.
    Release,
    /// Only what the rule asked for besides is called off.
    Steps,
    LeftAlone {
        why: Why,
        told: String,
    },
}

/// What would be done about a contact, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub contact: ContactId,
    pub fate: Fate,
    /// The rules of the selection it comes from.
    pub rules: Vec<RuleId>,
    /// The decisions to block it comes from.
    pub events: Vec<EventId>,
    /// Held messages that are let go.
    pub holds: Vec<EventId>,
    /// What was asked for besides and is not done yet, and is called off.
    pub steps: usize,
    /// What was done besides and cannot be brought back.
    pub lasting: Vec<String>,
    #[serde(skip)]
    pub(super) jobs: Vec<Job>,
    #[serde(skip)]
    pub(super) chosen: Chosen,
    /// By this it is noticed that something has happened since.
    #[serde(skip)]
    pub(super) rows: (i64, i64),
    #[serde(skip)]
    pub(super) row: Option<ContactRow>,
    #[serde(skip)]
    pub(super) conversation: Option<String>,
    /// Why Featurebase refused an unblock, if it did.
    #[serde(skip)]
    pub(super) refused: Option<String>,
}

/// Everything a contact is weighed by.
pub(super) struct Known<'k> {
    pub selection: &'k Selection,
    pub thresholds: &'k HashMap<Digest, Option<i64>>,
    pub contact: &'k ContactId,
    pub chosen: &'k Chosen,
    pub row: Option<ContactRow>,
    pub rows: (i64, i64),
    pub past: &'k [Happened],
    pub open_holds: &'k [EventId],
    pub words: &'k HashMap<EventId, Confirmation>,
    pub steps: Vec<Job>,
    pub blocks: &'k [Job],
    pub may_come_late: bool,
    pub conversation: Option<String>,
}

pub(super) fn weigh(known: &Known<'_>) -> Plan {
    let causes = Causes::of(known.past);
    let fate = known.fate(&causes);
    let holds = known.holds_to_release();
    let jobs = known.steps_to_call_off();
    let fate = match fate {
        None if !holds.is_empty() => Fate::Release,
        None if !jobs.is_empty() => Fate::Steps,
        None => left(Why::Ended, "nothing of it is in force any more".to_owned()),
        Some(fate) => fate,
    };
    let decided = known.chosen.blocks.iter().chain(&known.chosen.holds);
    let rules: BTreeSet<RuleId> = decided
        .flat_map(|decided| crate::store::causes::rules_behind(&decided.decision))
        .filter(|rule| known.selection.names(rule))
        .collect();
    Plan {
        contact: known.contact.clone(),
        rules: rules.into_iter().collect(),
        events: known
            .chosen
            .blocks
            .iter()
            .map(|decided| decided.event.clone())
            .collect(),
        lasting: known.lasting(),
        refused: known.refused(),
        steps: jobs.len(),
        fate,
        holds,
        jobs,
        chosen: known.chosen.clone(),
        rows: known.rows,
        row: known.row.clone(),
        conversation: known.conversation.clone(),
    }
}

fn left(why: Why, told: String) -> Fate {
    Fate::LeftAlone { why, told }
}

impl Known<'_> {
    /// What becomes of the block; nothing where there is none, and never was one in the selection.
    fn fate(&self, causes: &Causes<'_>) -> Option<Fate> {
        let row = self
            .row
            .as_ref()
            .filter(|_| !self.chosen.blocks.is_empty())?;
        let since = row.changed_at;
        let by = || match causes.unblocked {
            Some((actor, _, at)) => format!("{actor} had them unblocked at {at}"),
            None => format!("they were unblocked at {since}"),
        };
        let there =
            "somebody has blocked them in Featurebase itself since, which is theirs to undo";
        Some(match row.standing {
            Standing::Blocked | Standing::BlockWanted => self.blocked(causes),
            Standing::UnblockWanted => left(Why::OnItsWay, format!("{}; it is on its way", by())),
            Standing::UnblockFailed => left(
                Why::Refused,
                format!(
                    "Featurebase refused the unblock at {since}{}; `bouncer contact unblock {}` asks again",
                    self.refused()
                        .map(|why| format!(" ({why})"))
                        .unwrap_or_default(),
                    self.contact
                ),
            ),
            _ if causes.blocked_there => left(Why::BlockedThere, there.to_owned()),
            Standing::Unblocked => left(Why::AlreadyUnblocked, by()),
            Standing::NotBlocked => match causes.unblocked {
                Some((actor, Some(_), at)) if causes.ended.is_none_or(|ended| ended.at <= at) => {
                    left(
                        Why::AlreadyUnblocked,
                        format!("{actor} had the block called off at {at}"),
                    )
                }
                _ if !self.holds_to_release().is_empty() => return None,
                _ => left(Why::Ended, ended(causes.ended)),
            },
        })
    }

    fn blocked(&self, causes: &Causes<'_>) -> Fate {
        let selected = |decided: &Decided| {
            let mut chosen = self.chosen.blocks.iter();
            chosen.any(|chosen| chosen.event == decided.event)
        };
        let right = causes
            .decided
            .iter()
            .filter(|decided| selected(decided))
            .filter_map(|decided| self.words.get(&decided.event))
            .find(|said| said.word == Some(Word::Right));
        if let Some(said) = right {
            let told = format!(
                "{} said at {} that the block was right",
                said.actor, said.at
            );
            return left(Why::ConfirmedRight, told);
        }
        if let Some((actor, at)) = causes.confirmed {
            let told = format!("{actor} had a held block carried out at {at}");
            return left(Why::HoldConfirmed, told);
        }
        if causes.theirs {
            let told = "Featurebase had them blocked before ours: somebody's own block".to_owned();
            return left(Why::BlockedThere, told);
        }
        if !causes.decided.iter().any(|decided| selected(decided)) {
            let told = match causes.decided.last() {
                Some(other) => format!(
                    "what the rule did is over; blocked again by {} at {}",
                    say(&crate::store::causes::rules_behind(&other.decision)),
                    other.at
                ),
                None => "what the rule did is over; they are blocked for a reason that is not in the record".to_owned(),
            };
            return left(Why::OtherReason, told);
        }
        for decided in &causes.decided {
            let others = if selected(decided) {
                self.without_the_selection(&decided.decision)
            } else {
                crate::store::causes::rules_behind(&decided.decision)
            };
            if !others.is_empty() {
                let told = format!(
                    "blocked for another reason, too: {} at {} (event {})",
                    say(&others),
                    decided.at,
                    decided.event
                );
                return left(Why::OtherReason, told);
            }
        }
        if self.was_never_sent() {
            Fate::CallOff
        } else {
            Fate::Unblock
        }
    }

    /// The rules that would have come to the same verdict without those of the selection; none if it would not have come to
    /// it, or that cannot be told.
    fn without_the_selection(&self, decision: &Decision) -> Vec<RuleId> {
        let counts = |stage: Stage| match decision.verdict {
            Verdict::Block => stage == Stage::Enforce,
            _ => stage != Stage::Observe,
        };
        let rest: Vec<_> = decision
            .findings
            .iter()
            .filter(|finding| counts(finding.stage) && !self.selection.names(&finding.rule))
            .collect();
        let asking = rest.iter().filter(|finding| finding.then == Then::Block);
        let asking: Vec<RuleId> = asking.map(|finding| finding.rule.clone()).collect();
        if !asking.is_empty() {
            return asking;
        }
        let points = || rest.iter().filter(|finding| finding.then == Then::Points);
        let sum: i64 = points().map(|finding| finding.points).sum();
        match self.thresholds.get(&decision.book) {
            Some(Some(block_at)) if sum >= *block_at => points()
                .filter(|finding| finding.points > 0)
                .map(|finding| finding.rule.clone())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Nobody has asked Featurebase yet, nor may have them blocked from before.
    fn was_never_sent(&self) -> bool {
        let standing = self.row.as_ref().map(|row| row.standing);
        standing == Some(Standing::BlockWanted)
            && !self.may_come_late
            && !self.blocks.is_empty()
            && self
                .blocks
                .iter()
                .all(|job| job.task == Task::Block && job.attempts == 0 && !Call::of(job).ours)
    }

    fn is_said_right(&self, event: &EventId) -> bool {
        let said = self.words.get(event);
        said.is_some_and(|said| said.word == Some(Word::Right))
    }

    fn holds_to_release(&self) -> Vec<EventId> {
        self.chosen
            .holds
            .iter()
            .filter(|held| self.open_holds.contains(&held.event))
            .filter(|held| !self.is_said_right(&held.event))
            .filter(|held| match held.decision.verdict {
                // A block that was held in the last moment: its rules stand behind it.
                Verdict::Block if others_behind(self.selection, held).is_empty() => true,
                _ => self.without_the_selection(&held.decision).is_empty(),
            })
            .map(|held| held.event.clone())
            .collect()
    }

    fn steps_to_call_off(&self) -> Vec<Job> {
        let is_right = |step: &Step| {
            let event = step.call.event.as_ref();
            event.is_some_and(|event| self.is_said_right(event))
        };
        self.steps
            .iter()
            .filter(|job| {
                Step::of(job)
                    .is_some_and(|step| self.selection.meets_step(job, &step) && !is_right(&step))
            })
            .cloned()
            .collect()
    }

    /// What was done for the selection's decisions that no unblock brings back.
    fn lasting(&self) -> Vec<String> {
        let mut lasting = Vec::new();
        for row in self
            .past
            .iter()
            .filter(|row| row.action == Action::AlsoDone)
        {
            let mut chosen = self.chosen.blocks.iter().chain(&self.chosen.holds);
            if !chosen.any(|decided| Some(&decided.event) == row.event.as_ref()) {
                continue;
            }
            let what = match call_of(row) {
                Some(Task::Redact) => "the message's content was removed for good",
                Some(Task::Close) => "the conversation was closed",
                Some(Task::Note) => "a note was left in the conversation",
                Some(Task::Notify) => "a notice was sent",
                _ => continue,
            };
            lasting.push(format!("{what} at {}", row.at));
        }
        lasting
    }

    fn refused(&self) -> Option<String> {
        let mut refusals = self.past.iter().rev();
        let row = refusals
            .find(|row| row.action == Action::Refused && call_of(row) == Some(Task::Unblock))?;
        Some(row.detail.get("why")?.as_str()?.to_owned())
    }
}

impl Plan {
    /// Whether anything is to be done about the contact.
    #[must_use]
    pub fn does_something(&self) -> bool {
        !matches!(self.fate, Fate::LeftAlone { .. }) || !self.holds.is_empty() || self.steps > 0
    }
}

fn call_of(row: &Happened) -> Option<Task> {
    Task::parse(row.detail.get("call")?.as_str()?)
}

fn say(rules: &[RuleId]) -> String {
    let names: Vec<&str> = rules.iter().map(|rule| rule.0.as_str()).collect();
    names.join(", ")
}

/// Why a contact is not blocked though a rule decided on it.
fn ended(last: Option<&Happened>) -> String {
    let Some(row) = last else {
        return "they are not blocked".to_owned();
    };
    let (at, why) = (
        row.at,
        row.detail
            .get("why")
            .and_then(serde_json::Value::as_str)
            .unwrap_or("no reason is known"),
    );
    match row.action {
        Action::BlockEnded => format!("the block ended by itself at {at}"),
        Action::Held => format!("it was held at {at}: {why}"),
        Action::HoldReleased => format!("{} let them go at {at}", row.actor),
        Action::Refused => format!("Featurebase refused the block at {at}: {why}"),
        Action::GaveUp => format!("the block was given up at {at}: {why}"),
        _ => format!("the block was called off at {at}: {why}"),
    }
}
