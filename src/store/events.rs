//! Evidence: every event once, every message once.

use std::collections::{HashMap, HashSet};

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{self, Cell};
use super::sealing::{self, Owner};
use super::{Result, Store, StoreError, Writing, sightings};
use crate::fingerprint::Fingerprint;
use crate::message::{ContactId, ConversationId, EventId, PartId};
use crate::seal::{self, Key};
use crate::time::Timestamp;

crate::vocabulary! {
    /// What an event turned out to be.
    EventKind {
        /// It brought a message that is to be judged.
        Message = "message",
        /// It brought a message another event had brought before.
        Repeat = "repeat",
        /// A teammate's answer.
        Answer = "answer",
        /// Something we do not judge.
        Other = "other",
        /// Signed, but not understood.
        NotUnderstood = "not-understood",
    }
}

/// An event as it is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub event: EventId,
    pub topic: String,
    pub kind: EventKind,
    pub received_at: Timestamp,
    pub conversation: Option<ConversationId>,
    pub part: Option<PartId>,
    pub contact: Option<ContactId>,
    /// For a repeat: the event that brought the message first.
    pub same_as: Option<EventId>,
    /// Why it was not understood.
    pub note: Option<String>,
    /// As it was sent; gone once erased.
    pub body: Option<Vec<u8>>,
}

/// What makes a message the same message, and what its sender's history needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageKey {
    pub conversation: ConversationId,
    pub part: PartId,
    pub event: EventId,
    pub contact: ContactId,
    pub sent_at: Timestamp,
    /// By what near-duplicates of it are told; nothing for a text without a letter or digit.
    pub fingerprint: Option<Fingerprint>,
}

impl EventRow {
    /// Whose key its body is under.
    pub(super) fn owner(&self) -> Owner {
        Owner::of(
            self.contact.as_ref(),
            self.conversation.as_ref(),
            self.received_at,
        )
    }
}

impl Writing {
    /// Which of these events are not filed yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unknown_events(&mut self, ids: &[EventId]) -> Result<HashSet<EventId>> {
        let asked: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let found = rows::each(
            &mut self.tx,
            "SELECT event_id FROM events WHERE event_id IN",
            "",
            &asked,
        )
        .await?;
        let mut unknown: HashSet<EventId> = ids.iter().cloned().collect();
        for row in &found {
            unknown.remove(&EventId::new(row.try_get::<String, _>("event_id")?));
        }
        Ok(unknown)
    }

    /// Registers messages, each once; gives back those that were known, with the event that brought them first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register_messages(
        &mut self,
        keys: &[MessageKey],
    ) -> Result<HashMap<EventId, EventId>> {
        // In one order everywhere, so that two replicas cannot wait for each other.
        let mut keys: Vec<&MessageKey> = keys.iter().collect();
        keys.sort_by(|a, b| (&a.conversation, &a.part).cmp(&(&b.conversation, &b.part)));
        let cells = keys
            .iter()
            .map(|key| {
                vec![
                    Cell::Text(key.conversation.as_str().to_owned()),
                    Cell::Text(key.part.as_str().to_owned()),
                    Cell::Text(key.event.as_str().to_owned()),
                    Cell::Text(key.contact.as_str().to_owned()),
                    Cell::Int(key.sent_at.millis()),
                    Cell::MaybeInt(key.fingerprint.as_ref().map(sightings::id_of)),
                ]
            })
            .collect();
        let new = rows::insert(
            &mut self.tx,
            "INSERT INTO messages (conversation_id, part_id, event_id, contact_id, sent_at, fingerprint_id) VALUES",
            "ON CONFLICT (conversation_id, part_id) DO NOTHING RETURNING event_id",
            cells,
        )
        .await?;
        let new: HashSet<String> = new
            .iter()
            .map(|row| row.try_get("event_id"))
            .collect::<std::result::Result<_, _>>()?;
        let (new, repeated): (Vec<&MessageKey>, Vec<&MessageKey>) = keys
            .into_iter()
            .partition(|key| new.contains(key.event.as_str()));
        sightings::note(&mut self.tx, &new).await?;
        let mut known = HashMap::new();
        for key in repeated {
            let sql = "SELECT event_id FROM messages WHERE conversation_id = $1 AND part_id = $2";
            let (first,): (String,) = sqlx::query_as(sql)
                .bind(key.conversation.as_str())
                .bind(key.part.as_str())
                .fetch_one(&mut *self.tx)
                .await?;
            known.insert(key.event.clone(), EventId::new(first));
        }
        Ok(known)
    }

    /// Files events that are not filed yet, their bodies under lock. Gives the commitment to each body, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn file_events(&mut self, events: Vec<EventRow>) -> Result<Vec<String>> {
        let Some(now) = events.iter().map(|event| event.received_at).max() else {
            return Ok(Vec::new());
        };
        let keys = self.keys(events.iter().map(EventRow::owner), now).await?;
        let mut commitments = Vec::new();
        let cells = events
            .into_iter()
            .map(|event| {
                let text = |id: Option<String>| Cell::MaybeText(id);
                let held = keys.of(&event.owner())?;
                let body = event.body.as_deref().unwrap_or_default();
                let committed = seal::commit(sealing::EVIDENCE, body)?;
                let sealed = held
                    .key
                    .seal(&sealing::body_of(&event.event), &committed.salted)?;
                commitments.push(committed.commitment);
                Ok(vec![
                    Cell::Text(event.event.as_str().to_owned()),
                    Cell::Text(event.topic),
                    Cell::Text(event.kind.as_str().to_owned()),
                    Cell::Int(event.received_at.millis()),
                    text(event.conversation.map(|id| id.as_str().to_owned())),
                    text(event.part.map(|id| id.as_str().to_owned())),
                    text(event.contact.map(|id| id.as_str().to_owned())),
                    text(event.same_as.map(|id| id.as_str().to_owned())),
                    text(event.note),
                    Cell::Bytes(sealed),
                    Cell::Int(held.id),
                ])
            })
            .collect::<Result<_>>()?;
        rows::insert(
            &mut self.tx,
            "INSERT INTO events (event_id, topic, kind, received_at, conversation_id, part_id, contact_id, same_as, note, body, key_id) VALUES",
            "",
            cells,
        )
        .await?;
        Ok(commitments)
    }

    /// Notes that a teammate answered in a conversation; the first answer counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_answer(
        &mut self,
        conversation: &ConversationId,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO answers (conversation_id, answered_at) VALUES ($1, $2)
            ON CONFLICT (conversation_id) DO UPDATE SET answered_at = excluded.answered_at WHERE excluded.answered_at < answers.answered_at";
        sqlx::query(sql)
            .bind(conversation.as_str())
            .bind(at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// The bodies of events and when they were received, by id. Erased and unknown ones are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bodies(&self, ids: &[EventId]) -> Result<HashMap<EventId, (Timestamp, Vec<u8>)>> {
        let asked: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let mut connection = self.reading().await?;
        let found = rows::each(
            &mut connection,
            "SELECT e.event_id, e.received_at, e.body, e.key_id, k.secret FROM events e LEFT JOIN seal_keys k ON k.key_id = e.key_id AND k.owner IS NOT NULL WHERE e.body IS NOT NULL AND e.event_id IN",
            "",
            &asked,
        )
        .await?;
        let mut bodies = HashMap::new();
        for row in &found {
            let event = EventId::new(row.try_get::<String, _>("event_id")?);
            let received_at = Timestamp::from_millis(row.try_get("received_at")?);
            if let Some(body) = body_of(row, &event)? {
                bodies.insert(event, (received_at, body));
            }
        }
        Ok(bodies)
    }

    /// One event as it was filed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn event(&self, id: &EventId) -> Result<Option<EventRow>> {
        let sql = "SELECT event_id, topic, kind, received_at, conversation_id, part_id, contact_id, same_as, note, body, e.key_id, k.secret
            FROM events e LEFT JOIN seal_keys k ON k.key_id = e.key_id AND k.owner IS NOT NULL WHERE event_id = $1";
        let mut connection = self.reading().await?;
        let row = sqlx::query(sql)
            .bind(id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        row.as_ref().map(event_of).transpose()
    }

    /// How many events wait in the inbox, and since when the oldest of them does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting(&self) -> Result<(i64, Option<Timestamp>)> {
        let mut connection = self.reading().await?;
        let (count, oldest): (i64, i64) =
            sqlx::query_as("SELECT COUNT(*), COALESCE(MIN(received_at), -1) FROM inbox")
                .fetch_one(&mut *connection)
                .await?;
        Ok((count, (oldest >= 0).then(|| Timestamp::from_millis(oldest))))
    }

    /// How many events were signed but not understood.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn not_understood(&self) -> Result<i64> {
        let mut connection = self.reading().await?;
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM events WHERE kind = 'not-understood' AND kind <> 'message' AND kind <> 'other'")
            .fetch_one(&mut *connection)
            .await?;
        Ok(count)
    }
}

/// An event's body as it was sent: nothing once it is erased, or its key is.
pub(super) fn body_of(row: &AnyRow, event: &EventId) -> Result<Option<Vec<u8>>> {
    let Some(body) = row.try_get::<Option<Vec<u8>>, _>("body")? else {
        return Ok(None);
    };
    if row.try_get::<Option<i64>, _>("key_id")?.is_none() {
        return Ok(Some(body));
    }
    let Some(secret) = row.try_get::<Option<Vec<u8>>, _>("secret")? else {
        return Ok(None);
    };
    let opened = Key::from_bytes(&secret)
        .and_then(|key| key.open(&sealing::body_of(event), &body))
        .and_then(|salted| seal::value_of(&salted).map(<[u8]>::to_vec));
    opened.map(Some).ok_or_else(|| StoreError::BadData {
        table: "events",
        row: event.to_string(),
        what: "the body is not what was put under lock".to_owned(),
    })
}

fn event_of(row: &AnyRow) -> Result<EventRow> {
    let id: String = row.try_get("event_id")?;
    let kind: String = row.try_get("kind")?;
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    Ok(EventRow {
        kind: EventKind::parse(&kind).ok_or_else(|| StoreError::BadData {
            table: "events",
            row: id.clone(),
            what: format!("kind {kind} is unknown"),
        })?,
        body: body_of(row, &EventId::new(id.as_str()))?,
        event: EventId::new(id),
        topic: row.try_get("topic")?,
        received_at: Timestamp::from_millis(row.try_get("received_at")?),
        conversation: text("conversation_id")?.map(ConversationId::new),
        part: text("part_id")?.map(PartId::new),
        contact: text("contact_id")?.map(ContactId::new),
        same_as: text("same_as")?.map(EventId::new),
        note: text("note")?,
    })
}
