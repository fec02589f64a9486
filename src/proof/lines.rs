//! The lines of an exported record.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::tree::{self, Hash};

/// How many rows share a line of hashes.
pub const TILE: u64 = 256;
pub const FORMAT: &str = "bouncer-record/1";

/// A row as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredRow {
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub action: String,
    pub actor: String,
    pub contact: Option<String>,
    pub conversation: Option<String>,
    pub event: Option<String>,
    pub verdict: Option<String>,
    pub rules: Option<String>,
    /// JSON, as it stands there.
    pub detail: String,
}

#[derive(Serialize)]
struct RowLine<'a> {
    seq: i64,
    at: i64,
    action: &'a str,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<&'a str>,
    detail: Detail<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Detail<'a> {
    AsItStands(&'a RawValue),
    /// Somebody has put something else there than we write.
    Odd(&'a str),
}

impl StoredRow {
    /// The row as a line, without its end: these bytes are the leaf.
    #[must_use]
    pub fn line(&self) -> String {
        let one_line = !self.detail.contains(|c: char| c.is_control());
        let detail = one_line
            .then(|| serde_json::from_str::<&RawValue>(&self.detail).ok())
            .flatten()
            .filter(|value| value.get() == self.detail);
        let line = RowLine {
            seq: self.seq,
            at: self.at,
            action: &self.action,
            actor: &self.actor,
            contact: self.contact.as_deref(),
            conversation: self.conversation.as_deref(),
            event: self.event.as_deref(),
            verdict: self.verdict.as_deref(),
            rules: self.rules.as_deref(),
            detail: detail.map_or(Detail::Odd(&self.detail), Detail::AsItStands),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    #[must_use]
    pub fn leaf(&self) -> Hash {
        tree::leaf(self.line().as_bytes())
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub format: String,
    /// Which log it is.
    pub origin: String,
    /// How many rows the log has in the last line's checkpoint.
    pub size: u64,
    /// How many of the oldest rows are no longer kept; of them there are only hashes. Whole tiles.
    pub forgotten: u64,
}

/// Any line but the first and those of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashes {
    /// Counted from 0.
    tile: u64,
    /// Of its rows, in base64, one after the other.
    hashes: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    checkpoint: String,
}

/// The hashes of up to [`TILE`] rows, as a line.
#[must_use]
pub fn tile_line(tile: u64, hashes: &[u8]) -> String {
    let hashes = STANDARD.encode(hashes);
    serde_json::to_string(&Hashes { tile, hashes }).unwrap_or_default()
}

/// A signed checkpoint as a line.
#[must_use]
pub fn checkpoint_line(note: &str) -> String {
    let checkpoint = note.to_owned();
    serde_json::to_string(&Signed { checkpoint }).unwrap_or_default()
}

/// What a line is, by how it begins.
pub(super) enum Line<'a> {
    Row(&'a str),
    Tile(u64, Vec<Hash>),
    Checkpoint(String),
}

impl<'a> Line<'a> {
    /// # Errors
    /// When it is none of these.
    pub(super) fn read(line: &'a str) -> Result<Self, String> {
        let odd = |error: serde_json::Error| format!("it cannot be read: {error}");
        if line.starts_with("{\"seq\":") {
            return Ok(Self::Row(line));
        }
        if line.starts_with("{\"tile\":") {
            let read: Hashes = serde_json::from_str(line).map_err(odd)?;
            let bytes = STANDARD.decode(&read.hashes).ok();
            let hashes = bytes.as_deref().and_then(tree::hashes);
            return match hashes {
                Some(hashes) if !hashes.is_empty() && hashes.len() as u64 <= TILE => {
                    Ok(Self::Tile(read.tile, hashes))
                }
                _ => Err("its hashes cannot be read".to_owned()),
            };
        }
        if line.starts_with("{\"checkpoint\":") {
            let read: Signed = serde_json::from_str(line).map_err(odd)?;
            return Ok(Self::Checkpoint(read.checkpoint));
        }
        Err("it is no line of a record".to_owned())
    }
}
