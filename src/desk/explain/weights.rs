//! What was weighed: points up to the thresholds, and what protects senders.

use serde::Serialize;

use crate::decision::{Decision, Restraint, RuleId, Stage, Then};
use crate::message::{ContactKind, Message};
use crate::rules::Rulebook;
use crate::rules::policy::{Policy, Protection};
use crate::time::say_span;

/// How the points came together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Points {
    /// From so many points on a message is flagged, and from so many on its sender is blocked; by the policy of that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_at: Option<i64>,
    pub steps: Vec<PointStep>,
}

/// What one rule added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PointStep {
    pub rule: RuleId,
    pub stage: Stage,
    pub points: i64,
    /// All points so far of rules in stage `enforce`, and those of rules in stage `hold` besides.
    pub sum: i64,
    pub sum_with_hold: i64,
}

/// A protection or a brake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guard {
    pub by: Restraint,
    /// Whether it kept a block back.
    pub applied: bool,
    /// In words.
    pub said: String,
}

pub fn points(decision: &Decision, book: Option<&Rulebook>) -> Points {
    let (mut sum, mut sum_with_hold) = (0_i64, 0_i64);
    let mut steps = Vec::new();
    for finding in &decision.findings {
        if finding.then != Then::Points {
            continue;
        }
        if finding.stage == Stage::Enforce {
            sum = sum.saturating_add(finding.points);
        }
        if finding.stage != Stage::Observe {
            sum_with_hold = sum_with_hold.saturating_add(finding.points);
        }
        steps.push(PointStep {
            rule: finding.rule.clone(),
            stage: finding.stage,
            points: finding.points,
            sum,
            sum_with_hold,
        });
    }
    let policy = book.map(Rulebook::policy).filter(|_| !steps.is_empty());
    Points {
        flag_at: policy.map(|policy| policy.flag_at),
        block_at: policy.map(|policy| policy.block_at),
        steps,
    }
}

/// What kept a block back, then what might have and did not.
pub fn guards(
    decision: &Decision,
    message: Option<&Message>,
    book: Option<&Rulebook>,
) -> Vec<Guard> {
    let applied = decision.restrained.iter().map(|restrained| Guard {
        by: restrained.by,
        applied: true,
        said: restrained.because.clone(),
    });
    let mut guards: Vec<Guard> = applied.collect();
    let Some(policy) = book.map(Rulebook::policy) else {
        return guards;
    };
    let mut others = protections(policy, decision, message);
    others.extend(brakes(policy));
    others.retain(|guard| !guards.iter().any(|known| known.by == guard.by));
    guards.extend(others);
    guards
}

fn protections(policy: &Policy, decision: &Decision, message: Option<&Message>) -> Vec<Guard> {
    let does = |protection: Protection| match protection {
        Protection::Hold => "a block would have waited for a person",
        Protection::Flag => "they would only have been flagged",
        Protection::No => "the policy does not protect them",
    };
    let guard = |by: Restraint, said: String| Guard {
        by,
        applied: false,
        said,
    };
    let facts = &decision.facts;
    let mut guards = Vec::new();
    if let Some(message) = message {
        let said = match message.from.kind {
            ContactKind::Lead => format!(
                "the sender is no registered customer; of customers {}",
                does(policy.customers)
            ),
            ContactKind::Customer => format!(
                "the sender is a registered customer; {}",
                does(policy.customers)
            ),
        };
        guards.push(guard(Restraint::Customer, said));
    }
    guards.push(guard(
        Restraint::AnsweredBefore,
        format!(
            "{}; of people answered before {}",
            if facts.answered_before {
                "a teammate had answered the sender"
            } else {
                "no teammate had answered the sender"
            },
            does(policy.answered_before)
        ),
    ));
    guards.push(guard(
        Restraint::Unblocked,
        match facts.unblocked_until {
            Some(until) => {
                format!("a person had unblocked the sender, who was exempt until {until}")
            }
            None => format!(
                "no person's unblock protected the sender; of people unblocked {}",
                does(policy.unblocked)
            ),
        },
    ));
    guards
}

fn brakes(policy: &Policy) -> Vec<Guard> {
    let (rule, total, share) = (
        policy.brake_per_rule,
        policy.brake_total,
        policy.brake_share,
    );
    let mut brakes = vec![
        (
            Restraint::RuleBrake,
            format!(
                "the brake of a rule ({} blocks within {}) did not hold",
                rule.blocks,
                say_span(rule.within)
            ),
        ),
        (
            Restraint::TotalBrake,
            format!(
                "the brake of all rules together ({} blocks within {}) did not hold",
                total.blocks,
                say_span(total.within)
            ),
        ),
    ];
    if !share.is_off() {
        brakes.push((
            Restraint::ShareBrake,
            format!(
                "the brake on a rule's share of active senders ({} of 1,000 within {}) did not hold",
                share.part,
                say_span(share.within)
            ),
        ));
    }
    let brakes = brakes.into_iter();
    brakes
        .map(|(by, said)| Guard {
            by,
            applied: false,
            said,
        })
        .collect()
}
