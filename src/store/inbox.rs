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
use super::{Result, Store, StoreError, Writing};
use crate::message::EventId;
use crate::time::Timestamp;

/// Most events in one commit.
const BATCH: usize = 512;
/// Longest wait for one commit; after it nothing is certain, and the senders are told so.
const PATIENCE: Duration = Duration::from_secs(4);
/// Most events waiting for the writer; beyond it senders wait their turn.
const QUEUE: usize = 4096;

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
}

pub(super) fn channel(pool: AnyPool, dialect: Dialect, health: Health) -> (Inbox, InboxWriter) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let writer = InboxWriter {
        queue: receiver,
        pool,
        dialect,
        health,
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
        let sql = "SELECT event_id, received_at, body FROM inbox ORDER BY event_id LIMIT $1";
        let found = sqlx::query(sql)
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

    async fn commit(&self, batch: &[Waiting]) -> Result<()> {
        let rows = batch
            .iter()
            .map(|(delivery, _)| {
                vec![
                    Cell::Text(delivery.event.as_str().to_owned()),
                    Cell::Int(delivery.received_at.millis()),
                    Cell::Bytes(delivery.body.to_vec()),
                ]
            })
            .collect();
        if self.health.reserve.is_used() {
            return Err(StoreError::Full);
        }
        let mut tx = Writing::begin(&self.pool, self.dialect, &self.health).await?;
        rows::insert(
            &mut tx.tx,
            "INSERT INTO inbox (event_id, received_at, body) VALUES",
            "ON CONFLICT (event_id) DO NOTHING",
            rows,
        )
        .await?;
        tx.commit().await
    }
}

impl Writing {
    /// Takes up to `limit` deliveries out of the inbox, oldest ids first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_inbox(&mut self, limit: i64) -> Result<Vec<Delivery>> {
        let sql = match self.dialect {
            Dialect::Sqlite => {
                "SELECT event_id, received_at, body FROM inbox ORDER BY event_id LIMIT $1"
            }
            Dialect::Postgres => {
                "SELECT event_id, received_at, body FROM inbox ORDER BY event_id LIMIT $1 FOR UPDATE SKIP LOCKED"
            }
        };
        let found = sqlx::query(sql)
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await?;
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
    Ok(Delivery {
        event: EventId::new(row.try_get::<String, _>("event_id")?),
        received_at: Timestamp::from_millis(row.try_get("received_at")?),
        body: Bytes::from(row.try_get::<Vec<u8>, _>("body")?),
    })
}
