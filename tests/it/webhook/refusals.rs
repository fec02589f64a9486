use super::deliveries::chunked;
use super::*;
use crate::bot::Setup;
use crate::database::Database;

/// A bot of which nothing is kept: no delivery here gets as far as the store.
async fn bot() -> Bot {
    Bot::on(Database::sqlite()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_refusals_of_a_signature_look_the_same_outside_and_are_told_apart_inside() {
    let bot = bot().await;
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    let signature = good.value("X-Webhook-Signature").to_owned();
    let timestamp = good.value("X-Webhook-Timestamp").to_owned();
    let now = bot.clock.now().seconds();
    let mut tampered = good.clone();
    *tampered.body.last_mut().unwrap() = b' ';
    let refusals = [
        ("no-signature", good.clone().without("X-Webhook-Signature")),
        (
            "several-signatures",
            good.clone().and("X-Webhook-Signature", &signature),
        ),
        (
            "several-signatures",
            good.clone().and("x-webhook-signature", ""),
        ),
        (
            "malformed-signature",
            good.clone().with("X-Webhook-Signature", &signature[..63]),
        ),
        (
            "malformed-signature",
            good.clone()
                .with("X-Webhook-Signature", &format!("sha256={signature}")),
        ),
        ("no-timestamp", good.clone().without("X-Webhook-Timestamp")),
        (
            "several-timestamps",
            good.clone().and("X-Webhook-Timestamp", &timestamp),
        ),
        (
            "malformed-timestamp",
            good.clone()
                .with("X-Webhook-Timestamp", &format!("{timestamp}.0")),
        ),
        (
            "wrong-signature",
            good.clone().with("X-Webhook-Signature", &"0".repeat(64)),
        ),
        (
            "wrong-signature",
            good.clone()
                .with("X-Webhook-Timestamp", &(now - 1).to_string()),
        ),
        ("wrong-signature", tampered),
        (
            "too-old",
            Post::signed_at(&bot, good.body.clone(), now - 301),
        ),
        (
            "too-new",
            Post::signed_at(&bot, good.body.clone(), now + 301),
        ),
    ];
    let expected = refusals[0].1.send(&bot).await;
    assert_eq!((expected.status, expected.body.as_str()), (401, ""));
    let names: Vec<&str> = expected
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        ["connection", "content-length"],
        "nothing that tells more"
    );
    for (reason, post) in &refusals[1..] {
        assert_eq!(post.send(&bot).await, expected, "{reason}");
    }
    for (reason, _) in &refusals {
        let times = refusals.iter().filter(|(other, _)| other == reason).count();
        let counted = bot.metrics.refusals(reason);
        assert_eq!(counted, u64::try_from(times).unwrap(), "{reason}");
        let name = format!("bouncer_deliveries_refused_total{{reason=\"{reason}\"}}");
        assert_eq!(bot.number(&name).await, Some(i64::try_from(times).unwrap()));
    }
    assert_eq!(bot.inbox().await, 0);
    assert_eq!(
        good.send(&bot).await.status,
        200,
        "and the good one is taken"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_delivery_is_refused_and_tells_how_far_the_clocks_are_apart() {
    let bot = bot().await;
    let now = bot.clock.now().seconds();
    let (_, body) = event(&bot, "Hello");
    assert_eq!(bot.number("bouncer_clock_skew_seconds").await, Some(0));
    for (age, reason) in [(420, "too-old"), (-3_600, "too-new")] {
        let stale = Post::signed_at(&bot, body.clone(), now - age);
        assert_eq!(stale.send(&bot).await.status, 401);
        assert_eq!(bot.metrics.refusals(reason), 1);
        assert_eq!(bot.number("bouncer_clock_skew_seconds").await, Some(age));
    }
    // Who cannot sign cannot move the number.
    let forged = Post::signed_at(&bot, body.clone(), now - 90_000)
        .with("X-Webhook-Signature", &"0".repeat(64));
    assert_eq!(forged.send(&bot).await.status, 401);
    assert_eq!(bot.number("bouncer_clock_skew_seconds").await, Some(-3_600));
    for age in [300, -300] {
        let late = Post::signed_at(&bot, body.clone(), now - age);
        assert_eq!(late.send(&bot).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_can_be_chosen() {
    let setup = Setup::on(Database::sqlite());
    let bot = setup.set("BOUNCER_SIGNATURE_WINDOW", "10s").start().await;
    let now = bot.clock.now().seconds();
    for (age, status) in [(10, 200), (11, 401), (-10, 200), (-11, 401)] {
        let post = Post::signed_at(&bot, event(&bot, "Hello").1, now - age);
        assert_eq!(post.send(&bot).await.status, status, "{age}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_signed_with_any_of_the_secrets_are_taken() {
    let setup = Setup::on(Database::sqlite());
    let secrets = "whsec_the_old_one_1111,whsec_the_new_one_2222";
    let bot = setup
        .set("FEATUREBASE_WEBHOOK_SECRET", secrets)
        .start()
        .await;
    let timestamp = bot.clock.now().seconds().to_string();
    for (secret, status) in [
        ("whsec_the_old_one_1111", 200),
        ("whsec_the_new_one_2222", 200),
        (secrets, 401),
        ("the_new_one_2222", 401),
    ] {
        let post = Post::signed(&bot, event(&bot, "Hello").1);
        let signature = sign(secret, &timestamp, &post.body);
        let post = post.with("X-Webhook-Signature", &signature);
        assert_eq!(post.send(&bot).await.status, status, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_over_the_cap_is_refused_announced_or_not() {
    let setup = Setup::on(Database::sqlite());
    let bot = setup.set("BOUNCER_BODY_LIMIT", "2048").start().await;
    let at_cap = format!("{{\"pad\":\"{}\"}}", "x".repeat(2048 - 10));
    assert_eq!(at_cap.len(), 2048);
    assert_eq!(
        Post::signed(&bot, at_cap.clone()).send(&bot).await.status,
        200
    );
    let over = format!("{at_cap} ");
    let announced = Post::signed(&bot, over.clone());
    let reply = announced.send(&bot).await;
    assert_eq!((reply.status, reply.body.as_str()), (413, ""));
    // It need not be sent to be refused.
    let mut only_head = Post::signed(&bot, over.clone()).with("Content-Length", "99999999999");
    only_head.body.clear();
    assert_eq!(only_head.send(&bot).await.status, 413);
    let mut in_chunks = announced
        .without("Content-Length")
        .and("Transfer-Encoding", "chunked");
    in_chunks.body = chunked(over.as_bytes());
    assert_eq!(in_chunks.send(&bot).await.status, 413);
    assert_eq!(bot.metrics.refusals("too-large"), 3);
    assert_eq!(bot.inbox().await, 1, "the one at the cap");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_body_is_refused() {
    let bot = bot().await;
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    for coding in [
        "gzip",
        "br",
        "zstd",
        "deflate, identity",
        "identity, gzip",
        "",
    ] {
        let post = good.clone().and("Content-Encoding", coding);
        assert_eq!(post.send(&bot).await.status, 415, "{coding:?}");
    }
    let hidden = good
        .clone()
        .and("Content-Encoding", "identity")
        .and("Content-Encoding", "gzip");
    assert_eq!(hidden.send(&bot).await.status, 415);
    assert_eq!(bot.metrics.refusals("compressed"), 7);
    let plain = good.and("Content-Encoding", "Identity");
    assert_eq!(plain.send(&bot).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_but_deliveries_and_health_is_on_the_public_listener() {
    let bot = bot().await;
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "FROBNICATE"] {
        let reply = good.clone().method(method).send(&bot).await;
        assert_eq!((reply.status, reply.body.as_str()), (405, ""), "{method}");
    }
    assert_eq!(good.clone().method("HEAD").send(&bot).await.status, 405);
    assert_eq!(bot.metrics.refusals("method"), 7);
    for path in [
        "/",
        "/webhooks",
        "/webhooks/featurebase/",
        "/webhooks/featurebase/x",
        "/Webhooks/featurebase",
        "/webhooks//featurebase",
        "/readyz",
        "/metrics",
        "/_sandbox/state",
        "/v2/contacts",
    ] {
        let reply = good.clone().to(path).send(&bot).await;
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{path}");
    }
    let health = good.clone().method("GET").to("/healthz").send(&bot).await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    assert_eq!(good.to("/healthz").send(&bot).await.status, 405);
    assert_eq!(bot.inbox().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_can_be_read_two_ways_is_not_read() {
    let bot = bot().await;
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    let length = good.body.len();
    let other_length = good
        .clone()
        .and("Content-Length", &(length - 1).to_string());
    let garbled = good.clone().with("Content-Length", &format!("+{length}"));
    let folded = good.clone().with("X-Webhook-Timestamp", "17672\r\n 25600");
    for post in [other_length, garbled, folded] {
        let status = post.send(&bot).await.status;
        assert!((400..500).contains(&status), "{status}");
    }
    // Where both are given, chunks count; what the length announces is not taken for a second request.
    let mut smuggled = good.and("Transfer-Encoding", "chunked");
    let body = smuggled.body.clone();
    smuggled.body = chunked(&body);
    let said = {
        let mut stream = connect(bot.running.public).await;
        let wire = [smuggled.head(), smuggled.body].concat();
        stream.write_all(&wire).await.unwrap();
        String::from_utf8(rest(&mut stream).await).unwrap()
    };
    assert_eq!(said.matches("HTTP/1.1").count(), 1, "{said}");
    assert_eq!(
        bot.metrics.events_kept.get(),
        u64::from(said.starts_with("HTTP/1.1 200"))
    );
}
