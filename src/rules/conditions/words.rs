//! `words`, `words_all`, `contains`, `exact`, `list`, `subject`, `sender_name`: phrases compared with a folded text.

mod near;
mod set;

use std::collections::HashSet;
use std::sync::Arc;

pub use set::WordsOf;

use near::near_phrase;

use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::engine::{Field, Hit, Needs, Sign};
use crate::rules::fold::{Folded, fold};
use crate::rules::lists::{List, read_list};
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

const EXAMPLE: &str = "[\"guest post\", \"backlinks\"]";
/// Longest phrase, in bytes.
const MAX_PHRASE: usize = 1_000;
/// Most pieces of evidence told of one list.
const MOST_TOLD: usize = 20;
/// Most phrases looked at for near misses.
const MOST_NEAR: usize = 200;

pub const WORDS: Kind = Kind {
    name: "words",
    about: "The message contains one of these words or phrases, as whole words.",
    example: "{ words = [\"guest post\", \"backlinks\"] }",
    fires: "\"Do you accept a guest post?\"",
    passes: "\"The guest left a post.\"",
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::WholeWords)?)),
};

pub const WORDS_ALL: Kind = Kind {
    name: "words_all",
    about: "The message contains every one of these words or phrases, as whole words, in any order.",
    example: "{ words_all = [\"guest post\", \"price\"] }",
    fires: "\"What is your price for a guest post?\"",
    passes: "\"Do you accept a guest post?\"",
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::All)?)),
};

pub const CONTAINS: Kind = Kind {
    name: "contains",
    about: "The message contains one of these texts, inside longer words too.",
    example: "{ contains = [\"casino\"] }",
    fires: "\"Visit our supercasino1\"",
    passes: "\"Visit our shop\"",
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::Anywhere)?)),
};

pub const EXACT: Kind = Kind {
    name: "exact",
    about: "The whole message is one of these texts and nothing else.",
    example: "{ exact = [\"hi\", \"hello\"] }",
    fires: "\"Hello\"",
    passes: "\"Hello, I have a question\"",
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::WholeMessage)?)),
};

pub const LIST: Kind = Kind {
    name: "list",
    about: "The message contains an entry of this list file as whole words. A list has one entry a line; lines that begin with # are remarks; 100,000 lines are fine.",
    example: "{ list = \"lists/example.txt\" }",
    fires: "\"Do you accept a guest post?\"",
    passes: "\"The guest left a post.\"",
    schema: schema::list_name,
    read: |reader, value| Some(Box::new(Phrases::read_list(reader, value)?)),
};

pub const SUBJECT: Kind = Kind {
    name: "subject",
    about: "The subject of the e-mail contains one of these words or phrases, as whole words. Only the message that starts a conversation by e-mail has a subject.",
    example: "{ subject = [\"link exchange\"] }",
    fires: "{ text = \"Hello\", subject = \"Re: Link Exchange\" }",
    passes: "{ text = \"Hello\", subject = \"Link in my invoice\" }",
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::Subject)?)),
};

pub const SENDER_NAME: Kind = Kind {
    name: "sender_name",
    about: "The sender's name contains one of these words, as whole words.",
    example: "{ sender_name = [\"casino\", \"seo\"] }",
    fires: "{ text = \"Hello\", sender_name = \"SEO Expert\" }",
    passes: "{ text = \"Hello\", sender_name = \"Seong Lee\" }",
    schema: schema::texts,
    read: |reader, value| Some(Box::new(Phrases::read(reader, value, How::Name)?)),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    WholeWords,
    All,
    Anywhere,
    WholeMessage,
    Listed,
    Subject,
    Name,
}

impl How {
    const fn name(self) -> &'static str {
        match self {
            Self::WholeWords => "words",
            Self::All => "words_all",
            Self::Anywhere => "contains",
            Self::WholeMessage => "exact",
            Self::Listed => "list",
            Self::Subject => "subject",
            Self::Name => "sender_name",
        }
    }

    const fn field(self) -> Field {
        match self {
            Self::Subject => Field::Subject,
            Self::Name => Field::Name,
            _ => Field::Text,
        }
    }

    const fn whole_words(self) -> bool {
        !matches!(self, Self::Anywhere | Self::WholeMessage)
    }

    const fn subject(self) -> &'static str {
        match self {
            Self::Subject => "the subject",
            Self::Name => "the sender's name",
            _ => "the message",
        }
    }
}

#[derive(Debug)]
struct Phrases {
    how: How,
    words: Arc<WordsOf>,
    /// The list file in which they stand.
    list: Option<Arc<List>>,
}

impl Phrases {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>, how: How) -> Option<Self> {
        let texts = reader.texts(value, EXAMPLE)?;
        let (mut written, mut folded) = (Vec::new(), Vec::new());
        let mut met = HashSet::new();
        for (text, span) in texts {
            let forms = Folded::of(&text);
            let plain = forms.plain().as_str().to_owned();
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
                super::warnings::of_phrase(reader, &span, &text, &forms, how == How::Anywhere);
                written.push(text);
                folded.push(forms);
            }
        }
        (!written.is_empty()).then(|| Self {
            how,
            words: Arc::new(WordsOf::new(reader, how, written, &folded)),
            list: None,
        })
    }

    fn read_list<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Self> {
        let how = How::Listed;
        let list = read_list(reader, value, "list = \"lists/words.txt\"")?;
        let key = (list.name.clone(), how.name());
        let known = reader.shared.lists.words.get(&key).cloned();
        let words = known.unwrap_or_else(|| {
            let words = Arc::new(WordsOf::of_list(reader, how, &list));
            reader.shared.lists.words.insert(key, Arc::clone(&words));
            words
        });
        Some(Self {
            how,
            words,
            list: Some(list),
        })
    }

    fn evidence(&self, subject: &Subject<'_>, hit: &Hit) -> Option<Evidence> {
        let number = usize::try_from(hit.number).ok()?;
        let wanted = self.words.written.get(number).map_or("", String::as_str);
        let view = subject.field(self.how.field())?.views().nth(hit.view)?;
        let found = match self.how {
            How::Subject | How::Name => {
                let part = if self.how == How::Name {
                    Part::Sender
                } else {
                    Part::Place
                };
                let matched = view.as_str().get(hit.range.clone()).unwrap_or_default();
                evidence(self.how.name(), part, matched, wanted)
            }
            _ => subject.in_text(self.how.name(), view, hit.range.clone(), wanted),
        };
        Some(Evidence {
            list: self.list.as_ref().map(|list| list.name.clone()),
            ..found
        })
    }

    /// The phrase that is all there is, in the first form of the message that is one.
    fn whole_message(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let views = subject.field(self.how.field())?.views();
        let found = views.zip(0..).find_map(|(view, number)| {
            let phrase = self.words.whole.get(view.as_str())?;
            Some(Hit {
                set: self.words.set,
                number: u32::try_from(*phrase).ok()?,
                view: number,
                range: 0..view.as_str().len(),
            })
        });
        Some(vec![self.evidence(subject, &found?)?])
    }

    /// The first phrase that was not found.
    fn missing(&self, hits: &[Hit]) -> Option<&String> {
        let found: HashSet<u32> = hits.iter().map(|hit| hit.number).collect();
        let mut numbered = self.words.written.iter().zip(0..);
        numbered
            .find(|(_, number)| !found.contains(number))
            .map(|(written, _)| written)
    }
}

impl Condition for Phrases {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let hits = subject.hits(self.words.set);
        if hits.is_empty() || self.how == How::All && self.missing(hits).is_some() {
            return None;
        }
        if self.how == How::WholeMessage {
            return self.whole_message(subject);
        }
        let evidence: Vec<Evidence> = hits
            .iter()
            .take(MOST_TOLD)
            .filter_map(|hit| self.evidence(subject, hit))
            .collect();
        (!evidence.is_empty()).then_some(evidence)
    }

    fn say(&self) -> String {
        if let Some(list) = &self.list {
            let count = self.words.written.len();
            return format!("the message has a word of {} ({count} entries)", list.name);
        }
        let list = say_list(&self.words.written);
        let whose = self.how.subject();
        match self.how {
            How::All => format!(
                "{whose} has all of the words {}",
                list.replace(" or ", " and ")
            ),
            How::Anywhere => format!("{whose} contains {list}"),
            How::WholeMessage => format!("{whose} is exactly {list}"),
            _ => format!("{whose} has the words {list}"),
        }
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        if self.list.is_some() {
            return None;
        }
        let hits = subject.hits(self.words.set);
        if self.how == How::All && !hits.is_empty() {
            return self
                .missing(hits)
                .map(|missing| format!("“{missing}” is not there"));
        }
        let text = subject.field(self.how.field())?.plain().as_str();
        self.words
            .written
            .iter()
            .take(MOST_NEAR)
            .find_map(|written| {
                let phrase = fold(written);
                if self.how.whole_words() && text.contains(phrase.as_str()) {
                    return Some(format!(
                        "“{written}” stands inside a longer word; `{}` looks for whole words",
                        self.how.name()
                    ));
                }
                near_phrase(text, &phrase)
                    .map(|found| format!("“{found}” is written, the rule says “{written}”"))
            })
    }

    fn asks_for_words(&self) -> bool {
        self.list.is_none() && self.how.field() == Field::Text
    }

    fn alternatives(&self) -> Vec<String> {
        let name = self.how.name();
        if let Some(list) = &self.list {
            return vec![format!("{name}: {}", list.name)];
        }
        let mut folded: Vec<String> = self.words.written.iter().map(|word| fold(word)).collect();
        if self.how == How::All {
            folded.sort();
            return vec![format!("{name}: {}", folded.join("\n"))];
        }
        folded
            .iter()
            .map(|word| format!("{name}: {word}"))
            .collect()
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        Needs::phrases(
            Sign::Phrase(self.words.set),
            self.words.lengths.iter().copied(),
        )
    }
}
