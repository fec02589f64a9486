//! The servers that are measured, each in a process of its own on the server's core.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::client::Client;
use crate::events::{PATH, SECRET};
use crate::machine::{self, Cores, Memory};
use crate::postgres::{Database, Postgres};

/// Longest time a bouncer may take to be ready.
const START: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reads the body and answers.
    Bare,
    /// The same with the signature check.
    Signed,
    /// `bouncer run` on SQLite.
    Sqlite,
    /// `bouncer run` on PostgreSQL.
    Postgres,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Bare, Self::Signed, Self::Sqlite, Self::Postgres];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bare => "bare",
            Self::Signed => "signed",
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// What servers are started with.
#[derive(Debug)]
pub struct Place<'a> {
    pub cores: &'a Cores,
    pub folder: &'a Path,
    pub postgres: Option<&'a Postgres>,
}

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    /// The bouncer's private listener.
    pub private: Option<SocketAddr>,
    pub cores: Cores,
    child: Child,
    /// The PostgreSQL server that works on the same core.
    beside: Option<u32>,
    database: Option<Database>,
    folder: Option<TempDir>,
}

impl Server {
    pub async fn start(kind: Kind, place: &Place<'_>) -> anyhow::Result<Self> {
        match (kind, place.postgres) {
            (Kind::Bare, _) => compared(place.cores, "bare"),
            (Kind::Signed, _) => compared(place.cores, "signed"),
            (Kind::Sqlite, _) => bouncer(place, None).await,
            (Kind::Postgres, Some(postgres)) => {
                let database = postgres.new_database().await?;
                bouncer(place, Some(database)).await
            }
            (Kind::Postgres, None) => anyhow::bail!("there is no PostgreSQL"),
        }
    }

    pub fn memory(&self) -> Memory {
        machine::memory(self.child.id())
    }

    /// A command of the bouncer on what the server keeps, and on its core.
    pub fn told(&self, place: &Place<'_>) -> Command {
        let folder = self.folder.as_ref().map_or(place.folder, TempDir::path);
        told(place, folder, self.database.as_ref())
    }

    /// Seconds of processor time used so far by the server.
    pub fn cpu(&self) -> f64 {
        machine::cpu_seconds(self.child.id())
    }

    /// The same of the PostgreSQL server, where it is one of ours.
    pub fn database_cpu(&self) -> Option<f64> {
        let postgres = self.beside?;
        let backends = machine::children_of(postgres);
        let used = backends.into_iter().chain([postgres]);
        Some(used.map(machine::cpu_seconds).sum())
    }

    /// Ends it, and takes away what it kept.
    pub async fn stop(mut self, place: &Place<'_>) -> anyhow::Result<()> {
        let database = self.database.take();
        drop(self);
        match (place.postgres, database) {
            (Some(postgres), Some(database)) => postgres.drop_database(database).await,
            _ => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing it knows is needed any more. It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn compared(cores: &Cores, kind: &str) -> anyhow::Result<Server> {
    let program = std::env::current_exe()?;
    let mut child = cores
        .on_servers(&program.to_string_lossy())
        .args(["--serve", kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("a server cannot be started")?;
    let mut said = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output).read_line(&mut said)?;
    }
    Ok(Server {
        address: said
            .trim()
            .parse()
            .context("a server did not say its address")?,
        private: None,
        cores: *cores,
        child,
        beside: None,
        database: None,
        folder: None,
    })
}

async fn bouncer(place: &Place<'_>, database: Option<Database>) -> anyhow::Result<Server> {
    let folder = tempfile::tempdir_in(place.folder)?;
    let (address, private, closed) = (free_port()?, free_port()?, free_port()?);
    let log = folder.path().join("log");
    let mut command = told(place, folder.path(), database.as_ref());
    command
        .arg("run")
        .env("BOUNCER_LISTEN", address.to_string())
        .env("BOUNCER_PRIVATE_LISTEN", private.to_string())
        .env("BOUNCER_WEBHOOK_PATH", PATH)
        // Blocks are decided on and asked for; nobody answers there.
        .env("BOUNCER_BASE_URL", format!("http://{closed}"))
        .env("FEATUREBASE_API_KEY", "load-bench-key-0001")
        .env("FEATUREBASE_WEBHOOK_SECRET", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log)?);
    let mut server = Server {
        address,
        private: Some(private),
        cores: *place.cores,
        child: command.spawn().context("the bouncer cannot be started")?,
        beside: place
            .postgres
            .filter(|_| database.is_some())
            .and_then(Postgres::pid),
        database,
        folder: Some(folder),
    };
    let start = Instant::now();
    while !ready(private).await {
        let ended = server.child.try_wait()?.is_some();
        if ended || start.elapsed() > START {
            let said = fs::read_to_string(&log).unwrap_or_default();
            anyhow::bail!("the bouncer is not ready; it says:\n{said}");
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(server)
}

/// A command of the bouncer with everything it must know of a store and the rules.
fn told(place: &Place<'_>, folder: &Path, database: Option<&Database>) -> Command {
    let mut command = place.cores.on_servers(env!("CARGO_BIN_EXE_bouncer"));
    only_path(&mut command)
        .current_dir(folder)
        .env("BOUNCER_DATA_DIR", folder.join("data"))
        .env(
            "BOUNCER_RULES_DIR",
            concat!(env!("CARGO_MANIFEST_DIR"), "/rules"),
        )
        // The server of tests may run without syncs; the bench says so itself.
        .env("BOUNCER_ALLOW_UNSAFE_POSTGRES", "true")
        .env("BOUNCER_LOG_FILTER", "warn");
    if let Some(database) = database {
        command.env("BOUNCER_DATABASE_URL", database.url());
    }
    command
}

async fn ready(private: SocketAddr) -> bool {
    let Ok(mut client) = Client::connect(private).await else {
        return false;
    };
    matches!(client.get("/readyz").await, Ok((200, _)))
}

/// Takes away every variable that could set the bouncer up in another way.
fn only_path(command: &mut Command) -> &mut Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path)
}

/// A loopback port nobody listens on.
pub fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
