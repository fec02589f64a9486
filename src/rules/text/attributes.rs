//! Bounds the attributes of a tag, before the tokenizer compares each one's name with all others of its tag.

use std::borrow::Cow;

/// Most attributes read of one tag. Mail programs write a dozen; pages with data for scripts some fifty.
const MOST: usize = 500;

/// Where in a tag the reading stands; the states of the HTML Standard, section 13.2.5, as far as they part attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// Behind `<`, where a letter makes it a tag.
    Opened,
    Name,
    BeforeAttribute,
    Attribute,
    AfterAttribute,
    BeforeValue,
    Quoted(u8),
    Unquoted,
}

/// The HTML with everything that follows the first 500 attributes of a tag, up to its `>`, made one more attribute: what
/// would begin another one becomes `_`. Nothing is taken away, so no place moves and no comment loses its end.
pub(super) fn bounded(html: &str) -> Cow<'_, str> {
    if html.bytes().filter(|byte| parts(*byte)).take(MOST).count() < MOST {
        return Cow::Borrowed(html);
    }
    let mut bytes = Cow::Borrowed(html.as_bytes());
    let (mut state, mut attributes) = (State::Text, 0);
    for (at, byte) in html.bytes().enumerate() {
        let within = !matches!(state, State::Text | State::Opened);
        if within && attributes >= MOST && byte != b'>' {
            if let (true, Some(byte)) = (parts(byte), bytes.to_mut().get_mut(at)) {
                *byte = b'_';
            }
            continue;
        }
        let next = step(state, byte);
        attributes = match (state, next) {
            (_, State::Opened) => 0,
            (before, State::Attribute) if before != State::Attribute => attributes + 1,
            _ => attributes,
        };
        state = next;
    }
    match bytes {
        Cow::Borrowed(_) => Cow::Borrowed(html),
        // Only whole ASCII characters were exchanged for another one.
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Cow::Owned(text),
            Err(_) => Cow::Borrowed(html),
        },
    }
}

/// Whether attributes can be told apart at this character.
const fn parts(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'/' | b'=')
}

const fn step(state: State, byte: u8) -> State {
    match (state, byte) {
        (State::Text | State::Opened, b'<') | (State::Opened, b'/') => State::Opened,
        (State::Opened, _) if byte.is_ascii_alphabetic() => State::Name,
        (State::Quoted(quote), _) if byte == quote => State::BeforeAttribute,
        (State::Quoted(_), _) => state,
        (State::Text | State::Opened, _) | (_, b'>') => State::Text,
        (State::BeforeValue, b'"' | b'\'') => State::Quoted(byte),
        (State::BeforeValue, _) if byte.is_ascii_whitespace() => state,
        (State::BeforeValue, _) => State::Unquoted,
        (State::Unquoted, _) if byte.is_ascii_whitespace() => State::BeforeAttribute,
        (State::Unquoted, _) => state,
        (State::Attribute | State::AfterAttribute, b'=') => State::BeforeValue,
        (State::Attribute, _) if byte.is_ascii_whitespace() => State::AfterAttribute,
        (State::AfterAttribute, _) if byte.is_ascii_whitespace() => state,
        (State::Name, _) if !byte.is_ascii_whitespace() && byte != b'/' => state,
        (_, b'/') => State::BeforeAttribute,
        (State::Name | State::BeforeAttribute, _) if byte.is_ascii_whitespace() => {
            State::BeforeAttribute
        }
        _ => State::Attribute,
    }
}
