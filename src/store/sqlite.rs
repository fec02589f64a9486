//! A SQLite file: how it is opened, looked over and made whole before anybody relies on it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor as _};

use super::{Result, StoreError, schema};

/// The first SQLite without the WAL-reset bug, in which a checkpoint racing a write can lose committed rows.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];
/// Files up to this size are read through at every start.
const LOOKED_OVER: u64 = 64 * 1024 * 1024;
/// After a program that died, files up to this size are: a few seconds.
const LOOKED_OVER_AFTER_A_DEATH: u64 = 1024 * 1024 * 1024;

/// For how long a transaction of another program is waited for; the same stands in the settings.
const WAITS: &str = "PRAGMA busy_timeout = 4000";
const SETTINGS: &str = "PRAGMA busy_timeout = 4000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 33554432; PRAGMA cache_size = -8000;";

/// How much is done before the file is relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// For a question or an order beside a program that runs.
    Little,
    /// For the program that answers senders: it alone works on the file.
    Full,
}

/// Opens the file with one connection that writes, and a pool of those that read.
pub(super) async fn open(path: &Path, care: Care) -> Result<(AnyPool, AnyPool)> {
    let log = beside(path, "-wal");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    let died = size(&log) > 0;
    if died && size(path) == 0 {
        // SQLite would throw the log away and begin anew.
        return Err(damaged(
            path,
            "it is empty or gone, while its log beside it is not",
        ));
    }
    let most = if died {
        LOOKED_OVER_AFTER_A_DEATH
    } else {
        LOOKED_OVER
    };
    let look = care == Care::Full && size(path) <= most;
    match connect(path, care, look).await {
        Err(error) if error.is_damage() => {
            Err(damaged(path, &format!("{:#}", anyhow::Error::from(error))))
        }
        done => done,
    }
}

/// A file of SQLite's own beside the database, such as `-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

async fn connect(path: &Path, care: Care, look: bool) -> Result<(AnyPool, AnyPool)> {
    let url = schema::sqlite_url(path)?;
    // Not by the pool, which would try a file that cannot be read again and again. It is closed once others are open: the last
    // one to be closed would write.
    let mut first = AnyConnection::connect(&url).await?;
    if let Err(error) = look_over(&mut first, path, look).await {
        std::mem::forget(first);
        return Err(error);
    }
    let write = pool(1).connect(&url).await?;
    first.close().await?;
    refuse_old(&write).await?;
    schema::migrate(&mut *write.acquire().await?, schema::Dialect::Sqlite).await?;
    if care == Care::Full {
        sync_names(path)?;
    }
    Ok((write, pool(4).connect_lazy(&url)?))
}

async fn look_over(connection: &mut AnyConnection, path: &Path, through: bool) -> Result<()> {
    connection.execute("PRAGMA schema_version").await?;
    if through {
        let (found,): (String,) = sqlx::query_as("PRAGMA quick_check(1)")
            .fetch_one(&mut *connection)
            .await?;
        if found != "ok" {
            return Err(damaged(path, &found));
        }
    }
    connection.execute(SETTINGS).await?;
    Ok(())
}

/// Brings the log into the file and syncs it. What a program that died, or was told that a sync had failed, left in the log may
/// be read without ever having reached the disk: a repeat of it would be taken as stored.
pub(super) async fn make_whole(write: &AnyPool) -> Result<()> {
    let (busy, log, done) = checkpoint(&mut *write.acquire().await?).await?;
    if busy == 0 || log == done {
        return Ok(());
    }
    Err(StoreError::Busy)
}

/// Brings the log into the file and empties it. `false` when somebody still reads from it: that is not waited for, as nobody
/// could write meanwhile.
pub(super) async fn empty_log(connection: &mut AnyConnection) -> Result<bool> {
    sqlx::query("PRAGMA busy_timeout = 0")
        .execute(&mut *connection)
        .await?;
    let done = checkpoint(connection).await;
    sqlx::query(WAITS).execute(&mut *connection).await?;
    let (busy, ..) = done?;
    Ok(busy == 0)
}

async fn checkpoint(connection: &mut AnyConnection) -> Result<(i64, i64, i64)> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    Ok(sqlx::query_as(sql).fetch_one(connection).await?)
}

/// A file's name is durable once its folder is synced.
fn sync_names(path: &Path) -> Result<()> {
    let folders = path.ancestors().skip(1).take(2);
    for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        match synced {
            // Not ours to read, so not ours to have been made.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
            done => done.map_err(|error| StoreError::Database(sqlx::Error::Io(error)))?,
        }
    }
    Ok(())
}

fn damaged(path: &Path, what: &str) -> StoreError {
    StoreError::Damaged {
        path: path.to_path_buf(),
        what: what.to_owned(),
    }
}

fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(4))
        .idle_timeout(None)
        .max_lifetime(None)
        // After an error that made SQLite roll back by itself, as a full disk does, the connection is no longer fit to use.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(SETTINGS).await?;
                Ok(())
            })
        })
}

async fn refuse_old(pool: &AnyPool) -> Result<()> {
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
