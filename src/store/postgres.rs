//! A PostgreSQL server: how it is spoken to, and whether it keeps what it was told.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Executor as _};

use super::Result;

/// After so long in which a transaction does nothing the server ends it: a replica that stands still in the middle of one would
/// otherwise keep all others from dealing with contacts.
const MOST_IDLE: &str = "SET idle_in_transaction_session_timeout = '10s'";

/// Opens connections that wait for the disk at each commit, whatever the server's or the user's default is.
pub(super) async fn open(url: &str) -> Result<AnyPool> {
    let pool = AnyPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(4))
        .after_connect(|connection, _| {
            Box::pin(async move {
                // Looks with a LIMIT read the index in order, also while tables are too young to have statistics.
                connection.execute("SET enable_bitmapscan = off").await?;
                connection.execute(MOST_IDLE).await?;
                // `remote_apply` waits for more than `on`.
                connection
                    .execute("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'")
                    .await?;
                Ok(())
            })
        })
        .connect(url)
        .await?;
    Ok(pool)
}

/// What lets it lose a commit it has confirmed.
pub(super) async fn doubts(pool: &AnyPool) -> Result<Vec<String>> {
    let sql = "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')";
    let (fsync, pages, commit): (String, String, String) =
        sqlx::query_as(sql).fetch_one(pool).await?;
    let mut doubts = Vec::new();
    for (name, value) in [("fsync", fsync), ("full_page_writes", pages)] {
        if value != "on" {
            doubts.push(format!("{name}={value}"));
        }
    }
    if !matches!(commit.as_str(), "on" | "remote_apply") {
        doubts.push(format!("synchronous_commit={commit}"));
    }
    Ok(doubts)
}

/// How often it is looked whether everybody has finished who may still see what was removed, and how long is waited between.
const LOOKS: u32 = 60;
/// What PostgreSQL says when a lock was not had in time.
pub(super) const LOCK_NOT_HAD: &str = "55P03";
const BETWEEN: Duration = Duration::from_millis(50);

/// `false` when the table is not to be had at once: whoever waits for it alone keeps all others waiting.
async fn vacuum(pool: &AnyPool) -> Result<bool> {
    let mut connection = pool.acquire().await?;
    connection.execute("SET lock_timeout = '500ms'").await?;
    let done = connection.execute("VACUUM FULL seal_keys").await;
    connection.execute("RESET lock_timeout").await?;
    match done {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(LOCK_NOT_HAD) => {
            Ok(false)
        }
        done => {
            done?;
            Ok(true)
        }
    }
}

/// Writes the table of keys anew, without what was removed from it. What any transaction may still see would be copied, so those
/// that began before must end first, in whatever database of the server. `false` when some go on for long.
pub(super) async fn rewrite_keys(pool: &AnyPool) -> Result<bool> {
    let (mark,): (String,) = sqlx::query_as("SELECT pg_current_xact_id()::text")
        .fetch_one(pool)
        .await?;
    let sql = "SELECT ((CASE WHEN pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8 THEN 0 ELSE 1 END)
        + (SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) >= age($1::text::xid8::xid)))::bigint";
    for _ in 0..LOOKS {
        let (older,): (i64,) = sqlx::query_as(sql)
            .bind(mark.as_str())
            .fetch_one(pool)
            .await?;
        if older == 0 {
            return vacuum(pool).await;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(false)
}
