//! What an operator is told of refused deliveries: how many, why, and what to do.

use featurebase_bouncer::webhook::misreading::Misreading;
use serde_json::{Value, json};

use super::*;
use crate::bot::Setup;
use crate::database::Database;

const OURS: &str = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0";

async fn bot() -> Bot {
    with_secret(OURS).await
}

async fn with_secret(secret: &str) -> Bot {
    let setup = Setup::on(Database::sqlite());
    setup
        .set("FEATUREBASE_WEBHOOK_SECRET", secret)
        .start()
        .await
}

/// A body as it arrives, signed with a key over bytes of the sender's choice.
fn post(bot: &Bot, arrives: &[u8], key: &[u8], signed: &[u8]) -> Post {
    let timestamp = bot.clock.now().seconds().to_string();
    Post::signed(bot, arrives)
        .with("X-Webhook-Timestamp", &timestamp)
        .with("X-Webhook-Signature", &hex::encode(mac(key, signed)))
}

fn mac(key: &[u8], signed: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

fn with_time(bot: &Bot, body: &[u8]) -> Vec<u8> {
    let seconds = bot.clock.now().seconds();
    [format!("{seconds}.").as_bytes(), body].concat()
}

impl Bot {
    async fn refusals(&self) -> Value {
        let (status, text) = self.asks("/refusals").await;
        assert_eq!(status, 200);
        serde_json::from_str(&text).unwrap()
    }

    async fn hint(&self, why: &str) -> Option<String> {
        let told = self.refusals().await;
        let refused = told["refused"].as_array().unwrap().clone();
        let mut refused = refused.into_iter();
        let one = refused.find(|one| one["why"] == why)?;
        Some(one["hint"].as_str()?.to_owned())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_usual_misreading_of_the_secret_is_named_with_its_remedy_and_still_refused() {
    let body = event(&bot().await, "Hello").1;
    let rest = OURS.strip_prefix("whsec_").unwrap();
    let cases: &[(&str, &[u8], Misreading)] = &[
        (rest, OURS.as_bytes(), Misreading::PrefixMissing),
        (OURS, rest.as_bytes(), Misreading::PrefixCut),
        (OURS, b"secret of the test", Misreading::Base64),
        (
            OURS,
            b"whsec_c2VjcmV0IG9mIHRoZSB0ZXN0\n",
            Misreading::LineEnd,
        ),
        (
            OURS,
            b"\"whsec_c2VjcmV0IG9mIHRoZSB0ZXN0\"",
            Misreading::Quotes,
        ),
        (
            "'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0'",
            OURS.as_bytes(),
            Misreading::Quotes,
        ),
        (
            OURS,
            b"WHSEC_C2VJCMV0IG9MIHROZSB0ZXN0",
            Misreading::Capitals,
        ),
        (
            OURS,
            b"whsec_C2VJCMV0IG9MIHROZSB0ZXN0",
            Misreading::Capitals,
        ),
    ];
    for (ours, key, expected) in cases {
        let bot = with_secret(ours).await;
        let signed = with_time(&bot, &body);
        assert_eq!(post(&bot, &body, key, &signed).send(&bot).await.status, 401);
        assert_eq!(
            bot.hint("wrong-signature").await.as_deref(),
            Some(expected.remedy()),
            "{expected}"
        );
        let (_, ready) = bot.asks("/readyz").await;
        assert!(ready.contains(expected.remedy()), "{ready}");
        assert_eq!(bot.inbox().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_signed_alone_or_written_anew_on_its_way_is_named() {
    let sent = r#"{"id":"notif_1","text":"a  \"b\"\nÄ","n":[1,2.50,{}]}"#.as_bytes();
    let pretty = "{\n  \"id\": \"notif_1\",\n  \"text\": \"a  \\\"b\\\"\\n\\u00c4\",\n  \"n\": [1, 2.50, {}]\n}\n";
    let python = r#"{"id": "notif_1", "text": "a  \"b\"\n\u00c4", "n": [1, 2.50, {}]}"#;
    let marked = [b"\xef\xbb\xbf", sent].concat();
    let ended = [sent, b"\n"].concat();
    for arrives in [pretty.as_bytes(), python.as_bytes(), &marked, &ended] {
        let bot = bot().await;
        let signed = with_time(&bot, sent);
        let post = post(&bot, arrives, OURS.as_bytes(), &signed);
        assert_eq!(post.send(&bot).await.status, 401);
        let remedy = Misreading::BodyRewritten.remedy();
        assert_eq!(
            bot.hint("wrong-signature").await.as_deref(),
            Some(remedy),
            "{}",
            String::from_utf8_lossy(arrives)
        );
    }
    let bot = bot().await;
    let post = post(&bot, sent, OURS.as_bytes(), sent);
    assert_eq!(post.send(&bot).await.status, 401);
    let remedy = Misreading::BodyAlone.remedy();
    assert_eq!(bot.hint("wrong-signature").await.as_deref(), Some(remedy));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_wrong_signature_a_second_is_looked_into_and_what_was_found_outlives_junk() {
    let bot = bot().await;
    let body = event(&bot, "Hello").1;
    let junk = Post::signed(&bot, body.clone()).with("X-Webhook-Signature", &"0".repeat(64));
    let telling = |bot: &Bot| post(bot, &body, OURS.as_bytes(), &body);
    assert_eq!(junk.send(&bot).await.status, 401);
    let unexplained = bot.hint("wrong-signature").await.unwrap();
    assert!(unexplained.contains("no usual misreading"), "{unexplained}");
    assert_eq!(telling(&bot).send(&bot).await.status, 401);
    let same_second = bot.hint("wrong-signature").await.unwrap();
    assert_eq!(same_second, unexplained, "not looked into");
    bot.clock.advance(Duration::from_secs(1));
    assert_eq!(telling(&bot).send(&bot).await.status, 401);
    let found = Some(Misreading::BodyAlone.remedy().to_owned());
    assert_eq!(bot.hint("wrong-signature").await, found);
    bot.clock.advance(Duration::from_secs(1));
    assert_eq!(junk.send(&bot).await.status, 401);
    assert_eq!(bot.hint("wrong-signature").await, found);
    assert_eq!(
        bot.refusals().await["refused"][0],
        json!({ "why": "wrong-signature", "count": 4, "last_at": "2026-07-01T10:00:02.000Z", "hint": found })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authentic_delivery_at_a_wrong_time_tells_how_far_the_clock_is_off() {
    let bot = Bot::on(Database::sqlite()).await;
    let since = "2026-07-01T10:00:00.000Z";
    assert_eq!(
        bot.refusals().await,
        json!({ "since": since, "refused": [], "clock": { "ahead_seconds": null } })
    );
    let now = bot.clock.now().seconds();
    let body = event(&bot, "Hello").1;
    for (age, why, side) in [(412, "too-old", "ahead"), (-412, "too-new", "behind")] {
        let stale = Post::signed_at(&bot, body.clone(), now - age);
        assert_eq!(stale.send(&bot).await.status, 401);
        let told = bot.refusals().await;
        assert_eq!(told["clock"]["ahead_seconds"], json!(age));
        let hint = bot.hint(why).await.unwrap();
        assert!(hint.contains(&format!("412 seconds {side}")), "{hint}");
        let (_, ready) = bot.asks("/readyz").await;
        assert!(
            ready.contains(&hint) && ready.contains("rightly signed"),
            "{ready}"
        );
    }
    // One that comes in time shows that the clocks agree.
    assert_eq!(
        Post::signed(&bot, body.clone()).send(&bot).await.status,
        200
    );
    assert_eq!(bot.refusals().await["clock"]["ahead_seconds"], json!(null));
    let hint = bot.hint("too-new").await.unwrap();
    assert!(hint.contains("others came in time since"), "{hint}");
    assert_eq!(bot.refusals().await["refused"][0]["why"], "too-new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timestamp_in_milliseconds_is_told_as_one_and_not_as_a_wrong_clock() {
    let bot = Bot::on(Database::sqlite()).await;
    let millis = bot.clock.now().millis();
    let post = Post::signed_at(&bot, event(&bot, "Hello").1, millis);
    assert_eq!(post.send(&bot).await.status, 401);
    let hint = bot.hint("too-new").await.unwrap();
    assert!(hint.contains("milliseconds"), "{hint}");
    assert_eq!(bot.refusals().await["clock"]["ahead_seconds"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_told_under_the_words_of_the_metric_and_hold_nothing_that_was_sent() {
    let bot = bot().await;
    let good = Post::signed(&bot, event(&bot, "canary text").1);
    let posts = [
        good.clone().without("X-Webhook-Signature"),
        good.clone().and("X-Webhook-Timestamp", "1"),
        good.clone().with("X-Webhook-Signature", "canary"),
        good.clone().and("Content-Encoding", "gzip"),
        good.clone().method("GET"),
        good.clone().with("Content-Length", "99999999"),
        post(&bot, &good.body, b"canary key", &good.body),
    ];
    for post in &posts {
        let status = post.send(&bot).await.status;
        assert!((400..500).contains(&status), "{status}");
    }
    let (_, text) = bot.asks("/refusals").await;
    let told = bot.refusals().await;
    let refused = told["refused"].as_array().unwrap();
    assert_eq!(refused.len(), posts.len(), "{text}");
    for one in refused {
        let why = one["why"].as_str().unwrap();
        assert_eq!(bot.metrics.refusals(why), one["count"].as_u64().unwrap());
    }
    assert!(!text.contains("canary") && !text.contains(OURS), "{text}");
}
