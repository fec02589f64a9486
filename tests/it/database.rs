//! A fresh database for each test, of either kind.

use std::sync::atomic::{AtomicU32, Ordering};

use featurebase_bouncer::store::inbox::InboxWriter;
use featurebase_bouncer::store::{Location, Store};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

/// Makes a store one that a newer version has brought to its tables.
pub const FROM_A_NEWER_VERSION: &str = "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
    SELECT 4000, 'from the future', installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";

/// An empty database, gone when dropped.
pub struct Database {
    pub location: Location,
    pub folder: TempDir,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            location: Location::Sqlite(folder.path().join("bouncer.db")),
            folder,
        }
    }

    /// # Panics
    /// When no server was started: a test that is not run must not pass.
    pub async fn postgres() -> Self {
        let server = std::env::var("BOUNCER_TEST_POSTGRES")
            .expect("these tests need PostgreSQL: run them with tests/run, or set BOUNCER_TEST_POSTGRES to the postgres:// address of a server on which databases may be made");
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "bouncer_{}_{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::SeqCst)
        );
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&server)
            .await
            .expect("the test server answers");
        sqlx::query(AssertSqlSafe(format!(
            "CREATE DATABASE {name} TEMPLATE template0"
        )))
        .execute(&pool)
        .await
        .unwrap();
        pool.close().await;
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&name);
        Self {
            location: Location::Postgres(url.to_string()),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Takes a copy of what is kept, while nobody works on it. It lies in a folder or has a name on the server.
    pub async fn copy(&self) -> String {
        match &self.location {
            Location::Sqlite(path) => {
                let copy = path.with_extension("copy");
                std::fs::copy(path, &copy).unwrap();
                copy.display().to_string()
            }
            Location::Postgres(url) => {
                let name = name_in(url);
                let copy = format!("{name}_copy");
                make(&copy, &name).await;
                copy
            }
        }
    }

    /// Puts a copy back in place of what is kept.
    pub async fn put_back(&self, copy: &str) {
        match &self.location {
            Location::Sqlite(path) => {
                for beside in ["db-wal", "db-shm"] {
                    let _ = std::fs::remove_file(path.with_extension(beside));
                }
                std::fs::copy(copy, path).unwrap();
            }
            Location::Postgres(url) => make(&name_in(url), copy).await,
        }
    }

    /// The `database_url` setting for it.
    pub fn url(&self) -> String {
        match &self.location {
            Location::Sqlite(_) => String::new(),
            Location::Postgres(url) => url.clone(),
        }
    }

    /// A pool of one's own.
    pub async fn pool(&self) -> sqlx::AnyPool {
        sqlx::any::install_default_drivers();
        let url = match &self.location {
            Location::Sqlite(path) => format!("sqlite://{}", path.display()),
            Location::Postgres(url) => url.clone(),
        };
        sqlx::AnyPool::connect(&url).await.unwrap()
    }

    /// Changes what is kept behind the program's back.
    pub async fn tampers(&self, sql: &str) {
        let pool = self.pool().await;
        let done = sqlx::query(AssertSqlSafe(sql.to_owned()))
            .execute(&pool)
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        pool.close().await;
    }

    pub async fn open(&self) -> (Store, InboxWriter) {
        Store::open(&self.location).await.unwrap()
    }

    /// A store whose writer runs.
    pub async fn store(&self) -> Store {
        let (store, writer) = self.open().await;
        tokio::spawn(writer.run(|_| {}));
        store
    }
}

/// A run makes hundreds of databases: left alone they fill a disk.
impl Drop for Database {
    fn drop(&mut self) {
        let Location::Postgres(url) = &self.location else {
            return;
        };
        let name = name_in(url);
        // A runtime that ends waits for nothing, so another thread with one of its own does it.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(drop_all(&[&format!("{name}_copy"), &name]));
        });
        // A test that fails has told why already.
        let _ = dropped.join();
    }
}

async fn drop_all(names: &[&str]) {
    let server = std::env::var("BOUNCER_TEST_POSTGRES").unwrap();
    let pool = sqlx::AnyPool::connect(&server).await.unwrap();
    for name in names {
        sqlx::query(AssertSqlSafe(format!(
            "DROP DATABASE IF EXISTS {name} WITH (FORCE)"
        )))
        .execute(&pool)
        .await
        .unwrap();
    }
    pool.close().await;
}

fn name_in(url: &str) -> String {
    url::Url::parse(url).unwrap().path()[1..].to_owned()
}

/// Makes a database like another, in place of one of that name.
async fn make(name: &str, like: &str) {
    drop_all(&[name]).await;
    let server = std::env::var("BOUNCER_TEST_POSTGRES").unwrap();
    let pool = sqlx::AnyPool::connect(&server).await.unwrap();
    // The server may take a moment to see that the last one has left.
    for _ in 0..200 {
        let made = sqlx::query(AssertSqlSafe(format!(
            "CREATE DATABASE {name} TEMPLATE {like}"
        )))
        .execute(&pool)
        .await;
        if made.is_ok() {
            return pool.close().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{like} is never left alone");
}

/// Runs each story on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($(async fn $name:ident($database:ident) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every story needs everything")]
            use super::*;

            async fn story($database: $crate::database::Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story($crate::database::Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                story($crate::database::Database::postgres().await).await;
            }
        })+
    };
}
