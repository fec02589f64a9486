//! How the program is set up: one file, overridden by the environment; secrets only from the environment or from files.
//! The only reader of the environment.

mod build;
mod file;
mod secrets;
mod settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::alerts::Address;
use crate::decision::Stage;
use crate::problem::Problem;
use crate::store::Location;
use crate::telemetry::LogForm;

pub use secrets::{Secret, SecretFile};
pub use settings::{Origin, SETTINGS, Setting, Shown};

/// What is to be looked out for.
#[derive(Debug, Clone)]
pub struct LookoutSettings {
    /// Our webhook's id; nothing: it is found.
    pub webhook_id: Option<String>,
    /// How often Featurebase is asked how the webhook is.
    pub webhook_check: Duration,
    /// Without a delivery for so long we are silent.
    pub silence_after: Duration,
}

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct KeepSettings {
    /// What contacts wrote.
    pub texts_for: Duration,
    /// Rows of the record.
    pub record_for: Duration,
}

/// Everything the program needs to know to run.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    pub private_listen: SocketAddr,
    /// Where deliveries are posted to.
    pub webhook_path: String,
    pub data_dir: PathBuf,
    /// A `postgres://` address; nothing means SQLite in the data folder.
    pub database_url: Option<Secret>,
    pub durability: Durability,
    pub rules_dir: PathBuf,
    /// No rule goes further than this, whatever its own stage.
    pub mode: Stage,
    pub base_url: String,
    pub body_limit: usize,
    pub signature_window: Duration,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
    pub max_connections: usize,
    pub call_timeout: Duration,
    pub calls_at_once: usize,
    /// Over all replicas on one database together.
    pub calls_per_minute: u32,
    pub lease: Duration,
    pub give_up_after: Duration,
    pub exempt_after_unblock: Duration,
    pub lookup_max_age: Duration,
    /// After so long without a bouncer at work, what people did meanwhile is looked for before a rule blocks.
    pub reconcile_after: Duration,
    pub lookout: LookoutSettings,
    pub keep: KeepSettings,
    /// In whose name notes are left.
    pub admin_id: Option<String>,
    /// The address rules with `notify` tell; it may hold a key.
    pub notify_url: Option<Secret>,
    /// Where people are told of what they must not miss.
    pub alert_urls: Vec<Address>,
    /// Work that waits for so long is told of.
    pub queue_alert_after: Duration,
    pub log: LogForm,
    pub log_filter: String,
    /// Needed in every mode but `observe`.
    pub api_key: Option<Secret>,
    pub webhook_secrets: Vec<Secret>,
    /// The file they were read from, if it was one: it is read again when it changes.
    pub webhook_secret_file: Option<PathBuf>,
    shown: Vec<Shown>,
}

/// What the store is asked to keep through a full disk or a power cut, and what is allowed all the same.
#[derive(Debug, Clone, Copy)]
pub struct Durability {
    /// Bytes of the disk kept for people's orders.
    pub disk_reserve: u64,
    pub allow_network_disk: bool,
    pub allow_unsafe_postgres: bool,
}

/// The environment, as a map: read once, and made up by tests.
pub type Environment = BTreeMap<String, String>;

/// The environment of this process. Names and values that are not UTF-8 are none of ours.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
pub fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Which secrets must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To run: webhook secrets, and the API key unless the mode is `observe`.
    Everything,
    /// To look at the store or the rules.
    NoSecrets,
}

impl Config {
    /// Reads `file` (or `bouncer.toml` in the working folder, if it is there) and the environment over it.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn read(
        file: Option<&Path>,
        environment: &Environment,
        need: Need,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let values = file::read(file, &mut problems);
        Self::put_together(&values, environment, need, problems)
    }

    /// Reads the environment alone, as for the demo and for tests.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_environment(environment: &Environment, need: Need) -> Result<Self, Vec<Problem>> {
        Self::put_together(&BTreeMap::new(), environment, need, Vec::new())
    }

    fn put_together(
        values: &BTreeMap<&'static str, file::Given>,
        environment: &Environment,
        need: Need,
        mut problems: Vec<Problem>,
    ) -> Result<Self, Vec<Problem>> {
        let found = settings::gather(values, environment, &mut problems);
        let secrets = secrets::read(environment, &mut problems);
        let config = build::build(found, secrets, &mut problems);
        if let Some(config) = &config {
            problems.extend(config.missing_secrets(need));
        }
        config.filter(|_| problems.is_empty()).ok_or(problems)
    }

    fn missing_secrets(&self, need: Need) -> Vec<Problem> {
        let mut problems = Vec::new();
        if need == Need::Everything && self.webhook_secrets.is_empty() {
            problems.push(
                Problem::error("no-webhook-secret", "FEATUREBASE_WEBHOOK_SECRET is not set, so no delivery could be verified")
                    .help("copy the webhook's secret (whsec_…) into it, or name a file in FEATUREBASE_WEBHOOK_SECRET_FILE"),
            );
        }
        if need == Need::Everything && self.mode != Stage::Observe && self.api_key.is_none() {
            problems.push(
                Problem::error("no-api-key", "FEATUREBASE_API_KEY is not set, so nobody could be blocked")
                    .help("copy an API key into it, or name a file in FEATUREBASE_API_KEY_FILE, or set mode = \"observe\" to only watch"),
            );
        }
        problems
    }

    /// Where things are kept.
    #[must_use]
    pub fn location(&self) -> Location {
        match &self.database_url {
            Some(url) => Location::Postgres(url.reveal().to_owned()),
            None => Location::Sqlite(self.data_dir.join("bouncer.db")),
        }
    }

    /// The file that stops all calls while it exists, whatever state the store is in.
    #[must_use]
    pub fn stop_file(&self) -> PathBuf {
        self.data_dir.join("STOP")
    }

    /// Every setting as it is in force, secrets hidden, and where each came from.
    #[must_use]
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }
}
