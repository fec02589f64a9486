//! The deliveries in `tests/vectors/webhook.json`, held against the verifier and against the program behind its real listener.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use featurebase_bouncer::sandbox::{Options, Sandbox};
use featurebase_bouncer::time::{Clock, Timestamp};
use featurebase_bouncer::webhook::signature::{Claimed, Refusal, Secrets};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bot::{API_KEY, Bot, Setup};
use crate::database::Database;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    window_seconds: u64,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    secrets: Vec<String>,
    now: i64,
    headers: Vec<(String, String)>,
    body: Body,
    expected: String,
    over_http: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Body {
    Text(String),
    Base64(String),
}

impl Case {
    fn body(&self) -> Vec<u8> {
        match &self.body {
            Body::Text(text) => text.clone().into_bytes(),
            Body::Base64(text) => STANDARD.decode(text).unwrap(),
        }
    }

    fn request(&self) -> Vec<u8> {
        let body = self.body();
        let mut request = b"POST /webhooks/featurebase HTTP/1.1\r\nHost: bouncer.test\r\n".to_vec();
        for (name, value) in &self.headers {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let length = format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        [request, length.into_bytes(), body].concat()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn vectors() -> Vectors {
    let text = std::fs::read_to_string(folder().join("webhook.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn verify(case: &Case, window: Duration) -> Result<(), Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in &case.headers {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    let now = Timestamp::from_seconds(case.now);
    Claimed::read(&headers)?.verify(&case.body(), &Secrets::new(&case.secrets), now, window)
}

#[test]
fn the_verifier_says_of_every_delivery_in_the_file_what_the_file_says() {
    let vectors = vectors();
    assert!(vectors.cases.len() >= 120);
    for case in &vectors.cases {
        let window = Duration::from_secs(vectors.window_seconds);
        let outcome = verify(case, window).map_or_else(Refusal::as_str, |()| "accepted");
        assert_eq!(outcome, case.expected, "{}", case.name);
    }
}

#[test]
fn every_reason_a_signature_is_refused_for_is_in_the_file() {
    let vectors = vectors();
    for reason in Refusal::ALL {
        let mut cases = vectors.cases.iter();
        assert!(
            cases.any(|case| case.expected == reason.as_str()),
            "{reason}"
        );
    }
}

#[test]
fn the_file_is_what_its_generator_makes() {
    let made = Command::new("python3")
        .arg(folder().join("make.py"))
        .arg("--check")
        .output()
        .expect("python3 is there: tests/run installs it");
    assert!(made.status.success(), "{made:?}");
}

async fn status_of(bot: &Bot, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(bot.running.public).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    let said = String::from_utf8_lossy(&said);
    said.split(' ').nth(1).unwrap().parse().unwrap()
}

async fn bot(secrets: &[String], now: i64) -> Bot {
    let clock = Clock::by_hand(Timestamp::from_seconds(now));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(Options {
        api_key: API_KEY.to_owned(),
        clock: clock.clone(),
        concurrency: 1,
        seed: Some(7),
        ..Options::default()
    })
    .await
    .unwrap();
    let setup = Setup::beside(Arc::new(Database::sqlite()));
    setup
        .set("FEATUREBASE_WEBHOOK_SECRET", &secrets.join(","))
        .join(sandbox, clock)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_answers_every_delivery_in_the_file_as_the_file_says_and_stores_no_refused_one()
{
    let vectors = vectors();
    let mut groups: BTreeMap<(Vec<String>, i64), Vec<&Case>> = BTreeMap::new();
    for case in &vectors.cases {
        let group = groups.entry((case.secrets.clone(), case.now)).or_default();
        group.push(case);
    }
    for ((secrets, now), cases) in groups {
        let bot = bot(&secrets, now).await;
        for case in cases {
            let expected = case.over_http.as_ref().unwrap_or(&case.expected).as_str();
            let (kept, waiting) = (bot.metrics.events_kept.get(), stored(&bot).await);
            let refused = bot.metrics.refusals(expected);
            let status = status_of(&bot, &case.request()).await;
            if expected == "accepted" {
                assert_eq!(status, 200, "{}", case.name);
                continue;
            }
            assert_eq!(status, 401, "{}", case.name);
            assert_eq!(bot.metrics.refusals(expected), refused + 1, "{}", case.name);
            assert_eq!(bot.metrics.events_kept.get(), kept, "{}", case.name);
            assert_eq!(stored(&bot).await, waiting, "{}", case.name);
        }
    }
}

async fn stored(bot: &Bot) -> i64 {
    bot.store.waiting().await.unwrap().0
}
