//! What a comparison shows of one contact, in a sentence, and what follows from it.

use crate::message::ContactId;
use crate::store::contacts::{ContactRow, Standing};
use crate::store::differences::{Difference, Kind};
use crate::store::jobs::{Comparing, WhyCompare};
use crate::store::{Result, Writing};
use crate::worker::Worker;

impl Worker {
    /// Weighs what Featurebase shows of somebody we believe blocked, or mean to block.
    pub(super) async fn weigh_ours(
        &self,
        why: WhyCompare,
        state: &mut Comparing,
        contact: &ContactId,
        shown: Option<bool>,
    ) -> Result<()> {
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        // Read only now: what it has become since Featurebase was asked counts.
        let Some(row) = tx.contact(contact).await? else {
            return Ok(());
        };
        let since = row.changed_at;
        let is_over = row.ends_at.is_some_and(|end| end <= self.clock.now());
        let found = match (row.standing, shown) {
            (Standing::Blocked, Some(false)) if !is_over => {
                let told = format!(
                    "we had them blocked since {since}, and Featurebase shows them free: a person unblocked them there"
                );
                if state.apply {
                    self.heed_unblock_there(&mut tx, row, &told).await?;
                }
                (Kind::UnblockedThere, told)
            }
            (Standing::BlockWanted, Some(true)) => {
                let told = format!(
                    "a block is on its way since {since}, and they are blocked at Featurebase already"
                );
                (Kind::OnItsWay, told)
            }
            (Standing::BlockWanted, _) if why == WhyCompare::Away => {
                let told = state.since.map_or_else(
                    || "it is not known whether a bouncer had blocked them before, and somebody unblocked them".to_owned(),
                    |since| format!("the bouncer was away since {since}: somebody may have unblocked them meanwhile"),
                );
                if self.hold_old(&mut tx, row, state, &told).await? == 0 {
                    return Ok(());
                }
                (Kind::Held, told)
            }
            (Standing::BlockWanted, Some(false)) => (
                Kind::OnItsWay,
                format!("a block is on its way since {since}"),
            ),
            (Standing::Blocked | Standing::BlockWanted, None) => {
                let told = "none of their conversations can be read, so Featurebase does not tell whether they are blocked";
                (Kind::NotRead, told.to_owned())
            }
            _ => return Ok(()),
        };
        self.note(&mut tx, why, state, contact, found).await?;
        tx.commit().await
    }

    /// Blocks that were wanted before nobody was there wait for a person. What was wanted since goes on.
    async fn hold_old(
        &self,
        tx: &mut Writing,
        row: ContactRow,
        state: &Comparing,
        because: &str,
    ) -> Result<usize> {
        let now = self.clock.now();
        let waiting = tx.blocks_waiting(row.contact.as_str(), now).await?;
        if !waiting.iter().all(|job| job.created_at < state.started_at) {
            return Ok(0);
        }
        let held = self.hold_waiting(tx, &row, because).await?;
        if held > 0 {
            let row = ContactRow {
                standing: Standing::NotBlocked,
                changed_at: now,
                // In doubt a person may have unblocked them, so they are protected like that.
                exempt_until: row.exempt_until.max(Some(now.after(self.behaviour.exempt))),
                ..row
            };
            tx.set_contact(&row).await?;
            tx.plan_looks(&row, now).await?;
        }
        Ok(held)
    }

    /// Weighs somebody whom Featurebase lists as blocked. Somebody else's block is told and left alone.
    pub(super) async fn weigh_theirs(
        &self,
        why: WhyCompare,
        state: &mut Comparing,
        contact: &ContactId,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let row = tx.contact_or_new(contact, now).await?;
        let since = row.changed_at;
        let is_moving = !tx.calls_of(contact).await?.is_empty();
        let may_be_late = tx.open_blocks(contact, now).await? > 0;
        let left = "somebody blocked them in Featurebase itself, and the bouncer leaves that alone";
        let found = match row.standing {
            Standing::Blocked | Standing::BlockWanted => return Ok(()),
            Standing::UnblockWanted => (
                Kind::OnItsWay,
                format!("a person ordered an unblock at {since}; it is on its way"),
            ),
            _ if is_moving => (
                Kind::OnItsWay,
                "they are blocked there, and an unblock is on its way".to_owned(),
            ),
            _ if may_be_late => (
                Kind::OnItsWay,
                "they are blocked there; it may be a block of ours that came late, which is looked for and taken back".to_owned(),
            ),
            Standing::UnblockFailed => (
                Kind::BlockedThere,
                format!("they are still blocked there: Featurebase refused a person's unblock at {since}"),
            ),
            Standing::Unblocked => (
                Kind::BlockedThere,
                format!("they were unblocked at {since} and are blocked there again: {left}"),
            ),
            Standing::NotBlocked => (
                Kind::BlockedThere,
                format!("they are blocked there, and not by us: {left}"),
            ),
        };
        self.note(&mut tx, why, state, contact, found).await?;
        tx.commit().await
    }

    async fn note(
        &self,
        tx: &mut Writing,
        why: WhyCompare,
        state: &mut Comparing,
        contact: &ContactId,
        (kind, told): (Kind, String),
    ) -> Result<()> {
        let found = Difference {
            contact: contact.clone(),
            kind,
            told,
            found_at: self.clock.now(),
        };
        if tx.add_difference(why, &found).await? {
            state.differences += 1;
        }
        Ok(())
    }
}
