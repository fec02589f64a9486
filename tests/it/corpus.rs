//! The rules that come with the program, on messages people wrote.

use featurebase_bouncer::decision::Stage;
use featurebase_bouncer::demo::STARTER_RULES;
use featurebase_bouncer::problem::{Paint, render};
use featurebase_bouncer::rules::examples::Example;
use featurebase_bouncer::rules::{RuleFile, Rulebook, load};

fn starter() -> Rulebook {
    let files: Vec<RuleFile> = STARTER_RULES
        .iter()
        .map(|(name, text)| RuleFile {
            name: (*name).to_owned(),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    load(&files).unwrap_or_else(|problems| panic!("{}", render(&problems, Paint::Plain)))
}

/// The messages of a corpus: one a line; empty lines and `#` comments do not count.
fn corpus(name: &str) -> Vec<String> {
    let path = format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let messages: Vec<String> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    assert!(
        messages.len() >= 50,
        "{name} holds {} messages",
        messages.len()
    );
    messages
}

/// The rules in stage hold or enforce that fire on a lead's first message.
fn fired(book: &Rulebook, text: &str) -> Vec<String> {
    let example = Example::of_text(text);
    let decision = book.judge(&example.message, &example.facts_for(book.wanted()));
    decision
        .findings
        .into_iter()
        .filter(|finding| finding.stage != Stage::Observe)
        .map(|finding| finding.rule.0)
        .collect()
}

#[test]
fn no_starter_rule_that_can_act_fires_on_an_ordinary_message() {
    let book = starter();
    let wrong: Vec<String> = corpus("ordinary.txt")
        .iter()
        .filter_map(|text| {
            let rules = fired(&book, text);
            (!rules.is_empty()).then(|| format!("{}: {text}", rules.join(", ")))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn starter_rules_fire_on_seven_of_ten_spam_messages() {
    let book = starter();
    let spam = corpus("spam.txt");
    let missed: Vec<&String> = spam
        .iter()
        .filter(|text| fired(&book, text).is_empty())
        .collect();
    assert!(
        missed.len() * 10 <= spam.len() * 3,
        "{} of {} missed: {missed:#?}",
        missed.len(),
        spam.len()
    );
}

#[test]
fn the_starter_rules_load_without_a_warning() {
    let book = starter();
    assert!(
        book.warnings().is_empty(),
        "{}",
        render(book.warnings(), Paint::Plain)
    );
    assert!(book.rules().len() >= 10);
}

#[test]
fn the_starter_rules_are_the_files_on_disk() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut on_disk: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    on_disk.sort();
    let built_in: Vec<(String, String)> = STARTER_RULES
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    assert_eq!(built_in, on_disk);
}

#[test]
fn every_starter_rule_shows_what_it_fires_on_and_what_not() {
    for (name, text) in STARTER_RULES {
        let rules = text.matches("[[rule]]").count();
        for key in ["examples.match", "examples.pass"] {
            assert_eq!(text.matches(key).count(), rules, "{name}: {key}");
        }
    }
}
