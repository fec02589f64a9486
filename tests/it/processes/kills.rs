//! Killed at any moment, nothing is lost and nothing is done twice.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use featurebase_bouncer::sandbox::{
    Draft, Effect, Fault, FaultKind, FaultTarget, NewContact, Sandbox,
};
use featurebase_bouncer::store::Store;
use featurebase_bouncer::store::audit::{Action, Filter, Row};
use featurebase_bouncer::store::jobs::Task;

use super::{Site, patience_after, rules, until, until_within};
use crate::bot::PITCH;
use crate::on_both_databases;

/// In the gate; `BOUNCER_TEST_KILLS=2000` kills more often.
const KILLS: usize = 25;

/// What a history had in it.
#[derive(Debug)]
pub(super) struct Seen {
    pub acknowledged: usize,
    pub blocks: usize,
}

/// Without it the brake would hold most blocks.
pub(super) const NO_BRAKE: &str = "[policy]\nbrake.per_rule = { blocks = 100000, within = \"1m\" }\nbrake.total = { blocks = 100000, within = \"1m\" }\nbrake.share = { part = 1.0, of_at_least = 1, within = \"1h\" }\n";

on_both_databases! {
    async fn killed_at_any_moment_nothing_is_lost_and_nothing_is_done_twice(database) {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let site = Site::new(database, &format!("{NO_BRAKE}{}", rules()), 600).await;
        site.sandbox.run_deliveries();
        let kills = std::env::var("BOUNCER_TEST_KILLS").map_or(KILLS, |given| given.parse().unwrap());
        for _ in 0..kills {
            let mut process = site.starts();
            let moment = Duration::from_millis(random.u64(60..500));
            let stream = write_some(&site.sandbox, &mut random, moment);
            stream.await;
            process.kill();
        }
        let mut process = site.starts();
        site.is_ready().await;
        let store = site.database.store().await;
        until_within(patience_after(kills), "everything settles", async || settled(&site, &store).await).await;
        assert_eq!(process.terminate(), Some(0), "a soft stop ends well");
        let seen = check_history(&site.sandbox, &store).await;
        assert!(seen.acknowledged > 100 && seen.blocks > 20, "only {seen:?}");
    }

    async fn killed_while_featurebase_does_what_we_asked_a_pitch_is_blocked_once(database) {
        let site = Site::new(database, &format!("{NO_BRAKE}{}", rules()), 600).await;
        site.sandbox.run_deliveries();
        for answered in [false, true, false, true] {
            let mut process = site.starts();
            site.is_ready().await;
            if !answered {
                // It takes effect, and the answer never comes.
                let slow = FaultKind::Slow(Duration::from_secs(20));
                site.sandbox.fault(Fault::once(FaultTarget::Block, slow));
            }
            let mallory = site.sandbox.add_contact(NewContact::lead("mallory"));
            site.sandbox.write(&mallory, &Draft::markdown(PITCH)).unwrap();
            until("the call is at Featurebase", async || {
                site.sandbox.calls().iter().any(|call| {
                    call.contact.as_ref() == Some(&mallory)
                        && call.effect == Some(Effect::Blocked)
                        && (!answered || call.status == Some(200))
                })
            })
            .await;
            process.kill();
            let mut process = site.starts();
            site.is_ready().await;
            let store = site.database.store().await;
            until("everything settles", async || settled(&site, &store).await).await;
            store.close().await;
            assert_eq!(process.terminate(), Some(0));
        }
        let seen = check_history(&site.sandbox, &site.database.store().await).await;
        assert_eq!((seen.acknowledged, seen.blocks), (4, 4));
    }
}

/// Contacts write, spam and not, for as long as `moment`.
pub(super) async fn write_some(sandbox: &Sandbox, random: &mut fastrand::Rng, moment: Duration) {
    let end = tokio::time::Instant::now() + moment;
    while tokio::time::Instant::now() < end {
        let contact = sandbox.add_contact(NewContact::lead("somebody"));
        let text = if random.u8(..4) == 0 {
            PITCH
        } else {
            "good morning"
        };
        sandbox.write(&contact, &Draft::markdown(text)).unwrap();
        tokio::time::sleep(Duration::from_millis(random.u64(1..15))).await;
    }
}

pub(super) async fn settled(site: &Site, store: &Store) -> bool {
    if !site.all_are_delivered() {
        return false;
    }
    let mut left = store.waiting().await.unwrap().0;
    for task in Task::ALL {
        left += store.backlog(*task).await.unwrap().jobs;
    }
    left == 0
}

/// Every event that was answered 200 has exactly one decision; every block took effect once, and stood in the record before.
pub(super) async fn check_history(sandbox: &Sandbox, store: &Store) -> Seen {
    let rows = store.audit(&Filter::default(), 1_000_000).await.unwrap();
    let mut decisions: HashMap<&str, usize> = HashMap::new();
    let mut attempts: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        match row.action {
            Action::Decided => {
                *decisions
                    .entry(row.event.as_ref().unwrap().as_str())
                    .or_default() += 1;
            }
            Action::Attempted => attempts
                .entry(row.contact.as_ref().unwrap().as_str())
                .or_default()
                .push(row),
            _ => {}
        }
    }
    let acknowledged: Vec<_> = sandbox
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.delivered)
        .collect();
    for delivery in &acknowledged {
        let times = decisions.get(delivery.event.as_str());
        assert_eq!(
            times,
            Some(&1),
            "{} was answered {:?}",
            delivery.event,
            delivery.status
        );
    }
    assert!(
        decisions.values().all(|times| *times == 1),
        "nothing is decided twice"
    );
    let mut effects: HashMap<String, usize> = HashMap::new();
    for call in sandbox
        .calls()
        .iter()
        .filter(|call| call.effect == Some(Effect::Blocked))
    {
        let contact = call.contact.clone().unwrap();
        let before = attempts
            .get(contact.as_str())
            .is_some_and(|rows| rows.iter().any(|row| row.at <= call.at));
        assert!(before, "{contact} was blocked with no record before it");
        *effects.entry(contact).or_default() += 1;
    }
    assert!(
        effects.values().all(|times| *times == 1),
        "each takes effect once: {effects:?}"
    );
    let blocked = rows
        .iter()
        .filter(|row| matches!(row.action, Action::Blocked | Action::AlreadyBlocked))
        .count();
    assert_eq!(blocked, effects.len(), "and each is recorded once");
    Seen {
        acknowledged: acknowledged.len(),
        blocks: effects.len(),
    }
}
