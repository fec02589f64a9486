//! Every condition of the rule language. To add one: a struct that implements [`Condition`] with its `Kind`
//! in a file below, and its line in [`KINDS`]. Nothing else in the program lists them.

mod alike;
mod disguise;
mod history;
mod language;
mod links;
mod page;
mod pattern;
mod place;
mod profile;
mod script;
mod sender;
mod shape;
mod similar;
mod warnings;
mod window;
mod words;

use super::condition::Condition;
use super::read::{Reader, Value};

pub(super) use sender::host_of_address;
pub use sender::is_at_one_of;
pub use words::WordsOf;

/// Reads a list of domains of e-mail addresses.
pub(super) fn read_email_domains<'a>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
) -> Option<Vec<String>> {
    links::read_domains(reader, value, "[\"ourcompany.com\"]")
}

/// A condition's name, what it means to staff, and how it is read.
pub struct Kind {
    pub name: &'static str,
    /// One sentence or two for staff, with the units.
    pub about: &'static str,
    /// As it is written in a rule.
    pub example: &'static str,
    /// An example, as it stands under `examples.match`, on which a rule with nothing but `example` fires.
    pub fires: &'static str,
    /// One, as it stands under `examples.pass`, on which it does not.
    pub passes: &'static str,
    /// What may stand behind the name, as JSON Schema (draft 4).
    pub schema: fn() -> serde_json::Value,
    pub(super) read: for<'a> fn(&mut Reader<'a>, &Value<'a>) -> Option<Box<dyn Condition>>,
}

pub const KINDS: &[Kind] = &[
    words::WORDS,
    words::WORDS_ALL,
    words::CONTAINS,
    words::EXACT,
    words::LIST,
    pattern::PATTERN,
    pattern::RAW_PATTERN,
    similar::SIMILAR_TO,
    disguise::DISGUISE,
    shape::counts::LENGTH,
    shape::counts::WORD_COUNT,
    shape::counts::LINE_COUNT,
    shape::counts::EMOJI_COUNT,
    shape::shares::UPPERCASE_SHARE,
    shape::shares::REPEATED_SHARE,
    shape::details::PHONE_NUMBERS,
    shape::details::EMAIL_ADDRESSES,
    shape::details::WALLET_ADDRESSES,
    script::SCRIPT,
    script::SCRIPT_NOT,
    language::LANGUAGE,
    language::LANGUAGE_NOT,
    links::LINKS,
    links::ONLY_LINKS,
    links::LINK_DOMAIN,
    links::LINK_LIST,
    links::LINK_TLD,
    links::LINK_TRICK,
    sender::SENDER,
    words::SENDER_NAME,
    pattern::SENDER_NAME_PATTERN,
    sender::SENDER_EMAIL,
    sender::SENDER_EMAIL_DOMAIN,
    sender::SENDER_EMAIL_LIST,
    sender::SENDER_HAS_EMAIL,
    profile::SENDER_VERIFIED,
    profile::SENDER_COMPANY,
    profile::SENDER_ROLE,
    profile::SENDER_ATTRIBUTE,
    history::FIRST_MESSAGE,
    history::MESSAGES,
    alike::SAME_TEXT,
    alike::SAME_TEXT_FROM,
    history::KNOWN_FOR,
    history::ANSWERED_BEFORE,
    history::BLOCKED_BEFORE,
    history::UNBLOCKED_BEFORE,
    place::CHANNEL,
    words::SUBJECT,
    page::PAGE,
    place::BRAND,
    place::CONVERSATION,
    similar::LOOKS_LIKE_SPAM,
];

/// `“a”, “b” or “c”`, cut short when there are many.
pub(super) fn say_list(words: &[String]) -> String {
    const SHOWN: usize = 6;
    let mut said: Vec<String> = words
        .iter()
        .take(SHOWN)
        .map(|word| format!("“{word}”"))
        .collect();
    if words.len() > SHOWN {
        said.push(format!("{} more", words.len() - SHOWN));
    }
    match said.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
