//! Signals: conditions that have a name of their own, declared once and used by any number of rules and signals.

use std::cell::OnceCell;
use std::ops::Range;

use super::body::{Body, read_body};
use super::engine::{Engine, Needs};
use super::read::{Reader, Value};
use super::subject::Subject;
use crate::decision::{Evidence, Wanted};
use crate::problem::Place;

pub(super) const KEYS: &[&str] = &["id", "why", "all", "any", "unless"];

/// Longest chain of signals that use one another.
const MAX_CHAIN: usize = 24;

/// A signal by its place among all signals, which are in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignalId(usize);

impl SignalId {
    pub(super) const fn new(index: usize) -> Self {
        Self(index)
    }

    pub(super) const fn index(self) -> usize {
        self.0
    }
}

/// A condition with a name.
#[derive(Debug, Default)]
pub struct Signal {
    pub id: String,
    pub why: Option<String>,
    pub body: Body,
    pub file: String,
    pub line: usize,
}

/// A signal as read, and where its name stands.
#[derive(Debug)]
pub(super) struct SignalDraft {
    pub signal: Signal,
    pub place: Place,
}

/// What a message is looked at with: the engine, and the signals by id.
#[derive(Debug)]
pub(super) struct Matcher {
    pub engine: Engine,
    pub signals: Vec<Signal>,
}

impl Matcher {
    /// Which facts a body asks for, itself and by the signals it uses.
    pub fn wanted(&self, body: &Body) -> Wanted {
        let mut wanted = Wanted::default();
        let mut met = vec![false; self.signals.len()];
        let mut bodies = vec![body];
        while let Some(body) = bodies.pop() {
            body.wants(&mut wanted);
            for id in body.signals() {
                let is_new = met
                    .get_mut(id.0)
                    .is_some_and(|met| !std::mem::replace(met, true));
                if let (true, Some(signal)) = (is_new, self.signals.get(id.0)) {
                    bodies.push(&signal.body);
                }
            }
        }
        wanted
    }
}

/// What came of a signal in one message, found out when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub answer: OnceCell<Option<bool>>,
    pub evidence: OnceCell<Option<Vec<Evidence>>>,
}

impl Found {
    pub fn answer(&self, signal: &Signal, subject: &Subject<'_>) -> Option<bool> {
        *self.answer.get_or_init(|| signal.body.answer(subject))
    }

    pub fn evidence(&self, signal: &Signal, subject: &Subject<'_>) -> Option<&[Evidence]> {
        self.evidence
            .get_or_init(|| signal.body.holds(subject))
            .as_deref()
    }
}

/// Reads one `[[signal]]`.
pub(super) fn read_signal<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<SignalDraft> {
    let table = reader.table(value, "[[signal]]")?;
    reader.known_keys(table, KEYS, "in a signal");
    let why = table
        .get("why")
        .and_then(|why| reader.text(why, "why = \"Words of crypto spam\""))
        .map(str::to_owned);
    let body = read_body(reader, table, &value.span(), "signal");
    let id = table.get("id")?;
    Some(SignalDraft {
        signal: Signal {
            id: id.get_ref().as_str()?.to_owned(),
            why,
            body: body?,
            file: reader.source.name.to_owned(),
            line: reader.line_of(value.span().start),
        },
        place: reader.source.place(&id.span()),
    })
}

/// Whether a text may be the name of a signal: lower case letters, digits, `-` and `/`.
pub(super) fn is_name(id: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    id.len() <= 100 && id.split('/').all(good)
}

/// What is wrong with how signals use one another.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tangle {
    /// They come back to the first of them.
    Circle(Vec<SignalId>),
    /// A chain of more than [`MAX_CHAIN`].
    Chain(SignalId),
}

/// Finds signals that come back to themselves, or chains of them that are too long; nothing if all is well. Each circle is
/// told once, and of long chains one.
pub(super) fn tangles(uses: &[Vec<SignalId>]) -> Vec<Tangle> {
    let mut walk = Walk {
        uses,
        depth: vec![None; uses.len()],
        path: Vec::new(),
        found: Vec::new(),
    };
    for index in 0..uses.len() {
        walk.depth_of(SignalId(index));
    }
    let mut found = walk.found;
    let is_chain = |tangle: &Tangle| matches!(tangle, Tangle::Chain(_));
    let first = found.iter().position(is_chain);
    let mut number = 0;
    found.retain(|tangle| {
        number += 1;
        !is_chain(tangle) || Some(number - 1) == first
    });
    found
}

struct Walk<'u> {
    uses: &'u [Vec<SignalId>],
    depth: Vec<Option<usize>>,
    path: Vec<SignalId>,
    found: Vec<Tangle>,
}

impl Walk<'_> {
    fn depth_of(&mut self, id: SignalId) -> usize {
        if let Some(depth) = self.depth.get(id.0).copied().flatten() {
            return depth;
        }
        if let Some(start) = self.path.iter().position(|one| *one == id) {
            let circle = self.path.get(start..).unwrap_or_default().to_vec();
            self.found.push(Tangle::Circle(circle));
            return 0;
        }
        if self.path.len() > 2 * MAX_CHAIN {
            self.found.push(Tangle::Chain(id));
            return 0;
        }
        self.path.push(id);
        let uses = self.uses.get(id.0).cloned().unwrap_or_default();
        let mut deepest = 0;
        for used in uses {
            deepest = deepest.max(self.depth_of(used) + 1);
        }
        self.path.pop();
        if deepest == MAX_CHAIN + 1 {
            self.found.push(Tangle::Chain(id));
        }
        if let Some(depth) = self.depth.get_mut(id.0) {
            *depth = Some(deepest);
        }
        deepest
    }
}

/// What must be seen in a message before each signal can hold. Signals must not be tangled.
pub(super) fn needs_of(signals: &[Signal]) -> Vec<Needs> {
    let mut known: Vec<Option<Needs>> = vec![None; signals.len()];
    for index in 0..signals.len() {
        needs_of_one(index, signals, &mut known);
    }
    known
        .into_iter()
        .map(|needs| needs.unwrap_or(Needs::Nothing))
        .collect()
}

fn needs_of_one(index: usize, signals: &[Signal], known: &mut Vec<Option<Needs>>) {
    let Some(signal) = signals.get(index) else {
        return;
    };
    if known.get(index).is_some_and(Option::is_some) {
        return;
    }
    for used in signal.body.signals() {
        needs_of_one(used.0, signals, known);
    }
    let of = |id: SignalId| known.get(id.0).cloned().flatten().unwrap_or(Needs::Nothing);
    let needs = signal.body.needs(&of);
    if let Some(place) = known.get_mut(index) {
        *place = Some(needs);
    }
}

/// The name of a `[[signal]]` and where it stands; nothing if it has none.
pub(super) fn id_of<'v>(value: &'v Value<'_>) -> Option<(&'v str, Range<usize>)> {
    let id = value.get_ref().as_table()?.get("id")?;
    Some((id.get_ref().as_str().unwrap_or_default(), id.span()))
}
