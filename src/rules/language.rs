//! The language a message is written in, where that is sure.

mod words;

use std::sync::LazyLock;

use whatlang::{Detector, Info, Lang, Script};

use super::fold::is_unspaced;
use super::prose;
use super::text::Text;
use words::{Tally, WORDS};

/// Most bytes of a text that are looked at: more would not make it surer.
const READ_AT_MOST: usize = 8 * 1024;
/// A text with fewer letters has no language; a Chinese, Japanese or Korean character counts as three.
const LETTERS_AT_LEAST: u32 = 20;
/// Short Japanese texts may be all Chinese characters.
const CHINESE_AT_LEAST: u32 = 30;
const RARE_AT_LEAST: u32 = 80;
/// What the small words of the language must come to, in points and in number.
const POINTS_AT_LEAST: f64 = 1.0;
const WORDS_AT_LEAST: u32 = 2;
/// How many times the points of the next language they must have, and how many where the letters alone are telling.
const AHEAD_BY: f64 = 1.5;
const AHEAD_IF_RELIABLE: f64 = 1.1;

static KNOWN_BY_WORDS: LazyLock<Detector> =
    LazyLock::new(|| Detector::with_allowlist(WORDS.iter().map(|(lang, _)| *lang).collect()));

/// A language that can be told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// By ISO 639-1.
    pub code: &'static str,
    /// In English.
    pub name: &'static str,
    lang: Lang,
}

const fn of_lang(lang: Lang, code: &'static str, name: &'static str) -> Language {
    Language { code, name, lang }
}

pub const LANGUAGES: &[Language] = &[
    of_lang(Lang::Eng, "en", "English"),
    of_lang(Lang::Deu, "de", "German"),
    of_lang(Lang::Fra, "fr", "French"),
    of_lang(Lang::Spa, "es", "Spanish"),
    of_lang(Lang::Por, "pt", "Portuguese"),
    of_lang(Lang::Ita, "it", "Italian"),
    of_lang(Lang::Nld, "nl", "Dutch"),
    of_lang(Lang::Pol, "pl", "Polish"),
    of_lang(Lang::Rus, "ru", "Russian"),
    of_lang(Lang::Ukr, "uk", "Ukrainian"),
    of_lang(Lang::Tur, "tr", "Turkish"),
    of_lang(Lang::Ara, "ar", "Arabic"),
    of_lang(Lang::Heb, "he", "Hebrew"),
    of_lang(Lang::Pes, "fa", "Persian"),
    of_lang(Lang::Hin, "hi", "Hindi"),
    of_lang(Lang::Cmn, "zh", "Chinese"),
    of_lang(Lang::Jpn, "ja", "Japanese"),
    of_lang(Lang::Kor, "ko", "Korean"),
    of_lang(Lang::Vie, "vi", "Vietnamese"),
    of_lang(Lang::Tha, "th", "Thai"),
    of_lang(Lang::Ind, "id", "Indonesian"),
    of_lang(Lang::Swe, "sv", "Swedish"),
    of_lang(Lang::Dan, "da", "Danish"),
    of_lang(Lang::Nob, "no", "Norwegian"),
    of_lang(Lang::Fin, "fi", "Finnish"),
    of_lang(Lang::Ces, "cs", "Czech"),
    of_lang(Lang::Slk, "sk", "Slovak"),
    of_lang(Lang::Hun, "hu", "Hungarian"),
    of_lang(Lang::Ron, "ro", "Romanian"),
    of_lang(Lang::Bul, "bg", "Bulgarian"),
    of_lang(Lang::Ell, "el", "Greek"),
    of_lang(Lang::Hrv, "hr", "Croatian"),
    of_lang(Lang::Srp, "sr", "Serbian"),
    of_lang(Lang::Slv, "sl", "Slovenian"),
    of_lang(Lang::Mkd, "mk", "Macedonian"),
    of_lang(Lang::Bel, "be", "Belarusian"),
    of_lang(Lang::Lit, "lt", "Lithuanian"),
    of_lang(Lang::Lav, "lv", "Latvian"),
    of_lang(Lang::Est, "et", "Estonian"),
    of_lang(Lang::Cat, "ca", "Catalan"),
    of_lang(Lang::Afr, "af", "Afrikaans"),
    of_lang(Lang::Cym, "cy", "Welsh"),
    of_lang(Lang::Lat, "la", "Latin"),
    of_lang(Lang::Epo, "eo", "Esperanto"),
    of_lang(Lang::Tgl, "tl", "Tagalog"),
    of_lang(Lang::Jav, "jv", "Javanese"),
    of_lang(Lang::Uzb, "uz", "Uzbek"),
    of_lang(Lang::Aze, "az", "Azerbaijani"),
    of_lang(Lang::Tuk, "tk", "Turkmen"),
    of_lang(Lang::Hye, "hy", "Armenian"),
    of_lang(Lang::Kat, "ka", "Georgian"),
    of_lang(Lang::Amh, "am", "Amharic"),
    of_lang(Lang::Ben, "bn", "Bengali"),
    of_lang(Lang::Guj, "gu", "Gujarati"),
    of_lang(Lang::Kan, "kn", "Kannada"),
    of_lang(Lang::Khm, "km", "Khmer"),
    of_lang(Lang::Mal, "ml", "Malayalam"),
    of_lang(Lang::Mar, "mr", "Marathi"),
    of_lang(Lang::Mya, "my", "Burmese"),
    of_lang(Lang::Nep, "ne", "Nepali"),
    of_lang(Lang::Ori, "or", "Odia"),
    of_lang(Lang::Pan, "pa", "Punjabi"),
    of_lang(Lang::Sin, "si", "Sinhala"),
    of_lang(Lang::Tam, "ta", "Tamil"),
    of_lang(Lang::Tel, "te", "Telugu"),
    of_lang(Lang::Urd, "ur", "Urdu"),
    of_lang(Lang::Yid, "yi", "Yiddish"),
    of_lang(Lang::Aka, "ak", "Akan"),
    of_lang(Lang::Sna, "sn", "Shona"),
    of_lang(Lang::Zul, "zu", "Zulu"),
];

/// The language of what is shown, or nothing where it is not sure.
///
/// Where languages share a script, two witnesses must agree: rows of three letters, as `whatlang` compares them, and the small
/// words that hold sentences together.
#[must_use]
pub fn of(text: &Text) -> Option<Language> {
    let prose = prose_of(text);
    let weight: u32 = prose.chars().map(weight_of).sum();
    if weight < LETTERS_AT_LEAST {
        return None;
    }
    let lang = lang_of(&prose, weight)?;
    LANGUAGES
        .iter()
        .copied()
        .find(|language| language.lang == lang)
}

fn lang_of(prose: &str, weight: u32) -> Option<Lang> {
    let any = whatlang::detect(prose)?;
    let script = any.script();
    let has_words = |lang: &Lang| WORDS.iter().any(|(known, _)| known == lang);
    if !script.langs().iter().any(has_words) {
        return (script != Script::Mandarin || weight >= CHINESE_AT_LEAST)
            .then_some(any)
            .filter(Info::is_reliable)
            .map(|info| info.lang());
    }
    let lower = prose.to_lowercase();
    let tally = Tally::of(&lower);
    let Some(first) = tally.first() else {
        return rare(&any, weight);
    };
    let is_ahead = |times: f64| first.points >= times * tally.second();
    if any.is_reliable() && any.lang() == first.lang && is_ahead(AHEAD_IF_RELIABLE) {
        return Some(first.lang);
    }
    let is_told = first.points >= POINTS_AT_LEAST && first.words >= WORDS_AT_LEAST;
    if is_told && is_ahead(AHEAD_BY) {
        let by_letters = KNOWN_BY_WORDS.detect(prose)?;
        return (by_letters.lang() == first.lang).then_some(first.lang);
    }
    if first.points < POINTS_AT_LEAST {
        return rare(&any, weight);
    }
    None
}

/// A language whose small words are not known here: only in a longer text without those of others.
fn rare(info: &Info, weight: u32) -> Option<Lang> {
    let is_known = WORDS.iter().any(|(lang, _)| *lang == info.lang());
    (!is_known && weight >= RARE_AT_LEAST && info.is_reliable()).then(|| info.lang())
}

/// How much a character tells: one that is a word or a syllable tells as much as a few letters.
fn weight_of(c: char) -> u32 {
    match c {
        _ if !c.is_alphabetic() => 0,
        '\u{ac00}'..='\u{d7a3}' => 3,
        _ if is_unspaced(c) && !matches!(c, '\u{e00}'..='\u{eff}') => 3,
        _ => 1,
    }
}

/// The words of the text without addresses, numbers, names of files and the like.
fn prose_of(text: &Text) -> String {
    let mut prose = String::new();
    for (_, word) in prose::words(text) {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let room = READ_AT_MOST.saturating_sub(prose.len());
        let word = word.get(..word.floor_char_boundary(room)).unwrap_or(word);
        if word.contains(is_unspaced) {
            // A whole sentence, with numbers and names in it.
            prose.extend(word.chars().filter(|c| !c.is_ascii()));
        } else if is_language(word) {
            prose.push_str(word);
        } else {
            continue;
        }
        prose.push(' ');
        if prose.len() >= READ_AT_MOST {
            break;
        }
    }
    prose
}

/// Whether a word may be language: `snake_case`, `camelCase`, `a/b`, `main.rs` and what has digits are none.
fn is_language(word: &str) -> bool {
    let mut last_is_lower = false;
    for c in word.chars() {
        if c.is_ascii_digit()
            || "_/\\=<>{}[]()|#$&*+^~`.".contains(c)
            || (last_is_lower && c.is_uppercase())
        {
            return false;
        }
        last_is_lower = c.is_lowercase();
    }
    !word.is_empty()
}
