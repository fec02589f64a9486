//! Reads the files of a folder, one after the other.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeTable;

use super::MAX_FILES;
use crate::decision::RuleId;
use crate::problem::{Place, Problem};
use crate::rules::policy::{Policy, read_policy};
use crate::rules::read::{Reader, Shared, Value};
use crate::rules::rule::{self, Draft, read_rule};
use crate::rules::signal::{SignalDraft, SignalId, id_of, is_name, read_signal};
use crate::rules::source::{RuleFile, Source, decode, parse};

/// A rule file that could be read as TOML.
pub(super) struct Document<'a> {
    pub source: Source<'a>,
    pub table: Spanned<DeTable<'a>>,
}

#[derive(Default)]
pub(super) struct Loading {
    pub drafts: Vec<Draft>,
    pub signals: Vec<Option<SignalDraft>>,
    pub policy: Option<(Policy, Place)>,
    /// Where each id was first used.
    ids: BTreeMap<RuleId, (String, usize)>,
    pub problems: Vec<Problem>,
}

impl Loading {
    /// Reads the files as TOML. `rooms` keep what is left of files in which the parser stumbled.
    pub fn parse<'a>(
        &mut self,
        files: &[&'a RuleFile],
        rooms: &'a [OnceCell<String>],
    ) -> Vec<Document<'a>> {
        let mut documents = Vec::new();
        let rules = files.iter().filter(|file| !file.is_list());
        for (file, room) in rules.take(MAX_FILES).zip(rooms) {
            let source = match decode(file) {
                Ok(source) => source,
                Err(problem) => {
                    self.problems.push(*problem);
                    continue;
                }
            };
            if let Some(table) = parse(source, room, &mut self.problems) {
                documents.push(Document { source, table });
            }
        }
        documents
    }

    /// The signals of all files get their numbers before the first condition is read, in the order of their names.
    pub fn name_signals(&mut self, documents: &[Document<'_>]) -> BTreeMap<String, SignalId> {
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for document in documents {
            let signals = document.table.get_ref().get("signal");
            let signals = signals.and_then(|value| value.get_ref().as_array());
            for signal in signals.into_iter().flatten() {
                let (id, span) = id_of(signal).unwrap_or(("", signal.span()));
                let here = document
                    .source
                    .place(&(span.start..span.end.min(span.start + 120)));
                let wrong = wrong_name(id, places.get(id));
                self.problems
                    .extend(wrong.map(|problem| problem.at(here.clone())));
                if is_name(id) {
                    places.entry(id.to_owned()).or_insert(here);
                }
            }
        }
        self.signals = places.iter().map(|_| None).collect();
        let named = places.into_keys().zip(0..);
        named
            .map(|(id, number)| (id, SignalId::new(number)))
            .collect()
    }

    pub fn read_file(&mut self, document: &Document<'_>, shared: Shared) -> Shared {
        let mut reader = Reader::new(document.source, shared);
        let table = document.table.get_ref();
        check_headings(&mut reader, table);
        if let Some(value) = table.get("policy")
            && let Some(policy) = read_policy(&mut reader, value)
        {
            self.take_policy(&mut reader, policy, &value.span());
        }
        if let Some(value) = table.get("signal") {
            self.read_signals(&mut reader, value);
        }
        if let Some(value) = table.get("rule") {
            self.read_rules(&mut reader, value);
        }
        self.problems.append(&mut reader.problems);
        reader.shared
    }

    /// A rule or signal in which a quote or a bracket is missing was not read, so what it uses seems unused, and what uses
    /// it seems wrong.
    pub fn forget_what_follows(&mut self) {
        const FOLLOWS: &[&str] = &["unknown-signal", "unused-list", "unused-signal"];
        let mut problems = self.problems.iter();
        if problems.any(|problem| problem.code == "toml-syntax") {
            self.problems
                .retain(|problem| !FOLLOWS.contains(&problem.code.as_str()));
        }
    }

    fn read_signals<'a>(&mut self, reader: &mut Reader<'a>, value: &Value<'a>) {
        let Some(list) = value.get_ref().as_array() else {
            reader.error(
                "single-rule",
                &value.span(),
                "a signal begins with [[signal]], with two brackets on each side",
                "write [[signal]]",
            );
            return;
        };
        for entry in list {
            let Some(draft) = read_signal(reader, entry) else {
                continue;
            };
            let id = reader.shared.signals.get(&draft.signal.id);
            let place = id.and_then(|id| self.signals.get_mut(id.index()));
            if let Some(place @ None) = place {
                *place = Some(draft);
            }
        }
    }

    fn take_policy(
        &mut self,
        reader: &mut Reader<'_>,
        policy: Policy,
        span: &std::ops::Range<usize>,
    ) {
        if let Some((_, first)) = &self.policy {
            let message = format!(
                "there is a [policy] in {} line {} already",
                first.file, first.line
            );
            reader.error(
                "second-policy",
                &(span.start..span.start + 8),
                message,
                "keep one of the two; a policy holds for all files",
            );
            return;
        }
        self.policy = Some((policy, reader.source.place(span)));
    }

    fn read_rules<'a>(&mut self, reader: &mut Reader<'a>, value: &Value<'a>) {
        let Some(list) = value.get_ref().as_array() else {
            reader.error(
                "single-rule",
                &value.span(),
                "a rule begins with [[rule]], with two brackets on each side",
                "write [[rule]]",
            );
            return;
        };
        for entry in list {
            if let Some(draft) = read_rule(reader, entry) {
                self.take_rule(reader, draft);
            }
        }
    }

    fn take_rule(&mut self, reader: &mut Reader<'_>, draft: Draft) {
        let rule = &draft.rule;
        if let Some((file, line)) = self.ids.get(&rule.id) {
            let message = format!(
                "the name {} is taken by the rule in {file} line {line}",
                rule.id
            );
            reader.error(
                "duplicate-id",
                &draft.id_span,
                message,
                "give one of the two another name",
            );
            return;
        }
        let place = (rule.file.clone(), rule.line);
        self.ids.insert(rule.id.clone(), place);
        self.drafts.push(draft);
    }
}

/// What is wrong with the name of a signal; `first` is where it was used before.
fn wrong_name(id: &str, first: Option<&Place>) -> Option<Problem> {
    let example = "id = \"crypto-words\"";
    if let Some(first) = first {
        let message = format!(
            "the name {id} is taken by the signal in {} line {}",
            first.file, first.line
        );
        let problem = Problem::error("duplicate-id", message);
        return Some(problem.help("give one of the two another name"));
    }
    if id.is_empty() {
        let problem = Problem::error("missing-key", "this signal has no `id`");
        return Some(problem.help(format!("add a line like this: {example}")));
    }
    (!is_name(id)).then(|| {
        Problem::error("bad-id", format!("`{id}` is not a signal's name")).help(format!(
            "lower case letters, digits, - and /, like this: {example}"
        ))
    })
}

fn check_headings(reader: &mut Reader<'_>, document: &DeTable<'_>) {
    let mut known = vec!["rule", "signal", "policy"];
    let stray = document
        .keys()
        .filter(|key| rule::KEYS.contains(&key.get_ref().as_ref()))
        .min_by_key(|key| key.span().start);
    if let Some(key) = stray {
        let name = key.get_ref();
        let below = document
            .get("rule")
            .is_some_and(|rule| rule.span().start < key.span().start);
        let (message, help) = if below {
            (
                format!("`{name}` stands outside of the rule"),
                format!("write it as a line of the rule, without a heading: {name} = …"),
            )
        } else {
            (
                format!("`{name}` stands above the first [[rule]]"),
                "write [[rule]] on a line of its own above it".to_owned(),
            )
        };
        reader.error("unknown-key", &key.span(), message, help);
        known.extend(rule::KEYS);
    }
    reader.known_keys(
        document,
        &known,
        "in a rule file (write [[rule]], [[signal]] or [policy])",
    );
}
