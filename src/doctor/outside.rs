//! Featurebase: whether the key is taken, how the webhook is, what time it is there.

use serde_json::json;

use super::{Hands, Line};
use crate::config::Config;
use crate::decision::Stage;
use crate::featurebase::{Featurebase, Outcome, PAYLOADS, Webhook, WebhookStatus};
use crate::lookout::{State, pick, state_of};
use crate::store::Store;
use crate::store::audit::{Action, Entry};
use crate::time::{Clock, Timestamp};

/// Clocks further apart than this are told of; deliveries are refused beyond `signature_window`.
const APART: i64 = 30;

pub(super) async fn lines(
    config: &Config,
    store: Option<&Store>,
    hands: Hands<'_>,
    clock: &Clock,
) -> Vec<Line> {
    let about = "API key";
    let Some(key) = &config.api_key else {
        let what = "there is none, so neither the webhook nor a gap in deliveries can be looked at";
        let help = "set FEATUREBASE_API_KEY, or FEATUREBASE_API_KEY_FILE";
        return vec![if config.mode == Stage::Observe {
            Line::warn(about, what, help)
        } else {
            Line::fail(about, what, help)
        }];
    };
    let made = Featurebase::by_hand(&config.base_url, key.reveal(), config.call_timeout);
    let Ok(featurebase) = made else {
        let what = "the system's certificates cannot be read, so Featurebase cannot be called";
        return vec![Line::fail(
            about,
            what,
            "install the package ca-certificates",
        )];
    };
    let probe = featurebase.probe(clock.now()).await;
    let mut lines = Vec::new();
    match probe.webhooks {
        Ok(webhooks) => {
            lines.push(Line::ok(about, format!("{} takes it", config.base_url)));
            lines.extend(webhook(config, &webhooks, (&featurebase, store, hands, clock)).await);
        }
        Err(outcome) => lines.push(refused(&outcome, config)),
    }
    lines.extend(probe.date.map(|date| skew(date, clock.now(), config)));
    lines
}

fn refused(outcome: &Outcome, config: &Config) -> Line {
    match outcome {
        Outcome::KeyRefused { .. } => Line::fail(
            "API key",
            format!("{} does not take it: {outcome}", config.base_url),
            "make a new key in Featurebase and put it where FEATUREBASE_API_KEY or FEATUREBASE_API_KEY_FILE says",
        ),
        _ => Line::fail(
            "Featurebase",
            format!(
                "{} does not answer as it should: {outcome}",
                config.base_url
            ),
            "look at the network and at Featurebase's status page; what is to be done waits meanwhile",
        ),
    }
}

type Means<'a> = (&'a Featurebase, Option<&'a Store>, Hands<'a>, &'a Clock);

async fn webhook(config: &Config, webhooks: &[Webhook], means: Means<'_>) -> Vec<Line> {
    let about = "webhook";
    let picked = pick(
        webhooks,
        config.lookout.webhook_id.as_deref(),
        &config.webhook_path,
    );
    let webhook = match picked {
        Ok(webhook) => webhook,
        Err(health) => {
            return vec![Line::fail(
                about,
                health.what,
                "without it nothing is delivered to us",
            )];
        }
    };
    let health = state_of(webhook);
    let mut lines = vec![match health.state {
        State::Active => Line::ok(about, format!("{} to {}", health.what, webhook.url)),
        State::Suspended | State::Paused => mend(webhook, health.what, means).await,
        _ => Line::fail(about, health.what, "what is not delivered cannot be judged"),
    }];
    let path = url::Url::parse(&webhook.url).map(|url| url.path().to_owned());
    if path.as_deref() != Ok(config.webhook_path.as_str()) {
        let what = format!(
            "it posts to {}, and we listen on the path {}",
            webhook.url, config.webhook_path
        );
        lines.push(Line::warn(
            about,
            what,
            "that is right only if a proxy changes the path on the way",
        ));
    }
    if !PAYLOADS.contains(&webhook.version.as_str()) {
        let what = format!(
            "its payload version `{}` is not one this program was made for",
            webhook.version
        );
        lines.push(Line::warn(
            about,
            what,
            "set its version to 2026-01-01.nova in Featurebase",
        ));
    }
    lines
}

/// Has a webhook that does not deliver do so again, if that is wanted. No record, no action.
async fn mend(webhook: &Webhook, what: String, means: Means<'_>) -> Line {
    let (about, (featurebase, store, hands, clock)) = ("webhook", means);
    let known = webhook.status != WebhookStatus::Unknown;
    let Hands::On { actor } = hands else {
        return Line::fail(
            about,
            what,
            "messages missed meanwhile are looked for once it delivers again",
        );
    };
    let recorded = match store {
        Some(store) if known => record(store, webhook, actor, clock.now()).await,
        _ => Err("there is no store to record it in".to_owned()),
    };
    if let Err(why) = recorded {
        return Line::fail(
            about,
            format!("{what}; it was left as it is, because {why}"),
            "what cannot be recorded is not done: mend that first",
        );
    }
    match featurebase
        .reactivate_webhook(&webhook.id, clock.now())
        .await
    {
        Ok(_) => Line::ok(
            about,
            format!(
                "{} was {} and is active again; messages missed meanwhile are looked for by the running bouncer",
                webhook.id, webhook.status
            ),
        ),
        Err(outcome) => Line::fail(
            about,
            format!("{what}; it could not be made active: {outcome}"),
            "try again, or do it in Featurebase",
        ),
    }
}

async fn record(
    store: &Store,
    webhook: &Webhook,
    actor: &str,
    now: Timestamp,
) -> Result<(), String> {
    let detail = json!({ "webhook": webhook.id, "was": webhook.status });
    let entry = Entry::new(Action::WebhookReactivated, now, detail).by(actor);
    let recorded = async {
        let mut tx = store.writing().await?;
        tx.record(vec![entry]).await?;
        tx.commit().await
    };
    let failed = |error| format!("it could not be recorded: {:#}", anyhow::Error::from(error));
    recorded.await.map_err(failed)
}

fn skew(date: Timestamp, now: Timestamp, config: &Config) -> Line {
    let about = "clock";
    let apart = now.seconds() - date.seconds();
    if apart.abs() <= APART {
        return Line::ok(about, "this machine's and Featurebase's agree");
    }
    let way = if apart > 0 { "ahead of" } else { "behind" };
    let what = format!(
        "this machine's is {} seconds {way} Featurebase's",
        apart.abs()
    );
    let help = "set it by NTP: deliveries whose time is too far from ours are refused";
    let window = i64::try_from(config.signature_window.as_secs()).unwrap_or(i64::MAX);
    if apart.abs() >= window {
        return Line::fail(about, format!("{what}, so every delivery is refused"), help);
    }
    Line::warn(about, what, help)
}
