//! Adds up a backtest. What is kept is bounded: so many senders, so many examples.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Serialize;

use super::facts::Case;
use super::{Backtest, Changes, Cost, Judged, Report};
use crate::decision::{RuleId, Stage, Verdict};
use crate::desk::review;
use crate::message::{ContactId, ContactKind, EventId};
use crate::rules::Rulebook;
use crate::store::hits::had_part;
use crate::time::Timestamp;

/// Most senders kept apart.
const MOST_SENDERS: usize = 100_000;
/// Most senders named in the report.
const MOST_NAMED: usize = 200;
/// Events named for each rule.
const EXAMPLES: usize = 3;
/// Rules named for what they cost.
const SLOWEST: usize = 5;

/// Messages, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages judged by the draft.
    pub judged: u64,
    /// Messages whose text was erased.
    pub erased: u64,
    /// Events that were not judged then: repeats, and what was not understood.
    pub not_judged: u64,
    /// Messages that could not be judged fully: they hinge on something that nobody looked up then. They count for nothing
    /// else.
    pub in_part: u64,
    /// Messages on which judging failed.
    pub failed: u64,
    pub blocked: u64,
    pub held: u64,
    pub flagged: u64,
    pub blocked_before: u64,
    pub held_before: u64,
    pub flagged_before: u64,
}

/// A sender who fares otherwise by the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    pub contact: ContactId,
    pub change: Change,
    /// The strongest verdict of their messages then, and by the draft.
    pub before: Verdict,
    pub after: Verdict,
    pub customer: bool,
    pub answered_before: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_since: Option<Timestamp>,
    /// One of their messages that fares otherwise, and the rules of the draft that fire on it.
    pub event: EventId,
    pub rules: Vec<RuleId>,
}

crate::vocabulary! {
    /// How a sender fares by the draft.
    Change {
        NewlyHit = "newly-hit",
        Harder = "harder",
        Softer = "softer",
        NoLongerHit = "no-longer-hit",
        Same = "same",
    }
}

/// What one rule of the draft would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleTotals {
    pub rule: RuleId,
    pub stage: Stage,
    pub fired: u64,
    /// Messages in whose verdict it has a part.
    pub blocked: u64,
    pub held: u64,
    pub flagged: u64,
    /// Events on which it fires.
    pub examples: Vec<EventId>,
}

pub(super) struct Tally {
    pub totals: Totals,
    rules: BTreeMap<RuleId, RuleTotals>,
    senders: HashMap<ContactId, Hit>,
    left_out: u64,
    time: Duration,
    longest: Duration,
}

impl Tally {
    pub fn new(draft: &Rulebook) -> Self {
        let rules = draft.rules().iter().map(|rule| {
            let totals = RuleTotals {
                rule: rule.id.clone(),
                stage: rule.stage,
                fired: 0,
                blocked: 0,
                held: 0,
                flagged: 0,
                examples: Vec::new(),
            };
            (rule.id.clone(), totals)
        });
        Self {
            totals: Totals::default(),
            rules: rules.collect(),
            senders: HashMap::new(),
            left_out: 0,
            time: Duration::ZERO,
            longest: Duration::ZERO,
        }
    }

    pub fn add(&mut self, case: &Case, judged: &Judged, known_since: Option<Timestamp>) {
        if judged.in_part {
            self.totals.in_part += 1;
            return;
        }
        self.totals.judged += 1;
        self.time += judged.took;
        self.longest = self.longest.max(judged.took);
        let after = &judged.after;
        let totals = &mut self.totals;
        match after.verdict {
            Verdict::Block => totals.blocked += 1,
            Verdict::Hold => totals.held += 1,
            Verdict::Flag => totals.flagged += 1,
            Verdict::Clean => {}
        }
        match judged.before {
            Verdict::Block => totals.blocked_before += 1,
            Verdict::Hold => totals.held_before += 1,
            Verdict::Flag => totals.flagged_before += 1,
            Verdict::Clean => {}
        }
        for finding in &after.findings {
            let Some(rule) = self.rules.get_mut(&finding.rule) else {
                continue;
            };
            rule.fired += 1;
            if rule.examples.len() < EXAMPLES {
                rule.examples.push(case.message.event.clone());
            }
            match after.verdict {
                _ if !had_part(finding, after) => {}
                Verdict::Block => rule.blocked += 1,
                Verdict::Hold => rule.held += 1,
                Verdict::Flag => rule.flagged += 1,
                Verdict::Clean => {}
            }
        }
        self.add_sender(case, judged, known_since);
    }

    /// A sender's strongest verdict counts, then and now.
    fn add_sender(&mut self, case: &Case, judged: &Judged, known_since: Option<Timestamp>) {
        let (before, after) = (judged.before, judged.after.verdict);
        if before == Verdict::Clean && after == Verdict::Clean {
            return;
        }
        let message = &case.message;
        let new = Hit {
            contact: message.from.id.clone(),
            change: Change::Same,
            before,
            after,
            customer: message.from.kind == ContactKind::Customer,
            answered_before: case.facts.answered_before,
            known_since,
            event: message.event.clone(),
            rules: judged
                .after
                .findings
                .iter()
                .map(|finding| finding.rule.clone())
                .collect(),
        };
        let full = self.senders.len() >= MOST_SENDERS;
        let Some(known) = self.senders.get_mut(&message.from.id) else {
            if full {
                self.left_out += 1;
            } else {
                self.senders.insert(message.from.id.clone(), new);
            }
            return;
        };
        // The message told as the example is one that fares otherwise, and of these the one hit hardest.
        let first_change = known.known_since.is_none() && known_since.is_some();
        if first_change || (before != after && new.after > known.after) {
            known.event = new.event;
            known.rules = new.rules;
        }
        known.before = known.before.max(before);
        known.after = known.after.max(after);
        known.customer |= new.customer;
        known.answered_before |= new.answered_before;
        known.known_since = known.known_since.into_iter().chain(known_since).min();
    }

    pub fn report(self, test: &Backtest<'_>) -> Report {
        let mut changes = Changes::default();
        let mut senders: Vec<Hit> = self.senders.into_values().collect();
        for hit in &mut senders {
            hit.change = change_of(hit);
            changes.count(hit);
        }
        senders.retain(|hit| hit.change != Change::Same);
        senders.sort_by_cached_key(order);
        senders.truncate(MOST_NAMED);
        let judged = self.totals.judged.max(1);
        Report {
            draft: test.draft.digest().clone(),
            before: test.before.map(|before| before.digest().clone()),
            totals: self.totals,
            senders,
            changes,
            rules: self.rules.into_values().collect(),
            cost: Cost {
                #[allow(
                    clippy::cast_precision_loss,
                    reason = "a mean is not told to the last digit"
                )]
                mean_micros: micros(self.time) / judged as f64,
                max_micros: micros(self.longest),
                slowest: slowest(test.draft),
            },
            senders_left_out: self.left_out,
        }
    }
}

impl Changes {
    fn count(&mut self, hit: &Hit) {
        let one = u64::from;
        let new = hit.change == Change::NewlyHit;
        self.newly_hit += one(new);
        self.newly_hit_customers += one(new && hit.customer);
        self.newly_hit_answered += one(new && hit.answered_before);
        self.newly_blocked += one(hit.before < Verdict::Block && hit.after == Verdict::Block);
        self.harder += one(hit.change == Change::Harder);
        self.softer += one(hit.change == Change::Softer);
        self.no_longer_hit += one(hit.change == Change::NoLongerHit);
        self.no_longer_blocked += one(hit.before == Verdict::Block && hit.after < Verdict::Block);
        self.customers += one(hit.customer && hit.after > Verdict::Clean);
    }
}

fn change_of(hit: &Hit) -> Change {
    match (hit.before, hit.after) {
        (before, after) if before == after => Change::Same,
        (Verdict::Clean, _) => Change::NewlyHit,
        (_, Verdict::Clean) => Change::NoLongerHit,
        (before, after) if after > before => Change::Harder,
        _ => Change::Softer,
    }
}

/// Who is hit harder first; among them customers, people answered before, long-known senders, and by what verdict.
fn order(hit: &Hit) -> impl Ord + use<> {
    (
        hit.change,
        Reverse(hit.customer),
        Reverse(hit.answered_before),
        hit.known_since.map_or(i64::MAX, Timestamp::millis),
        Reverse(hit.after),
        hit.contact.clone(),
    )
}

fn slowest(draft: &Rulebook) -> Vec<(String, f64)> {
    let mut costs = review::costs(draft);
    costs.sort_by_key(|cost| Reverse(cost.rule_time));
    let named = costs.into_iter().take(SLOWEST).filter_map(|cost| {
        let rule = draft.rules().get(cost.rule)?;
        // Measured on so many messages at once.
        Some((
            rule.id.0.clone(),
            micros(cost.rule_time) / f64::from(review::SAMPLES),
        ))
    });
    named.collect()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
