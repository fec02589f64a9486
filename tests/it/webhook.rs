//! The public listener through real sockets: what is taken in, what is refused and how, and what strangers cannot do.

mod capacity;
mod deliveries;
mod diagnosis;
mod junk;
mod private;
mod refusals;
mod unclear;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use featurebase_bouncer::message::{ContactKind, EventId};
use featurebase_bouncer::payload;
use featurebase_bouncer::sandbox::{sample_event, sign};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bot::Bot;

const CREATED: &str = "conversation.user.created";
const PATH: &str = "/webhooks/featurebase";
/// Long enough for a slow machine; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request as it goes over the wire, byte for byte.
#[derive(Clone)]
struct Post {
    method: &'static str,
    path: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Post {
    /// A body signed with the bot's own secret at the bot's own time.
    fn signed(bot: &Bot, body: impl Into<Vec<u8>>) -> Self {
        Self::signed_at(bot, body, bot.clock.now().seconds())
    }

    fn signed_at(bot: &Bot, body: impl Into<Vec<u8>>, seconds: i64) -> Self {
        let body = body.into();
        let timestamp = seconds.to_string();
        let signature = sign(&bot.webhook.secret, &timestamp, &body);
        Self {
            method: "POST",
            path: PATH,
            headers: [
                ("Host", "bouncer.test".to_owned()),
                ("Content-Length", body.len().to_string()),
                ("X-Webhook-Signature", signature),
                ("X-Webhook-Timestamp", timestamp),
                // The answer ends where the connection does.
                ("Connection", "close".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
            body,
        }
    }

    fn to(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// One more header; one of the same name stays.
    fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    fn value(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        &headers.find(|(known, _)| known == name).unwrap().1
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    async fn send(&self, bot: &Bot) -> Reply {
        exchange(
            bot.running.public,
            &[self.head(), self.body.clone()].concat(),
        )
        .await
    }
}

/// An answer, without its date.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reply {
    status: u16,
    /// In order of name.
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("a whole answer");
        let mut lines = head.lines();
        let status = lines.next().unwrap_or_default();
        let mut headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .filter(|(name, _)| name != "date")
            .collect();
        headers.sort();
        Self {
            status: status.split(' ').nth(1).unwrap().parse().unwrap(),
            headers,
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        Some(&headers.find(|(known, _)| known == name)?.1)
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Everything the other side says until it hangs up.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    // A connection that is reset has ended, too.
    while let Ok(count @ 1..) = tokio::time::timeout(PATIENCE, stream.read(&mut piece))
        .await
        .expect("the other side says or ends something")
    {
        said.extend_from_slice(&piece[..count]);
    }
    said
}

async fn exchange(address: SocketAddr, request: &[u8]) -> Reply {
    let mut stream = connect(address).await;
    stream.write_all(request).await.unwrap();
    Reply::of(&rest(&mut stream).await)
}

/// An event in which a lead opens a conversation, and its id.
fn event(bot: &Bot, text: &str) -> (EventId, Vec<u8>) {
    let body = sample_event(CREATED, text, ContactKind::Lead, None, &bot.clock);
    (payload::id_of(&body), body)
}

impl Bot {
    /// How many deliveries wait to be filed.
    async fn inbox(&self) -> i64 {
        self.store.waiting().await.unwrap().0
    }

    /// The value of a number with its labels, as Prometheus reads it.
    async fn number(&self, name: &str) -> Option<i64> {
        let (_, numbers) = self.asks("/metrics").await;
        let mut lines = numbers.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }
}
