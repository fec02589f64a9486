//! Edits of every kind, thousands of times: what is in force is always a set that somebody wrote whole, and the program
//! says which.

mod files;
mod races;
mod record;
mod storm;
mod told;

use std::path::{Path, PathBuf};
use std::time::Duration;

use featurebase_bouncer::rules::{RuleFile, digest_of};
use featurebase_bouncer::rulewatch::{Rulewatch, Status};
use featurebase_bouncer::store::Store;
use featurebase_bouncer::store::audit::{Action, Filter, Row};
use featurebase_bouncer::telemetry::Metrics;
use featurebase_bouncer::time::{Clock, Timestamp};

use crate::database::Database;

/// A watch over a folder, on a clock moved by hand.
struct Scene {
    /// The folder that is watched.
    rules: PathBuf,
    clock: Clock,
    store: Store,
    metrics: Metrics,
    watch: Rulewatch,
    _database: Database,
}

impl Scene {
    /// With one good rule file in the folder.
    async fn new(database: Database) -> Self {
        let rules = database.folder.path().join("rules");
        std::fs::create_dir(&rules).unwrap();
        std::fs::write(rules.join("first.toml"), rule("first/rule", "backlinks")).unwrap();
        Self::over(database, rules).await
    }

    async fn over(database: Database, rules: PathBuf) -> Self {
        let clock = Clock::by_hand(Timestamp::parse("2026-07-01T10:00:00Z").unwrap());
        let store = database.store().await;
        let metrics = Metrics::new();
        let mut watch = Rulewatch::new(&rules, store.clone(), clock.clone(), metrics.clone());
        watch.start().await.unwrap();
        Self {
            rules,
            clock,
            store,
            metrics,
            watch,
            _database: database,
        }
    }

    /// The program ends and starts again.
    async fn restarts(&mut self) {
        self.metrics = Metrics::new();
        self.watch = Rulewatch::new(
            &self.rules,
            self.store.clone(),
            self.clock.clone(),
            self.metrics.clone(),
        );
        self.watch.start().await.unwrap();
    }

    fn writes(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.rules.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn removes(&self, name: &str) {
        remove(&self.rules.join(name));
    }

    async fn checks(&mut self) -> Status {
        self.watch.check().await.unwrap();
        self.status()
    }

    async fn glances(&mut self) -> Status {
        self.watch.glance().await.unwrap();
        self.status()
    }

    fn status(&self) -> Status {
        self.watch.status().borrow().clone()
    }

    fn passes(&self, seconds: u64) -> Timestamp {
        self.clock.advance(Duration::from_secs(seconds));
        self.clock.now()
    }

    /// Ids of the rules in force.
    fn ids(&self) -> Vec<String> {
        let book = self.watch.book().borrow().clone().unwrap();
        book.rules().iter().map(|rule| rule.id.0.clone()).collect()
    }

    /// What is recorded of rules, oldest first.
    async fn record(&self) -> Vec<Row> {
        let mut rows = self.store.audit(&Filter::default(), 100_000).await.unwrap();
        rows.reverse();
        rows
    }

    async fn actions(&self) -> Vec<Action> {
        self.record().await.iter().map(|row| row.action).collect()
    }
}

/// A good rule file with one rule.
fn rule(id: &str, word: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nwhy = \"Cold offers\"\nstage = \"hold\"\nthen = \"block\"\nany = [{{ words = [\"{word}\"] }}]\nexamples.match = [\"I sell {word}\"]\nexamples.pass = [\"Good morning\"]\n"
    )
}

fn digest(files: &[(&str, &str)]) -> String {
    let files: Vec<RuleFile> = files
        .iter()
        .map(|(name, text)| RuleFile {
            name: (*name).to_owned(),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    digest_of(files.iter()).0
}

/// Removes whatever is there.
fn remove(path: &Path) {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path).unwrap(),
        Ok(_) => std::fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}

fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}
