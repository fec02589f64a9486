//! Why a contact is blocked: what happened to them is gone through from the beginning.

use serde_json::Value;

use crate::message::EventId;
use crate::store::audit::Action;
use crate::store::causes::{Decided, Happened};
use crate::time::Timestamp;

/// What stands behind the block a contact is under.
#[derive(Debug, Default)]
pub(super) struct Causes<'p> {
    /// Decisions to block, oldest first.
    pub decided: Vec<&'p Decided>,
    /// A person had a held block carried out: who, and when.
    pub confirmed: Option<(&'p str, Timestamp)>,
    /// Featurebase had them blocked before ours.
    pub theirs: bool,
    /// Who had them unblocked last, by which undoing, and when.
    pub unblocked: Option<(&'p str, Option<&'p str>, Timestamp)>,
    /// What ended, or kept, the last block otherwise.
    pub ended: Option<&'p Happened>,
    /// Since then somebody else has them blocked in Featurebase.
    pub blocked_there: bool,
    /// How often a block was sent since the last end.
    sent: usize,
    /// The block took effect.
    took_effect: bool,
}

impl<'p> Causes<'p> {
    pub fn of(past: &'p [Happened]) -> Self {
        let mut causes = Self::default();
        for row in past {
            causes.go_on(row);
        }
        causes
    }

    fn go_on(&mut self, row: &'p Happened) {
        let text = |key: &str| row.detail.get(key).and_then(Value::as_str);
        let call = text("call");
        match row.action {
            Action::Decided => {
                self.decided.extend(&row.decided);
                self.blocked_there = false;
            }
            Action::HoldConfirmed => {
                self.confirmed = Some((&row.actor, row.at));
                self.blocked_there = false;
            }
            Action::UnblockOrdered => {
                self.end();
                self.unblocked = Some((&row.actor, text("undo"), row.at));
            }
            Action::UnblockedThere => {
                self.end();
                self.unblocked = Some(("somebody in Featurebase", None, row.at));
            }
            Action::Remembered if text("standing") != Some("blocked") => {
                self.end();
                self.ended = Some(row);
            }
            // From the moment an end begins they no longer count as blocked.
            Action::Attempted if call == Some("end-block") => self.end(),
            Action::Attempted if call == Some("block") => self.sent += 1,
            Action::BlockEnded => self.ended = Some(row),
            Action::Blocked => self.took_effect = true,
            Action::AlreadyBlocked => {
                // Rows of older versions do not say whose it was: the first try of the first block tells.
                let theirs = row.detail.get("theirs").and_then(Value::as_bool);
                self.theirs |= !self.took_effect && theirs.unwrap_or(self.sent == 1);
                self.took_effect = true;
            }
            Action::Held if call == Some("block") => {
                self.take_out(row.event.as_ref());
                self.ended = Some(row);
            }
            Action::Cancelled if call == Some("block") => {
                if text("undo").is_some() {
                    self.end();
                    self.unblocked = Some((&row.actor, text("undo"), row.at));
                } else {
                    self.take_out(row.event.as_ref());
                }
                self.ended = Some(row);
            }
            Action::Refused | Action::GaveUp if call == Some("block") => {
                self.end();
                self.ended = Some(row);
            }
            // Letting a hold go calls off a block on its way, but not one that is done.
            Action::HoldReleased if !self.took_effect => {
                self.end();
                self.ended = Some(row);
            }
            Action::BlockedThere => self.blocked_there = true,
            _ => {}
        }
    }

    fn end(&mut self) {
        *self = Self {
            unblocked: self.unblocked,
            ..Self::default()
        };
    }

    fn take_out(&mut self, event: Option<&EventId>) {
        self.decided.retain(|decided| Some(&decided.event) != event);
    }
}
