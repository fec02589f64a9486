//! What follows from a decision: the last word before a block, the job that asks for it, and what rules want besides.

use serde_json::json;

use super::Worker;
use super::brake::{self, Next};
use super::judging::rules_of;
use crate::decision::{Decision, Restraint, Stage, Verdict, Word};
use crate::message::Message;
use crate::rules::Rulebook;
use crate::store::audit::{Action, Entry};
use crate::store::contacts::{ContactRow, Standing};
use crate::store::jobs::{AT_ONCE, About, Call, NewJob, Task, steps_of};
use crate::store::{Result, Writing};
use crate::time::Timestamp;

/// Whether writing the decision down touches where a contact stands.
pub(super) fn deals_with_contacts(decision: &Decision) -> bool {
    decision.verdict == Verdict::Block || !decision.also(Word::Rules).is_empty()
}

impl Worker {
    /// Where the verdict is a block: the last word, and the job that asks for it. Then what rules want besides.
    pub(super) async fn follow(
        &self,
        tx: &mut Writing,
        message: &Message,
        decision: &mut Decision,
        book: &Rulebook,
    ) -> Result<Option<String>> {
        let note = if decision.verdict == Verdict::Block {
            self.follow_block(tx, message, decision, book).await?
        } else {
            None
        };
        if self.behaviour.mode == Stage::Enforce && deals_with_contacts(decision) {
            let row = tx.contact(&message.from.id).await?;
            let fence = row.map_or(0, |row| row.fence);
            let about = About {
                event: message.event.clone(),
                contact: message.from.id.clone(),
                conversation: message.conversation.clone(),
                part: message.part.clone(),
            };
            let steps = steps_of(decision, Word::Rules, &about, fence);
            tx.add_jobs(steps, self.clock.now()).await?;
        }
        Ok(note)
    }

    async fn follow_block(
        &self,
        tx: &mut Writing,
        message: &Message,
        decision: &mut Decision,
        book: &Rulebook,
    ) -> Result<Option<String>> {
        let now = self.clock.now();
        if tx.came_before_gap(&message.event).await? {
            decision.restrain(Verdict::Hold, Restraint::Away, "no bouncer was at work for a while after this came in: somebody may have unblocked the sender meanwhile");
            return Ok(None);
        }
        match brake::weigh(tx, decision, message, book.policy(), now).await? {
            Next::Restrained => Ok(None),
            Next::Nothing(row, note) => {
                prolong(tx, row, decision, message, now).await?;
                Ok(Some(note))
            }
            Next::Ask(mut row) => {
                let ours = tx.may_be_ours(&row).await?;
                row.standing = Standing::BlockWanted;
                row.event = Some(message.event.clone());
                row.changed_at = now;
                row.block_for = decision.block_for_millis(Word::Rules);
                row.ends_at = None;
                tx.set_contact(&row).await?;
                let call = Call {
                    event: Some(message.event.clone()),
                    conversation: Some(message.conversation.clone()),
                    rules: rules_of(decision),
                    book: Some(decision.book.clone()),
                    fence: row.fence,
                    ours,
                    undo: None,
                };
                let job = NewJob {
                    task: Task::Block,
                    subject: row.contact.as_str().to_owned(),
                    detail: call.to_json(),
                    run_at: AT_ONCE,
                };
                tx.add_jobs(vec![job], now).await?;
                Ok(None)
            }
        }
    }
}

/// A newer decision makes a block for a time last longer, never shorter.
async fn prolong(
    tx: &mut Writing,
    mut row: ContactRow,
    decision: &Decision,
    message: &Message,
    now: Timestamp,
) -> Result<()> {
    let Some(known) = row.block_for else {
        return Ok(());
    };
    let wanted = decision.block_for_millis(Word::Rules);
    if row.standing == Standing::BlockWanted {
        row.block_for = wanted.map(|wanted| wanted.max(known));
        return tx.set_contact(&row).await;
    }
    let end = wanted.map(|millis| Timestamp::from_millis(now.millis().saturating_add(millis)));
    if end.is_some() && end <= row.ends_at {
        return Ok(());
    }
    (row.block_for, row.ends_at) = (wanted, end);
    tx.set_contact(&row).await?;
    tx.cancel(Task::EndBlock, row.contact.as_str(), now).await?;
    let call = Call {
        event: Some(message.event.clone()),
        conversation: Some(message.conversation.clone()),
        rules: rules_of(decision),
        ..Call::default()
    };
    let entry = plan_end(tx, &row, call, now).await?;
    tx.record(vec![entry]).await
}

/// Adds the job that ends a block for a time, if it is one. Gives the record of it.
pub(super) async fn plan_end(
    tx: &mut Writing,
    row: &ContactRow,
    call: Call,
    now: Timestamp,
) -> Result<Entry> {
    let detail = json!({ "ends_at": row.ends_at.map(|end| end.to_string()) });
    let mut entry = Entry::new(Action::BlockEndPlanned, now, detail)
        .contact(&row.contact)
        .rules(&call.rules);
    entry.event.clone_from(&call.event);
    entry.conversation.clone_from(&call.conversation);
    if let Some(end) = row.ends_at {
        let call = Call {
            fence: row.fence,
            book: None,
            ..call
        };
        let job = NewJob {
            task: Task::EndBlock,
            subject: row.contact.as_str().to_owned(),
            detail: call.to_json(),
            run_at: end,
        };
        tx.add_jobs(vec![job], now).await?;
    }
    Ok(entry)
}
