//! Near misses: what somebody may have meant to write.

use unicode_segmentation::UnicodeSegmentation;

/// A run of words in the text that is a slip of the pen away from the phrase.
///
/// Looked for in the first words of a text only, and for phrases of ordinary length: a distance costs both lengths multiplied.
pub(super) fn near_phrase(text: &str, phrase: &str) -> Option<String> {
    const LETTERS: std::ops::RangeInclusive<usize> = 5..=40;
    const WORDS: usize = 300;
    let letters = phrase.chars().count();
    if !LETTERS.contains(&letters) {
        return None;
    }
    let words: Vec<&str> = text.unicode_words().take(WORDS).collect();
    let length = phrase.unicode_words().count().max(1);
    let slips = 1 + letters / 8;
    let same_end = |candidate: &String| {
        candidate.chars().next() == phrase.chars().next()
            || candidate.chars().next_back() == phrase.chars().next_back()
    };
    words
        .windows(length)
        .map(|window| window.join(" "))
        .filter(same_end)
        .find(|candidate| {
            candidate.len().abs_diff(phrase.len()) <= 2 * slips
                && strsim::damerau_levenshtein(candidate, phrase) <= slips
        })
}
