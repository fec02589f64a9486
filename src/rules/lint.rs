//! Second thoughts about rules that load: what they would hit, and what they add to one another.

mod overlap;

use super::examples::Example;
use super::rule::Rule;
use super::{Rulebook, ordinary};
use crate::decision::{Finding, Part, Then};
use crate::problem::Problem;
use crate::time::Timestamp;

/// A rule that fires on one in so many ordinary messages deserves a second look.
const ONE_IN: usize = 25;
/// Rules that end within this time are told, in milliseconds: two weeks.
const SOON: i64 = 14 * 86_400_000;
/// With more rules than this they are not compared with one another.
const MOST_COMPARED: usize = 2_000;

/// Everything that takes the whole rulebook to see.
pub(super) fn second_thoughts(book: &Rulebook) -> Vec<Problem> {
    let mut problems = on_ordinary_messages(book);
    problems.extend(on_nothing(book));
    let always = book
        .rules()
        .iter()
        .zip(0..)
        .filter(|(rule, number)| book.index.is_always_awake(*number) && is_unaided(rule));
    problems.extend(always.map(|(rule, _)| {
        warning(
            rule,
            "slow-rule",
            format!("{} is tried on every message, and a pattern of it has no piece of plain text, three letters or more, that must be there", rule.id),
            "add `words`, `links` or another condition beside the pattern, or a word to it",
        )
    }));
    if book.rules().len() <= MOST_COMPARED {
        problems.extend(overlap::of(book));
    }
    problems.sort_by(|a, b| super::load::reading_order(a).cmp(&super::load::reading_order(b)));
    problems
}

/// Rules that have ended, and rules that will soon.
pub(super) fn expiries(book: &Rulebook, now: Timestamp) -> Vec<Problem> {
    let ending = |rule: &Rule| {
        let end = rule.expires?;
        let day = end.to_string();
        let day = day.get(..10).unwrap_or(&day);
        let left = end.millis() - now.millis();
        match left {
            ..=0 => Some(warning(
                rule,
                "rule-expired",
                format!("{} ended on {day}: it is off", rule.id),
                "take it out, or give it a later day",
            )),
            1..=SOON => Some(warning(
                rule,
                "expires-soon",
                format!("{} ends on {day}", rule.id),
                "give it a later day if it is still needed",
            )),
            _ => None,
        }
    };
    book.rules().iter().filter_map(ending).collect()
}

fn warning(rule: &Rule, code: &'static str, message: String, help: impl Into<String>) -> Problem {
    Problem::warning(code, message)
        .at(rule.place.clone())
        .help(help)
}

/// Whether a rule asks something to be done about the sender; the others may well fire on anybody.
fn acts(rule: &Rule) -> bool {
    matches!(rule.then, Then::Block | Then::Flag)
}

fn on_ordinary_messages(book: &Rulebook) -> Vec<Problem> {
    let messages: Vec<String> = ordinary::messages().collect();
    let mut hit: Vec<Vec<usize>> = vec![Vec::new(); book.rules().len()];
    for (text, number) in messages.iter().zip(0..) {
        let example = Example::of_text(text);
        let facts = example.facts_for(book.wanted());
        let subject = book.subject(&example.message, &facts);
        for index in book.index.awake(subject.seen(), subject.signs()) {
            let fires = book
                .rules
                .get(index)
                .is_some_and(|rule| acts(rule) && rule.judge(&subject).is_some());
            if let (true, Some(hit)) = (fires, hit.get_mut(index)) {
                hit.push(number);
            }
        }
    }
    let often = |(rule, hit): (&Rule, Vec<usize>)| {
        if hit.len() * ONE_IN < messages.len() {
            return None;
        }
        let first = messages.get(*hit.first()?)?;
        let first: String = first.chars().take(60).collect();
        Some(warning(
            rule,
            "fires-on-ordinary",
            format!(
                "{} fires on {} of {} ordinary support messages, such as “{first}”",
                rule.id,
                hit.len(),
                messages.len()
            ),
            "narrow it: ask for a second sign in `all`, or use longer phrases",
        ))
    };
    book.rules.iter().zip(hit).filter_map(often).collect()
}

/// Rules that fire on a message without words, because of its text.
fn on_nothing(book: &Rulebook) -> Vec<Problem> {
    let example = Example::of_text("");
    let facts = example.facts_for(book.wanted());
    let subject = book.subject(&example.message, &facts);
    let about_text = |finding: Finding| {
        let text = |part: Part| matches!(part, Part::Text | Part::Link);
        finding.evidence.iter().any(|found| text(found.part))
    };
    let fires = |rule: &&Rule| acts(rule) && rule.judge(&subject).is_some_and(about_text);
    let told = |rule: &Rule| {
        warning(
            rule,
            "fires-on-empty",
            format!(
                "{} fires on a message without any text, such as a picture alone",
                rule.id
            ),
            "add { length = { at_least = 1 } } to `all`, or a condition about words",
        )
    };
    book.rules().iter().filter(fires).map(told).collect()
}

/// Whether a pattern in it, tried on every message, has nothing to go by.
fn is_unaided(rule: &Rule) -> bool {
    let mut asked = rule.body.all.iter().chain(&rule.body.any);
    asked.any(super::condition::Clause::is_unaided)
}
