//! Rules that are alike, and rules that another rule makes pointless.
//!
//! A rule is compared as logicians write it: every one of several "one of these", and none of its `unless`.

use std::collections::{BTreeSet, HashMap};

use super::warning;
use crate::decision::{Stage, Then};
use crate::problem::Problem;
use crate::rules::Rulebook;
use crate::rules::condition::Clause;
use crate::rules::rule::Rule;

struct Form {
    /// At least one of each.
    of: Vec<BTreeSet<String>>,
    unless: BTreeSet<String>,
}

/// A warning for each rule that adds nothing to another one.
pub(super) fn of(book: &Rulebook) -> Vec<Problem> {
    let forms: Vec<Form> = book.rules().iter().map(Form::of).collect();
    let mut by_word: HashMap<&str, Vec<usize>> = HashMap::new();
    for (form, index) in forms.iter().zip(0..) {
        for word in form.of.iter().flatten() {
            by_word.entry(word).or_default().push(index);
        }
    }
    let mut problems = Vec::new();
    for (form, index) in forms.iter().zip(0..) {
        let likely: BTreeSet<usize> = form
            .of
            .iter()
            .flatten()
            .filter_map(|word| by_word.get(word.as_str()))
            .flatten()
            .copied()
            .filter(|other| *other != index)
            .collect();
        let over = |other: &usize| {
            let (rule, wide) = (book.rules().get(*other)?, forms.get(*other)?);
            let mine = book.rules().get(index)?;
            told(mine, form, rule, wide, index < *other)
        };
        problems.extend(likely.iter().find_map(over));
    }
    problems
}

fn told(mine: &Rule, form: &Form, other: &Rule, wide: &Form, is_first: bool) -> Option<Problem> {
    if !wide.covers(form) {
        return None;
    }
    let place = format!("{} line {}", other.file, other.line);
    if form.covers(wide) && mine.then != other.then {
        // The same people, and two things asked for: a pair that is meant.
        return None;
    }
    if form.covers(wide) {
        // Of two that are alike the second is told.
        return (!is_first).then(|| {
            warning(
                mine,
                "rules-alike",
                format!(
                    "{} has the same conditions as {} ({place})",
                    mine.id, other.id
                ),
                "keep one of the two",
            )
        });
    }
    does_as_much(other, mine).then(|| {
        warning(
            mine,
            "pointless-rule",
            format!(
                "{} adds nothing: wherever it fires, {} ({place}) fires too and asks for as much",
                mine.id, other.id
            ),
            "take one of the two out, or let the wider one ask for less",
        )
    })
}

/// Whether one rule asks for at least what the other asks for.
fn does_as_much(rule: &Rule, other: &Rule) -> bool {
    let as_far = rule.stage >= other.stage || other.stage == Stage::Observe;
    let as_much = rule.then == other.then || (rule.then, other.then) == (Then::Block, Then::Flag);
    let besides = other.also.iter().all(|also| rule.also.contains(also));
    let as_long = match (rule.block_for, other.block_for) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(span), Some(other)) => span >= other,
    };
    as_far && as_much && besides && as_long && rule.then != Then::Points && rule.expires.is_none()
}

impl Form {
    fn of(rule: &Rule) -> Self {
        let body = &rule.body;
        let mut of: Vec<BTreeSet<String>> = Vec::new();
        for clause in &body.all {
            add(clause, &mut of);
        }
        if !body.any.is_empty() {
            of.push(body.any.iter().flat_map(alternatives).collect());
        }
        Self {
            of,
            unless: body.unless.iter().map(Clause::canonical).collect(),
        }
    }

    /// Whether it holds wherever the other one does.
    fn covers(&self, narrow: &Self) -> bool {
        let implied = |wide: &BTreeSet<String>| narrow.of.iter().any(|one| one.is_subset(wide));
        self.unless.is_subset(&narrow.unless) && self.of.iter().all(implied)
    }
}

fn add(clause: &Clause, of: &mut Vec<BTreeSet<String>>) {
    match clause {
        Clause::All(parts) => {
            for part in parts {
                add(part, of);
            }
        }
        _ => of.push(alternatives(clause).into_iter().collect()),
    }
}

fn alternatives(clause: &Clause) -> Vec<String> {
    match clause {
        Clause::Any(parts) => parts.iter().flat_map(alternatives).collect(),
        Clause::Is(condition) => condition.alternatives(),
        Clause::All(_) | Clause::None(_) | Clause::Signal(..) => vec![clause.canonical()],
    }
}
