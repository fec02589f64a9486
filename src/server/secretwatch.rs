//! Reads the file of webhook secrets again when it changes, so that a rotation needs no restart. A file that cannot be used
//! changes nothing: the secrets read before go on.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::{Secret, SecretFile};
use crate::telemetry::Metrics;
use crate::webhook::signature::Secrets;

/// A rotation is to be noticed within a second or two: a change is seen at one glance and taken up at the next.
const INTERVAL: Duration = Duration::from_millis(500);

type Glance = Result<SecretFile, String>;

/// Keeps an eye on the file of webhook secrets.
#[derive(Debug)]
pub struct SecretWatch {
    path: PathBuf,
    secrets: Secrets,
    metrics: Metrics,
    /// What the last glance saw.
    seen: Option<Glance>,
    /// What was last taken up or refused.
    settled: Option<Glance>,
    trouble: watch::Sender<Option<String>>,
}

impl SecretWatch {
    pub(super) fn new(path: PathBuf, now: &[Secret], secrets: Secrets, metrics: Metrics) -> Self {
        let now = SecretFile {
            secrets: now.to_vec(),
        };
        Self {
            path,
            secrets,
            metrics,
            seen: None,
            settled: Some(Ok(now)),
            trouble: watch::Sender::new(None),
        }
    }

    /// Why the file cannot be used, while it cannot.
    pub(super) fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// Reads the file, and takes it up if it has changed and stood still since the last glance: whoever writes it in pieces is
    /// given that long to finish.
    pub async fn glance(&mut self) {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || SecretFile::read(&path)).await;
        let Ok(found) = read else { return };
        let stands = self.seen.as_ref() == Some(&found);
        if stands && self.settled.as_ref() != Some(&found) {
            self.settle(&found);
            self.settled = Some(found.clone());
        }
        self.seen = Some(found);
    }

    fn settle(&self, found: &Glance) {
        let unusable = found.is_err();
        self.metrics
            .lookout
            .secrets_unusable
            .set(i64::from(unusable));
        match found {
            Ok(file) => {
                self.secrets
                    .replace(file.secrets.iter().map(Secret::reveal));
                tracing::info!(
                    secrets = file.secrets.len(),
                    "the file of webhook secrets was read again; deliveries signed with any of them are accepted"
                );
                self.trouble.send_replace(None);
            }
            Err(why) => {
                tracing::error!(
                    file = %self.path.display(),
                    "the file of webhook secrets cannot be used: {why}; the secrets read before go on"
                );
                let line = format!(
                    "the file {} cannot be used: {why}; the secrets read before go on",
                    self.path.display()
                );
                self.trouble.send_replace(Some(line));
            }
        }
    }

    /// Watches until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = self.glance() => {}
                () = stop.cancelled() => return,
            }
        }
    }
}
