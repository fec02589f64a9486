use std::time::Duration;

use featurebase_bouncer::sandbox::{DeliveryFaults, Draft, ItemShape, Options, PayloadVersion};

use crate::bot::{Bot, PITCH, Setup};
use crate::on_both_databases;

on_both_databases! {
    async fn a_pitch_sent_twice_blocks_its_sender_once(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.set_delivery_faults(DeliveryFaults { duplicates: 1, ..DeliveryFaults::default() });
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.deliveries().len(), 2);
        assert_eq!(bot.sandbox.blocks(), [mallory.clone()]);
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided block", "attempted", "blocked"]);
    }

    async fn several_pitches_of_one_sender_are_one_block(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        for _ in 0..5 {
            bot.writes(&mallory, PITCH);
        }
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory.clone()]);
        let story = bot.story_of(&mallory).await;
        assert_eq!(story.iter().filter(|row| *row == "decided block").count(), 5, "{story:?}");
        assert_eq!(story.iter().filter(|row| *row == "attempted").count(), 1, "{story:?}");
    }

    async fn an_ordinary_question_is_recorded_as_clean(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, "How do I add a link to my changelog?");
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await, ["received", "decided clean"]);
        assert_eq!(bot.posts(), 0);
    }

    async fn a_customer_is_protected_and_held_for_a_person(database) {
        let bot = Bot::on(database).await;
        let tom = bot.customer("tom");
        bot.writes(&tom, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&tom).await, ["received", "decided hold"]);
        assert_eq!(bot.sandbox.calls(), []);
        let holds = bot.desk.holds(10).await.unwrap();
        assert_eq!(holds.len(), 1);
        assert!(holds[0].because.contains("registered customer"), "{}", holds[0].because);
    }

    async fn somebody_a_teammate_has_answered_is_held(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        let question = bot.writes(&jo, "Do you have an API?");
        bot.settles().await;
        bot.sandbox.admin_replies(&question.conversation, "We do.").unwrap();
        bot.later(Duration::from_secs(60)).await;
        bot.sandbox.write(&jo, &Draft::markdown(PITCH).in_conversation(&question.conversation)).unwrap();
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided hold");
        assert!(bot.why(&jo).await.contains("a teammate has answered the sender before"));
    }

    async fn observe_sends_nothing(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "free airdrop");
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided clean"]);
        assert!(bot.why(&mallory).await.contains("watch/crypto"), "what observe found is in the record");
        assert_eq!(bot.sandbox.calls(), []);
    }

    async fn mode_observe_sends_nothing_whatever_the_rules_say(database) {
        let bot = Setup::on(database).set("BOUNCER_MODE", "observe").start().await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.calls(), []);
        assert!(bot.why(&mallory).await.contains("mode observe"));
    }

    async fn mode_hold_waits_for_a_person(database) {
        let bot = Setup::on(database).set("BOUNCER_MODE", "hold").start().await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided hold"]);
        bot.desk.confirm(&mallory, crate::bot::ana("plain spam")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn beyond_the_brake_blocks_are_held(database) {
        let policy = "[policy]\nbrake.per_rule = { blocks = 3, within = \"10m\" }\n";
        let bot = Setup::on(database).more_rules(policy).start().await;
        for number in 0..6 {
            let spammer = bot.lead(&format!("spammer {number}"));
            bot.writes(&spammer, PITCH);
        }
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks().len(), 3);
        let holds = bot.desk.holds(10).await.unwrap();
        assert_eq!(holds.len(), 3);
        assert!(holds[0].because.contains("used up its brake of 3 blocks within 10m"), "{}", holds[0].because);
        // What comes after is in `brakes.rs`: it holds until a person releases it.
    }

    async fn the_brake_for_all_rules_counts_them_together(database) {
        let policy = "[policy]\nbrake.total = { blocks = 2, within = \"1h\" }\n";
        let bot = Setup::on(database).more_rules(policy).start().await;
        for number in 0..4 {
            let spammer = bot.lead(&format!("spammer {number}"));
            bot.writes(&spammer, PITCH);
        }
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks().len(), 2);
    }

    async fn both_item_shapes_and_both_payload_versions_are_judged(database) {
        let database = std::sync::Arc::new(database);
        let mut later = Duration::ZERO;
        for item_shape in [ItemShape::Conversation, ItemShape::Part] {
            for payload_version in [PayloadVersion::Nova, PayloadVersion::Clover] {
                let options = Options { item_shape, payload_version, ..Options::default() };
                later += Duration::from_hours(1);
                let bot = Setup { later, ..Setup::beside(database.clone()).sandbox(options) }.start().await;
                let mallory = bot.lead("mallory");
                let opening = bot.writes(&mallory, "good morning");
                bot.settles().await;
                bot.sandbox.write(&mallory, &Draft::markdown(PITCH).in_conversation(&opening.conversation)).unwrap();
                bot.settles().await;
                assert_eq!(bot.sandbox.blocks(), [mallory]);
                bot.running.stop().await;
            }
        }
    }

    async fn outreach_and_teammates_are_not_judged(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.sandbox.reach_out(&jo, PITCH).unwrap();
        let question = bot.writes(&jo, "hello?");
        bot.settles().await;
        bot.sandbox.admin_replies(&question.conversation, PITCH).unwrap();
        bot.settles().await;
        assert_eq!(bot.posts(), 0);
        assert!(!bot.story_of(&jo).await.iter().any(|row| row == "decided block"));
    }
}
