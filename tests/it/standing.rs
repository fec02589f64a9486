//! Where something stands in what is kept: in any file of the data folder, any row of PostgreSQL, any file of its server.

use std::path::{Path, PathBuf};

use featurebase_bouncer::store::Location;
use sqlx::{AssertSqlSafe, Row as _};

use crate::database::Database;

impl Database {
    /// Every place where these bytes stand.
    pub async fn places_of(&self, sought: &[u8]) -> Vec<String> {
        let mut places = Vec::new();
        for file in files(self.folder.path()) {
            // Rules and logs of a test are not what the program keeps.
            let shown = file.display().to_string();
            let bytes = std::fs::read(&file).unwrap_or_default();
            if contains(&bytes, sought) && !shown.contains("/rules/") && !shown.ends_with("/log") {
                places.push(shown);
            }
        }
        if let Location::Postgres(url) = &self.location {
            places.extend(in_rows(url, sought).await);
            places.extend(in_server(url, sought).await);
        }
        places
    }

    /// The secrets of all keys there are, with their owners.
    pub async fn secrets(&self) -> Vec<(String, Vec<u8>)> {
        let pool = self.pool().await;
        let found = sqlx::query_as(
            "SELECT owner, secret FROM seal_keys WHERE owner IS NOT NULL ORDER BY owner",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        pool.close().await;
        found
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn contains(bytes: &[u8], sought: &[u8]) -> bool {
    let first = sought[0];
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(sought) {
            return true;
        }
        from += at + 1;
    }
    false
}

/// In any row of any table, as it stands or in hexadecimal, as PostgreSQL shows bytes.
async fn in_rows(url: &str, sought: &[u8]) -> Vec<String> {
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            .fetch_all(&pool)
            .await
            .unwrap();
    let plain = String::from_utf8_lossy(sought).into_owned();
    let coded = hex::encode(sought);
    let mut places = Vec::new();
    for (table,) in tables {
        let sql = format!("SELECT t::text AS whole FROM {table} t");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&pool)
            .await
            .unwrap();
        for row in rows {
            let whole: String = row.try_get("whole").unwrap();
            if whole.contains(&plain) || whole.contains(&coded) {
                places.push(format!("{table}: {whole}"));
            }
        }
    }
    pool.close().await;
    places
}

/// In the server's own files of this database, where a test may read them.
async fn in_server(url: &str, sought: &[u8]) -> Vec<String> {
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    // What is only in memory comes to the files.
    let _ = sqlx::query("CHECKPOINT").execute(&pool).await;
    let sql = "SELECT current_setting('data_directory') || '/base/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text";
    let folder: Result<(String,), _> = sqlx::query_as(sql).fetch_one(&pool).await;
    pool.close().await;
    let Ok((folder,)) = folder else {
        return Vec::new();
    };
    files(Path::new(&folder))
        .into_iter()
        .filter(|file| contains(&std::fs::read(file).unwrap_or_default(), sought))
        .map(|file| file.display().to_string())
        .collect()
}
