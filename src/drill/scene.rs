//! One scene: a bouncer and a Featurebase of its own, in a folder that is thrown away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::report::{Scene, Tripped};
use crate::alerts::Alerts;
use crate::config::{Config, Environment, Need};
use crate::problem::{Paint, render};
use crate::sandbox::{BOUNCER_TOPICS, Draft, Ear, NewContact, Options, Sandbox};
use crate::server::{self, App, Driven, Running};
use crate::store::Store;
use crate::time::Clock;
use crate::worker::Worker;

/// Signs nothing but made-up conversations on this machine.
const API_KEY: &str = "drill-api-key-0001";
/// Folders within the folder of rules are read so deep.
const DEEPEST: usize = 4;

pub(super) struct Stage {
    sandbox: Sandbox,
    ear: Ear,
    clock: Clock,
    running: Running,
    store: Store,
    worker: Arc<Worker>,
    alerts: Arc<Alerts>,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// A stage with copies of the rules in a folder, and one rule more.
    pub async fn set(rules: &Path, rule: &str) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("bouncer-drill-")
            .tempdir()
            .context("no temporary folder can be made")?;
        let copied = folder.path().join("rules");
        copy(rules, &copied, DEEPEST)
            .with_context(|| format!("the rules in {} cannot be copied", rules.display()))?;
        std::fs::write(copied.join("drill-of-this-moment.toml"), rule)
            .context("the drill's rule cannot be written")?;
        let clock = Clock::by_hand(Clock::system().now());
        let sandbox = Sandbox::start(Options {
            api_key: API_KEY.to_owned(),
            clock: clock.clone(),
            concurrency: 1,
            ..Options::default()
        })
        .await
        .context("the sandbox cannot start")?;
        let ear = Ear::listen().await.context("no loopback port can be had")?;
        let app = assemble(&sandbox, &ear, folder.path(), &clock).await?;
        if app.rulewatch.book().borrow().is_none() {
            bail!("the rules cannot be used as they are; `bouncer check` shows what to mend");
        }
        let (worker, alerts) = (app.worker.clone(), app.alerts.clone());
        let store = app.store.clone();
        let running = app.serve(Driven::ByHand).await?;
        Ok(Self {
            sandbox,
            ear,
            clock,
            running,
            store,
            worker,
            alerts,
            _folder: folder,
        })
    }

    /// Lets one person after the other write.
    pub async fn play(
        &self,
        scene: &'static str,
        texts: impl Iterator<Item = String>,
        every: Duration,
    ) -> anyhow::Result<Scene> {
        let (began, mut tripped, mut senders) = (self.clock.now(), None, 0);
        for text in texts {
            self.clock.advance(every);
            senders += 1;
            let name = format!("person {senders}");
            let contact = self.sandbox.add_contact(NewContact::lead(&name));
            self.sandbox.write(&contact, &Draft::markdown(&text))?;
            self.works().await?;
            if tripped.is_none()
                && let Some(trip) = self.store.trips().await?.into_iter().next()
            {
                tripped = Some(Tripped {
                    rule: trip.rule,
                    brake: trip.kind.to_string(),
                    bound: trip.bound,
                    after_messages: senders,
                    after_seconds: self.clock.now().since(began).as_secs(),
                    after_blocks: self.sandbox.blocks().len(),
                });
            }
        }
        let heard = self.ear.heard();
        Ok(Scene {
            scene,
            senders,
            tripped,
            blocked: self.sandbox.blocks().len(),
            held: self.store.hold_count().await?,
            told: heard
                .iter()
                .filter(|body| body.contains("\"topic\":\"brake\""))
                .count(),
        })
    }

    pub async fn strike(self) {
        self.sandbox.stop().await;
        self.running.stop().await;
    }

    /// Delivers, files, judges, acts and tells until nothing more is due at this moment.
    async fn works(&self) -> anyhow::Result<()> {
        loop {
            let sent = self.sandbox.deliver_due().await;
            let done = self.worker.drain().await? + self.alerts.round().await?;
            if sent.delivered + sent.failed + sent.given_up + done == 0 {
                return Ok(());
            }
        }
    }
}

/// A bouncer in the folder whose Featurebase is the sandbox, and whose people are the ear.
async fn assemble(
    sandbox: &Sandbox,
    ear: &Ear,
    folder: &Path,
    clock: &Clock,
) -> anyhow::Result<App> {
    // The webhook's address must be known before the secret is, and the secret before the bouncer starts.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let webhook = sandbox.add_webhook(
        &format!("http://127.0.0.1:{port}/webhooks/featurebase"),
        BOUNCER_TOPICS,
    );
    let at = |name: &str| -> String {
        let path: PathBuf = folder.join(name);
        path.display().to_string()
    };
    let environment: Environment = [
        ("BOUNCER_LISTEN", format!("127.0.0.1:{port}")),
        ("BOUNCER_PRIVATE_LISTEN", "127.0.0.1:0".to_owned()),
        ("BOUNCER_DATA_DIR", at("data")),
        ("BOUNCER_RULES_DIR", at("rules")),
        ("BOUNCER_BASE_URL", sandbox.url()),
        ("BOUNCER_ALERT_URLS", format!("json+{}", ear.url())),
        ("FEATUREBASE_API_KEY", API_KEY.to_owned()),
        ("FEATUREBASE_WEBHOOK_SECRET", webhook.secret),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let config = Config::from_environment(&environment, Need::Everything)
        .map_err(|problems| anyhow::anyhow!(render(&problems, Paint::Plain)))?;
    server::assemble(&config, clock.clone()).await
}

/// Copies rule files and lists; other files are none of ours.
fn copy(from: &Path, to: &Path, deep: usize) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let is_ours = path
            .extension()
            .is_some_and(|extension| extension == "toml" || extension == "txt");
        if path.is_dir() && deep > 0 {
            copy(&path, &to.join(name), deep - 1)?;
        } else if path.is_file() && is_ours {
            std::fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
