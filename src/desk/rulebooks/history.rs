//! Every version of the rules that came into force: when, by which edit, and what it did.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::decision::Digest;
use crate::desk::{Desk, Result};
use crate::rules::{RuleFile, source};
use crate::store::audit::{Action, Filter, Row};
use crate::store::book_hits::BookDeeds;
use crate::time::Timestamp;

/// Most rows about rules that are looked through.
const MOST_ROWS: i64 = 10_000;

/// A version that came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adoption {
    pub digest: Digest,
    pub since: Timestamp,
    /// When another one came into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    pub rules: u64,
    pub warnings: u64,
    /// What the edit did to the files; nothing for the first version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileEdit>,
    /// A person had it put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_back: Option<PutBack>,
    /// Edits refused while it was in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// How often these very files came into force, this time included.
    pub times: u64,
    /// In all the time these very files were in force.
    pub deeds: BookDeeds,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEdit {
    pub file: String,
    /// `added`, `removed` or `changed`.
    pub edit: &'static str,
}

/// Who had a version put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PutBack {
    pub actor: String,
    pub reason: String,
}

/// An edit that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    pub at: Timestamp,
    pub problems: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
}

impl Desk {
    /// The versions that came into force in a span of time, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rules_history(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<Adoption>> {
        let adopted = self.rows_of_rules(Action::RulesAdopted).await?;
        let rejected = self.rows_of_rules(Action::RulesRejected).await?;
        let put_back = self.rows_of_rules(Action::RulesRolledBack).await?;
        let mut firsts: BTreeMap<&str, (i64, u64)> = BTreeMap::new();
        for row in &adopted {
            let first = firsts.entry(word(row, "book")).or_insert((row.seq, 0));
            first.1 += 1;
        }
        let mut history = Vec::new();
        for (number, row) in adopted.iter().enumerate().rev() {
            if history.len() >= limit {
                break;
            }
            if since.is_some_and(|since| row.at < since)
                || until.is_some_and(|until| row.at > until)
            {
                continue;
            }
            let next = adopted.get(number + 1);
            let previous = number.checked_sub(1).and_then(|number| adopted.get(number));
            let within =
                |other: &&Row| other.seq > row.seq && next.is_none_or(|next| other.seq < next.seq);
            let digest = Digest(word(row, "book").to_owned());
            let (first, times) = firsts.get(word(row, "book")).copied().unwrap_or_default();
            let asked_for = put_back.iter().rfind(|order| {
                let after = previous.is_none_or(|previous| order.seq > previous.seq);
                after && order.seq < row.seq && word(order, "to") == digest.0
            });
            history.push(Adoption {
                since: row.at,
                until: next.map(|next| next.at),
                rules: number_of(row, "rules"),
                warnings: number_of(row, "warnings"),
                files: self.files_edited(row, &digest).await?,
                put_back: asked_for.map(|order| PutBack {
                    actor: order.actor.clone(),
                    reason: word(order, "reason").to_owned(),
                }),
                rejected: rejected.iter().filter(within).map(Rejected::of).collect(),
                times,
                deeds: self.store.book_deeds(&digest, first).await?,
                digest,
            });
        }
        Ok(history)
    }

    /// Rows about rules, oldest first.
    async fn rows_of_rules(&self, action: Action) -> Result<Vec<Row>> {
        let filter = Filter {
            action: Some(action),
            ..Filter::default()
        };
        let mut rows = self.store.audit(&filter, MOST_ROWS).await?;
        rows.reverse();
        Ok(rows)
    }

    async fn files_edited(&self, row: &Row, digest: &Digest) -> Result<Vec<FileEdit>> {
        let before = Digest(word(row, "before").to_owned());
        if before.0.is_empty() || before == *digest {
            return Ok(Vec::new());
        }
        let files = |kept: Option<String>| kept.and_then(|kept| source::unpack(&kept));
        let then = files(self.store.book(&before).await?).unwrap_or_default();
        let now = files(self.store.book(digest).await?).unwrap_or_default();
        Ok(edits(&then, &now))
    }
}

/// Which files differ, by name.
#[must_use]
pub fn edits(before: &[RuleFile], after: &[RuleFile]) -> Vec<FileEdit> {
    let by_name = |files: &[RuleFile]| -> BTreeMap<String, Vec<u8>> {
        let files = files.iter();
        files
            .map(|file| (file.name.clone(), file.bytes.clone()))
            .collect()
    };
    let (before, after) = (by_name(before), by_name(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let edit = |name: &&String| {
        let edit = match (before.get(*name), after.get(*name)) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (before, after) if before != after => "changed",
            _ => return None,
        };
        Some(FileEdit {
            file: (*name).clone(),
            edit,
        })
    };
    names.iter().filter_map(edit).collect()
}

impl Rejected {
    fn of(row: &Row) -> Self {
        let problems = row.detail.get("problems").and_then(Value::as_array);
        let first = row.detail.pointer("/problems/0").and_then(Value::as_str);
        Self {
            at: row.at,
            problems: problems.map_or(0, Vec::len),
            first: first.map(str::to_owned),
        }
    }
}

fn word<'r>(row: &'r Row, key: &str) -> &'r str {
    let value = row.detail.get(key).and_then(Value::as_str);
    value.unwrap_or_default()
}

fn number_of(row: &Row, key: &str) -> u64 {
    row.detail.get(key).and_then(Value::as_u64).unwrap_or(0)
}

impl Adoption {
    /// The version in sentences.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![match self.until {
            Some(until) => format!("{}  {}  until {until}", self.since, self.digest.short()),
            None => format!("{}  {}  in force", self.since, self.digest.short()),
        }];
        let mut edit: Vec<String> = self
            .files
            .iter()
            .map(|file| format!("{} {}", file.file, file.edit))
            .collect();
        if let Some(put_back) = &self.put_back {
            edit.insert(
                0,
                format!("put back by {}: {}", put_back.actor, put_back.reason),
            );
        }
        if edit.is_empty() {
            edit.push("no file changed, or nothing was in force before".to_owned());
        }
        lines.push(format!(
            "    {}; {} rules, {} warnings",
            edit.join(", "),
            self.rules,
            self.warnings
        ));
        let deeds = &self.deeds;
        let times = if self.times > 1 {
            format!(" (in all {} times it was in force)", self.times)
        } else {
            String::new()
        };
        lines.push(format!(
            "    {} decisions: {} blocks, {} holds, {} flags; {} of these contacts were freed by a person{times}",
            deeds.decisions, deeds.blocks, deeds.holds, deeds.flags, deeds.undone
        ));
        for rejected in &self.rejected {
            lines.push(format!(
                "    {}  an edit was refused, {} to mend: {}",
                rejected.at,
                rejected.problems,
                rejected.first.as_deref().unwrap_or("no reason is known")
            ));
        }
        lines
    }
}
