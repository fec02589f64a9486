//! A gap: a time in which messages may not have been delivered, and how far the search for them has come.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::REACH;
use crate::store::watched::{Watched, WatchedRow};
use crate::store::{Result, Writing};
use crate::time::Timestamp;

/// What was written longer ago is not looked for.
const MOST_BACK: Duration = Duration::from_hours(14 * 24);

/// A gap under repair. It is kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gap {
    /// Messages written from here on ...
    pub from: Timestamp,
    /// ... and before this moment are looked for.
    pub until: Timestamp,
    pub why: String,
    /// Grows when the gap turns out to be larger than it was when the search began.
    pub version: u64,
    /// Not all of it is looked through: it reaches too far back, or too many conversations are in it.
    pub cut: bool,
    /// The first message that was missing is told in the record.
    pub told: bool,
    pub pass: Pass,
    pub counts: Counts,
    /// Conversations that could not be read, and how often that was tried.
    pub stubborn: BTreeMap<String, u32>,
    pub owner: String,
    pub lease_until: Timestamp,
    /// Not before this moment.
    pub next_at: Timestamp,
}

/// One way through the list of conversations, from the most recently active to `floor`. A conversation that becomes active
/// meanwhile moves to the top, behind our back; so there is another pass for what was active since the last one began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Pass {
    pub number: u32,
    pub floor: Option<Timestamp>,
    pub began: Option<Timestamp>,
    pub cursor: Option<String>,
    pub pages: u32,
    /// How many conversations are asked for at once; fewer after an answer too long to be read.
    pub limit: Option<u32>,
    /// Conversations of the page at hand that are done.
    pub done: Vec<String>,
    pub conversations: u64,
}

/// What the search has brought.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub conversations: u64,
    pub recovered: u64,
    pub delivered: u64,
    pub unread: Vec<String>,
}

impl Gap {
    pub fn of(row: &WatchedRow) -> Option<Self> {
        serde_json::from_str(&row.detail).ok()
    }

    pub fn row(&self) -> WatchedRow {
        WatchedRow {
            at: self.from,
            detail: serde_json::to_string(self).unwrap_or_default(),
        }
    }

    pub fn floor(&self) -> Timestamp {
        self.pass.floor.unwrap_or(self.from)
    }
}

/// Has messages looked for that were not delivered between the last moment at which all was `well` and `until`. What was under
/// way at that moment may have been given up later, so the search begins earlier by as much as retries reach.
pub(super) async fn open(
    tx: &mut Writing,
    well: Timestamp,
    until: Timestamp,
    why: &str,
) -> Result<()> {
    let since = tx.watched(Watched::Since).await?.map_or(well, |row| row.at);
    let oldest = until.before(MOST_BACK);
    let wanted = well.before(REACH).max(since);
    let from = wanted.max(oldest);
    if from >= until {
        return Ok(());
    }
    let known = tx.watched(Watched::Gap).await?;
    let gap = match known.as_ref().and_then(Gap::of) {
        Some(known) if known.from <= from && known.until >= until => return Ok(()),
        Some(known) => Gap {
            from: known.from.min(from),
            until: known.until.max(until),
            version: known.version + 1,
            cut: known.cut || from > wanted,
            pass: Pass::default(),
            ..known
        },
        None => Gap {
            from,
            until,
            why: why.to_owned(),
            version: 0,
            cut: from > wanted,
            told: false,
            pass: Pass::default(),
            counts: Counts::default(),
            stubborn: BTreeMap::new(),
            owner: String::new(),
            lease_until: Timestamp::from_millis(0),
            next_at: Timestamp::from_millis(0),
        },
    };
    tracing::warn!(from = %gap.from, until = %gap.until, "messages may not have been delivered ({why}); they are looked for");
    tx.set_watched(Watched::Gap, &gap.row()).await
}
