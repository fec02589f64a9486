//! How Featurebase and this store differed when they were last compared.

use serde::Serialize;
use sqlx::Row as _;

use super::jobs::WhyCompare;
use super::{Result, Store, StoreError, Writing};
use crate::message::ContactId;
use crate::time::Timestamp;

crate::vocabulary! {
    /// What the difference is.
    Kind {
        /// We had them blocked, and there they are free.
        UnblockedThere = "unblocked-there",
        /// They are blocked there, and not by us.
        BlockedThere = "blocked-there",
        /// A block that was wanted waits for a person now.
        Held = "held",
        /// A block or an unblock is on its way.
        OnItsWay = "on-its-way",
        /// It could not be told whether they are blocked.
        NotRead = "not-read",
    }
}

/// A contact about whom Featurebase and this store do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub contact: ContactId,
    pub kind: Kind,
    /// The difference and what follows from it, in a sentence.
    pub told: String,
    pub found_at: Timestamp,
}

impl Writing {
    /// Begins a list anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear_differences(&mut self, run: WhyCompare) -> Result<()> {
        sqlx::query("DELETE FROM differences WHERE run = $1")
            .bind(run.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Adds to a list. `false` when the contact is on it already: what was found first stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_difference(&mut self, run: WhyCompare, found: &Difference) -> Result<bool> {
        let sql = "INSERT INTO differences (run, contact_id, kind, told, found_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run, contact_id) DO NOTHING";
        let done = sqlx::query(sql)
            .bind(run.as_str())
            .bind(found.contact.as_str())
            .bind(found.kind.as_str())
            .bind(found.told.as_str())
            .bind(found.found_at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// A list, in the order of the contacts' ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn differences(&self, run: WhyCompare, limit: i64) -> Result<Vec<Difference>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT contact_id, kind, told, found_at FROM differences WHERE run = $1 ORDER BY contact_id LIMIT $2";
        let found = sqlx::query(sql)
            .bind(run.as_str())
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        found
            .iter()
            .map(|row| {
                let contact: String = row.try_get("contact_id")?;
                let kind: String = row.try_get("kind")?;
                Ok(Difference {
                    kind: Kind::parse(&kind).ok_or_else(|| StoreError::BadData {
                        table: "differences",
                        row: contact.clone(),
                        what: format!("kind {kind} is unknown"),
                    })?,
                    contact: ContactId::new(contact),
                    told: row.try_get("told")?,
                    found_at: Timestamp::from_millis(row.try_get("found_at")?),
                })
            })
            .collect()
    }
}
