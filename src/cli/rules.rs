//! `bouncer check` and `bouncer try`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::args::{Check, Try};
use super::out::{Out, complain, complain_of, say};
use super::{FAILED, WANTING};
use crate::config::Config;
use crate::desk::review::review;
use crate::desk::tryout::tryout;
use crate::problem::Problem;
use crate::rules::Rulebook;
use crate::rules::examples::Example;
use crate::rulewatch::folder;
use crate::time::Timestamp;

pub(super) fn check(config: &Config, options: &Check, now: Timestamp, out: Out) -> ExitCode {
    let path = options.path.as_deref().unwrap_or(&config.rules_dir);
    match load(path) {
        Ok(book) => {
            let warnings = review(&book, now);
            if out.json {
                say(&json!({ "ok": true, "rules": book.rules().len(), "digest": book.digest(), "problems": warnings }).to_string());
                return ExitCode::SUCCESS;
            }
            if !warnings.is_empty() {
                complain_of(&warnings);
                complain("");
            }
            if options.read {
                read_aloud(&book);
            }
            say(&format!(
                "{}: {} rules are good ({} warnings), digest {}",
                path.display(),
                book.rules().len(),
                warnings.len(),
                book.digest().short()
            ));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            tell_problems(path, &problems, out);
            ExitCode::from(WANTING)
        }
    }
}

pub(super) fn try_text(config: &Config, options: &Try, out: Out) -> ExitCode {
    let path = options.rules.as_deref().unwrap_or(&config.rules_dir);
    let book = match load(path) {
        Ok(book) => book,
        Err(problems) => {
            tell_problems(path, &problems, out);
            return ExitCode::from(WANTING);
        }
    };
    let trial = tryout(&book, &example(options));
    let lines = match &options.rule {
        None => trial.lines(),
        Some(rule) => {
            if let Some(lines) = trial.lines_about(rule) {
                lines
            } else {
                let near = crate::problem::nearest(
                    rule,
                    book.rules().iter().map(|rule| rule.id.0.as_str()),
                );
                complain(&format!(
                    "there is no rule {rule}{}",
                    near.map(|near| format!("; did you mean {near}?"))
                        .unwrap_or_default()
                ));
                return ExitCode::from(FAILED);
            }
        }
    };
    out.answer(&trial, lines);
    ExitCode::SUCCESS
}

fn example(options: &Try) -> Example {
    let mut example = Example::of_text(&options.text);
    if options.html {
        example.message.html = example.message.markdown.take();
    }
    example.message.from.kind = options.sender;
    example.message.from.email.clone_from(&options.email);
    example.facts.first_message = !options.again;
    example.facts.answered_before = options.answered;
    example
}

pub(super) fn load(path: &Path) -> Result<Rulebook, Vec<Problem>> {
    folder::read(path).load()
}

pub(super) fn tell_problems(path: &Path, problems: &[Problem], out: Out) {
    if out.json {
        say(&json!({ "ok": false, "problems": problems }).to_string());
        return;
    }
    complain_of(problems);
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    complain(&format!(
        "\n{}: {errors} to mend, {} warnings. A running bouncer keeps the rules it has until all is mended.",
        path.display(),
        problems.len() - errors
    ));
}

fn read_aloud(book: &Rulebook) {
    for rule in book.rules() {
        say(&format!(
            "{} ({}:{}) — {}\n    {}.",
            rule.id,
            rule.file,
            rule.line,
            rule.why,
            rule.say()
        ));
    }
    for signal in book.signals() {
        let why = signal.why.as_ref().map(|why| format!(" — {why}"));
        say(&format!(
            "signal {} ({}:{}){}\n    It holds if {}.",
            signal.id,
            signal.file,
            signal.line,
            why.unwrap_or_default(),
            signal.body.say()
        ));
    }
    say("");
}
