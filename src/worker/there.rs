//! What people did in Featurebase itself is heeded as if they had ordered it here.

use serde_json::json;

use super::Worker;
use crate::store::audit::{Action, Entry};
use crate::store::confirmations::Said;
use crate::store::contacts::{ContactRow, Standing};
use crate::store::holds::Hold;
use crate::store::jobs::{Call, Task};
use crate::store::{Result, Writing};

impl Worker {
    /// A person has unblocked in Featurebase itself whom we had blocked: that counts as an order, with the same protection.
    pub(super) async fn heed_unblock_there(
        &self,
        tx: &mut Writing,
        row: ContactRow,
        why: &str,
    ) -> Result<()> {
        let now = self.clock.now();
        let until = now.after(self.behaviour.exempt);
        let regretted: Vec<_> = row
            .event
            .iter()
            .filter(|_| row.standing == Standing::Blocked)
            .map(|event| (event.clone(), Said::Undone))
            .collect();
        let row = ContactRow {
            standing: Standing::Unblocked,
            fence: row.fence + 1,
            changed_at: now,
            exempt_until: row.exempt_until.max(Some(until)),
            block_for: None,
            ends_at: None,
            ..row
        };
        tx.set_contact(&row).await?;
        for task in [Task::Block, Task::EndBlock] {
            tx.cancel(task, row.contact.as_str(), now).await?;
        }
        tx.plan_looks(&row, now).await?;
        let detail = json!({ "why": why, "exempt_until": until.to_string() });
        let entry = Entry::new(Action::UnblockedThere, now, detail).contact(&row.contact);
        tx.record(vec![entry]).await?;
        tx.say(&regretted, "somebody in Featurebase", now).await
    }

    /// Rules' blocks of a contact that wait become holds. Gives their number. The contact's standing is left as it is.
    pub(super) async fn hold_waiting(
        &self,
        tx: &mut Writing,
        row: &ContactRow,
        because: &str,
    ) -> Result<usize> {
        let (subject, now) = (row.contact.as_str(), self.clock.now());
        let waiting = tx.blocks_waiting(subject, now).await?;
        let calls: Vec<Call> = waiting.iter().map(Call::of).collect();
        if calls.is_empty() || calls.iter().any(|call| call.book.is_none()) {
            return Ok(0);
        }
        tx.cancel(Task::Block, subject, now).await?;
        let (mut holds, mut entries) = (Vec::new(), Vec::new());
        for call in calls {
            let mut entry = Entry::new(
                Action::Held,
                now,
                json!({ "call": Task::Block, "why": because }),
            )
            .contact(&row.contact)
            .rules(&call.rules);
            entry.event.clone_from(&call.event);
            entry.conversation.clone_from(&call.conversation);
            entries.push(entry);
            if let (Some(event), Some(conversation)) = (call.event, call.conversation) {
                holds.push(Hold {
                    event,
                    contact: row.contact.clone(),
                    conversation,
                    held_at: now,
                    rules: call.rules,
                    because: because.to_owned(),
                });
            }
        }
        let held = holds.len();
        tx.add_holds(holds).await?;
        tx.record(entries).await?;
        Ok(held)
    }
}
