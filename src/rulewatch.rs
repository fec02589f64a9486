//! Notices an edit of the rule files: adopts the new rulebook, or keeps the old one and says so.
//!
//! Contents are compared, never times: editors and mounted configuration replace files by rename and by symbolic link.

pub mod folder;
pub mod putback;
mod record;
mod status;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::decision::Digest;
use crate::problem::Problem;
use crate::rules::{self, RuleFile, Rulebook};
use crate::store::{Result, Store};
use crate::telemetry::Metrics;
use crate::time::{Clock, Timestamp};
use folder::{Found, Sight};
pub use status::{Files, Status};

/// How often the folder is read. An edit must have stood still for one interval before it is taken up.
const INTERVAL: Duration = Duration::from_millis(500);
/// Most problems kept of a rejected edit in the record.
const MOST_PROBLEMS: usize = 50;

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
    /// What was judged last, and why it was refused if it was.
    judged: Option<(Digest, Vec<String>)>,
    /// What the last glance saw.
    seen: Option<Sight>,
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
            judged: None,
            seen: None,
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
        let found = self.read().await;
        let loaded = load(&found).await;
        if loaded.is_err() {
            self.fall_back().await?;
            if let Some(since) = record::differs_since(&self.store).await? {
                self.tell(|status| status.differs_since = Some(since));
            }
        }
        self.seen = Some(found.sight());
        if found.changing {
            self.tell_changing(&found);
            return Ok(());
        }
        self.judge(&found, loaded).await
    }

    /// Reads the folder and takes up what has changed at once.
    ///
    /// # Errors
    /// When the database fails; the change is taken up at the next look.
    pub async fn check(&mut self) -> Result<()> {
        let found = self.read().await;
        self.seen = Some(found.sight());
        self.look(found, Haste::AtOnce).await
    }

    /// Reads the folder and takes up what has changed before the last glance and has stood still since: whoever copies
    /// several files, or saves one in pieces, is given that long to finish.
    ///
    /// # Errors
    /// When the database fails; the change is taken up at the next glance.
    pub async fn glance(&mut self) -> Result<()> {
        let found = self.read().await;
        let sight = found.sight();
        let haste = if self.seen.as_ref() == Some(&sight) {
            Haste::AtOnce
        } else {
            Haste::OnceItStands
        };
        self.seen = Some(sight);
        self.look(found, haste).await
    }

    /// Watches until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = stop.cancelled() => return,
            }
            let looked = tokio::select! {
                looked = self.glance() => looked,
                // What a glance has not committed is as if it had not been; the next start looks again.
                () = stop.cancelled() => return,
            };
            if let Err(error) = looked {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "edited rules could not be taken up; they are tried again"
                );
            }
        }
    }

    async fn read(&self) -> Arc<Found> {
        let folder = self.folder.clone();
        let found = aside(move || folder::read(&folder)).await;
        let found = found.unwrap_or_else(Found::unusable);
        let now = self.clock.now();
        self.status
            .send_modify(|status| status.looked_at = Some(now));
        Arc::new(found)
    }

    async fn look(&mut self, found: Arc<Found>, haste: Haste) -> Result<()> {
        if found.changing {
            self.tell_changing(&found);
            return Ok(());
        }
        let digest = found.digest();
        let in_force = self.status.borrow().in_force.as_ref() == Some(&digest);
        let now = self.clock.now();
        if let Some((judged, problems)) = &self.judged
            && *judged == digest
        {
            // What was seen in between went away before it was taken up.
            if in_force {
                self.tell(Status::agrees);
            } else {
                self.tell(|status| status.differs(Files::Refused, now, problems.clone()));
            }
            return Ok(());
        }
        // What is in force may be taken up at once: nothing changes by it.
        if haste == Haste::OnceItStands && !in_force {
            self.tell(|status| status.differs(Files::Edited, now, Vec::new()));
            return Ok(());
        }
        let loaded = load(&found).await;
        let judged = self.judge(&found, loaded).await;
        if judged.is_err() {
            self.tell(|status| status.differs(Files::NotRecorded, now, Vec::new()));
        }
        judged
    }

    async fn judge(&mut self, found: &Found, loaded: Loaded) -> Result<()> {
        let digest = found.digest();
        let problems = match (loaded, &found.files) {
            (Ok(book), Ok(files)) => {
                self.adopt(&digest, book, files).await?;
                Vec::new()
            }
            (Ok(_), Err(problems)) => self.reject(&digest, problems).await?,
            (Err(problems), _) => self.reject(&digest, &problems).await?,
        };
        self.judged = Some((digest, problems));
        Ok(())
    }

    async fn adopt(&self, digest: &Digest, book: Rulebook, files: &[RuleFile]) -> Result<()> {
        let since = record::adopted(&self.store, digest, &book, files, self.clock.now()).await?;
        tracing::info!(
            rules = book.rules().len(),
            digest = digest.short(),
            "rules are in force"
        );
        for problem in book.expiries(self.clock.now()) {
            tracing::warn!("{}", problem.line());
        }
        self.publish(digest, book, since, Source::Files);
        Ok(())
    }

    async fn reject(&self, digest: &Digest, problems: &[Problem]) -> Result<Vec<String>> {
        let now = self.clock.now();
        let lines: Vec<String> = problems
            .iter()
            .filter(|problem| problem.is_error())
            .take(MOST_PROBLEMS)
            .map(Problem::line)
            .collect();
        let status = self.status.borrow().clone();
        record::rejected(&self.store, digest, &lines, &status, now).await?;
        for line in &lines {
            tracing::error!("{line}");
        }
        tracing::error!(
            problems = lines.len(),
            "the rule files were refused; what was in force stays in force. `bouncer check` shows what to mend"
        );
        self.metrics.rules.rejected.inc();
        self.tell(|status| status.differs(Files::Refused, now, lines.clone()));
        Ok(lines)
    }

    /// Brings the store's last rules into force.
    async fn fall_back(&self) -> Result<()> {
        let Some((digest, since)) = self.store.latest_book().await? else {
            return Ok(());
        };
        let files = self.store.book(&digest).await?;
        let files = files.and_then(|files| rules::source::unpack(&files));
        let Some(Ok(book)) = files.map(|files| rules::load(&files)) else {
            tracing::error!(
                "the store's last rules cannot be used by this version either; judging waits for good rule files"
            );
            return Ok(());
        };
        tracing::warn!(
            digest = digest.short(),
            "judging by the last good rules of the store until the files are mended"
        );
        self.publish(&digest, book, since, Source::Store);
        Ok(())
    }

    fn publish(&self, digest: &Digest, book: Rulebook, since: Timestamp, source: Source) {
        self.tell(|status| {
            let before = status.in_force.replace(digest.clone());
            let rules = i64::try_from(book.rules().len()).unwrap_or(i64::MAX);
            self.metrics
                .rules
                .set(before.as_ref().map(Digest::short), digest.short(), rules);
            status.in_force_since = Some(since);
            status.rules = book.rules().len();
            status.from_store = source == Source::Store;
            if source == Source::Files {
                status.agrees();
            }
        });
        self.book.send_replace(Some(Arc::new(book)));
        self.wake.notify_one();
    }

    fn tell_changing(&self, found: &Found) {
        let now = self.clock.now();
        let problems = found.files.as_ref().err().into_iter().flatten();
        let lines = problems.map(Problem::line).collect();
        self.tell(|status| status.differs(Files::Changing, now, lines));
    }

    fn tell(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(|status| {
            change(status);
            let since = status.differs_since.map(Timestamp::seconds);
            self.metrics.rules.set_differ(since);
        });
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Haste {
    AtOnce,
    OnceItStands,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Files,
    Store,
}

type Loaded = std::result::Result<Rulebook, Vec<Problem>>;

async fn load(found: &Arc<Found>) -> Loaded {
    let found = found.clone();
    aside(move || found.load())
        .await
        .unwrap_or_else(|problem| Err(vec![problem]))
}

/// Does work that takes a while where it does not keep requests waiting. Files over which the program stumbles are refused;
/// they do not take it down.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> std::result::Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        Problem::error(
            "reading-failed",
            "the program itself failed over these files, which is a mistake in the program",
        )
        .help("undo the last edit, and send the files to whoever maintains the program")
    })
}
