//! What the TOML parser says, in the words of people who do not program. A slip seen in the line itself is told rather
//! than what the parser stumbled over.

mod brackets;
mod line;
mod signs;
mod told;
mod whole;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

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
    /// Lines of the file before `text`.
    lines_before: usize,
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
    fn of(text: &'a str, lines_before: usize, error: &'a toml::de::Error) -> Self {
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
            lines_before,
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

    /// Whether it is the key of a later line, which a list that does not end has swallowed.
    fn is_of_a_key(&self) -> bool {
        let rest = self.text.get(self.span.end..).unwrap_or_default();
        rest.trim_start_matches([' ', '\t']).starts_with('=')
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

/// The file as a TOML table, without the rules in which the parser stumbled: what is wrong with those is added to
/// `problems`. Rules are read one by one then, so that a bracket missing in one hides nothing of the next. `room` keeps
/// the text of what is left.
pub(super) fn parse<'a>(
    source: Source<'a>,
    room: &'a OnceCell<String>,
    problems: &mut Vec<Problem>,
) -> Option<Spanned<DeTable<'a>>> {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    if errors.is_empty() {
        return Some(table);
    }
    if let Some(slip) = whole::slip(source.text) {
        problems.push(
            Problem::error(slip.code, slip.message)
                .at(source.place(&(0..1)))
                .help(slip.help),
        );
        return None;
    }
    let mut telling = Telling {
        source,
        told: HashSet::new(),
        problems,
    };
    let mut left = String::with_capacity(source.text.len());
    for piece in pieces(source.text) {
        let (_, errors) = DeTable::parse_recoverable(piece);
        if errors.is_empty() {
            left.push_str(piece);
        } else {
            telling.piece(piece, left.len(), &errors);
            // Blanks keep every other place where it is.
            left.extend(
                piece
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        }
    }
    let left = room.get_or_init(|| left);
    let (table, errors) = DeTable::parse_recoverable(left);
    telling.piece(left, 0, &errors);
    Some(table)
}

/// The text from each heading to the next. What has a heading below a rule's, such as `[rule.examples]`, belongs to it.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let name = line.trim_start_matches('[');
        let heading = line.starts_with('[') && name.starts_with(|c: char| c.is_alphabetic());
        if heading && !name.starts_with("rule.") && !name.starts_with("signal.") {
            pieces.extend(text.get(start..at));
            start = at;
        }
        at += line.len();
    }
    pieces.extend(text.get(start..));
    pieces
}

/// Tells what is wrong, once for each line and at most so often.
struct Telling<'p, 'a> {
    source: Source<'a>,
    told: HashSet<usize>,
    problems: &'p mut Vec<Problem>,
}

impl Telling<'_, '_> {
    /// Tells the errors of one piece of the file, which begins at `offset`.
    fn piece(&mut self, text: &str, offset: usize, errors: &[toml::de::Error]) {
        if errors.is_empty() || self.is_full() {
            return;
        }
        let before = self.source.text.get(..offset).unwrap_or_default();
        let lines_before = before.matches('\n').count();
        let mut repeats = line::Repeats::default();
        // A text that does not end swallows the brackets after it, a list that does not end the lines after it.
        let endless = |error: &&toml::de::Error| error.message().starts_with("invalid multi-line");
        let errors = match errors.iter().find(endless) {
            Some(error) => std::slice::from_ref(error),
            None => errors,
        };
        let swallows = !brackets::even(text);
        let mut swallowed = false;
        // The line that was looked at last. One slip often makes several errors in its line: the first says it best.
        let mut seen = 0..0;
        for error in errors {
            if self.is_full() {
                break;
            }
            if error.span().is_some_and(|span| seen.contains(&span.start)) {
                continue;
            }
            let stumble = Stumble::of(text, lines_before, error);
            seen = stumble.line_start..stumble.line_start + stumble.line.len() + 1;
            let follows =
                brackets::may_be_about(stumble.told) || (swallowed && stumble.is_of_a_key());
            if follows && std::mem::replace(&mut swallowed, swallows) {
                continue;
            }
            if let Some(slip) = repeats.slip(&stumble) {
                self.tell(slip, &stumble.span, offset);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.told.len() >= MAX_SYNTAX
    }

    fn tell(&mut self, slip: Slip, stumbled: &Range<usize>, offset: usize) {
        let span = slip.span.unwrap_or_else(|| stumbled.clone());
        let place = self.source.place(&(span.start + offset..span.end + offset));
        if self.told.insert(place.line) {
            let problem = Problem::error(slip.code, slip.message);
            self.problems.push(problem.at(place).help(slip.help));
        }
    }
}
