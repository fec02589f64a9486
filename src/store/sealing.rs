//! Keys by whose data they lock, and the personal parts of the record.
//!
//! A key is found or made in the transaction that seals with it, and held there until that transaction ends: whoever destroys
//! it waits, and then sees all that was sealed with it.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::audit::{Entry, Row};
use super::rows::{self, Cell};
use super::schema::Dialect;
use super::{Result, StoreError, Writing};
use crate::message::{ContactId, ConversationId, EventId};
use crate::seal::{self, Key};
use crate::time::Timestamp;

/// The kind of what the record commits to: the personal part of a row.
const PRIVATE: &str = "private";
/// The kind of what the record commits to: an event as it was sent.
pub const EVIDENCE: &str = "evidence";
/// Under which name a row's detail holds the commitment to its personal part.
pub const COMMITMENT: &str = "private";
/// What the detail of a row says whose personal part is gone.
pub const ERASED: &str = "erased";
/// What the detail of a row says whose personal part is not what the record committed to.
pub const ALTERED: &str = "altered";

const DAY: i64 = 86_400_000;

/// Whose data a key locks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    Contact(ContactId),
    /// What is known of no one contact, but of a conversation.
    Conversation(ConversationId),
    /// What is known of neither: by the day (since 1970, UTC) it came.
    Day(i64),
}

impl Owner {
    pub fn of(
        contact: Option<&ContactId>,
        conversation: Option<&ConversationId>,
        at: Timestamp,
    ) -> Self {
        match (contact, conversation) {
            (Some(contact), _) => Self::Contact(contact.clone()),
            (None, Some(conversation)) => Self::Conversation(conversation.clone()),
            (None, None) => Self::Day(at.millis().div_euclid(DAY)),
        }
    }

    /// As it stands in the table of keys.
    pub fn name(&self) -> String {
        match self {
            Self::Contact(id) => format!("contact:{id}"),
            Self::Conversation(id) => format!("conversation:{id}"),
            Self::Day(day) => format!("day:{day:07}"),
        }
    }
}

/// A key and its number.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub id: i64,
    pub key: Key,
}

/// The keys one transaction seals with.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<String, Held>);

impl Keys {
    pub fn of(&self, owner: &Owner) -> Result<&Held> {
        self.0
            .get(&owner.name())
            .ok_or_else(|| damaged("a key was not made".to_owned()))
    }
}

fn damaged(what: String) -> StoreError {
    StoreError::BadData {
        table: "seal_keys",
        row: String::new(),
        what,
    }
}

fn key_of(row: &AnyRow) -> Result<(String, Held)> {
    let id: i64 = row.try_get("key_id")?;
    let secret: Vec<u8> = row.try_get("secret")?;
    let key = Key::from_bytes(&secret).ok_or_else(|| damaged(format!("key {id} is no key")))?;
    Ok((row.try_get("owner")?, Held { id, key }))
}

impl Writing {
    /// The keys of owners, made where there are none.
    pub(super) async fn keys(
        &mut self,
        owners: impl Iterator<Item = Owner>,
        now: Timestamp,
    ) -> Result<Keys> {
        let lock = match self.dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => "ORDER BY owner FOR KEY SHARE",
        };
        // In one order everywhere, so that two replicas cannot wait for each other.
        let mut missing: BTreeSet<String> = owners.map(|owner| owner.name()).collect();
        let mut keys = HashMap::new();
        // Somebody else may be making, or destroying, the same key at this moment.
        for _ in 0..8 {
            let asked: Vec<String> = missing.iter().cloned().collect();
            let found = rows::each(
                &mut self.tx,
                "SELECT owner, key_id, secret FROM seal_keys WHERE owner IN",
                lock,
                &asked,
            )
            .await?;
            take(&found, &mut missing, &mut keys)?;
            if missing.is_empty() {
                return Ok(Keys(keys));
            }
            let cells = missing.iter().map(|owner| {
                let secret = Key::random()?;
                Ok(vec![
                    Cell::Text(owner.clone()),
                    Cell::Bytes(secret.bytes().to_vec()),
                    Cell::Int(now.millis()),
                ])
            });
            let made = rows::insert(
                &mut self.tx,
                "INSERT INTO seal_keys (owner, secret, made_at) VALUES",
                "ON CONFLICT (owner) DO NOTHING RETURNING owner, key_id, secret",
                cells.collect::<Result<_>>()?,
            )
            .await?;
            take(&made, &mut missing, &mut keys)?;
            if missing.is_empty() {
                return Ok(Keys(keys));
            }
        }
        Err(damaged("a key could be neither found nor made".to_owned()))
    }

    /// Puts the personal parts of new rows of the record under lock. What is left in the rows is a commitment.
    pub(super) async fn seal_private(&mut self, entries: &mut [Entry]) -> Result<()> {
        let private = |entry: &Entry| !entry.private.is_null();
        let owners: Vec<Owner> = entries
            .iter()
            .filter(|entry| private(entry))
            .map(owner_of)
            .collect();
        let Some(now) = entries.iter().map(|entry| entry.at).max() else {
            return Ok(());
        };
        if owners.is_empty() {
            return Ok(());
        }
        let keys = self.keys(owners.into_iter(), now).await?;
        let mut cells = Vec::new();
        for entry in entries.iter_mut().filter(|entry| private(entry)) {
            let value = std::mem::take(&mut entry.private).to_string();
            let committed = seal::commit(PRIVATE, value.as_bytes())?;
            let held = keys.of(&owner_of(entry))?;
            let place = place_of(
                entry.event.as_ref(),
                entry.contact.as_ref(),
                entry.conversation.as_ref(),
            );
            let body = held.key.seal(&bound_to(&place), &committed.salted)?;
            if let Some(detail) = entry.detail.as_object_mut() {
                detail.insert(
                    COMMITMENT.to_owned(),
                    Value::from(committed.commitment.clone()),
                );
            }
            cells.push(vec![
                Cell::Text(place),
                Cell::Text(committed.commitment),
                Cell::Int(held.id),
                Cell::Bytes(body),
            ]);
        }
        rows::insert(
            &mut self.tx,
            "INSERT INTO sealed (place, commitment, key_id, body) VALUES",
            "",
            cells,
        )
        .await?;
        Ok(())
    }
}

fn take(
    found: &[AnyRow],
    missing: &mut BTreeSet<String>,
    keys: &mut HashMap<String, Held>,
) -> Result<()> {
    for row in found {
        let (owner, held) = key_of(row)?;
        missing.remove(&owner);
        keys.insert(owner, held);
    }
    Ok(())
}

fn owner_of(entry: &Entry) -> Owner {
    Owner::of(
        entry.contact.as_ref(),
        entry.conversation.as_ref(),
        entry.at,
    )
}

/// Where the personal part of a row lies.
pub(super) fn place_of(
    event: Option<&EventId>,
    contact: Option<&ContactId>,
    conversation: Option<&ConversationId>,
) -> String {
    match (event, contact, conversation) {
        (Some(event), _, _) => event_place(event),
        (None, Some(contact), _) => format!("contact:{contact}"),
        (None, None, Some(conversation)) => format!("conversation:{conversation}"),
        (None, None, None) => String::new(),
    }
}

pub(super) fn event_place(event: &EventId) -> String {
    format!("event:{event}")
}

/// What a personal part is bound to.
fn bound_to(place: &str) -> String {
    format!("private {place}")
}

/// What an event's body is bound to.
pub(super) fn body_of(event: &EventId) -> String {
    format!("body {event}")
}

/// Puts personal parts back into rows as they were recorded. Where one is gone, the detail says that it is erased.
pub(super) async fn merge_private(connection: &mut AnyConnection, rows: &mut [Row]) -> Result<()> {
    let mut places = HashSet::new();
    for row in rows
        .iter()
        .filter(|row| commitment_in(&row.detail).is_some())
    {
        places.insert(place(row));
    }
    let asked: Vec<String> = places.into_iter().collect();
    let found = rows::each(
        connection,
        "SELECT s.place, s.commitment, s.body, k.secret FROM sealed s JOIN seal_keys k ON k.key_id = s.key_id AND k.owner IS NOT NULL WHERE s.place IN",
        "",
        &asked,
    )
    .await?;
    let mut pieces: HashMap<(String, String), Option<Value>> = HashMap::new();
    for row in &found {
        let (place, commitment): (String, String) =
            (row.try_get("place")?, row.try_get("commitment")?);
        let (body, secret): (Vec<u8>, Vec<u8>) = (row.try_get("body")?, row.try_get("secret")?);
        let piece = opened(&place, &commitment, &body, &secret);
        pieces.insert((place, commitment), piece);
    }
    for row in rows {
        let Some(commitment) = commitment_in(&row.detail).map(str::to_owned) else {
            continue;
        };
        let piece = pieces.remove(&(place(row), commitment));
        let Some(detail) = row.detail.as_object_mut() else {
            continue;
        };
        match piece {
            Some(Some(piece)) => {
                detail.remove(COMMITMENT);
                merge(&mut row.detail, piece);
            }
            Some(None) => {
                detail.insert(ALTERED.to_owned(), Value::from(true));
            }
            None => {
                detail.insert(ERASED.to_owned(), Value::from(true));
            }
        }
    }
    Ok(())
}

fn place(row: &Row) -> String {
    place_of(
        row.event.as_ref(),
        row.contact.as_ref(),
        row.conversation.as_ref(),
    )
}

fn commitment_in(detail: &Value) -> Option<&str> {
    detail.get(COMMITMENT)?.as_str()
}

fn opened(place: &str, commitment: &str, body: &[u8], secret: &[u8]) -> Option<Value> {
    let salted = Key::from_bytes(secret)?.open(&bound_to(place), body)?;
    if seal::commitment_of(PRIVATE, &salted) != commitment {
        return None;
    }
    serde_json::from_slice(seal::value_of(&salted)?).ok()
}

/// Lays one value over another of the same shape; where it has nothing (null), the other stays.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (_, Value::Null) => {}
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) if into.len() >= from.len() => {
            for (into, from) in into.iter_mut().zip(from) {
                merge(into, from);
            }
        }
        (into, from) => *into = from,
    }
}
