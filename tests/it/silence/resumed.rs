//! A search for what was never delivered goes on where it was broken off: by a crash, by trouble, by a stop.

use featurebase_bouncer::sandbox::{Draft, Fault, FaultKind, FaultTarget, Options, RetryAfter};
use featurebase_bouncer::store::watched::Watched;

use super::*;
use crate::bot::{PITCH, Setup, ana};
use crate::on_both_databases;

const MISSED: usize = 12;

/// A bouncer that has missed pitches of as many senders while its webhook was suspended, and has not looked for them yet.
async fn after_a_gap(database: crate::database::Database) -> (Bot, Vec<String>) {
    let setup = Setup::on(database).sandbox(Options {
        latency: Duration::from_millis(2),
        ..Options::default()
    });
    let bot = setup.start().await;
    bot.looks_out().await;
    bot.sandbox.suspend(&bot.webhook.id);
    bot.looks_after(5 * MINUTE).await;
    let senders: Vec<String> = (0..MISSED)
        .map(|number| bot.lead(&format!("mallory {number}")))
        .collect();
    for sender in &senders {
        bot.clock.advance(Duration::from_secs(1));
        bot.writes(sender, PITCH);
    }
    bot.featurebase_makes_it_active().await;
    (bot, senders)
}

async fn everything_was_taken_in_once(bot: &Bot, senders: &[String]) {
    bot.settles().await;
    for sender in senders {
        assert_eq!(bot.story_of(sender).await, ["received", "decided hold"]);
    }
    let rows = bot.noticed().await;
    let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "webhook_suspended",
            "webhook_active",
            "gap_found",
            "gap_repaired"
        ]
    );
    assert_eq!(rows[3].detail["recovered"], MISSED, "{}", rows[3].detail);
    assert!(bot.store.watched(Watched::Gap).await.unwrap().is_none());
}

on_both_databases! {
    async fn a_search_that_dies_goes_on_and_takes_everything_in_once(database) {
        let (mut bot, senders) = after_a_gap(database).await;
        bot.clock.advance(5 * MINUTE);
        let id = bot.webhook.id.clone();
        for more in [2, 3, 4, 5] {
            let calls = bot.sandbox.calls().len() + more;
            let sandbox = bot.sandbox.clone();
            tokio::select! {
                biased;
                () = async { while sandbox.calls().len() < calls { tokio::time::sleep(Duration::from_millis(1)).await; } } => {}
                () = bot.looks_out() => {}
            }
            // Half of what was found is filed, half of it waits.
            if more % 2 == 0 {
                bot.worker.drain().await.unwrap();
            }
            let (sandbox, clock, database) = (bot.sandbox.clone(), bot.clock.clone(), bot.database.clone());
            bot.running.stop().await;
            bot = Setup::beside(database).set("BOUNCER_WEBHOOK_ID", &id).join(sandbox, clock).await;
            bot.looks_out().await;
            assert!(bot.store.watched(Watched::Gap).await.unwrap().is_some(), "the claim of the dead still holds");
            bot.clock.advance(2 * MINUTE);
        }
        bot.looks_out().await;
        everything_was_taken_in_once(&bot, &senders).await;
    }

    async fn trouble_at_featurebase_only_makes_it_later(database) {
        let (bot, senders) = after_a_gap(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Slow(Duration::ZERO)));
        bot.looks_after(5 * MINUTE - Duration::from_secs(30)).await;
        assert_eq!(bot.noticed_actions().await.last(), Some(&"webhook_suspended"));
        for _ in 0..2 {
            // The check passes, then the search meets its fault.
            bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Slow(Duration::ZERO)));
            bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Slow(Duration::ZERO)));
            bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Slow(Duration::ZERO)));
            bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::TooMany(RetryAfter::Seconds(90))));
            // What the gate adds to a wait is a tenth at most.
            bot.looks_after(Duration::from_secs(100)).await;
        }
        bot.sandbox.clear_faults();
        let calls = bot.sandbox.calls().len();
        bot.looks_after(Duration::from_secs(80)).await;
        assert_eq!(bot.sandbox.calls().len(), calls, "not before it was told to");
        bot.looks_after(Duration::from_secs(20)).await;
        everything_was_taken_in_once(&bot, &senders).await;
    }

    async fn a_stop_stops_the_search_too(database) {
        let (bot, senders) = after_a_gap(database).await;
        bot.clock.advance(5 * MINUTE);
        let sandbox = bot.sandbox.clone();
        let calls = sandbox.calls().len();
        tokio::join!(bot.looks_out(), async {
            while sandbox.calls().len() < calls + 4 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            bot.desk.stop(ana("wait")).await.unwrap();
        });
        let calls = bot.sandbox.calls().len();
        bot.looks_after(2 * MINUTE).await;
        assert_eq!(bot.sandbox.calls().len(), calls);
        bot.desk.go(ana("go on")).await.unwrap();
        bot.looks_after(2 * MINUTE).await;
        everything_was_taken_in_once(&bot, &senders).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_cannot_be_read_is_left_out_and_named() {
    let bot = Bot::on(crate::database::Database::sqlite()).await;
    bot.looks_out().await;
    bot.sandbox.suspend(&bot.webhook.id);
    bot.looks_after(5 * MINUTE).await;
    let mallory = bot.lead("mallory");
    let huge = bot.writes(&mallory, "Hello");
    let flood = Draft::markdown(&"x".repeat(1_100_000)).in_conversation(&huge.conversation);
    bot.sandbox.write(&mallory, &flood).unwrap();
    let bob = bot.lead("bob");
    bot.clock.advance(Duration::from_secs(1));
    let other = bot.sandbox.write(&bob, &Draft::markdown(PITCH)).unwrap();
    bot.featurebase_makes_it_active().await;
    bot.clock.advance(5 * MINUTE);
    for _ in 0..14 {
        bot.looks_after(2 * MINUTE).await;
    }
    bot.settles().await;
    let repaired = bot.noticed().await.pop().unwrap();
    assert_eq!(repaired.action, Action::GapRepaired);
    assert_eq!(
        repaired.detail["unread_conversations"],
        serde_json::json!([huge.conversation])
    );
    assert_eq!(bot.story_of(&bob).await, ["received", "decided hold"]);
    assert_ne!(huge.conversation, other.conversation);
}
