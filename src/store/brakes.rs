//! Brakes that tripped, and what is held because of them. A tripped brake stays so until a person releases it.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Result, Store, StoreError, Writing};
use crate::message::{ContactId, EventId};
use crate::time::Timestamp;

/// The name under which the brake of all rules together is kept.
pub const TOTAL: &str = "";

crate::vocabulary! {
    /// By what a brake counts.
    BrakeKind {
        /// The blocks of one rule.
        PerRule = "per-rule",
        /// The part of the active senders one rule has hit.
        Share = "share",
        /// The blocks of all rules together.
        Total = "total",
    }
}

/// A brake that tripped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trip {
    /// The rule's id; [`TOTAL`] for all together.
    pub rule: String,
    pub kind: BrakeKind,
    /// What it allows, for people.
    pub bound: String,
    /// How many blocks had been decided on.
    pub blocks: i64,
    pub tripped_at: Timestamp,
}

/// A brake as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BrakeState {
    pub tripped: Option<Trip>,
    /// Blocks up to then no longer count: a person released the brake.
    pub counted_from: Option<Timestamp>,
}

const SELECT: &str = "SELECT rule, kind, bound, blocks, tripped_at, counted_from FROM brakes";

impl Writing {
    /// How a brake stands. To be read under [`lock_contacts`](Self::lock_contacts).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn brake(&mut self, rule: &str) -> Result<BrakeState> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE rule = $1"));
        let row = sqlx::query(sql)
            .bind(rule)
            .fetch_optional(&mut *self.tx)
            .await?;
        let Some(row) = row else {
            return Ok(BrakeState::default());
        };
        Ok(BrakeState {
            tripped: trip_of(&row)?,
            counted_from: Some(Timestamp::from_millis(row.try_get("counted_from")?)),
        })
    }

    /// Keeps that a brake tripped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trip(&mut self, trip: &Trip) -> Result<()> {
        let sql = "INSERT INTO brakes (rule, kind, bound, blocks, tripped_at, counted_from) VALUES ($1, $2, $3, $4, $5, 0)
            ON CONFLICT (rule) DO UPDATE SET kind = excluded.kind, bound = excluded.bound, blocks = excluded.blocks, tripped_at = excluded.tripped_at";
        sqlx::query(sql)
            .bind(trip.rule.as_str())
            .bind(trip.kind.as_str())
            .bind(trip.bound.as_str())
            .bind(trip.blocks)
            .bind(trip.tripped_at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Lets a tripped brake go; it counts anew from `now` on. `None` when it had not tripped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_brake(&mut self, rule: &str, now: Timestamp) -> Result<Option<Trip>> {
        let Some(trip) = self.brake(rule).await?.tripped else {
            return Ok(None);
        };
        sqlx::query("UPDATE brakes SET tripped_at = NULL, counted_from = $2 WHERE rule = $1")
            .bind(rule)
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(Some(trip))
    }

    /// Keeps that a brake alone made a hold of an event's block.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_braked(&mut self, rule: &str, event: &EventId) -> Result<()> {
        let sql =
            "INSERT INTO braked_holds (rule, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        sqlx::query(sql)
            .bind(rule)
            .bind(event.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Every brake that holds at the moment, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trips(&self) -> Result<Vec<Trip>> {
        let mut connection = self.reading().await?;
        let sql = sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE tripped_at IS NOT NULL ORDER BY tripped_at DESC, rule"
        ));
        let found = sqlx::query(sql).fetch_all(&mut *connection).await?;
        let trips: Result<Vec<Option<Trip>>> = found.iter().map(trip_of).collect();
        Ok(trips?.into_iter().flatten().collect())
    }

    /// How many open holds a brake alone is the reason for; [`TOTAL`] for the brake of all rules together.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn braked_hold_count(&self, rule: &str) -> Result<i64> {
        let mut connection = self.reading().await?;
        let sql = "SELECT COUNT(*) FROM braked_holds b JOIN holds h ON h.event_id = b.event_id WHERE b.rule = $1 AND h.settled_at IS NULL";
        let (count,): (i64,) = sqlx::query_as(sql)
            .bind(rule)
            .fetch_one(&mut *connection)
            .await?;
        Ok(count)
    }

    /// Contacts with open holds that are there because of one brake alone, those held longest first. Whoever has something
    /// else held, too, is not among them: a person should look at that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn braked_contacts(&self, rule: &str, limit: i64) -> Result<Vec<ContactId>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT h.contact_id FROM braked_holds b JOIN holds h ON h.event_id = b.event_id
            WHERE b.rule = $1 AND h.settled_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM holds o WHERE o.contact_id = h.contact_id AND o.settled_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM braked_holds ob WHERE ob.event_id = o.event_id))
            GROUP BY h.contact_id ORDER BY MIN(h.held_at), h.contact_id LIMIT $2";
        let found: Vec<(String,)> = sqlx::query_as(sql)
            .bind(rule)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        Ok(found
            .into_iter()
            .map(|(contact,)| ContactId::new(contact))
            .collect())
    }
}

fn trip_of(row: &AnyRow) -> Result<Option<Trip>> {
    let Some(at) = row.try_get::<Option<i64>, _>("tripped_at")? else {
        return Ok(None);
    };
    let (rule, kind): (String, String) = (row.try_get("rule")?, row.try_get("kind")?);
    Ok(Some(Trip {
        kind: BrakeKind::parse(&kind).ok_or_else(|| StoreError::BadData {
            table: "brakes",
            row: rule.clone(),
            what: format!("kind {kind} is unknown"),
        })?,
        rule,
        bound: row.try_get("bound")?,
        blocks: row.try_get("blocks")?,
        tripped_at: Timestamp::from_millis(at),
    }))
}
