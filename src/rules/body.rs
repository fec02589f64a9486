//! What rules and signals have in common: every condition in `all`, at least one in `any`, and none in `unless`.

use std::ops::Range;

use toml::de::DeTable;

use super::clauses::read_clauses;
use super::condition::Clause;
use super::engine::Needs;
use super::read::Reader;
use super::signal::SignalId;
use super::subject::Subject;
use crate::decision::{Evidence, Wanted};

/// Holds if every clause in `all` does, at least one in `any` (when there are any), and none in `unless`.
#[derive(Debug, Default)]
pub struct Body {
    pub all: Vec<Clause>,
    pub any: Vec<Clause>,
    pub unless: Vec<Clause>,
}

impl Body {
    /// Whether it holds, or nothing while that hinges on what must be looked up first.
    #[must_use]
    pub fn answer(&self, subject: &Subject<'_>) -> Option<bool> {
        let all = Clause::all_hold(&self.all, subject);
        if all == Some(false) {
            return all;
        }
        let any = if self.any.is_empty() {
            Some(true)
        } else {
            Clause::one_holds(&self.any, subject)
        };
        if any == Some(false) {
            return any;
        }
        match (all, any, Clause::one_holds(&self.unless, subject)) {
            (_, _, Some(true)) => Some(false),
            (Some(_), Some(_), Some(_)) => Some(true),
            _ => None,
        }
    }

    /// What made it hold, if it does.
    #[must_use]
    pub fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let mut evidence = Vec::new();
        for clause in &self.all {
            if !clause.holds(subject, &mut evidence) {
                return None;
            }
        }
        if !Clause::any_of(&self.any, subject, &mut evidence) && !self.any.is_empty() {
            return None;
        }
        let excused = self
            .unless
            .iter()
            .any(|clause| clause.holds(subject, &mut Vec::new()));
        (!excused).then_some(evidence)
    }

    /// All clauses, in the order `all`, `any`, `unless`.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.all.iter().chain(&self.any).chain(&self.unless)
    }

    /// Which facts its own conditions ask for.
    pub fn wants(&self, wanted: &mut Wanted) {
        for clause in self.clauses() {
            clause.wants(wanted);
        }
    }

    /// The signals it uses, those within nested conditions among them.
    #[must_use]
    pub fn signals(&self) -> Vec<SignalId> {
        let mut used = Vec::new();
        for clause in self.clauses() {
            clause.signals(&mut used);
        }
        used.sort_unstable();
        used.dedup();
        used
    }

    /// What must be seen in a message before it can hold.
    pub(super) fn needs(&self, signals: &dyn Fn(SignalId) -> Needs) -> Needs {
        let all = self.all.iter().map(|clause| clause.needs(signals));
        let any = (!self.any.is_empty())
            .then(|| Needs::any(self.any.iter().map(|clause| clause.needs(signals))));
        Needs::all(all.chain(any))
    }

    /// As a sentence that follows "if".
    #[must_use]
    pub fn say(&self) -> String {
        let mut parts: Vec<String> = self.all.iter().map(Clause::say).collect();
        if !self.any.is_empty() {
            let any: Vec<String> = self.any.iter().map(Clause::say).collect();
            parts.push(if any.len() == 1 {
                any.concat()
            } else {
                format!("at least one: {}", any.join("; or "))
            });
        }
        let said = parts.join(", and ");
        if self.unless.is_empty() {
            return said;
        }
        let unless: Vec<String> = self.unless.iter().map(Clause::say).collect();
        format!("{said}, unless {}", unless.join(", or "))
    }
}

/// Reads `all`, `any` and `unless` of a `[[rule]]` or `[[signal]]`.
pub(super) fn read_body<'a>(
    reader: &mut Reader<'a>,
    table: &DeTable<'a>,
    span: &Range<usize>,
    of: &str,
) -> Option<Body> {
    let mut clauses = |key: &str| match table.get(key) {
        Some(value) => read_clauses(reader, value),
        None => Some(Vec::new()),
    };
    let (all, any, unless) = (clauses("all"), clauses("any"), clauses("unless"));
    if !table.contains_key("all") && !table.contains_key("any") {
        let help = "add at least one condition, like this: any = [{ words = [\"guest post\"] }]";
        reader.error(
            "no-condition",
            &(span.start..span.start + 8),
            format!(
                "this {of} has no condition in `all` or `any`, so it says nothing about messages"
            ),
            help,
        );
        return None;
    }
    Some(Body {
        all: all?,
        any: any?,
        unless: unless?,
    })
}
