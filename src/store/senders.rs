//! Who was heard of when, by the hour: of them a rule may hit a share.

use std::collections::BTreeSet;
use std::time::Duration;

use super::rows::{self, Cell};
use super::{Result, Writing};
use crate::message::ContactId;
use crate::time::Timestamp;

const HOUR: i64 = 3_600_000;

impl Writing {
    /// Notes that contacts were heard of.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_senders<'a>(
        &mut self,
        contacts: impl Iterator<Item = &'a ContactId>,
        now: Timestamp,
    ) -> Result<()> {
        // In one order everywhere, so that two replicas cannot wait for each other.
        let contacts: BTreeSet<&str> = contacts.map(ContactId::as_str).collect();
        let cells = contacts
            .into_iter()
            .map(|contact| vec![Cell::Text(contact.to_owned()), Cell::Int(hour_of(now))])
            .collect();
        rows::insert(
            &mut self.tx,
            "INSERT INTO active_senders (contact_id, hour) VALUES",
            "ON CONFLICT (contact_id) DO UPDATE SET hour = excluded.hour WHERE active_senders.hour < excluded.hour",
            cells,
        )
        .await?;
        Ok(())
    }

    /// How many contacts were heard of within a time (in whole hours), counted no further than `most`: so much is read by
    /// index, and no more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active_senders(
        &mut self,
        within: Duration,
        most: u64,
        now: Timestamp,
    ) -> Result<u64> {
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM active_senders WHERE hour >= $1 LIMIT $2) AS heard";
        let (count,): (i64,) = sqlx::query_as(sql)
            .bind(hour_of(now.before(within)))
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

const fn hour_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(HOUR)
}
