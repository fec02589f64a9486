//! A second look at rules that load: everything a careful colleague would ask about.

use std::time::{Duration, Instant};

use crate::problem::Problem;
use crate::rules::examples::Example;
use crate::rules::{Rulebook, ordinary_messages};
use crate::time::Timestamp;

/// So many ordinary messages are judged to see what rules cost.
pub(super) const SAMPLES: u16 = 60;
/// Each is judged so often; the fastest counts, since a machine that is busy only ever adds.
const ROUNDS: usize = 3;
/// A rule that takes this part of what it takes to read a message is told, for each message it looks at.
const COSTLY: f64 = 0.5;

/// Warnings of the files, second thoughts about the rules, rules that end, and rules that cost much.
#[must_use]
pub fn review(book: &Rulebook, now: Timestamp) -> Vec<Problem> {
    let mut problems = book.warnings().to_vec();
    problems.extend(book.second_thoughts());
    problems.extend(book.expiries(now));
    problems.extend(costly(book));
    problems
}

/// What one rule costs each message, beside what reading the message costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// The rule's place in [`Rulebook::rules`].
    pub rule: usize,
    pub rule_time: Duration,
    pub reading_time: Duration,
}

impl Cost {
    #[must_use]
    pub fn share(&self) -> f64 {
        self.rule_time.as_secs_f64() / self.reading_time.as_secs_f64().max(1e-9)
    }
}

/// Measures every rule on ordinary messages, as if it were tried on each.
#[must_use]
pub fn costs(book: &Rulebook) -> Vec<Cost> {
    let examples: Vec<Example> = ordinary_messages()
        .take(usize::from(SAMPLES))
        .map(|text| Example::of_text(&text))
        .collect();
    let facts: Vec<_> = examples
        .iter()
        .map(|example| example.facts_for(book.wanted()))
        .collect();
    let read = || -> Vec<_> {
        examples
            .iter()
            .zip(&facts)
            .map(|(example, facts)| book.subject(&example.message, facts))
            .collect()
    };
    let reading_time = fastest(|| drop(read()));
    let subjects = read();
    book.rules()
        .iter()
        .zip(0..)
        .map(|(rule, number)| Cost {
            rule: number,
            rule_time: fastest(|| {
                for subject in &subjects {
                    std::hint::black_box(rule.judge(subject));
                }
            }),
            reading_time,
        })
        .collect()
}

fn fastest(work: impl Fn()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap_or_default()
}

fn costly(book: &Rulebook) -> Vec<Problem> {
    costs(book)
        .iter()
        .filter(|cost| cost.share() > COSTLY)
        .filter_map(|cost| {
            let rule = book.rules().get(cost.rule)?;
            let message = format!(
                "{} takes {:.1} times as long as reading a message does",
                rule.id,
                cost.share()
            );
            Some(
                Problem::warning("costly-rule", message)
                    .at(rule.place().clone())
                    .help(
                        "use `words` instead of patterns, or shorter patterns with fewer repeats",
                    ),
            )
        })
        .collect()
}
