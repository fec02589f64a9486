//! `similar_to`, `looks_like_spam`: messages like known ones.

use std::collections::HashMap;
use std::sync::Arc;

use super::Kind;
use crate::decision::{Evidence, Part};
use crate::fingerprint::Fingerprint;
use crate::rules::condition::Condition;
use crate::rules::fold::fold;
use crate::rules::lists::{List, read_list};
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

pub const SIMILAR_TO: Kind = Kind {
    name: "similar_to",
    about: "The message is one of the samples in this list file, but for a name, a number or a few words: about two thirds of the text must be the same. One sample a line; samples of fewer than 24 letters must be equal.",
    example: "{ similar_to = \"lists/example.txt\" }",
    fires: "\"Guest post!\"",
    passes: "\"A guest has left a post on our board\"",
    schema: schema::list_name,
    read: |reader, value| Some(Box::new(Similar::read(reader, value)?)),
};

pub const LOOKS_LIKE_SPAM: Kind = Kind {
    name: "looks_like_spam",
    about: "A classifier trained on your own decisions finds the message at least so likely to be spam, 0 to 1. There is no classifier yet, so for the time being this never holds.",
    example: "{ looks_like_spam = { at_least = 0.98 } }",
    fires: "",
    passes: "\"Buy backlinks\"",
    schema: || schema::table(&[("at_least", schema::share())], &["at_least"]),
    read: |reader, value| {
        let example = "{ at_least = 0.98 }";
        let table = reader.table(value, example)?;
        reader.known_keys(table, &["at_least"], "here");
        let Some(least) = table.get("at_least") else {
            reader.error(
                "missing-key",
                &value.span(),
                "`at_least` is missing",
                format!("write it like this: {example}"),
            );
            return None;
        };
        let least = reader.share(least, "at_least = 0.98")?.to_string();
        Some(Box::new(LooksLikeSpam { least }))
    },
};

#[derive(Debug)]
struct Similar {
    list: Arc<List>,
    samples: Vec<(String, Fingerprint)>,
    by_key: HashMap<i64, Vec<usize>>,
}

impl Similar {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Self> {
        let list = read_list(reader, value, "similar_to = \"lists/known-spam.txt\"")?;
        let mut samples = Vec::new();
        let mut by_key: HashMap<i64, Vec<usize>> = HashMap::new();
        for entry in &list.entries {
            let Some(print) = Fingerprint::of(&fold(&entry.text)) else {
                super::warnings::of_entry(reader, &list, entry, true);
                continue;
            };
            for key in print.keys() {
                by_key.entry(key).or_default().push(samples.len());
            }
            samples.push((entry.text.clone(), print));
        }
        Some(Self {
            list,
            samples,
            by_key,
        })
    }
}

impl Condition for Similar {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let print = subject.fingerprint()?;
        let likely = print
            .keys()
            .into_iter()
            .filter_map(|key| self.by_key.get(&key));
        let like = |index: &usize| {
            let (text, sample) = self.samples.get(*index)?;
            print.is_like(sample).then_some((*index, text))
        };
        let (_, sample) = likely.flatten().filter_map(like).min()?;
        let text = &subject.text.shown;
        Some(vec![Evidence {
            list: Some(self.list.name.clone()),
            place: Some(0..text.len()),
            ..evidence("similar_to", Part::Text, text, sample)
        }])
    }

    fn alternatives(&self) -> Vec<String> {
        vec![format!("similar_to: {}", self.list.name)]
    }

    fn say(&self) -> String {
        let count = self.samples.len();
        format!(
            "the message is like a sample in {} ({count} samples)",
            self.list.name
        )
    }
}

#[derive(Debug)]
struct LooksLikeSpam {
    least: String,
}

impl Condition for LooksLikeSpam {
    fn holds(&self, _subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        None
    }

    fn say(&self) -> String {
        format!(
            "the classifier finds the message at least {} likely to be spam (there is no classifier yet)",
            self.least
        )
    }
}
