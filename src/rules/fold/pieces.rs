//! Cuts a text where cutting does not change how it folds, and folds the pieces.

use std::collections::HashMap;
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The bytes of each part of `text` that folds by itself, in order: a character with all that combines with it.
/// Characters nobody sees lie between the pieces or in them.
pub(super) fn of(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || next(&mut characters))
}

fn next(characters: &mut Peekable<CharIndices<'_>>) -> Option<Range<usize>> {
    let (start, first) = characters.find(|(_, c)| !is_ignorable(*c))?;
    let mut end = start + first.len_utf8();
    while let Some((at, c)) = characters.peek().copied() {
        if !is_ignorable(c) {
            if !combines(c) {
                break;
            }
            end = at + c.len_utf8();
        }
        characters.next();
    }
    Some(start..end)
}

/// Folds pieces; remembers the characters it met, since a text uses few different ones.
#[derive(Default)]
pub(super) struct Folder {
    met: HashMap<char, String>,
    many: String,
}

impl Folder {
    pub(super) fn fold(&mut self, piece: &str) -> &str {
        let mut characters = piece.chars();
        if let (Some(c), None) = (characters.next(), characters.next()) {
            if let Some(c) = simple(c) {
                self.many.clear();
                self.many.push(c);
                return &self.many;
            }
            return self.met.entry(c).or_insert_with(|| folded(piece));
        }
        let seen: String = piece.chars().filter(|c| !is_ignorable(*c)).collect();
        self.many = folded(&seen);
        &self.many
    }
}

/// What the commonest letters beyond ASCII fold to, without a look at the tables: themselves, or the small one of a pair.
const fn simple(c: char) -> Option<char> {
    match c {
        // Small letters of western languages, but for ÷ and what becomes two letters; of Russian, Greek, Hebrew, Arabic;
        // Chinese, Japanese, Korean.
        'à'..='ö'
        | 'ø'..='ÿ'
        | 'а'..='џ'
        | 'α'..='ρ'
        | 'σ'..='ω'
        | 'א'..='ת'
        | 'ء'..='غ'
        | 'ف'..='ي'
        | 'ぁ'..='ゖ'
        | 'ァ'..='ヺ'
        | '\u{4e00}'..='\u{9fff}'
        | '가'..='힣'
        | '。'
        | '、' => Some(c),
        'А'..='Я' => char::from_u32(c as u32 + 0x20),
        _ => None,
    }
}

/// Whether words of this character's script stand beside one another without a blank.
pub(crate) fn is_unspaced(c: char) -> bool {
    // The sign for a long vowel is shared by two scripts and so belongs to none.
    c == 'ー'
        || c > '\u{e00}'
            && matches!(
                CodePointMapData::<Script>::new().get(c),
                Script::Han
                    | Script::Hiragana
                    | Script::Katakana
                    | Script::Bopomofo
                    | Script::Yi
                    | Script::Thai
                    | Script::Lao
                    | Script::Khmer
                    | Script::Myanmar
            )
}

/// Definition D146 of the Unicode Standard, composed at the end; then the marks people's keyboards write differently.
fn folded(text: &str) -> String {
    const CASES: CaseMapperBorrowed<'_> = CaseMapper::new();
    const NFD: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizerBorrowed::new_nfd();
    const NFKD: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizerBorrowed::new_nfkd();
    const NFKC: ComposingNormalizerBorrowed<'_> = ComposingNormalizerBorrowed::new_nfkc();
    let canonical = CASES.fold_string(&NFD.normalize(text)).into_owned();
    let compatible = CASES.fold_string(&NFKD.normalize(&canonical)).into_owned();
    NFKC.normalize(&compatible)
        .chars()
        .map(plain_mark)
        .collect()
}

/// The plain form of an apostrophe, quotation mark or dash.
fn plain_mark(c: char) -> char {
    match c {
        '‘' | '’' | '‚' | '‛' | 'ʼ' | 'ʻ' | '‹' | '›' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        c => c,
    }
}

pub(super) fn is_ignorable(c: char) -> bool {
    c >= '\u{ad}' && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether `c` may change, or change places with, what stands before it.
fn combines(c: char) -> bool {
    if c < '\u{300}' {
        return false;
    }
    let first = match c {
        // Korean letters and Japanese voice marks that stand alone until compatibility forms are folded.
        '\u{3131}'..='\u{318e}' | '\u{ff9e}'..='\u{ffdc}' => {
            let mut buffer = [0; 4];
            let normalizer = DecomposingNormalizerBorrowed::new_nfkd();
            normalizer
                .normalize(c.encode_utf8(&mut buffer))
                .chars()
                .next()
                .unwrap_or(c)
        }
        c => c,
    };
    // Korean vowels and final consonants, and the vowel signs of Kirat Rai, are letters that combine.
    matches!(first, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7fb}' | '\u{16d63}'..='\u{16d6a}')
        || GeneralCategoryGroup::Mark
            .contains(CodePointMapData::<GeneralCategory>::new().get(first))
}
