//! What a search means, and what is wrong with it, each problem at its word.

use std::ops::Range;

use super::written::{Piece, Written, take_apart};
use super::{Key, Moment, Query, Span, Term, VERDICTS, Value, What, When};
use crate::problem::{Place, Problem, nearest};
use crate::rules::search::asked;
use crate::store::audit::Action;

/// Longest search that is read, in bytes.
const LONGEST: usize = 4_096;
/// Most conditions of one search, so that it fits in a statement of any database.
const MOST: usize = 64;

/// Words people write for our keys.
const MEANINGS: &[(&str, Key)] = &[
    ("by", Key::Actor),
    ("user", Key::Actor),
    ("who", Key::Actor),
    ("author", Key::Actor),
    ("kind", Key::Action),
    ("type", Key::Action),
    ("operation", Key::Action),
    ("result", Key::Verdict),
    ("customer", Key::Contact),
    ("lead", Key::Contact),
    ("sender", Key::Contact),
    ("thread", Key::Conversation),
    ("at", Key::Created),
    ("date", Key::Created),
    ("time", Key::Created),
    ("since", Key::Created),
    ("until", Key::Created),
    ("before", Key::Created),
    ("after", Key::Created),
];

type Read<T> = std::result::Result<T, Box<Problem>>;
type Make = fn(Moment) -> Span;

fn wrong<T>(problem: Problem) -> Read<T> {
    Err(Box::new(problem))
}

/// Reads a search.
///
/// # Errors
/// Everything that is wrong with it, each told at its word.
pub fn read(text: &str) -> std::result::Result<Query, Vec<Problem>> {
    let reader = Reader { text };
    if text.len() > LONGEST {
        let whole = "a search may be 4,096 bytes long";
        return Err(vec![Problem::error("search-value", whole).help(
            "ask for less at once; `--json` gives rows that another program can look through",
        )]);
    }
    let (mut terms, mut problems) = (Vec::new(), Vec::new());
    for written in take_apart(text) {
        match reader.term(&written) {
            Ok(term) => terms.push(term),
            Err(problem) => problems.push(*problem),
        }
    }
    let values = |term: &Term| match &term.what {
        What::Field { values, .. } => values.len(),
        What::Created(spans) => spans.len(),
        What::Text(_) => 1,
    };
    if terms.iter().map(values).sum::<usize>() > MOST {
        problems.push(
            Problem::error("search-value", "a search may ask for 64 values at once")
                .help("ask for less at once; a `*` at the end of a value stands for many"),
        );
    }
    if problems.is_empty() {
        Ok(Query { terms })
    } else {
        Err(problems)
    }
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn term(&self, written: &Written) -> Read<Term> {
        if let Some(piece) = written.values.iter().find(|piece| !piece.closed) {
            return wrong(
                Problem::error("search-quote", "this quotation mark is never closed")
                    .at(self.place(&piece.place))
                    .help("put another `\"` where the phrase ends"),
            );
        }
        let what = match &written.key {
            None => self.words(written)?,
            Some(name) => match self.key(name)? {
                Key::Created => What::Created(self.each(written, Self::span)?),
                key => What::Field {
                    key,
                    values: self.each(written, |reader, piece| reader.value(key, piece))?,
                },
            },
        };
        Ok(Term {
            negated: written.negated,
            what,
        })
    }

    fn each<T>(&self, written: &Written, read: impl Fn(&Self, &Piece) -> Read<T>) -> Read<Vec<T>> {
        let read = |piece: &Piece| {
            if piece.text.is_empty() {
                let named = written.key.as_ref();
                let named = named.map_or("", |key| key.text.as_str());
                return wrong(
                    Problem::error("search-value", format!("`{named}:` has no value"))
                        .at(self.place(&written.place))
                        .help(format!(
                            "write one right after it, such as `{}`",
                            example(named)
                        )),
                );
            }
            read(self, piece)
        };
        written.values.iter().map(read).collect()
    }

    fn place(&self, place: &Range<usize>) -> Place {
        Place::find("search", self.text, place)
    }

    fn words(&self, written: &Written) -> Read<What> {
        let piece = written.values.first();
        let (text, quoted) = piece.map_or(("", false), |piece| (&piece.text, piece.quoted));
        if !quoted && text.contains('*') {
            return wrong(
                Problem::error("search-wildcard", "words of a message are found whole, not by their beginning")
                    .at(self.place(&written.place))
                    .help("write the whole word: what is kept for searching is only a keyed hash of each, of which no beginning is known"),
            );
        }
        if asked(text).is_empty() {
            return wrong(
                Problem::error(
                    "search-value",
                    "there is no letter and no digit to look for",
                )
                .at(self.place(&written.place))
                .help("messages are searched by their words"),
            );
        }
        Ok(What::Text(text.to_owned()))
    }

    fn key(&self, name: &Piece) -> Read<Key> {
        let plain = name.text.to_lowercase();
        if let Some(key) = Key::parse(&plain) {
            return Ok(key);
        }
        let meant = MEANINGS.iter().find(|(word, _)| *word == plain);
        let near = match meant {
            Some((_, key)) => Some(key.as_str()),
            None => nearest(&plain, Key::ALL.iter().map(|key| key.as_str())),
        };
        let known: Vec<&str> = Key::ALL.iter().map(|key| key.as_str()).collect();
        let help = match near {
            Some(near) => format!(
                "did you mean `{near}`? It is used like this: `{}`",
                example(near)
            ),
            None => format!("known are {}", known.join(", ")),
        };
        wrong(
            Problem::error(
                "unknown-search-key",
                format!("`{}` is nothing the record can be searched by", name.text),
            )
            .at(self.place(&name.place))
            .help(format!(
                "{help}. To look for these words in messages, put them between quotation marks"
            )),
        )
    }

    fn value(&self, key: Key, piece: &Piece) -> Read<Value> {
        let (text, prefix) = match piece.text.strip_suffix('*') {
            Some(beginning) if !piece.quoted => (beginning, true),
            _ => (piece.text.as_str(), false),
        };
        let odd = |c: char| matches!(c, '"' | '\\');
        if !piece.quoted && text.contains('*') {
            return wrong(
                Problem::error(
                    "search-wildcard",
                    "a `*` can stand at the end of a value only",
                )
                .at(self.place(&piece.place))
                .help("cut the value where the first `*` stands, and leave that one"),
            );
        }
        if !piece.quoted && text.contains(odd) {
            return wrong(
                Problem::error(
                    "search-quote",
                    "a quotation mark or a backslash within a value",
                )
                .at(self.place(&piece.place))
                .help(format!(
                    "put the whole value between quotation marks, such as `{key}:\"a b\"`"
                )),
            );
        }
        let known: Vec<&str> = match key {
            Key::Action => Action::ALL.iter().map(|action| action.as_str()).collect(),
            Key::Verdict => VERDICTS.to_vec(),
            _ => Vec::new(),
        };
        let fits = |known: &&str| *known == text || (prefix && known.starts_with(text));
        if known.is_empty() || known.iter().any(fits) {
            return Ok(Value {
                text: text.to_owned(),
                prefix,
            });
        }
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean `{key}:{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        wrong(
            Problem::error(
                "search-value",
                format!("no row has the {key} `{}`", piece.text),
            )
            .at(self.place(&piece.place))
            .help(help),
        )
    }

    fn span(&self, piece: &Piece) -> Read<Span> {
        let text = piece.text.as_str();
        let moment = |text: &str| {
            Moment::read(text).ok_or_else(|| {
                Box::new(
                    Problem::error("search-value", format!("`{text}` is no day and no moment"))
                    .at(self.place(&piece.place))
                    .help("write a day such as 2026-11-01, a moment such as 2026-11-01T09:41:00Z, or how long ago, such as >7d for the last seven days"),
                )
            })
        };
        if let Some((from, to)) = text.split_once("..") {
            let side = |text: &str| match text {
                "*" | "" => Ok(None),
                text => moment(text).map(Some),
            };
            let span = Span::Between(side(from)?, side(to)?);
            return if span.is_backwards() {
                wrong(
                    Problem::error("search-value", "this span ends before it begins")
                        .at(self.place(&piece.place))
                        .help(format!(
                            "the earlier moment stands first: `created:{to}..{from}`"
                        )),
                )
            } else {
                Ok(span)
            };
        }
        let makes: [(&str, Make); 4] = [
            (">=", Span::From),
            ("<=", Span::UpTo),
            (">", Span::After),
            ("<", Span::Before),
        ];
        for (sign, make) in makes {
            if let Some(rest) = text.strip_prefix(sign) {
                return moment(rest).map(make);
            }
        }
        let on = moment(text)?;
        if matches!(on.when, When::Ago(_)) {
            return wrong(
                Problem::error(
                    "search-value",
                    format!("`{text}` ago is a moment, and no row was written in just that"),
                )
                .at(self.place(&piece.place))
                .help(format!(
                    "`created:>{text}` finds what is younger, `created:<{text}` what is older"
                )),
            );
        }
        Ok(Span::On(on))
    }
}

/// How a key is used.
fn example(key: &str) -> &'static str {
    match Key::parse(&key.to_lowercase()) {
        Some(Key::Action) => "action:blocked,unblocked",
        Some(Key::Rule) => "rule:pitch/*",
        Some(Key::Verdict) => "verdict:block",
        Some(Key::Contact) => "contact:65f1c3d2a9b4e80012ab34cd",
        Some(Key::Conversation) => "conversation:1042",
        Some(Key::Event) => "event:notif_*",
        Some(Key::Created) => "created:2026-11-01..2026-11-05",
        Some(Key::Actor) | None => "actor:ana",
    }
}
