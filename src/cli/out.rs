//! Printing. A reader that has gone away, as after `| head`, is no error.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

use crate::problem::Paint;

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

/// Prints what went wrong.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Colour on a terminal only.
pub fn paint() -> Paint {
    if std::io::stderr().is_terminal() {
        Paint::Coloured
    } else {
        Paint::Plain
    }
}
