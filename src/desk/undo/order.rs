//! From what was shown to what is done: a few contacts in each transaction, so that nobody who orders something in between
//! waits for long. Whoever's case has changed meanwhile is looked at again inside the transaction's lock.

use serde::Serialize;
use serde_json::{Value, json};

use super::Undoing;
use super::selection::entry_of_rule;
use super::weigh::{Fate, Plan};
use crate::desk::besides::{keep_end, keep_unblock};
use crate::desk::{Desk, Order, Result};
use crate::message::{ConversationId, EventId};
use crate::store::Writing;
use crate::store::audit::{Action, Entry};
use crate::store::confirmations::Said;
use crate::store::contacts::{ContactRow, Standing};
use crate::store::holds::{Hold, HoldOutcome};
use crate::store::jobs::{BEHIND, Call, NewJob, Task};
use crate::store::undos::{Dealt, Did, UndoRow};
use crate::time::{Timestamp, say_span};

/// Most contacts of one transaction.
pub(super) const CHUNK: usize = 25;

/// An undoing that is begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Begun {
    /// By it all rows of the record that belong to it are told.
    pub id: String,
    pub started_at: Timestamp,
    /// It was begun before and broken off.
    pub goes_on: bool,
}

/// How far the unblocks are that an undoing ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub on_their_way: i64,
    pub unblocked: i64,
    /// Featurebase refused them.
    pub refused: i64,
    /// Somebody, or a rule, has decided otherwise since.
    pub overtaken: i64,
}

impl Undoing<'_> {
    /// Begins, or goes on with what was asked for in the same words and broken off.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(&self, contacts: usize, order: Order<'_>) -> Result<Begun> {
        let begun = self.begin_once(contacts, order).await;
        if self.desk.made_room(&begun) {
            return self.begin_once(contacts, order).await;
        }
        begun
    }

    async fn begin_once(&self, contacts: usize, order: Order<'_>) -> Result<Begun> {
        let (desk, now, key) = (self.desk, self.desk.clock.now(), self.selection.key());
        let mut tx = desk.store.writing().await?;
        tx.lock_contacts().await?;
        if let Some(row) = tx.open_undo(&key).await? {
            return Ok(gone_on(row));
        }
        let row = UndoRow {
            id: uuid::Uuid::now_v7().to_string(),
            started_at: now,
        };
        tx.begin_undo(&row, &key, (order.actor, order.reason))
            .await?;
        let detail = json!({ "undo": row.id, "reason": order.reason, "contacts": contacts, "selection": self.selection });
        tx.record(vec![entry_of_rule(
            &self.selection,
            Action::UndoOrdered,
            (detail, order.actor),
            now,
        )])
        .await?;
        tx.commit().await?;
        Ok(Begun {
            id: row.id,
            started_at: now,
            goes_on: false,
        })
    }

    /// What was asked for in the same words, begun and broken off.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unfinished(&self) -> Result<Option<Begun>> {
        let mut tx = self.desk.store.writing().await?;
        Ok(tx.open_undo(&self.selection.key()).await?.map(gone_on))
    }

    /// Carries out the first of these plans, as many as one transaction takes, and takes them away. Gives how many
    /// contacts something was done about.
    ///
    /// # Errors
    /// When the store fails; then nothing of it happened, and it can be said again.
    pub async fn carry_out(
        &mut self,
        undo: &Begun,
        plans: &mut Vec<Plan>,
        order: Order<'_>,
    ) -> Result<usize> {
        let chunk: Vec<Plan> = plans.iter().take(CHUNK).cloned().collect();
        let mut done = self.carry_out_once(undo, &chunk, order).await;
        if self.desk.made_room(&done) {
            done = self.carry_out_once(undo, &chunk, order).await;
        }
        let done = done?;
        plans.drain(..chunk.len());
        Ok(done)
    }

    async fn carry_out_once(
        &mut self,
        undo: &Begun,
        chunk: &[Plan],
        order: Order<'_>,
    ) -> Result<usize> {
        let (desk, mut done, mut words) = (self.desk, 0, Vec::new());
        // What was shown may be old: a person may have thought about it for long.
        let mut fresh = Vec::new();
        for plan in chunk {
            fresh.push(self.plan(&plan.contact, &plan.chosen).await?);
        }
        let mut tx = desk.store.writing().await?;
        tx.lock_contacts().await?;
        for plan in fresh.iter().filter(|plan| plan.does_something()) {
            if tx.contact(&plan.contact).await? != plan.row
                || tx.rows_about(&plan.contact).await? != plan.rows
            {
                // Something happened in this very moment: they are looked at again in the next round.
                continue;
            }
            let work = Work {
                desk,
                undo,
                plan,
                order,
                now: desk.clock.now(),
            };
            done += usize::from(work.do_in(&mut tx, &mut words).await?);
        }
        tx.say(&words, order.actor, desk.clock.now()).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// How far it is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn progress(&self, undo: &Begun) -> Result<Progress> {
        let mut progress = Progress::default();
        for (standing, contacts) in self.desk.store.undo_standings(&undo.id).await? {
            match standing {
                Standing::UnblockWanted => progress.on_their_way += contacts,
                Standing::Unblocked => progress.unblocked += contacts,
                Standing::UnblockFailed => progress.refused += contacts,
                Standing::Blocked | Standing::BlockWanted | Standing::NotBlocked => {
                    progress.overtaken += contacts;
                }
            }
        }
        Ok(progress)
    }
}

fn gone_on(row: UndoRow) -> Begun {
    Begun {
        id: row.id,
        started_at: row.started_at,
        goes_on: true,
    }
}

/// What is done about one contact.
struct Work<'w> {
    desk: &'w Desk,
    undo: &'w Begun,
    plan: &'w Plan,
    order: Order<'w>,
    now: Timestamp,
}

impl Work<'_> {
    /// `false` when nothing was left to do.
    async fn do_in(&self, tx: &mut Writing, words: &mut Vec<(EventId, Said)>) -> Result<bool> {
        let plan = self.plan;
        let steps = self.call_off_steps(tx).await?;
        let released = tx
            .settle_holds_on(
                &plan.holds,
                HoldOutcome::Released,
                self.order.actor,
                self.now,
            )
            .await?;
        self.record_released(tx, &released).await?;
        words.extend(
            released
                .iter()
                .map(|hold| (hold.event.clone(), Said::Wrong)),
        );
        let did = match &plan.fate {
            Fate::Unblock => {
                words.extend(self.regretted());
                self.unblock(tx).await?;
                Some(Did::Unblock)
            }
            Fate::CallOff => {
                words.extend(self.regretted());
                Some(self.call_off(tx).await?)
            }
            Fate::Release if !released.is_empty() => {
                self.let_go(tx).await?;
                Some(Did::Released)
            }
            // What keeps them blocked is left alone, and so is what protects them.
            _ if !released.is_empty() => Some(Did::Released),
            _ if steps > 0 => Some(Did::Steps),
            _ => None,
        };
        if let Some(did) = did {
            let dealt = Dealt {
                contact: plan.contact.clone(),
                did,
                at: self.now,
            };
            tx.note_dealt(&self.undo.id, &dealt).await?;
        }
        Ok(did.is_some())
    }

    /// The decision that led to the block is regretted.
    fn regretted(&self) -> Option<(EventId, Said)> {
        let event = self.plan.row.as_ref()?.event.clone()?;
        Some((event, Said::Undone))
    }

    fn row(&self) -> ContactRow {
        let known = self.plan.row.clone();
        known.unwrap_or_else(|| ContactRow::new(self.plan.contact.clone(), self.now))
    }

    fn exempt_until(&self) -> Timestamp {
        self.now.after(self.desk.exempt)
    }

    /// As a single unblock is ordered, but behind those.
    async fn unblock(&self, tx: &mut Writing) -> Result<()> {
        let (contact, until) = (&self.plan.contact, self.exempt_until());
        let known = self.row();
        let row = ContactRow {
            standing: Standing::UnblockWanted,
            fence: known.fence + 1,
            changed_at: self.now,
            exempt_until: Some(until),
            block_for: None,
            ends_at: None,
            ..known
        };
        tx.set_contact(&row).await?;
        let called_off = tx.cancel(Task::Block, contact.as_str(), self.now).await?;
        for task in [Task::Unblock, Task::EndBlock] {
            tx.cancel(task, contact.as_str(), self.now).await?;
        }
        let call = Call {
            conversation: self.plan.conversation.clone().map(ConversationId::new),
            fence: row.fence,
            undo: Some(self.undo.id.clone()),
            ..Call::default()
        };
        let job = NewJob {
            task: Task::Unblock,
            subject: contact.as_str().to_owned(),
            detail: call.to_json(),
            run_at: BEHIND,
        };
        tx.add_jobs(vec![job], self.now).await?;
        let detail = self.detail(json!({
            "blocks_called_off": called_off,
            "exempt_until": until.to_string(),
            "exempt_for": say_span(self.desk.exempt),
        }));
        tx.record(vec![
            Entry::new(Action::UnblockOrdered, self.now, detail)
                .private(self.reason())
                .by(self.order.actor)
                .contact(contact),
        ])
        .await?;
        Ok(())
    }

    /// Nobody at Featurebase knows of the block: it is not sent.
    async fn call_off(&self, tx: &mut Writing) -> Result<Did> {
        let contact = &self.plan.contact;
        if tx.cancel(Task::Block, contact.as_str(), self.now).await? == 0 {
            // It has just been claimed.
            self.unblock(tx).await?;
            return Ok(Did::Unblock);
        }
        let known = self.row();
        let row = ContactRow {
            standing: Standing::NotBlocked,
            fence: known.fence + 1,
            changed_at: self.now,
            exempt_until: Some(self.exempt_until()),
            block_for: None,
            ends_at: None,
            ..known
        };
        tx.set_contact(&row).await?;
        let event = row.event.clone();
        let entry = self.called_off(
            Task::Block,
            Call {
                event,
                ..Call::default()
            },
        );
        tx.record(vec![entry]).await?;
        Ok(Did::CalledOff)
    }

    /// As held contacts are let go singly.
    async fn let_go(&self, tx: &mut Writing) -> Result<()> {
        let known = self.row();
        let row = ContactRow {
            fence: known.fence + 1,
            exempt_until: Some(self.exempt_until()),
            ..known
        };
        tx.set_contact(&row).await?;
        keep_end(tx, &row, self.now).await?;
        keep_unblock(tx, &row, self.now).await?;
        tx.plan_looks(&row, self.now).await?;
        Ok(())
    }

    async fn call_off_steps(&self, tx: &mut Writing) -> Result<usize> {
        let mut dropped = Vec::new();
        for job in &self.plan.jobs {
            if tx.drop_waiting(job, self.now).await? {
                dropped.push(self.called_off(job.task, Call::of(job)));
            }
        }
        let steps = dropped.len();
        tx.record(dropped).await?;
        Ok(steps)
    }

    async fn record_released(&self, tx: &mut Writing, released: &[Hold]) -> Result<()> {
        let entries = released.iter().map(|hold| {
            Entry::new(Action::HoldReleased, self.now, self.detail(json!({})))
                .private(self.reason())
                .by(self.order.actor)
                .contact(&hold.contact)
                .event(&hold.event)
                .rules(&hold.rules)
        });
        tx.record(entries.collect()).await?;
        Ok(())
    }

    fn called_off(&self, task: Task, call: Call) -> Entry {
        let why = format!("{} undid what the rule did", self.order.actor);
        let detail = self.detail(json!({ "call": task, "why": why }));
        let mut entry = Entry::new(Action::Cancelled, self.now, detail)
            .private(self.reason())
            .by(self.order.actor)
            .contact(&self.plan.contact)
            .rules(&call.rules);
        entry.event = call.event;
        entry
    }

    /// It may name the contact.
    fn reason(&self) -> Value {
        json!({ "reason": self.order.reason })
    }

    fn detail(&self, mut detail: Value) -> Value {
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("undo".to_owned(), json!(self.undo.id));
        }
        detail
    }
}
