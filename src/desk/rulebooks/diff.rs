//! How two versions of the rules differ: rule by rule in words, or line by line.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use similar::TextDiff;

use super::policy::policy_words;
use crate::decision::{Digest, RuleId};
use crate::rules::rule::Rule;
use crate::rules::{RuleFile, Rulebook};

/// List entries named for each list.
const MOST_ENTRIES: usize = 10;
/// Lines around a change in a diff of texts.
const CONTEXT: usize = 3;

/// How two versions differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulesDiff {
    pub old: Digest,
    pub new: Digest,
    pub rules: Vec<RuleDiff>,
    pub signals: Vec<WordsDiff>,
    pub policy: Vec<WordsDiff>,
    pub lists: Vec<ListDiff>,
}

/// A rule that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleDiff {
    pub rule: RuleId,
    /// How it read, with the file it stood in; nothing for one that was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<RuleWords>,
    /// How it reads; nothing for one that was taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<RuleWords>,
}

/// A rule in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleWords {
    pub reads: String,
    pub why: String,
    pub stage: crate::decision::Stage,
    pub file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Something with a name that reads otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordsDiff {
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// A list whose entries differ; of each kind the first ten are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListDiff {
    pub list: String,
    pub added: usize,
    pub removed: usize,
    pub some_added: Vec<String>,
    pub some_removed: Vec<String>,
}

impl RuleWords {
    /// The rule as it reads.
    #[must_use]
    pub fn of(rule: &Rule) -> Self {
        Self {
            reads: rule.say(),
            why: rule.why.clone(),
            stage: rule.stage,
            file: rule.file.clone(),
            owner: rule.owner.clone(),
            expires: rule.expires.map(|moment| moment.to_string()),
            tags: rule.tags.clone(),
        }
    }
}

/// Compares two versions.
#[must_use]
pub fn diff(old: &Rulebook, new: &Rulebook) -> RulesDiff {
    let rules = |book: &Rulebook| -> BTreeMap<RuleId, RuleWords> {
        let rules = book.rules().iter();
        rules
            .map(|rule| (rule.id.clone(), RuleWords::of(rule)))
            .collect()
    };
    let signals = |book: &Rulebook| -> BTreeMap<String, String> {
        let signals = book.signals().iter();
        signals
            .map(|signal| (signal.id.clone(), signal.body.say()))
            .collect()
    };
    let mut policy = pairs(&policy_words(old.policy()), &policy_words(new.policy()));
    if policy.is_empty() && old.policy() != new.policy() {
        policy.push(("something in it".to_owned(), None, None));
    }
    RulesDiff {
        old: old.digest().clone(),
        new: new.digest().clone(),
        rules: pairs(&rules(old), &rules(new))
            .into_iter()
            .map(|(rule, old, new)| RuleDiff { rule, old, new })
            .collect(),
        signals: worded(pairs(&signals(old), &signals(new))),
        policy: worded(policy),
        lists: lists(old, new),
    }
}

type Pair<K, V> = (K, Option<V>, Option<V>);

/// What is not the same in both.
fn pairs<K: Ord + Clone, V: PartialEq + Clone>(
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
) -> Vec<Pair<K, V>> {
    let names: BTreeSet<K> = old.keys().chain(new.keys()).cloned().collect();
    names
        .into_iter()
        .map(|name| {
            (
                name.clone(),
                old.get(&name).cloned(),
                new.get(&name).cloned(),
            )
        })
        .filter(|(_, old, new)| old != new)
        .collect()
}

fn worded(pairs: Vec<Pair<String, String>>) -> Vec<WordsDiff> {
    let words = pairs.into_iter();
    words
        .map(|(what, old, new)| WordsDiff { what, old, new })
        .collect()
}

fn lists(old: &Rulebook, new: &Rulebook) -> Vec<ListDiff> {
    let entries = |book: &Rulebook| -> BTreeMap<String, BTreeSet<String>> {
        let lists = book.lists().iter();
        lists
            .map(|list| {
                let texts = list.entries.iter().map(|entry| entry.text.clone());
                (list.name.clone(), texts.collect())
            })
            .collect()
    };
    pairs(&entries(old), &entries(new))
        .into_iter()
        .map(|(list, old, new)| {
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            let named = |entries: &[&String]| -> Vec<String> {
                let entries = entries.iter().take(MOST_ENTRIES);
                entries.map(|entry| (*entry).clone()).collect()
            };
            let added: Vec<&String> = new.difference(&old).collect();
            let removed: Vec<&String> = old.difference(&new).collect();
            ListDiff {
                list,
                added: added.len(),
                removed: removed.len(),
                some_added: named(&added),
                some_removed: named(&removed),
            }
        })
        .collect()
}

/// The files as a unified diff, as `diff -u` and `git` write it.
#[must_use]
pub fn unified(old: &[RuleFile], new: &[RuleFile]) -> String {
    let by_name = |files: &[RuleFile]| -> BTreeMap<String, String> {
        let files = files.iter();
        files
            .map(|file| {
                let text = String::from_utf8_lossy(&file.bytes).into_owned();
                (file.name.clone(), text)
            })
            .collect()
    };
    let changed = pairs(&by_name(old), &by_name(new)).into_iter();
    changed
        .map(|(name, old, new)| {
            let header = |side: &str, text: &Option<String>| match text {
                Some(_) => format!("{side}/{name}"),
                None => "/dev/null".to_owned(),
            };
            let names = (header("old", &old), header("new", &new));
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            TextDiff::from_lines(&old, &new)
                .unified_diff()
                .context_radius(CONTEXT)
                .header(&names.0, &names.1)
                .to_string()
        })
        .collect()
}

impl RulesDiff {
    /// Whether they come to the same, whatever their files look like.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
            && self.signals.is_empty()
            && self.policy.is_empty()
            && self.lists.is_empty()
    }

    /// The differences in sentences.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "From {} to {}:",
            self.old.short(),
            self.new.short()
        )];
        if self.is_empty() {
            lines.push(
                if self.old == self.new {
                    "They are the same files."
                } else {
                    "The rules are the same; only examples, remarks or the place of rules in the files differ (--text shows it)."
                }
                .to_owned(),
            );
        }
        lines.extend(self.rules.iter().flat_map(RuleDiff::lines));
        for (kind, parts) in [("Signal", &self.signals), ("Policy,", &self.policy)] {
            for part in parts {
                let side = |text: &Option<String>| text.as_deref().unwrap_or("nothing").to_owned();
                lines.push(format!("{kind} {}:", part.what));
                lines.push(format!("    was: {}", side(&part.old)));
                lines.push(format!("    is:  {}", side(&part.new)));
            }
        }
        for list in &self.lists {
            lines.push(format!(
                "List {}: {} entries added, {} taken out.",
                list.list, list.added, list.removed
            ));
            for (what, entries) in [("added", &list.some_added), ("out", &list.some_removed)] {
                if !entries.is_empty() {
                    lines.push(format!("    {what}: {}", entries.join(", ")));
                }
            }
        }
        lines
    }
}

impl RuleDiff {
    /// The difference in sentences.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let rule = &self.rule;
        match (&self.old, &self.new) {
            (None, Some(new)) => vec![
                format!("Rule {rule} was added ({}, {}).", new.file, new.stage),
                format!("    is:  {}.", new.reads),
            ],
            (Some(old), None) => vec![
                format!("Rule {rule} was taken out ({}, {}).", old.file, old.stage),
                format!("    was: {}.", old.reads),
            ],
            (Some(old), Some(new)) => changed(rule, old, new),
            (None, None) => Vec::new(),
        }
    }
}

fn changed(rule: &RuleId, old: &RuleWords, new: &RuleWords) -> Vec<String> {
    let mut lines = vec![format!("Rule {rule} was changed ({}).", new.file)];
    if old.reads != new.reads {
        lines.push(format!("    was: {}.", old.reads));
        lines.push(format!("    is:  {}.", new.reads));
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    for (what, old, new) in [
        ("reason", old.why.clone(), new.why.clone()),
        ("file", old.file.clone(), new.file.clone()),
        ("owner", text(&old.owner), text(&new.owner)),
        ("end", text(&old.expires), text(&new.expires)),
        ("tags", old.tags.join(", "), new.tags.join(", ")),
    ] {
        if old != new {
            lines.push(format!("    {what}: “{old}” became “{new}”."));
        }
    }
    lines
}
