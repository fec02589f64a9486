//! `pattern`: a regular expression over the folded text.

use regex::{Regex, RegexBuilder};

use super::Kind;
use crate::decision::Evidence;
use crate::rules::condition::Condition;
use crate::rules::fold::fold;
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::Subject;

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 2_000;
/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 10 * 1024 * 1024;
const MAX_NESTING: u32 = 50;
/// Most places told of one pattern in one message.
const MAX_FOUND: usize = 5;
const EXAMPLE: &str = "'earn \\d+ (dollars|euros) a day'";

pub const PATTERN: Kind = Kind {
    name: "pattern",
    about: "The message matches this regular expression. Capitals, look of letters and kinds of blanks make no difference.",
    example: "{ pattern = 'earn \\d+ (dollars|euros) a day' }",
    fires: r#""Earn 500 dollars a day""#,
    passes: r#""It costs 500 dollars""#,
    schema: schema::text,
    read: |reader, value| Some(Box::new(Pattern::read(reader, value)?)),
};

#[derive(Debug)]
struct Pattern {
    written: String,
    regex: Regex,
}

impl Pattern {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Self> {
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
        let built = RegexBuilder::new(&fold_literals(&written))
            .case_insensitive(true)
            .size_limit(MAX_COMPILED)
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
            Ok(regex) => Some(Self { written, regex }),
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
                let reason = told
                    .lines()
                    .next_back()
                    .unwrap_or_default()
                    .trim_start_matches("error: ");
                reader.error("bad-pattern", &span, format!("this is not a regular expression: {reason}"), "to look for plain words use `words` or `contains`; there no character is special");
                None
            }
        }
    }
}

impl Condition for Pattern {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let evidence: Vec<Evidence> = self
            .regex
            .find_iter(subject.folded.as_str())
            .take(MAX_FOUND)
            .map(|found| subject.in_text("pattern", found.range(), &self.written))
            .collect();
        (!evidence.is_empty()).then_some(evidence)
    }

    fn say(&self) -> String {
        format!("the message matches the pattern {}", self.written)
    }
}

/// Whether the pattern is content with the empty text, or with the edge of any word (`\b`).
fn matches_nothing(regex: &Regex) -> bool {
    regex.is_match("") || regex.find("a").is_some_and(|found| found.is_empty())
}

/// The pattern is matched against folded text, so its letters beyond ASCII are folded, too: `ß` is looked for as `ss`,
/// `’` as `'`. Within brackets a letter that folds to several stays as it is.
fn fold_literals(written: &str) -> String {
    let mut in_brackets = false;
    let mut escaped = false;
    let mut plain = String::with_capacity(written.len());
    for letter in written.chars() {
        match letter {
            '[' if !escaped => in_brackets = true,
            ']' if !escaped => in_brackets = false,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        let folded = if letter.is_ascii() {
            String::new()
        } else {
            fold(letter.encode_utf8(&mut [0; 4]))
        };
        match (folded.chars().count(), in_brackets) {
            (1, _) => plain.push_str(&folded),
            (0, _) | (_, true) => plain.push(letter),
            (_, false) => {
                plain.push_str("(?:");
                plain.push_str(&folded);
                plain.push(')');
            }
        }
    }
    plain
}
