//! The schema editors go by, held against the parser: what the parser takes, the schema takes; what the parser refuses, the
//! schema refuses as far as JSON Schema can say it.

mod agreement;
mod random;
mod shape;

use std::sync::LazyLock;

use featurebase_bouncer::rules::conditions::KINDS;
use featurebase_bouncer::rules::schema::document;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

use super::*;

/// What the parser refuses and a schema of draft 4 cannot say: it takes more than one value together, or what a text says
/// within.
const BEYOND_A_SCHEMA: &[&str] = &[
    "always-true",
    "bad-address",
    "bad-domain",
    "bad-page",
    "bad-pattern",
    "bad-brake",
    "bad-thresholds",
    "bad-tld",
    "bounds-crossed",
    "duplicate-id",
    "example-does-not-fire",
    "example-fires",
    "matches-everything",
    "no-rules",
];

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(&document()).unwrap();
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .build(&schema)
        .unwrap()
});

/// What the schema says against a file.
fn schema_errors(value: &Value) -> Vec<String> {
    VALIDATOR
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect()
}

/// A rule file as editors show it to a schema. Dates are texts there.
fn as_json(text: &str) -> Value {
    let table = DeTable::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    json_table(table.get_ref())
}

fn json_table(table: &DeTable<'_>) -> Value {
    let pairs = table
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), json_value(value.get_ref())));
    Value::Object(pairs.collect())
}

fn json_value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => {
            json!(i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).unwrap())
        }
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(answer) => json!(answer),
        DeValue::Datetime(date) => json!(date.to_string()),
        DeValue::Array(list) => list
            .iter()
            .map(|entry| json_value(entry.get_ref()))
            .collect(),
        DeValue::Table(table) => json_table(table),
    }
}

/// The other way round: a file of this content.
fn as_toml(file: &Value) -> String {
    let pairs = file.as_object().unwrap().iter();
    let lines = pairs.map(|(key, value)| format!("{} = {}", as_key(key), as_value(value)));
    lines.collect::<Vec<_>>().join("\n")
}

fn as_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        json!(key).to_string()
    }
}

fn as_value(value: &Value) -> String {
    match value {
        Value::Object(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{} = {}", as_key(key), as_value(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(as_value).collect();
            format!("[{}]", list.join(", "))
        }
        other => other.to_string(),
    }
}

/// Codes of what the parser refuses a file for; none if it takes it.
fn parser_codes(text: &str) -> Vec<String> {
    let errors = |problems: Vec<Problem>| {
        let errors = problems.into_iter().filter(Problem::is_error);
        errors.map(|problem| problem.code).collect()
    };
    load_text(text).map_or_else(errors, |_| Vec::new())
}

/// Fails unless schema and parser say the same of a file.
fn agree(file: &Value) {
    let text = as_toml(file);
    let codes = parser_codes(&text);
    let errors = schema_errors(file);
    if codes.is_empty() {
        assert!(
            errors.is_empty(),
            "the schema refuses what loads: {errors:?}\n{text}"
        );
    }
    let sayable = codes
        .iter()
        .any(|code| !BEYOND_A_SCHEMA.contains(&code.as_str()));
    assert!(
        !sayable || !errors.is_empty(),
        "the schema takes what is refused for {codes:?}\n{text}"
    );
}

/// A rule with this one condition.
fn with_condition(condition: &str) -> String {
    rule(&format!("all = [{condition}]"))
}

/// A rule with every key a rule can have, and a policy with every key of a policy.
const FULL: &str = r#"
[[rule]]
id = "test/full"
why = "For a test"
stage = "hold"
then = "points"
points = -3
owner = "ana"
tags = ["sales", "spring"]
all = [{ all = [{ length = { at_most = 1000 } }] }, { none = [{ exact = ["nothing"] }] }]
any = [{ any = [{ words = ["backlinks"] }] }]
unless = [{ answered_before = true }]

[rule.examples]
match = [
  "I sell backlinks",
  { text = "backlinks", html = "<p>backlinks</p>", sender = "customer", sender_email = "ana@example.com", sender_name = "Ana", sender_verified = true, sender_company = ["Acme"], sender_role = ["editor"], sender_attributes = { plan = "pro" }, channel = "email", conversation = "reply", page = "/pricing", brand = "Main", subject = "Hello", first_message = false, messages = 2, same_text = 1, same_text_from = 1, known_for = "2h", answered_before = false, blocked_before = true, unblocked_before = true },
]
pass = ["The link is broken"]

[policy]
flag_at = 5
block_at = 10
protect = { customers = "hold", answered_before = "flag", unblocked = "no" }
never = { sender_email_domain = ["example.com"], contacts = ["65f1c3d2a9b4e80012ab34cd"] }
brake = { per_rule = { blocks = 20, within = "10m" }, total = { blocks = 60, within = "1h" }, share = { part = 0.2, of_at_least = 100, within = "24h" } }
regret = { part = 0.05, of_at_least = 5, within = "30d" }
"#;

/// Files the parser takes: one for each condition, and one with every key.
fn valid_files() -> Vec<Value> {
    let conditions = KINDS.iter().map(|kind| with_condition(kind.example));
    conditions
        .chain([FULL.to_owned()])
        .map(|text| as_json(&text))
        .collect()
}

/// The paths to the values of a file, as JSON pointers. Of a file for one condition only those of the condition: the rest
/// is the same in all of them.
fn paths(file: &Value) -> Vec<String> {
    let mut paths = all_paths(file);
    if file.get("policy").is_none() {
        paths.retain(|path| path.starts_with("/rule/0/all/0/"));
    }
    paths
}

fn all_paths(value: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(pairs) => {
                for (key, value) in pairs {
                    let path = format!("{path}/{key}");
                    walk(value, &path, found);
                    found.push(path);
                }
            }
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    let path = format!("{path}/{index}");
                    walk(value, &path, found);
                    found.push(path);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// A word with a letter dropped, doubled, or exchanged with the next.
fn misspelt(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut found = Vec::new();
    for at in 0..letters.len() {
        let mut dropped = letters.clone();
        dropped.remove(at);
        found.push(dropped);
        let mut doubled = letters.clone();
        doubled.insert(at, letters[at]);
        found.push(doubled);
        if at + 1 < letters.len() {
            let mut exchanged = letters.clone();
            exchanged.swap(at, at + 1);
            found.push(exchanged);
        }
    }
    let found = found.into_iter().map(String::from_iter);
    found.filter(|other| other != word).collect()
}
