//! From the settings to what the worker is made of.

use anyhow::Context as _;

use crate::alerts::Alerts;
use crate::config::{Config, Secret};
use crate::decision::Also;
use crate::featurebase::{Budget, Featurebase, Line, Notifier};
use crate::lookout::{Lookout, Watch};
use crate::notary::{Notary, NotaryError};
use crate::rules::Rulebook;
use crate::rulewatch::Rulewatch;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::time::Clock;
use crate::webhook::signature::Secrets;
use crate::worker::forgetting::Keep;
use crate::worker::{Behaviour, Outside};

use super::SecretWatch;

pub(super) fn behaviour(config: &Config) -> Behaviour {
    Behaviour {
        mode: config.mode,
        calls_at_once: config.calls_at_once,
        lease: config.lease,
        give_up_after: config.give_up_after,
        stop_file: config.stop_file(),
        lookup_max_age: config.lookup_max_age,
        exempt: config.exempt_after_unblock,
        reconcile_after: config.reconcile_after,
        data_dir: config.data_dir.clone(),
        keep: Keep {
            texts_for: config.keep.texts_for,
            record_for: config.keep.record_for,
        },
        admin_id: config.admin_id.clone(),
        jitter: fastrand::f64,
        judge: Rulebook::judge,
    }
}

pub(super) fn outside(config: &Config, store: &Store, clock: &Clock) -> anyhow::Result<Outside> {
    Ok(Outside {
        featurebase: featurebase(config, store, clock)?,
        notifier: notifier(config)?,
    })
}

pub(super) async fn rulewatch(
    config: &Config,
    (store, clock, metrics): (&Store, &Clock, &Metrics),
) -> anyhow::Result<Rulewatch> {
    let (store, clock, metrics) = (store.clone(), clock.clone(), metrics.clone());
    let mut rulewatch = Rulewatch::new(&config.rules_dir, store, clock, metrics);
    rulewatch
        .start()
        .await
        .context("the rules cannot be recorded in the store")?;
    Ok(rulewatch)
}

pub(super) async fn lookout(
    config: &Config,
    outside: &Outside,
    (store, clock, metrics): (&Store, &Clock, &Metrics),
) -> anyhow::Result<Lookout> {
    let watch = Watch {
        webhook_id: config.lookout.webhook_id.clone(),
        webhook_path: config.webhook_path.clone(),
        webhook_check: config.lookout.webhook_check,
        silence_after: config.lookout.silence_after,
        stop_file: config.stop_file(),
        lease: config.lease,
    };
    let featurebase = outside.featurebase.clone();
    let lookout = Lookout::new(
        store.clone(),
        featurebase,
        watch,
        clock.clone(),
        metrics.clone(),
    );
    lookout
        .start()
        .await
        .context("what was delivered last cannot be read from the store")?;
    Ok(lookout)
}

pub(super) fn secretwatch(
    config: &Config,
    secrets: &Secrets,
    metrics: &Metrics,
) -> Option<SecretWatch> {
    let path = config.webhook_secret_file.clone()?;
    let read = &config.webhook_secrets;
    Some(SecretWatch::new(
        path,
        read,
        secrets.clone(),
        metrics.clone(),
    ))
}

pub(super) fn alerts(
    config: &Config,
    store: &Store,
    clock: &Clock,
    metrics: &Metrics,
) -> anyhow::Result<Alerts> {
    Alerts::new(
        store.clone(),
        config.alert_urls.clone(),
        config.queue_alert_after,
        clock.clone(),
        metrics.clone(),
    )
    .context("the system's certificates cannot be read")
}

fn featurebase(
    config: &Config,
    store: &Store,
    clock: &Clock,
) -> anyhow::Result<Option<Featurebase>> {
    let budget = Budget {
        per_minute: config.calls_per_minute,
    };
    let line = Line::new(store.clone(), clock.clone(), budget, fastrand::f64);
    let (base, timeout) = (&config.base_url, config.call_timeout);
    let client = |key: &Secret| Featurebase::new(base, key.reveal(), timeout, line.clone());
    config
        .api_key
        .as_ref()
        .map(client)
        .transpose()
        .context("the system's certificates cannot be read")
}

fn notifier(config: &Config) -> anyhow::Result<Option<Notifier>> {
    let notifier = |url: &Secret| Notifier::new(url.reveal(), config.call_timeout);
    config
        .notify_url
        .as_ref()
        .map(notifier)
        .transpose()
        .context("the system's certificates cannot be read")
}

/// What lets the store lose what it has confirmed: refused unless the settings allow it.
pub(super) async fn doubts(config: &Config, store: &Store) -> anyhow::Result<Vec<String>> {
    let doubts = store
        .doubts()
        .await
        .context("how PostgreSQL keeps what it is told cannot be read")?;
    if doubts.is_empty() {
        return Ok(doubts);
    }
    let doubts = doubts.join(" and ");
    anyhow::ensure!(
        config.durability.allow_unsafe_postgres,
        "PostgreSQL runs with {doubts}: after a power cut events that were acknowledged could be gone. Set these to `on` at the server; only where that does not matter, as in tests, set allow_unsafe_postgres = true"
    );
    Ok(vec![format!(
        "PostgreSQL runs with {doubts}, as allow_unsafe_postgres allows: after a power cut acknowledged events may be gone"
    )])
}

/// Who keeps the record checkable. That its key is wanting stops nothing else, and is told.
pub(super) async fn notary(
    config: &Config,
    (store, clock): (&Store, &Clock),
    doubts: &mut Vec<String>,
) -> anyhow::Result<Notary> {
    let notary = Notary::new(store.clone(), &config.data_dir, clock.clone());
    match notary.begin().await {
        Ok(()) => {}
        Err(NotaryError::Key(error)) => doubts.push(format!("the record is not signed: {error}")),
        Err(error) => return Err(error).context("the record cannot be begun"),
    }
    Ok(notary)
}

/// What rules ask for that the settings do not allow.
pub(super) fn warnings(config: &Config, book: Option<&Rulebook>) -> Vec<String> {
    let lacking = [
        (Also::Note, "admin_id", config.admin_id.is_none()),
        (Also::Notify, "notify_url", config.notify_url.is_none()),
    ];
    let mut warnings = Vec::new();
    for (also, setting, _) in lacking.into_iter().filter(|(_, _, lacks)| *lacks) {
        let rules = book.into_iter().flat_map(Rulebook::rules);
        let rules: Vec<&str> = rules
            .filter(|rule| rule.also.contains(&also))
            .map(|rule| rule.id.0.as_str())
            .collect();
        if !rules.is_empty() {
            warnings.push(format!(
                "{setting} is not set, so `{also}` is not done, which these rules ask for: {}",
                rules.join(", ")
            ));
        }
    }
    warnings
}
