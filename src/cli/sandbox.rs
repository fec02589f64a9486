//! `bouncer sandbox` and `bouncer trigger`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::WANTING;
use super::args::{Sandbox as SandboxArgs, Trigger};
use super::out::{Out, say};
use crate::config::{Config, Environment, Need};
use crate::payload;
use crate::sandbox::{BOUNCER_TOPICS, Options, Sandbox, sample_event, sign};
use crate::time::Clock;

pub(super) async fn sandbox(options: SandboxArgs) -> anyhow::Result<ExitCode> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(Options {
        listen: options.listen,
        api_key: options.api_key,
        speed: options.speed.max(1),
        ..Options::default()
    })
    .await
    .with_context(|| format!("the sandbox cannot listen on {}", options.listen))?;
    let url = sandbox.url();
    say(&format!(
        "a local Featurebase answers at {url} (its controls under {url}/_sandbox/)"
    ));
    say(&format!(
        "  export FEATUREBASE_BASE_URL={url} FEATUREBASE_API_KEY={}",
        sandbox.api_key()
    ));
    if let Some(to) = &options.webhook {
        let webhook = sandbox.add_webhook(to, BOUNCER_TOPICS);
        say(&format!(
            "  export FEATUREBASE_WEBHOOK_SECRET={}",
            webhook.secret
        ));
        say(&format!("events are delivered to {to}"));
    } else {
        say("no events are delivered; give --webhook http://127.0.0.1:8080/webhooks/featurebase");
    }
    sandbox.run_deliveries();
    tokio::signal::ctrl_c()
        .await
        .context("signals cannot be listened for")?;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn trigger(
    options: Trigger,
    environment: &Environment,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let secrets = Config::from_environment(environment, Need::NoSecrets)
        .ok()
        .map(|config| config.webhook_secrets)
        .unwrap_or_default();
    let Some(secret) = secrets.first() else {
        bail!(
            "FEATUREBASE_WEBHOOK_SECRET is not set, so the event cannot be signed; use the same secret as the bouncer"
        );
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::system();
    let body = sample_event(
        &options.topic,
        &options.text,
        options.sender,
        options.contact.as_deref(),
        &clock,
    );
    let event = payload::id_of(&body);
    let timestamp = clock.now().seconds().to_string();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .build()?;
    let response = client
        .post(&options.to)
        .header("content-type", "application/json")
        .header("x-webhook-timestamp", &timestamp)
        .header(
            "x-webhook-signature",
            sign(secret.reveal(), &timestamp, &body),
        )
        .body(body)
        .send()
        .await
        .with_context(|| {
            format!(
                "nothing answers at {}; is `bouncer run` running?",
                options.to
            )
        })?;
    let status = response.status();
    let line = match status.as_u16() {
        200 => format!("{event} was stored; `bouncer why {event}` explains what became of it"),
        401 => format!("{event} was refused (401): the secrets differ, or the clocks do"),
        _ => format!("{event} was answered {status}"),
    };
    out.answer(
        &serde_json::json!({ "event": event, "status": status.as_u16() }),
        [line],
    );
    Ok(if status.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    })
}
