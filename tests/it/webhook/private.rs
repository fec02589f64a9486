use super::*;
use crate::bot::Setup;
use crate::database::Database;
use crate::on_both_databases;

on_both_databases! {
    async fn the_private_listener_tells_health_readiness_and_numbers(database) {
        let bot = Bot::on(database).await;
        assert_eq!(bot.asks("/healthz").await, (200, "ok\n".to_owned()));
        let digest = bot.running.rulewatch.as_ref().unwrap().status().borrow().in_force.clone().unwrap();
        let (status, ready) = bot.asks("/readyz").await;
        // The tests' PostgreSQL does not sync, which is said.
        let ready: String = ready.lines().filter(|line| !line.starts_with("store: PostgreSQL runs with fsync=off")).collect();
        assert_eq!((status, ready), (200, format!("readyrules: 3 in force, digest {}", digest.short())));
        let (id, body) = event(&bot, "Hello");
        assert_eq!(Post::signed(&bot, body).send(&bot).await.status, 200);
        assert_eq!(bot.number("bouncer_inbox").await, Some(1));
        assert_eq!(bot.number("bouncer_events_kept_total").await, Some(1));
        bot.worker.drain().await.unwrap();
        assert!(bot.store.event(&id).await.unwrap().is_some());
        assert_eq!(bot.number("bouncer_inbox").await, Some(0));
        assert_eq!(bot.number("bouncer_events_filed_total{kind=\"message\"}").await, Some(1));
        assert_eq!(bot.number("bouncer_decisions_total{verdict=\"clean\"}").await, Some(1));
        assert_eq!(bot.number("bouncer_rules_in_force").await, Some(3));
        assert!(bot.number("bouncer_rules_looked_at_timestamp_seconds").await > Some(0));
        let (_, numbers) = bot.asks("/metrics").await;
        assert!(numbers.ends_with("# EOF\n"), "OpenMetrics ends so");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_are_not_taken_on_the_private_listener() {
    let bot = Bot::on(Database::sqlite()).await;
    let post = Post::signed(&bot, event(&bot, "Hello").1);
    let wire = [post.head(), post.body].concat();
    assert_eq!(exchange(bot.running.private, &wire).await.status, 404);
    assert_eq!(bot.inbox().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_and_no_answer_holds_a_secret() {
    let bot = Setup::on(Database::sqlite()).start().await;
    let post = Post::signed(&bot, event(&bot, "Hello").1);
    post.send(&bot).await;
    let mut said = String::new();
    for path in ["/healthz", "/readyz", "/metrics"] {
        said.push_str(&bot.asks(path).await.1);
    }
    said.push_str(&bot.running.line);
    for secret in [
        bot.webhook.secret.as_str(),
        crate::bot::API_KEY,
        post.value("X-Webhook-Signature"),
    ] {
        assert!(!said.contains(secret), "{secret}");
    }
}
