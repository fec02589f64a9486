//! What is kept, in SQLite or PostgreSQL: evidence, work, the record, the law. The only room with SQL.
//!
//! One set of statements serves both databases. SQLite has a single writer connection in WAL mode with
//! `synchronous=FULL` and a few readers; PostgreSQL has one pool. Every write is one transaction begun for writing.

pub mod audit;
pub mod books;
pub mod calls;
pub mod contacts;
pub mod events;
mod facts;
pub mod hits;
pub mod holds;
pub mod inbox;
pub mod jobs;
pub mod profiles;
mod rows;
mod schema;
mod sightings;
pub mod switches;

use std::path::PathBuf;
use std::time::Duration;

use sqlx::any::{Any, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{AnyPool, Connection as _, Executor, Transaction};

use crate::time::Timestamp;

use inbox::{Inbox, InboxWriter};
use schema::Dialect;

/// The first SQLite without the WAL-reset bug, in which a checkpoint racing a write can lose committed rows.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// Where things are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file; made if it is not there.
    Sqlite(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database did not do what was asked")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought to this version's tables")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("SQLite {found} has a bug that can lose data; 3.51.3 is the oldest that may be used")]
    OldSqlite { found: String },
    #[error("the writer has stopped")]
    WriterGone,
    #[error("a batch of events could not be stored: {0}")]
    Batch(String),
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
}

/// One transaction that writes. Dropped without [`commit`](Writing::commit), nothing of it happened.
#[derive(Debug)]
pub struct Writing {
    tx: Transaction<'static, Any>,
    dialect: Dialect,
}

impl Store {
    /// Opens the store and brings its tables to this version. The writer must be run for [`keep`](Store::keep) to answer.
    ///
    /// # Errors
    /// When the database cannot be reached, opened, or brought to this version.
    pub async fn open(location: &Location) -> Result<(Self, InboxWriter)> {
        sqlx::any::install_default_drivers();
        let (write, read, dialect) = match location {
            Location::Sqlite(path) => {
                let url = schema::sqlite_url(path)?;
                let write = sqlite_pool(1).connect(&url).await?;
                refuse_old_sqlite(&write).await?;
                schema::migrate(&write, Dialect::Sqlite).await?;
                (write, sqlite_pool(4).connect_lazy(&url)?, Dialect::Sqlite)
            }
            Location::Postgres(url) => {
                let pool = AnyPoolOptions::new()
                    .max_connections(10)
                    .acquire_timeout(Duration::from_secs(4))
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            // Looks with a LIMIT read the index in order, also while tables are too young to have statistics.
                            connection.execute("SET enable_bitmapscan = off").await?;
                            Ok(())
                        })
                    })
                    .connect(url)
                    .await?;
                schema::migrate(&pool, Dialect::Postgres).await?;
                (pool.clone(), pool, Dialect::Postgres)
            }
        };
        let (inbox, writer) = inbox::channel(write.clone(), dialect);
        let store = Self {
            write,
            read,
            dialect,
            inbox,
        };
        Ok((store, writer))
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// When the database cannot be reached or is busy for seconds.
    pub async fn writing(&self) -> Result<Writing> {
        Ok(Writing {
            tx: begin(&self.write, self.dialect).await?,
            dialect: self.dialect,
        })
    }

    /// Whether the store can be written to at this moment: something is written.
    ///
    /// # Errors
    /// What keeps it from being written to.
    pub async fn probe(&self, now: Timestamp) -> Result<()> {
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

    /// Closes every connection.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    async fn reading(&self) -> Result<PoolConnection<Any>> {
        Ok(self.read.acquire().await?)
    }
}

impl Writing {
    /// Makes everything since the beginning durable at once.
    ///
    /// # Errors
    /// When the database refuses; then nothing happened.
    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

/// SQLite takes its write lock at the beginning: a transaction that first reads could not get it later.
async fn begin(pool: &AnyPool, dialect: Dialect) -> Result<Transaction<'static, Any>> {
    Ok(match dialect {
        Dialect::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await?,
        Dialect::Postgres => pool.begin().await?,
    })
}

fn sqlite_pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(4))
        .idle_timeout(None)
        .max_lifetime(None)
        // After an error that made SQLite roll back by itself, as a full disk does, the connection is no longer fit to use.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection
                    .execute("PRAGMA busy_timeout = 4000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000;")
                    .await?;
                Ok(())
            })
        })
}

async fn refuse_old_sqlite(pool: &AnyPool) -> Result<()> {
    let (found,): (String,) = sqlx::query_as("SELECT sqlite_version()")
        .fetch_one(pool)
        .await?;
    let version: Vec<u32> = found
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    if version.as_slice() < OLDEST_SQLITE.as_slice() {
        return Err(StoreError::OldSqlite { found });
    }
    Ok(())
}
