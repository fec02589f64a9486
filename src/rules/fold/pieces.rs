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

use super::known;

/// The bytes of each part of `text` that folds by itself, in order: a character with all that combines with it.
/// Characters nobody sees lie between the pieces or in them.
pub(super) fn of(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || next(&mut characters))
}

/// Whether a piece ends before `c`, whatever it is.
fn begins_piece(c: char) -> bool {
    c.is_ascii() || simple(c).is_some() || (!is_ignorable(c) && !combines(c))
}

/// Characters that are pieces by themselves and fold without a look at the tables.
pub(super) enum Run {
    Ascii,
    /// Letters that take so many bytes each, before and after.
    Simple(usize),
}

/// The run of such characters at the start of a text, and its length in bytes.
pub(super) fn run(text: &str) -> Option<(Run, usize)> {
    let first = text.chars().next()?;
    let width = first.len_utf8();
    let belongs = |c: char| {
        if first.is_ascii() {
            c.is_ascii()
        } else {
            c.len_utf8() == width && simple(c).is_some()
        }
    };
    let length = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let is_whole = text
        .get(length..)
        .and_then(|rest| rest.chars().next())
        .is_none_or(begins_piece);
    // A mark may follow the last one.
    let length = if is_whole {
        length
    } else {
        length.checked_sub(width)?
    };
    let run = if first.is_ascii() {
        Run::Ascii
    } else {
        Run::Simple(width)
    };
    (length > 0).then_some((run, length))
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

/// Folds pieces; remembers those it had to work out, since a text uses few different ones.
#[derive(Default)]
pub(super) struct Folder {
    met: HashMap<String, String>,
    one: String,
}

impl Folder {
    pub(super) fn fold(&mut self, piece: &str) -> &str {
        let mut characters = piece.chars();
        if let (Some(c), None) = (characters.next(), characters.next())
            && let Some(c) = folded_to_one(c)
        {
            self.one.clear();
            self.one.push(c);
            return &self.one;
        }
        if !self.met.contains_key(piece) {
            let seen: String = piece.chars().filter(|c| !is_ignorable(*c)).collect();
            self.met.insert(piece.to_owned(), folded(&seen));
        }
        self.met.get(piece).map_or("", String::as_str)
    }
}

/// What a character is folded to, if that is one character and kept.
fn folded_to_one(c: char) -> Option<char> {
    simple(c).or_else(|| known::kept(c)?.folded)
}

/// What the commonest letters beyond ASCII fold to, without a look at the tables: themselves, or the small one of a pair.
pub(super) const fn simple(c: char) -> Option<char> {
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
    match c {
        '\0'..='\u{e00}' => false,
        // The sign for a long vowel is shared by two scripts and so belongs to none.
        'ー' | '\u{4e00}'..='\u{9fff}' => true,
        c => known::kept(c).map_or_else(|| is_of_unspaced_script(c), |known| known.unspaced),
    }
}

pub(super) fn is_of_unspaced_script(c: char) -> bool {
    matches!(
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
pub(super) fn folded(text: &str) -> String {
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
    c >= '\u{ad}' && known::kept(c).map_or_else(|| is_default_ignorable(c), |known| known.ignorable)
}

pub(super) fn is_default_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn combines(c: char) -> bool {
    c >= '\u{300}' && known::kept(c).map_or_else(|| is_combining(c), |known| known.combines)
}

/// Whether `c` may change, or change places with, what stands before it.
pub(super) fn is_combining(c: char) -> bool {
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
