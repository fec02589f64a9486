//! Marks heaped on letters: more than any language writes.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::glyph::{Glyph, Hand, Kind, Reads};
use super::pieces::is_ignorable;

/// What a letter carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Burden {
    None,
    /// What some language writes.
    Usual,
    /// A stroke through the letter, a ring around it, or an accent on a consonant that has none anywhere.
    Odd,
    /// Three marks or more, besides the one that is part of a letter.
    Heaped,
}

/// What the marks of `piece` come to. In scripts that write vowels and tones as marks any number is usual.
pub(super) fn burden(kind: Kind, piece: &str) -> Burden {
    if !matches!(kind, Kind::Letter(hand) if hand != Hand::Other) {
        return Burden::None;
    }
    // Only a few characters can be composed with the first; what stands behind them is a mark in any case.
    let start: String = piece
        .chars()
        .filter(|c| !is_ignorable(*c))
        .take(8)
        .collect();
    let composed = ComposingNormalizerBorrowed::new_nfc()
        .normalize(&start)
        .into_owned();
    let mut left = composed.chars().skip(1);
    let Some(mark) = left.next() else {
        return if start.chars().count() > 1 {
            Burden::Usual
        } else {
            Burden::None
        };
    };
    if left.nth(1).is_some() {
        return Burden::Heaped;
    }
    let base = DecomposingNormalizerBorrowed::new_nfd()
        .normalize(&start)
        .chars()
        .next();
    let consonant = base.is_some_and(|base| "bcdfhkpqtvwxzBCDFHKPQTVWXZ".contains(base));
    let accent = matches!(mark, '\u{300}'..='\u{304}' | '\u{306}'..='\u{30c}' | '\u{30f}' | '\u{311}' | '\u{323}' | '\u{325}'..='\u{329}' | '\u{32d}' | '\u{331}' | '\u{35c}' | '\u{361}');
    // Accents of phonetics, of dictionaries and of the tone languages stand on vowels and on what sounds like one.
    if accent && !consonant {
        Burden::Usual
    } else {
        Burden::Odd
    }
}

/// Puts a word's letters back to what they were before somebody heaped marks on them; whether there was need to.
pub(super) fn reveal(word: &mut [Glyph]) -> bool {
    let heaped = word.iter().any(|glyph| glyph.burden == Burden::Heaped);
    let odd = word
        .iter()
        .filter(|glyph| glyph.burden == Burden::Odd)
        .count();
    if !heaped && odd < 2 {
        return false;
    }
    for glyph in word {
        if glyph.burden == Burden::None {
            continue;
        }
        let mut buffer = [0; 4];
        let bare = DecomposingNormalizerBorrowed::new_nfd()
            .normalize(glyph.nature.plain.encode_utf8(&mut buffer))
            .chars()
            .next()
            .unwrap_or(glyph.nature.plain);
        glyph.reads = Reads::As(bare, bare);
    }
    true
}
