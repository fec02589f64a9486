//! What Featurebase has removed itself: one part of a conversation, or the whole. It may be told before the message comes in.

use sqlx::Row as _;

use super::sealing::Owner;
use super::{Result, Store, Writing};
use crate::message::{ContactId, ConversationId, EventId, PartId};
use crate::time::Timestamp;

/// Something removed there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Redaction {
    pub conversation: ConversationId,
    /// Nothing: the whole conversation.
    pub part: Option<PartId>,
    /// When the part was written: the first of a conversation may be on file without its id.
    pub written_at: Timestamp,
    pub told_at: Timestamp,
}

/// A message on file whose text is not forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnRecord {
    pub event: EventId,
    pub part: PartId,
    pub contact: ContactId,
    pub sent_at: Timestamp,
    /// It waits to be judged.
    pub waits: bool,
}

impl Writing {
    /// Notes what Featurebase removed; told again it stays as it was told first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_redactions(&mut self, redactions: &[Redaction]) -> Result<()> {
        for redaction in redactions {
            let sql = "INSERT INTO redactions (conversation_id, part_id, written_at, told_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (conversation_id, part_id) DO NOTHING";
            sqlx::query(sql)
                .bind(redaction.conversation.as_str())
                .bind(redaction.part.as_ref().map_or("", PartId::as_str))
                .bind(redaction.written_at.millis())
                .bind(redaction.told_at.millis())
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    /// What was told before a moment is no longer looked for: no message it is about can still come in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_redactions(&mut self, before: Timestamp) -> Result<()> {
        let sql = "DELETE FROM redactions WHERE told_at < $1 AND NOT EXISTS (SELECT 1 FROM messages m JOIN legal_holds l ON l.contact_id = m.contact_id WHERE m.conversation_id = redactions.conversation_id)";
        sqlx::query(sql)
            .bind(before.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Everything Featurebase removed lately, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn redactions(&self) -> Result<Vec<Redaction>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT conversation_id, part_id, written_at, told_at FROM redactions ORDER BY told_at, conversation_id, part_id";
        let found: Vec<(String, String, i64, i64)> =
            sqlx::query_as(sql).fetch_all(&mut *connection).await?;
        Ok(found
            .into_iter()
            .map(|(conversation, part, written_at, told_at)| Redaction {
                conversation: ConversationId::new(conversation),
                part: (!part.is_empty()).then(|| PartId::new(part)),
                written_at: Timestamp::from_millis(written_at),
                told_at: Timestamp::from_millis(told_at),
            })
            .collect())
    }

    /// Whether there is a key of the conversation's own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn locks_conversation(&self, conversation: &ConversationId) -> Result<bool> {
        let owner = Owner::Conversation(conversation.clone());
        let mut connection = self.reading().await?;
        let found = sqlx::query("SELECT 1 FROM seal_keys WHERE owner = $1")
            .bind(owner.name())
            .fetch_optional(&mut *connection)
            .await?;
        Ok(found.is_some())
    }

    /// The messages of a conversation whose texts are still kept, and nobody's legal hold stands against forgetting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept_texts(&self, conversation: &ConversationId) -> Result<Vec<OnRecord>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT m.event_id, m.part_id, m.contact_id, m.sent_at, (SELECT COUNT(*) FROM jobs j WHERE j.subject = m.event_id AND j.task = 'judge') + (SELECT COUNT(*) FROM jobs j WHERE j.subject = m.contact_id AND j.task = 'look-up') AS waits FROM messages m JOIN events e ON e.event_id = m.event_id
            WHERE m.conversation_id = $1 AND e.body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM legal_holds l WHERE l.contact_id = m.contact_id)";
        let found = sqlx::query(sql)
            .bind(conversation.as_str())
            .fetch_all(&mut *connection)
            .await?;
        found
            .iter()
            .map(|row| {
                Ok(OnRecord {
                    event: EventId::new(row.try_get::<String, _>("event_id")?),
                    part: PartId::new(row.try_get::<String, _>("part_id")?),
                    contact: ContactId::new(row.try_get::<String, _>("contact_id")?),
                    sent_at: Timestamp::from_millis(row.try_get("sent_at")?),
                    waits: row.try_get::<i64, _>("waits")? > 0,
                })
            })
            .collect()
    }
}
