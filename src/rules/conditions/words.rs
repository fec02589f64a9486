//! `words`, `contains`, `exact`: phrases compared with the folded text.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};
use unicode_segmentation::UnicodeSegmentation;

use super::{Kind, say_list};
use crate::decision::Evidence;
use crate::rules::condition::Condition;
use crate::rules::fold::fold;
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::Subject;

const EXAMPLE: &str = "[\"guest post\", \"backlinks\"]";
/// Longest phrase, in bytes.
const MAX_PHRASE: usize = 1_000;

pub const WORDS: Kind = Kind {
    name: "words",
    about: "The message contains one of these words or phrases, as whole words.",
    example: "{ words = [\"guest post\", \"backlinks\"] }",
    fires: r#""Do you accept a guest post?""#,
    passes: r#""The guest left a post.""#,
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::WholeWords)?)),
};

pub const CONTAINS: Kind = Kind {
    name: "contains",
    about: "The message contains one of these texts, inside longer words too.",
    example: "{ contains = [\"casino\"] }",
    fires: r#""Visit our supercasino1""#,
    passes: r#""Visit our shop""#,
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::Anywhere)?)),
};

pub const EXACT: Kind = Kind {
    name: "exact",
    about: "The whole message is one of these texts and nothing else.",
    example: "{ exact = [\"hi\", \"hello\"] }",
    fires: r#""Hello""#,
    passes: r#""Hello, I have a question""#,
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::WholeMessage)?)),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    WholeWords,
    Anywhere,
    WholeMessage,
}

impl How {
    const fn name(self) -> &'static str {
        match self {
            Self::WholeWords => "words",
            Self::Anywhere => "contains",
            Self::WholeMessage => "exact",
        }
    }
}

#[derive(Debug)]
struct Phrases {
    how: How,
    /// As staff wrote them.
    written: Vec<String>,
    folded: Vec<String>,
    finder: AhoCorasick,
}

impl Phrases {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>, how: How) -> Option<Self> {
        let texts = reader.texts(value, EXAMPLE)?;
        let (mut written, mut folded) = (Vec::new(), Vec::new());
        let mut met = HashSet::new();
        for (text, span) in texts {
            let plain = fold(&text);
            if plain.is_empty() {
                reader.error(
                    "empty-text",
                    &span,
                    "nothing is left of this text once invisible characters are taken out",
                    "write the words to look for",
                );
            } else if text.len() > MAX_PHRASE {
                reader.error(
                    "phrase-too-long",
                    &span,
                    format!(
                        "a phrase has at most {MAX_PHRASE} bytes, this one {}",
                        text.len()
                    ),
                    "keep the telling part of it",
                );
            } else if !met.insert(plain.clone()) {
                reader.warning(
                    "listed-twice",
                    &span,
                    format!("“{text}” stands in this list twice"),
                    "leave one of them out; capitals and blanks make no difference",
                );
            } else {
                written.push(text);
                folded.push(plain);
            }
        }
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&folded);
        let Ok(finder) = finder else {
            reader.error(
                "list-too-large",
                &value.span(),
                "this list is too large",
                "split it over several conditions",
            );
            return None;
        };
        (!folded.is_empty()).then_some(Self {
            how,
            written,
            folded,
            finder,
        })
    }

    fn evidence(
        &self,
        subject: &Subject<'_>,
        index: usize,
        found: std::ops::Range<usize>,
    ) -> Evidence {
        let wanted = self.written.get(index).map_or("", String::as_str);
        subject.in_text(self.how.name(), found, wanted)
    }

    fn stands_alone(subject: &Subject<'_>, phrase: &str, found: &std::ops::Range<usize>) -> bool {
        let starts_with_word = phrase.chars().next().is_some_and(char::is_alphanumeric);
        let ends_with_word = phrase
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        (!starts_with_word || subject.folded.is_word_start(found.start))
            && (!ends_with_word || subject.folded.is_word_end(found.end))
    }
}

impl Condition for Phrases {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let text = subject.folded.as_str();
        if self.how == How::WholeMessage {
            let index = self.folded.iter().position(|phrase| phrase == text)?;
            return Some(vec![self.evidence(subject, index, 0..text.len())]);
        }
        let mut seen = vec![false; self.folded.len()];
        let mut evidence = Vec::new();
        for found in self.finder.find_overlapping_iter(text) {
            let index = found.pattern().as_usize();
            let (Some(seen), Some(phrase)) = (seen.get_mut(index), self.folded.get(index)) else {
                continue;
            };
            if *seen
                || (self.how == How::WholeWords
                    && !Self::stands_alone(subject, phrase, &found.range()))
            {
                continue;
            }
            *seen = true;
            evidence.push(self.evidence(subject, index, found.range()));
        }
        (!evidence.is_empty()).then_some(evidence)
    }

    fn say(&self) -> String {
        let list = say_list(&self.written);
        match self.how {
            How::WholeWords => format!("the message has the words {list}"),
            How::Anywhere => format!("the message contains {list}"),
            How::WholeMessage => format!("the message is exactly {list}"),
        }
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        let text = subject.folded.as_str();
        self.folded
            .iter()
            .zip(&self.written)
            .find_map(|(phrase, written)| {
                if self.how == How::WholeWords && text.contains(phrase.as_str()) {
                    return Some(format!(
                        "“{written}” stands inside a longer word; `words` looks for whole words"
                    ));
                }
                near_phrase(text, phrase)
                    .map(|found| format!("“{found}” is written, the rule says “{written}”"))
            })
    }
}

/// A run of words in the text that is a slip of the pen away from the phrase.
fn near_phrase(text: &str, phrase: &str) -> Option<String> {
    let words: Vec<&str> = text.unicode_words().collect();
    let length = phrase.unicode_words().count().max(1);
    let slips = 1 + phrase.chars().count() / 8;
    if phrase.chars().count() < 5 {
        return None;
    }
    words
        .windows(length)
        .map(|window| window.join(" "))
        .take(5_000)
        .find(|candidate| {
            candidate.len().abs_diff(phrase.len()) <= 2 * slips
                && strsim::damerau_levenshtein(candidate, phrase) <= slips
        })
}
