//! What is wrong with something a person wrote, told so that they can mend it.

pub mod pages;

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::{Deserialize, Serialize};

crate::vocabulary! {
    /// Whether a problem refuses the files or only asks for a second look.
    Severity {
        Error = "error",
        Warning = "warning",
    }
}

/// Longest piece of a line that is shown around a problem, in bytes.
const EXCERPT: usize = 240;

/// Where a problem stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The line, or the part of it around the problem.
    pub excerpt: String,
    /// What to underline: bytes of `excerpt`.
    pub underline: Range<usize>,
}

impl Place {
    /// The place of `span` (bytes) in `text`, the content of `file`.
    #[must_use]
    pub fn find(file: &str, text: &str, span: &Range<usize>) -> Self {
        let start = floor_boundary(text, span.start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(line_start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let within = start - line_start;
        let from = floor_boundary(line, within.saturating_sub(EXCERPT / 2));
        let to = floor_boundary(line, (from + EXCERPT).min(line.len()));
        let excerpt = line.get(from..to).unwrap_or_default();
        let first = floor_boundary(excerpt, within.saturating_sub(from));
        let length = span.end.saturating_sub(span.start).max(1);
        let last = ceil_boundary(excerpt, (first + length).min(excerpt.len()));
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: text
                .get(line_start..start)
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
            excerpt: excerpt.replace(['\0', '\u{1b}'], "?"),
            underline: first..last,
        }
    }

    /// A file as a whole.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: 1,
            column: 1,
            excerpt: String::new(),
            underline: 0..0,
        }
    }
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// One thing that is wrong: what, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable, kebab-case; documented in `docs/problems.md`.
    pub code: String,
    pub severity: Severity,
    pub message: String,
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity: Severity::Error,
            message: message.into(),
            place: None,
            help: None,
        }
    }

    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// One line for a log or an audit row.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = String::new();
        if let Some(place) = &self.place {
            let _ = write!(line, "{}:{}:{}: ", place.file, place.line, place.column);
        }
        let _ = write!(line, "{} [{}]", self.message, self.code);
        line
    }
}

/// Whether text for a terminal is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Coloured,
}

/// Problems as people read them: each with its place underlined and its remedy.
#[must_use]
pub fn render(problems: &[Problem], paint: Paint) -> String {
    let renderer = match paint {
        Paint::Plain => Renderer::plain(),
        Paint::Coloured => Renderer::styled(),
    };
    let mut out = String::new();
    for problem in problems {
        out.push_str(&render_one(problem, &renderer));
        out.push_str("\n\n");
    }
    out.truncate(out.trim_end().len());
    out
}

fn render_one(problem: &Problem, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(problem.message.as_str())
        .id(problem.code.as_str());
    let mut group = annotate_snippets::Group::with_title(title);
    if let Some(place) = &problem.place {
        group = if place.excerpt.is_empty() {
            group.element(annotate_snippets::Origin::path(place.file.as_str()).line(place.line))
        } else {
            group.element(
                Snippet::source(place.excerpt.as_str())
                    .line_start(place.line)
                    .path(place.file.as_str())
                    .annotation(AnnotationKind::Primary.span(place.underline.clone())),
            )
        };
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The nearest of `known` to a misspelt word, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|candidate| {
            let plain = candidate.to_lowercase().replace('-', "_");
            (strsim::damerau_levenshtein(&word, &plain), candidate)
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
