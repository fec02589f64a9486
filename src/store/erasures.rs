//! Erasures under way: one goes on until what had come in before the order and was not filed yet is forgotten, too, and the
//! database's log has been brought into its file.

use std::time::Duration;

use sqlx::Row as _;

use super::forgetting::Forgot;
use super::rows;
use super::schema::Dialect;
use super::{Result, Store, Writing, postgres, sqlite};
use crate::message::{ContactId, EventId};
use crate::time::Timestamp;

/// How often the log is tried to be brought into the file while somebody reads, and how long is waited between.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(100);

/// An erasure that is not finished yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub contact: ContactId,
    pub ordered_at: Timestamp,
}

impl Writing {
    /// Notes that an erasure is to be finished: what came in up to now and is not filed yet, and the files.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_erasure(&mut self, contact: &ContactId, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO erasures (contact_id, ordered_at) VALUES ($1, $2)
            ON CONFLICT (contact_id) DO UPDATE SET ordered_at = excluded.ordered_at";
        sqlx::query(sql)
            .bind(contact.as_str())
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Whether an erasure must wait: for deliveries that came in before it and are not filed yet, or for a message of the
    /// contact that is being judged at this moment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn erasure_waits(&mut self, erasure: &Erasure, now: Timestamp) -> Result<bool> {
        let waiting = sqlx::query("SELECT 1 FROM inbox WHERE received_at <= $1 LIMIT 1")
            .bind(erasure.ordered_at.millis())
            .fetch_optional(&mut *self.tx)
            .await?;
        if waiting.is_some() {
            return Ok(true);
        }
        // A look-up that is under way would keep the profile it brings.
        for sql in [
            "SELECT 1 FROM jobs j JOIN messages m ON m.event_id = j.subject WHERE j.task = 'judge' AND j.lease_until > $1 AND m.contact_id = $2 LIMIT 1",
            "SELECT 1 FROM jobs WHERE task = 'look-up' AND lease_until > $1 AND subject = $2 LIMIT 1",
        ] {
            let under_way = sqlx::query(sql)
                .bind(now.millis())
                .bind(erasure.contact.as_str())
                .fetch_optional(&mut *self.tx)
                .await?;
            if under_way.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Forgets what came in before an erasure and was filed after it. What came in afterwards stays, under a key of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_late(&mut self, erasure: &Erasure) -> Result<Forgot> {
        let on_file = self.on_file(&erasure.contact).await?;
        let ids: Vec<String> = on_file
            .events
            .iter()
            .map(|event| event.as_str().to_owned())
            .collect();
        let found = rows::each(
            &mut self.tx,
            "SELECT event_id, received_at FROM events WHERE event_id IN",
            "",
            &ids,
        )
        .await?;
        let (mut before, mut after) = (Vec::new(), false);
        for row in &found {
            if row.try_get::<i64, _>("received_at")? <= erasure.ordered_at.millis() {
                before.push(EventId::new(row.try_get::<String, _>("event_id")?));
            } else {
                after = true;
            }
        }
        if after {
            return self.forget_texts(&before).await;
        }
        self.forget_contact(&erasure.contact, &on_file, &[]).await
    }

    /// An erasure is finished.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_erasure(&mut self, erasure: &Erasure) -> Result<()> {
        sqlx::query("DELETE FROM erasures WHERE contact_id = $1 AND ordered_at = $2")
            .bind(erasure.contact.as_str())
            .bind(erasure.ordered_at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Erasures that are not finished.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn erasures(&self) -> Result<Vec<Erasure>> {
        let mut connection = self.reading().await?;
        let found: Vec<(String, i64)> =
            sqlx::query_as("SELECT contact_id, ordered_at FROM erasures ORDER BY ordered_at")
                .fetch_all(&mut *connection)
                .await?;
        Ok(found
            .into_iter()
            .map(|(contact, at)| Erasure {
                contact: ContactId::new(contact),
                ordered_at: Timestamp::from_millis(at),
            })
            .collect())
    }

    /// Has the files hold no more than the database shows: with SQLite its log is brought over and emptied, with PostgreSQL the
    /// table of keys is written anew. `false` when somebody may still see what was there before: then it is to be tried again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scrub(&self) -> Result<bool> {
        if self.dialect == Dialect::Postgres {
            return postgres::rewrite_keys(&self.write).await;
        }
        for _ in 0..TRIES {
            if self.empties_log().await? {
                return Ok(true);
            }
            tokio::time::sleep(BETWEEN).await;
        }
        Ok(false)
    }

    /// As over a commit, whoever gets the connection next knows what became of it.
    async fn empties_log(&self) -> Result<bool> {
        let mut connection = self.write.acquire().await?;
        let committing = self.health.committing(self.dialect).await;
        let done = sqlite::empty_log(&mut connection).await;
        if let Err(error) = &done {
            self.health.saw(error);
        }
        drop(committing);
        done
    }
}
