//! The way in: an event is stored and synced before the sender is answered.
//!
//! One writer commits everything that has queued up since its last commit, so that many senders share one sync.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};
use tokio::sync::{mpsc, oneshot};

use super::health::Health;
use super::rows::{self, Cell};
use super::schema::Dialect;
use super::sealing::Held;
use super::{Result, Store, StoreError, Writing};
use crate::message::EventId;
use crate::seal::Key;
use crate::time::Timestamp;

/// Most events in one commit.
const BATCH: usize = 512;
/// Longest wait for one commit; after it nothing is certain, and the senders are told so.
const PATIENCE: Duration = Duration::from_secs(4);
/// Most events waiting for the writer; beyond it senders wait their turn.
const QUEUE: usize = 4096;
/// How long one key serves what comes in, in milliseconds: it is destroyed once nothing under it waits any more.
const KEY_SERVES: i64 = 3_600_000;

const NEXT: &str = "SELECT i.event_id, i.received_at, i.body, i.key_id, k.secret FROM inbox i LEFT JOIN seal_keys k ON k.key_id = i.key_id ORDER BY i.event_id LIMIT $1";

/// One verified delivery: the event's id and the bytes as they were sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    pub event: EventId,
    pub received_at: Timestamp,
    pub body: Bytes,
}

/// What somebody wrote is not shown.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("event", &self.event)
            .field("received_at", &self.received_at)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

type Waiting = (Delivery, oneshot::Sender<std::result::Result<(), String>>);

#[derive(Debug, Clone)]
pub(super) struct Inbox {
    queue: mpsc::Sender<Waiting>,
    /// Senders that wait for an answer.
    waiting: Arc<AtomicUsize>,
}

/// Commits what [`Store::keep`] hands over; somebody must run it.
#[derive(Debug)]
pub struct InboxWriter {
    queue: mpsc::Receiver<Waiting>,
    pool: AnyPool,
    dialect: Dialect,
    health: Health,
    serving: Option<Serving>,
}

/// The key under which this program's deliveries wait.
#[derive(Debug)]
struct Serving {
    held: Held,
    owner: String,
    since: Timestamp,
}

pub(super) fn channel(pool: AnyPool, dialect: Dialect, health: Health) -> (Inbox, InboxWriter) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let writer = InboxWriter {
        queue: receiver,
        pool,
        dialect,
        health,
        serving: None,
    };
    let inbox = Inbox {
        queue: sender,
        waiting: Arc::default(),
    };
    (inbox, writer)
}

impl Store {
    /// Stores a delivery. When this returns, it is on disk. A repeat of an event that waits is taken as stored.
    ///
    /// # Errors
    /// When it is not certain that the event is on disk.
    pub async fn keep(&self, delivery: Delivery) -> Result<()> {
        let _waiting = Counted::among(&self.inbox.waiting);
        let (done, answer) = oneshot::channel();
        self.inbox
            .queue
            .send((delivery, done))
            .await
            .map_err(|_| StoreError::WriterGone)?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(what)) => Err(StoreError::Batch(what)),
            Err(_) => Err(StoreError::WriterGone),
        }
    }

    /// What [`take_inbox`](Writing::take_inbox) is about to give, to be read and understood before SQLite's only writer is
    /// taken; nothing with PostgreSQL, whose writers do not wait for each other.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn inbox_ahead(&self, limit: i64) -> Result<Option<Vec<Delivery>>> {
        if self.dialect == Dialect::Postgres {
            return Ok(None);
        }
        let mut connection = self.reading().await?;
        let found = sqlx::query(NEXT)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        Ok(Some(found.iter().map(delivery_of).collect::<Result<_>>()?))
    }

    /// How many senders wait for their delivery to be stored.
    #[must_use]
    pub fn senders_waiting(&self) -> usize {
        self.inbox.waiting.load(Ordering::Relaxed)
    }
}

/// Counts for as long as it lives, also when its future is given up.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn among(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl InboxWriter {
    /// Writes until every [`Store`] is gone. `stored` is called after each commit with the number of events in it.
    pub async fn run(mut self, stored: impl Fn(usize)) {
        let mut batch: Vec<Waiting> = Vec::with_capacity(BATCH);
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            // Who has given up was told to come back: storing it now would only keep others waiting.
            batch.retain(|(_, done)| !done.is_closed());
            if batch.is_empty() {
                continue;
            }
            // In one order everywhere, so that two replicas cannot wait for each other.
            batch.sort_unstable_by(|(a, _), (b, _)| a.event.cmp(&b.event));
            let outcome = match tokio::time::timeout(PATIENCE, self.commit(&batch)).await {
                Ok(done) => done.map_err(|error| {
                    self.health.saw(&error);
                    format!("{:#}", anyhow::Error::from(error))
                }),
                Err(_) => Err("the database does not answer".to_owned()),
            };
            if outcome.is_ok() {
                stored(batch.len());
            }
            for (_, done) in batch.drain(..) {
                // A sender that has given up is no longer there to hear it.
                let _ = done.send(outcome.clone());
            }
        }
    }

    async fn commit(&mut self, batch: &[Waiting]) -> Result<()> {
        if self.health.reserve.is_used() {
            return Err(StoreError::Full);
        }
        let now = batch.iter().map(|(delivery, _)| delivery.received_at).max();
        let serving = self.serving.take().filter(|serving| serving.serves(now));
        // What most often serves is sealed before the only writer is taken.
        let ready = serving.as_ref().map(|serving| sealed(batch, &serving.held));
        let mut tx = Writing::begin_apart(&self.pool, self.dialect, &self.health).await?;
        let (serving, rows) = match (serving, ready) {
            (Some(serving), Some(rows)) if tx.still_serves(&serving).await? => (serving, rows?),
            _ => {
                let serving = tx
                    .make_serving(now.unwrap_or(Timestamp::from_millis(0)))
                    .await?;
                let rows = sealed(batch, &serving.held)?;
                (serving, rows)
            }
        };
        rows::insert(
            &mut tx.tx,
            "INSERT INTO inbox (event_id, received_at, body, key_id) VALUES",
            "ON CONFLICT (event_id) DO NOTHING",
            rows,
        )
        .await?;
        tx.commit().await?;
        self.serving = Some(serving);
        Ok(())
    }
}

impl Serving {
    fn serves(&self, at: Option<Timestamp>) -> bool {
        let at = at.map_or(0, Timestamp::millis);
        (0..KEY_SERVES).contains(&(at - self.since.millis()))
    }
}

fn sealed(batch: &[Waiting], held: &Held) -> Result<Vec<Vec<Cell>>> {
    let row = |(delivery, _): &Waiting| {
        let body = held.key.seal(&bound_to(&delivery.event), &delivery.body)?;
        Ok(vec![
            Cell::Text(delivery.event.as_str().to_owned()),
            Cell::Int(delivery.received_at.millis()),
            Cell::Bytes(body),
            Cell::Int(held.id),
        ])
    };
    batch.iter().map(row).collect()
}

/// What a body that waits is bound to.
fn bound_to(event: &EventId) -> String {
    format!("inbox {event}")
}

impl Writing {
    /// Whether a key is neither called in nor destroyed. It stays so until this transaction ends.
    async fn still_serves(&mut self, serving: &Serving) -> Result<bool> {
        let sql = match self.dialect {
            Dialect::Sqlite => "SELECT 1 FROM seal_keys WHERE key_id = $1 AND owner = $2",
            Dialect::Postgres => {
                "SELECT 1 FROM seal_keys WHERE key_id = $1 AND owner = $2 FOR KEY SHARE"
            }
        };
        let found = sqlx::query(sql)
            .bind(serving.held.id)
            .bind(serving.owner.as_str())
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(found.is_some())
    }

    async fn make_serving(&mut self, now: Timestamp) -> Result<Serving> {
        let (key, owner) = (Key::random()?, format!("inbox:{}", uuid::Uuid::now_v7()));
        let sql =
            "INSERT INTO seal_keys (owner, secret, made_at) VALUES ($1, $2, $3) RETURNING key_id";
        let (id,): (i64,) = sqlx::query_as(sql)
            .bind(owner.as_str())
            .bind(key.bytes().to_vec())
            .bind(now.millis())
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(Serving {
            held: Held { id, key },
            owner,
            since: now,
        })
    }

    /// Calls in what the inbox is under and was made before a moment: what comes in from now on is under another key. The row keeps
    /// its length, so that it is overwritten where it stands.
    pub(super) async fn call_in_inbox_keys(&mut self, before: Timestamp) -> Result<()> {
        let sql = "UPDATE seal_keys SET owner = 'spent:' || substr(owner, 7) WHERE owner >= 'inbox:' AND owner < 'inbox;' AND made_at < $1";
        sqlx::query(sql)
            .bind(before.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The numbers of the keys that were called in and under which nothing waits any more.
    pub(super) async fn spent_inbox_keys(&mut self) -> Result<Vec<i64>> {
        let sql = "SELECT key_id FROM seal_keys WHERE owner >= 'spent:' AND owner < 'spent;' AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.key_id = seal_keys.key_id)";
        let found: Vec<(i64,)> = sqlx::query_as(sql).fetch_all(&mut *self.tx).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }
}

impl Writing {
    /// Takes up to `limit` deliveries out of the inbox, oldest ids first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_inbox(&mut self, limit: i64) -> Result<Vec<Delivery>> {
        let sql = match self.dialect {
            Dialect::Sqlite => NEXT.to_owned(),
            Dialect::Postgres => format!("{NEXT} FOR UPDATE OF i SKIP LOCKED"),
        };
        // Only fixed texts are in it.
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await?;
        let mut from_before = false;
        for row in &found {
            from_before |= row.try_get::<Option<i64>, _>("key_id")?.is_none();
        }
        if from_before {
            // It stands there as it was sent, from before bodies were put under lock.
            self.overwriting().await?;
        }
        let deliveries = found.iter().map(delivery_of).collect::<Result<Vec<_>>>()?;
        let ids: Vec<String> = deliveries
            .iter()
            .map(|delivery| delivery.event.as_str().to_owned())
            .collect();
        rows::each(
            &mut self.tx,
            "DELETE FROM inbox WHERE event_id IN",
            "",
            &ids,
        )
        .await?;
        Ok(deliveries)
    }
}

fn delivery_of(row: &AnyRow) -> Result<Delivery> {
    let event = EventId::new(row.try_get::<String, _>("event_id")?);
    let body: Vec<u8> = row.try_get("body")?;
    let body = if row.try_get::<Option<i64>, _>("key_id")?.is_some() {
        let secret = row.try_get::<Option<Vec<u8>>, _>("secret")?;
        let opened =
            secret.and_then(|secret| Key::from_bytes(&secret)?.open(&bound_to(&event), &body));
        opened.ok_or_else(|| StoreError::BadData {
            table: "inbox",
            row: event.to_string(),
            what: "the body cannot be opened with its key".to_owned(),
        })?
    } else {
        body
    };
    Ok(Delivery {
        event,
        received_at: Timestamp::from_millis(row.try_get("received_at")?),
        body: Bytes::from(body),
    })
}
