//! Copies of the store: always one SQLite file, whatever the store is, made while the program runs.

mod place;
mod tables;

use std::path::Path;

use serde::Serialize;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, Connection as _};

use super::health::Health;
use super::reserve::Reserve;
use super::schema::{self, Dialect};
use super::{Location, Result, Store, StoreError, Writing, inbox, sqlite};
use crate::time::Timestamp;
use place::Beside;

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// The newest step its tables were brought to.
    pub step: i64,
    /// How many rows each table has.
    pub rows: Vec<(String, i64)>,
}

impl Contents {
    /// Whether its tables are those of this version.
    #[must_use]
    pub fn is_of_this_version(&self) -> bool {
        self.step == schema::newest()
    }
}

/// A copy of a copy, brought to this version's tables and not yet in its place. Dropped, it is gone.
#[derive(Debug)]
pub struct Unpacked {
    pub store: Store,
    file: Beside,
    to: Location,
}

impl Store {
    /// Copies everything as it is at one moment into a new file. It is there whole or not at all.
    ///
    /// # Errors
    /// When the file is there already or cannot be written, or the database fails.
    pub async fn back_up(&self, to: &Path) -> Result<()> {
        let beside = Beside::of(to)?;
        match self.dialect {
            Dialect::Sqlite => {
                let mut connection = self.reading().await?;
                sqlx::query("VACUUM INTO $1")
                    .bind(beside.text()?)
                    .execute(&mut *connection)
                    .await?;
            }
            Dialect::Postgres => self.copy_from_postgres(beside.path()).await?,
        }
        look_through(beside.path()).await?;
        beside.put(to)
    }

    /// One transaction that sees one moment.
    async fn copy_from_postgres(&self, to: &Path) -> Result<()> {
        let mut copy = AnyConnection::connect(&schema::sqlite_url(to)?).await?;
        schema::migrate(&mut copy, Dialect::Sqlite).await?;
        let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut from = self.read.begin_with(begin).await?;
        tables::copy_all(&mut from, &mut copy).await?;
        from.rollback().await?;
        copy.close().await?;
        Ok(())
    }

    /// Reads a copy from end to end.
    ///
    /// # Errors
    /// When it is not there, or damaged.
    pub async fn read_through(path: &Path) -> Result<()> {
        sqlx::any::install_default_drivers();
        if !path.is_file() {
            return Err(unusable(format!("there is no file {}", path.display())));
        }
        look_through(path).await
    }

    /// Opens a copy that was read through, to look at what it holds. Nothing is written, nor anything beside it.
    ///
    /// # Errors
    /// When it is no copy of a store, or made by a newer version.
    pub async fn open_copy(path: &Path) -> Result<(Self, Contents)> {
        let pool = AnyPoolOptions::new().max_connections(2);
        let pool = pool.connect_lazy(&read_only(path)?)?;
        let mut connection = pool.acquire().await?;
        let step = match schema::step_of(&mut connection).await {
            Err(StoreError::Database(_)) => {
                let what = format!("{} is no backup of a bouncer's store", path.display());
                return Err(unusable(what));
            }
            step => step?,
        };
        let rows = tables::counts(&mut connection).await?;
        drop(connection);
        let health = Health::new(Reserve::default());
        let (inbox, _) = inbox::channel(pool.clone(), Dialect::Sqlite, health.clone());
        let store = Self {
            write: pool.clone(),
            read: pool,
            dialect: Dialect::Sqlite,
            inbox,
            health,
        };
        Ok((store, Contents { step, rows }))
    }

    /// Makes a copy of a copy for a place where nothing is yet, and brings it to this version's tables.
    ///
    /// # Errors
    /// When there is a store at that place already, the copy cannot be used, or the database fails.
    pub async fn unpack(from: &Path, to: &Location) -> Result<Unpacked> {
        sqlx::any::install_default_drivers();
        let file = match to {
            Location::Sqlite(path) => {
                let log = sqlite::beside(path, "-wal");
                if let Some(there) = [path, &log].into_iter().find(|path| path.exists()) {
                    return Err(taken(&format!("{} is there", there.display())));
                }
                Beside::of(path)?
            }
            Location::Postgres(url) => {
                refuse_used(url).await?;
                Beside::somewhere()?
            }
        };
        file.fill(from)?;
        let (store, _) = Self::open(&Location::Sqlite(file.path().to_owned())).await?;
        Ok(Unpacked {
            store,
            file,
            to: to.clone(),
        })
    }
}

impl Unpacked {
    /// Puts it in its place.
    ///
    /// # Errors
    /// When something has come to be there meanwhile, or the database fails.
    pub async fn put(self) -> Result<()> {
        // Its log is brought into it.
        self.store.close().await;
        match &self.to {
            Location::Sqlite(path) => self.file.put(path),
            Location::Postgres(url) => fill_postgres(self.file.path(), url).await,
        }
    }
}

impl Writing {
    /// Makes the next start one after an absence since a moment: who was unblocked since is looked for first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_absent_since(&mut self, at: Timestamp) -> Result<()> {
        sqlx::query("UPDATE presence SET at = $1 WHERE name = 'last' AND at > $1")
            .bind(at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

async fn refuse_used(url: &str) -> Result<()> {
    let mut server = AnyConnection::connect(url).await?;
    let there =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()";
    let (tables,): (i64,) = sqlx::query_as(there).fetch_one(&mut server).await?;
    server.close().await?;
    if tables > 0 {
        return Err(taken(&format!("the database has {tables} tables")));
    }
    Ok(())
}

async fn fill_postgres(from: &Path, url: &str) -> Result<()> {
    let mut copy = AnyConnection::connect(&schema::sqlite_url(from)?).await?;
    let mut server = AnyConnection::connect(url).await?;
    schema::migrate(&mut server, Dialect::Postgres).await?;
    tables::copy_all(&mut copy, &mut server).await?;
    copy.close().await?;
    server.close().await?;
    Ok(())
}

/// Reads a file through. Not by a pool, which would try a file that cannot be read again and again.
async fn look_through(path: &Path) -> Result<()> {
    let what = match integrity(&read_only(path)?).await {
        Ok(found) if found == "ok" => return Ok(()),
        Ok(found) => found,
        Err(error) => error.to_string(),
    };
    Err(unusable(format!(
        "{} is damaged or no backup: {what}",
        path.display()
    )))
}

async fn integrity(url: &str) -> std::result::Result<String, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    let (found,) = sqlx::query_as("PRAGMA integrity_check(1)")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(found)
}

/// For a file that nobody changes meanwhile.
fn read_only(path: &Path) -> Result<String> {
    Ok(schema::sqlite_url(path)?.replace("mode=rwc", "mode=ro&immutable=true"))
}

fn unusable(what: String) -> StoreError {
    StoreError::Backup(what)
}

fn taken(what: &str) -> StoreError {
    unusable(format!(
        "{what}: a backup is never put over a store. Move the old one away, or name an empty data folder (BOUNCER_DATA_DIR) or database (BOUNCER_DATABASE_URL)"
    ))
}
