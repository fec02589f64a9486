//! Notices an edit of the rule files: adopts the new rulebook, or keeps the old one and says so.
//!
//! Contents are compared, never times: editors and mounted configuration replace files by rename and by symbolic link.

pub mod folder;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::decision::Digest;
use crate::problem::Problem;
use crate::rules::{self, RuleFile, Rulebook};
use crate::store::audit::{Action, Entry};
use crate::store::{Result, Store};
use crate::telemetry::Metrics;
use crate::time::{Clock, Timestamp};

/// How often the folder is read. An edit must have stood still for one interval before it is taken up.
const INTERVAL: Duration = Duration::from_millis(500);
/// Most problems kept of a rejected edit in the record.
const MOST_PROBLEMS: usize = 50;

/// Which rules are in force, and how the files on disk differ from them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    pub in_force: Option<Digest>,
    pub rules: usize,
    /// The rules in force come from the store, since the files are not usable.
    pub from_store: bool,
    /// Since when the files differ from what is in force.
    pub differs_since: Option<Timestamp>,
    /// What is wrong with the files, a line each.
    pub problems: Vec<String>,
}

/// Watches one folder.
#[derive(Debug)]
pub struct Rulewatch {
    folder: PathBuf,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    wake: Arc<Notify>,
    book: watch::Sender<Option<Arc<Rulebook>>>,
    status: watch::Sender<Status>,
    /// What was judged last, good or bad.
    looked_at: Option<Digest>,
}

impl Rulewatch {
    #[must_use]
    pub fn new(folder: &Path, store: Store, clock: Clock, metrics: Metrics) -> Self {
        Self {
            folder: folder.to_owned(),
            store,
            clock,
            metrics,
            wake: Arc::default(),
            book: watch::Sender::new(None),
            status: watch::Sender::new(Status::default()),
            looked_at: None,
        }
    }

    /// The rulebook in force.
    #[must_use]
    pub fn book(&self) -> watch::Receiver<Option<Arc<Rulebook>>> {
        self.book.subscribe()
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Whom to wake when rules come into force.
    pub fn wakes(&mut self, wake: Arc<Notify>) {
        self.wake = wake;
    }

    /// Reads the folder for the first time. With unusable files the last good book of the store comes into force.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(&mut self) -> Result<()> {
        self.look(&folder::read(&self.folder)).await?;
        if self.book.borrow().is_none()
            && let Some((digest, files)) = self.store.latest_book().await?
        {
            self.fall_back(&digest, &files);
        }
        Ok(())
    }

    /// Reads the folder once and takes up what has changed.
    ///
    /// # Errors
    /// When the database fails; the change is taken up at the next look.
    pub async fn check(&mut self) -> Result<()> {
        let found = folder::read(&self.folder);
        if Some(found.digest()) == self.looked_at {
            return Ok(());
        }
        self.look(&found).await
    }

    /// Watches until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut before = self.looked_at.clone();
        while !stop.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = stop.cancelled() => return,
            }
            let found = folder::read(&self.folder);
            let now = Some(found.digest());
            if now != self.looked_at
                && now == before
                && let Err(error) = self.look(&found).await
            {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "edited rules could not be taken up; they are tried again"
                );
            }
            before = now;
        }
    }

    async fn look(&mut self, found: &folder::Found) -> Result<()> {
        let loaded = match &found.files {
            Ok(files) => rules::load(files).map(|book| (book, files.as_slice())),
            Err(problem) => Err(vec![Problem::clone(problem)]),
        };
        match loaded {
            Ok((book, files)) => self.adopt(book, files).await?,
            Err(problems) => self.reject(&found.digest(), &problems).await?,
        }
        self.looked_at = Some(found.digest());
        Ok(())
    }

    async fn adopt(&self, book: Rulebook, files: &[RuleFile]) -> Result<()> {
        let latest = self.store.latest_book().await?.map(|(digest, _)| digest);
        if latest.as_ref() != Some(book.digest()) {
            let now = self.clock.now();
            let mut tx = self.store.writing().await?;
            tx.adopt_book(book.digest(), &rules::source::pack(files), now)
                .await?;
            let detail = json!({ "book": book.digest(), "before": latest, "rules": book.rules().len(), "warnings": book.warnings().len() });
            tx.record(vec![Entry::new(Action::RulesAdopted, now, detail)])
                .await?;
            tx.commit().await?;
        }
        tracing::info!(
            rules = book.rules().len(),
            digest = book.digest().short(),
            "rules are in force"
        );
        self.publish(book, None);
        Ok(())
    }

    async fn reject(&self, digest: &Digest, problems: &[Problem]) -> Result<()> {
        let now = self.clock.now();
        let lines: Vec<String> = problems
            .iter()
            .filter(|problem| problem.is_error())
            .take(MOST_PROBLEMS)
            .map(Problem::line)
            .collect();
        let mut tx = self.store.writing().await?;
        let detail = json!({ "files": digest, "problems": lines, "in_force": self.status.borrow().in_force });
        tx.record(vec![Entry::new(Action::RulesRejected, now, detail)])
            .await?;
        tx.commit().await?;
        for line in &lines {
            tracing::error!("{line}");
        }
        tracing::error!(
            problems = lines.len(),
            "the rule files were refused; what was in force stays in force. `bouncer check` shows what to mend"
        );
        self.metrics.rules_rejected.inc();
        self.metrics.rules_differ.set(1);
        self.status.send_modify(|status| {
            status.differs_since = status.differs_since.or(Some(now));
            status.problems = lines;
        });
        Ok(())
    }

    fn fall_back(&self, digest: &Digest, files: &str) {
        let Some(Ok(book)) = rules::source::unpack(files).map(|files| rules::load(&files)) else {
            tracing::error!(
                "the store's last rules cannot be used by this version either; judging waits for good rule files"
            );
            return;
        };
        tracing::warn!(
            digest = digest.short(),
            "judging by the last good rules of the store until the files are mended"
        );
        let rejected = self.status.borrow().clone();
        self.publish(book, Some(rejected));
    }

    /// Brings a book into force; `rejected` is what is known of unusable files when it comes from the store.
    fn publish(&self, book: Rulebook, rejected: Option<Status>) {
        self.metrics
            .rules_in_force
            .set(i64::try_from(book.rules().len()).unwrap_or(i64::MAX));
        self.metrics.rules_differ.set(i64::from(rejected.is_some()));
        self.status.send_replace(Status {
            in_force: Some(book.digest().clone()),
            rules: book.rules().len(),
            from_store: rejected.is_some(),
            ..rejected.unwrap_or_default()
        });
        self.book.send_replace(Some(Arc::new(book)));
        self.wake.notify_one();
    }
}
