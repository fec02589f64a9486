//! Puts the rooms together and runs them: listeners, the store's writer, the worker, the watch over the rules.

mod descriptors;
mod disk;
mod given;
pub mod listener;
mod lock;
mod parts;
mod private;
mod secretwatch;
mod signals;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::alerts::Alerts;
use crate::config::{Config, Secret};
use crate::decision::Stage;
use crate::lookout::Lookout;
use crate::notary::Notary;
use crate::rulewatch::Rulewatch;
use crate::store::inbox::InboxWriter;
use crate::store::{Location, Store};
use crate::telemetry::Metrics;
use crate::time::Clock;
use crate::webhook;
use crate::webhook::refusals::Refusals;
use crate::webhook::signature::Secrets;
use crate::worker::Worker;
pub use secretwatch::SecretWatch;
use signals::signal;

/// Longest time a soft stop waits for work under way.
const DRAIN: Duration = Duration::from_secs(40);

/// The rooms put together and not yet running.
pub struct App {
    pub store: Store,
    pub worker: Arc<Worker>,
    pub rulewatch: Rulewatch,
    pub alerts: Arc<Alerts>,
    pub lookout: Arc<Lookout>,
    notary: Arc<Notary>,
    pub metrics: Metrics,
    /// What rules ask for that the settings do not allow.
    pub warnings: Vec<String>,
    refusals: Arc<Refusals>,
    /// What lets the store lose what it has confirmed, as the settings allow.
    doubts: Vec<String>,
    config: Config,
    clock: Clock,
    secrets: Secrets,
    secretwatch: Option<SecretWatch>,
    writer: InboxWriter,
    lock: Option<lock::DataLock>,
}

/// The program, running.
pub struct Running {
    pub public: SocketAddr,
    pub private: SocketAddr,
    /// One line that says what runs.
    pub line: String,
    /// The watch over the rules, where it is driven by hand.
    pub rulewatch: Option<Rulewatch>,
    /// The watch over the file of secrets, where there is one and it is driven by hand.
    pub secretwatch: Option<SecretWatch>,
    pub lookout: Arc<Lookout>,
    pub notary: Arc<Notary>,
    stop: CancellationToken,
    tasks: TaskTracker,
    failed: Arc<AtomicBool>,
    store: Store,
    lock: Option<lock::DataLock>,
}

/// Opens the store, reads the rules, makes everything ready.
///
/// # Errors
/// When the data folder, the store or the certificates cannot be used.
pub async fn assemble(config: &Config, clock: Clock) -> anyhow::Result<App> {
    // A provider that was installed before, as by a second program in one process, is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = config.data_dir.display();
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("the data folder {folder} cannot be made"))?;
    let location = config.location();
    let lock = match &location {
        Location::Sqlite(_) => Some(disk::take(config)?),
        Location::Postgres(_) => None,
    };
    let (store, writer) = Store::open_to_run(&location, config.durability.disk_reserve)
        .await
        .context("the store cannot be opened")?;
    let mut doubts = parts::doubts(config, &store).await?;
    let notary = parts::notary(config, (&store, &clock), &mut doubts).await?;
    free_claims(&store, lock.is_some(), config.lease, &clock)
        .await
        .context("claims of a program that died cannot be freed")?;
    let metrics = Metrics::new();
    let mut rulewatch = parts::rulewatch(config, (&store, &clock, &metrics)).await?;
    let outside = parts::outside(config, &store, &clock)?;
    let lookout = parts::lookout(config, &outside, (&store, &clock, &metrics)).await?;
    let warnings = parts::warnings(config, rulewatch.book().borrow().as_deref());
    let worker = Worker::new(
        store.clone(),
        outside,
        rulewatch.book(),
        parts::behaviour(config),
        clock.clone(),
        metrics.clone(),
    );
    rulewatch.wakes(worker.wake.judging.clone());
    worker
        .look_back()
        .await
        .context("when a bouncer was last at work cannot be read from the store")?;
    let secrets = Secrets::new(config.webhook_secrets.iter().map(Secret::reveal));
    Ok(App {
        alerts: Arc::new(parts::alerts(config, &store, &clock, &metrics)?),
        store,
        worker: Arc::new(worker),
        rulewatch,
        refusals: Arc::new(Refusals::new(clock.now(), metrics.clone())),
        lookout: Arc::new(lookout),
        notary: Arc::new(notary),
        secretwatch: parts::secretwatch(config, &secrets, &metrics),
        secrets,
        metrics,
        warnings,
        doubts,
        config: config.clone(),
        clock,
        writer,
        lock,
    })
}

/// Where nobody else works on the store, whatever is claimed was claimed by a program that died. Elsewhere this holds of
/// claims that could not have been made yet.
async fn free_claims(
    store: &Store,
    alone: bool,
    lease: Duration,
    clock: &Clock,
) -> crate::store::Result<()> {
    let mut tx = store.writing().await?;
    if alone {
        tx.release_all().await?;
    }
    tx.mend_clocks(clock.now(), lease).await?;
    tx.commit().await
}

/// Which parts run by themselves. A test that moves the clock by hand drives the worker by hand, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driven {
    ByItself,
    ByHand,
}

impl App {
    /// Starts listening and working.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub async fn serve(self, driven: Driven) -> anyhow::Result<Running> {
        let public = bind(self.config.listen).await?;
        let private = bind(self.config.private_listen).await?;
        let addresses = (public.local_addr()?, private.local_addr()?);
        let (receiver, inside) = (self.receiver(), self.inside());
        let ([for_all, for_operators], numbers) = (self.limits(), self.numbers());
        let mut running = Running {
            public: addresses.0,
            private: addresses.1,
            line: self.line(addresses.0, addresses.1),
            rulewatch: None,
            secretwatch: None,
            lookout: self.lookout,
            notary: self.notary,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            failed: Arc::default(),
            store: self.store,
            lock: self.lock,
        };
        let router = webhook::router(Arc::new(receiver), &self.config.webhook_path);
        let stop = running.stop.clone();
        running.run(
            "the public listener",
            listener::serve(public, router, for_all, numbers, stop.clone()),
        );
        let (router, numbers) = (private::router(inside), listener::Numbers::default());
        running.run(
            "the private listener",
            listener::serve(private, router, for_operators, numbers, stop.clone()),
        );
        let (wake, kept) = (self.worker.wake.clone(), self.metrics.events_kept);
        let writer = self.writer.run(move |stored| {
            kept.inc_by(u64::try_from(stored).unwrap_or(0));
            wake.judging.notify_one();
        });
        running.run_beyond_stop("the store's writer", writer);
        let watch = disk::watch(running.store.clone(), stop.clone());
        running.run("the watch over the disk", watch);
        match driven {
            Driven::ByItself => {
                running.work(self.worker);
                running.alert(&self.alerts);
                running.run("the watch over the rules", self.rulewatch.run(stop.clone()));
                if let Some(watch) = self.secretwatch {
                    running.run("the watch over the secrets", watch.run(stop.clone()));
                }
                let lookout = running.lookout.clone();
                running.run("the lookout", lookout.run(stop.clone()));
                let notary = running.notary.clone();
                running.run("the notary", notary.run(stop));
            }
            Driven::ByHand => {
                running.rulewatch = Some(self.rulewatch);
                running.secretwatch = self.secretwatch;
            }
        }
        Ok(running)
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is something else using it? Set BOUNCER_LISTEN or BOUNCER_PRIVATE_LISTEN to another address"))
}

impl Running {
    fn work(&self, worker: Arc<Worker>) {
        let stop = &self.stop;
        self.run("judging", worker.clone().keep_judging(stop.clone()));
        self.run("acting", worker.clone().keep_acting(stop.clone()));
        self.run("forgetting", worker.clone().keep_forgetting(stop.clone()));
        self.run("telling", worker.clone().keep_telling(stop.clone()));
        self.run("indexing", worker.keep_indexing(stop.clone()));
    }

    fn alert(&self, alerts: &Arc<Alerts>) {
        for address in alerts.addresses() {
            let telling = alerts.clone();
            let telling = telling.keep_telling(address.clone(), self.stop.clone());
            self.run("telling people", telling);
        }
        let watching = alerts.clone().keep_watching(self.stop.clone());
        self.run("the watch over the queue", watching);
    }

    /// Runs a part until the stop. One that ends before takes everything down, with a failing exit code.
    #[allow(
        clippy::disallowed_methods,
        reason = "server and worker are the rooms that start tasks"
    )]
    fn run(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(part);
        let (stop, failed) = (self.stop.clone(), self.failed.clone());
        tokio::spawn(async move {
            let ended = task.await;
            if !stop.is_cancelled() {
                tracing::error!(panicked = ended.is_err(), "{name} has ended; stopping");
                failed.store(true, Ordering::SeqCst);
                stop.cancel();
            }
        });
    }

    /// As [`run`](Self::run), for the part that must outlive all others: it ends by itself when nobody needs it.
    #[allow(
        clippy::disallowed_methods,
        reason = "server and worker are the rooms that start tasks"
    )]
    fn run_beyond_stop(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let (stop, failed) = (self.stop.clone(), self.failed.clone());
        let task = tokio::spawn(part);
        tokio::spawn(async move {
            let ended = task.await;
            if !stop.is_cancelled() {
                tracing::error!(panicked = ended.is_err(), "{name} has ended; stopping");
                failed.store(true, Ordering::SeqCst);
                stop.cancel();
            }
        });
    }

    /// Waits until something makes the program stop by itself.
    pub async fn ended(&self) {
        self.stop.cancelled().await;
    }

    /// Stops softly: no new requests, no new work; what is under way is finished. `false` when a part had failed.
    pub async fn stop(self) -> bool {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("work under way was not finished in time; its leases will run out");
        }
        self.store.close().await;
        drop(self.lock);
        !self.failed.load(Ordering::SeqCst)
    }
}

/// Runs until the first signal to stop, then stops softly; a second signal stops at once.
///
/// # Errors
/// When the program cannot start, or a part of it failed.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let app = assemble(config, Clock::system()).await?;
    for warning in &app.warnings {
        tracing::warn!("{warning}");
    }
    for doubt in &app.doubts {
        tracing::error!("{doubt}");
    }
    let running = app.serve(Driven::ByItself).await?;
    tracing::info!("{}", running.line);
    if config.mode == Stage::Observe {
        tracing::info!(
            "mode observe: nothing is changed in Featurebase; with a key, senders are looked up for rules that ask"
        );
    }
    tokio::select! {
        () = signal() => tracing::info!("stopping: what is under way is finished; a second signal stops at once"),
        () = running.ended() => {}
    }
    tokio::select! {
        well = running.stop() => anyhow::ensure!(well, "a part of the program has failed; see the log"),
        () = signal() => anyhow::bail!("stopped at once by a second signal"),
    }
    Ok(())
}
