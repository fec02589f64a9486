//! The harness: a bouncer and a Featurebase, on one clock that is moved by hand.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use featurebase_bouncer::alerts::Alerts;
use featurebase_bouncer::config::{Config, Environment, Need};
use featurebase_bouncer::desk::{Desk, Order};
use featurebase_bouncer::sandbox::{
    BOUNCER_TOPICS, Draft, NewContact, Options, Sandbox, WebhookHandle, Written,
};
use featurebase_bouncer::server::{self, Driven, Running};
use featurebase_bouncer::store::Store;
use featurebase_bouncer::store::audit::{Filter, Row};
use featurebase_bouncer::store::jobs::Task;
use featurebase_bouncer::telemetry::Metrics;
use featurebase_bouncer::time::{Clock, Timestamp};
use featurebase_bouncer::worker::Worker;

use crate::database::Database;

pub const API_KEY: &str = "test-api-key-000001";

/// One rule of each kind that the journeys need.
pub const RULES: &str = r#"
[[rule]]
id = "pitch/backlinks"
why = "Cold offers of backlinks"
stage = "enforce"
then = "block"
any = [{ words = ["backlinks", "guest post"] }]
examples.match = ["I sell backlinks"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "hotline/refund"
why = "Refund hotlines that are not ours"
stage = "hold"
then = "block"
any = [{ words = ["refund department"] }]
examples.match = ["Call our refund department"]
examples.pass = ["I want a refund"]

[[rule]]
id = "watch/crypto"
why = "Crypto talk, only watched"
stage = "observe"
then = "block"
any = [{ words = ["airdrop"] }]
examples.match = ["free airdrop"]
examples.pass = ["drop me a line"]
"#;

pub const PITCH: &str = "Hello, I sell backlinks. Interested?";

/// How a bot is set up before it starts.
pub struct Setup {
    pub database: Arc<Database>,
    pub rules: Vec<(&'static str, String)>,
    pub settings: Vec<(&'static str, String)>,
    pub unset: Vec<&'static str>,
    pub sandbox: Options,
    pub later: Duration,
}

impl Setup {
    pub fn on(database: Database) -> Self {
        Self::beside(Arc::new(database))
    }

    /// A bot on a database another one uses, too.
    pub fn beside(database: Arc<Database>) -> Self {
        Self {
            database,
            rules: vec![("rules.toml", RULES.to_owned())],
            settings: Vec::new(),
            unset: Vec::new(),
            sandbox: Options::default(),
            later: Duration::ZERO,
        }
    }

    pub fn rules(mut self, text: &str) -> Self {
        self.rules = vec![("rules.toml", text.to_owned())];
        self
    }

    pub fn more_rules(mut self, text: &str) -> Self {
        self.rules.push(("more.toml", text.to_owned()));
        self
    }

    pub fn set(mut self, key: &'static str, value: &str) -> Self {
        self.settings.push((key, value.to_owned()));
        self
    }

    pub fn without(mut self, key: &'static str) -> Self {
        self.unset.push(key);
        self
    }

    pub fn sandbox(mut self, options: Options) -> Self {
        self.sandbox = options;
        self
    }

    pub async fn start(self) -> Bot {
        let clock = Clock::by_hand(Timestamp::parse("2026-07-01T10:00:00Z").unwrap());
        // A sandbox numbers its conversations by the time it starts at: on a kept database each needs its own.
        clock.advance(self.later);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Options {
            api_key: API_KEY.to_owned(),
            clock: clock.clone(),
            concurrency: 1,
            seed: Some(7),
            ..self.sandbox.clone()
        })
        .await
        .unwrap();
        self.join(sandbox, clock).await
    }

    /// Starts a bot against a Featurebase that is there already.
    pub async fn join(self, sandbox: Sandbox, clock: Clock) -> Bot {
        let folder = tempfile::tempdir().unwrap();
        let rules_dir = folder.path().join("rules");
        std::fs::create_dir_all(&rules_dir).unwrap();
        for (name, text) in &self.rules {
            std::fs::write(rules_dir.join(name), text).unwrap();
        }
        let data_dir = self.database.folder.path().to_owned();
        let port = free_port();
        let webhook = sandbox.add_webhook(
            &format!("http://127.0.0.1:{port}/webhooks/featurebase"),
            BOUNCER_TOPICS,
        );
        let mut environment: Environment = [
            ("BOUNCER_LISTEN", format!("127.0.0.1:{port}")),
            ("BOUNCER_PRIVATE_LISTEN", "127.0.0.1:0".to_owned()),
            ("BOUNCER_DATA_DIR", data_dir.display().to_string()),
            ("BOUNCER_DATABASE_URL", self.database.url()),
            ("BOUNCER_RULES_DIR", rules_dir.display().to_string()),
            ("BOUNCER_BASE_URL", sandbox.url()),
            ("BOUNCER_CALL_TIMEOUT", "400ms".to_owned()),
            ("BOUNCER_DISK_RESERVE", "65536".to_owned()),
            ("BOUNCER_ALLOW_UNSAFE_POSTGRES", "true".to_owned()),
            ("FEATUREBASE_API_KEY", API_KEY.to_owned()),
            ("FEATUREBASE_WEBHOOK_SECRET", webhook.secret.clone()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        for (key, value) in &self.settings {
            environment.insert((*key).to_owned(), value.clone());
        }
        for key in &self.unset {
            environment.remove(*key);
        }
        let config = Config::from_environment(&environment, Need::Everything).unwrap();
        let app = server::assemble(&config, clock.clone()).await.unwrap();
        let warnings = app.warnings.clone();
        let alerts = app.alerts.clone();
        let (store, worker, metrics) = (app.store.clone(), app.worker.clone(), app.metrics.clone());
        let running = app.serve(Driven::ByHand).await.unwrap();
        let desk = Desk {
            store: store.clone(),
            clock: clock.clone(),
            exempt: config.exempt_after_unblock,
        };
        Bot {
            sandbox,
            clock,
            webhook,
            store,
            desk,
            worker,
            alerts,
            metrics,
            warnings,
            running,
            config,
            rules_dir,
            database: self.database,
            _folder: folder,
        }
    }
}

/// A bouncer and its Featurebase.
pub struct Bot {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub webhook: WebhookHandle,
    pub store: Store,
    pub desk: Desk,
    pub worker: Arc<Worker>,
    pub alerts: Arc<Alerts>,
    pub metrics: Metrics,
    pub warnings: Vec<String>,
    pub running: Running,
    pub config: Config,
    pub rules_dir: std::path::PathBuf,
    pub database: Arc<Database>,
    _folder: tempfile::TempDir,
}

impl Bot {
    pub async fn on(database: Database) -> Self {
        Setup::on(database).start().await
    }

    pub fn lead(&self, name: &str) -> String {
        self.sandbox.add_contact(NewContact::lead(name))
    }

    pub fn customer(&self, name: &str) -> String {
        self.sandbox.add_contact(NewContact::customer(name))
    }

    /// A contact opens a conversation; it is delivered when the bot settles.
    pub fn writes(&self, contact: &str, text: &str) -> Written {
        self.sandbox.write(contact, &Draft::markdown(text)).unwrap()
    }

    /// Delivers, files, judges and acts until nothing more is due at this moment.
    pub async fn settles(&self) {
        loop {
            let report = self.sandbox.deliver_due().await;
            let done = self.worker.drain().await.unwrap();
            if report.delivered + report.failed + report.given_up + done == 0 {
                return;
            }
        }
    }

    pub async fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.settles().await;
    }

    /// Lets time pass step by step, working at each.
    pub async fn passes(&self, total: Duration, step: Duration) {
        let mut passed = Duration::ZERO;
        while passed < total {
            self.later(step).await;
            passed += step;
        }
    }

    /// The record, oldest first.
    pub async fn record(&self) -> Vec<Row> {
        let mut rows = self.store.audit(&Filter::default(), 10_000).await.unwrap();
        rows.reverse();
        rows
    }

    /// The actions recorded about a contact, oldest first, a decision with its verdict.
    pub async fn story_of(&self, contact: &str) -> Vec<String> {
        self.record()
            .await
            .into_iter()
            .filter(|row| {
                row.contact
                    .as_ref()
                    .is_some_and(|id| id.as_str() == contact)
            })
            .map(|row| match row.verdict {
                Some(verdict) => format!("{} {verdict}", row.action),
                None => row.action.to_string(),
            })
            .collect()
    }

    pub async fn why(&self, id: &str) -> String {
        self.desk.why(id).await.unwrap().lines.join("\n")
    }

    /// Calls that changed something at Featurebase or tried to: `POST` ones.
    pub fn posts(&self) -> usize {
        self.sandbox
            .calls()
            .iter()
            .filter(|call| call.method == "POST")
            .count()
    }

    pub async fn jobs(&self, task: Task) -> i64 {
        self.store.backlog(task).await.unwrap().jobs
    }

    /// Asks the private listener.
    pub async fn asks(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(format!("http://{}{path}", self.running.private))
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

pub fn ana(reason: &str) -> Order<'_> {
    Order {
        actor: "ana",
        reason,
    }
}

/// A port that was free a moment ago, and is given to nobody else here. Not one of those the system itself gives to
/// connections: it would give it to somebody before it is taken.
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(fastrand::u16(..)));
    loop {
        let port = 10_000 + NEXT.fetch_add(1, Ordering::Relaxed) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// What is left of a bot that has ended: its database, its Featurebase and the time.
pub struct Rest {
    pub database: Arc<Database>,
    pub sandbox: Sandbox,
    pub clock: Clock,
}

impl Bot {
    /// Stops softly. What came for it meanwhile is lost.
    pub async fn ends(self) -> Rest {
        self.sandbox.suspend(&self.webhook.id);
        assert!(self.running.stop().await);
        Rest {
            database: self.database,
            sandbox: self.sandbox,
            clock: self.clock,
        }
    }
}

impl Rest {
    /// Another bot takes over where the last one ended.
    pub async fn starts(self) -> Bot {
        Setup::beside(self.database)
            .join(self.sandbox, self.clock)
            .await
    }
}

/// The seeds of stories: those given by `BOUNCER_TEST_SEEDS`, as in `0..300`, or those of old.
pub fn seeds(of_old: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(given) = std::env::var("BOUNCER_TEST_SEEDS") else {
        return of_old;
    };
    let (from, to) = given.split_once("..").unwrap();
    from.parse().unwrap()..to.parse().unwrap()
}
