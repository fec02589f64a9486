//! Printing. A reader that has gone away, as after `| head`, is no error.

use std::io::Write as _;

use serde::Serialize;

use crate::problem::{Paint, Problem, render};

/// In which form answers are given.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    pub json: bool,
}

impl Out {
    /// The answer as JSON if that was asked for, else as lines.
    pub fn answer<T: Serialize>(self, value: &T, lines: impl IntoIterator<Item = String>) {
        if self.json {
            say(&serde_json::to_string_pretty(value).unwrap_or_default());
            return;
        }
        for line in lines {
            say(&line);
        }
    }
}

/// Prints a line.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line. `false` when nobody reads any more.
pub fn is_heard(line: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}

/// Prints what went wrong.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints problems, each with its place and its remedy, and where more is said about them.
pub fn complain_of(problems: &[Problem]) {
    let paint = paint_on(&std::io::stderr());
    let code = match problems {
        [] => return,
        [only] => only.code.as_str(),
        [first, rest @ ..] if rest.iter().all(|problem| problem.code == first.code) => &first.code,
        _ => "CODE",
    };
    complain(&format!(
        "{}\n\nMore about it, with an example: `bouncer explain {code}`",
        render(problems, paint)
    ));
}

/// Colour for what is printed as an answer.
pub fn answer_paint() -> Paint {
    paint_on(&std::io::stdout())
}

/// Colour on a terminal only.
fn paint_on(to: &impl std::io::IsTerminal) -> Paint {
    if to.is_terminal() {
        Paint::Coloured
    } else {
        Paint::Plain
    }
}

/// A heading: bold where there is colour.
pub fn heading(text: &str, paint: Paint) -> String {
    match paint {
        Paint::Plain => text.to_owned(),
        Paint::Coloured => format!("\u{1b}[1m{text}\u{1b}[0m"),
    }
}

/// Lines of at most 100 characters or so, the first `indent` of them blank. What is in backticks is not taken apart.
pub fn wrap(text: &str, indent: usize) -> Vec<String> {
    const WIDTH: usize = 100;
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let ticks = line.matches('`').count();
        let full = indent + line.chars().count() + 1 + word.chars().count() > WIDTH;
        if full && !line.is_empty() && ticks.is_multiple_of(2) {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
        .into_iter()
        .map(|line| format!("{}{line}", " ".repeat(indent)))
        .collect()
}
