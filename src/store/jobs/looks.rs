//! Jobs that read what Featurebase shows: a second look for a block that came late, and the comparing of everybody.

use serde::{Deserialize, Serialize};

use super::{AT_ONCE, Job, Lease, NewJob, Task};
use crate::store::{Result, Store, Writing};
use crate::time::Timestamp;

/// What a second look needs besides the contact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LookAgain {
    /// The contact's fence when it was planned; a later order of a person makes it void.
    pub fence: i64,
    /// No other look follows: a block that did not come by then is not waited for any more.
    pub last: bool,
}

impl LookAgain {
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    #[must_use]
    pub fn of(job: &Job) -> Self {
        serde_json::from_str(&job.detail).unwrap_or_default()
    }
}

crate::vocabulary! {
    /// Why everybody is compared; the subject of the job.
    WhyCompare {
        /// Nobody was there to notice, or the store is older than what was done. Rules wait.
        Away = "away",
        /// A person asked.
        Asked = "order",
    }
}

crate::vocabulary! {
    /// How far the comparing is.
    Phase {
        /// Whom we believe blocked, or mean to block, one by one.
        Ours = "ours",
        /// The list of conversations at Featurebase, page by page.
        Theirs = "theirs",
    }
}

/// What comparing needs, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparing {
    pub started_at: Timestamp,
    /// When a bouncer was last at work before, if that is known.
    pub since: Option<Timestamp>,
    /// Why it is done, for people to read.
    pub because: String,
    /// What is found is heeded, not only told.
    pub apply: bool,
    pub phase: Phase,
    /// The last contact compared, or where the next page begins.
    pub cursor: Option<String>,
    /// How many conversations a page has.
    pub page: usize,
    pub pages: usize,
    /// How often the next conversation or page could not be read.
    #[serde(default)]
    pub tries: i64,
    pub compared: usize,
    pub differences: usize,
}

impl Comparing {
    #[must_use]
    pub fn new(started_at: Timestamp, because: &str) -> Self {
        Self {
            started_at,
            since: None,
            because: because.to_owned(),
            apply: true,
            phase: Phase::Ours,
            cursor: None,
            page: 25,
            pages: 0,
            tries: 0,
            compared: 0,
            differences: 0,
        }
    }

    /// The comparing a claimed job is about, if its detail can be read.
    #[must_use]
    pub fn of(job: &Job) -> Option<Self> {
        serde_json::from_str(&job.detail).ok()
    }

    /// The job that goes on from here.
    #[must_use]
    pub fn job(&self, why: WhyCompare) -> NewJob {
        NewJob {
            task: Task::Reconcile,
            subject: why.as_str().to_owned(),
            detail: serde_json::to_string(self).unwrap_or_default(),
            run_at: AT_ONCE,
        }
    }
}

impl Writing {
    /// Claims what people ordered: unblocks, and second looks whether their word still holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_orders(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let mut jobs = self.claim_unblocks(lease, limit).await?;
        let left = limit - i64::try_from(jobs.len()).unwrap_or(limit);
        if left > 0 {
            jobs.extend(self.claim_looks_again(lease, left).await?);
        }
        Ok(jobs)
    }

    /// Claims second looks that are due, at most one for each contact, and none while the stop switch is thrown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_looks_again(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let due = "task = 'look-again' AND run_at <= $1 AND lease_until <= $1
            AND NOT EXISTS (SELECT 1 FROM switches WHERE name = 'stop')
            AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.subject = jobs.subject AND other.job_id <> jobs.job_id
                AND ((other.task IN ('block', 'unblock', 'end-block') AND other.lease_until > $1)
                    OR (other.task = 'look-again' AND (other.lease_until > $1 OR (other.run_at <= $1 AND other.job_id < jobs.job_id)))))";
        self.claim(due, lease, limit).await
    }

    /// Claims the next bit of comparing, what rules wait for first. Only one replica has it at a time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_comparing(&mut self, lease: &Lease) -> Result<Option<Job>> {
        let due = "task = 'reconcile' AND run_at <= $1 AND lease_until <= $1
            AND NOT EXISTS (SELECT 1 FROM switches WHERE name = 'stop')
            AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.task = 'reconcile' AND other.job_id <> jobs.job_id
                AND (other.lease_until > $1 OR other.subject < jobs.subject))";
        Ok(self.claim(due, lease, 1).await?.pop())
    }

    /// The comparing that waits or is under way for this reason, if any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn comparing(&mut self, why: WhyCompare) -> Result<Option<Comparing>> {
        let found: Option<(String,)> = sqlx::query_as(FIND)
            .bind(why.as_str())
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(found.and_then(|(detail,)| serde_json::from_str(&detail).ok()))
    }

    /// Rules' blocks of a contact that wait and that nobody is working on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blocks_waiting(&mut self, subject: &str, now: Timestamp) -> Result<Vec<Job>> {
        let sql = "SELECT job_id, task, subject, detail, created_at, attempts, COALESCE(lease_owner, '') AS lease_owner, last_error FROM jobs
            WHERE subject = $1 AND task = 'block' AND lease_until <= $2 ORDER BY job_id";
        let found = sqlx::query(sql)
            .bind(subject)
            .bind(now.millis())
            .fetch_all(&mut *self.tx)
            .await?;
        found.iter().map(super::job_of).collect()
    }
}

const FIND: &str = "SELECT detail FROM jobs WHERE task = 'reconcile' AND subject = $1";

impl Store {
    /// The comparing that waits or is under way for this reason, if any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn comparing(&self, why: WhyCompare) -> Result<Option<Comparing>> {
        let mut connection = self.reading().await?;
        let found: Option<(String,)> = sqlx::query_as(FIND)
            .bind(why.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        Ok(found.and_then(|(detail,)| serde_json::from_str(&detail).ok()))
    }
}
