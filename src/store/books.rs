//! The law: the text of every rulebook that was ever in force, by digest.

use super::{Result, Store, Writing};
use crate::decision::Digest;
use crate::time::Timestamp;

impl Writing {
    /// Keeps a rulebook's files (as JSON) under its digest and makes it the latest one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn adopt_book(&mut self, digest: &Digest, files: &str, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO rulebooks (digest, files, adopted_at) VALUES ($1, $2, $3)
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
    /// The digest and files of the rulebook adopted last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_book(&self) -> Result<Option<(Digest, String)>> {
        let mut connection = self.reading().await?;
        let found: Option<(String, String)> = sqlx::query_as(
            "SELECT digest, files FROM rulebooks ORDER BY adopted_at DESC, digest LIMIT 1",
        )
        .fetch_optional(&mut *connection)
        .await?;
        Ok(found.map(|(digest, files)| (Digest(digest), files)))
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
}
