use std::sync::Arc;
use std::time::Duration;

use featurebase_bouncer::alerts::Sent;

use super::Chat;
use crate::bot::{Bot, PITCH, Setup, ana};
use crate::on_both_databases;

const ONE: &str = "[policy]\nbrake.per_rule = { blocks = 1, within = \"10m\" }\n";
const SECRET_NAME: &str = "Mallory Canary-Name";
const SECRET_TEXT: &str = "Hello, I sell backlinks. canary-text-4711";

async fn trips(bot: &Bot) {
    for _ in 0..2 {
        let spammer = bot.lead(SECRET_NAME);
        bot.writes(&spammer, SECRET_TEXT);
    }
    bot.settles().await;
}

async fn bot_with(database: crate::database::Database, url: &str) -> Bot {
    let bot = Setup::on(database)
        .more_rules(ONE)
        .set("BOUNCER_ALERT_URLS", url)
        .start()
        .await;
    bot.alerts.round().await.unwrap();
    bot
}

on_both_databases! {
    async fn a_tripped_brake_is_told_once_without_names_or_texts(database) {
        let chat = Chat::default();
        let bot = bot_with(database, &chat.opens().await).await;
        trips(&bot).await;
        for _ in 0..3 {
            bot.alerts.round().await.unwrap();
            bot.later(Duration::from_mins(2)).await;
        }
        let posted = chat.posted();
        assert_eq!(posted.len(), 1, "{posted:?}");
        assert_eq!(posted[0]["lines"][0], "The brake of pitch/backlinks tripped: 1 blocks within 10m. Further blocks are held until a person releases it: bouncer brake list");
        let all = posted[0].to_string();
        for secret in ["canary", "Canary", "sell backlinks"] {
            assert!(!all.contains(secret), "{all}");
        }
        bot.desk.release_brake("pitch/backlinks", ana("canary reason")).await.unwrap();
        bot.alerts.round().await.unwrap();
        let posted = chat.posted();
        assert_eq!(posted.len(), 2);
        assert_eq!(posted[1]["lines"][0], "ana released the brake of pitch/backlinks.");
    }

    async fn a_restart_tells_nothing_again_and_goes_on_where_it_was(database) {
        let (chat, database) = (Chat::default(), Arc::new(database));
        let url = chat.opens().await;
        let first = Setup::beside(database.clone()).more_rules(ONE).set("BOUNCER_ALERT_URLS", &url).start().await;
        first.alerts.round().await.unwrap();
        trips(&first).await;
        first.alerts.round().await.unwrap();
        first.desk.release_brake("pitch/backlinks", ana("x")).await.unwrap();
        first.running.stop().await;
        let second = Setup { later: Duration::from_mins(5), ..Setup::beside(database) }.more_rules(ONE).set("BOUNCER_ALERT_URLS", &url).start().await;
        second.alerts.round().await.unwrap();
        second.alerts.round().await.unwrap();
        let lines: Vec<String> = chat.posted().iter().map(|body| body["lines"].to_string()).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("tripped") && lines[1].contains("ana released"), "{lines:?}");
    }

    async fn a_channel_that_asks_for_a_rest_gets_it_and_then_the_message(database) {
        let chat = Chat::default();
        let bot = bot_with(database, &format!("slack+{}", chat.opens().await)).await;
        chat.answers(&[(429, Some("120")), (503, None)]);
        trips(&bot).await;
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.posted().len(), 1);
        bot.clock.advance(Duration::from_secs(119));
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.posted().len(), 1, "never earlier than told");
        bot.clock.advance(Duration::from_secs(2));
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.posted().len(), 2);
        bot.clock.advance(Duration::from_mins(1));
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.posted().len(), 3, "what was not taken is sent again");
        bot.clock.advance(Duration::from_hours(2));
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.posted().len(), 3);
        assert!(chat.posted()[2]["text"].as_str().unwrap().contains("The brake of pitch/backlinks tripped"));
    }

    async fn a_dead_hook_is_not_tried_for_ever_and_hears_of_the_next_thing(database) {
        let chat = Chat::default();
        let bot = bot_with(database, &chat.opens().await).await;
        chat.answers(&[(404, None)]);
        trips(&bot).await;
        for _ in 0..5 {
            bot.alerts.round().await.unwrap();
            bot.clock.advance(Duration::from_mins(31));
        }
        assert_eq!(chat.posted().len(), 1);
        assert!(bot.asks("/metrics").await.1.contains("bouncer_alerts_total{outcome=\"refused\"} 1"));
        bot.desk.release_brake("pitch/backlinks", ana("x")).await.unwrap();
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.posted().len(), 2);
    }

    async fn two_replicas_tell_it_once(database) {
        let (chat, database) = (Chat::default(), Arc::new(database));
        let url = chat.opens().await;
        let first = Setup::beside(database.clone()).more_rules(ONE).set("BOUNCER_ALERT_URLS", &url).start().await;
        first.alerts.round().await.unwrap();
        trips(&first).await;
        // What the other replica runs: the same channels on the same store.
        let second = featurebase_bouncer::alerts::Alerts::new(
            first.store.clone(),
            first.config.alert_urls.clone(),
            first.config.queue_alert_after,
            first.clock.clone(),
            featurebase_bouncer::telemetry::Metrics::new(),
        ).unwrap();
        let (one, two) = tokio::join!(first.alerts.round(), second.round());
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        assert_eq!(chat.posted().len(), 1);
    }

    async fn refused_rules_are_told_and_so_is_that_they_are_in_order_again(database) {
        let chat = Chat::default();
        let mut bot = bot_with(database, &chat.opens().await).await;
        let path = bot.rules_dir.join("rules.toml");
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, "[[rule]]\n").unwrap();
        bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
        bot.alerts.round().await.unwrap();
        std::fs::write(&path, good.clone()).unwrap();
        bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
        bot.clock.advance(Duration::from_mins(1));
        bot.alerts.round().await.unwrap();
        std::fs::write(&path, good + "\n# an edit like any other\n").unwrap();
        bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
        bot.clock.advance(Duration::from_mins(1));
        bot.alerts.round().await.unwrap();
        let lines: Vec<String> = chat.posted().iter().map(|body| body["lines"].to_string()).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("Edited rules were refused") && lines[1].contains("in order again"), "{lines:?}");
    }

    async fn work_that_waits_for_long_is_told_and_so_is_that_it_no_longer_does(database) {
        let chat = Chat::default();
        let bot = bot_with(database, &chat.opens().await).await;
        bot.desk.stop(ana("odd")).await.unwrap();
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.settles().await;
        bot.later(Duration::from_secs(15 * 60 - 1)).await;
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.posted().len(), 0);
        bot.later(Duration::from_secs(1)).await;
        for _ in 0..3 {
            bot.alerts.round().await.unwrap();
        }
        assert_eq!(chat.topics(), ["queue"]);
        assert!(bot.asks("/metrics").await.1.contains("bouncer_queue_oldest_seconds 900"));
        bot.desk.go(ana("fine")).await.unwrap();
        bot.later(Duration::from_mins(2)).await;
        bot.alerts.round().await.unwrap();
        assert_eq!(chat.topics(), ["queue", "queue"]);
        assert_eq!(chat.posted()[1]["lines"][0], "Work no longer waits for long.");
        let record = bot.record().await;
        let told: Vec<&str> = record.iter().map(|row| row.action.as_str()).filter(|action| action.starts_with("queue")).collect();
        assert_eq!(told, ["queue_old", "queue_caught_up"]);
    }

    async fn a_test_message_goes_to_every_channel_and_says_how_it_went(database) {
        let (well, ill) = (Chat::default(), Chat::default());
        ill.answers(&[(404, None)]);
        let urls = format!("{}, discord+{}", well.opens().await, ill.opens().await);
        let bot = Setup::on(database).set("BOUNCER_ALERT_URLS", &urls).start().await;
        let went = bot.alerts.test().await;
        assert_eq!(went[0], ("json at 127.0.0.1".to_owned(), Sent::Told));
        assert_eq!(went[1], ("discord at 127.0.0.1".to_owned(), Sent::Never { why: "answered 404".to_owned() }));
        assert_eq!(well.topics(), ["test"]);
        let shown = format!("{:?} {:?} {:?}", bot.config, bot.alerts, bot.config.shown());
        assert!(!shown.contains("k3y-that-must"), "{shown}");
    }
}
