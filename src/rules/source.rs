//! From the bytes of one rule file to a TOML table whose every key and value knows its place.

use std::cell::OnceCell;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::syntax;
use crate::problem::{Place, Problem};

/// Largest rule file that is read, in bytes.
pub const MAX_FILE: usize = 1024 * 1024;
/// Largest list file that is read, in bytes.
pub const MAX_LIST: usize = 16 * 1024 * 1024;
/// Deepest nesting of brackets and of dotted keys. The TOML parser recurses, so this is held before it runs.
pub const MAX_NESTING: usize = 24;

/// One file of a rule folder as it was read: its name relative to the folder, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl RuleFile {
    /// Whether it is a list of entries rather than a file of rules.
    #[must_use]
    pub fn is_list(&self) -> bool {
        Path::new(&self.name)
            .extension()
            .is_some_and(|extension| extension == "txt")
    }
}

/// A rule file's text and name, from which places are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    pub fn place(&self, span: &Range<usize>) -> Place {
        Place::find(self.name, self.text, span)
    }
}

/// The file as text, or what is wrong with it as a file.
pub(super) fn decode(file: &RuleFile) -> Result<Source<'_>, Box<Problem>> {
    let text = decode_up_to(file, MAX_FILE)?;
    Ok(Source {
        name: &file.name,
        text,
    })
}

/// A list file as text, or what is wrong with it as a file.
pub(super) fn decode_list(file: &RuleFile) -> Result<&str, Box<Problem>> {
    decode_up_to(file, MAX_LIST)
}

fn decode_up_to(file: &RuleFile, most: usize) -> Result<&str, Box<Problem>> {
    if file.bytes.len() > most {
        let message = format!(
            "this file has {} bytes; at most {most} are read",
            file.bytes.len()
        );
        return Err(Box::new(
            Problem::error("file-too-large", message)
                .at(Place::file(&file.name))
                .help("split it into several files; all files of the folder are read together"),
        ));
    }
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf");
    let bytes = bytes.unwrap_or(&file.bytes);
    str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let text = String::from_utf8_lossy(bytes);
        let place = Place::find(&file.name, &text, &(good.len()..good.len() + 1));
        let help = "save it again with the encoding UTF-8 (in most editors: Save with encoding)";
        Box::new(
            Problem::error("not-utf8", "this file is not UTF-8 text")
                .at(place)
                .help(help),
        )
    })
}

/// Parses the text as TOML. Every syntax error is reported; what could be read is given all the same. `room` is where
/// that stands when there are errors.
pub(super) fn parse<'a>(
    source: Source<'a>,
    room: &'a OnceCell<String>,
    problems: &mut Vec<Problem>,
) -> Option<Spanned<DeTable<'a>>> {
    if let Some(at) = too_deep(source.text) {
        problems.push(
            Problem::error(
                "nested-too-deep",
                format!("brackets or dotted keys are nested more than {MAX_NESTING} deep"),
            )
            .at(source.place(&(at..at + 1)))
            .help("take the inner conditions out into a rule of their own"),
        );
        return None;
    }
    syntax::parse(source, room, problems)
}

/// The first byte at which nesting goes beyond [`MAX_NESTING`]. Texts and comments do not count.
fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut dots) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                at = skip_text(bytes, at);
                continue;
            }
            b'#' => {
                while bytes.get(at).is_some_and(|&b| b != b'\n') {
                    at += 1;
                }
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' => dots += 1,
            b'\n' | b'=' | b',' => dots = 0,
            _ => {}
        }
        if depth > MAX_NESTING || dots > MAX_NESTING {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Where the text ends that opens with the quote at `at`.
pub(super) fn skip_text(bytes: &[u8], at: usize) -> usize {
    let quote = bytes.get(at).copied().unwrap_or_default();
    let long = bytes.get(at..at + 3) == Some(&[quote; 3]);
    let mut at = at + if long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            b'\n' if !long => return at,
            _ if byte == quote && !long => return at + 1,
            _ if byte == quote && bytes.get(at..at + 3) == Some(&[quote; 3]) => return at + 3,
            _ => {}
        }
        at += 1;
    }
    at
}

/// What a value is, in the words staff know.
pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a dot",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "braces { }",
    }
}

/// Rule files as the store keeps them: a JSON object of names and texts. Only files that loaded are kept, so all are UTF-8.
#[must_use]
pub fn pack(files: &[RuleFile]) -> String {
    let map: serde_json::Map<String, serde_json::Value> = files
        .iter()
        .map(|file| {
            (
                file.name.clone(),
                String::from_utf8_lossy(&file.bytes).into_owned().into(),
            )
        })
        .collect();
    serde_json::Value::Object(map).to_string()
}

/// The files [`pack`] made a text of.
#[must_use]
pub fn unpack(text: &str) -> Option<Vec<RuleFile>> {
    let files: std::collections::BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    let file = |(name, text): (String, String)| RuleFile {
        name,
        bytes: text.into_bytes(),
    };
    Some(files.into_iter().map(file).collect())
}
