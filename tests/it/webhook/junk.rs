//! Whatever is not a signed delivery leaves no trace in the store, and no bit of one may change.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::deliveries::chunked;
use super::*;
use crate::bot::Setup;
use crate::database::Database;

/// A bot that does not wait long for what never comes.
async fn impatient() -> Bot {
    let setup = Setup::on(Database::sqlite())
        .set("BOUNCER_HEADER_TIMEOUT", "1s")
        .set("BOUNCER_BODY_TIMEOUT", "1s");
    setup.start().await
}

/// Every file of the store, byte for byte.
fn files(bot: &Bot) -> Vec<(String, Vec<u8>)> {
    let folder: &Path = bot.database.folder.path();
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        // What is shared between readers changes as they read.
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// What the other side says to these bytes; nothing when it just hangs up.
async fn says(bot: &Bot, wire: &[u8]) -> String {
    let mut stream = connect(bot.running.public).await;
    // The other side may have hung up while it is still being written to.
    let _ = stream.write_all(wire).await;
    String::from_utf8_lossy(&rest(&mut stream).await).into_owned()
}

#[test]
fn a_delivery_with_any_bit_flipped_is_refused_and_stores_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bot = runtime.block_on(impatient());
    let before = files(&bot);
    let texts = (
        "[ -~]{0,60}",
        0..3_usize,
        any::<prop::sample::Index>(),
        0..8_u8,
    );
    let mut runner = TestRunner::new(Config::with_cases(200));
    runner
        .run(&texts, |(text, part, place, bit)| {
            let mut post = Post::signed(&bot, event(&bot, &text).1);
            match part {
                0 => {
                    let at = place.index(post.body.len());
                    post.body[at] ^= 1 << bit;
                }
                1 => {
                    let mut digits = post.value("X-Webhook-Timestamp").as_bytes().to_vec();
                    let at = place.index(digits.len());
                    digits[at] ^= 1 << (bit % 7);
                    let digits = String::from_utf8(digits).unwrap();
                    post = post.with("X-Webhook-Timestamp", &digits);
                }
                _ => {
                    let mut bytes = hex::decode(post.value("X-Webhook-Signature")).unwrap();
                    let at = place.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                    post = post.with("X-Webhook-Signature", &hex::encode(bytes));
                }
            }
            let said = runtime.block_on(says(&bot, &[post.head(), post.body].concat()));
            prop_assert!(!said.contains(" 200 "), "{said}");
            prop_assert!(said.starts_with("HTTP/1.1 4"), "{said}");
            Ok(())
        })
        .unwrap();
    assert_eq!(bot.metrics.events_kept.get(), 0);
    assert!(files(&bot) == before, "the store's files have changed");
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    assert_eq!(runtime.block_on(good.send(&bot)).status, 200);
    assert!(files(&bot) != before, "a good one is seen in them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_of_many_kinds_are_refused_once_each_and_leave_nothing_behind() {
    let bot = impatient().await;
    let before = files(&bot);
    for (name, wire) in malformed(&bot) {
        let said = says(&bot, &wire).await;
        assert!(!said.contains(" 200 "), "{name}: {said}");
        assert!(
            said.is_empty() || said.starts_with("HTTP/1."),
            "{name}: {said}"
        );
        assert!(said.matches("HTTP/1.").count() <= 1, "{name}: {said}");
        let good = Post::signed(&bot, b"{}".to_vec())
            .method("GET")
            .to("/healthz");
        assert_eq!(good.send(&bot).await.status, 200, "after {name}");
    }
    assert_eq!(bot.metrics.events_kept.get(), 0);
    assert!(files(&bot) == before, "the store's files have changed");
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    assert_eq!(good.send(&bot).await.status, 200);
}

/// Requests that are not, each of which would be taken if it were read kindly.
fn malformed(bot: &Bot) -> Vec<(&'static str, Vec<u8>)> {
    let good = Post::signed(bot, event(bot, "Hello").1);
    let wire = |post: &Post| [post.head(), post.body.clone()].concat();
    let head = String::from_utf8(good.head()).unwrap();
    let length = good.body.len();
    let edit = |from: &str, to: &str| {
        assert!(head.contains(from), "{from}");
        [head.replacen(from, to, 1).as_bytes(), &good.body].concat()
    };
    let in_chunks = |coding: &str, body: Vec<u8>| {
        let mut post = good
            .clone()
            .without("Content-Length")
            .and("Transfer-Encoding", coding);
        post.body = body;
        wire(&post)
    };
    let whole = chunked(&good.body);
    let second = wire(&good.clone().with("Connection", "keep-alive"));
    let smuggled = |headers: &[(&str, &str)], body: &[u8]| {
        let mut post = good
            .clone()
            .without("Content-Length")
            .without("X-Webhook-Signature");
        for (name, value) in headers {
            post = post.and(name, value);
        }
        [&post.head(), body, &second[..]].concat()
    };
    let mut many = good.clone();
    for number in 0..200 {
        many = many.and(&format!("X-{number}"), "1");
    }
    vec![
        (
            "two lengths",
            edit(
                "Content-Length: ",
                &format!("Content-Length: {}\r\nContent-Length: ", length - 1),
            ),
        ),
        (
            "two lengths in one header",
            edit(
                &format!("Content-Length: {length}"),
                &format!("Content-Length: {length}, {}", length - 1),
            ),
        ),
        (
            "a negative length",
            edit(&format!("Content-Length: {length}"), "Content-Length: -1"),
        ),
        (
            "a length with a plus sign",
            edit("Content-Length: ", "Content-Length: +"),
        ),
        (
            "a length in hexadecimal",
            edit(
                &format!("Content-Length: {length}"),
                &format!("Content-Length: 0x{length:x}"),
            ),
        ),
        (
            "a length beyond any number",
            edit(
                &format!("Content-Length: {length}"),
                "Content-Length: 99999999999999999999999",
            ),
        ),
        (
            "a blank before the colon",
            edit("X-Webhook-Timestamp:", "X-Webhook-Timestamp :"),
        ),
        (
            "a folded header",
            edit("X-Webhook-Timestamp: ", "X-Webhook-Timestamp:\r\n "),
        ),
        (
            "a NUL in a header",
            edit("Host: bouncer.test", "Host: bouncer\0.test"),
        ),
        (
            "a bare CR in a header",
            edit("Host: bouncer.test", "Host: bouncer\r.test"),
        ),
        (
            "a header without a colon",
            edit("Host: bouncer.test", "Host bouncer.test"),
        ),
        (
            "a header without a name",
            edit("Host: bouncer.test", ": bouncer.test"),
        ),
        ("HTTP/2.0", edit("HTTP/1.1", "HTTP/2.0")),
        ("HTTP/9.9", edit("HTTP/1.1", "HTTP/9.9")),
        ("HTTP/0.9", b"POST /webhooks/featurebase\r\n".to_vec()),
        ("no version", edit(" HTTP/1.1", "")),
        ("a blank first", [b" ", &wire(&good)[..]].concat()),
        ("a method in pieces", edit("POST /", "PO ST /")),
        (
            "a path with a blank",
            edit("/webhooks/featurebase", "/webhooks/feature base"),
        ),
        (
            "a path without its slash",
            edit(" /webhooks/featurebase", " webhooks/featurebase"),
        ),
        (
            "CONNECT",
            edit("POST /webhooks/featurebase", "CONNECT bouncer.test:443"),
        ),
        ("TRACE", edit("POST", "TRACE")),
        ("two hundred headers", wire(&many)),
        (
            "a header of 64 KiB",
            wire(&good.clone().and("X-Long", &"x".repeat(65_536))),
        ),
        (
            "a path of 64 KiB",
            edit("/webhooks/featurebase", &format!("/{}", "x".repeat(65_536))),
        ),
        ("a coding nobody knows", in_chunks("rot13", whole.clone())),
        (
            "chunks that are not the last coding",
            in_chunks("chunked, gzip", whole.clone()),
        ),
        ("chunks in disguise", in_chunks("xchunked", whole.clone())),
        (
            "a chunk beyond any number",
            in_chunks("chunked", b"FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n".to_vec()),
        ),
        (
            "a negative chunk",
            in_chunks("chunked", b"-1\r\n{}\r\n0\r\n\r\n".to_vec()),
        ),
        (
            "a chunk that is no number",
            in_chunks("chunked", b"zz\r\n{}\r\n0\r\n\r\n".to_vec()),
        ),
        (
            "a chunk longer than it says",
            in_chunks("chunked", b"1\r\n{}{}{}\r\n0\r\n\r\n".to_vec()),
        ),
        (
            "chunks without an end",
            in_chunks("chunked", whole[..whole.len() - 5].to_vec()),
        ),
        (
            "a length and chunks, the length first",
            smuggled(
                &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
                b"0\r\n\r\n",
            ),
        ),
        (
            "chunks and a length, the chunks first",
            smuggled(
                &[("Transfer-Encoding", "chunked"), ("Content-Length", "5")],
                b"0\r\n\r\n",
            ),
        ),
        (
            "chunks twice",
            smuggled(
                &[
                    ("Transfer-Encoding", "chunked"),
                    ("Transfer-Encoding", "identity"),
                ],
                b"0\r\n\r\n",
            ),
        ),
        (
            "the greeting of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        ),
        (
            "a hello of TLS",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec(),
        ),
        ("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        (
            "a proxy's preface",
            [b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", &wire(&good)[..]].concat(),
        ),
        ("nothing", Vec::new()),
        ("line ends only", b"\r\n\r\n\r\n".to_vec()),
        (
            "noise",
            (0..4096_u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
        ),
        (
            "half a body",
            wire(&good)[..good.head().len() + length / 2].to_vec(),
        ),
        ("half a head", head.as_bytes()[..head.len() / 2].to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_that_cannot_be_stored_in_time_are_told_to_come_back_and_are_taken_then() {
    let bot = Bot::on(Database::sqlite()).await;
    let busy = bot.store.writing().await.unwrap();
    let posts: Vec<Post> = (0..20)
        .map(|number| Post::signed(&bot, event(&bot, &format!("{number}")).1))
        .collect();
    let all = posts.iter().map(|post| post.send(&bot));
    for reply in join_all(all).await {
        assert_eq!(reply.status, 503);
        assert_eq!(reply.header("retry-after"), Some("10"));
    }
    drop(busy);
    for reply in join_all(posts.iter().map(|post| post.send(&bot))).await {
        assert_eq!(reply.status, 200);
    }
    assert_eq!(bot.inbox().await, 20);
}

async fn join_all(futures: impl Iterator<Item = impl Future<Output = Reply>>) -> Vec<Reply> {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    let mut replies: Vec<Option<Reply>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, reply) in waiting.iter_mut().zip(&mut replies) {
            if reply.is_none()
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *reply = Some(done);
            }
        }
        if replies.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    replies.into_iter().map(Option::unwrap).collect()
}
