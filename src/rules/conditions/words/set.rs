//! Phrases as they are looked for.

use std::collections::{HashMap, HashSet};

use super::How;
use crate::rules::conditions::warnings;
use crate::rules::engine::SetId;
use crate::rules::fold::Folded;
use crate::rules::lists::List;
use crate::rules::read::Reader;

/// Phrases that are looked for together.
#[derive(Debug)]
pub struct WordsOf {
    /// As staff wrote them.
    pub(super) written: Vec<String>,
    pub(super) set: SetId,
    /// How long they are, by which it is guessed how often one is met.
    pub(super) lengths: Vec<usize>,
    /// For `exact`: the phrases in all their forms, with their numbers.
    pub(super) whole: HashMap<String, usize>,
}

impl WordsOf {
    pub(super) fn new(
        reader: &mut Reader<'_>,
        how: How,
        written: Vec<String>,
        folded: &[Folded],
    ) -> Self {
        let set = reader
            .shared
            .lexicon
            .set(how.field(), how.whole_words(), folded.iter());
        Self {
            written,
            set,
            lengths: folded
                .iter()
                .map(|phrase| phrase.plain().as_str().chars().count())
                .collect(),
            whole: match how {
                How::WholeMessage => whole_messages(folded),
                _ => HashMap::new(),
            },
        }
    }

    pub(super) fn of_list(reader: &mut Reader<'_>, how: How, list: &List) -> Self {
        let (mut written, mut folded) = (Vec::new(), Vec::new());
        let mut met = HashSet::new();
        for entry in &list.entries {
            let forms = Folded::of(&entry.text);
            let plain = forms.plain().as_str();
            if plain.is_empty() || !met.insert(plain.to_owned()) {
                warnings::of_entry(reader, list, entry, plain.is_empty());
                continue;
            }
            written.push(entry.text.clone());
            folded.push(forms);
        }
        Self::new(reader, how, written, &folded)
    }
}

/// Phrases in all their forms, with their numbers.
fn whole_messages(folded: &[Folded]) -> HashMap<String, usize> {
    let mut whole = HashMap::new();
    for (phrase, number) in folded.iter().zip(0..) {
        for view in phrase.views() {
            whole.entry(view.as_str().to_owned()).or_insert(number);
        }
    }
    whole
}
