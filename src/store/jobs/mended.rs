//! Leases and waits that were given by a clock that has gone back since.

use std::time::Duration;

use crate::store::{Result, Writing};
use crate::time::Timestamp;

/// How far clocks of replicas may be apart, and how little a clock going back does not matter.
pub const CLOCK_SLACK: Duration = Duration::from_mins(1);

/// What was found to lie too far ahead, and mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mended {
    /// Claims ended.
    pub leases: u64,
    /// Waits counted from now instead.
    pub waits: u64,
}

impl Writing {
    /// Ends leases that could not have been given yet, and counts waits given by a clock that was ahead from `now`. Without
    /// it, work would lie for as long as the clock was ahead. `lease` is how long a lease is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mend_clocks(&mut self, now: Timestamp, lease: Duration) -> Result<Mended> {
        let fresh = now.after(lease);
        let latest = fresh.after(CLOCK_SLACK).millis();
        let leases = sqlx::query(
            "UPDATE jobs SET lease_owner = NULL, lease_until = 0 WHERE lease_owner IS NOT NULL AND lease_until > $1",
        )
        .bind(latest)
        .execute(&mut *self.tx)
        .await?;
        let waits = sqlx::query(
            "UPDATE jobs SET run_at = run_at - was_leased_until + $2, was_leased_until = $2
             WHERE lease_owner IS NULL AND was_leased_until > $1 AND run_at > $3",
        )
        .bind(latest)
        .bind(fresh.millis())
        .bind(now.millis())
        .execute(&mut *self.tx)
        .await?;
        Ok(Mended {
            leases: leases.rows_affected(),
            waits: waits.rows_affected(),
        })
    }
}
