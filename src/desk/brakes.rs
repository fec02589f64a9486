//! Brakes that tripped: which they are, what they hold, and a person's word about both.

use serde::Serialize;
use serde_json::json;

use super::{Desk, DeskError, Order, Result};
use crate::store::audit::{Action, Entry};
use crate::store::brakes::{TOTAL, Trip};
use crate::store::holds::{Hold, Only};

/// How the brake of all rules together is named on the command line. No rule can be called so.
pub const ALL_TOGETHER: &str = "total";

/// A tripped brake, and how many blocks wait because of it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tripped {
    #[serde(flatten)]
    pub trip: Trip,
    pub held: i64,
}

/// What became of what a brake held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Contacts whose holds were settled.
    pub contacts: usize,
    /// Holds of this brake that still wait: more than one order settles, or of contacts something else is held of, too.
    pub left: i64,
}

/// What is done with what a brake held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    Release,
    Confirm,
}

impl Desk {
    /// Every brake that holds at the moment.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn brakes(&self) -> Result<Vec<Tripped>> {
        let mut brakes = Vec::new();
        for trip in self.store.trips().await? {
            let held = self.store.braked_hold_count(&trip.rule).await?;
            brakes.push(Tripped { trip, held });
        }
        Ok(brakes)
    }

    /// Lets a tripped brake go: it counts anew from now on. What it held still waits.
    ///
    /// # Errors
    /// When no such brake has tripped, or the store fails.
    pub async fn release_brake(&self, rule: &str, order: Order<'_>) -> Result<Trip> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let Some(trip) = tx.release_brake(name_of(rule), now).await? else {
            return Err(DeskError::NotTripped(rule.to_owned()));
        };
        let detail = json!({ "reason": order.reason, "brake": trip.kind, "bound": trip.bound, "tripped_at": trip.tripped_at.to_string() });
        let entry = Entry {
            rules: (trip.rule != TOTAL).then(|| trip.rule.clone()),
            ..Entry::new(Action::BrakeReleased, now, detail).by(order.actor)
        };
        tx.record(vec![entry]).await?;
        tx.commit().await?;
        Ok(trip)
    }

    /// Blocks that wait for a person: of one rule, because of a brake, or both.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn holds_of(
        &self,
        rule: Option<&str>,
        braked: bool,
        limit: i64,
    ) -> Result<Vec<Hold>> {
        let only = match (rule, braked) {
            (None, false) => return self.holds(limit).await,
            (None, true) => Only::AnyBrake,
            (Some(rule), true) => Only::BrakeOf(name_of(rule)),
            (Some(rule), false) => Only::Rule(rule),
        };
        Ok(self.store.open_holds_of(&only, limit).await?)
    }

    /// Settles what one brake alone held, the longest held first, `most` contacts at most. Each contact is an order of its
    /// own, recorded as such, so that it can be broken off at any point.
    ///
    /// # Errors
    /// When nothing is held because of that brake, or the store fails.
    pub async fn settle_braked(
        &self,
        rule: &str,
        settle: Settle,
        most: i64,
        order: Order<'_>,
    ) -> Result<Batch> {
        let name = name_of(rule);
        let contacts = self.store.braked_contacts(name, most).await?;
        let mut settled = 0;
        for contact in &contacts {
            let done = match settle {
                Settle::Release => self.release(contact.as_str(), order).await.map(|_| ()),
                Settle::Confirm => self.confirm(contact.as_str(), order).await.map(|_| ()),
            };
            match done {
                Ok(()) => settled += 1,
                // Somebody else was faster.
                Err(DeskError::NothingHeld(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let left = self.store.braked_hold_count(name).await?;
        if contacts.is_empty() && left == 0 {
            return Err(DeskError::NothingHeld(format!("a brake of {rule}")));
        }
        Ok(Batch {
            contacts: settled,
            left,
        })
    }
}

fn name_of(rule: &str) -> &str {
    if rule == ALL_TOGETHER { TOTAL } else { rule }
}
