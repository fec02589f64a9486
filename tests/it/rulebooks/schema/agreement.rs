//! Schema and parser on files that are right, misspelt, or of wrong types.

use super::*;

#[test]
fn the_schema_takes_what_the_parser_takes() {
    for file in valid_files() {
        let text = as_toml(&file);
        assert_eq!(parser_codes(&text), [] as [&str; 0], "{text}");
        assert_eq!(schema_errors(&file), [] as [&str; 0], "{text}");
    }
    // A condition that never holds yet has nothing it fires on.
    for kind in KINDS.iter().filter(|kind| !kind.fires.is_empty()) {
        let examples = format!(
            "all = [{}]\nexamples.match = [{}]\nexamples.pass = [{}]",
            kind.example, kind.fires, kind.passes
        );
        let file = as_json(&rule(&examples));
        assert_eq!(schema_errors(&file), [] as [&str; 0], "{}", kind.name);
    }
}

#[test]
fn a_misspelt_key_is_refused_by_both() {
    let mut refused = 0;
    for file in valid_files() {
        for path in paths(&file) {
            let (parent, key) = path.rsplit_once('/').unwrap();
            if file
                .pointer(parent)
                .is_none_or(|parent| !parent.is_object())
            {
                continue;
            }
            for other in misspelt(key) {
                let mut file = file.clone();
                let table = file.pointer_mut(parent).unwrap().as_object_mut().unwrap();
                let value = table.remove(key).unwrap();
                table.insert(other.clone(), value);
                agree(&file);
                // Names of a sender's attributes are free.
                let free = parent.ends_with("sender_attributes");
                assert!(
                    free || !schema_errors(&file).is_empty(),
                    "{path} as {other}"
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}

#[test]
fn a_misspelt_word_is_refused_by_both_where_only_some_words_may_stand() {
    let schema: Value = serde_json::from_str(&document()).unwrap();
    let mut words = Vec::new();
    collect_words(&schema, &mut words);
    assert!(words.iter().any(|word| word == "enforce"), "{words:?}");
    let mut met = 0;
    for (place, file) in closed_places() {
        for word in &words {
            let with = |word: &str| {
                let mut file = file.clone();
                *file.pointer_mut(&place).unwrap() = json!(word);
                file
            };
            if !parser_codes(&as_toml(&with(word))).is_empty() {
                continue;
            }
            for other in misspelt(word)
                .into_iter()
                .filter(|other| !words.contains(other))
            {
                let file = with(&other);
                let text = as_toml(&file);
                assert!(!parser_codes(&text).is_empty(), "{text}");
                assert!(!schema_errors(&file).is_empty(), "{text}");
                met += 1;
            }
        }
    }
    assert!(met > 100, "{met}");
}

/// Where only words of a vocabulary may stand.
fn closed_places() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for file in valid_files() {
        for path in paths(&file) {
            if !file.pointer(&path).is_some_and(Value::is_string) {
                continue;
            }
            let mut another = file.clone();
            *another.pointer_mut(&path).unwrap() = json!("quite another word");
            let codes = parser_codes(&as_toml(&another));
            if codes.contains(&"unknown-word".to_owned()) {
                found.push((path, file.clone()));
            }
        }
    }
    found
}

fn collect_words(schema: &Value, words: &mut Vec<String>) {
    match schema {
        Value::Object(pairs) => {
            if let Some(list) = pairs.get("enum").and_then(Value::as_array) {
                words.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            pairs.values().for_each(|value| collect_words(value, words));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_words(value, words)),
        _ => {}
    }
    words.sort();
    words.dedup();
}

#[test]
fn a_value_of_another_type_is_refused_by_both() {
    let others = [
        json!(5),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(5.0),
        json!(true),
        json!("x"),
        json!(""),
        json!(" "),
        json!("0m"),
        json!("10 m"),
        json!([]),
        json!(["x"]),
        json!([5]),
        json!([""]),
        json!({}),
        json!({ "x": 1 }),
        json!([{}]),
        json!([{ "words": ["x"], "sender": ["lead"] }]),
    ];
    for file in valid_files() {
        for path in paths(&file) {
            for other in &others {
                let mut file = file.clone();
                *file.pointer_mut(&path).unwrap() = other.clone();
                agree(&file);
            }
        }
    }
}

#[test]
fn a_key_left_out_is_missed_by_both() {
    for file in valid_files() {
        for path in paths(&file) {
            let (parent, key) = path.rsplit_once('/').unwrap();
            let mut file = file.clone();
            if let Some(table) = file.pointer_mut(parent).and_then(Value::as_object_mut) {
                table.remove(key);
                // That `then = "points"` needs `points` a schema says only in ways some editors stumble over.
                if key != "points" {
                    agree(&file);
                }
            }
        }
    }
}

#[test]
fn what_is_described_ahead_of_the_parser_is_described_rightly() {
    let signal = "[[signal]]\nid = \"crypto-words\"\nwhy = \"Talk of coins\"\nany = [{ words = [\"bitcoin\"] }]\nunless = [{ answered_before = true }]\n";
    for (lines, right) in [
        ("expires = 2027-01-31", true),
        ("expires = \"2027-01-31\"", true),
        ("expires = \"31.01.2027\"", false),
        ("expires = 2027", false),
        ("block_for = \"30d\"", true),
        ("block_for = \"a month\"", false),
        ("block_for = 30", false),
        ("also = [\"redact\", \"close\", \"note\", \"notify\"]", true),
        ("also = [\"redac\"]", false),
        ("also = []", false),
        ("unless = [{ signal = \"crypto-words\" }]", true),
        ("unless = [{ signal = [\"crypto-words\"] }]", false),
        ("unless = [{ signal = \"Crypto Words\" }]", false),
    ] {
        let text = format!(
            "{signal}\n{}",
            rule(&format!("any = [{{ words = [\"x\"] }}]\n{lines}"))
        );
        let text = text.replace("then = \"flag\"", "then = \"block\"");
        let file = as_json(&text);
        assert_eq!(schema_errors(&file).is_empty(), right, "{text}");
        let codes = parser_codes(&text);
        let known = !codes
            .iter()
            .any(|code| code == "unknown-key" || code == "unknown-condition");
        assert!(!known || codes.is_empty() == right, "{codes:?}\n{text}");
    }
}
