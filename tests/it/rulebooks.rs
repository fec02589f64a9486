//! Rule files: what loads, what is refused and in which words, and what a rulebook makes of messages.

mod combining;
mod conditions;
mod engine;
mod evidence;
mod examples;
mod explaining;
mod hostile;
mod limits;
mod lists;
mod mistakes;
mod order;
mod protections;
mod reviewed;
mod schema;
mod second_thoughts;
mod signals;
mod verdicts;

use featurebase_bouncer::decision::{Decision, Restraint, Stage, Then, Verdict};
use featurebase_bouncer::problem::{Paint, Problem, render};
use featurebase_bouncer::rules::examples::Example;
use featurebase_bouncer::rules::{RuleFile, Rulebook, load};

fn file(name: &str, content: impl AsRef<[u8]>) -> RuleFile {
    RuleFile {
        name: name.to_owned(),
        bytes: content.as_ref().to_vec(),
    }
}

/// The list file that examples of conditions name.
const EXAMPLE_LIST: &str = "lists/example.txt";

fn load_text(text: &str) -> Result<Rulebook, Vec<Problem>> {
    let mut files = vec![file("rules.toml", text)];
    if text.contains("lists/sites.txt") {
        files.push(file("lists/sites.txt", "fiverr.com\n"));
    }
    if text.contains(EXAMPLE_LIST) {
        files.push(file(EXAMPLE_LIST, "# for tests\nguest post\nbacklinks\n"));
    }
    load(&files)
}

/// The rulebook of one file that must load.
fn book(text: &str) -> Rulebook {
    load_text(text).unwrap_or_else(|problems| panic!("{}", render(&problems, Paint::Plain)))
}

/// What a person reads about one file that must be refused.
fn refused(text: &str) -> String {
    refused_file(file("rules.toml", text))
}

fn refused_file(file: RuleFile) -> String {
    render(&problems_of(&[file]), Paint::Plain)
}

/// The problems of files that must be refused.
fn problems_of(files: &[RuleFile]) -> Vec<Problem> {
    let problems = load(files).expect_err("these files are refused");
    assert!(problems.iter().any(Problem::is_error), "{problems:?}");
    problems
}

fn codes_of(files: &[RuleFile]) -> Vec<String> {
    let problems = problems_of(files).into_iter();
    problems.map(|problem| problem.code).collect()
}

/// A rule that flags, with these lines besides its frame.
fn rule(lines: &str) -> String {
    named("test/rule", "enforce", "flag", lines)
}

fn named(id: &str, stage: &str, then: &str, lines: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nwhy = \"For a test\"\nstage = \"{stage}\"\nthen = \"{then}\"\n{lines}\n"
    )
}

/// A rule that fires on the word.
fn on_word(id: &str, stage: &str, then: &str, word: &str) -> String {
    named(
        id,
        stage,
        then,
        &format!("any = [{{ words = [\"{word}\"] }}]"),
    )
}

/// A lead's first message.
fn lead(text: &str) -> Example {
    Example::of_text(text)
}

fn judge(book: &Rulebook, example: &Example) -> Decision {
    book.judge(&example.message, &example.facts_for(book.wanted()))
}

/// Ids of the rules that fire.
fn fired(book: &Rulebook, example: &Example) -> Vec<String> {
    let findings = judge(book, example).findings.into_iter();
    findings.map(|finding| finding.rule.0).collect()
}

/// Whether a rule with this one condition fires.
fn holds(condition: &str, example: &Example) -> bool {
    let book = book(&rule(&format!("all = [{condition}]")));
    !fired(&book, example).is_empty()
}
