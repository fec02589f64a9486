//! What is kept, in SQLite or PostgreSQL: evidence, work, the record, the law. The only room with SQL.
//!
//! One set of statements serves both databases. SQLite has a single writer connection in WAL mode with
//! `synchronous=FULL` and a few readers; PostgreSQL has one pool. Every write is one transaction begun for writing.

pub mod alerts;
pub mod audit;
pub mod backup;
pub mod book_hits;
pub mod books;
pub mod brakes;
pub mod calls;
pub mod causes;
pub mod confirmations;
pub mod contacts;
pub mod differences;
pub mod erasures;
pub mod events;
mod facts;
pub mod forgetting;
mod health;
pub mod hits;
pub mod holds;
pub mod inbox;
pub mod jobs;
pub mod ledger;
pub mod legal_holds;
mod postgres;
mod postings;
pub mod presence;
pub mod profiles;
pub mod record;
pub mod redactions;
mod reserve;
pub mod retention;
mod rows;
pub mod saved;
mod schema;
pub mod sealing;
pub mod search;
mod senders;
mod sent;
mod sightings;
mod sqlite;
pub mod switches;
pub mod undos;
pub mod watched;
pub mod words;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use sqlx::any::Any;
use sqlx::pool::PoolConnection;
use sqlx::{AnyPool, Transaction};

use crate::time::Timestamp;

use health::Health;
use inbox::{Inbox, InboxWriter};
use reserve::Reserve;
use schema::Dialect;
use sqlite::Care;

/// Where things are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file; made if it is not there.
    Sqlite(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

/// The address may hold a password.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(hidden)"),
        }
    }
}

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database did not do what was asked")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought to this version's tables")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error(
        "the data was written by a newer version of bouncer: its tables are at step {number}, and this version knows the steps up to {known}. Install that version again, or restore a backup made before it. Nothing was changed"
    )]
    Newer { number: i64, known: i64 },
    #[error("{0}")]
    Backup(String),
    #[error("SQLite {found} has a bug that can lose data; 3.51.3 is the oldest that may be used")]
    OldSqlite { found: String },
    #[error(
        "the database file {path} is damaged: {what}. Nothing was changed. Copy it and the files beside it (-wal) away first; then either put the newest backup in its place, or salvage what can be read with `sqlite3 {path} .recover | sqlite3 salvaged.db` and put that in its place, or move it aside to begin with an empty record: events that were not judged yet would be lost with it"
    )]
    Damaged { path: PathBuf, what: String },
    #[error(
        "another program holds the database, so its log could not be brought into it; end that program and start again"
    )]
    Busy,
    #[error("nothing is written any more: {0}")]
    Failed(String),
    #[error("the disk is full: what room is left is kept for what people order")]
    Full,
    #[error("the writer has stopped")]
    WriterGone,
    #[error("a batch of events could not be stored: {0}")]
    Batch(String),
    #[error(transparent)]
    NoRandomness(#[from] crate::seal::NoRandomness),
    #[error("{table} {row}: {what}")]
    BadData {
        table: &'static str,
        row: String,
        what: String,
    },
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    write: AnyPool,
    read: AnyPool,
    dialect: Dialect,
    inbox: Inbox,
    health: Health,
}

/// One transaction that writes. Dropped without [`commit`](Writing::commit), nothing of it happened.
#[derive(Debug)]
pub struct Writing {
    tx: Transaction<'static, Any>,
    dialect: Dialect,
    health: Health,
}

impl Store {
    /// Opens the store for a question or an order and brings its tables to this version. The writer must be run for
    /// [`keep`](Store::keep) to answer.
    ///
    /// # Errors
    /// When the database cannot be reached, opened, or brought to this version.
    pub async fn open(location: &Location) -> Result<(Self, InboxWriter)> {
        Self::open_with(location, Care::Little).await
    }

    /// Opens the store for the program that answers senders: a SQLite file is looked over and made whole, and `reserve` bytes
    /// of its disk are set aside for people's orders.
    ///
    /// # Errors
    /// As [`open`](Store::open), and when the file is damaged.
    pub async fn open_to_run(location: &Location, reserve: u64) -> Result<(Self, InboxWriter)> {
        let (store, writer) = Self::open_with(location, Care::Full).await?;
        store.health.reserve.keep(reserve);
        match store.make_whole().await {
            // It is made whole before the first delivery is taken: when there is room.
            Err(error) if error.is_full() => {
                store.saw(&error);
                if !store.is_tight() {
                    return Err(error);
                }
            }
            done => done?,
        }
        Ok((store, writer))
    }

    async fn open_with(location: &Location, care: Care) -> Result<(Self, InboxWriter)> {
        sqlx::any::install_default_drivers();
        let (write, read, dialect, reserve) = match location {
            Location::Sqlite(path) => {
                let reserve = Reserve::beside(path);
                let (write, read) = match sqlite::open(path, care).await {
                    Err(error) if error.is_full() => {
                        reserve.give_up();
                        sqlite::open(path, care).await?
                    }
                    done => done?,
                };
                (write, read, Dialect::Sqlite, reserve)
            }
            Location::Postgres(url) => {
                let pool = postgres::open(url).await?;
                schema::migrate(&mut *pool.acquire().await?, Dialect::Postgres).await?;
                (pool.clone(), pool, Dialect::Postgres, Reserve::default())
            }
        };
        let health = Health::new(reserve);
        let (inbox, writer) = inbox::channel(write.clone(), dialect, health.clone());
        let store = Self {
            write,
            read,
            dialect,
            inbox,
            health,
        };
        Ok((store, writer))
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// When the database cannot be reached or is busy for seconds.
    pub async fn writing(&self) -> Result<Writing> {
        Writing::begin(&self.write, self.dialect, &self.health).await
    }

    /// Whether the store can be written to at this moment: something is written.
    ///
    /// # Errors
    /// What keeps it from being written to.
    pub async fn probe(&self, now: Timestamp) -> Result<()> {
        if self.is_tight() {
            return Err(StoreError::Full);
        }
        let mut tx = self.writing().await?;
        tx.note_probe(now).await?;
        tx.commit().await
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.dialect {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
        }
    }

    /// How the database is set to keep what it was told, in its own words.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn durability(&self) -> Result<String> {
        Ok(match self.dialect {
            Dialect::Sqlite => {
                let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode")
                    .fetch_one(&self.write)
                    .await?;
                let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous")
                    .fetch_one(&self.write)
                    .await?;
                format!("{journal}, synchronous={synchronous}")
            }
            Dialect::Postgres => {
                let sql = "SELECT current_setting('fsync'), current_setting('synchronous_commit')";
                let (fsync, commit): (String, String) =
                    sqlx::query_as(sql).fetch_one(&self.write).await?;
                format!("fsync={fsync}, synchronous_commit={commit}")
            }
        })
    }

    /// What lets the database lose what it has confirmed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn doubts(&self) -> Result<Vec<String>> {
        match self.dialect {
            Dialect::Sqlite => Ok(Vec::new()),
            Dialect::Postgres => postgres::doubts(&self.write).await,
        }
    }

    /// Takes deliveries again if the disk was full and has room again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look_for_room(&self) -> Result<()> {
        let reserve = &self.health.reserve;
        if !self.is_tight() || !reserve.is_affordable() {
            return Ok(());
        }
        let done = self.make_whole().await;
        if done.is_ok() {
            reserve.put_back();
        } else {
            reserve.let_go();
        }
        done
    }

    async fn make_whole(&self) -> Result<()> {
        match self.dialect {
            Dialect::Sqlite => sqlite::make_whole(&self.write).await,
            Dialect::Postgres => Ok(()),
        }
    }

    /// Closes every connection. A store that has failed is left as it is: closing it would write.
    pub async fn close(&self) {
        if self.has_failed() {
            std::mem::forget(self.clone());
            return;
        }
        self.read.close().await;
        self.write.close().await;
    }

    async fn reading(&self) -> Result<PoolConnection<Any>> {
        Ok(self.read.acquire().await?)
    }
}

impl Writing {
    /// SQLite takes its write lock at the beginning: a transaction that first reads could not get it later.
    async fn begin(pool: &AnyPool, dialect: Dialect, health: &Health) -> Result<Self> {
        Self::begin_with(record::RECORDING, pool, dialect, health).await
    }

    /// As [`begin`](Self::begin), for who adds nothing to the record: nobody who numbers its rows is waited for.
    async fn begin_apart(pool: &AnyPool, dialect: Dialect, health: &Health) -> Result<Self> {
        Self::begin_with("BEGIN", pool, dialect, health).await
    }

    async fn begin_with(
        on_postgres: &'static str,
        pool: &AnyPool,
        dialect: Dialect,
        health: &Health,
    ) -> Result<Self> {
        health.refuse_failed()?;
        let begun = match dialect {
            Dialect::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await,
            Dialect::Postgres => pool.begin_with(on_postgres).await,
        };
        let mut begun = Self {
            tx: begun?,
            dialect,
            health: health.clone(),
        };
        // The commit before on this very connection may have failed: what comes after it would not be on disk either.
        drop(health.committing(dialect).await);
        health.refuse_failed()?;
        if health.overwrites.swap(false, Ordering::Relaxed) {
            // It costs writing, and what is received and filed has no need of it: it goes with its key.
            sqlx::query("PRAGMA secure_delete = OFF")
                .execute(&mut *begun.tx)
                .await?;
        }
        Ok(begun)
    }

    /// Makes everything since the beginning durable at once.
    ///
    /// # Errors
    /// When the database refuses; then nothing happened.
    pub async fn commit(self) -> Result<()> {
        let (health, committing) = (self.health.clone(), self.health.clone());
        let committing = committing.committing(self.dialect).await;
        let done = self.tx.commit().await.map_err(StoreError::from);
        if let Err(error) = &done {
            health.saw(error);
        }
        drop(committing);
        done
    }
}
