//! Who is blocked at Featurebase, compared with who we believe is: ordered here, done by the running bouncer.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::{Desk, Order, Result};
use crate::store::audit::{Action, Entry, Filter};
use crate::store::differences::Difference;
use crate::store::jobs::{Comparing, WhyCompare};
use crate::time::Timestamp;

/// A bouncer that has left no sign for so long is not at work.
const GONE: Duration = Duration::from_mins(2);
/// Most rows of the record looked through for the last comparison a person asked for.
const MOST_ROWS: i64 = 50;
/// Most differences told.
const MOST_TOLD: i64 = 10_000;

/// What became of the wish to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Ordered,
    /// It is being done already, as somebody asked before.
    UnderWay,
    /// No bouncer is at work on this store: when the last one was.
    NobodyThere(Option<Timestamp>),
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub finished_at: Timestamp,
    /// What was found was heeded, not only told.
    pub applied: bool,
    pub compared: u64,
    /// How many pages of conversations were looked through, newest first.
    pub pages: u64,
    pub differences: Vec<Difference>,
}

impl Desk {
    /// Asks for a comparison. With `apply`, what people did in Featurebase itself is heeded as if they had ordered it here.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reconcile(&self, apply: bool, order: Order<'_>) -> Result<Asked> {
        let now = self.clock.now();
        let last = self.store.presence().await?.map(|last| last.at);
        if last.is_none_or(|last| now.since(last) > GONE) {
            return Ok(Asked::NobodyThere(last));
        }
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        if tx.comparing(WhyCompare::Asked).await?.is_some() {
            return Ok(Asked::UnderWay);
        }
        let state = Comparing {
            apply,
            ..Comparing::new(now, &format!("{} asked: {}", order.actor, order.reason))
        };
        tx.clear_differences(WhyCompare::Asked).await?;
        tx.add_jobs(vec![state.job(WhyCompare::Asked)], now).await?;
        let detail = json!({ "because": state.because, "apply": apply });
        tx.record(vec![
            Entry::new(Action::ReconcileStarted, now, detail).by(order.actor),
        ])
        .await?;
        tx.commit().await?;
        Ok(Asked::Ordered)
    }

    /// How far the comparison is that a person asked for, while it is under way.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reconciling(&self) -> Result<Option<Comparing>> {
        Ok(self.store.comparing(WhyCompare::Asked).await?)
    }

    /// What the last comparison found that a person asked for and that is done.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reconciled(&self) -> Result<Option<Report>> {
        let filter = Filter {
            action: Some(Action::Reconciled),
            ..Filter::default()
        };
        let rows = self.store.audit(&filter, MOST_ROWS).await?;
        let asked = json!(WhyCompare::Asked);
        let Some(row) = rows
            .into_iter()
            .find(|row| row.detail.get("run") == Some(&asked))
        else {
            return Ok(None);
        };
        let number = |key: &str| {
            let found = row.detail.get(key).and_then(serde_json::Value::as_u64);
            found.unwrap_or(0)
        };
        Ok(Some(Report {
            finished_at: row.at,
            applied: row.detail.get("apply") == Some(&json!(true)),
            compared: number("compared"),
            pages: number("pages"),
            differences: self.store.differences(WhyCompare::Asked, MOST_TOLD).await?,
        }))
    }
}
