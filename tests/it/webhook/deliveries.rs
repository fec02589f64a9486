use featurebase_bouncer::sandbox::DeliveryFaults;
use featurebase_bouncer::store::events::EventKind;

use super::*;
use crate::bot::{PITCH, Setup};
use crate::on_both_databases;

on_both_databases! {
    async fn a_signed_event_is_answered_once_it_is_kept(database) {
        let bot = Bot::on(database).await;
        let (id, body) = event(&bot, "Hello");
        let reply = Post::signed(&bot, body.clone()).send(&bot).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
        assert_eq!(bot.inbox().await, 1);
        assert_eq!(bot.metrics.events_kept.get(), 1);
        bot.worker.drain().await.unwrap();
        assert_eq!(bot.inbox().await, 0);
        let kept = bot.store.event(&id).await.unwrap().unwrap();
        assert_eq!(kept.kind, EventKind::Message);
        assert_eq!(kept.topic, CREATED);
        assert_eq!(kept.received_at, bot.clock.now());
        assert_eq!(kept.body, Some(body), "byte for byte");
        let record = bot.record().await;
        let about: Vec<&str> = record
            .iter()
            .filter(|row| row.event.as_ref() == Some(&id))
            .map(|row| row.action.as_str())
            .collect();
        assert_eq!(about, ["received", "decided"]);
    }

    async fn an_event_sent_again_is_answered_and_kept_once(database) {
        let bot = Bot::on(database).await;
        let (id, body) = event(&bot, "Hello");
        for _ in 0..3 {
            assert_eq!(Post::signed(&bot, body.clone()).send(&bot).await.status, 200);
        }
        assert_eq!(bot.inbox().await, 1, "while it waits");
        bot.worker.drain().await.unwrap();
        let again = String::from_utf8(body).unwrap().replace("\"pending\"", "\"retrying\"");
        assert_eq!(Post::signed(&bot, again).send(&bot).await.status, 200);
        bot.worker.drain().await.unwrap();
        assert_eq!(bot.metrics.events_repeated.get(), 1, "after it was filed");
        let record = bot.record().await;
        let received = record.iter().filter(|row| row.event.as_ref() == Some(&id) && row.action.as_str() == "received");
        assert_eq!(received.count(), 1);
    }

    async fn topics_that_are_not_judged_are_kept_as_such(database) {
        let bot = Bot::on(database).await;
        let topics = ["post.created", "conversation.tagged", "ticket.updated", "something.new"];
        for (number, topic) in topics.iter().enumerate() {
            let body = format!("{{\"object\":\"notification_event\",\"id\":\"notif_{number}\",\"topic\":\"{topic}\",\"data\":{{}}}}");
            assert_eq!(Post::signed(&bot, body).send(&bot).await.status, 200);
        }
        bot.worker.drain().await.unwrap();
        for (number, topic) in topics.iter().enumerate() {
            let kept = bot.store.event(&EventId::new(format!("notif_{number}"))).await.unwrap().unwrap();
            assert_eq!((kept.kind, kept.topic.as_str()), (EventKind::Other, *topic));
            assert_eq!(kept.note.as_deref(), Some("a topic that is not judged"));
        }
        assert_eq!(bot.number("bouncer_events_filed_total{kind=\"other\"}").await, Some(4));
        assert!(bot.record().await.iter().all(|row| row.action.as_str() != "decided"));
    }

    async fn deliveries_that_come_at_once_are_all_kept(database) {
        let bot = Bot::on(database).await;
        let mut spammers = Vec::new();
        for number in 0..15 {
            let spammer = bot.lead(&format!("spammer {number}"));
            bot.writes(&spammer, PITCH);
            spammers.push(spammer);
        }
        bot.sandbox.set_delivery_faults(DeliveryFaults { duplicates: 1, ..DeliveryFaults::default() });
        let posts: Vec<Post> = (0..60).map(|number| Post::signed(&bot, event(&bot, &format!("Hello {number}")).1)).collect();
        let (answered, report) = tokio::join!(
            futures(posts.iter().map(|post| post.send(&bot))),
            bot.sandbox.deliver_due(),
        );
        assert!(answered.iter().all(|reply| reply.status == 200));
        assert_eq!(report.failed, 0);
        assert_eq!(bot.inbox().await, 75);
        bot.settles().await;
        let mut blocked = bot.sandbox.blocks();
        blocked.sort();
        spammers.sort();
        assert_eq!(blocked, spammers);
    }

    async fn a_closed_store_is_answered_with_come_back_later(database) {
        let bot = Bot::on(database).await;
        let (id, body) = event(&bot, "Hello");
        bot.store.close().await;
        let reply = Post::signed(&bot, body).send(&bot).await;
        assert_eq!((reply.status, reply.body.as_str()), (503, ""));
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(bot.metrics.events_not_stored.get(), 1);
        assert_eq!(bot.metrics.events_kept.get(), 0);
        // Strangers still learn nothing, and cost the store nothing.
        let forged = Post::signed(&bot, "{}").with("X-Webhook-Signature", &"0".repeat(64));
        assert_eq!(forged.send(&bot).await.status, 401);
        let (status, told) = bot.asks("/readyz").await;
        assert_eq!(status, 503);
        assert!(told.contains("not ready\nstore: cannot be written to; see the log"), "{told}");
        assert_eq!(bot.asks("/healthz").await, (200, "ok\n".to_owned()), "it is alive all the same");
        assert_eq!(bot.asks("/metrics").await.0, 200);
        let (store, _) = bot.database.open().await;
        assert_eq!(store.event(&id).await.unwrap(), None);
        assert_eq!(store.waiting().await.unwrap().0, 0);
    }

    async fn an_event_answered_with_come_back_later_is_kept_when_it_comes_back(database) {
        let database = std::sync::Arc::new(database);
        let bot = Setup::beside(database.clone()).start().await;
        let (id, body) = event(&bot, "Hello");
        let first = Post::signed(&bot, body);
        bot.store.close().await;
        assert_eq!(first.send(&bot).await.status, 503);
        bot.running.stop().await;
        let secret = bot.webhook.secret.clone();
        let again = Setup::beside(database).set("FEATUREBASE_WEBHOOK_SECRET", &secret).start().await;
        assert_eq!(first.send(&again).await.status, 200);
        again.worker.drain().await.unwrap();
        assert!(again.store.event(&id).await.unwrap().is_some());
    }
}

/// Waits for all of them at once.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in waiting.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_may_bring_many_deliveries() {
    let bot = Bot::on(crate::database::Database::sqlite()).await;
    let mut stream = connect(bot.running.public).await;
    let bodies: Vec<_> = (0..5)
        .map(|number| event(&bot, &format!("{number}")).1)
        .collect();
    let mut wire = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        let mut post = Post::signed(&bot, body.clone());
        if number < 4 {
            post = post.with("Connection", "keep-alive");
        }
        wire.extend([post.head(), post.body].concat());
    }
    stream.write_all(&wire).await.unwrap();
    let said = String::from_utf8(rest(&mut stream).await).unwrap();
    assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 5, "{said}");
    assert_eq!(bot.inbox().await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_may_come_in_chunks_without_its_length() {
    let bot = Bot::on(crate::database::Database::sqlite()).await;
    let (_, body) = event(&bot, "Hello");
    let mut post = Post::signed(&bot, body.clone())
        .without("Content-Length")
        .and("Transfer-Encoding", "chunked");
    post.body = chunked(&body);
    assert_eq!(post.send(&bot).await.status, 200);
    assert_eq!(bot.inbox().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_headers_may_be_of_either_case() {
    let bot = Bot::on(crate::database::Database::sqlite()).await;
    let mut post = Post::signed(&bot, event(&bot, "Hello").1);
    for (name, value) in &mut post.headers {
        name.make_ascii_lowercase();
        // Blanks around a value are the wire's, not the value's.
        *value = format!("  {value}\t");
    }
    assert_eq!(post.send(&bot).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_of_deliveries_can_be_chosen() {
    let setup = Setup::on(crate::database::Database::sqlite());
    let bot = setup.set("BOUNCER_WEBHOOK_PATH", "/in/5f2b").start().await;
    let post = Post::signed(&bot, event(&bot, "Hello").1);
    assert_eq!(post.clone().to("/in/5f2b").send(&bot).await.status, 200);
    assert_eq!(post.send(&bot).await.status, 404);
}

/// A body in chunks of at most a hundred bytes.
pub fn chunked(body: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for chunk in body.chunks(100) {
        wire.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        wire.extend_from_slice(chunk);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n\r\n");
    wire
}
