//! The two dialects and their tables.

use std::borrow::Cow;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, SqlSafeStr as _};

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

/// One step from an older store to a newer one. A step that has once been released is never edited.
struct Step {
    number: i64,
    about: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// All steps, oldest first.
const STEPS: &[Step] = &[
    Step {
        number: 1,
        about: "tables",
        sqlite: include_str!("migrations/0001.sqlite.sql"),
        postgres: include_str!("migrations/0001.postgres.sql"),
    },
    Step {
        number: 2,
        about: "the budget of calls, and the gate",
        sqlite: include_str!("migrations/0002.sqlite.sql"),
        postgres: include_str!("migrations/0002.postgres.sql"),
    },
    Step {
        number: 3,
        about: "what must be known to let people win",
        sqlite: include_str!("migrations/0003.sqlite.sql"),
        postgres: include_str!("migrations/0003.postgres.sql"),
    },
    Step {
        number: 4,
        about: "what the lookout knows",
        sqlite: include_str!("migrations/0004.sqlite.sql"),
        postgres: include_str!("migrations/0004.postgres.sql"),
    },
    Step {
        number: 5,
        about: "brakes that stay tripped, senders by hour, alerts",
        sqlite: include_str!("migrations/0005.sqlite.sql"),
        postgres: include_str!("migrations/0005.postgres.sql"),
    },
    Step {
        number: 6,
        about: "waits under a clock that goes back",
        sqlite: include_str!("migrations/0006.sqlite.sql"),
        postgres: include_str!("migrations/0006.postgres.sql"),
    },
    Step {
        number: 7,
        about: "personal data under lock, and what is to be forgotten",
        sqlite: include_str!("migrations/0007.sqlite.sql"),
        postgres: include_str!("migrations/0007.postgres.sql"),
    },
    Step {
        number: 8,
        about: "the record as a tree",
        sqlite: include_str!("migrations/0008.sqlite.sql"),
        postgres: include_str!("migrations/0008.postgres.sql"),
    },
    Step {
        number: 9,
        about: "the record searchable",
        sqlite: include_str!("migrations/0009.sqlite.sql"),
        postgres: include_str!("migrations/0009.postgres.sql"),
    },
    Step {
        number: 10,
        about: "what each version of the rules decided",
        sqlite: include_str!("migrations/0010.sqlite.sql"),
        postgres: include_str!("migrations/0010.postgres.sql"),
    },
    Step {
        number: 11,
        about: "what people say of decisions, and what they undo",
        sqlite: include_str!("migrations/0011.sqlite.sql"),
        postgres: include_str!("migrations/0011.postgres.sql"),
    },
    Step {
        number: 12,
        about: "rows of the record by rule and kind",
        sqlite: include_str!("migrations/0012.sqlite.sql"),
        postgres: include_str!("migrations/0012.postgres.sql"),
    },
];

/// Brings a database to this version's tables.
pub(super) async fn migrate(connection: &mut AnyConnection, dialect: Dialect) -> Result<()> {
    migrator(dialect).run(connection).await.map_err(failed)
}

/// The newest step a store was brought to; all of its steps must be known here.
pub(super) async fn step_of(connection: &mut AnyConnection) -> Result<i64> {
    let sql = "SELECT version FROM _sqlx_migrations ORDER BY version";
    let steps: Vec<(i64,)> = sqlx::query_as(sql).fetch_all(connection).await?;
    let is_known = |number| STEPS.iter().any(|step| step.number == number);
    match steps.iter().find(|(number,)| !is_known(*number)) {
        Some((number,)) => Err(failed(MigrateError::VersionMissing(*number))),
        None => Ok(steps.last().map_or(0, |(number,)| *number)),
    }
}

/// The newest step this version knows.
pub(super) fn newest() -> i64 {
    STEPS.last().map_or(0, |step| step.number)
}

fn failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(number) => StoreError::Newer {
            number,
            known: newest(),
        },
        other => other.into(),
    }
}

fn migrator(dialect: Dialect) -> Migrator {
    let migration = |step: &Step| {
        let sql = match dialect {
            Dialect::Sqlite => step.sqlite,
            Dialect::Postgres => step.postgres,
        };
        Migration::new(
            step.number,
            Cow::Borrowed(step.about),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(STEPS.iter().map(migration).collect())
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
