//! Blocks sent to Featurebase of which nobody has told us what became. Each may yet take effect, also after a person's
//! unblock was carried out; so it is looked for.

use std::time::Duration;

use super::contacts::ContactRow;
use super::jobs::{Job, LookAgain, NewJob, Task};
use super::{Result, Store, Writing};
use crate::message::ContactId;
use crate::time::Timestamp;

/// How long after somebody became free it is looked whether a block came late.
const LOOKS: [Duration; 3] = [
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
];
/// A call that was sent longer ago does not take effect any more.
const DEAD: Duration = Duration::from_hours(24);

impl Writing {
    /// A block is about to be sent. Written down before, so that it is known whatever happens then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_sent(&mut self, contact: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO open_blocks (contact_id, calls, sent_at) VALUES ($1, 1, $2)
            ON CONFLICT (contact_id) DO UPDATE SET sent_at = excluded.sent_at,
            calls = CASE WHEN open_blocks.sent_at < $3 THEN 1 ELSE open_blocks.calls + 1 END";
        sqlx::query(sql)
            .bind(contact)
            .bind(now.millis())
            .bind(now.before(DEAD).millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// So many blocks are known to have taken effect, or not to have been sent, or to have been refused.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_heard(&mut self, contact: &str, calls: i64) -> Result<()> {
        sqlx::query("UPDATE open_blocks SET calls = CASE WHEN calls > $2 THEN calls - $2 ELSE 0 END WHERE contact_id = $1")
            .bind(contact)
            .bind(calls)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "DELETE FROM open_blocks WHERE contact_id = $1 AND calls = 0 AND said_job IS NULL",
        )
        .bind(contact)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Featurebase said that a job's block is done, and the conversation did not show it. The first time counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_said(&mut self, job: &Job, now: Timestamp) -> Result<()> {
        let sql = "UPDATE open_blocks SET said_job = $2, said_at = $3
            WHERE contact_id = $1 AND (said_job IS NULL OR said_job <> $2)";
        sqlx::query(sql)
            .bind(job.subject.as_str())
            .bind(job.id.as_str())
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// How many blocks of a contact may yet take effect.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_blocks(&mut self, contact: &ContactId, now: Timestamp) -> Result<i64> {
        let sql = "SELECT calls FROM open_blocks WHERE contact_id = $1 AND sent_at >= $2";
        let found: Option<(i64,)> = sqlx::query_as(sql)
            .bind(contact.as_str())
            .bind(now.before(DEAD).millis())
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(found.map_or(0, |(calls,)| calls))
    }

    /// Nothing that was sent is waited for any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_sent(&mut self, contact: &ContactId) -> Result<()> {
        sqlx::query("DELETE FROM open_blocks WHERE contact_id = $1")
            .bind(contact.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Plans looks at a contact that is to be free, if a block may yet take effect.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plan_looks(&mut self, row: &ContactRow, now: Timestamp) -> Result<()> {
        if self.open_blocks(&row.contact, now).await? == 0 {
            return Ok(());
        }
        self.cancel(Task::LookAgain, row.contact.as_str(), now)
            .await?;
        let look = |(number, wait): (usize, &Duration)| NewJob {
            task: Task::LookAgain,
            subject: row.contact.as_str().to_owned(),
            detail: LookAgain {
                fence: row.fence,
                last: number + 1 == LOOKS.len(),
            }
            .to_json(),
            run_at: now.after(*wait),
        };
        let looks = LOOKS.iter().enumerate().map(look).collect();
        self.add_jobs(looks, now).await
    }
}

impl Store {
    /// When Featurebase first said that this job's block was done though the conversation did not show it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn said_done(&self, job: &Job) -> Result<Option<Timestamp>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT said_at FROM open_blocks WHERE contact_id = $1 AND said_job = $2";
        let found: Option<(Option<i64>,)> = sqlx::query_as(sql)
            .bind(job.subject.as_str())
            .bind(job.id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        Ok(found
            .and_then(|(said_at,)| said_at)
            .map(Timestamp::from_millis))
    }
}
