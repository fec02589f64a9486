//! When a bouncer was last at work on this store, and what it knows that must survive the store.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::contacts::Standing;
use super::{Result, Store, StoreError, Writing};
use crate::message::{ContactId, EventId};
use crate::time::Timestamp;

/// The last sign of a bouncer at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    pub at: Timestamp,
    pub who: String,
}

/// What is kept of a contact outside the store, in case an older copy of the store is put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub contact: ContactId,
    pub standing: Standing,
    pub changed_at: Timestamp,
    pub exempt_until: Option<Timestamp>,
    pub block_for: Option<i64>,
    pub ends_at: Option<Timestamp>,
}

const FIND: &str = "SELECT at, who FROM presence WHERE name = 'last'";

impl Writing {
    /// The last sign of a bouncer at work, if there ever was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn presence(&mut self) -> Result<Option<Presence>> {
        let found: Option<(i64, String)> =
            sqlx::query_as(FIND).fetch_optional(&mut *self.tx).await?;
        Ok(found.map(presence_of))
    }

    /// Leaves a sign.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn be_present(&mut self, presence: &Presence) -> Result<()> {
        let sql = "INSERT INTO presence (name, at, who) VALUES ('last', $1, $2)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at, who = excluded.who";
        sqlx::query(sql)
            .bind(presence.at.millis())
            .bind(presence.who.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Nobody was at work for a while until now: what came in before may have been dealt with by people.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_gap(&mut self, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO presence (name, at, who) VALUES ('gap', $1, '')
            ON CONFLICT (name) DO UPDATE SET at = excluded.at";
        sqlx::query(sql)
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Whether an event came in before nobody was at work for a while.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn came_before_gap(&mut self, event: &EventId) -> Result<bool> {
        let sql = "SELECT 1 FROM events, presence WHERE presence.name = 'gap' AND events.event_id = $1 AND events.received_at < presence.at";
        Ok(sqlx::query(sql)
            .bind(event.as_str())
            .fetch_optional(&mut *self.tx)
            .await?
            .is_some())
    }

    /// Whether there is anybody whom we believe blocked, or mean to block.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_blocks(&mut self) -> Result<bool> {
        let sql = "SELECT 1 FROM contacts WHERE standing IN ('blocked', 'block-wanted') LIMIT 1";
        Ok(sqlx::query(sql)
            .fetch_optional(&mut *self.tx)
            .await?
            .is_some())
    }
}

impl Store {
    /// The last sign of a bouncer at work, if there ever was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn presence(&self) -> Result<Option<Presence>> {
        let mut connection = self.reading().await?;
        let found: Option<(i64, String)> = sqlx::query_as(FIND)
            .fetch_optional(&mut *connection)
            .await?;
        Ok(found.map(presence_of))
    }

    /// What must survive the store: whom rules may not block, and whom we blocked since a moment. Newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn to_keep(&self, now: Timestamp, since: Timestamp, limit: i64) -> Result<Vec<Kept>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT contact_id, standing, changed_at, exempt_until, block_for, ends_at FROM contacts
            WHERE exempt_until > $1 OR (standing = 'blocked' AND changed_at > $2) ORDER BY changed_at DESC, contact_id LIMIT $3";
        let found = sqlx::query(sql)
            .bind(now.millis())
            .bind(since.millis())
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        let moment = |row: &sqlx::any::AnyRow, column: &str| {
            row.try_get::<Option<i64>, _>(column)
                .map(|at| at.map(Timestamp::from_millis))
        };
        found
            .iter()
            .map(|row| {
                let contact: String = row.try_get("contact_id")?;
                let standing: String = row.try_get("standing")?;
                Ok(Kept {
                    standing: Standing::parse(&standing).ok_or_else(|| StoreError::BadData {
                        table: "contacts",
                        row: contact.clone(),
                        what: format!("standing {standing} is unknown"),
                    })?,
                    contact: ContactId::new(contact),
                    changed_at: Timestamp::from_millis(row.try_get("changed_at")?),
                    exempt_until: moment(row, "exempt_until")?,
                    block_for: row.try_get("block_for")?,
                    ends_at: moment(row, "ends_at")?,
                })
            })
            .collect()
    }

    /// Whom we believe blocked or mean to block, in the order of their ids, after one of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blocked_after(&self, after: &str, limit: i64) -> Result<Vec<ContactId>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT contact_id FROM contacts WHERE standing IN ('blocked', 'block-wanted') AND contact_id > $1 ORDER BY contact_id LIMIT $2";
        let found: Vec<(String,)> = sqlx::query_as(sql)
            .bind(after)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        Ok(found
            .into_iter()
            .map(|(contact,)| ContactId::new(contact))
            .collect())
    }
}

fn presence_of((at, who): (i64, String)) -> Presence {
    Presence {
        at: Timestamp::from_millis(at),
        who,
    }
}
