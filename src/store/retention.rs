//! Forgetting by age, a few at a time: texts, rows of the record from the old end, and what no rule looks at any more.

use std::collections::HashSet;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row as _};

use super::forgetting::Forgot;
use super::rows::{self, Cell};
use super::{Result, Store, Writing, postings, sealing};
use crate::message::{ContactId, ConversationId, EventId};
use crate::time::Timestamp;

/// Rows of the record are forgotten by whole segments of so many.
pub const SEGMENT: i64 = 256;
/// Most segments looked at, and forgotten, at once.
const SEGMENTS_AT_ONCE: i64 = 8;
/// Most rows of the record walked at once for texts.
const ROWS_AT_ONCE: i64 = 512;
/// Most bands, or fingerprints, swept at once.
const SWEPT_AT_ONCE: i64 = 500;

const TEXTS: &str = "texts";
const BANDS: &str = "bands";
const PRINTS: &str = "prints";

/// What one step of forgetting did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    pub forgot: Forgot,
    /// There may be more at this moment.
    pub more: bool,
}

/// A row as it is walked over.
struct Walked {
    seq: i64,
    at: i64,
    received: bool,
    event: Option<EventId>,
    contact: Option<ContactId>,
}

impl Writing {
    /// Forgets the texts of messages that came in before a moment, some of them. What a legal hold keeps back is noted, and
    /// forgotten once it is lifted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old_texts(&mut self, before: Timestamp) -> Result<Step> {
        let cursor = self.swept(TEXTS).await?.unwrap_or(0);
        let walked = self.walk(cursor, ROWS_AT_ONCE).await?;
        let full = i64::try_from(walked.len()).unwrap_or(0) == ROWS_AT_ONCE;
        let due: Vec<&Walked> = walked
            .iter()
            .take_while(|row| row.at < before.millis())
            .collect();
        let held = self.held().await?;
        let is_held = |row: &&&Walked| {
            row.contact
                .as_ref()
                .is_some_and(|contact| held.contains(contact))
        };
        let received: Vec<&&Walked> = due.iter().filter(|row| row.received).collect();
        let kept_back: Vec<Vec<Cell>> = received
            .iter()
            .filter(|row| is_held(row))
            .filter_map(|row| {
                let (contact, event) = (row.contact.as_ref()?, row.event.as_ref()?);
                Some(vec![
                    Cell::Text(contact.as_str().to_owned()),
                    Cell::Text(event.as_str().to_owned()),
                ])
            })
            .collect();
        rows::insert(
            &mut self.tx,
            "INSERT INTO kept_back (contact_id, event_id) VALUES",
            "ON CONFLICT (contact_id, event_id) DO NOTHING",
            kept_back,
        )
        .await?;
        let mut events: Vec<EventId> = received
            .iter()
            .filter(|row| !is_held(row))
            .filter_map(|row| row.event.clone())
            .collect();
        events.extend(self.no_longer_kept_back().await?);
        let forgot = if events.is_empty() {
            Forgot::default()
        } else {
            self.forget_texts(&events).await?
        };
        if let Some(last) = due.last() {
            self.note_swept(TEXTS, last.seq).await?;
        }
        Ok(Step {
            forgot,
            more: full && due.len() == walked.len(),
        })
    }

    /// Rows of the record after a number, oldest first. None is of a later time than one that comes after it: what a wrong clock
    /// dated ahead must not be kept, and keep all others, until then.
    async fn walk(&mut self, after: i64, limit: i64) -> Result<Vec<Walked>> {
        let sql = "SELECT seq, at, action, event_id, contact_id FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
        let found = sqlx::query(sql)
            .bind(after)
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await?;
        let mut walked = Vec::with_capacity(found.len());
        for row in &found {
            let text = |column: &str| row.try_get::<Option<String>, _>(column);
            walked.push(Walked {
                seq: row.try_get("seq")?,
                at: row.try_get("at")?,
                received: text("action")?.as_deref() == Some("received"),
                event: text("event_id")?.map(EventId::new),
                contact: text("contact_id")?.map(ContactId::new),
            });
        }
        let mut latest = i64::MAX;
        for row in walked.iter_mut().rev() {
            latest = latest.min(row.at);
            row.at = latest;
        }
        Ok(walked)
    }

    async fn held(&mut self) -> Result<HashSet<ContactId>> {
        let holds = self.legal_holds().await?;
        Ok(holds.into_iter().map(|hold| hold.contact).collect())
    }

    async fn no_longer_kept_back(&mut self) -> Result<Vec<EventId>> {
        let sql = "DELETE FROM kept_back WHERE NOT EXISTS (SELECT 1 FROM legal_holds l WHERE l.contact_id = kept_back.contact_id) RETURNING event_id";
        let found = sqlx::query(sql).fetch_all(&mut *self.tx).await?;
        let ids: std::result::Result<Vec<String>, _> =
            found.iter().map(|row| row.try_get("event_id")).collect();
        Ok(ids?.into_iter().map(EventId::new).collect())
    }

    /// Destroys the keys of days that lie wholly before a moment: of what was about no contact and no conversation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_days(&mut self, before: Timestamp) -> Result<u64> {
        let sql = "SELECT key_id FROM seal_keys WHERE owner >= 'day:' AND owner < $1";
        let found: Vec<(i64,)> = sqlx::query_as(sql)
            .bind(sealing::Owner::of(None, None, before).name())
            .fetch_all(&mut *self.tx)
            .await?;
        if found.is_empty() {
            return Ok(0);
        }
        self.destroy_keys(found.into_iter().map(|(id,)| id).collect())
            .await
    }

    /// The first row of the record that is kept, when those older than a moment are not: whole tiles of the record's tree only, as
    /// far as they are signed, so that their hashes can stand for them; none with a row of a contact under legal hold, and none whose texts are not forgotten yet. Nothing when all are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_kept_row(&mut self, before: Timestamp) -> Result<Option<i64>> {
        let first: Option<(i64,)> = sqlx::query_as("SELECT seq FROM audit ORDER BY seq LIMIT 1")
            .fetch_optional(&mut *self.tx)
            .await?;
        let Some((first,)) = first else {
            return Ok(None);
        };
        let walked = self.walk(first - 1, SEGMENT * SEGMENTS_AT_ONCE).await?;
        let old = walked.iter().take_while(|row| row.at < before.millis());
        let Some(last) = old.last() else {
            return Ok(None);
        };
        let texts = self.swept(TEXTS).await?.unwrap_or(0);
        let mut kept = (last.seq + 1).min(texts + 1);
        let sql = "SELECT COALESCE(MIN(a.seq), -1) FROM legal_holds l JOIN audit a ON a.contact_id = l.contact_id";
        let (held,): (i64,) = sqlx::query_as(sql).fetch_one(&mut *self.tx).await?;
        if held >= 0 {
            kept = kept.min(held);
        }
        let signed = self.signed_tile_up_to(kept).await?;
        Ok(signed.filter(|kept| *kept > first))
    }

    /// Forgets all rows of the record below a number, with what is left of their personal parts and the events they tell of. The one
    /// place that removes rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_rows_below(&mut self, seq: i64) -> Result<u64> {
        self.overwriting().await?;
        let sql = "SELECT action, actor, verdict, rules, contact_id, conversation_id, event_id, detail FROM audit WHERE seq < $1 ORDER BY seq";
        let found = sqlx::query(sql).bind(seq).fetch_all(&mut *self.tx).await?;
        let (mut events, mut pieces) = (Vec::new(), Vec::new());
        for row in &found {
            let text = |column: &str| row.try_get::<Option<String>, _>(column);
            let event = text("event_id")?;
            if let (Some(event), "received") = (&event, text("action")?.as_deref().unwrap_or("")) {
                events.push(event.clone());
            }
            let detail = text("detail")?.unwrap_or_default();
            if !detail.contains(sealing::COMMITMENT) {
                continue;
            }
            let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
            if let Some(commitment) = detail.get(sealing::COMMITMENT).and_then(Value::as_str) {
                let place = sealing::place_of(
                    event.map(EventId::new).as_ref(),
                    text("contact_id")?.map(ContactId::new).as_ref(),
                    text("conversation_id")?.map(ConversationId::new).as_ref(),
                );
                pieces.push((place, commitment.to_owned()));
            }
        }
        for (place, commitment) in pieces {
            sqlx::query("DELETE FROM sealed WHERE place = $1 AND commitment = $2")
                .bind(place)
                .bind(commitment)
                .execute(&mut *self.tx)
                .await?;
        }
        rows::each(
            &mut self.tx,
            "DELETE FROM events WHERE event_id IN",
            "",
            &events,
        )
        .await?;
        postings::forget_below(&mut self.tx, seq, &found).await?;
        let done = sqlx::query("DELETE FROM audit WHERE seq < $1")
            .bind(seq)
            .execute(&mut *self.tx)
            .await?;
        self.note_forgotten_below(seq).await?;
        Ok(done.rows_affected())
    }

    /// Forgets some of what no rule looks at any more: who wrote what, and who was heard of, before a moment. Gives whether a whole
    /// round is done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&mut self, before: Timestamp) -> Result<bool> {
        let hour = before.millis().div_euclid(3_600_000);
        let sql = format!(
            "DELETE FROM active_senders WHERE contact_id IN (SELECT contact_id FROM active_senders WHERE hour < $1 ORDER BY hour LIMIT $2{})",
            self.dialect.skip_locked()
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(hour)
            .bind(SWEPT_AT_ONCE)
            .execute(&mut *self.tx)
            .await?;
        let minute = before.millis().div_euclid(60_000);
        let bands = self
            .sweep_on(
                BANDS,
                "SELECT band FROM sightings WHERE band > $1 ORDER BY band LIMIT 1 OFFSET $2",
                "DELETE FROM sightings WHERE band > $1 AND band <= $2 AND minute < $3",
                minute,
            )
            .await?;
        let prints = self
            .sweep_on(
                PRINTS,
                "SELECT fingerprint_id FROM fingerprints WHERE fingerprint_id > $1 ORDER BY fingerprint_id LIMIT 1 OFFSET $2",
                "DELETE FROM fingerprints WHERE fingerprint_id > $1 AND fingerprint_id <= $2 AND $3 > 0 AND NOT EXISTS
                    (SELECT 1 FROM sightings s WHERE s.band = fingerprints.band_1 AND s.fingerprint_id = fingerprints.fingerprint_id)",
                minute,
            )
            .await?;
        Ok(bands && prints)
    }

    /// One step of a round over a table by its key: from where the last step ended to so many keys further.
    async fn sweep_on(
        &mut self,
        name: &str,
        next: &'static str,
        delete: &'static str,
        minute: i64,
    ) -> Result<bool> {
        let from = self.swept(name).await?.unwrap_or(i64::MIN);
        let to: Option<(i64,)> = sqlx::query_as(next)
            .bind(from)
            .bind(SWEPT_AT_ONCE)
            .fetch_optional(&mut *self.tx)
            .await?;
        let up_to = to.map_or(i64::MAX, |(key,)| key);
        sqlx::query(delete)
            .bind(from)
            .bind(up_to)
            .bind(minute)
            .execute(&mut *self.tx)
            .await?;
        let next = if to.is_some() { up_to } else { i64::MIN };
        if next != from {
            self.note_swept(name, next).await?;
        }
        Ok(to.is_none())
    }

    async fn swept(&mut self, name: &str) -> Result<Option<i64>> {
        let found: Option<(i64,)> = sqlx::query_as("SELECT seq FROM forgotten WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(found.map(|(seq,)| seq))
    }

    async fn note_swept(&mut self, name: &str, seq: i64) -> Result<()> {
        let sql = "INSERT INTO forgotten (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq";
        sqlx::query(sql)
            .bind(name)
            .bind(seq)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Puts bodies under lock that stand as they were sent, from before there were keys. Gives how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seal_plain_bodies(&mut self, limit: i64) -> Result<usize> {
        let sql = format!(
            "SELECT event_id, received_at, conversation_id, contact_id, body FROM events WHERE key_id IS NULL AND body IS NOT NULL ORDER BY event_id LIMIT $1{}",
            self.dialect.skip_locked()
        );
        let found = sqlx::query(AssertSqlSafe(sql))
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await?;
        if found.is_empty() {
            return Ok(0);
        }
        self.overwriting().await?;
        let mut plain = Vec::new();
        for row in &found {
            let text = |column: &str| row.try_get::<Option<String>, _>(column);
            let received_at = Timestamp::from_millis(row.try_get("received_at")?);
            let contact = text("contact_id")?.map(ContactId::new);
            let conversation = text("conversation_id")?.map(ConversationId::new);
            let owner = sealing::Owner::of(contact.as_ref(), conversation.as_ref(), received_at);
            let event = EventId::new(row.try_get::<String, _>("event_id")?);
            plain.push((
                owner,
                event,
                received_at,
                row.try_get::<Vec<u8>, _>("body")?,
            ));
        }
        let now = plain.iter().map(|(_, _, at, _)| *at).max();
        let owners = plain.iter().map(|(owner, ..)| owner.clone());
        let now = now.unwrap_or(Timestamp::from_millis(0));
        let keys = self.keys(owners, now).await?;
        for (owner, event, _, body) in &plain {
            let held = keys.of(owner)?;
            let salted = crate::seal::commit(sealing::EVIDENCE, body)?.salted;
            let sealed = held.key.seal(&sealing::body_of(event), &salted)?;
            sqlx::query("UPDATE events SET body = $1, key_id = $2 WHERE event_id = $3")
                .bind(sealed)
                .bind(held.id)
                .bind(event.as_str())
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(plain.len())
    }
}

impl Store {
    /// How many texts, and how many rows of the record (by whole segments), are older than these moments.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_to_forget(&self, texts: Timestamp, rows: Timestamp) -> Result<(i64, i64)> {
        let mut connection = self.reading().await?;
        let sql = "SELECT COUNT(*) FROM events e WHERE e.body IS NOT NULL AND e.received_at < $1 AND NOT EXISTS (SELECT 1 FROM legal_holds l WHERE l.contact_id = e.contact_id)";
        let (texts,): (i64,) = sqlx::query_as(sql)
            .bind(texts.millis())
            .fetch_one(&mut *connection)
            .await?;
        let sql = "SELECT COALESCE(MIN(seq), 0), COUNT(*) FROM audit WHERE at < $1";
        let (_, old): (i64, i64) = sqlx::query_as(sql)
            .bind(rows.millis())
            .fetch_one(&mut *connection)
            .await?;
        Ok((texts, old / SEGMENT * SEGMENT))
    }
}
