//! Judges every kept message again, by the rules and the facts of its time: what the record says must come out again.

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde::Serialize;

use super::{Kept, Matter, Span, Walk, in_parallel, judge_safely};
use crate::decision::{Decision, Restraint, Verdict};
use crate::desk::library::Library;
use crate::desk::{Desk, Result};
use crate::message::{EventId, Message};
use crate::rules::Rulebook;
use crate::store::audit::Row;

/// Most decisions that are named; all are counted.
const MOST_NAMED: usize = 1_000;

/// How a replay went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// Decisions looked at.
    pub decisions: u64,
    pub agreed: u64,
    /// Decisions whose text was erased: they cannot be made again.
    pub erased: u64,
    /// Rows that stand for no judgement: repeats, and what could not be read as it came in.
    pub not_judged: u64,
    /// Messages flagged because judging them failed then.
    pub failed_then: u64,
    /// Decisions by rules that this version cannot load. They do not agree.
    pub book_gone: u64,
    pub disagreed: u64,
    /// Those that did not agree, and how they differ; at most a thousand.
    pub differences: Vec<Difference>,
}

/// A decision that does not come out again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub seq: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// In words, one for each difference.
    pub what: Vec<String>,
}

enum Outcome {
    Agreed,
    Erased,
    NotJudged,
    FailedThen,
    BookGone,
    Disagreed(Vec<String>),
}

impl Desk {
    /// Judges the decisions of a span again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn replay(&self, span: &Span, threads: NonZeroUsize) -> Result<Replay> {
        let mut replay = Replay::default();
        let mut library = Library::default();
        let mut walk = Walk::over(self, span);
        while let Some(page) = walk.next().await? {
            let mut with_books = Vec::with_capacity(page.len());
            for kept in page {
                let book = match &kept.what {
                    Matter::Whole(whole) => library.book(&self.store, &whole.1.book).await?,
                    _ => None,
                };
                with_books.push((kept, book));
            }
            let outcomes = in_parallel(threads, &with_books, |(kept, book)| {
                judge_again(kept, book.as_ref())
            });
            for ((kept, _), outcome) in with_books.into_iter().zip(outcomes) {
                replay.add(kept.row, outcome);
            }
        }
        Ok(replay)
    }
}

impl Replay {
    /// Whether everything that can be judged again came out as the record says.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        self.disagreed == 0
    }

    fn add(&mut self, row: Row, outcome: Outcome) {
        self.decisions += 1;
        let what = match outcome {
            Outcome::Agreed => return self.agreed += 1,
            Outcome::Erased => return self.erased += 1,
            Outcome::NotJudged => return self.not_judged += 1,
            Outcome::FailedThen => return self.failed_then += 1,
            Outcome::BookGone => {
                self.book_gone += 1;
                vec!["the rules it was judged by are not kept as they were, or cannot be loaded by this version".to_owned()]
            }
            Outcome::Disagreed(what) => what,
        };
        self.disagreed += 1;
        if self.differences.len() < MOST_NAMED {
            self.differences.push(Difference {
                seq: row.seq,
                event: row.event,
                what,
            });
        }
    }

    /// The outcome in sentences.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} decisions: {} agree, {} differ, {} texts were erased, {} were not judged (repeats, or not understood), {} were flagged because judging had failed.",
            self.decisions,
            self.agreed,
            self.disagreed,
            self.erased,
            self.not_judged,
            self.failed_then
        )];
        for difference in &self.differences {
            let event = difference
                .event
                .as_ref()
                .map_or("no event", EventId::as_str);
            lines.push(format!("Row {} ({event}) does not agree:", difference.seq));
            lines.extend(difference.what.iter().map(|what| format!("    {what}.")));
        }
        let named = u64::try_from(self.differences.len()).unwrap_or(u64::MAX);
        if self.disagreed > named {
            lines.push(format!("{} more are not named.", self.disagreed - named));
        }
        lines.push(
            if self.agrees() {
                "Every decision that can be made again comes out as the record says."
            } else {
                "Either somebody changed these rows, or this version of the program judges otherwise than the one that decided."
            }
            .to_owned(),
        );
        lines
    }
}

fn judge_again(kept: &Kept, book: Option<&Arc<Rulebook>>) -> Outcome {
    let whole = match &kept.what {
        Matter::Whole(whole) => whole,
        Matter::Erased => return Outcome::Erased,
        Matter::NotJudged => return Outcome::NotJudged,
        Matter::Unreadable(why) => return Outcome::Disagreed(vec![why.clone()]),
    };
    let (message, recorded) = (&whole.0, &whole.1);
    let Some(book) = book else {
        return Outcome::BookGone;
    };
    let again = judge_safely(book, message, &recorded.facts);
    let failed = |by: &Decision| {
        let mut restrained = by.restrained.iter();
        restrained.any(|restrained| restrained.by == Restraint::JudgeFailed)
    };
    let again = match again {
        _ if failed(recorded) && recorded.findings.is_empty() => return Outcome::FailedThen,
        None => return Outcome::Disagreed(vec!["judging it fails now".to_owned()]),
        Some(again) => again,
    };
    let mut what = differences(recorded, &again);
    what.extend(misplaced(&kept.row, message, recorded));
    if what.is_empty() {
        Outcome::Agreed
    } else {
        Outcome::Disagreed(what)
    }
}

/// How what the judge did differs from the record. What the worker restrained after the judge, by what it knew only then, is
/// not the judge's: it may only have made the verdict weaker, and just so weak.
#[must_use]
pub fn differences(recorded: &Decision, again: &Decision) -> Vec<String> {
    let mut what = Vec::new();
    if recorded.asked != again.asked {
        what.push(format!(
            "the record says that the rules asked for {}, but they ask for {}",
            recorded.asked, again.asked
        ));
    }
    if recorded.points != again.points {
        what.push(format!(
            "the record says {} points, but the rules give {}",
            recorded.points, again.points
        ));
    }
    let rule_ids = |decision: &Decision| -> Vec<String> {
        let findings = decision.findings.iter();
        findings.map(|finding| finding.rule.0.clone()).collect()
    };
    let (then, now) = (rule_ids(recorded), rule_ids(again));
    for rule in now.iter().filter(|rule| !then.contains(rule)) {
        what.push(format!("rule {rule} fires, but the record does not say so"));
    }
    for rule in then.iter().filter(|rule| !now.contains(rule)) {
        what.push(format!(
            "the record says that rule {rule} fired, but it does not"
        ));
    }
    if then == now && recorded.findings != again.findings {
        let pairs = recorded.findings.iter().zip(&again.findings);
        let rules = pairs.filter(|(then, now)| then != now);
        what.extend(
            rules.map(|(then, _)| {
                format!("what rule {} found is not what the record says", then.rule)
            }),
        );
    }
    let (by_judge, after) = recorded
        .restrained
        .split_at_checked(again.restrained.len())
        .unwrap_or((&recorded.restrained, &[]));
    if by_judge != again.restrained {
        what.push("what protected the sender is not what the record says".to_owned());
    }
    let expected = after.iter().fold(again.verdict, |verdict, restrained| {
        verdict.min(level_of(restrained.by, &restrained.because))
    });
    if !after.iter().all(|restrained| is_workers(restrained.by)) {
        what.push("the record names a protection that does not apply".to_owned());
    }
    if expected != recorded.verdict {
        what.push(format!(
            "the record says {}, but it comes to {expected}",
            recorded.verdict
        ));
    }
    what
}

/// Whether a restraint may be added after the judge.
const fn is_workers(by: Restraint) -> bool {
    match by {
        Restraint::Mode
        | Restraint::Unblocked
        | Restraint::Away
        | Restraint::RuleBrake
        | Restraint::ShareBrake
        | Restraint::TotalBrake
        | Restraint::StillWriting
        | Restraint::OddContact
        | Restraint::Recovered => true,
        Restraint::Stage
        | Restraint::Customer
        | Restraint::AnsweredBefore
        | Restraint::Never
        | Restraint::JudgeFailed
        | Restraint::FactsMissing => false,
    }
}

/// How far a verdict is weakened by what was added after the judge.
fn level_of(by: Restraint, because: &str) -> Verdict {
    match by {
        Restraint::Mode if because.contains("mode observe") => Verdict::Clean,
        Restraint::OddContact => Verdict::Flag,
        _ => Verdict::Hold,
    }
}

/// Columns of the row that say something else than the decision and the message do.
fn misplaced(row: &Row, message: &Message, recorded: &Decision) -> Vec<String> {
    let mut what = Vec::new();
    if row.verdict.as_deref() != Some(recorded.verdict.as_str()) {
        what.push("the row's verdict is not the decision's".to_owned());
    }
    let ids: Vec<&str> = recorded
        .findings
        .iter()
        .map(|finding| finding.rule.0.as_str())
        .collect();
    if row.rules.as_deref().unwrap_or_default() != ids.join(" ") {
        what.push("the row's rules are not the decision's".to_owned());
    }
    let about = (row.contact.as_ref(), row.conversation.as_ref());
    if about != (Some(&message.from.id), Some(&message.conversation)) {
        what.push("the row is about somebody else than who wrote the message".to_owned());
    }
    what
}
