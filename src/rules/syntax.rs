//! What the TOML parser says, in the words of people who do not program. A slip seen in the line itself is told rather
//! than what the parser stumbled over.

mod brackets;
mod line;
mod signs;
mod told;
mod whole;

use std::collections::HashSet;
use std::ops::Range;

use super::source::Source;
use crate::problem::Problem;

/// Most syntax errors told of one file.
const MAX_SYNTAX: usize = 20;

/// Where the parser stumbled.
struct Stumble<'a> {
    /// What it says.
    told: &'a str,
    text: &'a str,
    span: Range<usize>,
    /// What it says it of.
    found: &'a str,
    line: &'a str,
    line_start: usize,
}

/// What is wrong, as staff read it.
struct Slip {
    code: &'static str,
    message: String,
    help: String,
    /// Where, if not where the parser stumbled.
    span: Option<Range<usize>>,
}

impl Slip {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: "toml-syntax",
            message: message.into(),
            help: help.into(),
            span: None,
        }
    }

    /// It stands at `at`, and is as long as `sign`.
    fn at(mut self, at: usize, sign: char) -> Self {
        self.span = Some(at..at + sign.len_utf8());
        self
    }
}

impl<'a> Stumble<'a> {
    fn of(text: &'a str, error: &'a toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        let at = text.floor_char_boundary(span.start);
        let line_start = text
            .get(..at)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |newline| newline + 1);
        let rest = text.get(line_start..).unwrap_or_default();
        Self {
            told: error.message(),
            text,
            found: text.get(span.clone()).unwrap_or_default(),
            line: rest.lines().next().unwrap_or_default(),
            line_start,
            span,
        }
    }

    /// The line up to where the parser stumbled.
    fn before(&self) -> &'a str {
        self.line
            .get(..self.span.start.saturating_sub(self.line_start))
            .unwrap_or(self.line)
    }

    /// The line from there on.
    fn after(&self) -> &'a str {
        self.line
            .get(self.span.start.saturating_sub(self.line_start)..)
            .unwrap_or_default()
    }

    fn slip(&self) -> Slip {
        signs::slip(self)
            .or_else(|| line::slip(self))
            .or_else(|| brackets::slip(self))
            .or_else(|| told::slip(self))
            .unwrap_or_else(|| {
                Slip::new(
                    self.told.trim().replace('\n', ", "),
                    "texts stand in \"quotes\", lists in [brackets] with commas between, one `key = value` a line",
                )
            })
    }
}

/// What is wrong with a file in which the parser stumbled.
pub(super) fn problems(source: Source<'_>, errors: &[toml::de::Error]) -> Vec<Problem> {
    let problem = |slip: Slip, span: Range<usize>| {
        Problem::error(slip.code, slip.message)
            .at(source.place(&slip.span.unwrap_or(span)))
            .help(slip.help)
    };
    if errors.is_empty() {
        return Vec::new();
    }
    if let Some(slip) = whole::slip(source.text) {
        return vec![problem(slip, 0..1)];
    }
    let mut problems: Vec<Problem> = Vec::new();
    // One slip often makes several errors in its line: the first says it best.
    let mut lines = HashSet::new();
    let mut repeats = line::Repeats::default();
    // A text that does not end swallows the brackets after it.
    let endless = |error: &&toml::de::Error| error.message().starts_with("invalid multi-line");
    let errors = match errors.iter().find(endless) {
        Some(error) => std::slice::from_ref(error),
        None => errors,
    };
    for error in errors {
        let stumble = Stumble::of(source.text, error);
        let Some(slip) = repeats.slip(&stumble) else {
            continue;
        };
        let problem = problem(slip, stumble.span);
        if lines.insert(problem.place.as_ref().map(|place| place.line)) {
            problems.push(problem);
        }
        if problems.len() == MAX_SYNTAX {
            break;
        }
    }
    problems
}
