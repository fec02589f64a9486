//! Blocks for a time end by themselves, unless a person has ordered otherwise since.

use std::time::Duration;

use featurebase_bouncer::sandbox::{DeliveryFaults, Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

const RULES: &str = r#"
[[rule]]
id = "pitch/backlinks"
why = "Cold offers of backlinks"
stage = "enforce"
then = "block"
block_for = "30d"
any = [{ words = ["backlinks"] }]
examples.match = ["I sell backlinks"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "pitch/short"
why = "A day's rest"
stage = "enforce"
then = "block"
block_for = "1d"
any = [{ words = ["backlinks", "offer"] }]
examples.match = ["an offer"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "pitch/casino"
why = "Casinos"
stage = "enforce"
then = "block"
any = [{ words = ["casino"] }]
examples.match = ["casino"]
examples.pass = ["How do I add a link?"]
"#;

async fn bot(database: Database) -> Bot {
    Setup::on(database).rules(RULES).start().await
}

impl Bot {
    async fn is_planned(&self) -> bool {
        self.jobs(Task::EndBlock).await == 1
    }
}

on_both_databases! {
    async fn the_longest_of_all_rules_counts_and_then_the_contact_is_free(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided block", "attempted", "blocked", "block_end_planned"]);
        let told = bot.why(&mallory).await;
        assert!(told.contains("is blocked since 2026-07-01T10:00:00.000Z, until 2026-07-31T10:00:00.000Z"), "{told}");
        bot.passes(DAY * 29, DAY).await;
        bot.later(HOUR * 23).await;
        assert!(bot.sandbox.is_blocked(&mallory));
        bot.later(HOUR).await;
        assert!(!bot.sandbox.is_blocked(&mallory));
        assert_eq!(bot.story_of(&mallory).await[5..], ["attempted", "block_ended"]);
        assert!(bot.why(&mallory).await.contains("is not blocked by us"));
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&mallory), "a block that ended does not protect");
    }

    async fn a_rule_that_names_no_time_blocks_for_good(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "backlinks for your casino");
        bot.passes(DAY * 40, DAY).await;
        assert!(bot.sandbox.is_blocked(&mallory));
        assert!(!bot.is_planned().await);
    }

    async fn a_later_decision_makes_it_last_longer_never_shorter(database) {
        let bot = bot(database).await;
        let (short, long, good) = (bot.lead("short"), bot.lead("long"), bot.lead("good"));
        bot.writes(&short, "offer");
        bot.writes(&long, PITCH);
        bot.writes(&good, "offer");
        bot.sandbox.deliver_due().await;
        bot.writes(&short, PITCH);
        bot.writes(&long, "offer");
        bot.writes(&good, "casino");
        bot.worker.drain().await.unwrap();
        assert_eq!(bot.sandbox.blocks().len(), 3);
        bot.settles().await;
        bot.later(DAY * 2).await;
        assert!([&short, &long, &good].into_iter().all(|contact| bot.sandbox.is_blocked(contact)));
        assert!(bot.why(&good).await.contains("The block stays for good now."));
        bot.later(DAY * 28).await;
        assert_eq!([&short, &long, &good].map(|contact| bot.sandbox.is_blocked(contact)), [false, false, true]);
    }

    async fn two_messages_before_the_block_is_done_count_together(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(bot.why(&mallory).await.contains("until 2026-07-31T10:00:00.000Z"));
        assert!(bot.is_planned().await);
    }

    async fn a_persons_unblock_makes_it_void(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        bot.desk.unblock(&mallory, ana("our partner")).await.unwrap();
        bot.settles().await;
        assert!(!bot.is_planned().await);
        bot.sandbox.block_by_hand(&mallory);
        bot.later(DAY * 31).await;
        assert!(bot.sandbox.is_blocked(&mallory), "what teammates did since is theirs");
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "unblocked");
    }

    async fn a_block_a_person_confirms_lasts_as_long_as_its_rules_say(database) {
        let bot = bot(database).await;
        let (tom, ann) = (bot.customer("tom"), bot.customer("ann"));
        bot.writes(&tom, "offer");
        bot.writes(&ann, "offer");
        bot.settles().await;
        bot.writes(&ann, "casino");
        bot.settles().await;
        for contact in [&tom, &ann] {
            bot.desk.confirm(contact, ana("a stolen account")).await.unwrap();
        }
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks().len(), 2);
        bot.later(DAY).await;
        assert_eq!([&tom, &ann].map(|contact| bot.sandbox.is_blocked(contact)), [false, true]);
    }

    async fn a_confirmation_since_then_makes_it_void(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&mallory);
        bot.later(HOUR).await;
        bot.writes(&mallory, "casino");
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "decided hold");
        bot.desk.confirm(&mallory, ana("for good")).await.unwrap();
        bot.passes(DAY * 3, DAY).await;
        assert!(bot.sandbox.is_blocked(&mallory));
    }

    async fn letting_a_held_message_go_does_not_keep_the_block_from_ending(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&mallory);
        bot.later(HOUR).await;
        bot.writes(&mallory, "offer");
        bot.settles().await;
        bot.sandbox.block_by_hand(&mallory);
        bot.desk.release(&mallory, ana("let it be")).await.unwrap();
        bot.later(DAY).await;
        assert!(!bot.sandbox.is_blocked(&mallory));
    }

    async fn the_end_is_tried_until_it_is_done_and_once(database) {
        let bot = bot(database).await;
        for kind in [FaultKind::Status(500), FaultKind::LostAnswer, FaultKind::NoEffect, FaultKind::Hang, FaultKind::Status(401)] {
            let mallory = bot.lead("mallory");
            bot.writes(&mallory, "offer");
            bot.settles().await;
            let outage = bot.sandbox.fault(Fault::always(FaultTarget::Unblock, kind.clone()));
            bot.later(DAY).await;
            bot.passes(HOUR, HOUR / 6).await;
            bot.sandbox.remove_fault(outage);
            bot.passes(HOUR * 3, HOUR / 6).await;
            assert!(!bot.sandbox.is_blocked(&mallory), "{kind:?}");
            let ended = bot.story_of(&mallory).await.iter().filter(|row| *row == "block_ended").count();
            assert_eq!(ended, 1, "{kind:?}");
        }
    }

    async fn stop_keeps_the_end_back(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        bot.desk.stop(ana("odd")).await.unwrap();
        bot.later(DAY * 2).await;
        assert!(bot.sandbox.is_blocked(&mallory));
        bot.desk.go(ana("well")).await.unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&mallory));
    }

    async fn an_unblock_ordered_while_the_end_is_under_way_wins(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        bot.clock.advance(DAY);
        bot.sandbox.fault(Fault::once(FaultTarget::Unblock, FaultKind::Slow(Duration::from_millis(200))));
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while bot.story_of(&mallory).await.last().unwrap() != "attempted" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bot.desk.unblock(&mallory, ana("our partner")).await.unwrap();
        under_way.await.unwrap().unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&mallory));
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "unblocked");
        assert!(bot.why(&mallory).await.contains("A person's word protects them"));
    }

    async fn other_blocks_and_orders_are_not_held_up_by_a_planned_end(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        bot.later(HOUR).await;
        bot.desk.unblock(&mallory, ana("our partner")).await.unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&mallory));
    }

    async fn a_block_somebody_else_had_made_is_not_ended(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.sandbox.deliver_due().await;
        bot.sandbox.block_by_hand(&mallory);
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::SecondBlock(409)));
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "already_blocked");
        bot.later(DAY * 2).await;
        assert!(bot.sandbox.is_blocked(&mallory));
        assert!(!bot.is_planned().await);
    }

    async fn a_decision_while_the_end_is_under_way_blocks_anew(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.sandbox.deliver_due().await;
        bot.sandbox.set_delivery_faults(DeliveryFaults { hold_back: DAY, ..DeliveryFaults::default() });
        bot.writes(&mallory, PITCH);
        bot.worker.drain().await.unwrap();
        assert!(bot.sandbox.is_blocked(&mallory));
        bot.sandbox.set_delivery_faults(DeliveryFaults::default());
        bot.clock.advance(DAY);
        bot.sandbox.fault(Fault::once(FaultTarget::Unblock, FaultKind::Slow(Duration::from_millis(300))));
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while bot.sandbox.is_blocked(&mallory) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bot.sandbox.deliver_due().await;
        bot.worker.drain().await.unwrap();
        assert!(bot.why(&mallory).await.contains("was decided on at 2026-07-02T10:00:00.000Z and is not done yet"));
        under_way.await.unwrap().unwrap();
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&mallory));
        assert!(bot.why(&mallory).await.contains("until 2026-08-01T10:00:00.000Z"));
        bot.later(DAY * 30).await;
        assert!(!bot.sandbox.is_blocked(&mallory));
    }
}
