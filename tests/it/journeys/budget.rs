//! The budget of calls: held over every sixty seconds, over replicas and restarts, and the most urgent first.

use std::sync::Arc;
use std::time::Duration;

use featurebase_bouncer::featurebase::{Outcome, Use};
use featurebase_bouncer::message::ContactId;
use featurebase_bouncer::sandbox::Sandbox;
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

const FREE: &str = "[policy]\nbrake.per_rule = { blocks = 500, within = \"10m\" }\nbrake.total = { blocks = 500, within = \"10m\" }\nbrake.share = { part = 1.0, of_at_least = 1, within = \"1h\" }\n";

const UNVERIFIED: &str = r#"
[[rule]]
id = "offer/unverified"
why = "Offers of people nobody has verified"
stage = "enforce"
then = "block"
all = [{ words = ["cheap seo"] }, { sender_verified = false }]
examples.match = [{ text = "cheap seo for you", sender_verified = false }]
examples.pass = ["Is the plan cheap?"]
"#;

fn setup(database: Database, budget: &str) -> Setup {
    Setup::on(database)
        .more_rules(FREE)
        .set("BOUNCER_CALLS_PER_MINUTE", budget)
}

/// The most calls there were in any sixty seconds.
pub fn most_in_a_minute(sandbox: &Sandbox) -> usize {
    let at: Vec<i64> = sandbox
        .calls()
        .iter()
        .map(|call| call.at.millis())
        .collect();
    let within = |start: &i64| {
        at.iter()
            .filter(|at| (*start..start + 60_000).contains(*at))
            .count()
    };
    at.iter().map(within).max().unwrap_or(0)
}

async fn count(bot: &Bot, action: &str) -> usize {
    let record = bot.record().await;
    record
        .iter()
        .filter(|row| row.action.as_str() == action)
        .count()
}

fn spammers(bot: &Bot, number: usize) -> Vec<String> {
    let spam = |number| {
        let spammer = bot.lead(&format!("spammer {number}"));
        bot.writes(&spammer, PITCH);
        spammer
    };
    (0..number).map(spam).collect()
}

on_both_databases! {
    async fn no_sixty_seconds_see_more_calls_than_the_budget(database) {
        let bot = setup(database, "30").start().await;
        // Shortly before a minute of the clock begins: it is no new minute for the budget.
        bot.clock.advance(SECOND * 50);
        spammers(&bot, 30);
        bot.settles().await;
        let at_once = bot.sandbox.calls().len();
        assert!((10..=30).contains(&at_once), "{at_once} calls at once");
        assert!(bot.jobs(Task::Block).await > 10, "the others wait");
        bot.passes(MINUTE * 5, SECOND * 3).await;
        assert_eq!(bot.sandbox.blocks().len(), 30, "all are blocked in the end");
        assert!(most_in_a_minute(&bot.sandbox) <= 30, "{} calls in a minute", most_in_a_minute(&bot.sandbox));
        assert_eq!((count(&bot, "attempted").await, count(&bot, "attempt_failed").await), (30, 0), "waiting leaves no rows and takes no attempt");
    }

    async fn the_budget_holds_over_a_restart(database) {
        let database = Arc::new(database);
        let bot = Setup::beside(database.clone()).more_rules(FREE).set("BOUNCER_CALLS_PER_MINUTE", "20").start().await;
        spammers(&bot, 10);
        bot.settles().await;
        let (sandbox, clock) = (bot.sandbox.clone(), bot.clock.clone());
        bot.running.stop().await;
        let before = sandbox.calls().len();
        clock.advance(SECOND * 20);
        let again = Setup::beside(database).more_rules(FREE).set("BOUNCER_CALLS_PER_MINUTE", "20").join(sandbox, clock).await;
        again.settles().await;
        assert_eq!(again.sandbox.calls().len(), before, "the minute is not over");
        again.passes(MINUTE * 3, SECOND * 5).await;
        assert!(most_in_a_minute(&again.sandbox) <= 20, "{} calls in a minute", most_in_a_minute(&again.sandbox));
        assert_eq!(again.sandbox.blocks().len(), 10);
    }

    async fn a_flood_of_look_ups_leaves_room_for_what_is_more_urgent(database) {
        let bot = Setup::on(database).more_rules(&format!("{FREE}{UNVERIFIED}")).set("BOUNCER_CALLS_PER_MINUTE", "60").start().await;
        let friend = bot.lead("friend");
        bot.writes(&friend, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&friend));
        bot.passes(MINUTE * 2, MINUTE).await;
        for number in 0..80 {
            bot.writes(&bot.lead(&format!("sender {number}")), "We do cheap SEO");
        }
        bot.settles().await;
        let waiting = bot.jobs(Task::LookUp).await;
        assert!(waiting > 20, "look-ups wait for the budget, {waiting} of them");
        let ready = bot.asks("/readyz").await;
        assert!(ready.0 == 200 && ready.1.contains("featurebase: the budget of 60 calls a minute is used up"), "{}", ready.1);
        let metrics = bot.asks("/metrics").await.1;
        assert!(metrics.contains(&format!("bouncer_calls_waiting{{cause=\"budget\"}} {waiting}")), "{metrics}");
        assert!(metrics.contains("bouncer_calls_per_minute 60") && metrics.contains("bouncer_calls_left 1"), "{metrics}");
        bot.desk.unblock(&friend, ana("our partner")).await.unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&friend), "a person's unblock is carried out at once");
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&spammer), "a block is, too");
        bot.passes(MINUTE * 11, SECOND * 10).await;
        assert_eq!(bot.jobs(Task::LookUp).await, 0);
        assert_eq!(bot.sandbox.blocks().len(), 82);
        assert!(most_in_a_minute(&bot.sandbox) <= 60);
    }

    async fn an_unblock_comes_before_blocks_that_waited_longer(database) {
        let bot = setup(database, "30").start().await;
        let friend = bot.lead("friend");
        bot.writes(&friend, PITCH);
        bot.settles().await;
        bot.passes(MINUTE * 2, MINUTE).await;
        spammers(&bot, 30);
        bot.settles().await;
        bot.desk.unblock(&friend, ana("our partner")).await.unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&friend), "blocks leave some of the budget to people");
        assert!(bot.jobs(Task::Block).await > 10);
        assert!(most_in_a_minute(&bot.sandbox) <= 30);
    }

    async fn whoever_calls_is_held_to_the_budget_and_background_reading_comes_last(database) {
        let bot = setup(database, "20").start().await;
        let featurebase = bot.worker.outside.featurebase.clone().unwrap();
        let lead = ContactId::new(bot.lead("lead"));
        let ask = async |used_for: Use| {
            let featurebase = featurebase.used_for(used_for);
            let mut got = 0;
            loop {
                match featurebase.profile(&lead, bot.clock.now()).await {
                    Ok(_) => got += 1,
                    Err(Outcome::Retry { after: Some(after), why, everywhere: false }) => {
                        assert!(why.contains("the budget of 20 calls a minute is used up"), "{why}");
                        assert!(after > Duration::ZERO && after <= MINUTE + SECOND * 6, "{after:?}");
                        return got;
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
        };
        assert_eq!(ask(Use::Background).await, 8);
        assert_eq!(ask(Use::Step).await, 4);
        assert_eq!(ask(Use::LookUp).await, 3);
        assert_eq!(ask(Use::Block).await, 2);
        assert_eq!(ask(Use::Order).await, 3);
        assert_eq!(bot.sandbox.calls().len(), 20);
        bot.clock.advance(MINUTE);
        assert_eq!(ask(Use::Order).await, 0, "a little more than a minute: a call set apart may be made a little later");
        bot.clock.advance(SECOND * 6);
        assert_eq!(ask(Use::Order).await, 20, "and nothing is carried over");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_share_one_budget() {
    let database = Arc::new(Database::postgres().await);
    let set = |setup: Setup| setup.more_rules(FREE).set("BOUNCER_CALLS_PER_MINUTE", "40");
    let first = set(Setup::beside(database.clone())).start().await;
    let second = set(Setup::beside(database))
        .join(first.sandbox.clone(), first.clock.clone())
        .await;
    spammers(&first, 40);
    for _ in 0..60 {
        first.sandbox.deliver_due().await;
        let (one, two) = (first.worker.clone(), second.worker.clone());
        let (a, b) = tokio::join!(
            tokio::spawn(async move { one.drain().await }),
            tokio::spawn(async move { two.drain().await })
        );
        a.unwrap().unwrap();
        b.unwrap().unwrap();
        first.clock.advance(SECOND * 5);
    }
    assert_eq!(first.sandbox.blocks().len(), 40);
    let most = most_in_a_minute(&first.sandbox);
    assert!((20..=40).contains(&most), "{most} calls in a minute");
}
