//! What a person may ask or order. Every order is one transaction: the record with name and reason, and the job.
//! Nothing here calls Featurebase.

pub mod backtest;
pub mod backup;
mod besides;
pub mod brakes;
pub mod confirm;
pub mod explain;
pub mod forgetting;
pub mod formats;
pub mod history;
pub mod ledger;
mod library;
mod orders;
pub mod past;
pub mod query;
pub mod reconcile;
pub mod record;
pub mod review;
pub mod rule_list;
pub mod rulebooks;
pub mod search;
pub mod sentences;
pub mod tryout;
pub mod undo;
pub mod why;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::message::{ContactId, ConversationId, EventId};
use crate::store::audit::{Action, Entry, Filter, Row};
use crate::store::confirmations::Said;
use crate::store::contacts::{ContactRow, Standing};
use crate::store::holds::{Hold, HoldOutcome};
use crate::store::jobs::{AT_ONCE, Call, NewJob, OnTheWire, Task};
use crate::store::switches::Stop;
use crate::store::{Store, StoreError};
use crate::time::{Clock, Timestamp, say_span};

/// Why an order or a question could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "`{0}` is not a contact's id: it has 24 digits and letters a to f, such as 65f1c3d2a9b4e80012ab34cd; `bouncer audit` shows them"
    )]
    NotAContact(String),
    #[error(
        "contact {contact} is under legal hold since {since} ({reason}): nothing of them may be forgotten. `bouncer legal-hold remove {contact}` lifts it"
    )]
    UnderLegalHold {
        contact: String,
        since: Timestamp,
        reason: String,
    },
    #[error("contact {0} is not under legal hold; `bouncer legal-hold list` shows who is")]
    NoLegalHold(String),
    #[error(
        "nothing was decided about `{0}` that a person could call right or wrong: give the id of an event or a contact that was blocked, held or flagged (`bouncer audit --verdict block` lists some)"
    )]
    NothingToConfirm(String),
    #[error("no brake of `{0}` has tripped; `bouncer brake list` shows those that have")]
    NotTripped(String),
    #[error(
        "`{0}` cannot be the name of a search: it has 1 to 64 letters, digits and signs, and no blanks"
    )]
    NotAName(String),
    #[error("no search is kept under the name `{name}`; {help}")]
    NotSaved { name: String, help: String },
    #[error("nothing on record is about a rule `{rule}`; {help}")]
    NoSuchRule { rule: String, help: String },
    #[error("nothing is held for {0}; `bouncer hold list` shows what is")]
    NothingHeld(String),
    #[error(
        "nothing is known of `{0}`: no event, contact or conversation of that id is on file; an event of the last moments may still be on its way there"
    )]
    Unknown(String),
    #[error(
        "`{0}` is not a contact of whom anything is on record; `bouncer why {0}` tells of events and conversations, too"
    )]
    NoHistory(String),
    #[error(
        "nothing of the record is signed yet; `bouncer run` signs it within a minute of its first row"
    )]
    NothingSigned,
    #[error(
        "old rows of the record were forgotten while it was written out, so it has a gap; write it out again"
    )]
    ForgottenMeanwhile,
    #[error("{0}")]
    NoVersion(String),
    #[error(
        "nothing was decided about `{0}` that could be told to a customer: name an event whose message was judged, or a contact who was blocked, held or flagged"
    )]
    NothingDecided(String),
    #[error("the stop file {path} could not be changed: {error}")]
    StopFile {
        path: PathBuf,
        error: std::io::Error,
    },
}

pub type Result<T> = std::result::Result<T, DeskError>;

/// The desk people come to.
#[derive(Debug)]
pub struct Desk {
    pub store: Store,
    pub clock: Clock,
    /// How long after a person's unblock rules only hold.
    pub exempt: Duration,
}

/// Who orders, and why.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub actor: &'a str,
    pub reason: &'a str,
}

impl Desk {
    /// The newest rows of the record that pass the filter.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audit(&self, filter: &Filter, limit: i64) -> Result<Vec<Row>> {
        Ok(self.store.audit(filter, limit).await?)
    }

    /// Blocks that wait for a person.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn holds(&self, limit: i64) -> Result<Vec<Hold>> {
        Ok(self.store.open_holds(limit).await?)
    }

    async fn unblock_once(&self, contact: &str, order: Order<'_>) -> Result<Timestamp> {
        let contact = contact_id(contact)?;
        let now = self.clock.now();
        let until = now.after(self.exempt);
        let newest = self
            .store
            .newest_conversation(&contact)
            .await?
            .map(ConversationId::new);
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let row = tx.contact_or_new(&contact, now).await?;
        let mut words: Vec<(EventId, Said)> = regretted(&row).into_iter().collect();
        let row = ContactRow {
            standing: Standing::UnblockWanted,
            fence: row.fence + 1,
            changed_at: now,
            exempt_until: Some(until),
            block_for: None,
            ends_at: None,
            ..row
        };
        tx.set_contact(&row).await?;
        let called_off = tx.cancel(Task::Block, contact.as_str(), now).await?;
        for task in [Task::Unblock, Task::EndBlock] {
            tx.cancel(task, contact.as_str(), now).await?;
        }
        let call = Call {
            event: None,
            conversation: newest,
            fence: row.fence,
            ..Call::default()
        };
        tx.add_jobs(vec![job(Task::Unblock, &contact, &call)], now)
            .await?;
        let released = tx
            .settle_holds(&contact, HoldOutcome::Released, order.actor, now)
            .await?;
        words.extend(all(&released, Said::Wrong));
        let detail = json!({
            "blocks_called_off": called_off,
            "exempt_until": until.to_string(),
            "exempt_for": say_span(self.exempt),
        });
        tx.record(vec![
            Entry::new(Action::UnblockOrdered, now, detail)
                .private(json!({ "reason": order.reason }))
                .by(order.actor)
                .contact(&contact),
        ])
        .await?;
        tx.say(&words, order.actor, now).await?;
        tx.commit().await?;
        Ok(until)
    }

    async fn release_once(&self, held: &str, order: Order<'_>) -> Result<(usize, Timestamp)> {
        let contact = self.held_contact(held).await?;
        let now = self.clock.now();
        let until = now.after(self.exempt);
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let holds = tx
            .settle_holds(&contact, HoldOutcome::Released, order.actor, now)
            .await?;
        if holds.is_empty() {
            return Err(DeskError::NothingHeld(held.to_owned()));
        }
        let row = tx.contact_or_new(&contact, now).await?;
        let standing = if row.standing == Standing::BlockWanted {
            Standing::NotBlocked
        } else {
            row.standing
        };
        let row = ContactRow {
            standing,
            fence: row.fence + 1,
            exempt_until: Some(until),
            ..row
        };
        tx.set_contact(&row).await?;
        tx.cancel(Task::Block, contact.as_str(), now).await?;
        besides::keep_end(&mut tx, &row, now).await?;
        besides::keep_unblock(&mut tx, &row, now).await?;
        if row.standing != Standing::Blocked {
            tx.plan_looks(&row, now).await?;
        }
        tx.record(settled(Action::HoldReleased, &holds, order, now))
            .await?;
        tx.say(&all(&holds, Said::Wrong), order.actor, now).await?;
        tx.commit().await?;
        Ok((holds.len(), until))
    }

    async fn confirm_once(&self, held: &str, order: Order<'_>) -> Result<usize> {
        let contact = self.held_contact(held).await?;
        let now = self.clock.now();
        let newest = self
            .store
            .newest_conversation(&contact)
            .await?
            .map(ConversationId::new);
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let holds = tx
            .settle_holds(&contact, HoldOutcome::Confirmed, order.actor, now)
            .await?;
        let Some(event) = holds.first().map(|hold| hold.event.clone()) else {
            return Err(DeskError::NothingHeld(held.to_owned()));
        };
        let row = tx.contact_or_new(&contact, now).await?;
        let ours = tx.may_be_ours(&row).await?;
        let mut row = ContactRow {
            standing: Standing::BlockWanted,
            fence: row.fence + 1,
            event: Some(event.clone()),
            changed_at: now,
            exempt_until: None,
            ends_at: None,
            ..row
        };
        let (steps, block_for) = self.asked_for(&holds, row.fence).await?;
        row.block_for = block_for;
        tx.set_contact(&row).await?;
        for task in [Task::Unblock, Task::Block, Task::EndBlock] {
            tx.cancel(task, contact.as_str(), now).await?;
        }
        let call = Call {
            event: Some(event),
            conversation: newest,
            rules: rules_of(&holds),
            fence: row.fence,
            ours,
            ..Call::default()
        };
        let mut jobs = vec![job(Task::Block, &contact, &call)];
        jobs.extend(steps);
        tx.add_jobs(jobs, now).await?;
        tx.record(settled(Action::HoldConfirmed, &holds, order, now))
            .await?;
        tx.say(&all(&holds, Said::Right), order.actor, now).await?;
        tx.commit().await?;
        Ok(holds.len())
    }

    async fn stop_once(&self, order: Order<'_>) -> Result<Vec<OnTheWire>> {
        let now = self.clock.now();
        let stop = Stop {
            actor: order.actor.to_owned(),
            reason: order.reason.to_owned(),
            at: now,
        };
        let mut tx = self.store.writing().await?;
        tx.stop(&stop).await?;
        let on_the_wire = tx.on_the_wire(now).await?;
        let detail = json!({ "reason": order.reason, "on_the_wire": on_the_wire });
        tx.record(vec![
            Entry::new(Action::Stopped, now, detail).by(order.actor),
        ])
        .await?;
        tx.commit().await?;
        Ok(on_the_wire)
    }

    async fn go_once(&self, order: Order<'_>) -> Result<bool> {
        let mut tx = self.store.writing().await?;
        let was_thrown = tx.go().await?;
        tx.record(vec![
            Entry::new(
                Action::Resumed,
                self.clock.now(),
                json!({ "reason": order.reason }),
            )
            .by(order.actor),
        ])
        .await?;
        tx.commit().await?;
        Ok(was_thrown)
    }

    /// The contact a hold is about, named by itself or by the event.
    async fn held_contact(&self, held: &str) -> Result<ContactId> {
        if let Some(contact) = self.store.hold_of_event(&EventId::new(held)).await? {
            return Ok(contact);
        }
        contact_id(held).map_err(|_| DeskError::NothingHeld(held.to_owned()))
    }
}

fn contact_id(text: &str) -> Result<ContactId> {
    let contact = ContactId::new(text.trim());
    if contact.is_well_formed() {
        Ok(contact)
    } else {
        Err(DeskError::NotAContact(text.to_owned()))
    }
}

fn job(task: Task, contact: &ContactId, call: &Call) -> NewJob {
    NewJob {
        task,
        subject: contact.as_str().to_owned(),
        detail: call.to_json(),
        run_at: AT_ONCE,
    }
}

/// The decision that led to the block a contact is under, or is about to be: an unblock regrets it.
fn regretted(row: &ContactRow) -> Option<(EventId, Said)> {
    matches!(row.standing, Standing::Blocked | Standing::BlockWanted)
        .then(|| row.event.clone())?
        .map(|event| (event, Said::Undone))
}

fn all(holds: &[Hold], said: Said) -> Vec<(EventId, Said)> {
    let events = holds.iter().map(|hold| hold.event.clone());
    events.map(|event| (event, said)).collect()
}

/// The rules behind holds, each once, with blanks between.
fn rules_of(holds: &[Hold]) -> String {
    let rules = holds.iter().flat_map(|hold| hold.rules.split_whitespace());
    let rules: BTreeSet<&str> = rules.collect();
    rules.into_iter().collect::<Vec<_>>().join(" ")
}

fn settled(action: Action, holds: &[Hold], order: Order<'_>, now: Timestamp) -> Vec<Entry> {
    holds
        .iter()
        .map(|hold| {
            Entry::new(action, now, json!({}))
                .private(json!({ "reason": order.reason }))
                .by(order.actor)
                .contact(&hold.contact)
                .event(&hold.event)
                .rules(&hold.rules)
        })
        .collect()
}
