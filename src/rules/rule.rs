//! The frame of one `[[rule]]`: name, reason, stage, what it asks for, conditions, examples.

mod wish;

use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::body::{Body, read_body};
use super::examples::{Example, read_examples};
use super::read::{Reader, Value};
use super::subject::Subject;
use crate::decision::{Also, Evidence, Finding, RuleId, Stage, Then};
use crate::problem::Place;
use crate::time::{Timestamp, millis_of, say_span};

pub(super) const KEYS: &[&str] = &[
    "id",
    "why",
    "stage",
    "then",
    "all",
    "any",
    "unless",
    "examples",
    "points",
    "also",
    "block_for",
    "expires",
    "owner",
    "tags",
];

/// A rule that may run.
#[derive(Debug)]
pub struct Rule {
    pub id: RuleId,
    pub why: String,
    pub stage: Stage,
    pub then: Then,
    /// With `then = "points"`: how many it adds; may be negative.
    pub points: i64,
    /// What it asks for besides a block or a flag, in the order it is done.
    pub also: Vec<Also>,
    /// With `then = "block"`: after how long the block ends by itself.
    pub block_for: Option<Duration>,
    pub owner: Option<String>,
    pub tags: Vec<String>,
    /// From this moment on it is off.
    pub expires: Option<Timestamp>,
    pub body: Body,
    /// Whether it asks for something that must be looked up at Featurebase.
    pub(super) asks_profile: bool,
    /// The file it stands in and its line there.
    pub file: String,
    pub line: usize,
    /// Where its name stands.
    pub(super) place: Place,
}

/// A rule as read, with what loading still has to check.
pub(super) struct Draft {
    pub rule: Rule,
    pub id_span: Range<usize>,
    pub examples: Vec<Example>,
}

impl Rule {
    /// What the rule found in a message, if it fires.
    #[must_use]
    pub fn judge(&self, subject: &Subject<'_>) -> Option<Finding> {
        if self.is_over(subject.message.sent_at) || self.hinges(subject) {
            return None;
        }
        Some(self.finding(self.body.holds(subject)?))
    }

    /// The rule as one that fired, for these reasons.
    pub(super) fn finding(&self, evidence: Vec<Evidence>) -> Finding {
        Finding {
            rule: self.id.clone(),
            why: self.why.clone(),
            stage: self.stage,
            then: self.then,
            points: self.points,
            evidence,
            also: self.also.clone(),
            block_for_millis: self.block_for.map(millis_of),
        }
    }

    /// Whether it cannot be told that the rule fires, nor that it does not, before the sender is looked up.
    #[must_use]
    pub fn hinges(&self, subject: &Subject<'_>) -> bool {
        self.asks_profile
            && !self.is_over(subject.message.sent_at)
            && self.body.answer(subject).is_none()
    }

    /// Where its name stands.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the rule no longer counts for messages of this moment.
    #[must_use]
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.expires.is_some_and(|expires| at >= expires)
    }

    /// The rule as one sentence.
    #[must_use]
    pub fn say(&self) -> String {
        format!("{} if {}", self.say_then(), self.body.say())
    }

    fn say_then(&self) -> String {
        let mut wish = match (self.then, self.block_for) {
            (Then::Points, _) => format!("give {:+} points", self.points),
            (then, Some(span)) => format!("{then} for {}", say_span(span)),
            (then, None) => then.as_str().to_owned(),
        };
        if !self.also.is_empty() {
            let also: Vec<&str> = self.also.iter().map(|also| also.as_str()).collect();
            wish = format!("{wish} (and {})", also.join(", "));
        }
        match self.stage {
            Stage::Enforce => wish,
            Stage::Hold => format!("propose to {wish}, and wait for a person,"),
            Stage::Observe => format!("only write down that it would {wish}"),
        }
    }
}

/// Reads one `[[rule]]`; whatever is wrong with it is added to the reader's problems.
pub(super) fn read_rule<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Draft> {
    let span = value.span();
    let table = reader.table(value, "[[rule]]")?;
    reader.known_keys(table, KEYS, "in a rule");
    let id = read_id(reader, table, &span);
    let why = required(
        reader,
        table,
        &span,
        "why",
        "why = \"Cold offers of backlinks\"",
    )
    .and_then(|value| Some(reader.text(value, "why = \"Cold offers\"")?.to_owned()));
    let stage = required(reader, table, &span, "stage", "stage = \"observe\"")
        .and_then(|value| reader.word(value, Stage::ALL, Stage::as_str, "stage = \"observe\""));
    let then = required(reader, table, &span, "then", "then = \"block\"")
        .and_then(|value| reader.word(value, Then::ALL, Then::as_str, "then = \"block\""));
    let (points, also, block_for) = wish::read(reader, table, then, &span);
    let (owner, tags) = (read_owner(reader, table), read_tags(reader, table));
    let expires = read_expires(reader, table);
    let body = read_body(reader, table, &span, "rule");
    let examples = read_examples(reader, table);
    let (id, id_span) = id?;
    if then == Some(Then::Block) {
        warn_about_examples(reader, &examples, &id_span, &id);
    }
    Some(Draft {
        rule: Rule {
            id,
            why: why?,
            stage: stage?,
            then: then?,
            points,
            also,
            block_for,
            owner,
            tags,
            expires,
            body: body?,
            asks_profile: false,
            file: reader.source.name.to_owned(),
            line: reader.line_of(span.start),
            place: reader.source.place(&id_span),
        },
        id_span,
        examples,
    })
}

/// The day on which the rule ends, if it says so: written as a date or as a text.
fn read_expires<'a>(reader: &mut Reader<'a>, table: &DeTable<'a>) -> Option<Timestamp> {
    let value = table.get("expires")?;
    let written = match value.get_ref() {
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => String::new(),
    };
    let day = Timestamp::parse(&format!("{}T00:00:00Z", written.trim()));
    if day.is_none() {
        reader.error(
            "bad-date",
            &value.span(),
            "this is not a day",
            "write year, month and day: expires = 2027-01-31",
        );
    }
    day
}

fn read_owner<'a>(reader: &mut Reader<'a>, table: &DeTable<'a>) -> Option<String> {
    let owner = table.get("owner")?;
    reader.text(owner, "owner = \"ana\"").map(str::to_owned)
}

fn read_tags<'a>(reader: &mut Reader<'a>, table: &DeTable<'a>) -> Vec<String> {
    let tags = table
        .get("tags")
        .and_then(|value| reader.texts(value, "tags = [\"sales\"]"));
    tags.into_iter().flatten().map(|(tag, _)| tag).collect()
}

/// The first byte of a span: enough to name the line without underlining a whole rule.
const fn head(span: &Range<usize>) -> Range<usize> {
    span.start..span.start + 8
}

fn required<'t, 'a>(
    reader: &mut Reader<'a>,
    table: &'t DeTable<'a>,
    span: &Range<usize>,
    key: &str,
    example: &str,
) -> Option<&'t Value<'a>> {
    let value = table.get(key);
    if value.is_none() {
        reader.error(
            "missing-key",
            &head(span),
            format!("this rule has no `{key}`"),
            format!("add a line like this: {example}"),
        );
    }
    value
}

fn read_id<'a>(
    reader: &mut Reader<'a>,
    table: &DeTable<'a>,
    span: &Range<usize>,
) -> Option<(RuleId, Range<usize>)> {
    let value = required(reader, table, span, "id", "id = \"pitch/guest-post\"")?;
    let id = reader.text(value, "id = \"pitch/guest-post\"")?;
    let good = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if id.contains('/') && id.len() <= 100 && id.split('/').all(good) {
        return Some((RuleId(id.to_owned()), value.span()));
    }
    let mut parts: Vec<String> = id.split('/').map(plain_part).collect();
    parts.retain(|part| !part.is_empty());
    match parts.as_slice() {
        [] => parts = vec!["pitch".to_owned(), "guest-post".to_owned()],
        [_] => parts.insert(0, "general".to_owned()),
        _ => {}
    }
    let plain = parts.join("/");
    reader.error(
        "bad-id",
        &value.span(),
        format!("`{id}` is not a rule's name"),
        format!("lower case letters, digits and -, in two or more parts with / between, like this: \"{plain}\""),
    );
    None
}

/// A part of a name as it may be written.
fn plain_part(part: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let part: String = part.to_lowercase().chars().map(plain).collect();
    part.trim_matches('-').to_owned()
}

fn warn_about_examples(
    reader: &mut Reader<'_>,
    examples: &[Example],
    span: &Range<usize>,
    id: &RuleId,
) {
    let lacks = |fires: bool| !examples.iter().any(|example| example.must_fire == fires);
    let missing = match (lacks(true), lacks(false)) {
        (true, true) => "examples.match and examples.pass",
        (true, false) => "examples.match",
        (false, true) => "examples.pass",
        (false, false) => return,
    };
    reader.warning(
        "no-examples",
        span,
        format!("{id} blocks people but has no {missing}"),
        "add a message that must fire and one that must not; they are tried at every load",
    );
}
