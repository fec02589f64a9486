//! Contacts of whom nothing may be forgotten: not by age, not by order, not because Featurebase removed it.

use serde::Serialize;
use sqlx::AnyConnection;

use super::{Result, Store, Writing};
use crate::message::ContactId;
use crate::time::Timestamp;

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LegalHold {
    pub contact: ContactId,
    pub actor: String,
    pub reason: String,
    pub at: Timestamp,
}

impl Writing {
    /// Places a hold; `false` when there is one already, which stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_legal_hold(&mut self, hold: &LegalHold) -> Result<bool> {
        let sql = "INSERT INTO legal_holds (contact_id, actor, reason, at) VALUES ($1, $2, $3, $4) ON CONFLICT (contact_id) DO NOTHING";
        let done = sqlx::query(sql)
            .bind(hold.contact.as_str())
            .bind(hold.actor.as_str())
            .bind(hold.reason.as_str())
            .bind(hold.at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Lifts a hold; `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lift_legal_hold(&mut self, contact: &ContactId) -> Result<bool> {
        let done = sqlx::query("DELETE FROM legal_holds WHERE contact_id = $1")
            .bind(contact.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The hold on a contact.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn legal_hold(&mut self, contact: &ContactId) -> Result<Option<LegalHold>> {
        let holds = list(&mut self.tx).await?;
        Ok(holds.into_iter().find(|hold| hold.contact == *contact))
    }

    /// All holds, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn legal_holds(&mut self) -> Result<Vec<LegalHold>> {
        list(&mut self.tx).await
    }
}

impl Store {
    /// All holds, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn legal_holds(&self) -> Result<Vec<LegalHold>> {
        let mut connection = self.reading().await?;
        list(&mut connection).await
    }
}

async fn list(connection: &mut AnyConnection) -> Result<Vec<LegalHold>> {
    let sql = "SELECT contact_id, actor, reason, at FROM legal_holds ORDER BY at, contact_id";
    let found: Vec<(String, String, String, i64)> =
        sqlx::query_as(sql).fetch_all(connection).await?;
    Ok(found
        .into_iter()
        .map(|(contact, actor, reason, at)| LegalHold {
            contact: ContactId::new(contact),
            actor,
            reason,
            at: Timestamp::from_millis(at),
        })
        .collect())
}
