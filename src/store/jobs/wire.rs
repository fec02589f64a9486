//! Which calls are under way, and how long the oldest work has waited.

use serde::Serialize;

use super::Task;
use crate::message::ContactId;
use crate::store::{Result, Store, Writing};
use crate::time::Timestamp;

/// A call to Featurebase that somebody has claimed: it may be on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnTheWire {
    pub call: Task,
    pub contact: ContactId,
    pub attempt: i64,
}

impl Writing {
    /// Calls that may be on the wire at this moment; a claim that ran out is nobody's any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn on_the_wire(&mut self, now: Timestamp) -> Result<Vec<OnTheWire>> {
        let sql = "SELECT task, subject, attempts FROM jobs WHERE lease_owner IS NOT NULL AND lease_until > $1 AND task <> 'judge' ORDER BY job_id";
        let found: Vec<(String, String, i64)> = sqlx::query_as(sql)
            .bind(now.millis())
            .fetch_all(&mut *self.tx)
            .await?;
        let call = |(task, contact, attempt): (String, String, i64)| {
            Some(OnTheWire {
                call: Task::parse(&task)?,
                contact: ContactId::new(contact),
                attempt,
            })
        };
        Ok(found.into_iter().filter_map(call).collect())
    }
}

impl Store {
    /// Since when the oldest work waits that should have been done: a stored event, a message to judge, a call. The end of
    /// a block waits only from its own time on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_work(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let mut connection = self.reading().await?;
        // Ids are time-ordered: the first one is the oldest, found by the primary key.
        let looks = [
            "SELECT received_at FROM inbox WHERE received_at <= $1 ORDER BY event_id LIMIT 1",
            "SELECT created_at FROM jobs WHERE task <> 'end-block' AND created_at <= $1 ORDER BY job_id LIMIT 1",
            "SELECT run_at FROM jobs WHERE task = 'end-block' AND run_at <= $1 ORDER BY run_at, job_id LIMIT 1",
        ];
        let mut oldest: Option<i64> = None;
        for look in looks {
            let found: Option<(i64,)> = sqlx::query_as(look)
                .bind(now.millis())
                .fetch_optional(&mut *connection)
                .await?;
            if let Some((at,)) = found {
                oldest = Some(oldest.map_or(at, |known| known.min(at)));
            }
        }
        Ok(oldest.map(Timestamp::from_millis))
    }
}
