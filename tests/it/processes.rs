//! The real program as a process: killed, stopped, asked.

mod backups;
mod brakes;
mod canary;
mod commands;
mod disk;
mod forgetting;
mod kills;
mod reconciling;
mod replicas;
mod rule_storm;
mod traffic;
mod undoing;

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use featurebase_bouncer::sandbox::{BOUNCER_TOPICS, Options, Sandbox};

use crate::bot::{API_KEY, RULES, free_port};
use crate::database::Database;

/// Longest time anything here may take; far more than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long `rounds` of writing may take to be worked off.
fn patience_after(rounds: usize) -> Duration {
    PATIENCE + Duration::from_secs(3) * u32::try_from(rounds).unwrap()
}

/// A place for one bouncer to run in: its folders, its ports, its Featurebase.
pub struct Site {
    pub database: Database,
    pub sandbox: Sandbox,
    pub environment: Vec<(&'static str, String)>,
    public: u16,
    private: u16,
}

impl Site {
    /// A Featurebase whose retries come after `speed`-th of the documented time.
    pub async fn new(database: Database, rules: &str, speed: u32) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Options {
            api_key: API_KEY.to_owned(),
            speed,
            suspend_after: u32::MAX,
            rate_limit: u32::MAX,
            ..Options::default()
        })
        .await
        .unwrap();
        let (public, private) = (free_port(), free_port());
        let webhook = sandbox.add_webhook(
            &format!("http://127.0.0.1:{public}/webhooks/featurebase"),
            BOUNCER_TOPICS,
        );
        let rules_dir = database.folder.path().join("rules");
        std::fs::create_dir_all(&rules_dir).unwrap();
        std::fs::write(rules_dir.join("rules.toml"), rules).unwrap();
        let environment = vec![
            ("BOUNCER_LISTEN", format!("127.0.0.1:{public}")),
            ("BOUNCER_PRIVATE_LISTEN", format!("127.0.0.1:{private}")),
            (
                "BOUNCER_DATA_DIR",
                database.folder.path().display().to_string(),
            ),
            ("BOUNCER_DATABASE_URL", database.url()),
            ("BOUNCER_RULES_DIR", rules_dir.display().to_string()),
            ("BOUNCER_BASE_URL", sandbox.url()),
            ("BOUNCER_CALL_TIMEOUT", "400ms".to_owned()),
            // Storms of blocks are to be seen through, not spread over minutes.
            ("BOUNCER_CALLS_PER_MINUTE", "2000".to_owned()),
            ("BOUNCER_LEASE", "2s".to_owned()),
            ("BOUNCER_DISK_RESERVE", "1048576".to_owned()),
            ("BOUNCER_ALLOW_UNSAFE_POSTGRES", "true".to_owned()),
            ("BOUNCER_LOG_FILTER", "error".to_owned()),
            ("FEATUREBASE_API_KEY", API_KEY.to_owned()),
            ("FEATUREBASE_WEBHOOK_SECRET", webhook.secret),
        ];
        Self {
            database,
            sandbox,
            environment,
            public,
            private,
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bouncer"));
        command
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .current_dir(self.database.folder.path());
        command
    }

    /// Runs a command to its end.
    pub fn says(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn starts(&self) -> Process {
        let child = self
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Process { child }
    }

    /// Whether every event that was sent was taken or given up, those on the wire included.
    fn all_are_delivered(&self) -> bool {
        let mut open = HashSet::new();
        for sent in self.sandbox.deliveries() {
            match sent.next_attempt {
                Some(_) => open.insert(sent.event),
                None => open.remove(&sent.event),
            };
        }
        open.is_empty() && self.sandbox.waiting() == 0
    }

    /// Waits until the bouncer is ready.
    pub async fn is_ready(&self) {
        let url = format!("http://127.0.0.1:{}/readyz", self.private);
        until("the bouncer is ready", async || {
            reqwest::get(&url)
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }
}

/// A running bouncer, killed when dropped.
pub struct Process {
    child: Child,
}

impl Process {
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and gives its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().unwrap().code()
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub async fn until(what: &str, holds: impl AsyncFnMut() -> bool) {
    until_within(PATIENCE, what, holds).await;
}

/// As [`until`], where there is more to be done the longer the test was asked to go on: blocks must keep to the budget of calls.
pub async fn until_within(patience: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < patience, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn edit(folder: &Path, text: &str) {
    std::fs::write(folder.join("rules/rules.toml"), text).unwrap();
}

pub const fn rules() -> &'static str {
    RULES
}
