//! The private listener: health, readiness, numbers. For operators, not for the world.

mod calls;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, header};
use tokio::sync::watch;

use crate::lookout;
use crate::rulewatch::{Files, Status};
use crate::store::brakes::{TOTAL, Trip};
use crate::store::jobs::{Task, WhyCompare};
use crate::store::{Result, Store, StoreError};
use crate::telemetry::Metrics;
use crate::webhook::refusals::{Refusals, Told};
use crate::worker::Worker;

/// Longest wait for the store before it counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub(super) struct Private {
    pub store: Store,
    pub metrics: Metrics,
    pub rules: watch::Receiver<Status>,
    pub refusals: Arc<Refusals>,
    pub worker: Arc<Worker>,
    /// What lets the store lose what it has confirmed.
    pub doubts: Vec<String>,
    pub lookout: watch::Receiver<lookout::Status>,
    /// Why the file of secrets cannot be used, while it cannot.
    pub secrets: Option<watch::Receiver<Option<String>>>,
}

impl Private {
    fn rules(&self) -> Status {
        let status = self.rules.borrow().clone();
        status.at(self.worker.clock.now())
    }
}

pub(super) fn router(inside: Private) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/rules", get(rules))
        .route("/refusals", get(refusals))
        .route("/metrics", get(metrics))
        .with_state(inside)
}

/// 200 when events can be stored and judged, else 503; either way which rules are in force, and a line for everything that
/// is not as it should be.
async fn ready(State(inside): State<Private>) -> impl IntoResponse {
    let (mut not_ready, mut told) = (Vec::new(), Vec::new());
    not_ready.extend(store_trouble(&inside).await);
    let rules = inside.rules();
    match &rules.in_force {
        None => not_ready.push(
            "rules: none in force, so judging waits; `bouncer check` shows what to mend".to_owned(),
        ),
        Some(digest) => told.push(format!(
            "rules: {} in force, digest {}",
            rules.rules,
            digest.short()
        )),
    }
    if rules.files != Files::InForce {
        told.push(format!("rules: {}", rules.say_files()));
    }
    told.extend(inside.refusals.lines());
    if let Ok(Ok(Some(why))) = tokio::time::timeout(PATIENCE, calls::held_up(&inside)).await {
        told.push(format!("featurebase: {why}"));
    }
    told.extend(inside.lookout.borrow().lines());
    if let Some(trouble) = inside
        .secrets
        .as_ref()
        .and_then(|told| told.borrow().clone())
    {
        told.push(format!("secrets: {trouble}"));
    }
    told.extend(held_back(&inside).await);
    told.extend(inside.doubts.iter().map(|doubt| format!("store: {doubt}")));
    told.extend(reconciling(&inside).await);
    let status = if not_ready.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut text = String::from(if not_ready.is_empty() {
        "ready\n"
    } else {
        "not ready\n"
    });
    for line in not_ready.iter().chain(&told) {
        let _ = writeln!(text, "{line}");
    }
    (status, text)
}

/// What people, or brakes, hold back.
async fn held_back(inside: &Private) -> Vec<String> {
    let mut told = Vec::new();
    if let Ok(Ok(Some(stop))) = tokio::time::timeout(PATIENCE, inside.store.stopped()).await {
        told.push(format!(
            "stopped by {} at {}: {}",
            stop.actor, stop.at, stop.reason
        ));
    }
    if inside.worker.behaviour.stop_file.exists() {
        told.push("stopped by the file STOP in the data folder".to_owned());
    }
    if let Ok(Ok(trips)) = tokio::time::timeout(PATIENCE, inside.store.trips()).await {
        told.extend(trips.iter().map(tripped));
    }
    if let Ok(Ok(regrets)) = tokio::time::timeout(PATIENCE, inside.store.regrets()).await {
        told.extend(regrets.iter().map(|regret| {
            format!(
                "regret of {}: people undid {} of {} blocks, more than {}; proposed: stage = \"hold\" at {}; `bouncer rules ledger`",
                regret.rule, regret.regretted, regret.acted, regret.bound, regret.place
            )
        }));
    }
    told
}

/// Why no rule blocks for now, while it is first looked whom people unblocked.
async fn reconciling(inside: &Private) -> Option<String> {
    let comparing = inside.store.comparing(WhyCompare::Away);
    let state = tokio::time::timeout(PATIENCE, comparing)
        .await
        .ok()?
        .ok()??;
    Some(format!(
        "reconciling since {}, {} looked at so far, and no rule blocks before it is done: {}",
        state.started_at, state.compared, state.because
    ))
}

fn tripped(trip: &Trip) -> String {
    let whose = match trip.rule.as_str() {
        TOTAL => "all rules together",
        rule => rule,
    };
    format!(
        "brake of {whose}: tripped at {} ({}); `bouncer brake list`",
        trip.tripped_at, trip.bound
    )
}

/// Why the store cannot be written to, if it cannot.
async fn store_trouble(inside: &Private) -> Option<String> {
    match tokio::time::timeout(PATIENCE, inside.store.probe(inside.worker.clock.now())).await {
        Ok(Ok(())) => None,
        Ok(Err(StoreError::Full)) => Some(
            "store: the disk is full. Deliveries are refused and rules block nobody; what people order is still carried out. It goes on by itself once there is room".to_owned(),
        ),
        // Details are for the log: they may name hosts and users.
        Ok(Err(error)) => {
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "the store cannot be written to"
            );
            Some("store: cannot be written to; see the log".to_owned())
        }
        Err(_) => Some("store: does not answer".to_owned()),
    }
}

/// Which rules are in force, and how the files differ from them.
async fn rules(State(inside): State<Private>) -> Json<Status> {
    Json(inside.rules())
}

/// What was refused since the start, and what to do about it.
async fn refusals(State(inside): State<Private>) -> Json<Told> {
    Json(inside.refusals.told())
}

async fn metrics(State(inside): State<Private>) -> impl IntoResponse {
    if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, refresh(&inside)).await {
        tracing::error!(
            error = format!("{:#}", anyhow::Error::from(error)),
            "numbers could not be read from the store"
        );
    }
    (
        [(
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        )],
        inside.metrics.render(),
    )
}

/// Reads the numbers that live in the store.
async fn refresh(inside: &Private) -> Result<()> {
    for task in Task::ALL {
        inside
            .metrics
            .set_jobs(task.as_str(), inside.store.backlog(*task).await?.jobs);
    }
    if let Some(at) = inside.rules().looked_at {
        inside.metrics.rules.looked_at.set(at.seconds());
    }
    inside.metrics.inbox.set(inside.store.waiting().await?.0);
    inside
        .metrics
        .not_understood
        .set(inside.store.not_understood().await?);
    inside.metrics.holds.set(inside.store.hold_count().await?);
    let brakes = inside.store.trips().await?.len();
    let brakes = i64::try_from(brakes).unwrap_or(i64::MAX);
    inside.metrics.brakes_tripped.set(brakes);
    let stopped =
        inside.store.stopped().await?.is_some() || inside.worker.behaviour.stop_file.exists();
    inside.metrics.stopped.set(i64::from(stopped));
    let reconciling = inside.store.comparing(WhyCompare::Away).await?.is_some();
    inside.metrics.reconciling.set(i64::from(reconciling));
    calls::refresh(inside, stopped).await
}
