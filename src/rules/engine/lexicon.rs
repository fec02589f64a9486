//! What all rules look for, gathered while they are read.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use regex::Regex;

use crate::rules::fold::Folded;

use super::{DomainsId, Engine, Field, Finder, PatternId, SetId, Use};

/// Gathers phrases, patterns and domains; each distinct one is looked for once, however many rules name it.
#[derive(Debug, Default)]
pub(in crate::rules) struct Lexicon {
    folded: Entries,
    written: Entries,
    sets: u32,
    patterns: Vec<Regex>,
    unconditional: Vec<bool>,
    domain_sets: u32,
    domains: HashMap<String, Vec<DomainsId>>,
    fields: Vec<Field>,
}

#[derive(Debug, Default)]
struct Entries {
    numbers: HashMap<String, usize>,
    texts: Vec<String>,
    uses: Vec<Vec<Use>>,
}

impl Lexicon {
    /// Takes up phrases, each in its forms: as it is folded, and as it is put back out of disguise where a form of it
    /// would be taken for one (`1xbet`). `whole` ones count only as whole words.
    pub fn set<'p>(
        &mut self,
        field: Field,
        whole: bool,
        phrases: impl Iterator<Item = &'p Folded>,
    ) -> SetId {
        let set = SetId(self.sets);
        self.sets += 1;
        self.ask_about(field);
        for (phrase, number) in phrases.zip(0..) {
            for (form, put_back) in phrase.views().zip([false, true, true]) {
                let phrase_use = Use::Phrase {
                    set,
                    number,
                    whole,
                    field,
                    put_back,
                };
                self.folded.add(form.as_str(), phrase_use);
            }
        }
        set
    }

    /// Takes up a pattern, with texts of which one at least is there wherever it matches, if there are such.
    pub fn pattern(&mut self, field: Field, regex: Regex, needed: Option<&[String]>) -> PatternId {
        let id = PatternId(u32::try_from(self.patterns.len()).unwrap_or(u32::MAX));
        let entries = match field {
            Field::Written => &mut self.written,
            Field::Text | Field::Name | Field::Subject => &mut self.folded,
        };
        for text in needed.into_iter().flatten() {
            entries.add(text, Use::Needed(id));
        }
        self.unconditional.push(needed.is_none());
        self.patterns.push(regex);
        id
    }

    /// Notes that a field besides the text is looked at.
    pub fn ask_about(&mut self, field: Field) {
        if !self.fields.contains(&field) {
            self.fields.push(field);
        }
    }

    /// Takes up domains, in the form [`Link::host`](super::Link::host) has.
    pub fn domains<'d>(&mut self, domains: impl Iterator<Item = &'d str>) -> DomainsId {
        let set = DomainsId(self.domain_sets);
        self.domain_sets += 1;
        for domain in domains {
            let sets = self.domains.entry(domain.to_owned()).or_default();
            if sets.last() != Some(&set) {
                sets.push(set);
            }
        }
        set
    }

    /// Everything taken up, ready to look.
    ///
    /// # Errors
    /// When there are more phrases than one automaton holds.
    pub fn build(self) -> Result<Engine, BuildError> {
        Ok(Engine {
            folded: self.folded.build()?,
            written: self.written.build()?,
            patterns: self.patterns,
            unconditional: self.unconditional,
            domains: self.domains,
            fields: self.fields,
        })
    }
}

impl Entries {
    fn add(&mut self, text: &str, what: Use) {
        let next = self.texts.len();
        let number = *self.numbers.entry(text.to_owned()).or_insert(next);
        if number == next {
            self.texts.push(text.to_owned());
            self.uses.push(Vec::new());
        }
        if let Some(uses) = self.uses.get_mut(number) {
            uses.push(what);
        }
    }

    fn build(self) -> Result<Finder, BuildError> {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&self.texts)?;
        let within = |meant: &Use| !matches!(meant, Use::Phrase { whole: true, .. });
        let within_words = self
            .uses
            .iter()
            .map(|uses| uses.iter().any(within))
            .collect();
        Ok(Finder {
            automaton,
            uses: self.uses,
            within_words,
        })
    }
}
