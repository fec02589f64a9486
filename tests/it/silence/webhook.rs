//! What Featurebase says of our webhook is noticed, said aloud, and recorded once for each change.

use super::*;
use crate::bot::Setup;
use crate::database::Database;
use crate::on_both_databases;

on_both_databases! {
    async fn a_suspended_webhook_is_said_aloud_and_recorded_once(database) {
        let bot = Bot::on(database).await;
        bot.looks_out().await;
        assert!(bot.noticed().await.is_empty());
        bot.sandbox.suspend(&bot.webhook.id);
        bot.looks_after(MINUTE).await;
        assert!(bot.noticed().await.is_empty(), "it is asked every five minutes");
        bot.looks_after(5 * MINUTE).await;
        bot.looks_after(5 * MINUTE).await;
        assert_eq!(bot.noticed_actions().await, ["webhook_suspended"]);
        assert_eq!(bot.noticed().await[0].detail["state"], "suspended");
        let (status, ready) = bot.asks("/readyz").await;
        assert_eq!(status, 200, "deliveries would be taken");
        assert!(ready.contains("webhook: Featurebase has suspended the webhook"), "{ready}");
        assert!(bot.asks("/metrics").await.1.contains("bouncer_webhook_unwell 1"));

        bot.featurebase_makes_it_active().await;
        bot.looks_after(5 * MINUTE).await;
        assert_eq!(bot.noticed_actions().await, ["webhook_suspended", "webhook_active"]);
        assert!(!bot.asks("/readyz").await.1.contains("webhook:"));
        assert!(bot.asks("/metrics").await.1.contains("bouncer_webhook_unwell 0"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_gone_or_lacks_a_topic_or_fails_is_said_aloud() {
    let bot = Bot::on(Database::sqlite()).await;
    bot.looks_out().await;
    let url = format!("{}/v2/webhooks/{}", bot.sandbox.url(), bot.webhook.id);
    let change = |body: &'static str| {
        let request = reqwest::Client::new()
            .patch(&url)
            .bearer_auth(API_KEY)
            .header("Featurebase-Version", "2026-01-01.nova")
            .body(body);
        async move { assert_eq!(request.send().await.unwrap().status(), 200) }
    };
    change(r#"{"topics": ["conversation.user.created", "conversation.admin.replied"]}"#).await;
    bot.looks_after(5 * MINUTE).await;
    change(r#"{"topics": ["conversation.user.created", "conversation.user.replied", "conversation.admin.replied"], "status": "paused"}"#).await;
    bot.looks_after(5 * MINUTE).await;
    change(r#"{"status": "active", "url": "https://elsewhere.example.com/webhooks/featurebase"}"#)
        .await;
    bot.looks_after(5 * MINUTE).await;
    let gone = reqwest::Client::new()
        .delete(&url)
        .bearer_auth(API_KEY)
        .header("Featurebase-Version", "2026-01-01.nova")
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 200);
    bot.looks_after(5 * MINUTE).await;
    let rows = bot.noticed().await;
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.detail["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("webhook_suspended", "topics-missing"),
            ("webhook_suspended", "paused"),
            ("webhook_suspended", "elsewhere"),
            ("webhook_suspended", "gone"),
        ]
    );
    let what = rows[0].detail["what"].as_str().unwrap();
    assert!(what.contains("conversation.user.replied"), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_that_fail_in_a_row_are_said_aloud_before_featurebase_suspends_the_webhook() {
    let setup = Setup::on(Database::sqlite()).set("BOUNCER_BODY_LIMIT", "1024");
    let bot = setup.start().await;
    let mallory = bot.lead("mallory");
    for _ in 0..5 {
        bot.writes(&mallory, &"far too long ".repeat(200));
    }
    bot.settles().await;
    bot.looks_out().await;
    assert_eq!(bot.noticed().await[0].detail["state"], "failing");
    assert!(
        bot.asks("/readyz")
            .await
            .1
            .contains("deliveries in a row have failed; the last delivery was answered: 413")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_people_have_stopped_all_calls_nobody_asks_how_the_webhook_is() {
    let bot = Bot::on(Database::sqlite()).await;
    bot.desk
        .stop(crate::bot::ana("quiet, please"))
        .await
        .unwrap();
    bot.looks_out().await;
    assert!(bot.sandbox.calls().is_empty());
}

on_both_databases! {
    async fn a_silence_is_told_when_it_begins_and_when_it_ends(database) {
        let bot = Bot::on(database).await;
        let bob = bot.lead("bob");
        bot.writes(&bob, "How do I add a link?");
        bot.settles().await;
        bot.looks_out().await;
        bot.looks_after(24 * HOUR).await;
        assert!(bot.noticed().await.is_empty());
        bot.looks_after(MINUTE).await;
        bot.looks_after(MINUTE).await;
        assert_eq!(bot.noticed_actions().await, ["silence"]);
        let (status, ready) = bot.asks("/readyz").await;
        assert_eq!(status, 200);
        assert!(ready.contains("silence: nothing has been delivered since 2026-07-01T10:00:00.000Z"), "{ready}");
        assert!(bot.asks("/metrics").await.1.contains("bouncer_silent 1"));
        bot.writes(&bob, "Thank you!");
        bot.settles().await;
        bot.looks_out().await;
        assert_eq!(bot.noticed_actions().await, ["silence", "silence_ended"]);
        assert!(bot.asks("/metrics").await.1.contains("bouncer_silent 0"));
    }

    async fn a_bouncer_that_never_heard_anything_notices_that_too(database) {
        let bot = Setup::on(database).without("FEATUREBASE_API_KEY").set("BOUNCER_MODE", "observe").set("BOUNCER_SILENCE_AFTER", "2h").start().await;
        bot.looks_after(2 * HOUR + MINUTE).await;
        assert_eq!(bot.noticed_actions().await, ["silence"]);
        assert!(bot.sandbox.calls().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_record_it_once() {
    let bot = Bot::on(Database::postgres().await).await;
    let id = bot.webhook.id.clone();
    let other = Setup::beside(bot.database.clone())
        .set("BOUNCER_WEBHOOK_ID", &id)
        .join(bot.sandbox.clone(), bot.clock.clone())
        .await;
    bot.sandbox.suspend(&id);
    other.looks_out().await;
    // The first replica finds the other's webhook, too, and cannot tell which is its own.
    assert_eq!(other.noticed_actions().await, ["webhook_suspended"]);
    bot.looks_out().await;
    assert_eq!(bot.noticed_actions().await, ["webhook_suspended"]);
    assert!(bot.asks("/readyz").await.1.contains("set webhook_id"));
}
