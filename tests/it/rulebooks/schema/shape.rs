//! The schema as a file: committed, of draft 4, complete, and explaining itself.

use std::path::Path;

use featurebase_bouncer::demo::STARTER_RULES;
use featurebase_bouncer::rules::schema::FOLDER_FILE;

use super::*;

fn rules_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

#[test]
fn the_committed_schema_is_what_the_program_writes() {
    let committed = std::fs::read_to_string(rules_folder().join(FOLDER_FILE)).unwrap();
    assert!(
        committed == document(),
        "rules/{FOLDER_FILE} is not up to date: cargo run -- schema --write"
    );
}

#[test]
fn every_starter_file_names_the_schema_and_keeps_to_it() {
    let rules = STARTER_RULES
        .iter()
        .filter(|(name, _)| !name.starts_with("lists/"));
    for (name, text) in rules.clone() {
        let first = text.lines().next().unwrap();
        assert_eq!(first, format!("#:schema ./{FOLDER_FILE}"), "rules/{name}");
        assert_eq!(
            schema_errors(&as_json(text)),
            [] as [&str; 0],
            "rules/{name}"
        );
    }
    let files = std::fs::read_dir(rules_folder()).unwrap();
    let toml = |path: &std::path::PathBuf| path.extension().is_some_and(|ext| ext == "toml");
    let count = files
        .map(|entry| entry.unwrap().path())
        .filter(toml)
        .count();
    assert_eq!(
        count,
        rules.count(),
        "every file of rules/ is a starter file"
    );
}

/// Goes through every schema within a schema.
fn each_schema(schema: &Value, place: &str, look: &mut impl FnMut(&Map<String, Value>, &str)) {
    let Some(pairs) = schema.as_object() else {
        return;
    };
    look(pairs, place);
    for (key, value) in pairs {
        let place = format!("{place}/{key}");
        match (key.as_str(), value) {
            ("properties" | "definitions" | "dependencies", Value::Object(inner)) => {
                for (name, schema) in inner {
                    each_schema(schema, &format!("{place}/{name}"), look);
                }
            }
            ("items" | "additionalProperties" | "not", value) => each_schema(value, &place, look),
            ("anyOf" | "allOf" | "oneOf", Value::Array(list)) => {
                for schema in list {
                    each_schema(schema, &place, look);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn it_is_a_schema_of_draft_4_and_uses_nothing_newer() {
    const KNOWN: &[&str] = &[
        "$schema",
        "$ref",
        "title",
        "description",
        "definitions",
        "type",
        "enum",
        "pattern",
        "format",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "items",
        "minItems",
        "maxItems",
        "properties",
        "additionalProperties",
        "required",
        "minProperties",
        "maxProperties",
        "dependencies",
        "anyOf",
        "allOf",
        "oneOf",
        "not",
        "x-taplo",
    ];
    let schema: Value = serde_json::from_str(&document()).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-04/schema#");
    assert!(jsonschema::draft4::meta::is_valid(&schema));
    each_schema(&schema, "", &mut |pairs, place| {
        for key in pairs.keys() {
            assert!(KNOWN.contains(&key.as_str()), "{key} at {place}");
        }
        if let Some(target) = pairs.get("$ref") {
            let target = target.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(schema.pointer(target).is_some(), "{target} at {place}");
        }
    });
}

#[test]
fn every_key_and_condition_has_its_hover_text() {
    let schema: Value = serde_json::from_str(&document()).unwrap();
    each_schema(&schema, "", &mut |pairs, place| {
        // What stands in a condition's own braces is explained with the condition.
        if place.contains("/condition/properties/") {
            return;
        }
        for (name, key) in pairs
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let told = place.contains("dependencies")
                || key["description"]
                    .as_str()
                    .is_some_and(|text| text.len() > 10);
            assert!(told, "{name} at {place}");
        }
    });
    for kind in KINDS {
        let hover = &schema["definitions"]["condition"]["properties"][kind.name]["description"];
        let hover = hover.as_str().unwrap();
        assert!(
            hover.contains(kind.about) && hover.contains(kind.example),
            "{}",
            kind.name
        );
    }
}

#[test]
fn every_key_the_parser_knows_is_in_the_schema() {
    const STRANGE: &str = "xqzxqz = 1";
    let schema: Value = serde_json::from_str(&document()).unwrap();
    let example = schema["definitions"]["example"]["anyOf"][1].clone();
    let fine = "any = [{ words = [\"x\"] }]";
    for (text, place) in [
        (STRANGE.to_owned(), &schema),
        (
            rule(&format!("{fine}\n{STRANGE}")),
            &schema["definitions"]["rule"],
        ),
        (
            rule(&format!("{fine}\nexamples.{STRANGE}")),
            &schema["definitions"]["rule"]["properties"]["examples"],
        ),
        (
            rule(&format!(
                "{fine}\nexamples.match = [{{ text = \"x\", {STRANGE} }}]"
            )),
            &example,
        ),
        (
            format!("[policy]\n{STRANGE}"),
            &schema["properties"]["policy"],
        ),
        (
            format!("[policy]\nprotect.{STRANGE}"),
            &schema["properties"]["policy"]["properties"]["protect"],
        ),
        (
            format!("[policy]\nnever.{STRANGE}"),
            &schema["properties"]["policy"]["properties"]["never"],
        ),
        (
            format!("[policy]\nbrake.{STRANGE}"),
            &schema["properties"]["policy"]["properties"]["brake"],
        ),
    ] {
        let problems = problems_of(&[file("rules.toml", &text)]);
        let known = problems
            .iter()
            .find_map(|problem| problem.help.as_ref()?.strip_prefix("known are: "))
            .unwrap_or_else(|| panic!("{problems:?}"));
        let described = place["properties"].as_object().unwrap();
        for key in known.split(", ") {
            assert!(
                described.contains_key(key),
                "{key} is not in the schema\n{text}"
            );
        }
    }
}
