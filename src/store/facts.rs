//! What is known of a sender at the moment they wrote.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::rows::{self, Cell};
use super::sightings::{self, Bands, Seen, Stored};
use super::{Result, Store};
use crate::decision::{Facts, MOST_COUNTED, Wanted};
use crate::fingerprint::Fingerprint;
use crate::message::Message;
use crate::time::Timestamp;

/// Most messages of a contact, newest first, whose conversations are looked at for an answer.
const MOST_ANSWERABLE: i64 = 10_000;

impl Store {
    /// What is known of each message's sender at the message's own time, in order: of messages written at the same moment
    /// those whose event has the smaller id count as earlier. A message counts only once it is filed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn facts(&self, messages: &[Message], wanted: &Wanted) -> Result<Vec<Facts>> {
        let windows: Vec<i64> = wanted.message_windows.iter().copied().collect();
        let asked = messages
            .iter()
            .zip(0_i64..)
            .map(|(message, number)| {
                vec![
                    Cell::Int(number),
                    Cell::Text(message.from.id.as_str().to_owned()),
                    Cell::Int(message.sent_at.millis()),
                    Cell::Text(message.event.as_str().to_owned()),
                ]
            })
            .collect();
        let mut connection = self.reading().await?;
        let found = rows::insert(
            &mut connection,
            "WITH asked (n, who, at, event) AS (VALUES",
            &facts_of(wanted, &windows),
            asked,
        )
        .await?;
        let mut facts = messages
            .iter()
            .zip(&found)
            .map(|(message, row)| facts_in(row, message, wanted, &windows))
            .collect::<Result<Vec<_>>>()?;
        if !(wanted.same_text_windows.is_empty() && wanted.wave_windows.is_empty()) {
            add_alike(&mut connection, messages, wanted, &mut facts).await?;
        }
        Ok(facts)
    }
}

/// The rest of the statement that asks for facts: a column for each fact, and one for each window.
fn facts_of(wanted: &Wanted, windows: &[i64]) -> String {
    // A sender's answers are looked for once, however many of their messages are asked about.
    let mut sql = format!(
        "), senders AS MATERIALIZED (SELECT each.who, (SELECT MIN(a.answered_at)
            FROM (SELECT m.conversation_id FROM messages m WHERE m.contact_id = each.who
                ORDER BY m.sent_at DESC, m.event_id DESC LIMIT {MOST_ANSWERABLE}) AS newest
            JOIN answers a ON a.conversation_id = newest.conversation_id) AS answered_at
            FROM (SELECT DISTINCT who FROM asked) AS each)
        SELECT
        CAST(CASE WHEN EXISTS (SELECT 1 FROM messages m WHERE m.contact_id = asked.who
            AND (m.sent_at, m.event_id) < (asked.at, asked.event)) THEN 1 ELSE 0 END AS BIGINT) AS earlier,
        CAST(CASE WHEN (SELECT s.answered_at FROM senders s WHERE s.who = asked.who) < asked.at THEN 1 ELSE 0 END AS BIGINT) AS answered,
        COALESCE((SELECT c.exempt_until FROM contacts c WHERE c.contact_id = asked.who), CAST(-1 AS BIGINT)) AS exempt"
    );
    if wanted.known_since {
        sql.push_str(
            ", COALESCE((SELECT m.sent_at FROM messages m WHERE m.contact_id = asked.who
                ORDER BY m.sent_at, m.event_id LIMIT 1), asked.at) AS known_since",
        );
    }
    if wanted.past_blocks {
        for action in ["blocked", "unblocked"] {
            let _ = write!(
                sql,
                ", CAST(CASE WHEN EXISTS (SELECT 1 FROM audit p WHERE p.contact_id = asked.who AND p.action = '{action}'
                    AND p.at < asked.at) THEN 1 ELSE 0 END AS BIGINT) AS {action}"
            );
        }
    }
    for (number, window) in windows.iter().enumerate() {
        let _ = write!(
            sql,
            ", (SELECT COUNT(*) FROM (SELECT 1 FROM messages m WHERE m.contact_id = asked.who AND m.sent_at > asked.at - {window}
                AND (m.sent_at, m.event_id) <= (asked.at, asked.event)
                ORDER BY m.sent_at DESC, m.event_id DESC LIMIT {MOST_COUNTED}) AS counted) AS within_{number}"
        );
    }
    sql.push_str(" FROM asked ORDER BY n");
    sql
}

fn facts_in(row: &AnyRow, message: &Message, wanted: &Wanted, windows: &[i64]) -> Result<Facts> {
    let exempt: i64 = row.try_get("exempt")?;
    let mut messages_within = BTreeMap::new();
    for (number, window) in windows.iter().enumerate() {
        let count: i64 = row.try_get(format!("within_{number}").as_str())?;
        messages_within.insert(*window, u64::try_from(count).unwrap_or(0));
    }
    let mut facts = Facts {
        first_message: row.try_get::<i64, _>("earlier")? == 0,
        answered_before: row.try_get::<i64, _>("answered")? == 1,
        unblocked_until: (exempt > message.sent_at.millis())
            .then(|| Timestamp::from_millis(exempt)),
        messages_within,
        ..Facts::default()
    };
    if wanted.known_since {
        let since = Timestamp::from_millis(row.try_get("known_since")?);
        facts.known_since = Some(since.min(message.sent_at));
    }
    if wanted.past_blocks {
        facts.blocked_before = row.try_get::<i64, _>("blocked")? == 1;
        facts.unblocked_before = row.try_get::<i64, _>("unblocked")? == 1;
    }
    Ok(facts)
}

/// Adds how often the same was written, by the sender and by all.
async fn add_alike(
    connection: &mut AnyConnection,
    messages: &[Message],
    wanted: &Wanted,
    facts: &mut [Facts],
) -> Result<()> {
    let stored = sightings::of_messages(connection, messages).await?;
    let own = texts_of_senders(connection, messages, &stored, &wanted.same_text_windows).await?;
    let ids = own.iter().map(|text| text.fingerprint).collect();
    let mut alike = Alike::default();
    alike.learn(connection, ids).await?;
    for facts in &mut *facts {
        // The message itself counts, whatever is on file.
        let one = |windows: &BTreeSet<i64>| windows.iter().map(|window| (*window, 1)).collect();
        facts.same_text_within = one(&wanted.same_text_windows);
        facts.senders_within = one(&wanted.wave_windows);
    }
    if let Some(longest) = wanted.wave_windows.last() {
        let mut seen = Seen::default();
        // Copies of one text have all bands in common: in a flood of them the first says all there is to say.
        for bands in [Bands::First, Bands::Others] {
            let open = messages.iter().zip(&stored).zip(&*facts);
            let open = open.filter(|(_, facts)| !counts_no_further(facts));
            let open =
                open.filter_map(|((message, stored), _)| Some((message.sent_at, (*stored)?)));
            seen.look_up(connection, open, bands, *longest).await?;
            alike
                .learn(connection, seen.fingerprints().collect())
                .await?;
            for ((message, stored), facts) in messages.iter().zip(&stored).zip(&mut *facts) {
                if let (Some(stored), false) = (stored, counts_no_further(facts)) {
                    count_senders(
                        message,
                        &senders_of(message, stored, &seen, &mut alike),
                        facts,
                    );
                }
            }
        }
    }
    add_own(&own, &stored, facts, &mut alike);
    Ok(())
}

/// So many wrote the same in every window that no more are told.
fn counts_no_further(facts: &Facts) -> bool {
    let mut counts = facts.senders_within.values();
    counts.all(|count| *count >= MOST_COUNTED)
}

fn count_senders(message: &Message, senders: &HashMap<&str, Timestamp>, facts: &mut Facts) {
    for (window, count) in &mut facts.senders_within {
        let since = Timestamp::from_millis(message.sent_at.millis() - window);
        let others = senders.values().filter(|last| **last > since).count();
        *count = u64::try_from(others + 1)
            .unwrap_or(u64::MAX)
            .min(MOST_COUNTED);
    }
}

/// How often a sender wrote one text within a window.
struct OwnText {
    /// Which message asks.
    number: usize,
    window: i64,
    fingerprint: i64,
    times: u64,
}

/// What the senders wrote within the windows, each text with how often.
async fn texts_of_senders(
    connection: &mut AnyConnection,
    messages: &[Message],
    stored: &[Option<Stored>],
    windows: &BTreeSet<i64>,
) -> Result<Vec<OwnText>> {
    let with_text = messages.iter().zip(stored).zip(0_i64..);
    let asked = with_text
        .filter(|((_, stored), _)| stored.is_some())
        .flat_map(|((message, _), number)| {
            let at = message.sent_at.millis();
            windows.iter().map(move |window| {
                vec![
                    Cell::Int(number),
                    Cell::Int(*window),
                    Cell::Text(message.from.id.as_str().to_owned()),
                    Cell::Int(at - window),
                    Cell::Int(at),
                    Cell::Text(message.event.as_str().to_owned()),
                ]
            })
        });
    let select = format!(
        "SELECT CAST(? AS BIGINT) AS n, CAST(? AS BIGINT) AS span, newest.fingerprint_id, COUNT(*) AS times
        FROM (SELECT m.fingerprint_id FROM messages m WHERE m.contact_id = ? AND m.sent_at > ?
            AND (m.sent_at, m.event_id) <= (?, ?) ORDER BY m.sent_at DESC, m.event_id DESC LIMIT {MOST_COUNTED}) AS newest
        WHERE newest.fingerprint_id IS NOT NULL GROUP BY newest.fingerprint_id"
    );
    let found = rows::select_each(connection, &select, asked.collect()).await?;
    let texts = found.iter().map(|row| {
        Ok(OwnText {
            number: usize::try_from(row.try_get::<i64, _>("n")?).unwrap_or(usize::MAX),
            window: row.try_get("span")?,
            fingerprint: row.try_get("fingerprint_id")?,
            times: u64::try_from(row.try_get::<i64, _>("times")?).unwrap_or(0),
        })
    });
    texts.collect()
}

fn add_own(own: &[OwnText], stored: &[Option<Stored>], facts: &mut [Facts], alike: &mut Alike) {
    let mut counts: HashMap<(usize, i64), u64> = HashMap::new();
    for text in own {
        if let Some(Some(stored)) = stored.get(text.number)
            && alike.are(stored, text.fingerprint)
        {
            *counts.entry((text.number, text.window)).or_default() += text.times;
        }
    }
    for ((number, window), count) in counts {
        if let Some(facts) = facts.get_mut(number) {
            facts.same_text_within.insert(window, count.max(1));
        }
    }
}

/// Who else wrote the same by then, with the time they last did.
fn senders_of<'s>(
    message: &Message,
    stored: &Stored,
    seen: &'s Seen,
    alike: &mut Alike,
) -> HashMap<&'s str, Timestamp> {
    let mut senders: HashMap<&str, Timestamp> = HashMap::new();
    for sighting in seen.likely(message.sent_at, &stored.print) {
        let Some(last) = sighting.before(message) else {
            continue;
        };
        if sighting.contact != message.from.id.as_str() && alike.are(stored, sighting.fingerprint) {
            let known = senders.entry(sighting.contact.as_str()).or_insert(last);
            *known = last.max(*known);
        }
    }
    senders
}

/// Which texts count as the same; each pair is compared once.
#[derive(Default)]
struct Alike {
    prints: HashMap<i64, Fingerprint>,
    compared: HashMap<(i64, i64), bool>,
}

impl Alike {
    async fn learn(&mut self, connection: &mut AnyConnection, mut ids: HashSet<i64>) -> Result<()> {
        ids.retain(|id| !self.prints.contains_key(id));
        self.prints.extend(sightings::by_id(connection, ids).await?);
        Ok(())
    }

    fn are(&mut self, one: &Stored, other: i64) -> bool {
        let prints = &self.prints;
        one.id == other
            || *self.compared.entry((one.id, other)).or_insert_with(|| {
                let other = prints.get(&other);
                other.is_some_and(|other| one.print.is_like(other))
            })
    }
}
