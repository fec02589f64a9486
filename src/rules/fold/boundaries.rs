//! Where words begin and end, by Unicode's UAX #29 and before any character of a script written without blanks.

use unicode_segmentation::UnicodeSegmentation;

use super::pieces::is_unspaced;

/// How UAX #29 treats the characters of ordinary texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A letter of a script written with blanks.
    Letter,
    Digit,
    /// `_`, which ties letters and digits together but is none.
    Tie,
    /// What stands by itself, or between two letters or digits.
    Mark,
    /// Anything else.
    Odd,
}

/// The word boundaries of a folded text, in which blanks stand alone.
pub(super) fn of(text: &str) -> Vec<u32> {
    let mut boundaries = Vec::with_capacity(text.len() / 3 + 2);
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let length = ordinary(rest, start, &mut boundaries);
        start += if length > 0 {
            length
        } else {
            odd(rest, start, &mut boundaries)
        };
    }
    add(text.len(), &mut boundaries);
    boundaries
}

fn add(at: usize, boundaries: &mut Vec<u32>) {
    boundaries.extend(u32::try_from(at));
}

const fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Digit,
        '_' => Class::Tie,
        '\0'..='\x7f' => Class::Mark,
        c => class_beyond_ascii(c),
    }
}

/// Letters of western languages, Greek, Cyrillic, Arabic and Korean are treated as those of ASCII are; Chinese characters,
/// hiragana and pictures as marks are.
const fn class_beyond_ascii(c: char) -> Class {
    match c {
        'à'..='ö'
        | 'ø'..='ÿ'
        | 'ā'..='ž'
        | 'ά'..='ώ'
        | 'а'..='ҁ'
        | 'ҋ'..='ԯ'
        | 'ء'..='غ'
        | 'ف'..='ي'
        | '가'..='힣' => Class::Letter,
        '、'
        | '。'
        | 'ぁ'..='ゖ'
        | '\u{4e00}'..='\u{9fff}'
        | '€'
        | '•'
        | '\u{2190}'..='\u{21ff}'
        | '\u{1f300}'..='\u{1f3fa}'
        | '\u{1f400}'..='\u{1faff}' => Class::Mark,
        _ => Class::Odd,
    }
}

/// Adds the boundaries of the ordinary characters a text begins with, up to its end or to the last blank before what is
/// not; how many bytes that are. Rules `WB5` to `WB13b` of UAX #29.
fn ordinary(text: &str, start: usize, boundaries: &mut Vec<u32>) -> usize {
    let known = boundaries.len();
    let (mut before, mut last, mut mark) = (Class::Mark, Class::Mark, ' ');
    // As far as the blank: how many bytes, and how many boundaries.
    let mut sure = (0, known);
    let mut letters = text.char_indices().map(|(at, c)| (at, c, class(c)));
    let mut letter = letters.next();
    while let Some((at, c, class)) = letter {
        if class == Class::Odd {
            boundaries.truncate(sure.1);
            return sure.0;
        }
        letter = letters.next();
        let next = letter.map_or(Class::Mark, |(_, _, next)| next);
        let within = (is_word(last) && is_word(class))
            || (class == Class::Mark && ties(last, c, next))
            || (last == Class::Mark && ties(before, mark, class));
        if c == ' ' {
            sure = (at, boundaries.len());
        }
        if !within {
            add(start + at, boundaries);
        }
        (before, last, mark) = (last, class, c);
    }
    text.len()
}

const fn is_word(class: Class) -> bool {
    matches!(class, Class::Letter | Class::Digit | Class::Tie)
}

/// Whether a mark between two letters or two digits belongs to their word.
const fn ties(before: Class, mark: char, after: Class) -> bool {
    let letters = matches!((before, after), (Class::Letter, Class::Letter));
    let digits = matches!((before, after), (Class::Digit, Class::Digit));
    match mark {
        '.' | '\'' => letters || digits,
        ':' => letters,
        ',' | ';' => digits,
        _ => false,
    }
}

/// Adds the boundaries of any characters, up to the next blank behind which ordinary ones follow; how many bytes that are.
fn odd(text: &str, start: usize, boundaries: &mut Vec<u32>) -> usize {
    let stands_apart = |at: usize| {
        let behind = text.get(at + 1..).and_then(|rest| rest.chars().next());
        behind.is_some_and(|c| class(c) != Class::Odd)
    };
    let blanks = text.match_indices(' ').map(|(at, _)| at);
    let length = blanks
        .filter(|at| *at > 0)
        .find(|at| stands_apart(*at))
        .unwrap_or(text.len());
    let text = text.get(..length).unwrap_or("");
    for (first, word) in text.split_word_bound_indices() {
        let inside = word.char_indices().skip(1).filter(|(_, c)| is_unspaced(*c));
        for at in std::iter::once(0).chain(inside.map(|(at, _)| at)) {
            add(start + first + at, boundaries);
        }
    }
    length
}
