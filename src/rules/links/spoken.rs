//! The words that tell an address whose dots stand apart from a sentence.

/// "dot" in the languages spam comes in.
pub(super) const SPOKEN_DOTS: [&str; 8] = [
    "dot",
    "d0t",
    "punkt",
    "punto",
    "ponto",
    "point",
    "точка",
    "nokta",
];

/// Endings that are no words people write after a dot.
pub(super) const COMMON: [&str; 34] = [
    "com", "net", "org", "ru", "xyz", "biz", "io", "cn", "co", "cc", "tk", "ml", "cf", "gq", "pw",
    "ws", "vip", "icu", "cfd", "sbs", "xin", "su", "ua", "vn", "ly", "tv", "gg", "uk", "jp", "kr",
    "kz", "рф", "ir", "pk",
];

/// Endings that are words as well.
pub(super) const WORDS_TOO: [&str; 34] = [
    "top", "site", "online", "shop", "store", "live", "club", "app", "dev", "link", "click", "win",
    "pro", "fun", "space", "world", "life", "today", "me", "ai", "de", "fr", "es", "it", "nl",
    "eu", "us", "in", "info", "br", "pl", "bid", "loan", "website",
];

/// Words that are no first part of a name: "a dot com company", "it . com".
pub(super) const FUNCTION_WORDS: [&str; 62] = [
    "the",
    "a",
    "an",
    "this",
    "that",
    "these",
    "those",
    "every",
    "any",
    "each",
    "some",
    "my",
    "your",
    "our",
    "his",
    "her",
    "their",
    "its",
    "no",
    "not",
    "one",
    "two",
    "and",
    "or",
    "of",
    "in",
    "on",
    "at",
    "to",
    "for",
    "from",
    "with",
    "by",
    "as",
    "is",
    "are",
    "was",
    "be",
    "it",
    "i",
    "we",
    "you",
    "he",
    "she",
    "they",
    "new",
    "old",
    "big",
    "asp",
    "microsoft",
    "use",
    "using",
    "first",
    "last",
    "next",
    "extra",
    "etc",
    "ok",
    "level",
    "com",
    "dot",
    "per",
];

/// Words that lead to an address.
pub(super) const CUES: [&str; 20] = [
    "visit",
    "see",
    "check",
    "site",
    "website",
    "link",
    "url",
    "via",
    "goto",
    "open",
    "search",
    "browse",
    "try",
    "to",
    "on",
    "out",
    "www",
    "webpage",
    "домен",
    "сайт",
];

/// Words that speak of names or times, not of a site: "the dot com bubble".
pub(super) const ABOUT_NAMES: [&str; 18] = [
    "bubble",
    "boom",
    "boomer",
    "company",
    "companies",
    "era",
    "crash",
    "business",
    "domain",
    "domains",
    "address",
    "extension",
    "suffix",
    "startup",
    "startups",
    "framework",
    "developer",
    "core",
];

/// The word a text begins with, after blanks.
pub(super) fn next_word(text: &str) -> &str {
    const WORD_AT_MOST: usize = 24;
    let text = text.trim_start_matches([' ', '\t']);
    let end = text
        .char_indices()
        .find(|(at, c)| *at >= WORD_AT_MOST || !c.is_alphanumeric())
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or("")
}
