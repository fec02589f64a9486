//! One look at a message for all rules: every phrase of every rule and list is found in one pass, patterns are tried only
//! where a text they cannot do without was seen, and rules only where something they need was.

mod index;
mod lexicon;
mod literals;

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use regex::Regex;

pub(super) use index::{Index, Needs};
pub(super) use lexicon::Lexicon;
pub(super) use literals::{SHORTEST, literals_of};

use super::conditions::host_of_address;
use super::fold::View;
use super::links::Link;

/// Where a phrase or pattern is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Field {
    /// The message's text, folded.
    Text,
    /// The message's text as it was written.
    Written,
    /// The sender's name, folded.
    Name,
    /// The subject of an e-mail, folded.
    Subject,
}

/// A set of phrases of one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SetId(u32);

/// A regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PatternId(u32);

/// A set of domains of one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DomainsId(u32);

/// Something seen in a message that wakes rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sign {
    /// A phrase of this set.
    Phrase(SetId),
    /// A text without which this pattern cannot match.
    Pattern(PatternId),
    /// A link to one of these domains.
    Domain(DomainsId),
    /// An address of the sender at one of these domains.
    Home(DomainsId),
    /// Any link.
    Link,
    /// A word in disguise, or text that is not shown.
    Disguise,
}

/// What an entry of the automaton stands for.
#[derive(Debug, Clone, Copy)]
enum Use {
    /// The phrase of this number in a set.
    Phrase {
        set: SetId,
        number: u32,
        whole: bool,
        field: Field,
        /// It is the phrase as it is put back out of disguise, so it counts only where words are put back.
        put_back: bool,
    },
    /// A text this pattern needs.
    Needed(PatternId),
}

/// Texts found in one pass.
#[derive(Debug)]
struct Finder {
    automaton: AhoCorasick,
    uses: Vec<Vec<Use>>,
    /// For each entry whether it counts within longer words too.
    within_words: Vec<bool>,
}

/// Everything that rules look for.
#[derive(Debug)]
pub(super) struct Engine {
    folded: Finder,
    written: Finder,
    patterns: Vec<Regex>,
    /// Patterns that can match without any text being there.
    unconditional: Vec<bool>,
    domains: HashMap<String, Vec<DomainsId>>,
    /// Fields besides the text in which a phrase is looked for.
    fields: Vec<Field>,
}

/// A phrase that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub set: SetId,
    /// The phrase's number in its set.
    pub number: u32,
    /// In which form of the text: 0 is the plain one.
    pub view: usize,
    /// Bytes of that form.
    pub range: Range<usize>,
}

/// A link to a domain that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DomainHit {
    pub set: DomainsId,
    /// The link's number in the message.
    pub link: usize,
}

/// What was seen in one message.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    hits: Vec<Hit>,
    patterns: Vec<PatternId>,
    domains: Vec<DomainHit>,
    /// Domains at which the sender's address is.
    homes: Vec<DomainsId>,
}

impl Engine {
    /// Whether phrases are looked for in this field.
    pub fn asks_about(&self, field: Field) -> bool {
        self.fields.contains(&field)
    }

    pub fn pattern(&self, id: PatternId) -> Option<&Regex> {
        self.patterns.get(usize::try_from(id.0).ok()?)
    }

    /// Whether the pattern may match at all.
    pub fn may_match(&self, id: PatternId, seen: &Sightings) -> bool {
        let always = usize::try_from(id.0)
            .ok()
            .and_then(|id| self.unconditional.get(id));
        always.copied().unwrap_or(false) || seen.patterns.binary_search(&id).is_ok()
    }

    /// Looks through forms of a folded text.
    pub fn look<'v>(
        &self,
        field: Field,
        views: impl Iterator<Item = &'v View>,
        seen: &mut Sightings,
    ) {
        // What each entry was found as: as part of a word, as a whole word.
        let mut known: HashMap<usize, bool> = HashMap::new();
        for (number, view) in views.enumerate() {
            let mut word_end = (0, false);
            for found in self.folded.automaton.find_overlapping_iter(view.as_str()) {
                let entry = found.pattern().as_usize();
                if word_end.0 != found.end() {
                    word_end = (found.end(), ends_word(view, found.end()));
                }
                if !word_end.1 && !self.folded.within_words.get(entry).is_some_and(|yes| *yes) {
                    continue;
                }
                let before = known.get(&entry).copied();
                if before == Some(true) {
                    continue;
                }
                let whole = stands_alone(view, &found.range());
                if before.is_some() && !whole {
                    continue;
                }
                known.insert(entry, whole);
                let first = before.is_none();
                self.folded
                    .note(entry, field, (number, found.range()), (whole, first), seen);
            }
        }
    }

    /// Looks through the text as it was written, for patterns.
    pub fn look_at_written(&self, text: &str, seen: &mut Sightings) {
        let automaton = &self.written.automaton;
        if automaton.patterns_len() == 0 {
            return;
        }
        let mut known = vec![false; automaton.patterns_len()];
        for found in automaton.find_overlapping_iter(text) {
            let entry = found.pattern().as_usize();
            if known
                .get_mut(entry)
                .is_some_and(|known| !std::mem::replace(known, true))
            {
                let place = (0, found.range());
                self.written
                    .note(entry, Field::Written, place, (false, true), seen);
            }
        }
    }

    /// Looks where links lead.
    pub fn look_at_links(&self, links: &[Link], seen: &mut Sightings) {
        if self.domains.is_empty() {
            return;
        }
        for (number, link) in links.iter().enumerate() {
            let sets = self.domains_over(&link.host);
            seen.domains
                .extend(sets.map(|set| DomainHit { set, link: number }));
        }
    }

    /// Looks at which domains the sender's address is.
    pub fn look_at_address(&self, email: &str, seen: &mut Sightings) {
        if self.domains.is_empty() {
            return;
        }
        if let Some(host) = host_of_address(email) {
            seen.homes.extend(self.domains_over(&host));
        }
    }

    /// The domains looked for at which, or under which, a host is.
    fn domains_over(&self, host: &str) -> impl Iterator<Item = DomainsId> {
        parents(host)
            .filter_map(|parent| self.domains.get(parent))
            .flatten()
            .copied()
    }
}

impl Finder {
    fn note(
        &self,
        entry: usize,
        field: Field,
        (view, range): (usize, Range<usize>),
        (is_whole, is_first): (bool, bool),
        seen: &mut Sightings,
    ) {
        for meant in self.uses.get(entry).into_iter().flatten() {
            match *meant {
                Use::Phrase {
                    set,
                    number,
                    whole,
                    field: wanted,
                    put_back,
                } if wanted == field
                    && (view > 0 || !put_back)
                    && if whole { is_whole } else { is_first } =>
                {
                    seen.hits.push(Hit {
                        set,
                        number,
                        view,
                        range: range.clone(),
                    });
                }
                Use::Needed(pattern)
                    if is_first && matches!(field, Field::Text | Field::Written) =>
                {
                    seen.patterns.push(pattern);
                }
                Use::Phrase { .. } | Use::Needed(_) => {}
            }
        }
    }
}

impl Sightings {
    /// Puts what was seen in order; to be called once all looks are taken.
    pub fn settle(&mut self) {
        self.hits
            .sort_by_key(|hit| (hit.set, hit.view, hit.range.start, hit.number));
        self.patterns.sort_unstable();
        self.patterns.dedup();
        self.domains.sort_unstable_by_key(|hit| (hit.set, hit.link));
        self.domains.dedup();
        self.homes.sort_unstable();
    }

    /// Phrases of a set that were found, each once, in the order in which they stand.
    pub fn of_set(&self, set: SetId) -> &[Hit] {
        let from = self.hits.partition_point(|hit| hit.set < set);
        let to = self.hits.partition_point(|hit| hit.set <= set);
        self.hits.get(from..to).unwrap_or_default()
    }

    /// Whether the sender's address is at a domain of the set.
    pub fn is_home(&self, set: DomainsId) -> bool {
        self.homes.binary_search(&set).is_ok()
    }

    /// Links to a domain of the set.
    pub fn of_domains(&self, set: DomainsId) -> &[DomainHit] {
        let from = self.domains.partition_point(|hit| hit.set < set);
        let to = self.domains.partition_point(|hit| hit.set <= set);
        self.domains.get(from..to).unwrap_or_default()
    }
}

/// Whether a whole word may end before this byte; what ends in a sign stands alone anywhere.
fn ends_word(view: &View, end: usize) -> bool {
    let before = view.as_str().get(..end).unwrap_or_default();
    view.is_word_end(end)
        || before
            .chars()
            .next_back()
            .is_some_and(|c| !c.is_alphanumeric())
}

/// A host and all that it is a sub-domain of, itself first.
pub(super) fn parents(host: &str) -> impl Iterator<Item = &str> {
    let above = host.match_indices('.').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(above)
        .filter_map(|at| host.get(at..))
}

/// Whether what was found begins and ends where words do; signs such as `$` stand alone anywhere.
fn stands_alone(view: &View, found: &Range<usize>) -> bool {
    let text = view.as_str().get(found.clone()).unwrap_or_default();
    let starts_with_word = text.chars().next().is_some_and(char::is_alphanumeric);
    let ends_with_word = text.chars().next_back().is_some_and(char::is_alphanumeric);
    (!starts_with_word || view.is_word_start(found.start))
        && (!ends_with_word || view.is_word_end(found.end))
}
