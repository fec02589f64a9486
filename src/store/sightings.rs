//! Who wrote which text when, so that near-duplicates are found by index.
//!
//! A text is found by its bands (see [`crate::fingerprint`]) and then compared. What one contact writes within a minute in the
//! same words is one row, so a flood by one of them does not hide the others.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::Result;
use super::events::MessageKey;
use super::rows::{self, Cell};
use crate::fingerprint::{Fingerprint, KEYS};
use crate::message::{EventId, Message};
use crate::time::Timestamp;

/// How many milliseconds one row stands for.
const MINUTE: i64 = 60_000;
/// Most rows looked at in one band, newest minutes first.
const MOST_ROWS: i64 = 2_000;

/// A message's fingerprint as it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    pub id: i64,
    pub print: Fingerprint,
}

/// By what a fingerprint is named in the store.
pub(super) fn id_of(print: &Fingerprint) -> i64 {
    let digest = Sha256::digest(print.to_text());
    let mut id = [0; 8];
    for (to, from) in id.iter_mut().zip(digest) {
        *to = from;
    }
    i64::from_be_bytes(id)
}

/// Notes who wrote what; to be called once for each new message.
pub(super) async fn note(connection: &mut AnyConnection, keys: &[&MessageKey]) -> Result<()> {
    let mut prints = BTreeMap::new();
    // Merged and in one order everywhere: no statement touches a row twice, no two replicas wait for each other in a circle.
    let mut seen: BTreeMap<_, (Timestamp, &str, Timestamp)> = BTreeMap::new();
    for key in keys {
        let Some(print) = &key.fingerprint else {
            continue;
        };
        let (id, minute) = (id_of(print), minute_of(key.sent_at));
        let this = (key.sent_at, key.event.as_str(), key.sent_at);
        prints.insert(id, print);
        for band in print.keys() {
            let seen = seen
                .entry((band, minute, key.contact.as_str(), id))
                .or_insert(this);
            (seen.0, seen.1) = (seen.0, seen.1).min((this.0, this.1));
            seen.2 = seen.2.max(this.2);
        }
    }
    let cells = prints.iter().map(|(id, print)| {
        let bands = print.keys().into_iter().map(Cell::Int);
        [Cell::Int(*id), Cell::Text(print.to_text())]
            .into_iter()
            .chain(bands)
            .collect()
    });
    rows::insert(
        connection,
        "INSERT INTO fingerprints (fingerprint_id, bins, band_1, band_2, band_3, band_4) VALUES",
        "ON CONFLICT (fingerprint_id) DO NOTHING",
        cells.collect(),
    )
    .await?;
    let cells = seen.into_iter().map(|((band, minute, contact, id), seen)| {
        vec![
            Cell::Int(band),
            Cell::Int(minute),
            Cell::Text(contact.to_owned()),
            Cell::Int(id),
            Cell::Int(seen.0.millis()),
            Cell::Text(seen.1.to_owned()),
            Cell::Int(seen.2.millis()),
        ]
    });
    rows::insert(
        connection,
        "INSERT INTO sightings (band, minute, contact_id, fingerprint_id, first_at, first_event, last_at) VALUES",
        "ON CONFLICT (band, minute, contact_id, fingerprint_id) DO UPDATE SET
            first_event = CASE WHEN (excluded.first_at, excluded.first_event) < (sightings.first_at, sightings.first_event)
                THEN excluded.first_event ELSE sightings.first_event END,
            first_at = CASE WHEN excluded.first_at < sightings.first_at THEN excluded.first_at ELSE sightings.first_at END,
            last_at = CASE WHEN excluded.last_at > sightings.last_at THEN excluded.last_at ELSE sightings.last_at END",
        cells.collect(),
    )
    .await?;
    Ok(())
}

const fn minute_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(MINUTE)
}

/// The fingerprints with which these messages were filed, in their order.
pub(super) async fn of_messages(
    connection: &mut AnyConnection,
    messages: &[Message],
) -> Result<Vec<Option<Stored>>> {
    let asked = messages.iter().zip(0_i64..).map(|(message, number)| {
        vec![
            Cell::Int(number),
            Cell::Text(message.from.id.as_str().to_owned()),
            Cell::Int(message.sent_at.millis()),
            Cell::Text(message.event.as_str().to_owned()),
        ]
    });
    let found = rows::insert(
        connection,
        "WITH asked (n, who, at, event) AS (VALUES",
        ") SELECT asked.n, f.fingerprint_id, f.bins, f.band_1, f.band_2, f.band_3, f.band_4 FROM asked
            JOIN messages m ON m.contact_id = asked.who AND m.sent_at = asked.at AND m.event_id = asked.event
            JOIN fingerprints f ON f.fingerprint_id = m.fingerprint_id",
        asked.collect(),
    )
    .await?;
    let mut stored = vec![None; messages.len()];
    for row in &found {
        let number = usize::try_from(row.try_get::<i64, _>("n")?).unwrap_or(usize::MAX);
        if let Some(place) = stored.get_mut(number) {
            *place = stored_of(row)?;
        }
    }
    Ok(stored)
}

/// Fingerprints by their ids.
pub(super) async fn by_id(
    connection: &mut AnyConnection,
    ids: HashSet<i64>,
) -> Result<HashMap<i64, Fingerprint>> {
    let found = rows::among(
        connection,
        "SELECT fingerprint_id, bins, band_1, band_2, band_3, band_4 FROM fingerprints WHERE fingerprint_id IN",
        "",
        ids.into_iter().map(Cell::Int).collect(),
    )
    .await?;
    let mut prints = HashMap::new();
    for row in &found {
        prints.extend(stored_of(row)?.map(|stored| (stored.id, stored.print)));
    }
    Ok(prints)
}

fn stored_of(row: &AnyRow) -> Result<Option<Stored>> {
    let id: i64 = row.try_get("fingerprint_id")?;
    let bins: String = row.try_get("bins")?;
    let mut keys = [0; KEYS];
    for (key, column) in keys
        .iter_mut()
        .zip(["band_1", "band_2", "band_3", "band_4"])
    {
        *key = row.try_get(column)?;
    }
    Ok(Fingerprint::from_text(&bins, keys).map(|print| Stored { id, print }))
}

/// Somebody who wrote a likely near-duplicate within a minute.
#[derive(Debug)]
pub(super) struct Sighting {
    pub contact: String,
    pub fingerprint: i64,
    pub first_at: Timestamp,
    pub first_event: EventId,
    pub last_at: Timestamp,
}

impl Sighting {
    /// When it was last written, if it was written before the message or at the same moment.
    ///
    /// Exact for windows of a minute or more: what was written later than the message stands in the message's own minute.
    pub fn before(&self, message: &Message) -> Option<Timestamp> {
        let by_then = (self.first_at, &self.first_event) <= (message.sent_at, &message.event);
        by_then.then_some(self.last_at)
    }
}

/// A band, and the minute up to which it is looked at.
type Place = (i64, i64);

/// What is known under the bands of many messages, each looked up once.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: HashMap<Place, Vec<Sighting>>,
}

/// Which of the bands of a text are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bands {
    First,
    Others,
}

impl Bands {
    fn of(self, at: Timestamp, print: &Fingerprint) -> impl Iterator<Item = Place> {
        let (skipped, taken) = match self {
            Self::First => (0, 1),
            Self::Others => (1, KEYS),
        };
        let keys = print.keys().into_iter().skip(skipped).take(taken);
        keys.map(move |band| (band, minute_of(at)))
    }
}

impl Seen {
    /// Looks up, besides what is known already, what may be near-duplicates of messages. What is read hinges on the message's
    /// minute alone: judged later or beside others, it finds the same.
    pub async fn look_up(
        &mut self,
        connection: &mut AnyConnection,
        messages: impl Iterator<Item = (Timestamp, Stored)>,
        bands: Bands,
        window: i64,
    ) -> Result<()> {
        let places: HashSet<Place> = messages
            .flat_map(|(at, stored)| bands.of(at, &stored.print).collect::<Vec<_>>())
            .filter(|place| !self.rows.contains_key(place))
            .collect();
        let reach = window.div_euclid(MINUTE) + i64::from(window.rem_euclid(MINUTE) > 0);
        let asked = places.iter().map(|(band, minute)| {
            vec![
                Cell::Int(*minute),
                Cell::Int(*band),
                Cell::Int(*minute),
                Cell::Int(minute - reach),
            ]
        });
        let select = format!(
            "SELECT band, CAST(? AS BIGINT) AS up_to, contact_id, fingerprint_id, first_at, first_event, last_at FROM sightings
            WHERE band = ? AND minute <= ? AND minute >= ? ORDER BY minute DESC, contact_id DESC, fingerprint_id DESC LIMIT {MOST_ROWS}"
        );
        let found = rows::select_each(connection, &select, asked.collect()).await?;
        for row in &found {
            let place = (row.try_get("band")?, row.try_get("up_to")?);
            self.rows.entry(place).or_default().push(Sighting {
                contact: row.try_get("contact_id")?,
                fingerprint: row.try_get("fingerprint_id")?,
                first_at: Timestamp::from_millis(row.try_get("first_at")?),
                first_event: EventId::new(row.try_get::<String, _>("first_event")?),
                last_at: Timestamp::from_millis(row.try_get("last_at")?),
            });
        }
        Ok(())
    }

    /// Every fingerprint that was met.
    pub fn fingerprints(&self) -> impl Iterator<Item = i64> {
        self.rows.values().flatten().map(|seen| seen.fingerprint)
    }

    /// What may be near-duplicates of a message written at this moment; some of it more than once.
    pub fn likely(&self, at: Timestamp, print: &Fingerprint) -> impl Iterator<Item = &Sighting> {
        let places = print.keys().map(|band| (band, minute_of(at)));
        places
            .into_iter()
            .filter_map(|place| self.rows.get(&place))
            .flatten()
    }
}
