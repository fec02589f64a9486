//! `bouncer explain`: each code has a section that shows the problem as it really is, each condition is in the reference.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use featurebase_bouncer::problem::pages::{self, Page};
use featurebase_bouncer::problem::{Paint, Problem, render};
use featurebase_bouncer::rules::conditions::KINDS;
use featurebase_bouncer::rules::{RuleFile, load, reference};
use featurebase_bouncer::time::Timestamp;

/// Codes about rule files whose problem cannot be shown in a few lines: it takes a very long list or file, many files, bytes
/// that are no text, or a folder.
const NOT_SHOWN: &[&str] = &[
    "broken-link",
    "costly-rule",
    "entry-too-long",
    "list-not-found",
    "unused-list",
    "files-changing",
    "folder-too-deep",
    "folder-too-large",
    "link-loop",
    "name-not-utf8",
    "not-a-file",
    "reading-failed",
    "file-too-large",
    "file-unreadable",
    "list-too-large",
    "not-utf8",
    "pattern-too-long",
    "phrase-too-long",
    "rules-unreadable",
    "second-policy",
    "too-many-files",
    "too-many-rules",
];

fn says(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bouncer"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A piece of a rule file as a whole one: lines without a heading are put in a rule that has what they lack.
fn whole_file(piece: &str) -> String {
    const WHOLE: &str = "[[rule]]\nid = \"shown/rule\"\nwhy = \"For a test\"\nstage = \"observe\"\nthen = \"flag\"\nany = [{ words = [\"x\"] }]\n";
    if piece.starts_with('#') || piece.starts_with("[[rule]]") || piece.starts_with("[rule]") {
        return piece.to_owned();
    }
    if piece.lines().any(|line| line.starts_with('[')) {
        return format!("{WHOLE}\n{piece}");
    }
    let has = |key: &str| {
        let begins = |line: &str| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        piece.lines().any(begins)
    };
    let conditions = has("all") || has("any");
    let lacking: Vec<&str> = WHOLE
        .lines()
        .filter(|line| !line.split(' ').next().is_some_and(has))
        .filter(|line| !(conditions && line.starts_with("any")))
        .collect();
    format!("{}\n{piece}\n", lacking.join("\n"))
}

fn problems_of(text: &str) -> Vec<Problem> {
    let file = RuleFile {
        name: "rules.toml".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    match load(&[file]) {
        Ok(book) => {
            let day = Timestamp::parse("2026-11-23T00:00:00Z").unwrap();
            let thoughts = book.second_thoughts().into_iter();
            let told = book.warnings().iter().cloned().chain(thoughts);
            told.chain(book.expiries(day)).collect()
        }
        Err(problems) => problems,
    }
}

/// Sections about rule files that can be tried.
fn shown_pages() -> Vec<Page> {
    let about_rules = |page: &Page| page.group.starts_with("Rule files");
    pages::all()
        .into_iter()
        .filter(|page| about_rules(page) && !NOT_SHOWN.contains(&page.code))
        .collect()
}

#[test]
fn every_section_says_what_is_wrong_and_shows_a_before_and_an_after() {
    let pages = pages::all();
    assert!(pages.len() > 50);
    for page in &pages {
        let (Some(before), Some(after)) = (&page.before, &page.after) else {
            panic!("{} lacks its Before or its After", page.code);
        };
        assert!(
            page.about.len() > 20 && page.about.ends_with('.'),
            "{}",
            page.code
        );
        assert!(
            !before.text.is_empty() && !after.text.is_empty(),
            "{}",
            page.code
        );
        assert!(before.text != after.text, "{}", page.code);
        assert!(
            ["toml", "text", "sh"].contains(&before.form),
            "{}",
            page.code
        );
    }
    let codes: BTreeSet<&str> = pages.iter().map(|page| page.code).collect();
    assert_eq!(codes.len(), pages.len(), "a code has two sections");
    for code in NOT_SHOWN {
        assert!(
            codes.contains(code),
            "{code} is gone: take it out of NOT_SHOWN"
        );
    }
}

#[test]
fn every_before_has_the_problem_it_is_about() {
    let shown = shown_pages();
    assert!(shown.len() > 30);
    for page in shown {
        let text = whole_file(&page.before.unwrap().text);
        let problems = problems_of(&text);
        assert!(
            problems.iter().any(|problem| problem.code == page.code),
            "{}: {}\n{text}",
            page.code,
            render(&problems, Paint::Plain)
        );
    }
}

#[test]
fn every_after_loads_without_it() {
    for page in shown_pages() {
        let text = whole_file(&page.after.unwrap().text);
        let problems = problems_of(&text);
        let bad = |problem: &Problem| problem.is_error() || problem.code == page.code;
        assert!(
            !problems.iter().any(bad),
            "{}: {}\n{text}",
            page.code,
            render(&problems, Paint::Plain)
        );
    }
}

#[test]
fn a_code_is_explained_in_plain_text() {
    let told = says(&["explain", "bounds-crossed"]);
    insta::assert_snapshot!(printed(&told), @r#"
    bounds-crossed
    Nothing is at least 10 and at most 3. Exchange the numbers.

    Before
        any = [{ links = { at_least = 10, at_most = 3 } }]

    After
        any = [{ links = { at_least = 3, at_most = 10 } }]
    "#);
    for asked in [
        "error[bounds-crossed]",
        "[bounds-crossed]",
        "Bounds_Crossed",
    ] {
        assert_eq!(
            printed(&says(&["explain", asked])),
            printed(&told),
            "{asked}"
        );
    }
}

#[test]
fn no_marks_of_markdown_are_printed() {
    for page in pages::all() {
        let told = printed(&says(&["explain", page.code]));
        assert!(
            !told.contains("](") && !told.contains("```") && !told.contains("**"),
            "{told}"
        );
    }
}

#[test]
fn a_condition_is_explained_too() {
    insta::assert_snapshot!(printed(&says(&["explain", "words"])), @r#"
    words
    The message contains one of these words or phrases, as whole words.

    Written
        { words = ["guest post", "backlinks"] }

    Fires on
        "Do you accept a guest post?"

    Not on
        "The guest left a post."
    "#);
    let data: serde_json::Value =
        serde_json::from_str(&printed(&says(&["explain", "words", "--json"]))).unwrap();
    assert_eq!(data["name"], "words");
}

#[test]
fn an_unknown_code_is_answered_with_the_nearest() {
    let told = says(&["explain", "unknwon-key"]);
    assert_eq!(told.status.code(), Some(2));
    insta::assert_snapshot!(complained(&told), @r#"
    unknwon-key is neither a problem's code nor a condition; did you mean unknown-key?
    "#);
    let told = says(&["explain", "something quite else"]);
    insta::assert_snapshot!(complained(&told), @r#"
    something quite else is neither a problem's code nor a condition; `bouncer explain` lists all codes, `bouncer explain conditions` all conditions
    "#);
}

#[test]
fn without_a_code_all_are_listed_with_a_line_each() {
    let told = printed(&says(&["explain"]));
    for page in pages::all() {
        let lines = told
            .lines()
            .filter(|line| line.trim_start().split(' ').next() == Some(page.code));
        assert_eq!(lines.count(), 1, "{}\n{told}", page.code);
        assert!(told.contains(page.group));
    }
    let data: serde_json::Value =
        serde_json::from_str(&printed(&says(&["explain", "--json"]))).unwrap();
    assert_eq!(data.as_array().unwrap().len(), pages::all().len());
    assert!(data[0]["before"]["text"].is_string());
}

#[test]
fn problems_end_with_where_more_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.toml");
    let path = file.display().to_string();
    std::fs::write(&file, whole_file("stage = \"enforced\"")).unwrap();
    let told = complained(&says(&["check", &path]));
    assert!(told.contains("`bouncer explain unknown-word`"), "{told}");
    std::fs::write(&file, whole_file("stage = \"enforced\"\nowner = 5")).unwrap();
    let told = complained(&says(&["check", &path]));
    assert_eq!(told.matches("bouncer explain").count(), 1, "{told}");
    assert!(told.contains("`bouncer explain CODE`"), "{told}");
}

#[test]
fn the_reference_of_conditions_is_up_to_date_and_complete() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conditions.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page == reference::markdown(),
        "docs/conditions.md is not up to date: cargo run -- explain conditions --markdown > docs/conditions.md"
    );
    assert_eq!(
        page,
        printed(&says(&["explain", "conditions", "--markdown"]))
    );
    let entries = reference::all();
    assert_eq!(entries.len(), KINDS.len());
    for kind in KINDS {
        let entry = reference::about(kind.name).unwrap();
        assert_ne!(
            entry.group, "Others",
            "{} has no group in rules/reference.rs",
            kind.name
        );
        assert!(page.contains(&format!("\n### {}\n", kind.name)));
    }
}

#[test]
fn the_schema_is_printed_and_written_into_the_folder_of_rules() {
    let folder = tempfile::tempdir().unwrap();
    let written = Command::new(env!("CARGO_BIN_EXE_bouncer"))
        .args(["schema", "--write"])
        .env("BOUNCER_RULES_DIR", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(written.status.success(), "{}", complained(&written));
    let file = std::fs::read_to_string(folder.path().join(".schema/rules.json")).unwrap();
    assert_eq!(file, featurebase_bouncer::rules::schema::document());
    assert_eq!(printed(&says(&["schema"])), file);
}
