//! Second thoughts about words and patterns as they are read.

use std::ops::Range;

use regex_syntax::ast::{self, Ast};

use crate::problem::Problem;
use crate::rules::fold::Folded;
use crate::rules::lists::{Entry, List};
use crate::rules::read::Reader;

/// About one phrase of a list in a rule.
pub(super) fn of_phrase(
    reader: &mut Reader<'_>,
    span: &Range<usize>,
    written: &str,
    folded: &Folded,
    anywhere: bool,
) {
    look_alikes(reader, span, written, folded);
    if anywhere {
        short_contains(reader, span, written, folded.plain().as_str());
    }
}

/// Letters that look like others match nothing anybody writes.
fn look_alikes(reader: &mut Reader<'_>, span: &Range<usize>, written: &str, folded: &Folded) {
    let Some(disguise) = folded.disguises().first() else {
        return;
    };
    let piece = written.get(disguise.place.clone()).unwrap_or(written);
    reader.warning(
        "look-alikes-in-rule",
        span,
        format!(
            "“{piece}” holds characters that only look like others; it reads “{}”",
            disguise.reads
        ),
        format!(
            "type it anew in plain letters: “{}” finds the disguised form too",
            disguise.reads
        ),
    );
}

/// Longest text of which ordinary words are named that hold it, in characters.
const SHORT: usize = 4;

fn short_contains(reader: &mut Reader<'_>, span: &Range<usize>, written: &str, folded: &str) {
    if folded.chars().count() > SHORT || !folded.chars().all(char::is_alphabetic) {
        return;
    }
    let hit: Vec<String> = crate::rules::ordinary::words_with(folded, 3);
    if hit.is_empty() {
        return;
    }
    reader.warning(
        "short-contains",
        span,
        format!(
            "“{written}” stands inside ordinary words too: {}",
            hit.join(", ")
        ),
        "use `words`, which looks for whole words, or a longer text",
    );
}

/// About an entry of a list file that is left out.
pub(super) fn of_entry(reader: &mut Reader<'_>, list: &List, entry: &Entry, is_empty: bool) {
    let problem = if is_empty {
        Problem::warning(
            "empty-text",
            "nothing is left of this entry once invisible characters are taken out",
        )
        .help("take the line out")
    } else {
        Problem::warning(
            "listed-twice",
            format!("“{}” stands in this list twice", entry.text),
        )
        .help("leave one of them out; capitals and blanks make no difference")
    };
    reader.shared.lists.warn(problem, list, entry);
}

/// About a regular expression.
pub(super) fn of_pattern(reader: &mut Reader<'_>, span: &Range<usize>, written: &str) {
    let Ok(ast) = ast::parse::Parser::new().parse(written) else {
        return;
    };
    let mut doubts = Doubts::default();
    let Ok(()) = ast::visit(&ast, &mut doubts);
    if doubts.empty_alternative {
        reader.warning(
            "empty-alternative",
            span,
            "one of the alternatives in this pattern is empty: it allows for nothing at all",
            "take the stray | out, or write (…)? to say that it may be missing",
        );
    }
    // Signs of the pattern language are no disguise, but letters beyond ASCII may be one.
    if !written.is_ascii() {
        let sign = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric();
        let letters = written.replace(sign, " ");
        look_alikes(reader, span, &letters, &Folded::of(&letters));
    }
    if let Some(host) = unescaped_host(written) {
        reader.warning(
            "unescaped-dot",
            span,
            format!("the dot in “{host}” stands for any character"),
            format!(
                "write {} with a backslash; for links there is link_domain = [\"{host}\"]",
                host.replace('.', "\\.")
            ),
        );
    }
}

#[derive(Default)]
struct Doubts {
    empty_alternative: bool,
}

impl ast::Visitor for &mut Doubts {
    type Output = ();
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        if let Ast::Alternation(alternation) = ast {
            self.empty_alternative |= alternation
                .asts
                .iter()
                .any(|part| matches!(part, Ast::Empty(_)));
        }
        Ok(())
    }
}

/// A piece of the pattern that reads like the name of a site, with its dot not escaped.
fn unescaped_host(written: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut start = 0;
    while let Some(found) = written.get(start..)?.find(is_part) {
        let from = start + found;
        let rest = written.get(from..)?;
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let escaped = written.get(..from)?.ends_with('\\');
        let piece = written.get(from + usize::from(escaped)..from + length)?;
        let piece = piece.trim_matches('.');
        if piece.contains('.') && piece.len() > 4 && crate::rules::links::is_site(piece) {
            return Some(piece);
        }
        start = from + length;
    }
    None
}
