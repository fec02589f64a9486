//! What goes with a block besides the block: what its rules ask for, and when it ends.

use super::{Desk, Result, job};
use crate::decision::{Decision, Word};
use crate::message::EventId;
use crate::store::Writing;
use crate::store::audit::{Action, Filter, Row};
use crate::store::contacts::{ContactRow, Standing};
use crate::store::holds::Hold;
use crate::store::jobs::{About, Call, NewJob, Task, steps_of};
use crate::time::Timestamp;

/// Most rows of the record looked through for an event's decision.
const MOST_ROWS: i64 = 20;

impl Desk {
    /// What the rules asked for that led to these held blocks, now that a person has them carried out: the jobs, and how
    /// long the block is to last. The longest counts, and one for good above all.
    pub(super) async fn asked_for(
        &self,
        holds: &[Hold],
        fence: i64,
    ) -> Result<(Vec<NewJob>, Option<i64>)> {
        let (mut jobs, mut spans) = (Vec::new(), Vec::new());
        for event in holds.iter().map(|hold| &hold.event) {
            let done = self.done_besides(event).await?;
            let Some(decision) = self.decision_on(event).await? else {
                spans.push(None);
                continue;
            };
            spans.push(decision.block_for_millis(Word::Person));
            let about = self.store.event(event).await?.and_then(|filed| {
                Some(About {
                    event: filed.event,
                    contact: filed.contact?,
                    conversation: filed.conversation?,
                    part: filed.part?,
                })
            });
            if let Some(about) = about {
                let steps = steps_of(&decision, Word::Person, &about, fence);
                jobs.extend(steps.into_iter().filter(|step| !done.contains(&step.task)));
            }
        }
        let spans: Option<Vec<i64>> = spans.into_iter().collect();
        Ok((jobs, spans.and_then(|spans| spans.into_iter().max())))
    }

    /// What was done for the event already, when another rule asked for it.
    async fn done_besides(&self, event: &EventId) -> Result<Vec<Task>> {
        let filter = Filter {
            event: Some(event.clone()),
            action: Some(Action::AlsoDone),
            ..Filter::default()
        };
        let rows = self.store.audit(&filter, MOST_ROWS).await?;
        let task = |row: Row| Task::parse(row.detail.get("call")?.as_str()?);
        Ok(rows.into_iter().filter_map(task).collect())
    }

    async fn decision_on(&self, event: &EventId) -> Result<Option<Decision>> {
        let filter = Filter {
            event: Some(event.clone()),
            action: Some(Action::Decided),
            ..Filter::default()
        };
        let rows = self.store.audit(&filter, MOST_ROWS).await?;
        Ok(rows
            .into_iter()
            .find_map(|row| serde_json::from_value(row.detail).ok()))
    }
}

/// A block for a time still ends when an order made the job for that void without being about the block.
pub(super) async fn keep_end(tx: &mut Writing, row: &ContactRow, now: Timestamp) -> Result<()> {
    let Some(end) = row.ends_at.filter(|_| row.standing == Standing::Blocked) else {
        return Ok(());
    };
    tx.cancel(Task::EndBlock, row.contact.as_str(), now).await?;
    let call = Call {
        event: row.event.clone(),
        fence: row.fence,
        ..Call::default()
    };
    let again = NewJob {
        run_at: end,
        ..job(Task::EndBlock, &row.contact, &call)
    };
    tx.add_jobs(vec![again], now).await?;
    Ok(())
}

/// An unblock that waits or is under way, or the begun end of a block, is still done when letting a hold go made its job
/// void: the contact is to be free.
pub(super) async fn keep_unblock(tx: &mut Writing, row: &ContactRow, now: Timestamp) -> Result<()> {
    let calls = tx.calls_of(&row.contact).await?;
    let is_due = match row.standing {
        Standing::UnblockWanted => true,
        Standing::Blocked | Standing::BlockWanted => false,
        Standing::NotBlocked | Standing::Unblocked | Standing::UnblockFailed => {
            calls.iter().any(|(task, _)| *task != Task::Block)
        }
    };
    if !is_due {
        return Ok(());
    }
    for task in [Task::Unblock, Task::EndBlock] {
        tx.cancel(task, row.contact.as_str(), now).await?;
    }
    let call = Call {
        event: row.event.clone(),
        fence: row.fence,
        ..Call::default()
    };
    tx.add_jobs(vec![job(Task::Unblock, &row.contact, &call)], now)
        .await?;
    Ok(())
}
