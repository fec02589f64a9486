//! What people undo by its cause: each time with what it was to undo, and whom it dealt with, so that it can be broken off at
//! any moment and taken up again.

use sqlx::Row as _;

use super::contacts::Standing;
use super::holds::{Hold, HoldOutcome, hold_of};
use super::jobs::{Job, Task, job_of};
use super::rows;
use super::{Result, Store, Writing};
use crate::message::{ContactId, EventId};
use crate::time::Timestamp;

crate::vocabulary! {
    /// What was done about a contact.
    Did {
        /// An unblock was ordered.
        Unblock = "unblock",
        /// The block had not been sent, and is not.
        CalledOff = "called-off",
        /// Held messages were let go.
        Released = "released",
        /// What a rule asked for besides was called off.
        Steps = "steps",
    }
}

/// One undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRow {
    pub id: String,
    pub started_at: Timestamp,
}

/// One contact an undoing dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealt {
    pub contact: ContactId,
    pub did: Did,
    pub at: Timestamp,
}

const JOB: &str = "SELECT job_id, task, subject, detail, created_at, attempts, COALESCE(lease_owner, '') AS lease_owner, last_error FROM jobs";
const STEPS: &str = "task IN ('redact', 'note', 'close', 'notify')";
const HOLD: &str =
    "SELECT event_id, contact_id, conversation_id, held_at, rules, because FROM holds";

impl Writing {
    /// The undoing of just this selection that was begun and not finished, if any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_undo(&mut self, selection: &str) -> Result<Option<UndoRow>> {
        let sql = "SELECT undo_id, started_at FROM undos WHERE selection = $1 AND finished_at IS NULL ORDER BY started_at DESC, undo_id DESC LIMIT 1";
        let found: Option<(String, i64)> = sqlx::query_as(sql)
            .bind(selection)
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(found.map(|(id, at)| UndoRow {
            id,
            started_at: Timestamp::from_millis(at),
        }))
    }

    /// Begins an undoing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_undo(
        &mut self,
        row: &UndoRow,
        selection: &str,
        (actor, reason): (&str, &str),
    ) -> Result<()> {
        sqlx::query("INSERT INTO undos (undo_id, selection, actor, reason, started_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(row.id.as_str())
            .bind(selection)
            .bind(actor)
            .bind(reason)
            .bind(row.started_at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// `false` when it was finished before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_undo(&mut self, id: &str, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE undos SET finished_at = $2 WHERE undo_id = $1 AND finished_at IS NULL";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps what an undoing did about a contact; the last counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_dealt(&mut self, undo: &str, dealt: &Dealt) -> Result<()> {
        let sql = "INSERT INTO undo_contacts (undo_id, contact_id, did, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (undo_id, contact_id) DO UPDATE SET did = excluded.did, at = excluded.at";
        sqlx::query(sql)
            .bind(undo)
            .bind(dealt.contact.as_str())
            .bind(dealt.did.as_str())
            .bind(dealt.at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// What undoing an unblock of this contact that waits belongs to, if any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undo_under_way(&mut self, subject: &str) -> Result<Option<String>> {
        let sql = format!("{JOB} WHERE subject = $1 AND task = 'unblock' ORDER BY job_id");
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(subject)
            .fetch_all(&mut *self.tx)
            .await?;
        for row in &found {
            if let Some(undo) = super::jobs::Call::of(&job_of(row)?).undo {
                return Ok(Some(undo));
            }
        }
        Ok(None)
    }

    /// Takes a job away that nobody is working on. `false` when somebody is, or it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_waiting(&mut self, job: &Job, now: Timestamp) -> Result<bool> {
        let done = sqlx::query("DELETE FROM jobs WHERE job_id = $1 AND lease_until <= $2")
            .bind(job.id.as_str())
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Settles the open holds of these events. Gives those that were open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_holds_on(
        &mut self,
        events: &[EventId],
        outcome: HoldOutcome,
        actor: &str,
        at: Timestamp,
    ) -> Result<Vec<Hold>> {
        let mut settled = Vec::new();
        let sql = "UPDATE holds SET settled_at = $2, settled_by = $3, outcome = $4 WHERE event_id = $1 AND settled_at IS NULL
            RETURNING event_id, contact_id, conversation_id, held_at, rules, because";
        for event in events {
            let found = sqlx::query(sql)
                .bind(event.as_str())
                .bind(at.millis())
                .bind(actor)
                .bind(outcome.as_str())
                .fetch_optional(&mut *self.tx)
                .await?;
            settled.extend(found.as_ref().map(hold_of).transpose()?);
        }
        Ok(settled)
    }
}

impl Store {
    /// What waits of what rules ask for besides: of one contact, or of everybody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn steps_waiting(&self, contact: Option<&ContactId>) -> Result<Vec<Job>> {
        let mut connection = self.reading().await?;
        let whose = contact.map_or("", |_| "subject = $1 AND ");
        let sql = format!("{JOB} WHERE {whose}{STEPS} ORDER BY job_id");
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        if let Some(contact) = contact {
            query = query.bind(contact.as_str());
        }
        let found = query.fetch_all(&mut *connection).await?;
        found.iter().map(job_of).collect()
    }

    /// The block of a contact that waits or is under way, if any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn block_jobs(&self, contact: &ContactId) -> Result<Vec<Job>> {
        let mut connection = self.reading().await?;
        let sql = format!(
            "{JOB} WHERE subject = $1 AND task IN ('{}', '{}', '{}') ORDER BY job_id",
            Task::Block,
            Task::Unblock,
            Task::EndBlock
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(contact.as_str())
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(job_of).collect()
    }

    /// The open holds of a contact.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holds_of_contact(&self, contact: &ContactId) -> Result<Vec<Hold>> {
        let mut connection = self.reading().await?;
        let sql = format!(
            "{HOLD} WHERE contact_id = $1 AND settled_at IS NULL ORDER BY held_at, event_id"
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(contact.as_str())
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(hold_of).collect()
    }

    /// Whom an undoing dealt with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dealt_with(&self, undo: &str) -> Result<Vec<Dealt>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT contact_id, did, at FROM undo_contacts WHERE undo_id = $1 ORDER BY at, contact_id";
        let found: Vec<(String, String, i64)> = sqlx::query_as(sql)
            .bind(undo)
            .fetch_all(&mut *connection)
            .await?;
        let dealt = |(contact, did, at): (String, String, i64)| {
            Some(Dealt {
                contact: ContactId::new(contact),
                did: Did::parse(&did)?,
                at: Timestamp::from_millis(at),
            })
        };
        Ok(found.into_iter().filter_map(dealt).collect())
    }

    /// How many of the contacts whose unblock an undoing ordered stand how.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undo_standings(&self, undo: &str) -> Result<Vec<(Standing, i64)>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT c.standing AS standing, COUNT(*) AS contacts FROM undo_contacts u JOIN contacts c ON c.contact_id = u.contact_id
            WHERE u.undo_id = $1 AND u.did = 'unblock' GROUP BY c.standing";
        let found = sqlx::query(sql)
            .bind(undo)
            .fetch_all(&mut *connection)
            .await?;
        let mut standings = Vec::new();
        for row in &found {
            if let Some(standing) = Standing::parse(&row.try_get::<String, _>("standing")?) {
                standings.push((standing, row.try_get("contacts")?));
            }
        }
        Ok(standings)
    }

    /// What the open blocks of a contact are: calls sent that may yet take effect.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_come_late(&self, contact: &ContactId) -> Result<bool> {
        let mut connection = self.reading().await?;
        let ids = [contact.as_str().to_owned()];
        let found = rows::each(
            &mut connection,
            "SELECT calls FROM open_blocks WHERE contact_id IN",
            "",
            &ids,
        )
        .await?;
        Ok(!found.is_empty())
    }
}
