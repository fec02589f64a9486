//! Conditions and how they combine.

use std::fmt::Debug;

use super::engine::Needs;
use super::signal::SignalId;
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

    /// Whether it looks for words and for nothing else.
    #[must_use]
    pub fn asks_for_words(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::asks_for_words),
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
