//! Words of messages by which they are found. Only keyed hashes of them are kept, in the order of the text, and the
//! database's own full-text search looks them up: FTS5, or `tsvector`.

use std::collections::{BTreeSet, HashMap, HashSet};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::rows::{self, Cell};
use super::schema::Dialect;
use super::search::Phrase;
use super::{Result, Store, StoreError, Writing};
use crate::message::EventId;

/// Letters of a hash: 42 bits.
const LETTERS: usize = 9;
/// Stands between the forms of one text, so that no phrase runs from one into the next. Shorter than a hash.
const GAP: &str = "gap ";
/// Pages merged in one step while forgotten words are overwritten.
const STEP: i64 = 400;

/// A message's words, once for each form of its text.
pub type Forms = Vec<Vec<String>>;

/// Hashes words.
#[derive(Clone)]
pub(super) struct Hasher(Hmac<Sha256>);

impl Hasher {
    pub(super) async fn of(connection: &mut AnyConnection) -> Result<Self> {
        let (key,): (String,) = sqlx::query_as("SELECT value FROM search_state WHERE name = 'key'")
            .fetch_one(connection)
            .await?;
        let bad = |what: String| StoreError::BadData {
            table: "search_state",
            row: "key".to_owned(),
            what,
        };
        let key = hex::decode(key).map_err(|error| bad(error.to_string()))?;
        let keyed = Hmac::new_from_slice(&key).map_err(|error| bad(error.to_string()))?;
        Ok(Self(keyed))
    }

    /// Small letters only, which every tokenizer takes for one word.
    fn hash(&self, word: &str) -> String {
        let mut keyed = self.0.clone();
        keyed.update(word.as_bytes());
        let bytes = keyed.finalize().into_bytes();
        let mut number = bytes
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let mut letters = String::with_capacity(LETTERS);
        for _ in 0..LETTERS {
            let letter = u8::try_from(number % 26).unwrap_or(0);
            letters.push(char::from(b'a' + letter));
            number /= 26;
        }
        letters
    }

    fn document(&self, forms: &Forms) -> String {
        let mut known: HashMap<&str, String> = HashMap::new();
        let mut document = String::new();
        for (number, words) in forms.iter().enumerate() {
            if number > 0 {
                document.push_str(GAP);
            }
            for word in words {
                let hash = known.entry(word).or_insert_with(|| self.hash(word));
                document.push_str(hash);
                document.push(' ');
            }
        }
        document
    }

    /// The condition that a message holds all these phrases; made of letters and signs of our own only.
    pub(super) fn condition(&self, phrases: &[&Phrase], dialect: Dialect) -> String {
        let phrases = phrases.iter().map(|phrase| {
            let words: Vec<String> = phrase.words.iter().map(|word| self.hash(word)).collect();
            match dialect {
                Dialect::Sqlite => format!("\"{}\"", words.join(" ")),
                Dialect::Postgres => format!("({})", words.join(" <-> ")),
            }
        });
        match dialect {
            Dialect::Sqlite => {
                let all = phrases.collect::<Vec<_>>().join(" AND ");
                format!("message_words MATCH '{all}'")
            }
            Dialect::Postgres => {
                let all = phrases.collect::<Vec<_>>().join(" & ");
                format!("words @@ CAST('{all}' AS tsquery)")
            }
        }
    }
}

impl Writing {
    /// Keeps the words of messages whose rows in the record are written already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_words(&mut self, messages: Vec<(EventId, Forms)>) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let asked: Vec<EventId> = messages.iter().map(|(event, _)| event.clone()).collect();
        let numbers = numbers_of(&mut self.tx, &asked).await?;
        let hasher = Hasher::of(&mut self.tx).await?;
        let cells: Vec<Vec<Cell>> = messages
            .iter()
            .filter(|(_, forms)| forms.iter().any(|words| !words.is_empty()))
            .filter_map(|(event, forms)| {
                let number = numbers.get(event)?;
                Some(vec![Cell::Int(*number), Cell::Text(hasher.document(forms))])
            })
            .collect();
        let (head, tail) = match self.dialect {
            Dialect::Sqlite => ("INSERT INTO message_words (rowid, words) VALUES", ""),
            Dialect::Postgres => (
                "INSERT INTO message_words (rowid, words) SELECT v.column1, to_tsvector('simple', v.column2) FROM (VALUES",
                ") AS v ON CONFLICT (rowid) DO NOTHING",
            ),
        };
        rows::insert(&mut self.tx, head, tail, cells).await?;
        Ok(())
    }

    /// Those of these events whose texts are not forgotten, and are not until the end of this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn still_kept(&mut self, events: &[EventId]) -> Result<HashSet<EventId>> {
        let asked: Vec<String> = events.iter().map(|id| id.as_str().to_owned()).collect();
        let lock = match self.dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR SHARE",
        };
        let found = rows::each(
            &mut self.tx,
            "SELECT event_id FROM events WHERE body IS NOT NULL AND event_id IN",
            lock,
            &asked,
        )
        .await?;
        let ids: std::result::Result<Vec<String>, _> =
            found.iter().map(|row| row.try_get("event_id")).collect();
        Ok(ids?.into_iter().map(EventId::new).collect())
    }

    /// Forgets the words of messages: they are found no more at once, and are overwritten by steps of
    /// [`sweep_words`](Self::sweep_words).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_words(&mut self, events: &[EventId]) -> Result<()> {
        let numbers = numbers_of(&mut self.tx, events).await?;
        if numbers.is_empty() {
            return Ok(());
        }
        let cells = numbers.into_values().map(Cell::Int).collect();
        rows::among(
            &mut self.tx,
            "DELETE FROM message_words WHERE rowid IN",
            "",
            cells,
        )
        .await?;
        if self.dialect == Dialect::Sqlite {
            let sql = "INSERT INTO search_state (name, value) VALUES ('sweep', 'begin')
                ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            sqlx::query(sql).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// One step of writing the index of words anew without those forgotten, which FTS5 only crosses out at first. `false`
    /// when there is nothing to do.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_words(&mut self) -> Result<bool> {
        if self.dialect == Dialect::Postgres {
            return Ok(false);
        }
        let found: Option<(String,)> =
            sqlx::query_as("SELECT value FROM search_state WHERE name = 'sweep'")
                .fetch_optional(&mut *self.tx)
                .await?;
        let Some((state,)) = found else {
            return Ok(false);
        };
        self.overwriting().await?;
        // A negative number begins the merging of all parts into one, a positive one goes on with it.
        let pages = if state == "begin" { -STEP } else { STEP };
        let before = self.changes().await?;
        sqlx::query("INSERT INTO message_words (message_words, rank) VALUES ('merge', $1)")
            .bind(pages)
            .execute(&mut *self.tx)
            .await?;
        let changes = self.changes().await? - before;
        let sql = if state != "begin" && changes < 2 {
            "DELETE FROM search_state WHERE name = 'sweep'"
        } else {
            "UPDATE search_state SET value = 'on' WHERE name = 'sweep'"
        };
        sqlx::query(sql).execute(&mut *self.tx).await?;
        Ok(true)
    }

    async fn changes(&mut self) -> Result<i64> {
        let (changes,): (i64,) = sqlx::query_as("SELECT total_changes()")
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(changes)
    }

    /// Says that all messages from this number of the record on are indexed. `false` when somebody else was quicker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn words_kept_from(&mut self, older: i64, now: i64) -> Result<bool> {
        let sql = "UPDATE search_state SET value = $1 WHERE name = 'older' AND value = $2";
        let done = sqlx::query(sql)
            .bind(now.to_string())
            .bind(older.to_string())
            .execute(&mut *self.tx)
            .await?;
        if now <= 0 {
            sqlx::query("DELETE FROM search_state WHERE name = 'older'")
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// The highest number of the record up to which messages are not indexed yet; nothing once all are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn words_missing(&self) -> Result<Option<i64>> {
        let mut connection = self.reading().await?;
        let found: Option<(String,)> =
            sqlx::query_as("SELECT value FROM search_state WHERE name = 'older'")
                .fetch_optional(&mut *connection)
                .await?;
        Ok(found.and_then(|(value,)| value.parse().ok()))
    }

    /// Whether forgotten words are still to be overwritten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn words_to_sweep(&self) -> Result<bool> {
        let mut connection = self.reading().await?;
        let found: Option<(String,)> =
            sqlx::query_as("SELECT value FROM search_state WHERE name = 'sweep'")
                .fetch_optional(&mut *connection)
                .await?;
        Ok(found.is_some())
    }

    /// Events received up to a number of the record, newest first, and the number of the last of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn received_up_to(&self, seq: i64, limit: i64) -> Result<(Vec<EventId>, i64)> {
        let sql = "SELECT seq, event_id FROM audit WHERE seq <= $1 AND action = 'received' AND COALESCE(event_id, '') <> '' AND detail LIKE '%\"kind\":\"message\"%' ORDER BY seq DESC LIMIT $2";
        let mut connection = self.reading().await?;
        let found: Vec<(i64, String)> = sqlx::query_as(sql)
            .bind(seq)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        let full = i64::try_from(found.len()).is_ok_and(|found| found == limit);
        let last = found.last().filter(|_| full).map_or(1, |(seq, _)| *seq);
        let events = found.into_iter().map(|(_, event)| EventId::new(event));
        Ok((events.collect(), last))
    }
}

/// The number of each message: that of the row which says it was received.
async fn numbers_of(
    connection: &mut AnyConnection,
    events: &[EventId],
) -> Result<HashMap<EventId, i64>> {
    let asked: BTreeSet<&str> = events.iter().map(EventId::as_str).collect();
    let asked: Vec<String> = asked.into_iter().map(str::to_owned).collect();
    let found = rows::each(
        connection,
        "SELECT event_id, seq FROM audit WHERE action = 'received' AND event_id IN",
        "",
        &asked,
    )
    .await?;
    let number = |row: &sqlx::any::AnyRow| {
        let event: String = row.try_get("event_id")?;
        Ok((EventId::new(event), row.try_get("seq")?))
    };
    found.iter().map(number).collect()
}

/// Which of these events brought a message that meets the condition.
pub(super) async fn meeting(
    connection: &mut AnyConnection,
    events: &[EventId],
    condition: &str,
) -> Result<HashSet<EventId>> {
    let numbers = numbers_of(connection, events).await?;
    let wanted: Vec<String> = numbers.values().map(ToString::to_string).collect();
    let mut met = HashSet::new();
    for chunk in wanted.chunks(500) {
        // Only numbers and hashes of our own are in it.
        let sql = format!(
            "SELECT rowid AS number FROM message_words WHERE {condition} AND rowid IN ({})",
            chunk.join(",")
        );
        let found = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut *connection)
            .await?;
        for row in &found {
            met.insert(row.try_get::<i64, _>("number")?);
        }
    }
    let met = numbers
        .into_iter()
        .filter(|(_, number)| met.contains(number));
    Ok(met.map(|(event, _)| event).collect())
}
