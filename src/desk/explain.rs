//! One decision explained in full, for people who must answer for it: what matched, by which rule as it read then, what kept
//! a block back, what would have had to be different, and what happened afterwards.

mod afterwards;
mod customer;
mod lines;
mod otherwise;
pub(super) mod rules_then;
mod weights;
mod words;

use serde::Serialize;

use super::library::Library;
use super::past::{Kept, Matter, differences, judge_safely};
use super::{Desk, DeskError, Result};
use crate::decision::{Decision, Digest, RuleId, Verdict};
use crate::message::{ContactId, ConversationId, EventId, Message};
use crate::rules::Rulebook;
use crate::store::audit::{Action, Filter, Row};
use crate::time::Timestamp;
pub use afterwards::Deed;
pub use customer::ForCustomer;
pub use otherwise::{Otherwise, Variation};
pub use rules_then::{RuleThen, Since};
pub use weights::{Guard, PointStep, Points};
pub use words::Quote;

/// Rows of a contact looked through for what was decided last.
const MOST_ROWS: i64 = 1_000;

crate::vocabulary! {
    /// What is left of a decision to explain it by.
    Holds {
        /// The message is kept, and judging it again comes to what the record says.
        Whole = "whole",
        /// The message is kept, but judging it again comes to something else; see `differs`.
        Differs = "differs",
        /// The text was erased.
        Erased = "erased",
        /// The rules of that time cannot be loaded by this version.
        RulesGone = "rules-gone",
    }
}

/// A decision explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reasons {
    /// The row of the record it stands in.
    pub seq: i64,
    pub event: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_at: Option<Timestamp>,
    pub decided_at: Timestamp,
    pub verdict: Verdict,
    /// What the rules asked for before anything restrained them.
    pub asked: Verdict,
    /// The version of the rules that decided.
    pub book: Digest,
    pub holds: Holds,
    /// How judging again differs from the record, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
    /// The lines of the message in which something matched.
    pub words: Vec<Quote>,
    /// The rules that fired, as they read then.
    pub rules: Vec<RuleThen>,
    pub points: Points,
    /// Protections and brakes, those that applied first.
    pub guards: Vec<Guard>,
    pub otherwise: Otherwise,
    /// Rules that lacked exactly one thing.
    pub near: Vec<NearMiss>,
    /// What happened afterwards, oldest first.
    pub afterwards: Vec<Deed>,
}

/// A rule that came near.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    pub rule: RuleId,
    pub reads: String,
    pub lacks: String,
}

impl Desk {
    /// Explains what was decided about an event; nothing if no message of it was judged.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reasons(&self, event: &EventId) -> Result<Option<Reasons>> {
        let filter = Filter {
            event: Some(event.clone()),
            action: Some(Action::Decided),
            ..Filter::default()
        };
        let rows = self.store.audit(&filter, 1).await?;
        let Some(kept) = self.with_messages(rows).await?.into_iter().next() else {
            return Ok(None);
        };
        if matches!(kept.what, Matter::NotJudged) {
            return Ok(None);
        }
        // What is left of a decision after an erasure can still be read, or else there is nothing to explain.
        let Ok(decision) = serde_json::from_value::<Decision>(kept.row.detail.clone()) else {
            return Ok(None);
        };
        let mut library = Library::default();
        let then = library.book(&self.store, &decision.book).await?;
        let now = library.in_force(&self.store).await?;
        let Kept { row, what } = kept;
        let message = match what {
            Matter::Whole(whole) => Some(whole.0),
            _ => None,
        };
        let mut reasons = blank(&row, event, &decision);
        reasons.written_at = message.as_ref().map(|message| message.sent_at);
        reasons.words = match &message {
            Some(message) => words::quotes(&decision, message),
            None => words::without_text(&decision),
        };
        reasons.rules = rules_then::rules_then(&decision, then.as_deref(), now.as_deref());
        reasons.guards = weights::guards(&decision, message.as_ref(), then.as_deref());
        reasons.points = weights::points(&decision, then.as_deref());
        match (&message, then.as_deref()) {
            (Some(message), Some(book)) => reasons.judge_again(message, &decision, book),
            (Some(_), None) => reasons.holds = Holds::RulesGone,
            (None, _) => reasons.holds = Holds::Erased,
        }
        reasons.afterwards = self.afterwards(&row).await?;
        Ok(Some(reasons))
    }

    /// The decision in words that may be sent to the contact: of an event, or the last about a contact that was not clean.
    ///
    /// # Errors
    /// When nothing was decided about it, or the store fails.
    pub async fn for_customer(&self, id: &str) -> Result<ForCustomer> {
        let nothing = || DeskError::NothingDecided(id.to_owned());
        let event = if self.store.event(&EventId::new(id)).await?.is_some() {
            EventId::new(id)
        } else {
            self.last_hit(&ContactId::new(id))
                .await?
                .ok_or_else(nothing)?
        };
        let reasons = self.reasons(&event).await?.ok_or_else(nothing)?;
        Ok(ForCustomer::of(&reasons))
    }

    async fn last_hit(&self, contact: &ContactId) -> Result<Option<EventId>> {
        let filter = Filter {
            contact: Some(contact.clone()),
            ..Filter::default()
        };
        let rows = self.store.audit(&filter, MOST_ROWS).await?;
        let decided = |verdict: &str| {
            rows.iter()
                .filter(|row| row.action == Action::Decided)
                .find(|row| row.verdict.as_deref() == Some(verdict))
                .and_then(|row| row.event.clone())
        };
        let hit = ["block", "hold", "flag"].into_iter().find_map(decided);
        Ok(hit)
    }
}

impl Reasons {
    fn judge_again(&mut self, message: &Message, decision: &Decision, book: &Rulebook) {
        let Some(again) = judge_safely(book, message, &decision.facts) else {
            self.holds = Holds::Differs;
            self.differs = vec!["judging it again fails".to_owned()];
            return;
        };
        self.differs = differences(decision, &again);
        if !self.differs.is_empty() {
            self.holds = Holds::Differs;
            return;
        }
        self.otherwise = otherwise::otherwise(message, &again, book);
        let near = book.near_misses(message, &decision.facts);
        self.near = near
            .into_iter()
            .map(|trace| NearMiss {
                lacks: trace.missing().join("; "),
                rule: trace.rule,
                reads: trace.said,
            })
            .collect();
    }
}

fn blank(row: &Row, event: &EventId, decision: &Decision) -> Reasons {
    Reasons {
        seq: row.seq,
        event: event.clone(),
        contact: row.contact.clone(),
        conversation: row.conversation.clone(),
        written_at: None,
        decided_at: row.at,
        verdict: decision.verdict,
        asked: decision.asked,
        book: decision.book.clone(),
        holds: Holds::Whole,
        differs: Vec::new(),
        words: Vec::new(),
        rules: Vec::new(),
        points: Points::default(),
        guards: Vec::new(),
        otherwise: Otherwise::default(),
        near: Vec::new(),
        afterwards: Vec::new(),
    }
}
