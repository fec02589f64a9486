//! What all replicas know together of calling Featurebase: how many calls were made lately, and whether it may be called.

use sqlx::AnyConnection;

use super::{Result, Store, Writing};
use crate::time::Timestamp;

/// A call that was taken out of the budget may be made within so many seconds.
pub const FRESH: i64 = 5;
/// A span of sixty seconds touches 61 seconds of the clock, and its first call may have been taken out a little before.
pub const SPAN: i64 = 61 + FRESH;
/// Calls that lie further ahead were noted by a clock that is wrong, and are not believed.
const AHEAD: i64 = 60;
/// Calls are forgotten after so long: far more than is counted, in case clocks differ.
const KEPT: i64 = 3_600;

/// Calls of the last minute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// The second that is counted as the present one: never behind what another replica has noted.
    pub second: i64,
    /// Each second in which there were calls, oldest first, with their number.
    seconds: Vec<(i64, i64)>,
}

/// Whether Featurebase may be called, and if not, until when and why. Starts open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Featurebase asked for a rest until then.
    pub rest_until: Timestamp,
    /// While calls fail: when the next one may try.
    pub probe_at: Timestamp,
    /// How many tries in a row failed.
    pub failures: i64,
    pub key_refused: bool,
    pub why: String,
    /// When this was noted.
    pub noted_at: Timestamp,
}

/// How many steps that call Featurebase wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// They could be done now.
    pub due: i64,
    /// Their last try failed, and the next one is planned.
    pub later: i64,
}

impl Default for Gate {
    fn default() -> Self {
        let never = Timestamp::from_millis(0);
        Self {
            rest_until: never,
            probe_at: never,
            failures: 0,
            key_refused: false,
            why: String::new(),
            noted_at: never,
        }
    }
}

impl Spent {
    #[must_use]
    pub fn total(&self) -> i64 {
        self.seconds.iter().map(|(_, spent)| spent).sum()
    }

    /// When the total will have gone down to `most`, if nothing is added. Nothing if it is not above.
    #[must_use]
    pub fn until_at_most(&self, most: i64) -> Option<Timestamp> {
        let mut above = self.total() - most;
        let mut when = None;
        for (second, spent) in &self.seconds {
            if above <= 0 {
                break;
            }
            above -= spent;
            when = Some(Timestamp::from_seconds(second.saturating_add(SPAN)));
        }
        when
    }

    fn as_of(now: Timestamp, mut seconds: Vec<(i64, i64)>) -> Self {
        let newest = seconds.last().map_or(0, |(second, _)| *second);
        let second = now.seconds().max(newest);
        seconds.retain(|(at, _)| *at > second - SPAN);
        Self { second, seconds }
    }
}

impl Writing {
    /// Lets only one transaction at a time, over all replicas, take calls out of the budget or move the gate. Taken after
    /// the lock of contacts where both are. SQLite has one writer anyway.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_calls(&mut self) -> Result<()> {
        if self.dialect == super::Dialect::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock(7309454)")
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    /// The calls of the last minute.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn calls_spent(&mut self, now: Timestamp) -> Result<Spent> {
        calls_spent(&mut self.tx, now).await
    }

    /// Takes calls out of the budget.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spend_calls(&mut self, second: i64, calls: i64) -> Result<()> {
        sqlx::query("INSERT INTO calls_spent (at_second, spent) VALUES ($1, $2) ON CONFLICT (at_second) DO UPDATE SET spent = calls_spent.spent + excluded.spent")
            .bind(second)
            .bind(calls)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("DELETE FROM calls_spent WHERE at_second < $1")
            .bind(second - KEPT)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Puts calls that were taken out in a second and not made back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back_calls(&mut self, second: i64, calls: i64) -> Result<()> {
        sqlx::query(
            "UPDATE calls_spent SET spent = spent - $2 WHERE at_second = $1 AND spent >= $2",
        )
        .bind(second)
        .bind(calls)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The gate as it stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn gate(&mut self) -> Result<Gate> {
        gate(&mut self.tx).await
    }

    /// Moves the gate.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_gate(&mut self, gate: &Gate) -> Result<()> {
        sqlx::query("INSERT INTO gate (name, rest_until, probe_at, failures, key_refused, why, noted_at) VALUES ('featurebase', $1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET rest_until = excluded.rest_until, probe_at = excluded.probe_at, failures = excluded.failures, key_refused = excluded.key_refused, why = excluded.why, noted_at = excluded.noted_at")
            .bind(gate.rest_until.millis())
            .bind(gate.probe_at.millis())
            .bind(gate.failures)
            .bind(i64::from(gate.key_refused))
            .bind(gate.why.as_str())
            .bind(gate.noted_at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// The calls of the last minute.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn calls_spent(&self, now: Timestamp) -> Result<Spent> {
        let mut connection = self.reading().await?;
        calls_spent(&mut connection, now).await
    }

    /// The gate as it stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn gate(&self) -> Result<Gate> {
        let mut connection = self.reading().await?;
        gate(&mut connection).await
    }

    /// How much of what needs calls to Featurebase waits. The planned end of a block does not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_for_calls(&self, now: Timestamp) -> Result<Waiting> {
        let mut connection = self.reading().await?;
        let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN run_at <= $1 AND lease_until <= $1 THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN run_at > $1 AND last_error IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT)
            FROM jobs WHERE task IN ('block', 'unblock', 'end-block', 'look-again', 'look-up', 'redact', 'note', 'close')";
        let (due, later): (i64, i64) = sqlx::query_as(sql)
            .bind(now.millis())
            .fetch_one(&mut *connection)
            .await?;
        Ok(Waiting { due, later })
    }
}

async fn calls_spent(connection: &mut AnyConnection, now: Timestamp) -> Result<Spent> {
    let seconds: Vec<(i64, i64)> = sqlx::query_as("SELECT at_second, spent FROM calls_spent WHERE at_second > $1 AND at_second <= $2 ORDER BY at_second")
        .bind(now.seconds() - SPAN)
        .bind(now.seconds() + AHEAD)
        .fetch_all(connection)
        .await?;
    Ok(Spent::as_of(now, seconds))
}

async fn gate(connection: &mut AnyConnection) -> Result<Gate> {
    let found: Option<(i64, i64, i64, i64, String, i64)> = sqlx::query_as("SELECT rest_until, probe_at, failures, key_refused, why, noted_at FROM gate WHERE name = 'featurebase'")
        .fetch_optional(connection)
        .await?;
    let of = |(rest, probe, failures, key, why, noted): (i64, i64, i64, i64, String, i64)| Gate {
        rest_until: Timestamp::from_millis(rest),
        probe_at: Timestamp::from_millis(probe),
        failures,
        key_refused: key != 0,
        why,
        noted_at: Timestamp::from_millis(noted),
    };
    Ok(found.map(of).unwrap_or_default())
}
