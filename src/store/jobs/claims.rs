//! Who takes which work when: each claim is one statement, and replicas take different rows.

use std::time::Duration;

use super::{Job, Lease, job_of};
use crate::store::{Result, Writing};

const RETURNED: &str =
    "job_id, task, subject, detail, created_at, attempts, lease_owner, last_error";

/// An unblock is one of many that undo what a rule did. Within quotes a quotation mark has a backslash before it, so only the
/// field itself is met.
const UNDOES: &str = "(detail LIKE '%\"undo\":\"%')";

impl Writing {
    /// Claims messages to judge that are due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_judging(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let due = "task = 'judge' AND run_at <= $1 AND lease_until <= $1";
        self.claim(due, lease, limit).await
    }

    /// Claims blocks and unblocks that are due, at most one for each contact, and none while the stop switch is thrown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_acting(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let which = "task IN ('block', 'unblock', 'end-block')";
        self.claim_calls(which, lease, limit).await
    }

    /// Claims unblocks alone, under the same conditions, but not those that undo many blocks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_unblocks(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let which = format!("task = 'unblock' AND NOT {UNDOES}");
        self.claim_calls(&which, lease, limit).await
    }

    /// Claims unblocks that undo many blocks, under the same conditions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_undos(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let which = format!("task = 'unblock' AND {UNDOES}");
        self.claim_calls(&which, lease, limit).await
    }

    async fn claim_calls(&mut self, which: &str, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        // The end of a block lies in the future and holds up nobody.
        let due = format!(
            "{which} AND run_at <= $1 AND lease_until <= $1
            AND NOT EXISTS (SELECT 1 FROM switches WHERE name = 'stop')
            AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.subject = jobs.subject AND other.job_id <> jobs.job_id
                AND other.task IN ('block', 'unblock', 'end-block')
                AND (other.lease_until > $1 OR (other.task <> 'end-block' AND other.job_id < jobs.job_id)))"
        );
        self.claim(&due, lease, limit).await
    }

    /// Claims look-ups that are due, at most one for each contact, and none while the stop switch is thrown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_look_ups(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let due = "task = 'look-up' AND run_at <= $1 AND lease_until <= $1
            AND NOT EXISTS (SELECT 1 FROM switches WHERE name = 'stop')
            AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.subject = jobs.subject AND other.task = 'look-up'
                AND (other.lease_until > $1 OR (other.run_at <= $1 AND other.job_id < jobs.job_id)))";
        self.claim(due, lease, limit).await
    }

    /// Claims look-ups that have waited at least so long, due or not. Those never tried are claimed only if asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_late_look_ups(
        &mut self,
        lease: &Lease,
        waited: Duration,
        untried: bool,
        limit: i64,
    ) -> Result<Vec<Job>> {
        let waited = crate::time::millis_of(waited);
        let tried = if untried {
            ""
        } else {
            " AND (attempts > 0 OR last_error IS NOT NULL)"
        };
        let due = format!(
            "task = 'look-up' AND created_at <= $1 - {waited} AND lease_until <= $1{tried}"
        );
        self.claim(&due, lease, limit).await
    }

    /// Claims what rules asked of Featurebase besides, at most one for each contact and in order, none while the contact's
    /// block is not done, and none while the stop switch is thrown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_steps(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        self.claim_besides("task IN ('redact', 'note', 'close')", lease, limit)
            .await
    }

    /// Claims notices to the operator's address, under the same conditions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_notices(&mut self, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        self.claim_besides("task = 'notify'", lease, limit).await
    }

    async fn claim_besides(&mut self, which: &str, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let due = format!(
            "{which} AND run_at <= $1 AND lease_until <= $1
            AND NOT EXISTS (SELECT 1 FROM switches WHERE name = 'stop')
            AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.subject = jobs.subject AND other.job_id <> jobs.job_id
                AND (other.task = 'block' OR (other.task IN ('redact', 'note', 'close', 'notify')
                    AND (other.lease_until > $1 OR (other.run_at <= $1 AND other.job_id < jobs.job_id)))))"
        );
        self.claim(&due, lease, limit).await
    }

    pub(super) async fn claim(&mut self, due: &str, lease: &Lease, limit: i64) -> Result<Vec<Job>> {
        let skip = self.dialect.skip_locked();
        // Only fixed texts and place holders are in it: values are always bound.
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
}
