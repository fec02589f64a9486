//! The schema of a whole rule file, from which editors complete, explain and underline while staff write.
//!
//! It says as much of the language as JSON Schema (draft 4) can. What it cannot say, only loading finds: crossed bounds,
//! patterns and domains that are none, names used twice, lists that are not there, examples that come out otherwise.

use serde_json::{Value, json};

use super::example::{example, examples};
use super::policy::policy;
use super::{add, described, span, texts, word};
use crate::decision::{Stage, Then};
use crate::rules::conditions::{KINDS, Kind};

/// Where the schema stands, from the folder of rules on. Rule files name it in their first line.
pub const FOLDER_FILE: &str = ".schema/rules.json";

/// What may stand as an `id`.
const ID: &str = "^[a-z0-9-]+(/[a-z0-9-]+)+$";
/// What may be named as a signal.
const SIGNAL_ID: &str = "^[a-z0-9-]+(/[a-z0-9-]+)*$";
/// A day, such as `2027-01-31`.
const DAY: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// A key, what an editor says of it, and what may stand behind it.
type Key = (&'static str, &'static str, Value);

/// The schema as the text of a file.
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&whole()).unwrap_or_default();
    text.push('\n');
    text
}

fn whole() -> Value {
    let mut schema = described(
        vec![
            (
                "rule",
                "A rule. Each begins with [[rule]] on a line of its own.",
                json!({ "type": "array", "items": { "$ref": "#/definitions/rule" } }),
            ),
            (
                "signal",
                "Conditions with a name, to be used in rules as { signal = \"name\" }. Each begins with [[signal]].",
                json!({ "type": "array", "items": { "$ref": "#/definitions/signal" } }),
            ),
            (
                "policy",
                "What holds for all rules. There is one [policy], in any one file.",
                policy(),
            ),
        ],
        &[],
    );
    add(
        &mut schema,
        json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "title": "Rules of Featurebase Bouncer",
            "definitions": {
                "condition": condition(),
                "conditions": { "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/condition" } },
                "example": example(),
                "rule": rule(),
                "signal": signal(),
            },
        }),
    );
    schema
}

fn rule() -> Value {
    let mut keys = rule_head();
    keys.extend(clauses());
    keys.extend(rule_tail());
    let mut schema = described(keys, &["id", "why", "stage", "then"]);
    add(
        &mut schema,
        json!({
            "anyOf": [{ "required": ["all"] }, { "required": ["any"] }],
            "dependencies": { "points": { "properties": { "then": { "enum": ["points"] } } } },
            "x-taplo": { "initKeys": ["id", "why", "stage", "then", "any"] },
        }),
    );
    schema
}

fn rule_head() -> Vec<Key> {
    vec![
        (
            "id",
            "The rule's name, unique over all files: lower case letters, digits and -, in two or more parts with / between, such as \"pitch/guest-post\".",
            json!({ "type": "string", "pattern": ID, "maxLength": 100 }),
        ),
        (
            "why",
            "Why the rule is there, in a sentence. Colleagues and readers of the record see it.",
            super::text(),
        ),
        (
            "stage",
            "How far the rule may go. observe: it is only written down. hold: a block waits for a person. enforce: it acts.",
            word(Stage::ALL, Stage::as_str),
        ),
        (
            "then",
            "What the rule asks for when it fires. block: block the sender. flag: only mark the message. allow: let it pass whatever other rules say. points: add to a sum that the policy weighs.",
            word(Then::ALL, Then::as_str),
        ),
    ]
}

fn rule_tail() -> Vec<Key> {
    vec![
        (
            "examples",
            "Messages the rule must fire on (match) and must not (pass). They are tried at every load.",
            examples(),
        ),
        (
            "points",
            "With then = \"points\": how many it adds; may be below zero.",
            json!({ "type": "integer" }),
        ),
        (
            "owner",
            "Who looks after the rule. A note for yourselves.",
            super::text(),
        ),
        ("tags", "Free words, to find rules by.", texts()),
        (
            "expires",
            "The last day on which the rule is in force, such as 2027-01-31. Afterwards it is off, and reported.",
            json!({ "anyOf": [
                { "type": "string", "format": "date", "pattern": DAY },
                { "type": "string", "pattern": DAY },
            ] }),
        ),
        (
            "block_for",
            "How long a block lasts, such as \"30d\": a number and s, m, h or d. Left out, it lasts until somebody ends it.",
            span(),
        ),
        (
            "also",
            "What is done besides a block. redact: removes the message's text in Featurebase for good, only with then = \"block\". close: close the conversation. note: leave a note for colleagues. notify: tell people.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": ["redact", "close", "note", "notify"] } }),
        ),
    ]
}

fn signal() -> Value {
    let mut keys: Vec<Key> = vec![
        (
            "id",
            "The signal's name, as used in { signal = \"name\" }: lower case letters, digits, - and /.",
            json!({ "type": "string", "pattern": SIGNAL_ID, "maxLength": 100 }),
        ),
        ("why", "What the signal is a sign of.", super::text()),
    ];
    keys.extend(clauses());
    let mut schema = described(keys, &["id"]);
    add(
        &mut schema,
        json!({
            "anyOf": [{ "required": ["all"] }, { "required": ["any"] }],
            "x-taplo": { "initKeys": ["id", "any"] },
        }),
    );
    schema
}

/// The three lists of conditions that rules and signals have.
fn clauses() -> [Key; 3] {
    let conditions = || json!({ "allOf": [{ "$ref": "#/definitions/conditions" }] });
    [
        (
            "all",
            "Every one of these conditions must hold.",
            conditions(),
        ),
        (
            "any",
            "At least one of these conditions must hold.",
            conditions(),
        ),
        ("unless", "None of these conditions may hold.", conditions()),
    ]
}

/// A table with exactly one key. Said by counting rather than by a choice of tables: so an editor underlines the one
/// word that is wrong.
fn condition() -> Value {
    let nested = || json!({ "allOf": [{ "$ref": "#/definitions/conditions" }] });
    let mut keys: Vec<(&str, String, Value)> = vec![
        (
            "all",
            "Every one of these conditions holds.".to_owned(),
            nested(),
        ),
        (
            "any",
            "At least one of these conditions holds.".to_owned(),
            nested(),
        ),
        (
            "none",
            "None of these conditions holds.".to_owned(),
            nested(),
        ),
        (
            "signal",
            "The [[signal]] of this name holds.\n\nExample: { signal = \"crypto-words\" }"
                .to_owned(),
            json!({ "type": "string", "pattern": SIGNAL_ID }),
        ),
    ];
    keys.extend(KINDS.iter().map(|kind: &Kind| {
        let hover = format!("{}\n\nExample: {}", kind.about, kind.example);
        (kind.name, hover, (kind.schema)())
    }));
    let mut schema = described(keys, &[]);
    add(
        &mut schema,
        json!({
            "description": "A condition: braces with exactly one name, such as { words = [\"guest post\"] }.",
            "minProperties": 1,
            "maxProperties": 1,
        }),
    );
    schema
}
