//! Work: rows with a lease. Attempts are counted when a job is claimed; only its owner may settle it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{self, Cell};
use super::{Result, Store, StoreError, Writing};
use crate::decision::Digest;
use crate::message::{ConversationId, EventId};
use crate::time::Timestamp;

crate::vocabulary! {
    /// What a job does.
    Task {
        /// Judge the message of an event; the subject is the event.
        Judge = "judge",
        /// Ask Featurebase to block a contact; the subject is the contact.
        Block = "block",
        /// Ask Featurebase to unblock a contact; the subject is the contact.
        Unblock = "unblock",
    }
}

/// A job as claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: String,
    pub task: Task,
    pub subject: String,
    /// What the task needs besides its subject, as JSON.
    pub detail: String,
    pub created_at: Timestamp,
    /// This attempt included.
    pub attempts: i64,
    pub lease_owner: String,
}

/// Due at once, whatever the clocks of those who make and do the job say.
pub const AT_ONCE: Timestamp = Timestamp::from_millis(0);

/// What a block or unblock needs besides the contact; the detail of its job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Call {
    /// The event whose message led to it.
    pub event: Option<EventId>,
    /// A conversation in which it can be read back.
    pub conversation: Option<ConversationId>,
    /// Ids of the rules that wanted it, with blanks between.
    #[serde(default)]
    pub rules: String,
    /// The rulebook that wanted it; nothing when a person did.
    pub book: Option<Digest>,
    /// The contact's fence when it was wanted; a later order of a person makes it void.
    pub fence: i64,
}

impl Call {
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The call a claimed job is about.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        serde_json::from_str(&job.detail).unwrap_or_default()
    }
}

/// A job to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub task: Task,
    pub subject: String,
    pub detail: String,
    pub run_at: Timestamp,
}

/// Who claims, and until when the work is theirs.
#[derive(Debug, Clone)]
pub struct Lease {
    pub owner: String,
    pub now: Timestamp,
    pub length: Duration,
}

/// How much work of one kind waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    pub jobs: i64,
    /// When the oldest of them was made.
    pub oldest: Option<Timestamp>,
    /// How many have failed at least once.
    pub retrying: i64,
}

impl Lease {
    /// A lease of its own for one claim.
    #[must_use]
    pub fn new(now: Timestamp, length: Duration) -> Self {
        Self {
            owner: uuid::Uuid::now_v7().to_string(),
            now,
            length,
        }
    }
}

const RETURNED: &str = "job_id, task, subject, detail, created_at, attempts, lease_owner";

impl Writing {
    /// Adds jobs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_jobs(&mut self, jobs: Vec<NewJob>, now: Timestamp) -> Result<()> {
        self.insert_jobs(jobs, now, None).await?;
        Ok(())
    }

    /// Adds jobs that their maker does at once: they are claimed from the beginning, for the first attempt.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_claimed_jobs(&mut self, jobs: Vec<NewJob>, lease: &Lease) -> Result<Vec<Job>> {
        self.insert_jobs(jobs, lease.now, Some(lease)).await
    }

    async fn insert_jobs(
        &mut self,
        jobs: Vec<NewJob>,
        now: Timestamp,
        lease: Option<&Lease>,
    ) -> Result<Vec<Job>> {
        let (owner, until) = lease.map_or((None, 0), |lease| {
            (
                Some(lease.owner.clone()),
                lease.now.after(lease.length).millis(),
            )
        });
        let attempts = i64::from(lease.is_some());
        let (mut cells, mut added) = (Vec::new(), Vec::new());
        for job in jobs {
            let id = uuid::Uuid::now_v7().to_string();
            cells.push(vec![
                Cell::Text(id.clone()),
                Cell::Text(job.task.as_str().to_owned()),
                Cell::Text(job.subject.clone()),
                Cell::Text(job.detail.clone()),
                Cell::Int(now.millis()),
                Cell::Int(job.run_at.millis()),
                Cell::Int(attempts),
                Cell::MaybeText(owner.clone()),
                Cell::Int(until),
            ]);
            added.push(Job {
                id,
                task: job.task,
                subject: job.subject,
                detail: job.detail,
                created_at: now,
                attempts,
                lease_owner: owner.clone().unwrap_or_default(),
            });
        }
        rows::insert(
            &mut self.tx,
            "INSERT INTO jobs (job_id, task, subject, detail, created_at, run_at, attempts, lease_owner, lease_until) VALUES",
            "",
            cells,
        )
        .await?;
        Ok(added)
    }

    /// Claims messages to judge that are due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_judging(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let due = "task = 'judge' AND run_at <= $1 AND lease_until <= $1";
        self.claim(due, lease, limit).await
    }

    /// Claims calls to Featurebase that are due, at most one for each contact, and none while the stop switch is thrown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_acting(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let due = "task IN ('block', 'unblock') AND run_at <= $1 AND lease_until <= $1
            AND NOT EXISTS (SELECT 1 FROM switches WHERE name = 'stop')
            AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.subject = jobs.subject AND other.job_id <> jobs.job_id
                AND other.task IN ('block', 'unblock') AND (other.lease_until > $1 OR other.job_id < jobs.job_id))";
        self.claim(due, lease, limit).await
    }

    async fn claim(&mut self, due: &'static str, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let skip = self.dialect.skip_locked();
        let sql = format!(
            "UPDATE jobs SET lease_owner = $2, lease_until = $3, attempts = attempts + 1
             WHERE job_id IN (SELECT job_id FROM jobs WHERE {due} ORDER BY run_at, job_id LIMIT $4{skip}) RETURNING {RETURNED}"
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(lease.now.millis())
            .bind(lease.owner.as_str())
            .bind(lease.now.after(lease.length).millis())
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await?;
        let mut jobs = found.iter().map(job_of).collect::<Result<Vec<_>>>()?;
        jobs.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(jobs)
    }

    /// Takes a finished job away. `false` when the lease was lost: then somebody else has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle(&mut self, job: &Job) -> Result<bool> {
        let done = sqlx::query("DELETE FROM jobs WHERE job_id = $1 AND lease_owner = $2")
            .bind(job.id.as_str())
            .bind(job.lease_owner.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes away every job still claimed under one lease. Gives their number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_all(&mut self, owner: &str) -> Result<u64> {
        let done = sqlx::query("DELETE FROM jobs WHERE lease_owner = $1")
            .bind(owner)
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected())
    }

    /// Puts a claimed job back, to be tried again at a later time. `false` when the lease was lost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn postpone(&mut self, job: &Job, run_at: Timestamp, error: &str) -> Result<bool> {
        let done = sqlx::query("UPDATE jobs SET lease_owner = NULL, lease_until = 0, run_at = $3, last_error = $4 WHERE job_id = $1 AND lease_owner = $2")
            .bind(job.id.as_str())
            .bind(job.lease_owner.as_str())
            .bind(run_at.millis())
            .bind(error)
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Puts everything claimed under one lease back as if it had not been claimed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release(&mut self, owner: &str) -> Result<()> {
        sqlx::query("UPDATE jobs SET lease_owner = NULL, lease_until = 0, attempts = attempts - 1 WHERE lease_owner = $1")
            .bind(owner)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Ends every lease. Only for somebody who knows that nobody else works on this store.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_all(&mut self) -> Result<()> {
        sqlx::query(
            "UPDATE jobs SET lease_owner = NULL, lease_until = 0 WHERE lease_owner IS NOT NULL",
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Takes away jobs of one task and subject that nobody is working on. Gives their number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel(&mut self, task: Task, subject: &str, now: Timestamp) -> Result<u64> {
        let done =
            sqlx::query("DELETE FROM jobs WHERE subject = $1 AND task = $2 AND lease_until <= $3")
                .bind(subject)
                .bind(task.as_str())
                .bind(now.millis())
                .execute(&mut *self.tx)
                .await?;
        Ok(done.rows_affected())
    }
}

impl Store {
    /// How much work of each task waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self, task: Task) -> Result<Backlog> {
        let mut connection = self.reading().await?;
        let sql = "SELECT COUNT(*), COALESCE(MIN(created_at), -1), CAST(COALESCE(SUM(CASE WHEN last_error IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT) FROM jobs WHERE task = $1";
        let (jobs, oldest, retrying): (i64, i64, i64) = sqlx::query_as(sql)
            .bind(task.as_str())
            .fetch_one(&mut *connection)
            .await?;
        Ok(Backlog {
            jobs,
            oldest: (oldest >= 0).then(|| Timestamp::from_millis(oldest)),
            retrying,
        })
    }

    /// The error a contact's call last ended with, and when it is tried next.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending(
        &self,
        subject: &str,
    ) -> Result<Vec<(Task, i64, Timestamp, Option<String>)>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT task, attempts, run_at, last_error FROM jobs WHERE subject = $1 ORDER BY job_id";
        let found: Vec<(String, i64, i64, Option<String>)> = sqlx::query_as(sql)
            .bind(subject)
            .fetch_all(&mut *connection)
            .await?;
        Ok(found
            .into_iter()
            .filter_map(|(task, attempts, run_at, error)| {
                Some((
                    Task::parse(&task)?,
                    attempts,
                    Timestamp::from_millis(run_at),
                    error,
                ))
            })
            .collect())
    }
}

fn job_of(row: &AnyRow) -> Result<Job> {
    let id: String = row.try_get("job_id")?;
    let task: String = row.try_get("task")?;
    Ok(Job {
        task: Task::parse(&task).ok_or_else(|| StoreError::BadData {
            table: "jobs",
            row: id.clone(),
            what: format!("task {task} is unknown"),
        })?,
        id,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        attempts: row.try_get("attempts")?,
        lease_owner: row.try_get("lease_owner")?,
    })
}
