//! A message that takes the program or the judge down.

use std::sync::Arc;
use std::time::Duration;

use featurebase_bouncer::store::jobs::{Lease, Task};
use featurebase_bouncer::worker::Worker;

use crate::bot::{Bot, PITCH, RULES, Setup, ana};
use crate::on_both_databases;

on_both_databases! {
    async fn a_message_that_took_workers_down_three_times_is_flagged_and_hurts_nobody_else(database) {
        let mut bot = Setup::on(database).rules("[[rule]]\nid = \"half").start().await;
        let mallory = bot.lead("mallory");
        let poison = bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.jobs(Task::Judge).await, 1, "without rules it waits");
        for _ in 0..3 {
            // A worker takes it up and is never heard of again.
            let lease = Lease::new(bot.clock.now(), Duration::from_secs(60));
            let mut tx = bot.store.writing().await.unwrap();
            assert_eq!(tx.claim_judging(&lease, 64).await.unwrap().len(), 1);
            tx.commit().await.unwrap();
            bot.clock.advance(Duration::from_secs(61));
        }
        std::fs::write(bot.rules_dir.join("rules.toml"), RULES).unwrap();
        for _ in 0..2 {
            bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
        }
        let eve = bot.lead("eve");
        bot.writes(&eve, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [eve]);
        let told = bot.why(&poison.event_ids[0]).await;
        assert!(told.contains("the program stopped several times while judging this message"), "{told}");
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided flag"]);
    }

    async fn a_message_that_makes_the_judge_panic_is_flagged_and_hurts_nobody_else(database) {
        let bot = Setup::on(database).start().await;
        let (mallory, eve) = (bot.lead("mallory"), bot.lead("eve"));
        let poison = bot.writes(&mallory, &format!("{PITCH} {POISON}"));
        bot.writes(&eve, PITCH);
        bot.sandbox.deliver_due().await;
        frail(&bot).drain().await.unwrap();
        assert_eq!(bot.sandbox.blocks(), [eve]);
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided flag"]);
        let told = bot.why(&poison.event_ids[0]).await;
        assert!(told.contains("the judge failed on this message"), "{told}");
    }

    async fn whom_the_judge_panics_on_at_the_last_look_is_not_blocked(database) {
        let mut bot = Setup::on(database).start().await;
        bot.desk.stop(ana("the rules are being changed")).await.unwrap();
        let (mallory, eve) = (bot.lead("mallory"), bot.lead("eve"));
        bot.writes(&mallory, &format!("{PITCH} {POISON}"));
        bot.writes(&eve, PITCH);
        bot.settles().await;
        // The look is taken since the rules are others than when it was decided.
        std::fs::write(bot.rules_dir.join("rules.toml"), format!("{RULES}\n# changed\n")).unwrap();
        bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
        bot.desk.go(ana("done")).await.unwrap();
        frail(&bot).drain().await.unwrap();
        assert_eq!(bot.sandbox.blocks(), [eve]);
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "held");
    }
}

/// What makes the judge of a [`frail`] worker panic.
const POISON: &str = "poison";

/// A worker beside the bot's own.
fn frail(bot: &Bot) -> Arc<Worker> {
    let mut behaviour = bot.worker.behaviour.clone();
    behaviour.judge = |book, message, facts| {
        let text = message.markdown.as_deref().unwrap_or_default();
        assert!(!text.contains(POISON), "the judge fails on purpose");
        book.judge(message, facts)
    };
    Arc::new(Worker::new(
        bot.store.clone(),
        bot.worker.outside.clone(),
        bot.worker.book.clone(),
        behaviour,
        bot.clock.clone(),
        bot.metrics.clone(),
    ))
}
