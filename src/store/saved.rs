//! Searches people keep under a name.

use super::{Result, Store, Writing};
use crate::time::Timestamp;

/// A search under a name, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SavedSearch {
    pub name: String,
    pub query: String,
    pub saved_by: String,
    pub saved_at: Timestamp,
}

const SELECT: &str = "SELECT name, query, saved_by, saved_at FROM saved_searches";

fn saved((name, query, saved_by, saved_at): (String, String, String, i64)) -> SavedSearch {
    SavedSearch {
        name,
        query,
        saved_by,
        saved_at: Timestamp::from_millis(saved_at),
    }
}

impl Writing {
    /// Keeps a search; one of the same name is replaced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_search(&mut self, search: &SavedSearch) -> Result<()> {
        let sql = "INSERT INTO saved_searches (name, query, saved_by, saved_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (name) DO UPDATE SET query = excluded.query, saved_by = excluded.saved_by, saved_at = excluded.saved_at";
        sqlx::query(sql)
            .bind(search.name.as_str())
            .bind(search.query.as_str())
            .bind(search.saved_by.as_str())
            .bind(search.saved_at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Forgets a search. `false` when there is none of that name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_search(&mut self, name: &str) -> Result<bool> {
        let done = sqlx::query("DELETE FROM saved_searches WHERE name = $1")
            .bind(name)
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// All searches that are kept, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn saved_searches(&self) -> Result<Vec<SavedSearch>> {
        let mut connection = self.reading().await?;
        let sql = format!("{SELECT} ORDER BY name");
        // Only fixed texts are in it.
        let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut *connection)
            .await?;
        Ok(found.into_iter().map(saved).collect())
    }
}
