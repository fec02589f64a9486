//! What happened after a decision.

use serde::Serialize;

use super::MOST_ROWS;
use crate::desk::sentences::tell;
use crate::desk::{Desk, Result};
use crate::store::audit::{Action, Filter, Row};
use crate::time::Timestamp;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deed {
    pub seq: i64,
    pub at: Timestamp,
    pub action: Action,
    pub actor: String,
    /// In sentences.
    pub said: Vec<String>,
}

impl Desk {
    /// What the record says of the decision's event and of its contact from then on, other messages left out.
    pub(super) async fn afterwards(&self, decided: &Row) -> Result<Vec<Deed>> {
        let rows = if let Some(contact) = &decided.contact {
            self.store.history(contact, decided.seq, MOST_ROWS).await?
        } else {
            let filter = Filter {
                event: decided.event.clone(),
                ..Filter::default()
            };
            let mut rows = self.store.audit(&filter, MOST_ROWS).await?;
            rows.reverse();
            rows
        };
        let about = |row: &&Row| {
            row.seq > decided.seq && !matches!(row.action, Action::Received | Action::Decided)
        };
        let deeds = rows.iter().filter(about).map(|row| Deed {
            seq: row.seq,
            at: row.at,
            action: row.action,
            actor: row.actor.clone(),
            said: tell(row),
        });
        Ok(deeds.collect())
    }
}
