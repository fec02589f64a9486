//! Undoing everything that one rule, or one version of the rules, did: first shown, then ordered in small transactions, then
//! followed while the running bouncer carries it out. It can be broken off at any moment and said again: whoever was dealt
//! with is told as such.

mod causes;
mod order;
mod result;
mod selection;
mod weigh;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::library::Library;
use super::{Desk, Result};
use crate::decision::{Digest, RuleId, Stage, Verdict};
use crate::message::{ContactId, EventId};
use crate::store::causes::{Decided, rules_behind};
use crate::store::holds::Only;
use crate::store::jobs::Step;

pub use order::{Begun, Progress};
pub use result::{Done, Outcome, Summary};
pub use selection::Selection;
pub use weigh::{Fate, Plan, Why};

/// Decisions read at once.
const PAGE: i64 = 500;
/// Most open holds looked through.
const MOST_HOLDS: i64 = 100_000;

/// One undoing, as it is asked for.
#[derive(Debug)]
pub struct Undoing<'d> {
    desk: &'d Desk,
    pub selection: Selection,
    /// From how many points on each rulebook blocks; nothing for one this version cannot read.
    thresholds: HashMap<Digest, Option<i64>>,
    library: Library,
}

/// What the selection is of one contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Chosen {
    blocks: Vec<Decided>,
    holds: Vec<Decided>,
}

/// A rule that still blocks, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StillBlocks {
    pub rule: RuleId,
    pub place: String,
}

impl Desk {
    /// What is to be undone. Nothing happens yet.
    #[must_use]
    pub fn undoing(&self, selection: Selection) -> Undoing<'_> {
        Undoing {
            desk: self,
            selection,
            thresholds: HashMap::new(),
            library: Library::default(),
        }
    }
}

impl Undoing<'_> {
    /// What would become of everybody the selection is about, in the order of their ids. Nothing happens.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plans(&mut self) -> Result<Vec<Plan>> {
        let chosen = self.chosen().await?;
        let mut plans = Vec::new();
        for (contact, chosen) in chosen {
            plans.push(self.plan(&contact, &chosen).await?);
        }
        Ok(plans)
    }

    /// The rules of the selection that go on blocking as they are in force now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn still_block(&self) -> Result<Vec<StillBlocks>> {
        let Some(book) = self.desk.book_in_force().await? else {
            return Ok(Vec::new());
        };
        let rules = book.rules().iter();
        Ok(rules
            .filter(|rule| rule.stage == Stage::Enforce && self.selection.names(&rule.id))
            .map(|rule| StillBlocks {
                rule: rule.id.clone(),
                place: format!("{}:{}", rule.file, rule.line),
            })
            .collect())
    }

    /// Whom the selection is about, and by which decisions.
    async fn chosen(&self) -> Result<BTreeMap<ContactId, Chosen>> {
        let (store, selection) = (&self.desk.store, &self.selection);
        let mut chosen: BTreeMap<ContactId, Chosen> = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = store
                .decisions_of(&selection.rule, Verdict::Block, after, PAGE)
                .await?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.seq;
            for decided in page {
                if selection.meets(&decided) {
                    let known = chosen.entry(decided.contact.clone()).or_default();
                    known.blocks.push(decided);
                }
            }
        }
        let holds = store
            .open_holds_of(&Only::Rule(&selection.rule), MOST_HOLDS)
            .await?;
        let held: Vec<EventId> = holds.into_iter().map(|hold| hold.event).collect();
        for decided in store.decisions_on(&held).await? {
            if selection.meets(&decided) {
                let known = chosen.entry(decided.contact.clone()).or_default();
                known.holds.push(decided);
            }
        }
        for job in store.steps_waiting(None).await? {
            if Step::of(&job).is_some_and(|step| selection.meets_step(&job, &step)) {
                chosen
                    .entry(ContactId::new(job.subject.clone()))
                    .or_default();
            }
        }
        Ok(chosen)
    }

    /// What would become of one contact as things stand.
    async fn plan(&mut self, contact: &ContactId, chosen: &Chosen) -> Result<Plan> {
        let store = &self.desk.store;
        let rows = store.rows_about(contact).await?;
        let past = store.past_of(contact).await?;
        let open: Vec<EventId> = store
            .holds_of_contact(contact)
            .await?
            .into_iter()
            .map(|hold| hold.event)
            .collect();
        let row = store.standing(contact).await?;
        let steps = store.steps_waiting(Some(contact)).await?;
        let blocks = store.block_jobs(contact).await?;
        let may_come_late = store.may_come_late(contact).await?;
        let conversation = store.newest_conversation(contact).await?;
        let mut asked: Vec<EventId> = chosen
            .blocks
            .iter()
            .map(|block| block.event.clone())
            .collect();
        asked.extend(open.iter().cloned());
        asked.extend(steps.iter().filter_map(|job| Step::of(job)?.call.event));
        let words = store.confirmations(&asked).await?;
        let decided = past.iter().filter_map(|row| row.decided.as_ref());
        let books: Vec<Digest> = decided
            .chain(&chosen.holds)
            .map(|decided| decided.decision.book.clone())
            .collect();
        for book in books {
            self.learn_threshold(book).await?;
        }
        Ok(weigh::weigh(&weigh::Known {
            selection: &self.selection,
            thresholds: &self.thresholds,
            contact,
            chosen,
            row,
            rows,
            past: &past,
            open_holds: &open,
            words: &words,
            steps,
            blocks: &blocks,
            may_come_late,
            conversation,
        }))
    }

    async fn learn_threshold(&mut self, digest: Digest) -> Result<()> {
        if self.thresholds.contains_key(&digest) {
            return Ok(());
        }
        let book = self.library.book(&self.desk.store, &digest).await?;
        let block_at = book.map(|book| book.policy().block_at);
        self.thresholds.insert(digest, block_at);
        Ok(())
    }
}

/// The rules behind a decision that the selection does not name.
fn others_behind(selection: &Selection, decided: &Decided) -> Vec<RuleId> {
    let rules = rules_behind(&decided.decision).into_iter();
    rules.filter(|rule| !selection.names(rule)).collect()
}
