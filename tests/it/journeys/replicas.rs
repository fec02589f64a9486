//! Two bouncers on one PostgreSQL.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::bot::{PITCH, Setup};
use crate::database::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_share_the_work_and_act_once() {
    let database = Arc::new(Database::postgres().await);
    let first = Setup::beside(database.clone()).more_rules("[policy]\nbrake.per_rule = { blocks = 500, within = \"10m\" }\nbrake.total = { blocks = 500, within = \"10m\" }\nbrake.share = { part = 1.0, of_at_least = 1, within = \"1h\" }\n").start().await;
    let second = Setup::beside(database).start_beside(&first).await;
    let mut spammers = Vec::new();
    for number in 0..40 {
        let spammer = first.lead(&format!("spammer {number}"));
        // Both are registered, so every message reaches both: two events, one message.
        first.writes(&spammer, PITCH);
        spammers.push(spammer);
    }
    first.sandbox.deliver_due().await;
    let (one, two) = (first.worker.clone(), second.worker.clone());
    for _ in 0..20 {
        let (one, two) = (one.clone(), two.clone());
        let (a, b) = tokio::join!(
            tokio::spawn(async move { one.drain().await }),
            tokio::spawn(async move { two.drain().await })
        );
        a.unwrap().unwrap();
        b.unwrap().unwrap();
        first.sandbox.deliver_due().await;
    }
    let mut times: HashMap<String, usize> = HashMap::new();
    for blocked in first.sandbox.blocks() {
        *times.entry(blocked).or_default() += 1;
    }
    assert_eq!(times.len(), 40);
    assert!(
        times.values().all(|times| *times == 1),
        "each once: {times:?}"
    );
    let record = first.record().await;
    let decided = |verdict: &str| {
        record
            .iter()
            .filter(|row| row.verdict.as_deref() == Some(verdict))
            .count()
    };
    assert_eq!(
        (decided("block"), decided("repeat")),
        (40, 40),
        "every event has its one decision"
    );
    let tried = record
        .iter()
        .filter(|row| row.action.as_str() == "attempted")
        .count();
    assert_eq!(tried, 40);
}

/// The counts lie in the store, and whoever counts holds the lock that all share.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_trip_one_brake_at_its_bound_and_say_so_once() {
    let database = Arc::new(Database::postgres().await);
    let brake = "[policy]\nbrake.per_rule = { blocks = 7, within = \"10m\" }\n";
    let first = Setup::beside(database.clone())
        .more_rules(brake)
        .start()
        .await;
    let second = Setup::beside(database)
        .more_rules(brake)
        .start_beside(&first)
        .await;
    for number in 0..40 {
        let spammer = first.lead(&format!("spammer {number}"));
        first.writes(&spammer, PITCH);
        if number % 4 == 3 {
            first.sandbox.deliver_due().await;
            let (one, two) = (first.worker.clone(), second.worker.clone());
            let (a, b) = tokio::join!(
                tokio::spawn(async move { one.drain().await }),
                tokio::spawn(async move { two.drain().await })
            );
            a.unwrap().unwrap();
            b.unwrap().unwrap();
        }
    }
    assert_eq!(first.sandbox.blocks().len(), 7);
    let record = first.record().await;
    let trips = record
        .iter()
        .filter(|row| row.action.as_str() == "brake_tripped")
        .count();
    assert_eq!(trips, 1);
    assert_eq!(first.desk.brakes().await.unwrap()[0].held, 33);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_at_one_replica_stops_the_other() {
    let database = Arc::new(Database::postgres().await);
    let first = Setup::beside(database.clone()).start().await;
    let second = Setup::beside(database).start_beside(&first).await;
    second.desk.stop(crate::bot::ana("odd")).await.unwrap();
    let spammer = first.lead("spammer");
    first.writes(&spammer, PITCH);
    first
        .passes(Duration::from_mins(5), Duration::from_secs(30))
        .await;
    assert_eq!(first.posts(), 0);
}

impl Setup {
    /// A second bouncer at the same Featurebase.
    async fn start_beside(mut self, other: &crate::bot::Bot) -> crate::bot::Bot {
        self.rules = std::fs::read_dir(&other.rules_dir)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name: &'static str = if path.ends_with("more.toml") {
                    "more.toml"
                } else {
                    "rules.toml"
                };
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        self.join(other.sandbox.clone(), other.clock.clone()).await
    }
}
