//! Conditions and how they combine.

use std::fmt::Debug;
use std::ops::Range;

use super::conditions::{KINDS, Kind};
use super::engine::Needs;
use super::read::{Reader, Value, in_order};
use super::signal::SignalId;
use super::source::kind_of;
use super::subject::Subject;
use crate::decision::{Evidence, Wanted};

/// Most pieces of evidence kept for one rule.
const MAX_EVIDENCE: usize = 20;

/// One condition of the rule language, ready to look at messages.
pub trait Condition: Debug + Send + Sync {
    /// Whether it holds, and if so why.
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>>;

    /// The condition as one would say it aloud, to follow "the message" or "the sender".
    fn say(&self) -> String;

    /// What in the message came near, when it does not hold.
    fn near(&self, _subject: &Subject<'_>) -> Option<String> {
        None
    }

    /// Whether it cannot be told yet, because something about the sender must be looked up first. Then `holds` is not asked.
    fn unknown(&self, _subject: &Subject<'_>) -> bool {
        false
    }

    /// What must be seen in a message before it can hold.
    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    /// Whether it looks for words that rules name.
    fn asks_for_words(&self) -> bool {
        false
    }

    /// Whether it has to walk through every message, since nothing tells beforehand that it cannot hold.
    fn is_unaided(&self) -> bool {
        false
    }

    /// The condition as "one of these": it holds just if one of them does. By these two rules are compared.
    fn alternatives(&self) -> Vec<String> {
        vec![format!("{self:?}")]
    }

    /// Which facts it needs.
    fn wants(&self, _wanted: &mut Wanted) {}
}

/// Conditions put together.
#[derive(Debug)]
pub enum Clause {
    All(Vec<Clause>),
    Any(Vec<Clause>),
    None(Vec<Clause>),
    Is(Box<dyn Condition>),
    /// A signal, with its name.
    Signal(SignalId, String),
}

/// How one clause fared on one message, for people who ask why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Trace {
    pub said: String,
    pub held: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Trace>,
}

impl Clause {
    /// Whether the clause holds; what made it hold is added to `evidence`.
    pub fn holds(&self, subject: &Subject<'_>, evidence: &mut Vec<Evidence>) -> bool {
        match self {
            Self::All(parts) => {
                let before = evidence.len();
                let held = parts.iter().all(|part| part.holds(subject, evidence));
                if !held {
                    evidence.truncate(before);
                }
                held
            }
            Self::Any(parts) => Self::any_of(parts, subject, evidence),
            Self::None(parts) => !parts
                .iter()
                .any(|part| part.holds(subject, &mut Vec::new())),
            Self::Is(condition) => match condition.holds(subject) {
                Some(found) => {
                    let room = MAX_EVIDENCE.saturating_sub(evidence.len());
                    evidence.extend(found.into_iter().take(room));
                    true
                }
                None => false,
            },
            Self::Signal(id, name) => {
                let Some(found) = subject
                    .signal(*id)
                    .and_then(|(signal, found)| found.evidence(signal, subject))
                else {
                    return false;
                };
                let room = MAX_EVIDENCE.saturating_sub(evidence.len());
                let found = found.iter().take(room).cloned();
                evidence.extend(found.map(|found| Evidence {
                    wanted: format!("{} (signal {name})", found.wanted),
                    ..found
                }));
                true
            }
        }
    }

    /// Whether the clause holds, or nothing while that hinges on what must be looked up first.
    #[must_use]
    pub fn answer(&self, subject: &Subject<'_>) -> Option<bool> {
        match self {
            Self::All(parts) => Self::all_hold(parts, subject),
            Self::Any(parts) => Self::one_holds(parts, subject),
            Self::None(parts) => Self::one_holds(parts, subject).map(|held| !held),
            Self::Is(condition) if condition.unknown(subject) => None,
            Self::Is(condition) => Some(condition.holds(subject).is_some()),
            Self::Signal(id, _) => {
                let (signal, found) = subject.signal(*id)?;
                found.answer(signal, subject)
            }
        }
    }

    /// Whether all of them hold; what is certain wins over what is not known.
    #[must_use]
    pub fn all_hold(parts: &[Self], subject: &Subject<'_>) -> Option<bool> {
        let mut all = Some(true);
        for part in parts {
            match part.answer(subject) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }

    /// Whether one of them holds; what is certain wins over what is not known.
    #[must_use]
    pub fn one_holds(parts: &[Self], subject: &Subject<'_>) -> Option<bool> {
        let mut one = Some(false);
        for part in parts {
            match part.answer(subject) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => one = None,
            }
        }
        one
    }

    /// Whether at least one holds. All are looked at, so that the evidence is complete.
    pub fn any_of(parts: &[Self], subject: &Subject<'_>, evidence: &mut Vec<Evidence>) -> bool {
        let mut held = false;
        for part in parts {
            held |= part.holds(subject, evidence);
        }
        held
    }

    #[must_use]
    pub fn trace(&self, subject: &Subject<'_>) -> Trace {
        let mut evidence = Vec::new();
        let held = self.holds(subject, &mut evidence);
        let (parts, near) = match self {
            Self::All(parts) | Self::Any(parts) | Self::None(parts) => {
                evidence.clear();
                (parts.iter().map(|part| part.trace(subject)).collect(), None)
            }
            Self::Is(condition) if !held => (Vec::new(), condition.near(subject)),
            Self::Is(_) | Self::Signal(..) => (Vec::new(), None),
        };
        Trace {
            said: self.say(),
            held,
            evidence,
            near,
            parts,
        }
    }

    #[must_use]
    pub fn say(&self) -> String {
        let list = |parts: &[Self], between: &str| {
            let said: Vec<String> = parts.iter().map(Self::say).collect();
            match said.as_slice() {
                [one] => one.clone(),
                _ => format!("({})", said.join(between)),
            }
        };
        match self {
            Self::All(parts) => list(parts, " and "),
            Self::Any(parts) => list(parts, " or "),
            Self::None(parts) => format!("it is not the case that {}", list(parts, " or ")),
            Self::Is(condition) => condition.say(),
            Self::Signal(_, name) => format!("the signal “{name}” holds"),
        }
    }

    pub fn wants(&self, wanted: &mut Wanted) {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::None(parts) => {
                for part in parts {
                    part.wants(wanted);
                }
            }
            Self::Is(condition) => condition.wants(wanted),
            Self::Signal(..) => {}
        }
    }

    /// The clause in a form in which two that mean the same are the same.
    #[must_use]
    pub fn canonical(&self) -> String {
        let joined = |name: &str, parts: &[Self]| {
            let mut parts: Vec<String> = parts.iter().map(Self::canonical).collect();
            parts.sort();
            format!("{name}({})", parts.join(", "))
        };
        match self {
            Self::All(parts) => joined("all", parts),
            Self::Any(parts) => joined("any", parts),
            Self::None(parts) => joined("none", parts),
            Self::Is(condition) => {
                let mut alternatives = condition.alternatives();
                alternatives.sort();
                alternatives.join("|")
            }
            Self::Signal(_, name) => format!("signal {name}"),
        }
    }

    /// Whether it looks for words.
    #[must_use]
    pub fn asks_for_words(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_for_words),
            Self::Is(condition) => condition.asks_for_words(),
            Self::None(_) | Self::Signal(..) => false,
        }
    }

    /// Whether a condition in it has to walk through every message.
    #[must_use]
    pub fn is_unaided(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::None(parts) => {
                parts.iter().any(Self::is_unaided)
            }
            Self::Is(condition) => condition.is_unaided(),
            Self::Signal(..) => false,
        }
    }

    /// The signals it uses.
    pub fn signals(&self, used: &mut Vec<SignalId>) {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::None(parts) => {
                for part in parts {
                    part.signals(used);
                }
            }
            Self::Is(_) => {}
            Self::Signal(id, _) => used.push(*id),
        }
    }

    /// What must be seen in a message before it can hold.
    pub(super) fn needs(&self, signals: &dyn Fn(SignalId) -> Needs) -> Needs {
        match self {
            Self::All(parts) => Needs::all(parts.iter().map(|part| part.needs(signals))),
            Self::Any(parts) => Needs::any(parts.iter().map(|part| part.needs(signals))),
            Self::None(_) => Needs::Nothing,
            Self::Is(condition) => condition.needs(),
            Self::Signal(id, _) => signals(*id),
        }
    }
}

/// Reads a list of conditions: the value of `all`, `any` or `unless`.
pub(super) fn read_clauses<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Vec<Clause>> {
    let list = reader.list(value, "[{ words = [\"guest post\"] }]")?;
    let before = reader.errors();
    let clauses: Vec<Clause> = list
        .iter()
        .filter_map(|entry| read_clause(reader, entry))
        .collect();
    // A rule with half its conditions would be another rule.
    (reader.errors() == before).then_some(clauses)
}

fn read_clause<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Clause> {
    let Some(table) = value.get_ref().as_table() else {
        let found = kind_of(value.get_ref());
        reader.error(
            "condition-not-a-table",
            &value.span(),
            format!("a condition stands in braces, found {found}"),
            "write it like this: { words = [\"guest post\"] }",
        );
        return None;
    };
    let pairs = in_order(table);
    let [(key, value)] = pairs.as_slice() else {
        condition_count(
            reader,
            &value.span(),
            &pairs
                .iter()
                .map(|(key, _)| key.get_ref().as_ref())
                .collect::<Vec<_>>(),
        );
        return None;
    };
    read_named(reader, key.get_ref(), &key.span(), value)
}

fn condition_count(reader: &mut Reader<'_>, span: &Range<usize>, keys: &[&str]) {
    if keys.is_empty() {
        reader.error(
            "empty-condition",
            span,
            "this condition is empty",
            "write one, like this: { words = [\"guest post\"] }",
        );
        return;
    }
    let split: Vec<String> = keys.iter().map(|key| format!("{{ {key} = … }}")).collect();
    reader.error(
        "two-conditions-in-one",
        span,
        format!(
            "braces hold exactly one condition, here are {}: {}",
            keys.len(),
            keys.join(", ")
        ),
        format!("give each its own braces: {}", split.join(", ")),
    );
}

fn read_named<'a>(
    reader: &mut Reader<'a>,
    name: &str,
    name_span: &Range<usize>,
    value: &Value<'a>,
) -> Option<Clause> {
    match name {
        "all" => read_clauses(reader, value).map(Clause::All),
        "any" => read_clauses(reader, value).map(Clause::Any),
        "none" => read_clauses(reader, value).map(Clause::None),
        "signal" => read_signal_name(reader, value),
        _ => {
            if let Some(kind) = KINDS.iter().find(|kind| kind.name == name) {
                return (kind.read)(reader, value).map(Clause::Is);
            }
            let known: Vec<&str> = KINDS
                .iter()
                .map(|kind: &Kind| kind.name)
                .chain(["all", "any", "none", "signal"])
                .collect();
            reader.unknown_word(
                "unknown-condition",
                name_span,
                name,
                &known,
                "as a condition",
            );
            None
        }
    }
}

fn read_signal_name<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Clause> {
    let name = reader
        .text(value, "{ signal = \"crypto-words\" }")?
        .to_owned();
    if let Some(id) = reader.shared.signals.get(&name) {
        return Some(Clause::Signal(*id, name));
    }
    let known: Vec<String> = reader.shared.signals.keys().cloned().collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if known.is_empty() {
        reader.error(
            "unknown-signal",
            &value.span(),
            format!("there is no signal `{name}`"),
            format!("declare it in any rule file: [[signal]], id = \"{name}\", any = [..]"),
        );
    } else {
        reader.unknown_word(
            "unknown-signal",
            &value.span(),
            &name,
            &known,
            "as a signal",
        );
    }
    None
}
