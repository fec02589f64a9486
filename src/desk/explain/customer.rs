//! What may be told to a customer: what happened, when, that a person looked or can look, and how it was put right. Nothing
//! by which a spammer could learn what to write otherwise.

use serde::Serialize;

use super::{Deed, Reasons};
use crate::decision::Verdict;
use crate::store::audit::{Action, BOUNCER};
use crate::time::Timestamp;

/// What somebody does who has looked at a decision.
const LOOKED: &[Action] = &[
    Action::UnblockOrdered,
    Action::HoldReleased,
    Action::HoldConfirmed,
    Action::ConfirmedRight,
    Action::ConfirmedWrong,
    Action::Cancelled,
];

/// A decision in words for the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForCustomer {
    pub lines: Vec<String>,
}

impl ForCustomer {
    /// Makes the words.
    #[must_use]
    pub fn of(reasons: &Reasons) -> Self {
        let written = reasons.written_at.unwrap_or(reasons.decided_at);
        let mut lines = vec![
            "Hello,".to_owned(),
            String::new(),
            format!(
                "about your message of {}: our inbox is protected against unwanted mail by an automatic check.",
                minute(written)
            ),
        ];
        let deed = |actions: &[Action]| {
            let deeds = reasons.afterwards.iter();
            deeds.rev().find(|deed| actions.contains(&deed.action))
        };
        let blocked = deed(&[Action::Blocked, Action::AlreadyBlocked]);
        let freed = deed(&[
            Action::Unblocked,
            Action::BlockEnded,
            Action::UnblockedThere,
        ]);
        lines.push(what_happened(reasons.verdict, blocked));
        let is_free = match (blocked, freed) {
            (Some(blocked), Some(freed)) => freed.seq > blocked.seq,
            _ => false,
        };
        let looked = reasons
            .afterwards
            .iter()
            .rfind(|deed| deed.actor != BOUNCER && LOOKED.contains(&deed.action));
        lines.push(match looked {
            Some(looked) => format!(
                "A member of our team looked at it on {}.",
                minute(looked.at)
            ),
            None if reasons.verdict == Verdict::Clean => {
                "No member of our team had to look at it.".to_owned()
            }
            None => {
                "No member of our team has looked at it yet. If this was a mistake, please answer or write to us another way: a person will look at it.".to_owned()
            }
        });
        lines.extend(put_right(
            reasons,
            is_free,
            freed,
            deed(&[Action::UnblockOrdered]),
        ));
        lines.extend([
            String::new(),
            "We are sorry for any trouble this caused.".to_owned(),
        ]);
        Self { lines }
    }
}

fn what_happened(verdict: Verdict, blocked: Option<&Deed>) -> String {
    match (verdict, blocked) {
        (_, Some(blocked)) => format!(
            "The check took the message for one of those, and from {} on messages from your account did not reach us.",
            minute(blocked.at)
        ),
        (Verdict::Block, None) => "The check took the message for one of those. Your account was not blocked, or not yet.".to_owned(),
        (Verdict::Hold, None) => "The check was not sure about the message and asked a person to decide. Your account was not blocked.".to_owned(),
        (Verdict::Flag, None) => "The check marked the message for a person to look at. Your account was not blocked.".to_owned(),
        (Verdict::Clean, None) => "The check had nothing to object to in the message, and nothing was done.".to_owned(),
    }
}

fn put_right(
    reasons: &Reasons,
    is_free: bool,
    freed: Option<&Deed>,
    ordered: Option<&Deed>,
) -> Option<String> {
    if let (true, Some(freed)) = (is_free, freed) {
        return Some(format!(
            "The block was lifted on {}; your messages reach us as before.",
            minute(freed.at)
        ));
    }
    let mut deeds = reasons.afterwards.iter();
    let released = deeds.rfind(|deed| deed.action == Action::HoldReleased);
    if let Some(released) = released {
        return Some(format!(
            "It was decided in your favour on {}; your messages reach us as before.",
            minute(released.at)
        ));
    }
    ordered.map(|ordered| {
        format!(
            "On {} it was ordered that the block be lifted; this is under way.",
            minute(ordered.at)
        )
    })
}

/// A moment as people write it, in UTC.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let day = text.get(..10).unwrap_or(&text);
    let time = text.get(11..16).unwrap_or_default();
    format!("{day} at {time} (UTC)")
}
