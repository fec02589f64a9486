//! Brakes that trip, hold, tell people once, and wait for a person.

use std::time::Duration;

use featurebase_bouncer::desk::brakes::Settle;
use featurebase_bouncer::store::brakes::BrakeKind;

use crate::bot::{Bot, PITCH, RULES, Setup, ana};
use crate::on_both_databases;

const THREE: &str = "[policy]\nbrake.per_rule = { blocks = 3, within = \"10m\" }\n";
const RULE: &str = "pitch/backlinks";

async fn wave(bot: &Bot, from: usize, to: usize) -> Vec<String> {
    let mut spammers = Vec::new();
    for number in from..to {
        let spammer = bot.lead(&format!("spammer {number}"));
        bot.writes(&spammer, PITCH);
        spammers.push(spammer);
    }
    bot.settles().await;
    spammers
}

async fn count(bot: &Bot, action: &str) -> usize {
    let record = bot.record().await;
    record
        .iter()
        .filter(|row| row.action.as_str() == action)
        .count()
}

on_both_databases! {
    async fn a_brake_trips_once_and_says_so_in_the_record_the_numbers_and_the_readiness(database) {
        let bot = Setup::on(database).more_rules(THREE).start().await;
        wave(&bot, 0, 6).await;
        let record = bot.record().await;
        let trips: Vec<_> = record.iter().filter(|row| row.action.as_str() == "brake_tripped").collect();
        assert_eq!(trips.len(), 1, "once, however many are held");
        assert_eq!(trips[0].rules.as_deref(), Some(RULE));
        assert_eq!(trips[0].detail, serde_json::json!({ "brake": "per-rule", "bound": "3 blocks within 10m", "blocks": 3 }));
        let brakes = bot.desk.brakes().await.unwrap();
        assert_eq!((brakes.len(), brakes[0].trip.rule.as_str(), brakes[0].held), (1, RULE, 3));
        assert!(bot.asks("/metrics").await.1.contains("bouncer_brakes_tripped 1"));
        assert!(bot.asks("/readyz").await.1.contains("brake of pitch/backlinks: tripped at 2026-07-01T10:00:00.000Z (3 blocks within 10m)"));
    }

    async fn a_tripped_brake_holds_until_a_person_releases_it_and_then_counts_anew(database) {
        let bot = Setup::on(database).more_rules(THREE).start().await;
        wave(&bot, 0, 4).await;
        assert_eq!(bot.sandbox.blocks().len(), 3);
        bot.later(Duration::from_hours(48)).await;
        wave(&bot, 4, 5).await;
        assert_eq!(bot.sandbox.blocks().len(), 3, "time alone lets no brake go");
        let unknown = bot.desk.release_brake("pitch/other", ana("x")).await.unwrap_err().to_string();
        assert!(unknown.contains("no brake of `pitch/other` has tripped"), "{unknown}");
        let trip = bot.desk.release_brake(RULE, ana("a real wave")).await.unwrap();
        assert_eq!(trip.kind, BrakeKind::PerRule);
        assert!(bot.desk.brakes().await.unwrap().is_empty());
        bot.clock.advance(Duration::from_secs(1));
        wave(&bot, 5, 9).await;
        assert_eq!(bot.sandbox.blocks().len(), 6, "three more, then it trips again");
        assert_eq!((count(&bot, "brake_tripped").await, count(&bot, "brake_released").await), (2, 1));
    }

    async fn the_brake_of_all_rules_together_trips_and_is_released_by_its_own_name(database) {
        let bot = Setup::on(database).more_rules("[policy]\nbrake.total = { blocks = 2, within = \"1h\" }\n").start().await;
        wave(&bot, 0, 4).await;
        let brakes = bot.desk.brakes().await.unwrap();
        assert_eq!((brakes[0].trip.kind, brakes[0].trip.rule.as_str(), brakes[0].held), (BrakeKind::Total, "", 2));
        assert_eq!(bot.desk.holds_of(Some("total"), true, 10).await.unwrap().len(), 2);
        bot.desk.release_brake("total", ana("all spam")).await.unwrap();
        bot.clock.advance(Duration::from_secs(1));
        wave(&bot, 4, 5).await;
        assert_eq!(bot.sandbox.blocks().len(), 3);
    }

    async fn a_rule_that_hits_too_large_a_share_of_the_senders_is_held(database) {
        let policy = "[policy]\nbrake.share = { part = 0.2, of_at_least = 20, within = \"24h\" }\n";
        let bot = Setup::on(database).more_rules(policy).start().await;
        for number in 0..30 {
            let jo = bot.lead(&format!("jo {number}"));
            bot.writes(&jo, "How do I add a link?");
        }
        bot.settles().await;
        // 30 ordinary senders: the sixth block is 6 of 36, the seventh 7 of 37, the eighth would be 8 of 38: more than a fifth.
        for number in 0..9 {
            wave(&bot, number, number + 1).await;
            bot.clock.advance(Duration::from_mins(11));
        }
        assert_eq!(bot.sandbox.blocks().len(), 7);
        let brakes = bot.desk.brakes().await.unwrap();
        assert_eq!(brakes[0].trip.kind, BrakeKind::Share);
        assert_eq!(brakes[0].trip.bound, "7 blocks of 38 senders within 1d");
        let holds = bot.desk.holds(10).await.unwrap();
        assert!(holds[0].because.contains("pitch/backlinks has used up its brake of 7 blocks of 38 senders within 1d"), "{}", holds[0].because);
    }

    async fn senders_of_yesterday_count_for_no_share_of_today(database) {
        let policy = "[policy]\nbrake.share = { part = 0.5, of_at_least = 4, within = \"2h\" }\n";
        let bot = Setup::on(database).more_rules(policy).start().await;
        for number in 0..30 {
            let jo = bot.lead(&format!("jo {number}"));
            bot.writes(&jo, "How do I add a link?");
        }
        bot.settles().await;
        bot.later(Duration::from_hours(4)).await;
        wave(&bot, 0, 6).await;
        assert_eq!(bot.sandbox.blocks().len(), 3, "half of the six who wrote in these two hours");
    }

    async fn what_a_brake_holds_is_listed_and_settled_together(database) {
        let bot = Setup::on(database).more_rules(THREE).start().await;
        let tom = bot.customer("tom");
        bot.writes(&tom, PITCH);
        let spammers = wave(&bot, 0, 8).await;
        assert_eq!(bot.desk.holds_of(Some(RULE), false, 100).await.unwrap().len(), 6);
        assert_eq!(bot.desk.holds_of(Some("pitch/*"), false, 100).await.unwrap().len(), 6);
        assert_eq!(bot.desk.holds_of(Some(RULE), true, 100).await.unwrap().len(), 5, "the customer is held for another reason");
        assert_eq!(bot.desk.holds_of(None, true, 100).await.unwrap().len(), 5);
        let batch = bot.desk.settle_braked(RULE, Settle::Confirm, 2, ana("all spam")).await.unwrap();
        assert_eq!((batch.contacts, batch.left), (2, 3), "no more at once than was said");
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks().len(), 5);
        let batch = bot.desk.settle_braked(RULE, Settle::Release, 100, ana("enough")).await.unwrap();
        assert_eq!((batch.contacts, batch.left), (3, 0));
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks().len(), 5);
        assert!(!bot.sandbox.is_blocked(&tom));
        assert!(spammers.iter().filter(|spammer| bot.sandbox.is_blocked(spammer)).count() == 5);
        assert_eq!(bot.desk.holds(10).await.unwrap().len(), 1, "the customer still waits");
        let again = bot.desk.settle_braked(RULE, Settle::Confirm, 100, ana("x")).await.unwrap_err().to_string();
        assert!(again.contains("nothing is held"), "{again}");
    }

    async fn a_contact_of_whom_more_is_held_is_not_settled_with_the_rest(database) {
        let more = "[[rule]]\nid = \"pitch/held\"\nwhy = \"w\"\nstage = \"hold\"\nthen = \"block\"\nall = [{ words = [\"casino\"] }]\nexamples.match = [\"casino\"]\nexamples.pass = [\"x\"]\n";
        let bot = Setup::on(database).rules(RULES).more_rules(&format!("{more}{THREE}")).start().await;
        let spammers = wave(&bot, 0, 5).await;
        bot.writes(&spammers[4], "casino");
        bot.settles().await;
        let batch = bot.desk.settle_braked(RULE, Settle::Confirm, 100, ana("all spam")).await.unwrap();
        assert_eq!((batch.contacts, batch.left), (1, 1));
    }

    async fn a_clock_that_goes_back_after_a_release_gives_no_rule_a_free_run(database) {
        let bot = Setup::on(database).more_rules(THREE).start().await;
        wave(&bot, 0, 4).await;
        let mut tx = bot.store.writing().await.unwrap();
        // As if it had been released by a clock a day ahead.
        tx.release_brake(RULE, bot.clock.now().after(Duration::from_hours(24))).await.unwrap();
        tx.commit().await.unwrap();
        wave(&bot, 4, 12).await;
        assert_eq!(bot.sandbox.blocks().len(), 3);
    }
}
