//! People say whether decisions were right: one by one, or all of a rule within a time.

use serde::Serialize;
use serde_json::json;

use super::undo::Selection;
use super::{Desk, DeskError, Order, Result};
use crate::decision::{RuleId, Verdict};
use crate::message::{ContactId, EventId};
use crate::store::audit::{Action, Entry};
use crate::store::causes::{Decided, rules_behind};
use crate::store::confirmations::{Said, Word};
use crate::time::Timestamp;

/// Decisions read at once.
const PAGE: i64 = 500;
/// Most words of one transaction.
const CHUNK: usize = 50;

/// A decision a person may say something about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marked {
    pub event: EventId,
    pub contact: ContactId,
    pub verdict: Verdict,
    /// The rules that led to it.
    pub rules: Vec<RuleId>,
    pub at: Timestamp,
}

impl From<Decided> for Marked {
    fn from(decided: Decided) -> Self {
        Self {
            rules: rules_behind(&decided.decision),
            verdict: decided.decision.verdict,
            event: decided.event,
            contact: decided.contact,
            at: decided.at,
        }
    }
}

impl Desk {
    /// The decision of this event, or the last one about this contact that was not clean.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn decision_named(&self, id: &str) -> Result<Marked> {
        let event = EventId::new(id.trim());
        let decided = self
            .store
            .decisions_on(std::slice::from_ref(&event))
            .await?;
        let by_event = decided
            .into_iter()
            .next_back()
            .filter(|decided| decided.decision.verdict != Verdict::Clean);
        let found = match by_event {
            Some(decided) => Some(decided),
            None => self.store.last_decision(&ContactId::new(id.trim())).await?,
        };
        found
            .map(Marked::from)
            .ok_or_else(|| DeskError::NothingToConfirm(id.to_owned()))
    }

    /// The decisions of a selection with one of these verdicts, by rules that led to them, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decisions_meeting(
        &self,
        selection: &Selection,
        verdicts: &[Verdict],
    ) -> Result<Vec<Marked>> {
        let mut found = Vec::new();
        for verdict in verdicts
            .iter()
            .filter(|verdict| **verdict != Verdict::Clean)
        {
            let mut after = 0;
            loop {
                let page = self
                    .store
                    .decisions_of(&selection.rule, *verdict, after, PAGE)
                    .await?;
                let Some(last) = page.last() else {
                    break;
                };
                after = last.seq;
                let meeting = page.into_iter().filter(|decided| selection.meets(decided));
                found.extend(meeting.map(Marked::from));
            }
        }
        found.sort_by_key(|marked| marked.at);
        Ok(found)
    }

    /// Takes down what a person says of decisions. Nothing is blocked, unblocked or let go by it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mark(&self, marked: &[Marked], word: Word, order: Order<'_>) -> Result<()> {
        let (action, said) = match word {
            Word::Right => (Action::ConfirmedRight, Said::Right),
            Word::Wrong => (Action::ConfirmedWrong, Said::Wrong),
        };
        for chunk in marked.chunks(CHUNK) {
            let now = self.clock.now();
            let mut tx = self.store.writing().await?;
            tx.lock_contacts().await?;
            let entry = |marked: &Marked| {
                let rules: Vec<&str> = marked.rules.iter().map(|rule| rule.0.as_str()).collect();
                let detail = json!({ "verdict": marked.verdict });
                Entry {
                    rules: (!rules.is_empty()).then(|| rules.join(" ")),
                    ..Entry::new(action, now, detail)
                        .private(json!({ "reason": order.reason }))
                        .by(order.actor)
                        .contact(&marked.contact)
                        .event(&marked.event)
                }
            };
            tx.record(chunk.iter().map(entry).collect()).await?;
            let words: Vec<(EventId, Said)> = chunk
                .iter()
                .map(|marked| (marked.event.clone(), said))
                .collect();
            tx.say(&words, order.actor, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
