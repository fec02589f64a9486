//! A second look at somebody who is to be free: a block of ours that came late is taken back. A block that cannot be ours
//! is left alone.

use std::time::Duration;

use serde_json::json;

use super::name_of;
use crate::featurebase::{Featurebase, Outcome};
use crate::message::{ContactId, ConversationId};
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::contacts::{ContactRow, Standing};
use crate::store::jobs::{AT_ONCE, Call, Job, LookAgain, NewJob, Task};
use crate::worker::{Worker, backoff};

/// A look that failed so often is given up: the conversation cannot be read.
const MOST_TRIES: i64 = 24;
/// How soon a look that was withheld is tried again.
const WITHHELD: Duration = Duration::from_secs(1);

impl Worker {
    /// Reads back whether a contact who is to be free is blocked, and takes a block of ours back.
    pub(super) async fn look_again(&self, featurebase: &Featurebase, job: &Job) -> Result<()> {
        let contact = ContactId::new(job.subject.clone());
        if self.is_stopped().await {
            return self.look_later(job, "all calls are stopped", None).await;
        }
        let Some(conversation) = self.store.newest_conversation(&contact).await? else {
            return self.close_look(job, &contact, None).await;
        };
        let answer = featurebase
            .conversation(&conversation, self.clock.now())
            .await;
        match answer {
            Ok(shown) => {
                self.metrics.called(name_of(&Outcome::Done));
                let conversation = ConversationId::new(conversation);
                self.close_look(job, &contact, Some((conversation, shown.blocked)))
                    .await
            }
            // The conversation is gone: nothing is left to read it from.
            Err(Outcome::Refused { .. }) => self.close_look(job, &contact, None).await,
            Err(Outcome::Retry {
                everywhere: false,
                after: None,
                ..
            }) if job.attempts >= MOST_TRIES => self.close_look(job, &contact, None).await,
            Err(outcome) => {
                self.metrics.called(name_of(&outcome));
                let (why, after) = match outcome {
                    Outcome::Retry { why, after, .. } => (why, after),
                    Outcome::KeyRefused { why } => (why, Some(WITHHELD)),
                    _ => (String::new(), None),
                };
                self.look_later(job, &why, after).await
            }
        }
    }

    async fn look_later(&self, job: &Job, why: &str, after: Option<Duration>) -> Result<()> {
        let mut tx = self.store.writing().await?;
        let wait = backoff::delay(job.attempts, (self.behaviour.jitter)(), after);
        tx.postpone(job, self.clock.now().after(wait), why).await?;
        tx.commit().await
    }

    /// Writes down what a look showed, and what follows from it.
    async fn close_look(
        &self,
        job: &Job,
        contact: &ContactId,
        shown: Option<(ConversationId, bool)>,
    ) -> Result<()> {
        let (look, now) = (LookAgain::of(job), self.clock.now());
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        if !tx.settle(job).await? {
            return Ok(());
        }
        let row = tx.contact_or_new(contact, now).await?;
        let is_void = row.fence != look.fence
            || matches!(row.standing, Standing::Blocked | Standing::BlockWanted);
        let open = tx.open_blocks(contact, now).await?;
        match shown {
            _ if is_void => {}
            Some((conversation, true)) if open > 0 => {
                tx.note_heard(contact.as_str(), 1).await?;
                tx.cancel(Task::Unblock, contact.as_str(), now).await?;
                tx.add_jobs(vec![take_back(&row, &conversation)], now)
                    .await?;
                let why = "Featurebase had not told what became of a block of ours; it took effect after all, and is taken back";
                self.metrics.late_blocks.inc();
                tracing::warn!(%contact, "a block took effect late and is taken back");
                tx.record(vec![
                    Entry::new(Action::LateBlock, now, json!({ "why": why }))
                        .contact(contact)
                        .conversation(&conversation),
                ])
                .await?;
            }
            Some((conversation, true)) => {
                tx.cancel(Task::LookAgain, contact.as_str(), now).await?;
                tx.record(vec![
                    Entry::new(Action::BlockedThere, now, json!({ "why": NOT_OURS }))
                        .contact(contact)
                        .conversation(&conversation),
                ])
                .await?;
            }
            Some((_, false)) | None if look.last => tx.forget_sent(contact).await?,
            Some((_, false)) | None => {}
        }
        tx.commit().await
    }

    /// Whether all calls are stopped. A store that does not say is a yes.
    pub(in crate::worker) async fn is_stopped(&self) -> bool {
        self.stop_file_stands() || !matches!(self.store.stopped().await, Ok(None))
    }
}

/// What is said of a block that nobody here asked for.
pub(in crate::worker) const NOT_OURS: &str =
    "Featurebase shows the contact blocked, and not by us: it is left to whoever did it";

fn take_back(row: &ContactRow, conversation: &ConversationId) -> NewJob {
    let call = Call {
        event: row.event.clone(),
        conversation: Some(conversation.clone()),
        fence: row.fence,
        ours: true,
        ..Call::default()
    };
    NewJob {
        task: Task::Unblock,
        subject: row.contact.as_str().to_owned(),
        detail: call.to_json(),
        run_at: AT_ONCE,
    }
}
