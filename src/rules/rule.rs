//! The frame of one `[[rule]]`: name, reason, stage, what it asks for, conditions, examples.

mod wish;

use std::ops::Range;
use std::time::Duration;

use toml::de::DeTable;

use super::condition::{Clause, read_clauses};
use super::examples::{Example, read_examples};
use super::read::{Reader, Value};
use super::subject::Subject;
use crate::decision::{Also, Evidence, Finding, RuleId, Stage, Then, Wanted};
use crate::time::{millis_of, say_span};

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
    pub all: Vec<Clause>,
    pub any: Vec<Clause>,
    pub unless: Vec<Clause>,
    /// Whether it asks for something that must be looked up at Featurebase.
    asks_profile: bool,
    /// The file it stands in and its line there.
    pub file: String,
    pub line: usize,
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
        if self.hinges(subject) {
            return None;
        }
        let evidence = self.fires(subject)?;
        Some(Finding {
            rule: self.id.clone(),
            why: self.why.clone(),
            stage: self.stage,
            then: self.then,
            points: self.points,
            evidence,
            also: self.also.clone(),
            block_for_millis: self.block_for.map(millis_of),
        })
    }

    /// Whether it cannot be told that the rule fires, nor that it does not, before the sender is looked up.
    #[must_use]
    pub fn hinges(&self, subject: &Subject<'_>) -> bool {
        self.asks_profile && self.answer(subject).is_none()
    }

    fn answer(&self, subject: &Subject<'_>) -> Option<bool> {
        let any = || {
            if self.any.is_empty() {
                Some(true)
            } else {
                Clause::one_holds(&self.any, subject)
            }
        };
        let excused = || Clause::one_holds(&self.unless, subject).map(|held| !held);
        let answers = [Clause::all_hold(&self.all, subject), any(), excused()];
        if answers.contains(&Some(false)) {
            return Some(false);
        }
        answers.iter().all(Option::is_some).then_some(true)
    }

    /// Every condition in `all`, at least one in `any` when given, and none in `unless`.
    fn fires(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let mut evidence = Vec::new();
        if !self
            .all
            .iter()
            .all(|clause| clause.holds(subject, &mut evidence))
        {
            return None;
        }
        if !Clause::any_of(&self.any, subject, &mut evidence) && !self.any.is_empty() {
            return None;
        }
        let excused = self
            .unless
            .iter()
            .any(|clause| clause.holds(subject, &mut Vec::new()));
        (!excused).then_some(evidence)
    }

    pub fn wants(&self, wanted: &mut Wanted) {
        for clause in self.all.iter().chain(&self.any).chain(&self.unless) {
            clause.wants(wanted);
        }
    }

    /// The rule as one sentence.
    #[must_use]
    pub fn say(&self) -> String {
        let mut parts: Vec<String> = self.all.iter().map(Clause::say).collect();
        if !self.any.is_empty() {
            let any: Vec<String> = self.any.iter().map(Clause::say).collect();
            parts.push(if any.len() == 1 {
                any.concat()
            } else {
                format!("at least one: {}", any.join("; or "))
            });
        }
        let unless: Vec<String> = self.unless.iter().map(Clause::say).collect();
        let mut said = format!("{} if {}", self.say_then(), parts.join(", and "));
        if !unless.is_empty() {
            said = format!("{said}, unless {}", unless.join(", or "));
        }
        said
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
    let mut clauses = |key: &str| match table.get(key) {
        Some(value) => read_clauses(reader, value),
        None => Some(Vec::new()),
    };
    let (all, any, unless) = (clauses("all"), clauses("any"), clauses("unless"));
    if !table.contains_key("all") && !table.contains_key("any") {
        let help = "add at least one condition, like this: any = [{ words = [\"guest post\"] }]";
        reader.error(
            "no-condition",
            &head(&span),
            "this rule has no condition in `all` or `any`, so it says nothing about messages",
            help,
        );
    }
    let examples = read_examples(reader, table);
    let (id, id_span) = id?;
    let (all, any, unless) = (all?, any?, unless?);
    let asks_profile = asks_profile(all.iter().chain(&any).chain(&unless));
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
            all,
            any,
            unless,
            asks_profile,
            file: reader.source.name.to_owned(),
            line: reader.line_of(span.start),
        },
        id_span,
        examples,
    })
}

fn asks_profile<'c>(clauses: impl Iterator<Item = &'c Clause>) -> bool {
    let mut wanted = Wanted::default();
    for clause in clauses {
        clause.wants(&mut wanted);
    }
    wanted.profile
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
