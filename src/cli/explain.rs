//! `bouncer explain`: what a problem's code means, and what a condition does.

use std::process::ExitCode;

use super::FAILED;
use super::args::Explain;
use super::out::{Out, answer_paint, complain, heading, say, wrap};
use crate::problem::pages::{self, Page, Shown};
use crate::problem::{Paint, nearest};
use crate::rules::reference::{self, Entry};

/// What stands for all conditions.
const CONDITIONS: &str = "conditions";

pub(super) fn explain(options: &Explain, out: Out) -> ExitCode {
    let Some(asked) = &options.what else {
        return every_code(out);
    };
    let word = plain(asked);
    if word == CONDITIONS {
        return every_condition(options, out);
    }
    if let Some(page) = pages::about(&word.replace('_', "-")) {
        out.answer(&page, page_lines(&page, answer_paint()));
        return ExitCode::SUCCESS;
    }
    if let Some(entry) = reference::about(&word.replace('-', "_")) {
        out.answer(&entry, entry_lines(&entry, answer_paint()));
        return ExitCode::SUCCESS;
    }
    complain(&unknown(&word));
    ExitCode::from(FAILED)
}

/// The code out of what was copied from a message, such as `error[unknown-key]`.
fn plain(asked: &str) -> String {
    let inner = asked
        .split_once('[')
        .and_then(|(_, rest)| rest.split(']').next())
        .unwrap_or(asked);
    inner.trim().trim_matches('`').to_lowercase()
}

fn unknown(word: &str) -> String {
    let pages = pages::all();
    let entries = reference::all();
    let known = pages
        .iter()
        .map(|page| page.code)
        .chain(entries.iter().map(|entry| entry.name))
        .chain([CONDITIONS]);
    let remedy = match nearest(word, known) {
        Some(near) => format!("did you mean {near}?"),
        None => format!(
            "`bouncer explain` lists all codes, `bouncer explain {CONDITIONS}` all conditions"
        ),
    };
    format!("{word} is neither a problem's code nor a condition; {remedy}")
}

fn every_code(out: Out) -> ExitCode {
    let pages = pages::all();
    let paint = answer_paint();
    let mut lines = Vec::new();
    let width = pages.iter().map(|page| page.code.len()).max().unwrap_or(0);
    let mut group = "";
    for page in &pages {
        if page.group != group {
            group = page.group;
            lines.extend([String::new(), heading(group, paint)]);
        }
        let first = text_of(page.first_sentence());
        lines.push(format!("  {:<width$}  {first}", page.code));
    }
    lines.extend([
        String::new(),
        format!("`bouncer explain CODE` says more; `bouncer explain {CONDITIONS}` lists all conditions of rules."),
    ]);
    out.answer(&pages, lines.into_iter().skip(1));
    ExitCode::SUCCESS
}

fn every_condition(options: &Explain, out: Out) -> ExitCode {
    if options.markdown {
        say(reference::markdown().trim_end());
        return ExitCode::SUCCESS;
    }
    let entries = reference::all();
    let paint = answer_paint();
    let mut lines = Vec::new();
    let mut group = "";
    for entry in &entries {
        if entry.group != group {
            group = entry.group;
            lines.extend([String::new(), heading(group, paint)]);
        }
        lines.push(format!("  {}", entry.written));
        lines.extend(wrap(entry.about, 6));
    }
    lines.extend([
        String::new(),
        "`bouncer explain words` says more about one of them.".to_owned(),
    ]);
    out.answer(&entries, lines.into_iter().skip(1));
    ExitCode::SUCCESS
}

fn page_lines(page: &Page, paint: Paint) -> Vec<String> {
    let mut lines = vec![heading(page.code, paint)];
    lines.extend(wrap(&text_of(&page.about), 0));
    for (title, shown) in [("Before", &page.before), ("After", &page.after)] {
        if let Some(shown) = shown {
            lines.push(String::new());
            lines.extend(shown_lines(title, shown, paint));
        }
    }
    lines
}

fn shown_lines(title: &str, shown: &Shown, paint: Paint) -> Vec<String> {
    let title = heading(title, paint);
    let mut lines = vec![match shown.note {
        Some(note) => format!("{title} ({note})"),
        None => title,
    }];
    lines.extend(
        shown
            .text
            .lines()
            .map(|line| format!("    {line}").trim_end().to_owned()),
    );
    lines
}

fn entry_lines(entry: &Entry, paint: Paint) -> Vec<String> {
    let mut lines = vec![heading(entry.name, paint)];
    lines.extend(wrap(entry.about, 0));
    for (title, text) in [
        ("Written", entry.written),
        ("Fires on", entry.fires),
        ("Not on", entry.passes),
    ] {
        if text.is_empty() {
            continue;
        }
        lines.extend([String::new(), heading(title, paint), format!("    {text}")]);
    }
    lines
}

/// Markdown without its marks: links keep their words, and what is in backticks keeps them, as in every message.
fn text_of(markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = markdown;
    while let Some((before, link)) = rest.split_once('[') {
        let parts = link
            .split_once("](")
            .and_then(|(words, target)| Some((words, target.split_once(')')?.1)));
        let Some((words, after)) = parts else {
            break;
        };
        text.push_str(before);
        text.push_str(words);
        rest = after;
    }
    text.push_str(rest);
    text.replace("**", "")
}
