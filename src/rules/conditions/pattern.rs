//! `pattern`, `raw_pattern`, `sender_name_pattern`: regular expressions.

use icu_normalizer::ComposingNormalizerBorrowed;
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::Hir;

use super::Kind;
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::engine::{Field, Needs, PatternId, SHORTEST, Sign, literals_of};
use crate::rules::fold::{Folded, fold};
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 2_000;
/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 10 * 1024 * 1024;
/// Most memory one pattern may take while it is matched, in bytes.
const MAX_WORKING: usize = 512 * 1024;
const MAX_NESTING: u32 = 50;
/// Most places told of one pattern in one message. Each may cost a walk through the whole text.
const MAX_FOUND: usize = 5;
const EXAMPLE: &str = "'earn \\d+ (dollars|euros) a day'";

pub const PATTERN: Kind = Kind {
    name: "pattern",
    about: "The message matches this regular expression. Capitals, look of letters and kinds of blanks make no difference.",
    example: "{ pattern = 'earn \\d+ (dollars|euros) a day' }",
    fires: "\"Earn 500 dollars a day\"",
    passes: "\"It costs 500 dollars\"",
    schema: schema::text,
    read: |reader, value| Some(Box::new(Pattern::read(reader, value, Field::Text)?)),
};

pub const RAW_PATTERN: Kind = Kind {
    name: "raw_pattern",
    about: "The message as it was written matches this regular expression: capitals, accents and odd characters count. Write (?i) in front if capitals shall make no difference.",
    example: "{ raw_pattern = '[A-Z]{4,}!!!' }",
    fires: "\"BUY NOW!!!\\nTODAY!!!\"",
    passes: "\"buy now!!! today!!!\"",
    schema: schema::text,
    read: |reader, value| Some(Box::new(Pattern::read(reader, value, Field::Written)?)),
};

pub const SENDER_NAME_PATTERN: Kind = Kind {
    name: "sender_name_pattern",
    about: "The sender's name matches this regular expression. Capitals and look of letters make no difference.",
    example: "{ sender_name_pattern = '^[a-z]+\\d{4,}$' }",
    fires: "{ text = \"Hello\", sender_name = \"Anna20251\" }",
    passes: "{ text = \"Hello\", sender_name = \"Anna 2\" }",
    schema: schema::text,
    read: |reader, value| Some(Box::new(Pattern::read(reader, value, Field::Name)?)),
};

#[derive(Debug)]
struct Pattern {
    written: String,
    field: Field,
    id: PatternId,
    /// Lengths of the texts it cannot match without.
    needed: Option<Vec<usize>>,
}

impl Pattern {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>, field: Field) -> Option<Self> {
        let written = reader.text(value, EXAMPLE)?.to_owned();
        let span = value.span();
        if written.len() > MAX_PATTERN {
            let message = format!(
                "a pattern has at most {MAX_PATTERN} bytes, this one {}",
                written.len()
            );
            reader.error(
                "pattern-too-long",
                &span,
                message,
                "list the words with `words` instead; thousands of them cost nothing",
            );
            return None;
        }
        let meant = match field {
            Field::Written => written.clone(),
            Field::Text | Field::Name | Field::Subject => fold_literals(&written),
        };
        let regex = compiled(reader, value, &meant, field)?;
        // What a folded text must hold is folded; blanks around it do not count.
        let needed = hir_of(&meant).as_ref().and_then(literals_of);
        let needed = needed.filter(|_| field != Field::Name).map(|texts| {
            let folded = |text: String| match field {
                Field::Written => text,
                _ => fold(&text),
            };
            texts.into_iter().map(folded).collect::<Vec<_>>()
        });
        let needed = needed.filter(|texts| texts.iter().all(|text| text.len() >= SHORTEST));
        super::warnings::of_pattern(reader, &span, &written);
        let id = reader
            .shared
            .lexicon
            .pattern(field, regex, needed.as_deref());
        reader.shared.lexicon.ask_about(field);
        Some(Self {
            written,
            field,
            id,
            needed: needed.map(|texts| texts.iter().map(|text| text.chars().count()).collect()),
        })
    }

    const fn name(&self) -> &'static str {
        match self.field {
            Field::Written => "raw_pattern",
            Field::Name => "sender_name_pattern",
            Field::Text | Field::Subject => "pattern",
        }
    }

    fn in_written(&self, subject: &Subject<'_>, regex: &Regex) -> Vec<Evidence> {
        regex
            .find_iter(&subject.text.shown)
            .take(MAX_FOUND)
            .map(|found| subject.in_shown(self.name(), found.range(), &self.written))
            .collect()
    }

    fn in_folded(&self, subject: &Subject<'_>, regex: &Regex) -> Vec<Evidence> {
        let views = subject.field(self.field).into_iter();
        let found = views
            .flat_map(Folded::views)
            .map(|view| {
                let found = regex.find_iter(view.as_str()).take(MAX_FOUND);
                found
                    .map(|found| match self.field {
                        Field::Name => {
                            evidence(self.name(), Part::Sender, found.as_str(), &self.written)
                        }
                        _ => subject.in_text(self.name(), view, found.range(), &self.written),
                    })
                    .collect::<Vec<_>>()
            })
            .find(|found| !found.is_empty());
        found.unwrap_or_default()
    }
}

impl Condition for Pattern {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        if !subject.may_match(self.id) {
            return None;
        }
        let regex = subject.regex(self.id)?;
        let evidence = match self.field {
            Field::Written => self.in_written(subject, regex),
            Field::Text | Field::Name | Field::Subject => self.in_folded(subject, regex),
        };
        (!evidence.is_empty()).then_some(evidence)
    }

    fn say(&self) -> String {
        match self.field {
            Field::Written => format!(
                "the message, as it was written, matches the pattern {}",
                self.written
            ),
            Field::Name => format!("the sender's name matches the pattern {}", self.written),
            Field::Text | Field::Subject => {
                format!("the message matches the pattern {}", self.written)
            }
        }
    }

    fn alternatives(&self) -> Vec<String> {
        vec![format!("{}: {}", self.name(), self.written)]
    }

    fn is_unaided(&self) -> bool {
        self.needed.is_none() && self.field != Field::Name
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        match &self.needed {
            Some(lengths) => Needs::phrases(Sign::Pattern(self.id), lengths.iter().copied()),
            None => Needs::Nothing,
        }
    }
}

fn compiled<'a>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    meant: &str,
    field: Field,
) -> Option<Regex> {
    let span = value.span();
    let built = RegexBuilder::new(meant)
        .case_insensitive(field != Field::Written)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_WORKING)
        .nest_limit(MAX_NESTING)
        .build();
    match built {
        Ok(regex) if matches_nothing(&regex) => {
            let help = "say at least one letter that must be there; `*` and `?` allow for none";
            reader.error(
                "matches-everything",
                &span,
                "this pattern matches the empty text, so it would fire on every message",
                help,
            );
            None
        }
        Ok(regex) => Some(regex),
        Err(regex::Error::CompiledTooBig(_)) => {
            reader.error(
                "pattern-too-costly",
                &span,
                "this pattern becomes too large when it is compiled",
                "use smaller repeat counts such as {1,20}",
            );
            None
        }
        Err(error) => {
            let told = error.to_string();
            let reason = told.lines().next_back().unwrap_or_default();
            let reason = reason.trim_start_matches("error: ");
            reader.error(
                "bad-pattern",
                &span,
                format!("this is not a regular expression: {reason}"),
                "to look for plain words use `words` or `contains`; there no character is special",
            );
            None
        }
    }
}

fn hir_of(meant: &str) -> Option<Hir> {
    regex_syntax::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(meant)
        .ok()
}

/// Whether the pattern is content with the empty text, or with the edge of any word (`\b`).
fn matches_nothing(regex: &Regex) -> bool {
    regex.is_match("") || regex.find("a").is_some_and(|found| found.is_empty())
}

/// The pattern is matched against folded text, so its letters beyond ASCII are folded, too: `ß` is looked for as `ss`,
/// `’` as `'`, and what nobody sees is left out. Within brackets only a letter that folds to one letter is exchanged, and
/// none that stands at an end of a range.
fn fold_literals(written: &str) -> String {
    const NFC: ComposingNormalizerBorrowed<'_> = ComposingNormalizerBorrowed::new_nfc();
    let written = NFC.normalize(written);
    let mut plain = String::with_capacity(written.len());
    let mut brackets = Brackets::default();
    let mut escaped = false;
    let mut letters = written.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        if !escaped {
            brackets.pass(letter);
        }
        let in_range = before == '-' || letters.peek() == Some(&'-');
        if letter.is_ascii() || escaped || (brackets.depth > 0 && in_range) {
            plain.push(letter);
        } else if brackets.depth > 0 {
            plain.push_str(&in_brackets(letter));
        } else {
            plain.push_str(&outside(letter));
        }
        escaped = letter == '\\' && !escaped;
        before = letter;
    }
    plain
}

/// How deep in brackets a pattern is; a `]` right behind the opening one is a letter.
#[derive(Default)]
struct Brackets {
    depth: usize,
    opened: bool,
}

impl Brackets {
    fn pass(&mut self, letter: char) {
        match letter {
            '[' => (self.depth, self.opened) = (self.depth + 1, true),
            '^' if self.opened => {}
            ']' if self.opened => self.opened = false,
            ']' => self.depth = self.depth.saturating_sub(1),
            _ => self.opened = false,
        }
    }
}

fn outside(letter: char) -> String {
    if letter.is_whitespace() {
        return " ".to_owned();
    }
    let folded = fold(letter.encode_utf8(&mut [0; 4]));
    let meant = regex_syntax::escape(&folded);
    match folded.chars().count() {
        0 | 1 => meant,
        _ => format!("(?:{meant})"),
    }
}

fn in_brackets(letter: char) -> String {
    if letter.is_whitespace() {
        return " ".to_owned();
    }
    let folded = fold(letter.encode_utf8(&mut [0; 4]));
    match folded.chars().count() {
        1 => regex_syntax::escape(&folded),
        _ => letter.to_string(),
    }
}
