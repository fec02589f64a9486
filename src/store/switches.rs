//! Switches people throw, in force for every replica.

use super::{Result, Store, Writing};
use crate::time::Timestamp;

/// The stop switch as it was thrown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stop {
    pub actor: String,
    pub reason: String,
    pub at: Timestamp,
}

impl Writing {
    /// Throws the stop switch. `false` when it was thrown already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stop(&mut self, stop: &Stop) -> Result<bool> {
        let done = sqlx::query("INSERT INTO switches (name, actor, reason, at) VALUES ('stop', $1, $2, $3) ON CONFLICT (name) DO NOTHING")
            .bind(stop.actor.as_str())
            .bind(stop.reason.as_str())
            .bind(stop.at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes something of no meaning, to see that writing works.
    pub(super) async fn note_probe(&mut self, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO switches (name, actor, reason, at) VALUES ('probe', '', '', $1) ON CONFLICT (name) DO UPDATE SET at = excluded.at";
        sqlx::query(sql)
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Takes the stop switch back. `false` when it was not thrown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn go(&mut self) -> Result<bool> {
        let done = sqlx::query("DELETE FROM switches WHERE name = 'stop'")
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// The stop switch, if it is thrown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stopped(&self) -> Result<Option<Stop>> {
        let mut connection = self.reading().await?;
        let found: Option<(String, String, i64)> =
            sqlx::query_as("SELECT actor, reason, at FROM switches WHERE name = 'stop'")
                .fetch_optional(&mut *connection)
                .await?;
        Ok(found.map(|(actor, reason, at)| Stop {
            actor,
            reason,
            at: Timestamp::from_millis(at),
        }))
    }
}
