//! What can be told once all files are read: signals in circles, lists nobody uses, examples, limits.

use std::collections::BTreeSet;

use super::reading::{Document, Loading};
use super::{MAX_FILES, MAX_RULES, digest_of, reading_order};
use crate::problem::{Place, Problem};
use crate::rules::Rulebook;
use crate::rules::body::Body;
use crate::rules::examples::try_examples;
use crate::rules::lists::Lists;
use crate::rules::read::{Reader, Shared};
use crate::rules::rule::Rule;
use crate::rules::signal::{self, Matcher, SignalDraft, SignalId, Tangle};
use crate::rules::source::RuleFile;

impl Loading {
    /// What messages are looked at with; nothing if a signal cannot be used.
    pub fn matcher(&mut self, shared: &mut Shared) -> Option<Matcher> {
        let engine = match std::mem::take(&mut shared.lexicon).build() {
            Ok(engine) => engine,
            Err(error) => {
                let message = format!("all words and lists together are too large: {error}");
                self.problems.push(
                    Problem::error("list-too-large", message)
                        .help("take out list entries that never match"),
                );
                return None;
            }
        };
        let drafts: Option<Vec<SignalDraft>> = self.signals.drain(..).collect();
        let drafts = drafts?;
        if !self.untangle(&drafts) {
            return None;
        }
        let used: BTreeSet<SignalId> = drafts
            .iter()
            .map(|draft| &draft.signal.body)
            .chain(self.drafts.iter().map(|draft| &draft.rule.body))
            .flat_map(Body::signals)
            .collect();
        // Where something is wrong, rules may have been left out.
        let refused = self.problems.iter().any(Problem::is_error);
        for (draft, number) in drafts.iter().zip(0..) {
            if !refused && !used.contains(&SignalId::new(number)) {
                self.problems.push(
                    Problem::warning(
                        "unused-signal",
                        format!("no rule uses the signal {}", draft.signal.id),
                    )
                    .at(draft.place.clone())
                    .help("use it in a rule, { signal = \"…\" }, or take it out"),
                );
            }
        }
        let signals = drafts.into_iter().map(|draft| draft.signal).collect();
        Some(Matcher { engine, signals })
    }

    /// Whether no signal leads back to itself.
    fn untangle(&mut self, drafts: &[SignalDraft]) -> bool {
        let uses: Vec<Vec<SignalId>> = drafts
            .iter()
            .map(|draft| draft.signal.body.signals())
            .collect();
        let name = |id: &SignalId| {
            let draft = drafts.get(id.index());
            draft.map_or("", |draft| draft.signal.id.as_str())
        };
        let tangles = signal::tangles(&uses);
        for tangle in &tangles {
            let (first, problem) = match tangle {
                Tangle::Circle(circle) => {
                    let mut names: Vec<&str> = circle.iter().map(name).collect();
                    names.extend(circle.first().map(name));
                    let message =
                        format!("these signals go round in a circle: {}", names.join(" → "));
                    let problem = Problem::error("signal-circle", message);
                    (circle.first(), problem.help("take one of the uses out"))
                }
                Tangle::Chain(id) => {
                    let message = format!("too long a chain of signals leads to {}", name(id));
                    let problem = Problem::error("nested-too-deep", message);
                    let help = "put the conditions of some of them together";
                    (Some(id), problem.help(help))
                }
            };
            let place = first.and_then(|id| drafts.get(id.index()));
            self.problems.push(Problem {
                place: place.map(|draft| draft.place.clone()),
                ..problem
            });
        }
        tangles.is_empty()
    }

    /// Tries the examples of the rules of one file.
    pub fn try_file(
        &mut self,
        document: &Document<'_>,
        matcher: &Matcher,
        shared: Shared,
    ) -> Shared {
        let mut reader = Reader::new(document.source, shared);
        for draft in &mut self.drafts {
            let rule = &mut draft.rule;
            if rule.file != document.source.name {
                continue;
            }
            let wanted = matcher.wanted(&rule.body);
            rule.asks_profile = wanted.profile;
            try_examples(&mut reader, rule, &draft.examples, (matcher, &wanted));
        }
        self.problems.append(&mut reader.problems);
        reader.shared
    }

    pub fn check_lists(&mut self, lists: &mut Lists) {
        let refused = self.problems.iter().any(Problem::is_error)
            || lists.problems.iter().any(Problem::is_error);
        for name in lists.unused().filter(|_| !refused) {
            self.problems.push(
                Problem::warning("unused-list", format!("no rule uses the list {name}"))
                    .at(Place::file(name))
                    .help("use it in a rule, { list = \"…\" }, or take the file away"),
            );
        }
        self.problems.append(&mut lists.problems);
    }

    pub fn finish(
        mut self,
        files: &[&RuleFile],
        shared: &Shared,
        matcher: Option<Matcher>,
    ) -> Result<Rulebook, Vec<Problem>> {
        self.problems
            .sort_by(|a, b| reading_order(a).cmp(&reading_order(b)));
        let refused = self.problems.iter().any(Problem::is_error);
        let Some(matcher) = matcher.filter(|_| !refused) else {
            return Err(self.problems);
        };
        let mut rules: Vec<Rule> = self.drafts.into_iter().map(|draft| draft.rule).collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let (policy, _) = self.policy.unzip();
        Ok(Rulebook::new(
            digest_of(files.iter().copied()),
            rules,
            policy.unwrap_or_default(),
            matcher,
            shared.lists.used().cloned().collect(),
            self.problems,
        ))
    }

    pub fn check_whole(&mut self, files: usize) {
        if files > MAX_FILES {
            self.problems.push(
                Problem::error(
                    "too-many-files",
                    format!("there are {files} rule files; at most {MAX_FILES} are read"),
                )
                .help("put several rules in one file"),
            );
        }
        if self.drafts.len() > MAX_RULES {
            let message = format!(
                "there are {} rules; at most {MAX_RULES} are allowed",
                self.drafts.len()
            );
            self.problems
                .push(Problem::error("too-many-rules", message).help(
                "join rules that only differ in their words: one `words` list may hold thousands",
            ));
        }
        if self.drafts.is_empty() && !self.problems.iter().any(Problem::is_error) {
            self.problems.push(
                Problem::error("no-rules", "there is not a single rule in these files")
                    .help("write at least one [[rule]]; to let everything pass, keep one in stage \"observe\""),
            );
        }
    }
}
