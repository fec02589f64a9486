//! The law: the text of every rulebook that was ever in force, by digest.

use super::{Result, Store, Writing};
use crate::decision::Digest;
use crate::time::Timestamp;

impl Writing {
    /// Lets one replica at a time look what is recorded of rules and add to it. SQLite has one writer anyway.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_books(&mut self) -> Result<()> {
        if self.dialect == super::Dialect::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock(7309454)")
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    /// Keeps a rulebook's files (as JSON) under its digest and makes it the latest one, whatever the clock says: after
    /// an adoption at the same moment or, by a clock that was set back, at a later one, it counts as a millisecond later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn adopt_book(&mut self, digest: &Digest, files: &str, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO rulebooks (digest, files, adopted_at)
            SELECT $1, $2, CASE WHEN newest >= $3 THEN newest + 1 ELSE $3 END
            FROM (SELECT COALESCE(MAX(adopted_at), 0) AS newest FROM rulebooks) AS so_far WHERE true
            ON CONFLICT (digest) DO UPDATE SET adopted_at = excluded.adopted_at";
        sqlx::query(sql)
            .bind(digest.0.as_str())
            .bind(files)
            .bind(at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// The digest of the rulebook adopted last, and when that was. Its files are had by [`book`](Self::book).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_book(&self) -> Result<Option<(Digest, Timestamp)>> {
        let mut connection = self.reading().await?;
        let found: Option<(String, i64)> = sqlx::query_as(
            "SELECT digest, adopted_at FROM rulebooks ORDER BY adopted_at DESC, digest LIMIT 1",
        )
        .fetch_optional(&mut *connection)
        .await?;
        Ok(found.map(|(digest, at)| (Digest(digest), Timestamp::from_millis(at))))
    }

    /// The files of one rulebook.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn book(&self, digest: &Digest) -> Result<Option<String>> {
        let mut connection = self.reading().await?;
        let found: Option<(String,)> =
            sqlx::query_as("SELECT files FROM rulebooks WHERE digest = $1")
                .bind(digest.0.as_str())
                .fetch_optional(&mut *connection)
                .await?;
        Ok(found.map(|(files,)| files))
    }

    /// Every rulebook that was ever in force, with the moment it last came into force, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn adopted_books(&self) -> Result<Vec<(Digest, Timestamp)>> {
        let mut connection = self.reading().await?;
        let found: Vec<(String, i64)> = sqlx::query_as(
            "SELECT digest, adopted_at FROM rulebooks ORDER BY adopted_at DESC, digest",
        )
        .fetch_all(&mut *connection)
        .await?;
        let books = found.into_iter();
        Ok(books
            .map(|(digest, at)| (Digest(digest), Timestamp::from_millis(at)))
            .collect())
    }
}
