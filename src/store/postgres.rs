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
