//! Letters set apart: `F R E E`, `v.i.a.g.r.a`, `f😀r😀e😀e`.

use std::ops::Range;

use super::census::Census;
use super::glyph::{Glyph, Hand, Kind, Reads, Style};
use super::{leet, scripts};

/// Signs of formulas, of code and of paths.
const FORMULA: &str = "+=<>^/\\|()[]{}&%:;×";

/// What stands between two letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Blanks(usize),
    Marks,
    /// One mark between blanks.
    Listed(char),
    /// A sign of formulas or code.
    Formula(char),
}

/// Rows of letters each of which stands alone, with the same kind of thing between them.
#[derive(Debug)]
struct Row {
    /// Where the letters stand.
    letters: Vec<usize>,
    gap: Gap,
}

/// Joins rows of single letters; the rows that are surely a disguise.
pub(super) fn reveal(glyphs: &mut [Glyph], census: &Census) -> Vec<Range<usize>> {
    let mut sure = Vec::new();
    for row in rows(glyphs) {
        let word = word(&row, glyphs, census);
        let letters: Vec<char> = word.iter().map(|(best, _)| *best).collect();
        if !joins(&letters, row.gap) {
            continue;
        }
        let (Some(first), Some(last)) = (row.letters.first(), row.letters.last()) else {
            continue;
        };
        let place = *first..last + 1;
        if is_sure(&row, &letters, glyphs) {
            sure.push(place.clone());
        }
        for glyph in glyphs.get_mut(place).into_iter().flatten() {
            glyph.reads = Reads::Gone;
        }
        for (at, (best, other)) in row.letters.iter().zip(word) {
            if let Some(glyph) = glyphs.get_mut(*at) {
                glyph.reads = Reads::As(best, other);
            }
        }
    }
    sure
}

/// The letters of a row, put back into one script.
fn word(row: &Row, glyphs: &[Glyph], census: &Census) -> Vec<(char, char)> {
    let mut word: Vec<Glyph> = row
        .letters
        .iter()
        .filter_map(|at| glyphs.get(*at).cloned())
        .collect();
    scripts::reveal(&mut word, census);
    let reads = |glyph: &Glyph| match glyph.reads {
        Reads::As(best, other) => Some((best, other)),
        _ => read(glyph),
    };
    word.iter()
        .map(|glyph| reads(glyph).unwrap_or((glyph.c, glyph.c)))
        .collect()
}

fn rows(glyphs: &[Glyph]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut last: Option<usize> = None;
    for (at, glyph) in glyphs.iter().enumerate() {
        if !is_single(glyphs, at) {
            if glyph.is_wordish() {
                last = None;
            }
            continue;
        }
        let gap = last.and_then(|last| gap(glyphs.get(last + 1..at)?));
        let letters = match (gap, rows.last_mut()) {
            (Some(gap), Some(row)) if row.letters.len() == 1 || row.gap == gap => {
                row.gap = gap;
                row.letters.push(at);
                last = Some(at);
                continue;
            }
            // `a c.a.s.i.n.o`: the second letter begins the row.
            (Some(_), Some(row)) if row.letters.len() == 2 => vec![row.letters.pop(), Some(at)],
            _ => vec![Some(at)],
        };
        rows.push(Row {
            letters: letters.into_iter().flatten().collect(),
            gap: gap.unwrap_or(Gap::Marks),
        });
        last = Some(at);
    }
    rows.retain(|row| row.letters.len() >= 3);
    for row in &mut rows {
        without_article(row, glyphs);
    }
    rows
}

/// `a F R E E gift`: the small letter is a word by itself.
fn without_article(row: &mut Row, glyphs: &[Glyph]) {
    let mut letters = row.letters.iter().filter_map(|at| glyphs.get(*at));
    let first = letters.next().is_some_and(|glyph| glyph.c.is_lowercase());
    if row.letters.len() >= 4 && first && letters.all(|glyph| glyph.c.is_uppercase()) {
        row.letters.remove(0);
    }
}

/// Whether a letter, or what stands for one, has no letter beside it.
fn is_single(glyphs: &[Glyph], at: usize) -> bool {
    let beside = |at: Option<usize>| at.and_then(|at| glyphs.get(at));
    let (before, after) = (beside(at.checked_sub(1)), beside(at.checked_add(1)));
    let Some(glyph) = glyphs.get(at).filter(|glyph| read(glyph).is_some()) else {
        return false;
    };
    // An apostrophe ties a letter to its word: `it's`, `d'accord`.
    let tied = |beside: Option<&Glyph>| {
        beside.is_some_and(|glyph| glyph.is_wordish() || glyph.nature.plain == '\'')
    };
    let apart = !tied(before) && !tied(after);
    // A sign stands for a letter where letters stand: between two of the same kind.
    let sign = glyph.is_wordish()
        || matches!((before, after), (Some(before), Some(after)) if before.c == after.c && before.c != glyph.c);
    apart && sign
}

/// The letter a single character is read as.
fn read(glyph: &Glyph) -> Option<(char, char)> {
    let plain = glyph.nature.plain;
    match glyph.nature.kind {
        Kind::Letter(Hand::Latin | Hand::Styled(_) | Hand::Cyrillic | Hand::Greek) => {
            Some((plain, plain))
        }
        Kind::Letter(Hand::Odd | Hand::Rare) => {
            glyph.nature.look.map(|look| (look.letter, look.other))
        }
        Kind::Letter(Hand::Other) | Kind::Blank | Kind::Emoji => None,
        Kind::Digit | Kind::Mark if matches!(glyph.c, '!' | '|') => None,
        Kind::Digit | Kind::Mark => leet::letter(plain),
    }
}

fn gap(between: &[Glyph]) -> Option<Gap> {
    let blanks = between.iter().filter(|glyph| glyph.is_blank()).count();
    let formula = between
        .iter()
        .any(|glyph| FORMULA.contains(glyph.nature.plain));
    match between {
        [] => None,
        [one] if formula => Some(Gap::Formula(one.c)),
        _ if formula || between.len() > 3 => None,
        _ if blanks == between.len() => Some(Gap::Blanks(blanks)),
        _ if blanks == 0 => Some(Gap::Marks),
        [before, mark, after] if before.is_blank() && after.is_blank() => Some(Gap::Listed(mark.c)),
        _ => None,
    }
}

/// Whether a row is read as one word. Lists, choices (`A B C`), and what cannot be spoken are left alone.
fn joins(letters: &[char], gap: Gap) -> bool {
    let run = letters
        .windows(2)
        .all(|pair| matches!(pair, [one, next] if u32::from(*one) + 1 == u32::from(*next)));
    // Answers, notes, bases of DNA.
    let choices = letters.iter().all(|letter| ('a'..='e').contains(letter))
        || letters.iter().all(|letter| ('a'..='g').contains(letter)) && letters.len() > 4
        || letters.iter().all(|letter| "acgt".contains(*letter));
    let spoken = letters
        .iter()
        .any(|letter| !"bcdfghjklmnpqrstvwxyz".contains(*letter));
    let least = match gap {
        Gap::Blanks(_) | Gap::Marks => 3,
        Gap::Listed(_) | Gap::Formula(_) => 4,
    };
    letters.len() >= least
        && !run
        && !choices
        && spoken
        && leet::sounds_like_a_word(letters.iter().copied())
}

/// Letters that are words by themselves in Slavic and Romance languages.
const ONE_LETTER_WORDS: &str = "aeikosuvwyzабвжзикосуыэяєіїй";

/// Whether a letter is one of Latin, Cyrillic or Greek without an accent.
const fn is_bare(letter: char) -> bool {
    matches!(letter, 'a'..='z' | 'а'..='я' | 'α'..='ω' | 'і' | 'ї' | 'є' | 'ј')
}

fn is_sure(row: &Row, letters: &[char], glyphs: &[Glyph]) -> bool {
    const HONEST: &[&str] = &["wasd", "qwerty", "esdf", "naus"];
    let word: String = letters.iter().collect();
    let odd = row
        .letters
        .iter()
        .filter_map(|at| glyphs.get(*at)?.hand())
        .any(|hand| hand == Hand::Odd);
    let flags = row
        .letters
        .iter()
        .filter_map(|at| glyphs.get(*at)?.hand())
        .filter(|hand| *hand == Hand::Styled(Style::Flag))
        .count();
    let capitals = row
        .letters
        .iter()
        .filter_map(|at| glyphs.get(*at))
        .all(|glyph| !glyph.c.is_lowercase());
    let written = row
        .letters
        .iter()
        .filter_map(|at| glyphs.get(*at)?.hand())
        .count();
    let stopped = row
        .letters
        .last()
        .and_then(|last| glyphs.get(last + 1))
        .is_some_and(|glyph| glyph.c == '.');
    // Vitamins, notes, columns.
    let ascending = letters.windows(2).all(|pair| pair.first() < pair.last());
    // `U.S.S.R.`, `S.H.I.E.L.D.`
    let acronym = row.gap == Gap::Marks && capitals && flags == 0 && (stopped || letters.len() < 5);
    letters.len() >= 4
        && written * 3 >= letters.len() * 2
        && matches!(
            row.gap,
            Gap::Blanks(_) | Gap::Marks | Gap::Listed('•' | '·' | '*' | '~')
        )
        && !acronym
        && !ascending
        && !letters
            .iter()
            .all(|letter| ONE_LETTER_WORDS.contains(*letter))
        && letters.iter().all(|letter| is_bare(*letter))
        && !odd
        && !HONEST.contains(&word.as_str())
}
