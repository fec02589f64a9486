//! The PostgreSQL server: the one of `BOUNCER_TEST_POSTGRES`, or one of our own with Debian's programs.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;

use crate::machine::{self, Cores};
use crate::servers::free_port;

/// Where Debian keeps each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Longest time our own server may take to answer.
const START: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

/// A server on which databases can be made.
#[derive(Debug)]
pub struct Postgres {
    url: Url,
    own: Option<Own>,
    made: AtomicUsize,
}

/// A database of one step.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: Url,
}

impl Database {
    pub fn url(&self) -> &str {
        self.url.as_str()
    }
}

impl Postgres {
    /// Nothing when there is neither an address nor a program to start.
    pub async fn find(cores: &Cores) -> anyhow::Result<Option<Self>> {
        let environment = featurebase_bouncer::config::environment();
        let (url, own) = if let Some(url) = environment.get("BOUNCER_TEST_POSTGRES") {
            let url = url
                .parse()
                .context("BOUNCER_TEST_POSTGRES is not an address")?;
            (url, None)
        } else if let Some(programs) = programs() {
            let (url, own) = Own::start(&programs, cores)
                .await
                .context("PostgreSQL cannot be started")?;
            (url, Some(own))
        } else {
            return Ok(None);
        };
        Ok(Some(Self {
            url,
            own,
            made: AtomicUsize::new(0),
        }))
    }

    /// The server's first process, when it is our own.
    pub fn pid(&self) -> Option<u32> {
        self.own.as_ref().map(|own| own.child.id())
    }

    /// What its figures depend on.
    pub async fn describe(&self) -> anyhow::Result<String> {
        let mut connection = PgConnection::connect(self.url.as_str()).await?;
        let sql = "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')";
        let (version, fsync, commit): (String, String, String) =
            sqlx::query_as(sql).fetch_one(&mut connection).await?;
        let place = match self.own {
            Some(_) => "its own, on the server's core",
            None => "the one given, wherever it runs",
        };
        Ok(format!(
            "PostgreSQL {version}: {place}; fsync {fsync}, synchronous_commit {commit}"
        ))
    }

    pub async fn new_database(&self) -> anyhow::Result<Database> {
        let name = format!(
            "bouncer_load_{}_{}",
            std::process::id(),
            self.made.fetch_add(1, Ordering::Relaxed)
        );
        self.order(format!("CREATE DATABASE {name}")).await?;
        let mut url = self.url.clone();
        url.set_path(&name);
        Ok(Database { name, url })
    }

    pub async fn drop_database(&self, database: Database) -> anyhow::Result<()> {
        self.order(format!("DROP DATABASE {} WITH (FORCE)", database.name))
            .await
    }

    async fn order(&self, sql: String) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(self.url.as_str()).await?;
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
        Ok(())
    }
}

/// A server we started. Dropped, it is stopped and its folder taken away.
#[derive(Debug)]
struct Own {
    child: Child,
    programs: PathBuf,
    folder: PathBuf,
}

impl Own {
    async fn start(programs: &Path, cores: &Cores) -> anyhow::Result<(Url, Self)> {
        let pattern = Path::new(machine::ON_DISK).join("bouncer-load-pg-XXXXXX");
        let made = unprivileged(Path::new("mktemp"))
            .arg("-d")
            .arg(pattern)
            .output()?;
        let folder = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
        anyhow::ensure!(folder.is_dir(), "no temporary folder can be made");
        let data = folder.join("data");
        let address = free_port()?;
        let url = format!("postgres://postgres@{address}/postgres").parse()?;
        let spawned = initdb(programs, &data)
            .and_then(|()| postgres(programs, &data, &folder.join("log"), address, cores));
        let own = match spawned {
            Ok(child) => Self {
                child,
                programs: programs.to_owned(),
                folder,
            },
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                return Err(error);
            }
        };
        own.answers(&url).await?;
        Ok((url, own))
    }

    async fn answers(&self, url: &Url) -> anyhow::Result<()> {
        let start = Instant::now();
        while let Err(error) = PgConnection::connect(url.as_str()).await {
            if start.elapsed() > START {
                let said = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(error).context(format!("it does not answer; it says:\n{said}"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // Asked first: killed, it would leave shared memory behind.
        let stopped = unprivileged(&self.programs.join("pg_ctl"))
            .args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(self.folder.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn initdb(programs: &Path, data: &Path) -> anyhow::Result<()> {
    // Whoever can reach the loopback address gets in; there is nothing to be had but this bench's events.
    let made = unprivileged(&programs.join("initdb"))
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
        .args(["--locale=C", "--no-sync", "-D"])
        .arg(data)
        .output()?;
    anyhow::ensure!(
        made.status.success(),
        "initdb says: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    Ok(())
}

fn postgres(
    programs: &Path,
    data: &Path,
    log: &Path,
    address: SocketAddr,
    cores: &Cores,
) -> anyhow::Result<Child> {
    let command = as_postgres(&programs.join("postgres"));
    let (program, arguments) = command.split_first().context("no program")?;
    cores
        .on_servers(program)
        .args(arguments)
        .arg("-D")
        .arg(data)
        .args(["-p", &address.port().to_string()])
        .args(["-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "unix_socket_directories="])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(log)?)
        .spawn()
        .context("postgres cannot be run")
}

/// The programs of the newest version there is.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?;
    let found = versions.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        programs
            .join("postgres")
            .is_file()
            .then_some((version, programs))
    });
    found.max().map(|(_, programs)| programs)
}

fn unprivileged(program: &Path) -> Command {
    let words = as_postgres(program);
    let (first, rest) = words
        .split_first()
        .map_or(("false", &[] as &[String]), |(f, r)| (f.as_str(), r));
    let mut command = Command::new(first);
    command.args(rest).current_dir("/");
    command
}

/// PostgreSQL does not run as root; Debian has a user for it.
fn as_postgres(program: &Path) -> Vec<String> {
    let program = program.to_string_lossy().into_owned();
    if !machine::is_root() {
        return vec![program];
    }
    let mut words: Vec<String> = [
        "setpriv",
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
        "--",
    ]
    .map(str::to_owned)
    .to_vec();
    words.push(program);
    words
}
