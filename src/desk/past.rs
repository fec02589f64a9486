//! Messages of the past, judged again: read in pages, newest first, and judged by many hands at once. What is kept in memory
//! does not grow with what is looked through.

mod crew;
pub mod replay;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::{Desk, Result};
use crate::decision::{Decision, Facts};
use crate::message::{ContactId, EventId, Message};
use crate::payload::{self, What};
use crate::rules::Rulebook;
use crate::store::audit::{Action, Filter, Row};
use crate::time::Timestamp;
pub(super) use crew::in_parallel;
pub use replay::differences;

/// Rows read at once.
const PAGE: i64 = 256;
/// Rows are numbered in the order they were written, which is the order of their times but for clocks that were mended: by
/// so much they may differ.
const CLOCKS_DIFFER: Duration = Duration::from_hours(24);

/// Which decisions are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// Decided from this moment on.
    pub since: Option<Timestamp>,
    /// Decided up to this moment.
    pub until: Option<Timestamp>,
    pub contact: Option<ContactId>,
}

/// A decision as the record holds it, with the message it was about.
#[derive(Debug)]
pub(super) struct Kept {
    pub row: Row,
    pub what: Matter,
}

/// What can still be judged again.
#[derive(Debug)]
pub(super) enum Matter {
    /// The message is there, and so is the decision.
    Whole(Box<(Message, Decision)>),
    /// The text was erased.
    Erased,
    /// It links to another event, or says that there was nothing to judge.
    NotJudged,
    /// The row cannot be read, and why.
    Unreadable(String),
}

/// Walks over decisions, newest first.
#[derive(Debug)]
pub(super) struct Walk<'d> {
    desk: &'d Desk,
    span: &'d Span,
    before: Option<i64>,
    done: bool,
}

impl<'d> Walk<'d> {
    pub const fn over(desk: &'d Desk, span: &'d Span) -> Self {
        Self {
            desk,
            span,
            before: None,
            done: false,
        }
    }

    /// The next page; nothing after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<Kept>>> {
        if self.done {
            return Ok(None);
        }
        // Whoever else has work to do goes first.
        tokio::task::yield_now().await;
        let filter = Filter {
            action: Some(Action::Decided),
            contact: self.span.contact.clone(),
            until: self.span.until,
            before: self.before,
            ..Filter::default()
        };
        let rows = self.desk.store.audit(&filter, PAGE).await?;
        self.before = rows.last().map(|row| row.seq);
        let too_old = |row: &Row| {
            let since = self.span.since;
            since.is_some_and(|since| row.at < since.before(CLOCKS_DIFFER))
        };
        let full = i64::try_from(rows.len()).is_ok_and(|read| read == PAGE);
        self.done = !full || rows.last().is_some_and(too_old);
        let rows: Vec<Row> = rows
            .into_iter()
            .filter(|row| self.span.since.is_none_or(|since| row.at >= since))
            .collect();
        self.desk.with_messages(rows).await.map(Some)
    }
}

impl Desk {
    /// Puts rows of decisions together with the messages they were about.
    pub(super) async fn with_messages(&self, rows: Vec<Row>) -> Result<Vec<Kept>> {
        let ids: Vec<EventId> = rows.iter().filter_map(|row| row.event.clone()).collect();
        let bodies = self.store.bodies(&ids).await?;
        let kept = rows.into_iter().map(|row| Kept {
            what: what_of(&row, &bodies),
            row,
        });
        Ok(kept.collect())
    }
}

fn what_of(row: &Row, bodies: &HashMap<EventId, (Timestamp, Vec<u8>)>) -> Matter {
    if ["same_message_as", "unreadable"]
        .iter()
        .any(|key| row.detail.get(key).is_some())
    {
        return Matter::NotJudged;
    }
    let body = row.event.as_ref().and_then(|event| bodies.get(event));
    let Some((received_at, body)) = body else {
        return Matter::Erased;
    };
    let decision = match serde_json::from_value::<Decision>(row.detail.clone()) {
        Ok(decision) => decision,
        Err(error) => return Matter::Unreadable(format!("the decision cannot be read: {error}")),
    };
    match payload::read(body, *received_at).what {
        What::Message(message) => Matter::Whole(Box::new((*message, decision))),
        _ => Matter::Unreadable("the event kept is not a contact's message".to_owned()),
    }
}

/// Judges a message; nothing when the judge panics.
pub(super) fn judge_safely(book: &Rulebook, message: &Message, facts: &Facts) -> Option<Decision> {
    catch_unwind(AssertUnwindSafe(|| book.judge(message, facts))).ok()
}
