//! Work: rows with a lease. Attempts are counted when a job is claimed; only its owner may settle it.

mod claims;
mod detail;
mod looks;
mod mended;
mod wire;

use std::time::Duration;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{self, Cell};
use super::{Result, Store, StoreError, Writing};
use crate::decision::Also;
use crate::message::ContactId;
use crate::store::contacts::{ContactRow, Standing};
use crate::time::Timestamp;

pub use detail::{About, Call, Judging, LookUp, Step, steps_of};
pub use looks::{Comparing, LookAgain, Phase, WhyCompare};
pub use mended::{CLOCK_SLACK, Mended};
pub use wire::OnTheWire;

crate::vocabulary! {
    /// What a job does.
    Task {
        /// Judge the message of an event; the subject is the event.
        Judge = "judge",
        /// Ask Featurebase to block a contact; the subject is the contact.
        Block = "block",
        /// Ask Featurebase to unblock a contact; the subject is the contact.
        Unblock = "unblock",
        /// Ask Featurebase to unblock a contact whose block was for a time; the subject is the contact.
        EndBlock = "end-block",
        /// Ask Featurebase what it keeps of a contact, for a message that hinges on it; the subject is the contact.
        LookUp = "look-up",
        /// Remove a judged message's content; the subject is the contact.
        Redact = "redact",
        /// Leave a note in the conversation; the subject is the contact.
        Note = "note",
        /// Close the conversation; the subject is the contact.
        Close = "close",
        /// Tell the operator's address; the subject is the contact.
        Notify = "notify",
        /// Read back whether a block came late, and take it back; the subject is the contact.
        LookAgain = "look-again",
        /// Compare who is blocked at Featurebase with who we believe is; the subject says why.
        Reconcile = "reconcile",
    }
}

impl Task {
    /// Whether it is something a rule asked for besides a block or a flag.
    #[must_use]
    pub const fn is_step(self) -> bool {
        matches!(self, Self::Redact | Self::Note | Self::Close | Self::Notify)
    }
}

impl From<Also> for Task {
    fn from(also: Also) -> Self {
        match also {
            Also::Redact => Self::Redact,
            Also::Note => Self::Note,
            Also::Close => Self::Close,
            Also::Notify => Self::Notify,
        }
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
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// Due at once, whatever the clocks of those who make and do the job say.
pub const AT_ONCE: Timestamp = Timestamp::from_millis(0);

/// As [`AT_ONCE`], but after what people ordered one by one: what undoes many blocks holds nobody up.
pub const BEHIND: Timestamp = Timestamp::from_millis(1);

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
                last_error: None,
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
        self.unclaim(job, run_at, error, job.attempts).await
    }

    /// Puts a claimed job back for later without counting the attempt: it was not the job's fault. `false` when the lease
    /// was lost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_back(&mut self, job: &Job, run_at: Timestamp, error: &str) -> Result<bool> {
        self.unclaim(job, run_at, error, job.attempts - 1).await
    }

    async fn unclaim(
        &mut self,
        job: &Job,
        run_at: Timestamp,
        error: &str,
        attempts: i64,
    ) -> Result<bool> {
        let done = sqlx::query("UPDATE jobs SET lease_owner = NULL, was_leased_until = lease_until, lease_until = 0, run_at = $3, last_error = $4, attempts = $5 WHERE job_id = $1 AND lease_owner = $2")
            .bind(job.id.as_str())
            .bind(job.lease_owner.as_str())
            .bind(run_at.millis())
            .bind(error)
            .bind(attempts)
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

    /// The blocks and unblocks of a contact that wait or are under way, with how often each was tried.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn calls_of(&mut self, contact: &ContactId) -> Result<Vec<(Task, i64)>> {
        let sql = "SELECT task, attempts FROM jobs WHERE subject = $1 AND task IN ('block', 'unblock', 'end-block')";
        let found: Vec<(String, i64)> = sqlx::query_as(sql)
            .bind(contact.as_str())
            .fetch_all(&mut *self.tx)
            .await?;
        let known = |(task, attempts): (String, i64)| Some((Task::parse(&task)?, attempts));
        Ok(found.into_iter().filter_map(known).collect())
    }

    /// Whether Featurebase may have the contact blocked for us already, before another block is asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_be_ours(&mut self, row: &ContactRow) -> Result<bool> {
        let calls = self.calls_of(&row.contact).await?;
        let standing = matches!(
            row.standing,
            Standing::Blocked | Standing::UnblockWanted | Standing::UnblockFailed
        );
        let tried = |(task, attempts): &(Task, i64)| *task != Task::Block || *attempts > 0;
        Ok(standing || calls.iter().any(tried))
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

pub(super) fn job_of(row: &AnyRow) -> Result<Job> {
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
        last_error: row.try_get("last_error")?,
    })
}
