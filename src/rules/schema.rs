//! What may stand behind each key, as JSON Schema (draft 4, which every editor extension knows).

mod document;
mod example;
mod policy;

pub use document::{FOLDER_FILE, text as document};

use serde_json::{Map, Value, json};

/// A text that is not empty.
#[must_use]
pub fn text() -> Value {
    json!({ "type": "string", "pattern": "\\S" })
}

/// The name of a list file in the rules folder.
#[must_use]
pub fn list_name() -> Value {
    json!({ "type": "string", "pattern": "\\.txt$" })
}

/// A list of at least one text.
#[must_use]
pub fn texts() -> Value {
    json!({ "type": "array", "minItems": 1, "items": text() })
}

/// One word of a closed vocabulary.
#[must_use]
pub fn word<T: Copy>(all: &[T], say: fn(T) -> &'static str) -> Value {
    let known: Vec<&str> = all.iter().copied().map(say).collect();
    json!({ "type": "string", "enum": known })
}

/// A list of words of a closed vocabulary.
#[must_use]
pub fn words<T: Copy>(all: &[T], say: fn(T) -> &'static str) -> Value {
    json!({ "type": "array", "minItems": 1, "items": word(all, say) })
}

#[must_use]
pub fn yes_or_no() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number that is not below zero.
#[must_use]
pub fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// A share: a number from 0 to 1.
#[must_use]
pub fn share() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

/// A span of time that is not zero: `30s`, `10m`, `1h`, `30d`, `1500ms`.
#[must_use]
pub fn span() -> Value {
    json!({ "type": "string", "pattern": "^0*[1-9][0-9]*(ms|s|m|h|d)$" })
}

/// `{ at_least = n, at_most = m }`, one of them at least; `bound` says what the numbers may be.
#[must_use]
pub fn bounds(bound: &Value) -> Value {
    let mut schema = table(
        &[("at_least", bound.clone()), ("at_most", bound.clone())],
        &[],
    );
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(
            "anyOf".to_owned(),
            json!([{ "required": ["at_least"] }, { "required": ["at_most"] }]),
        );
    }
    schema
}

/// A table of these keys and no others.
#[must_use]
pub fn table(keys: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(key, schema)| ((*key).to_owned(), schema.clone()))
        .collect();
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let (false, Some(schema)) = (required.is_empty(), schema.as_object_mut()) {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// A table of these keys, each with what an editor says of it.
fn described<S: Into<String>>(keys: Vec<(&str, S, Value)>, required: &[&str]) -> Value {
    let keys: Vec<(&str, Value)> = keys
        .into_iter()
        .map(|(key, hover, mut schema)| {
            add(&mut schema, json!({ "description": hover.into() }));
            (key, schema)
        })
        .collect();
    table(&keys, required)
}

/// Adds what `more` says to a schema, in place of what it said of the same.
fn add(schema: &mut Value, more: Value) {
    if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
        schema.extend(more);
    }
}
