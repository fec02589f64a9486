//! The last word before a block: who stands where with us, and how many blocks there were.

mod trip;

use std::time::Duration;

use crate::decision::{Decision, Restraint, Verdict};
use crate::message::Message;
use crate::rules::policy::Policy;
use crate::store::contacts::{ContactRow, Standing};
use crate::store::{Result, Writing};
use crate::time::Timestamp;

/// Messages written so shortly after a block may have been on their way already; clocks differ, too.
const STRAGGLERS: Duration = Duration::from_mins(2);

/// What a decided block leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Featurebase is to be asked.
    Ask(ContactRow),
    /// The contact is blocked, or about to be: nothing more to ask, and why.
    Nothing(ContactRow, String),
    /// It was turned into something weaker.
    Restrained,
}

/// Weighs a block against what was known only now, inside the transaction that records it.
pub(super) async fn weigh(
    tx: &mut Writing,
    decision: &mut Decision,
    message: &Message,
    policy: &Policy,
    now: Timestamp,
) -> Result<Next> {
    if !message.from.id.is_well_formed() {
        decision.restrain(
            Verdict::Flag,
            Restraint::OddContact,
            "the contact's id is not one Featurebase documents, so it cannot be blocked",
        );
        return Ok(Next::Restrained);
    }
    let row = tx.contact_or_new(&message.from.id, now).await?;
    // A person's unblock may have come after the facts were read.
    if let Some(until) = row.exempt_until.filter(|until| *until > message.sent_at) {
        decision.facts.unblocked_until = Some(until);
        policy.protect(decision, message);
    }
    let unblocked = matches!(
        row.standing,
        Standing::UnblockWanted | Standing::Unblocked | Standing::UnblockFailed
    );
    if unblocked && message.sent_at <= row.changed_at {
        // Whatever the policy says: the person who ordered the unblock may have seen this very message.
        decision.restrain(
            Verdict::Hold,
            Restraint::Unblocked,
            "a person has unblocked the sender since this was written",
        );
    }
    if decision.verdict != Verdict::Block {
        return Ok(Next::Restrained);
    }
    match row.standing {
        Standing::BlockWanted => {
            let why = "a block is on its way already".to_owned();
            return Ok(Next::Nothing(row, why));
        }
        Standing::Blocked if message.sent_at <= row.changed_at.after(STRAGGLERS) => {
            let why = format!("blocked already at {}", row.changed_at);
            return Ok(Next::Nothing(row, why));
        }
        Standing::Blocked => {
            let because = format!(
                "we had the sender blocked at {}, yet they write: a teammate unblocked them in Featurebase, or the block did not hold",
                row.changed_at
            );
            decision.restrain(Verdict::Hold, Restraint::StillWriting, because);
            return Ok(Next::Restrained);
        }
        Standing::UnblockWanted
        | Standing::Unblocked
        | Standing::UnblockFailed
        | Standing::NotBlocked => {}
    }
    if trip::apply(tx, decision, message, policy, now).await? {
        return Ok(Next::Restrained);
    }
    trip::count(tx, decision, message, policy, now).await?;
    Ok(Next::Ask(row))
}
