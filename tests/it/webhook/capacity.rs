use super::*;
use crate::bot::Setup;
use crate::database::Database;

fn impatient() -> Setup {
    Setup::on(Database::sqlite())
        .set("BOUNCER_HEADER_TIMEOUT", "300ms")
        .set("BOUNCER_BODY_TIMEOUT", "300ms")
}

/// Sends a byte now and then until the other side hangs up; gives what it said.
async fn drips(stream: &mut TcpStream, byte: u8) -> Vec<u8> {
    let mut said = Vec::new();
    let mut piece = [0; 1024];
    let dripping = async {
        loop {
            let pause = Duration::from_millis(50);
            match tokio::time::timeout(pause, stream.read(&mut piece)).await {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(count)) => said.extend_from_slice(&piece[..count]),
                Err(_) if stream.write_all(&[byte]).await.is_err() => return,
                Err(_) => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, dripping)
        .await
        .expect("a slow client is dropped");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_slow_with_its_headers_is_dropped_and_delays_nobody() {
    let bot = impatient().start().await;
    let mut silent = connect(bot.running.public).await;
    let mut halting = connect(bot.running.public).await;
    halting
        .write_all(b"POST /webhooks/featurebase HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .await
        .unwrap();
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    assert_eq!(good.send(&bot).await.status, 200, "meanwhile");
    let (said_nothing, said) = tokio::join!(rest(&mut silent), drips(&mut halting, b'a'));
    assert_eq!(String::from_utf8_lossy(&said_nothing), "");
    assert!(
        !said.starts_with(b"HTTP/1.1 2"),
        "{}",
        String::from_utf8_lossy(&said)
    );
    assert_eq!(good.send(&bot).await.status, 200, "and afterwards");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_slow_with_its_body_is_dropped_and_delays_nobody() {
    let bot = impatient().start().await;
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    let (mut stalled, mut dripping) =
        tokio::join!(connect(bot.running.public), connect(bot.running.public));
    let head = good.clone().with("Content-Length", "100000").head();
    for stream in [&mut stalled, &mut dripping] {
        stream.write_all(&head).await.unwrap();
        stream.write_all(b"{\"id\":").await.unwrap();
    }
    assert_eq!(good.send(&bot).await.status, 200, "meanwhile");
    let (first, second) = tokio::join!(rest(&mut stalled), drips(&mut dripping, b' '));
    for said in [first, second] {
        assert_eq!(Reply::of(&said).status, 408);
    }
    assert_eq!(bot.metrics.refusals("too-slow"), 2);
    assert_eq!(bot.inbox().await, 1, "the good one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_left_open_after_a_delivery_is_closed() {
    let bot = impatient().start().await;
    let mut stream = connect(bot.running.public).await;
    let post = Post::signed(&bot, event(&bot, "Hello").1).with("Connection", "keep-alive");
    stream
        .write_all(&[post.head(), post.body].concat())
        .await
        .unwrap();
    let said = rest(&mut stream).await;
    assert_eq!(Reply::of(&said).status, 200, "and then the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_broken_off_is_not_kept() {
    let bot = Bot::on(Database::sqlite()).await;
    let (id, body) = event(&bot, "Hello");
    let post = Post::signed(&bot, body);
    let mut stream = connect(bot.running.public).await;
    let half = &post.body[..post.body.len() / 2];
    stream
        .write_all(&[&post.head(), half].concat())
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    let said = String::from_utf8(rest(&mut stream).await).unwrap();
    assert!(!said.contains(" 200 "), "{said}");
    assert_eq!(bot.inbox().await, 0);
    assert_eq!(bot.store.event(&id).await.unwrap(), None);
    assert_eq!(post.send(&bot).await.status, 200, "whole, it is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_bound_wait_and_are_served_later() {
    let setup = Setup::on(Database::sqlite()).set("BOUNCER_MAX_CONNECTIONS", "2");
    let bot = setup.start().await;
    // While somebody else writes, nothing can be stored: deliveries under way keep their places.
    let busy = bot.store.writing().await.unwrap();
    let posts: Vec<Post> = (0..5)
        .map(|number| Post::signed(&bot, event(&bot, &format!("{number}")).1))
        .collect();
    let mut waiting = Vec::new();
    for post in &posts {
        let mut stream = connect(bot.running.public).await;
        stream
            .write_all(&[post.head(), post.body.clone()].concat())
            .await
            .unwrap();
        waiting.push(stream);
        while bot.store.senders_waiting() < waiting.len().min(2) {
            tokio::task::yield_now().await;
        }
    }
    // That nothing comes can only be seen by waiting for it.
    let mut piece = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(200), waiting[4].read(&mut piece)).await;
    assert!(early.is_err(), "answered beyond the bound: {early:?}");
    assert_eq!(bot.metrics.connections.get(), 2);
    assert_eq!(bot.inbox().await, 0);
    assert_eq!(
        bot.asks("/healthz").await.0,
        200,
        "the private listener has places of its own"
    );
    drop(busy);
    for mut stream in waiting {
        assert_eq!(Reply::of(&rest(&mut stream).await).status, 200);
    }
    assert_eq!(bot.inbox().await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_longest_without_having_signed_anything_makes_room_for_the_next() {
    let setup = Setup::on(Database::sqlite()).set("BOUNCER_MAX_CONNECTIONS", "3");
    let bot = setup.start().await;
    let known = Post::signed(&bot, event(&bot, "known").1).with("Connection", "keep-alive");
    let wire = [known.head(), known.body.clone()].concat();
    let mut known = connect(bot.running.public).await;
    let mut piece = [0; 1024];
    known.write_all(&wire).await.unwrap();
    assert!(known.read(&mut piece).await.unwrap() > 0, "answered");
    // One says nothing, the other has sent its headers and half a body: neither has signed anything.
    let mut silent = connect(bot.running.public).await;
    let mut halting = connect(bot.running.public).await;
    let half = Post::signed(&bot, event(&bot, "half").1).with("Content-Length", "100000");
    halting.write_all(&half.head()).await.unwrap();
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    assert_eq!(good.send(&bot).await.status, 200);
    assert_eq!(rest(&mut silent).await, b"");
    let idle: Vec<TcpStream> = strangers(&bot, 5).await;
    assert!(bot.metrics.connections_sent_away.get() >= 1);
    assert!(bot.metrics.connections.get() <= 3);
    known.write_all(&wire).await.unwrap();
    assert!(
        known.read(&mut piece).await.unwrap() > 0,
        "who has signed keeps its place while strangers are there to go"
    );
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_only_just_come_in_is_heard_before_it_makes_room() {
    let setup = Setup::on(Database::sqlite()).set("BOUNCER_MAX_CONNECTIONS", "2");
    let bot = setup.start().await;
    let mut streams = Vec::new();
    for number in 0..30 {
        let post = Post::signed(&bot, event(&bot, &format!("{number}")).1);
        let mut stream = connect(bot.running.public).await;
        let wire = [post.head(), post.body.clone()].concat();
        stream.write_all(&wire).await.unwrap();
        streams.push(stream);
    }
    for mut stream in streams {
        assert_eq!(Reply::of(&rest(&mut stream).await).status, 200);
    }
}

async fn strangers(bot: &Bot, number: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..number {
        streams.push(connect(bot.running.public).await);
    }
    streams
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_cannot_take_all_places_for_long() {
    let bot = impatient()
        .set("BOUNCER_MAX_CONNECTIONS", "3")
        .start()
        .await;
    let mut slow = Vec::new();
    for _ in 0..9 {
        slow.push(connect(bot.running.public).await);
    }
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    assert_eq!(good.send(&bot).await.status, 200);
    for mut stream in slow {
        assert_eq!(rest(&mut stream).await, b"");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_without_end_are_refused() {
    let bot = Bot::on(Database::sqlite()).await;
    let mut stream = connect(bot.running.public).await;
    stream
        .write_all(b"POST /webhooks/featurebase HTTP/1.1\r\n")
        .await
        .unwrap();
    let flood = b"X-Flood: 0123456789012345678901234567890123456789\r\n".repeat(1_000);
    // The other side may hang up while it is still being flooded.
    for _ in 0..100 {
        if stream.write_all(&flood).await.is_err() {
            break;
        }
    }
    let said = rest(&mut stream).await;
    assert!(
        said.is_empty() || said.starts_with(b"HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&said)
    );
    let good = Post::signed(&bot, event(&bot, "Hello").1);
    assert_eq!(good.send(&bot).await.status, 200);
}
