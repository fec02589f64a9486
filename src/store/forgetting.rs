//! What is forgotten, and how: the key is destroyed, what it locked is removed, and the files are overwritten.
//!
//! Texts are forgotten in one place, [`Writing::forget_texts`].

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use serde::Serialize;
use sqlx::Row as _;

use super::rows;
use super::schema::Dialect;
use super::sealing::{Owner, event_place};
use super::{Result, Store, Writing, events};
use crate::message::{ContactId, ConversationId, EventId};
use crate::seal::KEY_BYTES;
use crate::time::Timestamp;

/// What was removed, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Forgot {
    pub keys: u64,
    /// Events as they were sent.
    pub texts: u64,
    /// Personal parts of rows of the record.
    pub parts: u64,
    pub profiles: u64,
    pub fingerprints: u64,
}

impl Forgot {
    /// Adds what was removed elsewhere.
    pub fn add(&mut self, other: Self) {
        self.keys += other.keys;
        self.texts += other.texts;
        self.parts += other.parts;
        self.profiles += other.profiles;
        self.fingerprints += other.fingerprints;
    }
}

/// What is on file of a contact and can be forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnFile {
    pub events: Vec<EventId>,
    pub conversations: Vec<ConversationId>,
}

impl Writing {
    /// From here on to the end of this transaction SQLite overwrites with zeros what is removed.
    pub(super) async fn overwriting(&mut self) -> Result<()> {
        if self.dialect == Dialect::Sqlite && !self.health.overwrites.swap(true, Ordering::Relaxed)
        {
            sqlx::query("PRAGMA secure_delete = ON")
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    /// Destroys keys by their owners' names.
    async fn destroy_keys_of(&mut self, owners: impl Iterator<Item = Owner>) -> Result<u64> {
        // In one order everywhere, so that two replicas cannot wait for each other.
        let mut names: Vec<String> = owners.map(|owner| owner.name()).collect();
        names.sort_unstable();
        let found = rows::each(
            &mut self.tx,
            "SELECT key_id FROM seal_keys WHERE owner IN",
            "ORDER BY owner",
            &names,
        )
        .await?;
        let ids: std::result::Result<Vec<i64>, _> =
            found.iter().map(|row| row.try_get("key_id")).collect();
        self.destroy_keys(ids?).await
    }

    /// Destroys keys: first the secret is overwritten where it stands, then the row loses its owner. With PostgreSQL, which
    /// never overwrites, the table is rewritten by [`Store::scrub`].
    pub(super) async fn destroy_keys(&mut self, ids: Vec<i64>) -> Result<u64> {
        if ids.is_empty() {
            return Ok(0);
        }
        self.overwriting().await?;
        let zeros = vec![0_u8; KEY_BYTES];
        for id in &ids {
            sqlx::query("UPDATE seal_keys SET secret = $1 WHERE key_id = $2")
                .bind(zeros.clone())
                .bind(*id)
                .execute(&mut *self.tx)
                .await?;
            let sql = match self.dialect {
                Dialect::Sqlite => "UPDATE seal_keys SET owner = NULL WHERE key_id = $1",
                Dialect::Postgres => "DELETE FROM seal_keys WHERE key_id = $1",
            };
            sqlx::query(sql).bind(*id).execute(&mut *self.tx).await?;
        }
        Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
    }

    /// Forgets the texts of events, of those that brought the same messages again, and the personal parts of the rows of the
    /// record about them. The one place for it: whatever else is kept of a text is to be forgotten here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_texts(&mut self, events: &[EventId]) -> Result<Forgot> {
        self.overwriting().await?;
        let mut ids: HashSet<String> = events.iter().map(|id| id.as_str().to_owned()).collect();
        let asked: Vec<String> = ids.iter().cloned().collect();
        let again = rows::each(
            &mut self.tx,
            "SELECT event_id FROM events WHERE same_as IN",
            "",
            &asked,
        )
        .await?;
        for row in &again {
            ids.insert(row.try_get("event_id")?);
        }
        // In one order everywhere, so that two replicas cannot wait for each other.
        let mut ids: Vec<String> = ids.into_iter().collect();
        ids.sort_unstable();
        let texts = rows::each(
            &mut self.tx,
            "UPDATE events SET body = NULL, key_id = NULL WHERE body IS NOT NULL AND event_id IN",
            "RETURNING event_id",
            &ids,
        )
        .await?;
        let ids: Vec<EventId> = ids.into_iter().map(EventId::new).collect();
        self.forget_words(&ids).await?;
        let places: Vec<String> = ids.iter().map(event_place).collect();
        let parts = rows::each(
            &mut self.tx,
            "DELETE FROM sealed WHERE place IN",
            "RETURNING place",
            &places,
        )
        .await?;
        Ok(Forgot {
            texts: count(&texts),
            parts: count(&parts),
            ..Forgot::default()
        })
    }

    /// Forgets what is known of a contact: keys, texts, personal parts, what was looked up, and by what their texts were
    /// recognized. `strays` are events that name the contact without being about one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_contact(
        &mut self,
        contact: &ContactId,
        on_file: &OnFile,
        strays: &[EventId],
    ) -> Result<Forgot> {
        self.overwriting().await?;
        let held = self.held_conversations(&on_file.conversations).await?;
        let conversations = on_file.conversations.iter();
        let conversations = conversations.filter(|id| !held.contains(*id)).cloned();
        let owners = std::iter::once(Owner::Contact(contact.clone()))
            .chain(conversations.map(Owner::Conversation));
        // First of all: whoever is about to seal with it has done so before, or makes a new one after.
        let keys = self.destroy_keys_of(owners).await?;
        self.call_in_inbox_keys(Timestamp::from_millis(i64::MAX))
            .await?;
        let now_on_file = self.on_file(contact).await?;
        let events: Vec<EventId> = now_on_file.events.iter().chain(strays).cloned().collect();
        let mut forgot = self.forget_texts(&events).await?;
        forgot.keys = keys;
        let place = vec![format!("contact:{contact}")];
        let parts = rows::each(
            &mut self.tx,
            "DELETE FROM sealed WHERE place IN",
            "RETURNING place",
            &place,
        )
        .await?;
        forgot.parts += count(&parts);
        let profiles = sqlx::query("DELETE FROM profiles WHERE contact_id = $1")
            .bind(contact.as_str())
            .execute(&mut *self.tx)
            .await?;
        forgot.profiles = profiles.rows_affected();
        forgot.fingerprints = self.forget_fingerprints(contact).await?;
        sqlx::query(
            "UPDATE jobs SET last_error = NULL WHERE subject = $1 AND last_error IS NOT NULL",
        )
        .bind(contact.as_str())
        .execute(&mut *self.tx)
        .await?;
        Ok(forgot)
    }

    /// Forgets what is known of a conversation beyond its messages: what teammates answered, and events about the whole. Nothing is
    /// while somebody in it is under legal hold. Gives how many keys were destroyed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_conversation(&mut self, conversation: &ConversationId) -> Result<u64> {
        let held = self
            .held_conversations(std::slice::from_ref(conversation))
            .await?;
        if !held.is_empty() {
            return Ok(0);
        }
        let owner = Owner::Conversation(conversation.clone());
        self.destroy_keys_of(std::iter::once(owner)).await
    }

    /// Those of these conversations in which somebody is under legal hold.
    async fn held_conversations(
        &mut self,
        conversations: &[ConversationId],
    ) -> Result<HashSet<ConversationId>> {
        let asked: Vec<String> = conversations
            .iter()
            .map(|id| id.as_str().to_owned())
            .collect();
        let found = rows::each(
            &mut self.tx,
            "SELECT DISTINCT m.conversation_id FROM messages m JOIN legal_holds l ON l.contact_id = m.contact_id WHERE m.conversation_id IN",
            "",
            &asked,
        )
        .await?;
        let ids: std::result::Result<Vec<String>, _> = found
            .iter()
            .map(|row| row.try_get("conversation_id"))
            .collect();
        Ok(ids?.into_iter().map(ConversationId::new).collect())
    }

    /// What is on file of a contact.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn on_file(&mut self, contact: &ContactId) -> Result<OnFile> {
        on_file(&mut self.tx, contact).await
    }

    /// Forgets by what a contact's texts were recognized, where nobody else wrote the same.
    async fn forget_fingerprints(&mut self, contact: &ContactId) -> Result<u64> {
        let sql = "SELECT DISTINCT f.fingerprint_id, f.band_1, f.band_2, f.band_3, f.band_4 FROM messages m JOIN fingerprints f ON f.fingerprint_id = m.fingerprint_id WHERE m.contact_id = $1";
        let found = sqlx::query(sql)
            .bind(contact.as_str())
            .fetch_all(&mut *self.tx)
            .await?;
        sqlx::query("UPDATE messages SET fingerprint_id = NULL WHERE contact_id = $1 AND fingerprint_id IS NOT NULL")
            .bind(contact.as_str())
            .execute(&mut *self.tx)
            .await?;
        let mut gone = 0;
        for row in &found {
            let id: i64 = row.try_get("fingerprint_id")?;
            for column in ["band_1", "band_2", "band_3", "band_4"] {
                sqlx::query("DELETE FROM sightings WHERE band = $1 AND contact_id = $2 AND fingerprint_id = $3")
                    .bind(row.try_get::<i64, _>(column)?)
                    .bind(contact.as_str())
                    .bind(id)
                    .execute(&mut *self.tx)
                    .await?;
            }
            let sql = "DELETE FROM fingerprints WHERE fingerprint_id = $1 AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.band = fingerprints.band_1 AND s.fingerprint_id = fingerprints.fingerprint_id)";
            let done = sqlx::query(sql).bind(id).execute(&mut *self.tx).await?;
            gone += done.rows_affected();
        }
        Ok(gone)
    }

    /// Destroys the keys under which nothing waits in the inbox any more. Those made before a moment serve no longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_inbox_keys(&mut self, before: Timestamp) -> Result<u64> {
        self.call_in_inbox_keys(before).await?;
        let spent = self.spent_inbox_keys().await?;
        if spent.is_empty() {
            return Ok(0);
        }
        self.destroy_keys(spent).await
    }
}

impl Store {
    /// What is on file of a contact and can be forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn on_file(&self, contact: &ContactId) -> Result<OnFile> {
        let mut connection = self.reading().await?;
        on_file(&mut connection, contact).await
    }

    /// Events that are about no contact and no conversation, but name this contact.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn strays(&self, contact: &ContactId) -> Result<Vec<EventId>> {
        let sql = "SELECT e.event_id, e.received_at, e.body, e.key_id, k.secret FROM events e LEFT JOIN seal_keys k ON k.key_id = e.key_id AND k.owner IS NOT NULL
            WHERE e.contact_id IS NULL AND e.conversation_id IS NULL AND e.body IS NOT NULL AND (e.received_at, e.event_id) > ($1, $2) ORDER BY e.received_at, e.event_id LIMIT 500";
        let mut strays = Vec::new();
        let mut last = (i64::MIN, String::new());
        loop {
            let mut connection = self.reading().await?;
            let found = sqlx::query(sql)
                .bind(last.0)
                .bind(last.1.as_str())
                .fetch_all(&mut *connection)
                .await?;
            for row in &found {
                let event = EventId::new(row.try_get::<String, _>("event_id")?);
                last = (row.try_get("received_at")?, event.as_str().to_owned());
                let body = events::body_of(row, &event)?.unwrap_or_default();
                if String::from_utf8_lossy(&body).contains(contact.as_str()) {
                    strays.push(event);
                }
            }
            if found.is_empty() {
                return Ok(strays);
            }
        }
    }
}

async fn on_file(connection: &mut sqlx::AnyConnection, contact: &ContactId) -> Result<OnFile> {
    let sql = "SELECT event_id FROM audit WHERE contact_id = $1 AND event_id IS NOT NULL
        UNION SELECT event_id FROM messages WHERE contact_id = $1";
    let events: Vec<(String,)> = sqlx::query_as(sql)
        .bind(contact.as_str())
        .fetch_all(&mut *connection)
        .await?;
    let sql = "SELECT DISTINCT conversation_id FROM messages WHERE contact_id = $1";
    let conversations: Vec<(String,)> = sqlx::query_as(sql)
        .bind(contact.as_str())
        .fetch_all(&mut *connection)
        .await?;
    Ok(OnFile {
        events: events.into_iter().map(|(id,)| EventId::new(id)).collect(),
        conversations: conversations
            .into_iter()
            .map(|(id,)| ConversationId::new(id))
            .collect(),
    })
}

fn count(rows: &[sqlx::any::AnyRow]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}
