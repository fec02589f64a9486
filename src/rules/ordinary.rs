//! A set of ordinary support messages, for second thoughts about rules.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

use super::fold::fold;

const TEXT: &str = include_str!("ordinary.txt");

/// Ordinary support messages, in many languages.
pub fn messages() -> impl Iterator<Item = String> {
    TEXT.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.replace("\\n", "\n"))
}

/// Words that stand in them, folded, with how often.
static WORDS: LazyLock<BTreeMap<String, usize>> = LazyLock::new(|| {
    let mut words = BTreeMap::new();
    for message in messages() {
        for word in fold(&message).unicode_words() {
            *words.entry(word.to_owned()).or_insert(0) += 1;
        }
    }
    words
});

/// The most common longer words of theirs in which a folded text stands.
pub(super) fn words_with(text: &str, most: usize) -> Vec<String> {
    let mut found: Vec<(&String, &usize)> = WORDS
        .iter()
        .filter(|(word, _)| {
            word.as_str() != text && word.contains(text) && word.chars().all(char::is_alphabetic)
        })
        .collect();
    found.sort_by_key(|(word, count)| (std::cmp::Reverse(**count), *word));
    found
        .into_iter()
        .take(most)
        .map(|(word, _)| format!("“{word}”"))
        .collect()
}
