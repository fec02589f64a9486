//! What people are to be told, for each channel: taken from the record, kept until it is told.
//!
//! A row of the record may become visible after a later one, as two transactions end in either order: so what is taken in is
//! what is not there yet, not what lies behind a cursor. Far behind, a floor moves along.

use serde_json::Value;

use super::rows::{self, Cell};
use super::{Result, Store, Writing};
use crate::time::Timestamp;

/// So many rows of the record behind its end are looked at for what was not taken in yet.
const LOOK_BACK: i64 = 100_000;
/// Most rows taken in at once.
const MOST: i64 = 500;

/// A row of the record that people are to be told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Worthy {
    pub seq: i64,
    pub at: Timestamp,
    pub action: String,
    pub actor: String,
    pub rules: Option<String>,
    pub detail: Value,
}

/// Something a channel is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The row of the record it comes from.
    pub seq: i64,
    pub at: Timestamp,
    pub topic: String,
    pub line: String,
}

/// How a channel fares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelState {
    pub floor: i64,
    /// Nothing is sent before.
    pub not_before: Option<Timestamp>,
    /// Failed tries in a row.
    pub attempts: i64,
    /// What is wrong with it, if anything.
    pub trouble: Option<String>,
}

crate::vocabulary! {
    /// What became of an alert.
    AlertOutcome {
        Told = "told",
        /// The channel does not take it, and will not.
        Refused = "refused",
        /// It is too old to be of use.
        TooOld = "too-old",
    }
}

impl Store {
    /// How a channel fares; a new one hears of what is recorded from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert_channel(&self, channel: &str) -> Result<ChannelState> {
        if let Some(known) = self.known_channel(channel).await? {
            return Ok(known);
        }
        let mut tx = self.writing().await?;
        let sql = "INSERT INTO alert_channels (channel, floor, not_before, attempts, lease_until) VALUES ($1, (SELECT COALESCE(MAX(seq), 0) FROM audit), 0, 0, 0) ON CONFLICT (channel) DO NOTHING";
        sqlx::query(sql).bind(channel).execute(&mut *tx.tx).await?;
        tx.commit().await?;
        Ok(self.known_channel(channel).await?.unwrap_or_default())
    }

    async fn known_channel(&self, channel: &str) -> Result<Option<ChannelState>> {
        let mut connection = self.reading().await?;
        let sql =
            "SELECT floor, not_before, attempts, trouble FROM alert_channels WHERE channel = $1";
        let found: Option<(i64, i64, i64, Option<String>)> = sqlx::query_as(sql)
            .bind(channel)
            .fetch_optional(&mut *connection)
            .await?;
        Ok(
            found.map(|(floor, not_before, attempts, trouble)| ChannelState {
                floor,
                not_before: (not_before > 0).then(|| Timestamp::from_millis(not_before)),
                attempts,
                trouble,
            }),
        )
    }

    /// Rows of the record with one of these actions that a channel has not taken in yet, oldest first. Rules that are
    /// adopted are told of only when others were refused just before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn worthy(&self, channel: &str, floor: i64, actions: &[&str]) -> Result<Vec<Worthy>> {
        let mut connection = self.reading().await?;
        let select = "SELECT seq, at, action, actor, rules, detail FROM audit
            WHERE action = ? AND seq > ? AND action <> 'received' AND action <> 'decided'
            AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.channel = ? AND a.seq = audit.seq)
            AND (action <> 'rules_adopted' OR (SELECT p.action FROM audit p WHERE p.seq < audit.seq
                AND p.action IN ('rules_adopted', 'rules_rejected') AND p.action <> 'received' AND p.action <> 'decided'
                ORDER BY p.seq DESC LIMIT 1) = 'rules_rejected')
            ORDER BY seq LIMIT ?";
        let cells = actions
            .iter()
            .map(|action| {
                vec![
                    Cell::Text((*action).to_owned()),
                    Cell::Int(floor),
                    Cell::Text(channel.to_owned()),
                    Cell::Int(MOST),
                ]
            })
            .collect();
        let found = rows::select_each(&mut connection, select, cells).await?;
        let worthy: Result<Vec<Worthy>> = found.iter().map(worthy_of).collect();
        let mut worthy = worthy?;
        worthy.sort_by_key(|row| row.seq);
        Ok(worthy)
    }

    /// What a channel is still to be told, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_alerts(&self, channel: &str) -> Result<Vec<Alert>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT seq, at, topic, line FROM alerts WHERE channel = $1 AND settled_at IS NULL ORDER BY seq LIMIT 1000";
        let found: Vec<(i64, i64, String, String)> = sqlx::query_as(sql)
            .bind(channel)
            .fetch_all(&mut *connection)
            .await?;
        Ok(found
            .into_iter()
            .map(|(seq, at, topic, line)| Alert {
                seq,
                at: Timestamp::from_millis(at),
                topic,
                line,
            })
            .collect())
    }

    /// The messages sent to a channel since a moment: topic and time of each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alerts_told(
        &self,
        channel: &str,
        since: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT DISTINCT topic, settled_at FROM alerts WHERE channel = $1 AND settled_at > $2 AND settled_at IS NOT NULL AND outcome <> 'too-old'";
        let found: Vec<(String, i64)> = sqlx::query_as(sql)
            .bind(channel)
            .bind(since.millis())
            .fetch_all(&mut *connection)
            .await?;
        Ok(found
            .into_iter()
            .map(|(topic, at)| (topic, Timestamp::from_millis(at)))
            .collect())
    }

    /// Since when the oldest work has been told of as waiting for long, if it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_old_since(&self) -> Result<Option<Timestamp>> {
        let mut connection = self.reading().await?;
        let found: Option<(i64,)> =
            sqlx::query_as("SELECT at FROM switches WHERE name = 'queue-old'")
                .fetch_optional(&mut *connection)
                .await?;
        Ok(found.map(|(at,)| Timestamp::from_millis(at)))
    }
}

impl Writing {
    /// Takes in what a channel is to be told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_alerts(&mut self, channel: &str, alerts: &[Alert]) -> Result<()> {
        let cells = alerts
            .iter()
            .map(|alert| {
                vec![
                    Cell::Text(channel.to_owned()),
                    Cell::Int(alert.seq),
                    Cell::Int(alert.at.millis()),
                    Cell::Text(alert.topic.clone()),
                    Cell::Text(alert.line.clone()),
                ]
            })
            .collect();
        rows::insert(
            &mut self.tx,
            "INSERT INTO alerts (channel, seq, at, topic, line) VALUES",
            "ON CONFLICT DO NOTHING",
            cells,
        )
        .await?;
        Ok(())
    }

    /// Moves a channel's floor along when the record has grown far beyond it, and forgets what was settled long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raise_alert_floor(&mut self, channel: &str, forget: Timestamp) -> Result<()> {
        let sql = "UPDATE alert_channels SET floor = (SELECT COALESCE(MAX(seq), 0) FROM audit) - $2
            WHERE channel = $1 AND floor < (SELECT COALESCE(MAX(seq), 0) FROM audit) - $3";
        sqlx::query(sql)
            .bind(channel)
            .bind(LOOK_BACK)
            .bind(2 * LOOK_BACK)
            .execute(&mut *self.tx)
            .await?;
        let sql =
            "DELETE FROM alerts WHERE channel = $1 AND settled_at IS NOT NULL AND settled_at < $2
            AND seq <= (SELECT floor FROM alert_channels WHERE channel = $1)";
        sqlx::query(sql)
            .bind(channel)
            .bind(forget.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Claims a channel, so that one replica at a time sends to it. `false` when another has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_channel(
        &mut self,
        channel: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE alert_channels SET lease_owner = $2, lease_until = $4 WHERE channel = $1 AND (lease_until <= $3 OR lease_until > $5)";
        let done = sqlx::query(sql)
            .bind(channel)
            .bind(owner)
            .bind(now.millis())
            .bind(until.millis())
            .bind(until.after(super::jobs::CLOCK_SLACK).millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps how a channel fares, and lets it go. `false` when somebody else has taken it over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave_channel(
        &mut self,
        channel: &str,
        owner: &str,
        state: &ChannelState,
    ) -> Result<bool> {
        let sql = "UPDATE alert_channels SET not_before = $3, attempts = $4, trouble = $5, lease_owner = NULL, lease_until = 0 WHERE channel = $1 AND lease_owner = $2";
        let done = sqlx::query(sql)
            .bind(channel)
            .bind(owner)
            .bind(state.not_before.map_or(0, Timestamp::millis))
            .bind(state.attempts)
            .bind(state.trouble.as_deref())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps what became of alerts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_alerts(
        &mut self,
        channel: &str,
        seqs: &[i64],
        outcome: AlertOutcome,
        at: Timestamp,
    ) -> Result<()> {
        for seq in seqs {
            sqlx::query("UPDATE alerts SET settled_at = $3, outcome = $4 WHERE channel = $1 AND seq = $2 AND settled_at IS NULL")
                .bind(channel)
                .bind(*seq)
                .bind(at.millis())
                .bind(outcome.as_str())
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    /// Keeps since when the oldest work waits for long, or that it no longer does. `false` when that was kept already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_queue_old(&mut self, since: Option<Timestamp>) -> Result<bool> {
        let done = match since {
            Some(since) => {
                let sql = "INSERT INTO switches (name, actor, reason, at) VALUES ('queue-old', '', '', $1) ON CONFLICT (name) DO NOTHING";
                sqlx::query(sql)
                    .bind(since.millis())
                    .execute(&mut *self.tx)
                    .await?
            }
            None => {
                sqlx::query("DELETE FROM switches WHERE name = 'queue-old'")
                    .execute(&mut *self.tx)
                    .await?
            }
        };
        Ok(done.rows_affected() == 1)
    }
}

fn worthy_of(row: &sqlx::any::AnyRow) -> Result<Worthy> {
    use sqlx::Row as _;
    let detail: String = row.try_get("detail")?;
    Ok(Worthy {
        seq: row.try_get("seq")?,
        at: Timestamp::from_millis(row.try_get("at")?),
        action: row.try_get("action")?,
        actor: row.try_get("actor")?,
        rules: row.try_get("rules")?,
        detail: serde_json::from_str(&detail).unwrap_or(Value::Null),
    })
}
