//! What the lookout knows, for all replicas: one row for each thing it keeps an eye on.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{Result, Store, Writing};
use crate::message::{ConversationId, EventId, PartId};
use crate::time::Timestamp;

crate::vocabulary! {
    /// What an eye is kept on.
    Watched {
        /// Since when we listen at all.
        Since = "since",
        /// When the last delivery was stored.
        Delivery = "delivery",
        /// How the webhook was found, and since when it is so.
        Webhook = "webhook",
        /// There while nothing is delivered: since when.
        Silence = "silence",
        /// There while messages that were never delivered are looked for: from which moment on.
        Gap = "gap",
    }
}

/// One of these rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedRow {
    pub at: Timestamp,
    /// What else is to be known, as JSON.
    pub detail: String,
}

const SELECT: &str = "SELECT at, detail FROM watched WHERE name = $1";

impl Writing {
    /// Whoever changes these rows does it one after the other, so that a change of state is recorded once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_watched(&mut self) -> Result<()> {
        if self.dialect == super::Dialect::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock(7309464)")
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    /// # Errors
    /// When the database fails.
    pub async fn watched(&mut self, what: Watched) -> Result<Option<WatchedRow>> {
        let found: Option<(i64, String)> = sqlx::query_as(SELECT)
            .bind(what.as_str())
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(found.map(row_of))
    }

    /// # Errors
    /// When the database fails.
    pub async fn set_watched(&mut self, what: Watched, row: &WatchedRow) -> Result<()> {
        let sql = "INSERT INTO watched (name, at, detail) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at, detail = excluded.detail";
        sqlx::query(sql)
            .bind(what.as_str())
            .bind(row.at.millis())
            .bind(row.detail.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// # Errors
    /// When the database fails.
    pub async fn forget_watched(&mut self, what: Watched) -> Result<()> {
        sqlx::query("DELETE FROM watched WHERE name = $1")
            .bind(what.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// # Errors
    /// When the database fails.
    pub async fn watched(&self, what: Watched) -> Result<Option<WatchedRow>> {
        let mut connection = self.reading().await?;
        let found: Option<(i64, String)> = sqlx::query_as(SELECT)
            .bind(what.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        Ok(found.map(row_of))
    }

    /// Which messages of a conversation are on file, and the event that brought each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_parts(
        &self,
        conversation: &ConversationId,
    ) -> Result<BTreeMap<PartId, EventId>> {
        let mut connection = self.reading().await?;
        let found =
            sqlx::query("SELECT part_id, event_id FROM messages WHERE conversation_id = $1")
                .bind(conversation.as_str())
                .fetch_all(&mut *connection)
                .await?;
        found
            .iter()
            .map(|row| {
                Ok((
                    PartId::new(row.try_get::<String, _>("part_id")?),
                    EventId::new(row.try_get::<String, _>("event_id")?),
                ))
            })
            .collect()
    }
}

fn row_of((at, detail): (i64, String)) -> WatchedRow {
    WatchedRow {
        at: Timestamp::from_millis(at),
        detail,
    }
}
