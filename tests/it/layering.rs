//! Who may know whom, and what stands in one place only: read off the sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const NOUNS: &[&str] = &[
    "time",
    "message",
    "decision",
    "fingerprint",
    "problem",
    "seal",
];

/// Each room, and the rooms it may know besides the nouns.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("message", &[]),
    ("decision", &[]),
    ("fingerprint", &[]),
    ("problem", &[]),
    ("seal", &[]),
    ("telemetry", &[]),
    ("alerts", &["store", "telemetry"]),
    ("config", &["alerts", "store", "telemetry"]),
    ("payload", &[]),
    ("rules", &[]),
    ("proof", &[]),
    ("store", &["proof"]),
    ("notary", &["proof", "store"]),
    ("featurebase", &["store"]),
    ("rulewatch", &["rules", "store", "telemetry"]),
    ("webhook", &["payload", "store", "telemetry"]),
    (
        "worker",
        &["payload", "rules", "store", "featurebase", "telemetry"],
    ),
    ("lookout", &["payload", "store", "featurebase", "telemetry"]),
    ("desk", &["payload", "proof", "rules", "store"]),
    (
        "doctor",
        &[
            "config",
            "featurebase",
            "lookout",
            "rules",
            "rulewatch",
            "store",
        ],
    ),
    (
        "server",
        &[
            "alerts",
            "config",
            "featurebase",
            "lookout",
            "notary",
            "rules",
            "rulewatch",
            "store",
            "telemetry",
            "webhook",
            "worker",
        ],
    ),
    ("sandbox", &[]),
    ("demo", &["config", "desk", "sandbox", "server", "store"]),
    (
        "drill",
        &[
            "alerts", "config", "rules", "sandbox", "server", "store", "worker",
        ],
    ),
    (
        "cli",
        &[
            "alerts",
            "config",
            "demo",
            "desk",
            "drill",
            "doctor",
            "featurebase",
            "lookout",
            "notary",
            "payload",
            "proof",
            "rules",
            "rulewatch",
            "sandbox",
            "server",
            "store",
            "telemetry",
        ],
    ),
];

/// Crates a room must not touch.
const MUST_NOT_USE: &[(&str, &[&str])] = &[
    (
        "rules",
        &[
            "tokio",
            "axum",
            "reqwest",
            "sqlx",
            "hyper",
            "tracing",
            "std::fs",
            "std::net",
            "std::time::Instant",
        ],
    ),
    ("payload", &["tokio", "axum", "reqwest", "sqlx", "std::fs"]),
    (
        "proof",
        &[
            "tokio", "axum", "reqwest", "sqlx", "tracing", "std::fs", "std::net",
        ],
    ),
    (
        "seal",
        &[
            "tokio", "axum", "reqwest", "sqlx", "tracing", "std::fs", "std::net",
        ],
    ),
    ("store", &["axum", "reqwest", "hyper"]),
    ("desk", &["axum", "reqwest", "hyper", "sqlx", "std::fs"]),
];

/// Words that may stand only in some files.
const MONOPOLIES: &[(&str, &[&str])] = &[
    ("sqlx::", &["store.rs", "store/"]),
    ("SELECT ", &["store.rs", "store/"]),
    ("env::var", &["config.rs"]),
    ("Timestamp::now(", &["time.rs"]),
    ("SystemTime::now", &["time.rs"]),
    (
        "bodyHtml",
        &[
            "payload.rs",
            "payload/",
            "featurebase.rs",
            "sandbox.rs",
            "sandbox/",
        ],
    ),
    (
        "isBlocked",
        &[
            "payload.rs",
            "payload/",
            "featurebase.rs",
            "sandbox.rs",
            "sandbox/",
        ],
    ),
    (
        "conversation_part",
        &[
            "payload.rs",
            "payload/",
            "featurebase.rs",
            "featurebase/webhooks.rs",
            "sandbox.rs",
            "sandbox/",
        ],
    ),
    (
        "tokio::spawn",
        &[
            "server.rs",
            "server/",
            "worker.rs",
            "worker/",
            "sandbox.rs",
            "sandbox/",
        ],
    ),
    (
        ".spawn(",
        &[
            "desk/past/crew.rs",
            "server.rs",
            "server/",
            "worker.rs",
            "worker/",
            "sandbox.rs",
            "sandbox/",
        ],
    ),
    ("println!", &[]),
    ("stdout()", &["cli.rs", "cli/", "demo/view.rs"]),
    ("cfg(test)", &[]),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found
        .into_iter()
        .map(|path| {
            (
                path.strip_prefix(&root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}

fn room_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The code without comments.
fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n")
}

/// Rooms named as `crate::room` or within `crate::{...}`.
fn rooms_named(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => list
                .split('}')
                .next()
                .unwrap()
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
            None => vec![rest.to_owned()],
        };
        for name in names {
            let room: String = name
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            rooms.push(room);
        }
    }
    rooms
}

#[test]
fn every_room_knows_only_whom_it_may_know() {
    let may_know: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    for (file, text) in sources() {
        let room = room_of(&file).to_owned();
        if room == "lib" || room == "main" {
            continue;
        }
        let allowed = may_know.get(room.as_str()).unwrap_or_else(|| {
            panic!("src/{file} is in no room: add it to MAY_KNOW and to ARCHITECTURE.md")
        });
        for named in rooms_named(&code(&text)) {
            let is_room = may_know.contains_key(named.as_str());
            let known = named == room
                || allowed.contains(&named.as_str())
                || NOUNS.contains(&named.as_str());
            assert!(
                !is_room || known,
                "src/{file}: `{room}` must not know `{named}`"
            );
        }
    }
}

#[test]
fn rooms_keep_away_from_what_is_not_theirs() {
    for (file, text) in sources() {
        for (room, crates) in MUST_NOT_USE
            .iter()
            .filter(|(room, _)| *room == room_of(&file))
        {
            for name in *crates {
                assert!(
                    !code(&text).contains(&format!("{name}::")),
                    "src/{file}: `{room}` must not use {name}"
                );
            }
        }
    }
}

#[test]
fn what_stands_in_one_place_stands_nowhere_else() {
    for (file, text) in sources() {
        for (word, places) in MONOPOLIES {
            let allowed = places
                .iter()
                .any(|place| file == *place || (place.ends_with('/') && file.starts_with(place)));
            assert!(
                allowed || !code(&text).contains(word),
                "src/{file} holds `{word}`, which may stand only in {places:?}"
            );
        }
    }
}

#[test]
fn no_file_has_grown_beyond_reading() {
    for (file, text) in sources() {
        assert!(
            text.lines().count() <= 400,
            "src/{file} has {} lines",
            text.lines().count()
        );
        assert!(
            !file.ends_with("mod.rs") && !file.contains("utils"),
            "src/{file}"
        );
    }
}

#[test]
fn the_architecture_page_names_every_room() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md"))
            .unwrap();
    for (room, _) in MAY_KNOW {
        assert!(
            page.contains(&format!("`{room}`")),
            "ARCHITECTURE.md does not name `{room}`"
        );
    }
}

#[test]
fn every_problem_code_has_its_page_and_every_page_its_code() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/problems.md"))
            .unwrap();
    let pattern = regex::Regex::new(
        r#"(?:error|warning|unknown_word)\(\s*(?:rule,\s*|mine,\s*)?"([a-z0-9]+(?:-[a-z0-9]+)+)""#,
    )
    .unwrap();
    let mut codes = std::collections::BTreeSet::new();
    for (file, text) in sources() {
        if matches!(room_of(&file), "rules" | "config" | "rulewatch" | "desk") {
            codes.extend(
                pattern
                    .captures_iter(&code(&text))
                    .map(|found| found[1].to_owned()),
            );
        }
    }
    assert!(codes.len() > 40, "{codes:?}");
    let told: std::collections::BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(str::to_owned)
        .collect();
    assert_eq!(codes, told);
}
