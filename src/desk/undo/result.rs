//! What came of an undoing, contact by contact: for the person's eyes and for a file.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;

use super::order::Begun;
use super::selection::entry_of_rule;
use super::weigh::{Fate, Plan, Why};
use super::{Chosen, Undoing};
use crate::desk::{Order, Result};
use crate::message::{ContactId, EventId};
use crate::store::audit::Action;
use crate::store::contacts::Standing;
use crate::store::undos::{Dealt, Did};
use crate::time::Timestamp;

crate::vocabulary! {
    /// What was done about a contact, or is to be.
    Done {
        Unblocked = "unblocked",
        OnItsWay = "on its way",
        CalledOff = "called off before it was sent",
        HoldReleased = "hold released",
        StepsCalledOff = "what goes with it called off",
        Refused = "refused by Featurebase",
        Overtaken = "decided otherwise since",
        LeftAlone = "left alone",
        /// Only shown, not ordered.
        ToUnblock = "would be unblocked",
        ToCallOff = "would be called off before it is sent",
        ToRelease = "would be let go",
        ToCallOffSteps = "what goes with it would be called off",
    }
}

/// What became of one contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub contact: ContactId,
    pub done: Done,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why it was left alone, or not done.
    pub why: String,
    pub rules: String,
    /// The decisions to block it is about.
    pub events: Vec<EventId>,
    /// What was done besides and cannot be brought back.
    pub lasting: Vec<String>,
}

/// How many fared how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub unblocked: usize,
    pub on_their_way: usize,
    pub called_off: usize,
    pub released: usize,
    pub steps: usize,
    pub refused: usize,
    pub overtaken: usize,
    pub left_alone: usize,
}

impl Summary {
    /// Counts outcomes.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut summary = Self::default();
        for outcome in outcomes {
            *match outcome.done {
                Done::Unblocked => &mut summary.unblocked,
                Done::OnItsWay | Done::ToUnblock => &mut summary.on_their_way,
                Done::CalledOff | Done::ToCallOff => &mut summary.called_off,
                Done::HoldReleased | Done::ToRelease => &mut summary.released,
                Done::StepsCalledOff | Done::ToCallOffSteps => &mut summary.steps,
                Done::Refused => &mut summary.refused,
                Done::Overtaken => &mut summary.overtaken,
                Done::LeftAlone => &mut summary.left_alone,
            } += 1;
        }
        summary
    }
}

impl Plan {
    /// What would be done, as it is shown before anything is.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let (done, why) = match &self.fate {
            Fate::Unblock => (Done::ToUnblock, String::new()),
            Fate::CallOff => (Done::ToCallOff, String::new()),
            Fate::Release => (Done::ToRelease, String::new()),
            Fate::Steps => (Done::ToCallOffSteps, String::new()),
            Fate::LeftAlone { told, .. } if !self.holds.is_empty() => {
                (Done::ToRelease, told.clone())
            }
            Fate::LeftAlone { told, .. } if self.steps > 0 => (Done::ToCallOffSteps, told.clone()),
            Fate::LeftAlone { told, .. } => (Done::LeftAlone, told.clone()),
        };
        self.told(done, None, why)
    }

    fn told(&self, done: Done, at: Option<Timestamp>, why: String) -> Outcome {
        let rules: Vec<&str> = self.rules.iter().map(|rule| rule.0.as_str()).collect();
        Outcome {
            contact: self.contact.clone(),
            done,
            at: at.map(|at| at.to_string()),
            why,
            rules: rules.join(" "),
            events: self.events.clone(),
            lasting: self.lasting.clone(),
        }
    }

    /// What came of it, where this undoing dealt with the contact.
    fn came_of(&self, dealt: &Dealt) -> Outcome {
        let why = match &self.fate {
            Fate::LeftAlone { told, .. } => told.clone(),
            _ => "it is to be undone again".to_owned(),
        };
        let row = self.row.as_ref();
        let (done, at) = match (dealt.did, row.map(|row| (row.standing, row.changed_at))) {
            (Did::Unblock, Some((Standing::Unblocked, at))) => {
                return self.told(Done::Unblocked, Some(at), self.blocked_since());
            }
            (Did::Unblock, Some((Standing::UnblockWanted, _))) => (Done::OnItsWay, dealt.at),
            (Did::Unblock, Some((Standing::UnblockFailed, at))) => (Done::Refused, at),
            (Did::Unblock, other) => (
                Done::Overtaken,
                other.map_or(dealt.at, |(_, changed_at)| changed_at),
            ),
            (Did::CalledOff, _) => {
                return self.told(Done::CalledOff, Some(dealt.at), String::new());
            }
            (Did::Released, _) => (Done::HoldReleased, dealt.at),
            (Did::Steps, _) => (Done::StepsCalledOff, dealt.at),
        };
        self.told(done, Some(at), why)
    }

    /// Whether somebody has blocked them in Featurebase itself after all.
    fn blocked_since(&self) -> String {
        match &self.fate {
            Fate::LeftAlone {
                why: Why::BlockedThere,
                told,
            } => told.clone(),
            _ => String::new(),
        }
    }
}

impl Undoing<'_> {
    /// What became of everybody so far, in the order of their ids.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn outcomes(&mut self, undo: &Begun) -> Result<Vec<Outcome>> {
        let dealt = self.desk.store.dealt_with(&undo.id).await?;
        let dealt: HashMap<ContactId, Dealt> = dealt
            .into_iter()
            .map(|dealt| (dealt.contact.clone(), dealt))
            .collect();
        let mut plans = self.plans().await?;
        // What was let go is no longer held, so it is no longer chosen.
        for contact in dealt.keys() {
            if !plans.iter().any(|plan| plan.contact == *contact) {
                plans.push(self.plan(contact, &Chosen::default()).await?);
            }
        }
        plans.sort_by(|a, b| a.contact.cmp(&b.contact));
        Ok(plans
            .iter()
            .map(|plan| match dealt.get(&plan.contact) {
                Some(dealt) => plan.came_of(dealt),
                None => plan.outcome(),
            })
            .collect())
    }

    /// Ends an undoing of which nothing is on its way any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(
        &mut self,
        undo: &Begun,
        outcomes: &[Outcome],
        order: Order<'_>,
    ) -> Result<()> {
        let (now, summary) = (self.desk.clock.now(), Summary::of(outcomes));
        let mut tx = self.desk.store.writing().await?;
        if !tx.finish_undo(&undo.id, now).await? {
            return Ok(());
        }
        let detail = json!({
            "undo": undo.id,
            "unblocked": summary.unblocked,
            "called_off": summary.called_off,
            "released": summary.released,
            "failed": summary.refused,
            "left_alone": summary.left_alone + summary.overtaken,
        });
        let entry = entry_of_rule(
            &self.selection,
            Action::UndoDone,
            (detail, order.actor),
            now,
        );
        tx.record(vec![entry]).await?;
        tx.commit().await?;
        Ok(())
    }
}
