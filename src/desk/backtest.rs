//! What a draft of the rules would have done to the messages that are kept, beside what was done: whom it would newly hit,
//! and whom no longer.

pub mod bounds;
mod facts;
mod lines;
mod tally;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::library::Library;
use super::past::{Kept, Matter, Span, Walk, in_parallel, judge_safely};
use super::{Desk, Result};
use crate::decision::{Decision, Digest, Facts, Lookup, Verdict, Wanted};
use crate::message::Message;
use crate::rules::Rulebook;
use facts::Case;
use tally::Tally;
pub use tally::{Change, Hit, RuleTotals, Totals};

/// What is compared with what.
#[derive(Debug)]
pub struct Backtest<'a> {
    /// The rules that are tried.
    pub draft: &'a Rulebook,
    /// The rules they are compared with; what judged each message in its time, if left out.
    pub before: Option<&'a Rulebook>,
    pub span: Span,
    pub threads: NonZeroUsize,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub draft: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Digest>,
    #[serde(flatten)]
    pub totals: Totals,
    /// Senders whose messages come to another verdict: customers, people answered before and long-known senders first.
    pub senders: Vec<Hit>,
    /// Senders by how their strongest verdict changes.
    pub changes: Changes,
    /// Rules of the draft, by name.
    pub rules: Vec<RuleTotals>,
    pub cost: Cost,
    /// More senders were hit than are kept apart: beyond them, only messages are counted.
    pub senders_left_out: u64,
}

/// How many senders the draft would hit otherwise than they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Nothing was asked for them, and now something is.
    pub newly_hit: u64,
    pub newly_hit_customers: u64,
    /// Of those newly hit: a teammate had answered them.
    pub newly_hit_answered: u64,
    /// They were not blocked, and now are.
    pub newly_blocked: u64,
    /// Hit before, and harder now.
    pub harder: u64,
    /// Hit before, and less hard now.
    pub softer: u64,
    pub no_longer_hit: u64,
    pub no_longer_blocked: u64,
    /// Customers the draft hits in all.
    pub customers: u64,
}

/// What judging by the draft costs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Cost {
    pub mean_micros: f64,
    pub max_micros: f64,
    /// The five rules that take longest, measured on ordinary messages, in microseconds.
    pub slowest: Vec<(String, f64)>,
}

/// One message, judged by the draft and by what it is compared with.
struct Judged {
    before: Verdict,
    after: Decision,
    took: Duration,
    /// Something the draft asks for was not kept and cannot be had.
    in_part: bool,
}

impl Desk {
    /// Judges the messages of a span by a draft. Only reads.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn backtest(&self, test: &Backtest<'_>) -> Result<Report> {
        let mut tally = Tally::new(test.draft);
        let mut library = Library::default();
        let mut walk = Walk::over(self, &test.span);
        while let Some(page) = walk.next().await? {
            let cases = self.cases(page, test, &mut library, &mut tally).await?;
            let judged = in_parallel(test.threads, &cases, |case| judge(case, test));
            let known = self.known_since(&cases, &judged).await?;
            for ((case, judged), known_since) in cases.iter().zip(judged).zip(known) {
                match judged {
                    Some(judged) => tally.add(case, &judged, known_since),
                    None => tally.totals.failed += 1,
                }
            }
        }
        Ok(tally.report(test))
    }

    /// The messages of a page with the facts that the draft asks for.
    async fn cases(
        &self,
        page: Vec<Kept>,
        test: &Backtest<'_>,
        library: &mut Library,
        tally: &mut Tally,
    ) -> Result<Vec<Case>> {
        let mut cases = Vec::with_capacity(page.len());
        for kept in page {
            match kept.what {
                Matter::Whole(whole) => {
                    let (message, recorded) = *whole;
                    let book = library.book(&self.store, &recorded.book).await?;
                    cases.push(Case::new(message, recorded, book));
                }
                Matter::Erased => tally.totals.erased += 1,
                Matter::NotJudged => tally.totals.not_judged += 1,
                Matter::Unreadable(_) => tally.totals.failed += 1,
            }
        }
        let mut wanted = test.draft.wanted().clone();
        if let Some(before) = test.before {
            facts::join(&mut wanted, before.wanted());
        }
        self.fill_in(&mut cases, &wanted).await?;
        Ok(cases)
    }

    /// Since when the senders are known who fare otherwise by the draft.
    async fn known_since(
        &self,
        cases: &[Case],
        judged: &[Option<Judged>],
    ) -> Result<Vec<Option<crate::time::Timestamp>>> {
        let changed = |judged: &Option<Judged>| {
            let judged = judged.as_ref();
            judged.is_some_and(|judged| judged.before != judged.after.verdict)
        };
        let pairs = cases.iter().zip(judged);
        let asked: Vec<Message> = pairs
            .filter(|(_, judged)| changed(judged))
            .map(|(case, _)| case.message.clone())
            .collect();
        let wanted = Wanted {
            known_since: true,
            ..Wanted::default()
        };
        let mut found = if asked.is_empty() {
            Vec::new()
        } else {
            self.store.facts(&asked, &wanted).await?
        }
        .into_iter();
        Ok(judged
            .iter()
            .map(|judged| {
                let found = changed(judged).then(|| found.next()).flatten();
                found.and_then(|facts| facts.known_since)
            })
            .collect())
    }
}

fn judge(case: &Case, test: &Backtest<'_>) -> Option<Judged> {
    let start = Instant::now();
    let after = judge_safely(test.draft, &case.message, &case.facts)?;
    let took = start.elapsed();
    let before = match test.before {
        Some(before) => judge_safely(before, &case.message, &case.facts)?.verdict,
        None => judged_then(case)?,
    };
    Some(Judged {
        before,
        in_part: lacks(case, test.draft),
        after,
        took,
    })
}

/// What the judge came to then, without what was restrained after it: a brake, a mode, a block under way.
fn judged_then(case: &Case) -> Option<Verdict> {
    if case.recorded.restrained.is_empty() {
        return Some(case.recorded.verdict);
    }
    let Some(book) = &case.book else {
        return Some(case.recorded.verdict);
    };
    judge_safely(book, &case.message, &case.recorded.facts).map(|decision| decision.verdict)
}

/// Whether the verdict hinges on something about the sender that nobody looked up then.
fn lacks(case: &Case, draft: &Rulebook) -> bool {
    if !draft.wanted().profile {
        return false;
    }
    let attributes = |book: &Arc<Rulebook>| {
        let kept = &book.wanted().attributes;
        draft.wanted().attributes.is_subset(kept)
    };
    let whole =
        case.facts.profile != Lookup::NotAsked && case.book.as_ref().is_some_and(attributes);
    !whole && {
        let facts = Facts {
            profile: Lookup::NotAsked,
            ..case.facts.clone()
        };
        draft.lacks(&case.message, &facts)
    }
}
