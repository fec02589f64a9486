//! A person's word about what is forgotten, and what must not be.

use serde::Serialize;
use serde_json::json;

use super::{Desk, DeskError, Order, Result, contact_id};
use crate::message::ContactId;
use crate::store::audit::{Action, Entry};
use crate::store::forgetting::Forgot;
use crate::store::legal_holds::LegalHold;

/// What an erasure did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    #[serde(flatten)]
    pub forgot: Forgot,
    /// Something is still to be done, by the running bouncer or at the next `bouncer run`: deliveries that came in before and
    /// are not filed yet, or a log that is still read from.
    pub unfinished: bool,
}

/// What is on file of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Known {
    pub events: usize,
    pub conversations: usize,
    /// Events about no contact that name this one.
    pub strays: usize,
    /// Why nothing may be forgotten, if so.
    pub legal_hold: Option<LegalHold>,
}

impl Desk {
    /// What an erasure of a contact would find.
    ///
    /// # Errors
    /// When the id is not a contact's, or the store fails.
    pub async fn known_of(&self, contact: &str) -> Result<Known> {
        let contact = contact_id(contact)?;
        let on_file = self.store.on_file(&contact).await?;
        let strays = self.store.strays(&contact).await?;
        let holds = self.store.legal_holds().await?;
        Ok(Known {
            events: on_file.events.len(),
            conversations: on_file.conversations.len(),
            strays: strays.len(),
            legal_hold: holds.into_iter().find(|hold| hold.contact == contact),
        })
    }

    /// Erases what contacts wrote and who they are: the key is destroyed, what it locked is removed, and the files are
    /// overwritten. What became of their messages stays in the record, under their id alone. Messages not judged yet are
    /// flagged: nobody is blocked for what nobody can read any more.
    ///
    /// # Errors
    /// When the id is not a contact's, the contact is under legal hold, or the store fails.
    pub async fn erase(&self, contact: &str, order: Order<'_>) -> Result<Erased> {
        let done = self.erase_once(contact, order).await;
        if self.made_room(&done) {
            return self.erase_once(contact, order).await;
        }
        done
    }

    async fn erase_once(&self, contact: &str, order: Order<'_>) -> Result<Erased> {
        let contact = contact_id(contact)?;
        let now = self.clock.now();
        // Looked for before the only writer is taken: it may be much to read.
        let strays = self.store.strays(&contact).await?;
        let on_file = self.store.on_file(&contact).await?;
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        if let Some(hold) = tx.legal_hold(&contact).await? {
            return Err(DeskError::UnderLegalHold {
                contact: contact.to_string(),
                since: hold.at,
                reason: hold.reason,
            });
        }
        let forgot = tx.forget_contact(&contact, &on_file, &strays).await?;
        tx.note_erasure(&contact, now).await?;
        // A receipt without a name: it does not say of whom.
        let mut detail = json!({ "reason": order.reason });
        if let (Ok(serde_json::Value::Object(counts)), Some(detail)) =
            (serde_json::to_value(forgot), detail.as_object_mut())
        {
            detail.extend(counts);
        }
        tx.record(vec![
            Entry::new(Action::Erased, now, detail).by(order.actor),
        ])
        .await?;
        tx.commit().await?;
        let unfinished = !self.finish(&contact).await?;
        Ok(Erased { forgot, unfinished })
    }

    /// Finishes an erasure where nothing stands against it; else the running bouncer does. `false` when it is not finished.
    async fn finish(&self, contact: &ContactId) -> Result<bool> {
        let erasures = self.store.erasures().await?;
        let Some(erasure) = erasures.iter().find(|erasure| erasure.contact == *contact) else {
            return Ok(true);
        };
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let waits = tx.erasure_waits(erasure, self.clock.now()).await?;
        if waits {
            drop(tx);
        } else {
            tx.forget_late(erasure).await?;
            tx.renew_inbox_keys(crate::time::Timestamp::from_millis(0))
                .await?;
            tx.commit().await?;
        }
        if !self.store.scrub().await? || waits {
            return Ok(false);
        }
        let mut tx = self.store.writing().await?;
        tx.end_erasure(erasure).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Has everything of a contact kept, whatever its age, whoever asks for it to be erased.
    ///
    /// # Errors
    /// When the id is not a contact's, or the store fails.
    pub async fn hold_legally(&self, contact: &str, order: Order<'_>) -> Result<bool> {
        let contact = contact_id(contact)?;
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let hold = LegalHold {
            contact: contact.clone(),
            actor: order.actor.to_owned(),
            reason: order.reason.to_owned(),
            at: now,
        };
        if !tx.add_legal_hold(&hold).await? {
            return Ok(false);
        }
        tx.record(vec![legal(Action::LegalHoldAdded, &contact, order, now)])
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lifts a legal hold: what it kept back is forgotten by age again.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn lift_legal_hold(&self, contact: &str, order: Order<'_>) -> Result<()> {
        let id = contact_id(contact)?;
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        if !tx.lift_legal_hold(&id).await? {
            return Err(DeskError::NoLegalHold(contact.to_owned()));
        }
        let now = self.clock.now();
        tx.record(vec![legal(Action::LegalHoldLifted, &id, order, now)])
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Who is under legal hold, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn legal_holds(&self) -> Result<Vec<LegalHold>> {
        Ok(self.store.legal_holds().await?)
    }

    /// How many texts, and how many rows of the record, are older than they may be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn due_to_forget(
        &self,
        texts_for: std::time::Duration,
        record_for: std::time::Duration,
    ) -> Result<(i64, i64)> {
        let now = self.clock.now();
        let (texts, rows) = (now.before(texts_for), now.before(record_for));
        Ok(self.store.due_to_forget(texts, rows).await?)
    }
}

fn legal(
    action: Action,
    contact: &ContactId,
    order: Order<'_>,
    now: crate::time::Timestamp,
) -> Entry {
    Entry::new(action, now, json!({}))
        .private(json!({ "reason": order.reason }))
        .by(order.actor)
        .contact(contact)
}
