//! What would have had to be different: the message is judged again with one thing changed, and what changes the verdict is
//! told. Nothing is told that the judge did not say.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::decision::{Decision, Facts, Finding, Part, RuleId, Stage, Verdict};
use crate::desk::search::printable;
use crate::message::{ContactKind, Message};
use crate::rules::Rulebook;
use crate::time::{Timestamp, say_span};

/// Most phrases tried one by one.
const MOST_PHRASES: usize = 40;
/// How long an unblock by a person is taken to protect.
const EXEMPT_MILLIS: i64 = 86_400_000;

/// What was tried, and what made a difference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Otherwise {
    /// How many single changes were judged.
    pub tried: usize,
    /// Those that change the verdict.
    pub changes: Vec<Variation>,
}

/// One change, and what it would have led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variation {
    /// To follow "it would have been different if".
    pub had: String,
    pub verdict: Verdict,
}

enum Change {
    None,
    Without(RuleId),
    Stage(RuleId, Stage),
}

struct Trial {
    had: String,
    message: Message,
    facts: Facts,
    change: Change,
}

/// Tries single changes. `judged` is what the judge says without any.
pub fn otherwise(message: &Message, judged: &Decision, book: &Rulebook) -> Otherwise {
    let trials = trials(message, judged);
    let tried = trials.len();
    let changes = trials.into_iter().filter_map(|trial| {
        let change = |finding: Finding| changed(&trial.change, finding);
        let verdict = book
            .judge_as_if(&trial.message, &trial.facts, &change)
            .verdict;
        (verdict != judged.verdict).then_some(Variation {
            had: trial.had,
            verdict,
        })
    });
    Otherwise {
        tried,
        changes: changes.collect(),
    }
}

fn changed(change: &Change, mut finding: Finding) -> Option<Finding> {
    match change {
        Change::Without(rule) if *rule == finding.rule => return None,
        Change::Stage(rule, stage) if *rule == finding.rule => finding.stage = *stage,
        _ => {}
    }
    Some(finding)
}

fn trials(message: &Message, judged: &Decision) -> Vec<Trial> {
    let facts = &judged.facts;
    let mut trials = senders(message, facts);
    let with = |had: String, facts: Facts| Trial {
        had,
        message: message.clone(),
        facts,
        change: Change::None,
    };
    trials.extend(
        counts(facts)
            .into_iter()
            .map(|(had, facts)| with(had, facts)),
    );
    for finding in &judged.findings {
        let rule = &finding.rule;
        let about = |had: String, change: Change| Trial {
            had,
            message: message.clone(),
            facts: facts.clone(),
            change,
        };
        trials.push(about(
            format!("rule {rule} had not fired"),
            Change::Without(rule.clone()),
        ));
        for stage in Stage::ALL.iter().filter(|stage| **stage != finding.stage) {
            trials.push(about(
                format!("rule {rule} had been in stage {stage}"),
                Change::Stage(rule.clone(), *stage),
            ));
        }
    }
    trials.extend(phrases(message, judged));
    trials
}

/// What could have been different about the sender.
fn senders(message: &Message, facts: &Facts) -> Vec<Trial> {
    let mut as_kind = message.clone();
    let had = match message.from.kind {
        ContactKind::Lead => {
            as_kind.from.kind = ContactKind::Customer;
            "the sender had been a registered customer"
        }
        ContactKind::Customer => {
            as_kind.from.kind = ContactKind::Lead;
            "the sender had not been a registered customer"
        }
    };
    let mut trials = vec![Trial {
        had: had.to_owned(),
        message: as_kind,
        facts: facts.clone(),
        change: Change::None,
    }];
    trials.extend(
        flipped(message, facts)
            .into_iter()
            .map(|(had, facts)| Trial {
                had: had.to_owned(),
                message: message.clone(),
                facts,
                change: Change::None,
            }),
    );
    trials
}

/// Each fact that is so or not so, the other way round.
fn flipped(message: &Message, facts: &Facts) -> Vec<(&'static str, Facts)> {
    let of = |yes: bool, told: [&'static str; 2], change: fn(&mut Facts)| {
        let mut facts = facts.clone();
        change(&mut facts);
        let [when_so, when_not] = told;
        (if yes { when_so } else { when_not }, facts)
    };
    let mut unblocked = facts.clone();
    unblocked.unblocked_until = match facts.unblocked_until {
        Some(_) => None,
        None => Some(Timestamp::from_millis(
            message.sent_at.millis().saturating_add(EXEMPT_MILLIS),
        )),
    };
    vec![
        of(
            facts.answered_before,
            [
                "no teammate had answered the sender before",
                "a teammate had answered the sender before",
            ],
            |facts| facts.answered_before = !facts.answered_before,
        ),
        of(
            facts.first_message,
            [
                "it had not been the sender's first message",
                "it had been the sender's first message",
            ],
            |facts| facts.first_message = !facts.first_message,
        ),
        (
            if facts.unblocked_until.is_some() {
                "no person had unblocked the sender"
            } else {
                "a person had unblocked the sender shortly before"
            },
            unblocked,
        ),
        of(
            facts.blocked_before,
            [
                "the sender had not been blocked before",
                "the sender had been blocked before",
            ],
            |facts| facts.blocked_before = !facts.blocked_before,
        ),
    ]
}

/// One less in each count, and one more.
fn counts(facts: &Facts) -> Vec<(String, Facts)> {
    let mut changed = Vec::new();
    let kinds = [
        (&facts.messages_within, "message of the sender"),
        (
            &facts.same_text_within,
            "message like this one by the sender",
        ),
        (&facts.senders_within, "sender of messages like this one"),
    ];
    for (number, (counts, what)) in kinds.into_iter().enumerate() {
        for (window, count) in counts {
            let span = std::time::Duration::from_millis(u64::try_from(*window).unwrap_or(0));
            for (other, how) in [
                (count.checked_sub(1), "less"),
                (count.checked_add(1), "more"),
            ] {
                // The message itself always counts.
                let Some(other) = other.filter(|other| *other > 0) else {
                    continue;
                };
                let mut facts = facts.clone();
                let counts = match number {
                    0 => &mut facts.messages_within,
                    1 => &mut facts.same_text_within,
                    _ => &mut facts.senders_within,
                };
                counts.insert(*window, other);
                let had = format!(
                    "there had been one {what} {how} within {} ({other} in place of {count})",
                    say_span(span)
                );
                changed.push((had, facts));
            }
        }
    }
    changed
}

/// The message without each of the phrases that matched, wherever it is written so.
fn phrases(message: &Message, judged: &Decision) -> Vec<Trial> {
    let evidence = judged.findings.iter().flat_map(|finding| &finding.evidence);
    let matched: BTreeSet<&str> = evidence
        .filter(|found| matches!(found.part, Part::Text | Part::Link))
        .map(|found| found.matched.as_str())
        .filter(|matched| !matched.trim().is_empty())
        .collect();
    let trials = matched.into_iter().take(MOST_PHRASES).filter_map(|phrase| {
        let without = |text: &Option<String>| text.as_ref().map(|text| text.replace(phrase, ""));
        let (html, markdown) = (without(&message.html), without(&message.markdown));
        // Written otherwise in the source, such as with marks between the letters: then it cannot be left out so.
        if html == message.html && markdown == message.markdown {
            return None;
        }
        Some(Trial {
            had: format!("“{}” had not been in the message", printable(phrase)),
            message: Message {
                html,
                markdown,
                ..message.clone()
            },
            facts: judged.facts.clone(),
            change: Change::None,
        })
    });
    trials.collect()
}
