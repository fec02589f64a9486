//! Whether the store may still be written to. A disk that does not confirm a write, or a damaged file, ends it for good; a full
//! disk ends it for all but people's orders until there is room again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::{Mutex, MutexGuard, watch};

use super::reserve::Reserve;
use super::schema::Dialect;
use super::{Result, Store, StoreError};

/// SQLite's extended result codes, as its documentation numbers them.
const IOERR_FSYNC: i64 = 1_034;
const IOERR_DIR_FSYNC: i64 = 1_290;
const IOERR_CORRUPT_FS: i64 = 8_458;
const IOERR_SHM_SIZE: i64 = 4_874;
const FULL: i64 = 13;
/// Primary codes: the low byte.
const CORRUPT: i64 = 11;
const NOT_A_DATABASE: i64 = 26;

/// Shared by everything that writes to one store.
#[derive(Debug, Clone)]
pub(super) struct Health {
    failed: watch::Sender<Option<Arc<str>>>,
    /// Held from before a commit until it is known what became of it.
    committing: Arc<Mutex<()>>,
    /// Whether SQLite overwrites what is removed: from where a transaction asks for it until the next one begins, also if
    /// the first is given up.
    pub overwrites: Arc<AtomicBool>,
    pub reserve: Reserve,
}

impl Health {
    pub fn new(reserve: Reserve) -> Self {
        Self {
            failed: watch::Sender::new(None),
            committing: Arc::default(),
            overwrites: Arc::default(),
            reserve,
        }
    }

    /// To be held over a commit to SQLite, so that whoever gets the one connection next knows what became of it.
    pub async fn committing(&self, dialect: Dialect) -> Option<MutexGuard<'_, ()>> {
        match dialect {
            Dialect::Sqlite => Some(self.committing.lock().await),
            Dialect::Postgres => None,
        }
    }

    /// # Errors
    /// When the store has failed for good.
    pub fn refuse_failed(&self) -> Result<()> {
        match &*self.failed.borrow() {
            Some(why) => Err(StoreError::Failed(why.to_string())),
            None => Ok(()),
        }
    }

    /// Takes notice of what went wrong.
    pub fn saw(&self, error: &StoreError) {
        if error.is_full() {
            self.reserve.give_up();
        } else if let Some(why) = error.ends_it() {
            self.failed.send_if_modified(|failed| {
                let first = failed.is_none();
                if first {
                    *failed = Some(why.into());
                }
                first
            });
        }
    }
}

impl Store {
    /// Takes notice of what went wrong, which may make room for people's orders or end all writing.
    pub fn saw(&self, error: &StoreError) {
        self.health.saw(error);
    }

    /// Waits until the store has failed for good, and says why.
    pub async fn failed(&self) -> String {
        let mut failed = self.health.failed.subscribe();
        let told = failed.wait_for(Option::is_some).await.ok();
        let why = told.and_then(|why| why.as_deref().map(str::to_owned));
        match why {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }

    /// Whether it has failed for good.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.health.failed.borrow().is_some()
    }

    /// Whether the disk is full, so that what room is left belongs to people's orders.
    #[must_use]
    pub fn is_tight(&self) -> bool {
        self.health.reserve.is_used()
    }
}

impl StoreError {
    /// Whether the disk is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full)
            || self
                .sqlite_code()
                .is_some_and(|code| matches!(code, FULL | IOERR_SHM_SIZE))
    }

    /// Why nothing may be written any more after this, if so.
    #[must_use]
    pub fn ends_it(&self) -> Option<&'static str> {
        let code = self.sqlite_code()?;
        if matches!(code, IOERR_FSYNC | IOERR_DIR_FSYNC) {
            return Some(
                "the disk did not confirm a write (sync failed): what was written may be gone although it can still be read. Look at the disk (dmesg, smartctl) before starting again; what was answered 200 before this was confirmed",
            );
        }
        self.is_damage().then_some(
            "the database file is damaged. Start again to have it looked at; the message then says what can be done",
        )
    }

    /// Whether the database file is not what it was.
    #[must_use]
    pub(super) fn is_damage(&self) -> bool {
        self.sqlite_code().is_some_and(|code| {
            code == IOERR_CORRUPT_FS || matches!(code & 0xff, CORRUPT | NOT_A_DATABASE)
        })
    }

    /// The result code, if it was SQLite that failed. PostgreSQL's codes have five places.
    fn sqlite_code(&self) -> Option<i64> {
        use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
        let (Self::Database(error) | Self::Migrate(Execute(error) | ExecuteMigration(error, _))) =
            self
        else {
            return None;
        };
        let code = error.as_database_error()?.code()?;
        (code.len() < 5).then(|| code.parse().ok()).flatten()
    }
}
