//! From rule files to a rulebook: all of them or none, with every problem told at once.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use toml::de::DeTable;

use super::Rulebook;
use super::examples::try_examples;
use super::policy::{Policy, read_policy};
use super::read::Reader;
use super::rule::{self, Draft, Rule, read_rule};
use super::source::{RuleFile, decode, parse};
use crate::decision::{Digest, RuleId, Wanted};
use crate::problem::{Place, Problem};

/// Most rules in one rulebook.
pub const MAX_RULES: usize = 10_000;
/// Most rule files in one folder.
const MAX_FILES: usize = 1_000;

/// Loads a rulebook out of the files of one folder.
///
/// # Errors
/// Every problem of every file when at least one of them is an error; warnings among them.
pub fn load(files: &[RuleFile]) -> Result<Rulebook, Vec<Problem>> {
    let mut loading = Loading::default();
    let mut files: Vec<&RuleFile> = files.iter().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    for file in files.iter().take(MAX_FILES) {
        loading.read_file(file);
    }
    loading.check_whole(files.len());
    let Loading {
        mut rules,
        policy,
        mut problems,
        ..
    } = loading;
    problems.sort_by(|a, b| reading_order(a).cmp(&reading_order(b)));
    if problems.iter().any(Problem::is_error) {
        return Err(problems);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let mut wanted = Wanted::default();
    for rule in &rules {
        rule.wants(&mut wanted);
    }
    Ok(Rulebook {
        digest: digest_of(files.into_iter()),
        rules,
        policy: policy.map(|(policy, _)| policy).unwrap_or_default(),
        wanted,
        warnings: problems,
    })
}

/// As one reads the files; what stands nowhere comes last.
fn reading_order(problem: &Problem) -> (bool, Option<(&str, usize, usize)>) {
    let place = problem.place.as_ref();
    let place = place.map(|place| (place.file.as_str(), place.line, place.column));
    (place.is_none(), place)
}

/// The digest of a set of rule files: SHA-256 over names and contents, in the order of names.
#[must_use]
pub fn digest_of<'f>(files: impl Iterator<Item = &'f RuleFile>) -> Digest {
    let mut files: Vec<&RuleFile> = files.collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = Sha256::new();
    for file in files {
        hash.update(format!("{}\0{}\0", file.name, file.bytes.len()));
        hash.update(&file.bytes);
    }
    Digest(
        hash.finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
    )
}

#[derive(Default)]
struct Loading {
    rules: Vec<Rule>,
    policy: Option<(Policy, Place)>,
    /// Where each id was first used.
    ids: BTreeMap<RuleId, (String, usize)>,
    problems: Vec<Problem>,
}

impl Loading {
    fn read_file(&mut self, file: &RuleFile) {
        let source = match decode(file) {
            Ok(source) => source,
            Err(problem) => return self.problems.push(*problem),
        };
        let room = OnceCell::new();
        let Some(document) = parse(source, &room, &mut self.problems) else {
            return;
        };
        let mut reader = Reader::new(source);
        check_headings(&mut reader, document.get_ref());
        if let Some(value) = document.get_ref().get("policy")
            && let Some(policy) = read_policy(&mut reader, value)
        {
            self.take_policy(&mut reader, policy, &value.span());
        }
        if let Some(value) = document.get_ref().get("rule") {
            self.read_rules(&mut reader, value);
        }
        self.problems.append(&mut reader.problems);
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

    fn read_rules<'a>(&mut self, reader: &mut Reader<'a>, value: &super::read::Value<'a>) {
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
        let Draft {
            rule,
            id_span,
            examples,
        } = draft;
        if let Some((file, line)) = self.ids.get(&rule.id) {
            let message = format!(
                "the name {} is taken by the rule in {file} line {line}",
                rule.id
            );
            reader.error(
                "duplicate-id",
                &id_span,
                message,
                "give one of the two another name",
            );
            return;
        }
        self.ids
            .insert(rule.id.clone(), (rule.file.clone(), rule.line));
        try_examples(reader, &rule, &examples);
        self.rules.push(rule);
    }

    fn check_whole(&mut self, files: usize) {
        if files > MAX_FILES {
            self.problems.push(
                Problem::error(
                    "too-many-files",
                    format!("there are {files} rule files; at most {MAX_FILES} are read"),
                )
                .help("put several rules in one file"),
            );
        }
        if self.rules.len() > MAX_RULES {
            let message = format!(
                "there are {} rules; at most {MAX_RULES} are allowed",
                self.rules.len()
            );
            self.problems
                .push(Problem::error("too-many-rules", message).help(
                "join rules that only differ in their words: one `words` list may hold thousands",
            ));
        }
        if self.rules.is_empty() && !self.problems.iter().any(Problem::is_error) {
            self.problems.push(
                Problem::error("no-rules", "there is not a single rule in these files")
                    .help("write at least one [[rule]]; to let everything pass, keep one in stage \"observe\""),
            );
        }
    }
}

fn check_headings(reader: &mut Reader<'_>, document: &DeTable<'_>) {
    let mut known = vec!["rule", "policy"];
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
        "in a rule file (write [[rule]] or [policy])",
    );
}
