use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};

use crate::bot::{Bot, PITCH, ana};
use crate::on_both_databases;

const DAY: Duration = Duration::from_hours(24);

on_both_databases! {
    async fn a_held_contact_is_released_and_nothing_is_sent(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, "Please call our refund department");
        bot.settles().await;
        assert_eq!(bot.desk.holds(10).await.unwrap().len(), 1);
        assert_eq!(bot.desk.release(&jo, ana("a real customer")).await.unwrap().0, 1);
        bot.settles().await;
        assert!(bot.desk.holds(10).await.unwrap().is_empty());
        assert_eq!(bot.story_of(&jo).await, ["received", "decided hold", "hold_released"]);
        assert_eq!(bot.sandbox.calls(), []);
        let again = bot.desk.release(&jo, ana("twice")).await.unwrap_err().to_string();
        assert!(again.contains("nothing is held"), "{again}");
    }

    async fn a_held_block_is_carried_out_when_a_person_confirms_it(database) {
        let bot = Bot::on(database).await;
        let jo = bot.customer("jo");
        let written = bot.writes(&jo, "Please call our refund department");
        bot.settles().await;
        bot.desk.confirm(&written.event_ids[0], ana("a stolen account")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [jo.clone()]);
        assert_eq!(bot.story_of(&jo).await, ["received", "decided hold", "hold_confirmed", "attempted", "blocked"]);
    }

    async fn an_unblock_is_carried_out_and_protects_for_thirty_days(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&jo));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&jo));
        bot.later(DAY * 29).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided hold");
        assert!(bot.why(&jo).await.contains("ana ordered an unblock: our partner"));
        bot.later(DAY * 2).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&jo), "after thirty days rules count again");
    }

    async fn a_block_that_waits_is_called_off_by_an_unblock(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::Status(503)));
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.desk.unblock(&jo, ana("a customer, really")).await.unwrap();
        bot.sandbox.remove_fault(fault);
        bot.passes(Duration::from_hours(2), Duration::from_mins(5)).await;
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new());
        assert!(!bot.sandbox.is_blocked(&jo));
    }

    async fn an_unblock_wins_over_a_block_that_is_under_way(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::Slow(Duration::from_millis(300))));
        bot.writes(&jo, PITCH);
        bot.sandbox.deliver_due().await;
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while !bot.story_of(&jo).await.iter().any(|row| row == "attempted") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bot.desk.unblock(&jo, ana("stop!")).await.unwrap();
        under_way.await.unwrap().unwrap();
        bot.passes(Duration::from_mins(5), Duration::from_secs(30)).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert!(bot.story_of(&jo).await.iter().any(|row| row == "cancelled"));
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "unblocked");
    }

    async fn an_unblock_in_featurebase_itself_is_not_fought(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&jo);
        bot.later(Duration::from_mins(30)).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&jo));
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided hold");
        assert!(bot.why(&jo).await.contains("a teammate unblocked them in Featurebase, or the block did not hold"));
    }

    async fn stop_keeps_every_call_back_and_go_lets_them_through(database) {
        let bot = Bot::on(database).await;
        bot.desk.stop(ana("something is odd")).await.unwrap();
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.passes(Duration::from_mins(10), Duration::from_mins(1)).await;
        assert_eq!(bot.sandbox.calls(), []);
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided block"]);
        assert!(bot.asks("/readyz").await.1.contains("stopped by ana"));
        bot.desk.go(ana("all is well")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn the_stop_file_works_without_the_store(database) {
        let bot = Bot::on(database).await;
        std::fs::write(bot.config.stop_file(), "ana: odd\n").unwrap();
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.calls(), []);
        std::fs::remove_file(bot.config.stop_file()).unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn why_tells_the_words_the_rule_as_it_read_and_what_was_done(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        let told = bot.why(&written.event_ids[0]).await;
        for part in [
            "(conversation.user.created) came in at 2026-07-01T10:00:00.000Z",
            "Judged a block.",
            "Rule pitch/backlinks [enforce] says block: Cold offers of backlinks. It found “backlinks”",
            "it was the sender's first message",
            "read then: block if the message has the words “backlinks” or “guest post”.",
            "It reads the same today.",
            "line 1: Hello, I sell ⟦backlinks⟧. Interested?",
            "Featurebase blocked the contact (read back from the conversation).",
        ] {
            assert!(told.contains(part), "{part}\n---\n{told}");
        }
        std::fs::write(bot.rules_dir.join("rules.toml"), crate::bot::RULES.replace("[\"backlinks\", \"guest post\"]", "[\"backlinks\"]")).unwrap();
        let mut bot = bot;
        bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
        assert!(bot.why(&mallory).await.contains("It has been changed since."));
        let unknown = bot.desk.why("nobody").await.unwrap_err().to_string();
        assert!(unknown.contains("nothing is known of `nobody`"), "{unknown}");
    }

    async fn a_released_contact_is_not_blocked_by_the_next_message(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, "Please call our refund department");
        bot.settles().await;
        bot.desk.release(&jo, ana("a real customer")).await.unwrap();
        bot.later(DAY).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new());
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided hold");
    }

    async fn a_message_written_before_an_unblock_does_not_block_again(database) {
        let bot = crate::bot::Setup::on(database).more_rules("[policy]\nprotect.unblocked = \"no\"\n").start().await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let late = bot.sandbox.unblock_by_hand(&jo);
        assert!(late);
        bot.writes(&jo, PITCH);
        bot.clock.advance(Duration::from_secs(10));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&jo));
        assert_eq!(bot.sandbox.blocks().len(), 1);
    }

    async fn an_unblock_is_never_given_up(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Unblock, FaultKind::Status(500)));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.passes(DAY * 5, Duration::from_mins(50)).await;
        assert!(bot.sandbox.is_blocked(&jo));
        assert!(bot.why(&jo).await.contains("is not done yet"));
        bot.sandbox.remove_fault(fault);
        bot.passes(DAY / 12, Duration::from_mins(50)).await;
        assert!(!bot.sandbox.is_blocked(&jo));
    }
}
