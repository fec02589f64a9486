//! The two dialects and their tables.

use std::borrow::Cow;
use std::path::Path;

use sqlx::AnyPool;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::{Result, StoreError};

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Ends a `SELECT` of rows about to be taken, so that two replicas take different ones. SQLite has one writer.
    pub const fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }
}

pub(super) async fn migrate(pool: &AnyPool, dialect: Dialect) -> Result<()> {
    let sql = match dialect {
        Dialect::Sqlite => include_str!("sqlite.sql"),
        Dialect::Postgres => include_str!("postgres.sql"),
    };
    let migrations = vec![Migration::new(
        1,
        Cow::Borrowed("tables"),
        MigrationType::Simple,
        sql.into_sql_str(),
        false,
    )];
    Ok(Migrator::with_migrations(migrations).run(pool).await?)
}

/// The address of a SQLite file, whatever characters its path has.
pub(super) fn sqlite_url(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(sqlx::Error::Io)?;
    let url = url::Url::from_file_path(&absolute).map_err(|()| StoreError::BadData {
        table: "data folder",
        row: absolute.display().to_string(),
        what: "not a path a database can stand at".to_owned(),
    })?;
    Ok(format!("sqlite://{}?mode=rwc", url.path()))
}
