//! `bouncer webhook create`, `status`, `rotate`, `list`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::WANTING;
use super::args::{SecretPlace, WebhookCommand, WebhookCreate, WebhookRotate};
use super::out::Out;
use super::secret_file::Place;
use crate::config::{Config, Secret};
use crate::featurebase::{Featurebase, Keyed, Outcome, Webhook, is_webhook_id};
use crate::lookout::{State, pick, state_of};
use crate::time::Clock;

pub(super) async fn webhook(
    config: &Config,
    command: WebhookCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    if let WebhookCommand::Rotate(options) = &command
        && options.forget_old
    {
        return forget_old(config, options, out);
    }
    let desk = Counter::open(config)?;
    match command {
        WebhookCommand::Create(options) => desk.create(&options, out).await,
        WebhookCommand::Status(named) => desk.status(named.id.as_deref(), out).await,
        WebhookCommand::Rotate(options) => desk.rotate(&options, out).await,
        WebhookCommand::List => desk.list(out).await,
    }
}

/// Where Featurebase is asked about webhooks.
struct Counter<'c> {
    config: &'c Config,
    featurebase: Featurebase,
    clock: Clock,
}

impl<'c> Counter<'c> {
    fn open(config: &'c Config) -> anyhow::Result<Self> {
        let Some(key) = &config.api_key else {
            bail!(
                "FEATUREBASE_API_KEY is not set, so Featurebase cannot be asked; set it, or FEATUREBASE_API_KEY_FILE"
            );
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let featurebase = Featurebase::by_hand(&config.base_url, key.reveal(), config.call_timeout)
            .context("the system's certificates cannot be read")?;
        Ok(Self {
            config,
            featurebase,
            clock: Clock::system(),
        })
    }

    async fn create(&self, options: &WebhookCreate, out: Out) -> anyhow::Result<ExitCode> {
        let place = self.place(&options.secret)?;
        let there = self.all().await?;
        if let Some(known) = there.iter().find(|webhook| webhook.url == options.url) {
            bail!(
                "Featurebase has a webhook to {} already: {}; `bouncer webhook rotate --id {}` gives it a new secret",
                options.url,
                known.id,
                known.id
            );
        }
        let made = self
            .featurebase
            .create_webhook(&options.name, &options.url, self.clock.now());
        let made = made.await.map_err(failed)?;
        let mut lines = vec![
            format!(
                "made: the webhook {} to {}",
                made.webhook.id, made.webhook.url
            ),
            format!(
                "set webhook_id = \"{}\" in bouncer.toml, or BOUNCER_WEBHOOK_ID, so that it is told from others",
                made.webhook.id
            ),
        ];
        lines.extend(self.hand_over(&made, place, &options.secret)?);
        out.answer(&answer(&made, &options.secret), lines);
        Ok(ExitCode::SUCCESS)
    }

    async fn rotate(&self, options: &WebhookRotate, out: Out) -> anyhow::Result<ExitCode> {
        let place = self.place(&options.secret)?;
        let ours = self.ours(options.id.as_deref()).await?;
        let made = self
            .featurebase
            .new_webhook_secret(&ours.id, self.clock.now());
        let made = made.await.map_err(failed)?;
        let mut lines = vec![format!(
            "the webhook {} has a new secret; Featurebase signs with it from now on",
            ours.id
        )];
        lines.extend(self.hand_over(&made, place, &options.secret)?);
        lines.push("what was delivered before the bouncer knew it was refused (401); Featurebase sends it again after 1 minute, so nothing is lost".to_owned());
        out.answer(&answer(&made, &options.secret), lines);
        Ok(ExitCode::SUCCESS)
    }

    async fn status(&self, id: Option<&str>, out: Out) -> anyhow::Result<ExitCode> {
        let ours = self.ours(id).await?;
        let health = state_of(&ours);
        let mut lines = told(&ours);
        lines.push(health.what);
        out.answer(&json!({ "webhook": ours, "state": health.state }), lines);
        Ok(if health.state == State::Active {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(WANTING)
        })
    }

    async fn list(&self, out: Out) -> anyhow::Result<ExitCode> {
        let all = self.all().await?;
        let line =
            |webhook: &Webhook| format!("{}  {:<9}  {}", webhook.id, webhook.status, webhook.url);
        let none = all.is_empty().then(|| "there are none".to_owned());
        out.answer(&all, all.iter().map(line).chain(none));
        Ok(ExitCode::SUCCESS)
    }

    async fn all(&self) -> anyhow::Result<Vec<Webhook>> {
        let all = self.featurebase.webhooks(self.clock.now()).await;
        all.map_err(failed)
    }

    /// The webhook that is meant.
    async fn ours(&self, id: Option<&str>) -> anyhow::Result<Webhook> {
        if let Some(odd) = id.filter(|id| !is_webhook_id(id)) {
            bail!(
                "`{odd}` is not a webhook's id: it has 24 digits and letters a to f; `bouncer webhook list` shows them"
            );
        }
        let id = id.or(self.config.lookout.webhook_id.as_deref());
        let all = self.all().await?;
        let picked = pick(&all, id, &self.config.webhook_path);
        picked
            .cloned()
            .map_err(|health| anyhow::Error::msg(health.what))
    }

    /// Where the secret goes: tried out before there is one.
    fn place(&self, secret: &SecretPlace) -> anyhow::Result<Option<Place>> {
        let file = secret.secret_file.as_deref();
        match file.or(self.config.webhook_secret_file.as_deref()) {
            Some(path) => Place::try_out(path).map(Some),
            None if secret.show_secret => Ok(None),
            None => bail!(
                "say where the secret is to go: --secret-file FILE writes it there (and FEATUREBASE_WEBHOOK_SECRET_FILE=FILE has the bouncer read it), --show-secret prints it"
            ),
        }
    }

    /// Writes the secret down, first in the file, what was accepted before beside it.
    fn hand_over(
        &self,
        made: &Keyed,
        place: Option<Place>,
        secret: &SecretPlace,
    ) -> anyhow::Result<Vec<String>> {
        let mut lines = Vec::new();
        let new = Secret::new(made.secret.clone());
        if let Some(place) = place {
            let mut secrets = vec![new];
            for old in place.secrets.iter().chain(&self.config.webhook_secrets) {
                if !secrets.contains(old) {
                    secrets.push(old.clone());
                }
            }
            place.write(&secrets).with_context(|| {
                format!("the new secret of the webhook {} could not be written down and is lost; once that is mended, `bouncer webhook rotate` makes another", made.webhook.id)
            })?;
            lines.push(written(place.path(), secrets.len() - 1));
            if self.config.webhook_secret_file.is_none() {
                lines.push(format!("start the bouncer with FEATUREBASE_WEBHOOK_SECRET_FILE={}, and without FEATUREBASE_WEBHOOK_SECRET", place.path().display()));
            }
        }
        if secret.show_secret {
            lines.push(made.secret.clone());
        }
        Ok(lines)
    }
}

fn written(path: &Path, old: usize) -> String {
    let path = path.display();
    if old == 0 {
        return format!("its secret stands in {path}");
    }
    format!(
        "its secret stands first in {path}, {old} older beside it; a running bouncer that reads this file takes it up within two seconds. After a day, `bouncer webhook rotate --forget-old` ends the old ones"
    )
}

/// Ends all secrets of the file but the newest.
fn forget_old(config: &Config, options: &WebhookRotate, out: Out) -> anyhow::Result<ExitCode> {
    let file = options.secret.secret_file.as_deref();
    let Some(path) = file.or(config.webhook_secret_file.as_deref()) else {
        bail!(
            "say which file holds the secrets: --secret-file FILE, or FEATUREBASE_WEBHOOK_SECRET_FILE"
        );
    };
    let place = Place::try_out(path)?;
    let Some((newest, old)) = place.secrets.split_first() else {
        bail!("{} holds no secret", path.display());
    };
    place.write(std::slice::from_ref(newest))?;
    let line = match old.len() {
        0 => format!(
            "{} holds one secret only: there was nothing to forget",
            path.display()
        ),
        many => format!(
            "{} holds the newest secret only; {many} older ones are no longer accepted",
            path.display()
        ),
    };
    out.answer(&json!({ "forgotten": old.len() }), [line]);
    Ok(ExitCode::SUCCESS)
}

fn told(webhook: &Webhook) -> Vec<String> {
    vec![
        format!("{} to {}", webhook.id, webhook.url),
        format!(
            "status: {}, payload version {}",
            webhook.status, webhook.version
        ),
        format!("topics: {}", webhook.topics.join(", ")),
        format!(
            "health: {} failures in a row, last success {}, last answer {}",
            webhook.consecutive_failures,
            webhook.last_success_at.as_deref().unwrap_or("never"),
            webhook.last_status.as_deref().unwrap_or("none")
        ),
    ]
}

fn answer(made: &Keyed, secret: &SecretPlace) -> serde_json::Value {
    let shown = secret.show_secret.then_some(&made.secret);
    json!({ "webhook": made.webhook, "secret": shown })
}

#[allow(clippy::needless_pass_by_value, reason = "made for `map_err`")]
fn failed(outcome: Outcome) -> anyhow::Error {
    anyhow::anyhow!("Featurebase did not do it: {outcome}")
}
