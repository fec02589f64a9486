//! What was known of each sender then: as it was kept with the decision, and what else a draft asks for, read from the store
//! as of the message's own time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decision::{Decision, Facts, Wanted};
use crate::desk::{Desk, Result};
use crate::message::Message;
use crate::rules::Rulebook;

/// Messages whose facts are read with one statement.
const AT_ONCE: usize = 64;

/// A message of the past.
#[derive(Debug)]
pub struct Case {
    pub message: Message,
    pub recorded: Decision,
    /// The rules it was judged by, if they can still be loaded.
    pub book: Option<Arc<Rulebook>>,
    pub facts: Facts,
}

impl Case {
    pub fn new(message: Message, recorded: Decision, book: Option<Arc<Rulebook>>) -> Self {
        let facts = recorded.facts.clone();
        Self {
            message,
            recorded,
            book,
            facts,
        }
    }

    /// Whether the decision was made without something that is asked for now.
    fn needs_more(&self, wanted: &Wanted) -> bool {
        let facts = &self.recorded.facts;
        let lacks = |windows: &BTreeSet<i64>, kept: &BTreeMap<i64, u64>| {
            windows.iter().any(|window| !kept.contains_key(window))
        };
        lacks(&wanted.message_windows, &facts.messages_within)
            || lacks(&wanted.same_text_windows, &facts.same_text_within)
            || lacks(&wanted.wave_windows, &facts.senders_within)
            || (wanted.known_since && facts.known_since.is_none())
            || (wanted.past_blocks && !self.kept_past_blocks())
    }

    fn kept_past_blocks(&self) -> bool {
        let book = self.book.as_ref();
        book.is_some_and(|book| book.wanted().past_blocks)
    }

    /// What was kept counts; only what was not is taken from what the store knows.
    fn fill(&mut self, known: Facts) {
        let kept = &self.recorded.facts;
        let mut facts = known;
        facts.messages_within.extend(&kept.messages_within);
        facts.same_text_within.extend(&kept.same_text_within);
        facts.senders_within.extend(&kept.senders_within);
        facts.known_since = kept.known_since.or(facts.known_since);
        if self.kept_past_blocks() {
            facts.blocked_before = kept.blocked_before;
            facts.unblocked_before = kept.unblocked_before;
        }
        facts.first_message = kept.first_message;
        facts.answered_before = kept.answered_before;
        facts.unblocked_until = kept.unblocked_until;
        facts.profile = kept.profile.clone();
        self.facts = facts;
    }
}

impl Desk {
    /// Adds to each case what is asked for and was not kept.
    pub(super) async fn fill_in(&self, cases: &mut [Case], wanted: &Wanted) -> Result<()> {
        let mut lacking: Vec<&mut Case> = cases
            .iter_mut()
            .filter(|case| case.needs_more(wanted))
            .collect();
        for part in lacking.chunks_mut(AT_ONCE) {
            let messages: Vec<Message> = part.iter().map(|case| case.message.clone()).collect();
            let known = self.store.facts(&messages, wanted).await?;
            for (case, known) in part.iter_mut().zip(known) {
                case.fill(known);
            }
        }
        Ok(())
    }
}

/// Adds what another rulebook asks for.
pub fn join(wanted: &mut Wanted, other: &Wanted) {
    wanted.message_windows.extend(&other.message_windows);
    wanted.same_text_windows.extend(&other.same_text_windows);
    wanted.wave_windows.extend(&other.wave_windows);
    wanted.known_since |= other.known_since;
    wanted.past_blocks |= other.past_blocks;
}
