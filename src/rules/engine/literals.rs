//! Texts a pattern cannot match without.

use regex_syntax::hir::{Hir, HirKind};

/// Most texts kept for one pattern; with more of them looking for them says little.
const MOST: usize = 100;
/// Shortest text worth looking for, in bytes.
pub(in crate::rules) const SHORTEST: usize = 3;

/// Texts of which at least one stands wherever the pattern matches, or nothing if there are none to be had.
#[must_use]
pub(in crate::rules) fn literals_of(hir: &Hir) -> Option<Vec<String>> {
    needed(hir).filter(|texts| shortest(texts) >= SHORTEST && texts.len() <= MOST)
}

fn needed(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).ok()?;
            Some(vec![text.to_owned()])
        }
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .filter_map(needed)
            .filter(|texts| texts.len() <= MOST)
            .max_by_key(|texts| (shortest(texts), MOST - texts.len())),
        HirKind::Alternation(parts) => {
            let mut texts = Vec::new();
            for part in parts {
                texts.extend(needed(part)?);
                if texts.len() > MOST {
                    return None;
                }
            }
            Some(texts)
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

fn shortest(texts: &[String]) -> usize {
    texts.iter().map(String::len).min().unwrap_or(0)
}
