//! How each rule fared, and when too much of it is regretted.

use std::time::Duration;

use featurebase_bouncer::desk::ledger::Precision;
use featurebase_bouncer::store::confirmations::Word;

use super::undo::{A, AB, B, MORE_POINTS, RULES, setup};
use crate::bot::{Bot, Setup, ana};
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

async fn blocks(bot: &Bot, text: &str, count: usize) -> Vec<String> {
    let mut contacts = Vec::new();
    for number in 0..count {
        let contact = bot.lead(&format!("{text} {number}"));
        bot.writes(&contact, text);
        contacts.push(contact);
    }
    bot.settles().await;
    contacts
}

async fn rows(bot: &Bot, action: &str) -> Vec<featurebase_bouncer::store::audit::Row> {
    let record = bot.record().await;
    record
        .into_iter()
        .filter(|row| row.action.as_str() == action)
        .collect()
}

fn place() -> String {
    let line = RULES
        .lines()
        .position(|line| line.contains("pitch/backlinks"))
        .unwrap();
    // The rule begins one line above its name; the file counts from 1.
    format!("rules.toml:{line}")
}

on_both_databases! {
    async fn the_ledger_says_what_each_rule_did_and_what_people_made_of_it(database) {
        let bot = setup(database).start().await;
        let plain = blocks(&bot, A, 6).await;
        blocks(&bot, AB, 2).await;
        blocks(&bot, MORE_POINTS, 1).await;
        bot.writes(&bot.customer("tom"), A);
        bot.settles().await;
        for contact in &plain[..3] {
            let decision = bot.desk.decision_named(contact).await.unwrap();
            bot.desk.mark(&[decision], Word::Right, ana("spam")).await.unwrap();
        }
        bot.desk.unblock(&plain[4], ana("a partner")).await.unwrap();
        bot.settles().await;
        let ledger = bot.desk.ledger(None, bot.clock.now().before(DAY)).await.unwrap();
        let of = |rule: &str| ledger.rules.iter().find(|line| line.rule.0 == rule).unwrap();
        let line = of("pitch/backlinks");
        assert_eq!((line.counts.fired, line.counts.acted, line.counts.held), (9, 8, 1));
        assert_eq!((line.counts.said_right, line.counts.said_wrong, line.counts.regretted), (3, 0, 1));
        assert_eq!(line.precision, Precision::of(3, 1));
        assert_eq!(line.last_true_hit.as_deref(), Some("2026-07-01"));
        assert_eq!((of("pitch/seo").counts.acted, of("points/now").counts.acted), (2, 1));
        assert_eq!(of("hotline/refund").counts.fired, 0);
        let text = ledger.lines().join("\n");
        assert!(text.contains("precision: 3 of 4 right, 75 %; between 30 % and 95 %; these are few"), "{text}");
        assert!(text.contains("nobody has said anything yet"), "{text}");
        let again = bot.desk.ledger(None, bot.clock.now().after(DAY)).await.unwrap();
        let line = again.rules.iter().find(|line| line.rule.0 == "pitch/backlinks").unwrap();
        assert_eq!((line.counts.fired, line.last_true_hit.as_deref()), (0, Some("2026-07-01")));
    }

    async fn versions_are_told_apart(database) {
        let bot = setup(database).start().await;
        blocks(&bot, A, 2).await;
        let rest = bot.ends().await;
        rest.clock.advance(DAY);
        let bot = Setup::beside(rest.database).rules(&RULES.replace("Cold offers of audits", "Audits")).join(rest.sandbox, rest.clock).await;
        blocks(&bot, A, 3).await;
        let ledger = bot.desk.ledger(Some("pitch/backlinks"), bot.clock.now().before(DAY * 9)).await.unwrap();
        let acted: Vec<i64> = ledger.rules[0].versions.iter().map(|version| version.counts.acted).collect();
        assert_eq!((acted, ledger.rules[0].counts.acted), (vec![2, 3], 5));
    }

    async fn too_much_regret_proposes_hold_once_and_says_so_everywhere(database) {
        let bot = setup(database).start().await;
        let plain = blocks(&bot, A, 4).await;
        bot.desk.unblock(&plain[0], ana("a partner")).await.unwrap();
        bot.later(MINUTE).await;
        assert!(rows(&bot, "regret_high").await.is_empty(), "of four blocks nothing is said");
        blocks(&bot, A, 6).await;
        bot.later(MINUTE).await;
        let told = rows(&bot, "regret_high").await;
        assert_eq!(told.len(), 1, "1 of 10 is more than 5 %");
        assert_eq!(told[0].rules.as_deref(), Some("pitch/backlinks"));
        assert_eq!(told[0].detail["edit"], format!("set stage = \"hold\" for the rule at {}", place()));
        bot.desk.unblock(&plain[1], ana("another one")).await.unwrap();
        bot.passes(MINUTE * 5, MINUTE).await;
        assert_eq!(rows(&bot, "regret_high").await.len(), 1, "told once");
        let (_, ready) = bot.asks("/readyz").await;
        assert!(ready.contains("regret of pitch/backlinks: people undid 1 of 10 blocks, more than 5 % of at least 5 blocks within 30d; proposed: stage = \"hold\" at rules.toml:"), "{ready}");
        let book = bot.desk.book_in_force().await.unwrap().unwrap();
        let list = bot.desk.rule_list(&book, &[], bot.clock.now().before(DAY)).await.unwrap();
        let text = list.lines().join("\n");
        assert!(text.contains("REGRETTED: 2 of 10 blocks were undone, more than 5 % of at least 5 blocks within 30d. Proposed: set stage = \"hold\" for the rule at rules.toml:"), "{text}");
        let why = bot.desk.ledger(Some("pitch/*"), bot.clock.now()).await.unwrap();
        assert!(why.rules[0].regret.passed && !why.rules[1].regret.passed);
        assert!(bot.sandbox.is_blocked(&plain[3]), "it only proposes");
    }

    async fn the_proposal_is_taken_back_when_it_was_heeded_or_time_has_passed(database) {
        let bot = setup(database).start().await;
        let (plain, seo) = (blocks(&bot, A, 6).await, blocks(&bot, B, 6).await);
        bot.desk.unblock(&plain[0], ana("a partner")).await.unwrap();
        bot.desk.unblock(&seo[0], ana("a partner")).await.unwrap();
        bot.later(MINUTE).await;
        assert_eq!(bot.store.regrets().await.unwrap().len(), 2);
        let rest = bot.ends().await;
        let heeded = RULES.replacen("stage = \"enforce\"", "stage = \"hold\"", 1);
        let bot = Setup::beside(rest.database).rules(&heeded).join(rest.sandbox, rest.clock).await;
        bot.later(MINUTE).await;
        let eased = rows(&bot, "regret_eased").await;
        assert_eq!(eased.len(), 1);
        assert_eq!((eased[0].rules.as_deref(), eased[0].detail["why"].as_str()), (Some("pitch/backlinks"), Some("the rule no longer blocks")));
        bot.later(DAY * 40).await;
        assert!(bot.store.regrets().await.unwrap().is_empty());
        assert_eq!(rows(&bot, "regret_eased").await.len(), 2);
    }

    async fn the_bound_is_the_policys(database) {
        let rules = RULES.replacen("[policy]", "[policy]\nregret = { part = 0.5, of_at_least = 2, within = \"7d\" }", 1);
        let bot = setup(database).rules(&rules).start().await;
        let plain = blocks(&bot, A, 2).await;
        bot.desk.unblock(&plain[0], ana("a partner")).await.unwrap();
        bot.later(MINUTE).await;
        assert!(bot.store.regrets().await.unwrap().is_empty(), "half is not more than half");
        bot.desk.unblock(&plain[1], ana("a partner")).await.unwrap();
        bot.later(MINUTE).await;
        assert_eq!(bot.store.regrets().await.unwrap()[0].bound, "50 % of at least 2 blocks within 7d");
    }
}

#[test]
fn the_interval_is_wilsons() {
    // Against the values of R's `binom::binom.confint(x, n, methods = "wilson")`.
    for (right, wrong, low, high) in [
        (9, 1, 0.5958, 0.9821),
        (0, 5, 0.0, 0.4345),
        (5, 0, 0.5655, 1.0),
        (90, 10, 0.8256, 0.9448),
    ] {
        let found = Precision::of(right, wrong).unwrap();
        assert!((found.low - low).abs() < 0.0005, "{found:?}");
        assert!((found.high - high).abs() < 0.0005, "{found:?}");
    }
    assert!(Precision::of(0, 0).is_none());
}
