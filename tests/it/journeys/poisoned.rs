//! A message that takes the program down.

use std::time::Duration;

use featurebase_bouncer::store::jobs::{Lease, Task};

use crate::bot::{PITCH, RULES, Setup};
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
}
