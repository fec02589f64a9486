//! Strangers in great numbers against the real program: real deliveries are acknowledged before their sender gives up, memory
//! stays bounded, and nothing is stored for strangers.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use featurebase_bouncer::message::ContactKind;
use featurebase_bouncer::sandbox::{sample_event, sign};
use featurebase_bouncer::store::audit::Filter;
use featurebase_bouncer::time::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Process, Site, rules};
use crate::database::Database;

/// So long Featurebase waits for an answer.
const SENDER_WAITS: Duration = Duration::from_secs(5);
/// What the program may have grown by, in KiB: all room for bodies, and what a thousand connections take up.
const GROWTH: u64 = 160 * 1024;

/// One siege at a time: together they would leave the other tests no processor.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The program under siege.
struct Besieged {
    site: Site,
    process: Process,
    public: SocketAddr,
    secret: String,
    memory: u64,
    acknowledged: u64,
    _alone: tokio::sync::MutexGuard<'static, ()>,
}

impl Besieged {
    /// Starts the program with at most so many open files.
    async fn with_files(files: u64) -> Self {
        let alone = ALONE.lock().await;
        raise_own_limit();
        let site = Site::new(Database::sqlite(), rules(), 1).await;
        let setting = |name: &str| {
            let mut all = site.environment.iter();
            all.find(|(known, _)| *known == name).unwrap().1.clone()
        };
        let public = setting("BOUNCER_LISTEN").parse().unwrap();
        let secret = setting("FEATUREBASE_WEBHOOK_SECRET");
        let child = Command::new("bash")
            .args(["-c", &format!("ulimit -n {files}; exec \"$0\" run")])
            .arg(env!("CARGO_BIN_EXE_bouncer"))
            .envs(site.environment.iter().map(|(name, value)| (*name, value)))
            .current_dir(site.database.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Process { child };
        site.is_ready().await;
        let mut besieged = Self {
            site,
            process,
            public,
            secret,
            memory: 0,
            acknowledged: 0,
            _alone: alone,
        };
        besieged.delivers(3).await;
        besieged.memory = besieged.memory_now();
        besieged
    }

    /// Delivers so many events one after the other, each acknowledged before its sender gives up.
    async fn delivers(&mut self, number: u64) {
        for _ in 0..number {
            let body = event();
            let wire = post(&body, &self.secret);
            let answer = tokio::time::timeout(SENDER_WAITS, exchange(self.public, &wire)).await;
            let answer = answer.expect("acknowledged before the sender gives up");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
            self.acknowledged += 1;
        }
    }

    fn memory_now(&self) -> u64 {
        let status = format!("/proc/{}/status", self.process.child.id());
        let status = std::fs::read_to_string(status).expect("the program is alive");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let mut words = line.unwrap().split_whitespace();
        words.nth(1).unwrap().parse().unwrap()
    }

    async fn number(&self, name: &str) -> u64 {
        let url = format!("http://127.0.0.1:{}/metrics", self.site.private);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let mut lines = text.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
            .unwrap_or(0)
    }

    /// What must hold whatever strangers did.
    async fn stands(&self) {
        let grown = self.memory_now().saturating_sub(self.memory);
        assert!(grown < GROWTH, "grown by {grown} KiB");
        assert_eq!(
            self.number("bouncer_events_kept_total").await,
            self.acknowledged,
            "what was acknowledged is stored, and nothing else"
        );
        let (store, _) = self.site.database.open().await;
        let inbox = store.waiting().await.unwrap().0;
        let audit = store.audit(&Filter::default(), 10_000).await.unwrap();
        let filed: std::collections::BTreeSet<_> = audit
            .iter()
            .filter_map(|row| row.event.as_ref())
            .map(|event| event.as_str().to_owned())
            .collect();
        let inbox = usize::try_from(inbox).unwrap();
        let acknowledged = usize::try_from(self.acknowledged).unwrap();
        assert!(
            filed.len() + inbox <= acknowledged,
            "{filed:?} and {inbox} more"
        );
        store.close().await;
    }
}

fn event() -> Vec<u8> {
    let clock = Clock::system();
    sample_event(
        "conversation.user.created",
        "Good morning",
        ContactKind::Lead,
        None,
        &clock,
    )
}

fn post(body: &[u8], secret: &str) -> Vec<u8> {
    let timestamp = Clock::system().now().seconds().to_string();
    let signature = sign(secret, &timestamp, body);
    let head = format!(
        "POST /webhooks/featurebase HTTP/1.1\r\nHost: b\r\nContent-Length: {}\r\nX-Webhook-Signature: {signature}\r\nX-Webhook-Timestamp: {timestamp}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Headers of a delivery whose body is still to come, signed with nothing that fits.
fn head(framing: &str) -> Vec<u8> {
    let timestamp = Clock::system().now().seconds();
    let zeros = "0".repeat(64);
    format!("POST /webhooks/featurebase HTTP/1.1\r\nHost: b\r\n{framing}\r\nX-Webhook-Signature: {zeros}\r\nX-Webhook-Timestamp: {timestamp}\r\n\r\n").into_bytes()
}

/// This test holds the strangers' ends of all connections.
fn raise_own_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

async fn exchange(address: SocketAddr, wire: &[u8]) -> String {
    // A connection that was pushed out of the system's queue is made again, as senders do.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(wire).await;
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    String::from_utf8_lossy(&said).into_owned()
}

/// A stranger's connection that has said this much.
async fn stranger(address: SocketAddr, says: &[u8]) -> Option<TcpStream> {
    let connecting = tokio::time::timeout(SENDER_WAITS, TcpStream::connect(address));
    let mut stream = connecting.await.ok()?.ok()?;
    let _ = stream.write_all(says).await;
    Some(stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_who_are_slow_with_headers_and_bodies_delay_no_real_delivery() {
    let mut besieged = Besieged::with_files(4096).await;
    let slow_head = b"POST /webhooks/featurebase HTTP/1.1\r\nHost: b\r\nX-Slow: ".to_vec();
    let slow_body = [head("Content-Length: 1000000"), vec![b' '; 60 * 1024]].concat();
    let mut strangers = Vec::new();
    for _ in 0..5 {
        for number in 0..500 {
            let says = match number % 3 {
                0 => &b""[..],
                1 => &slow_head,
                _ => &slow_body,
            };
            strangers.extend(stranger(besieged.public, says).await);
        }
        besieged.delivers(4).await;
    }
    assert!(strangers.len() > 2_000, "{}", strangers.len());
    assert!(besieged.number("bouncer_connections_sent_away_total").await > 0);
    besieged.stands().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_descriptors_run_short_the_store_and_real_senders_still_have_theirs() {
    let mut besieged = Besieged::with_files(128).await;
    let mut strangers = Vec::new();
    for _ in 0..4 {
        for _ in 0..150 {
            strangers.extend(stranger(besieged.public, b"POST /").await);
        }
        besieged.delivers(4).await;
    }
    besieged.site.is_ready().await;
    besieged.stands().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_without_measure_or_end_fill_no_memory() {
    let mut besieged = Besieged::with_files(4096).await;
    let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 65_536], b"\r\n"].concat();
    let endless = head("Transfer-Encoding: chunked");
    let nearly = [head("Content-Length: 1000000"), vec![b'x'; 990_000]].concat();
    let measureless = head("Content-Length: 99999999999");
    let mut strangers = Vec::new();
    for _ in 0..4 {
        for _ in 0..40 {
            // Held back a little short of their end: each takes up all the room it may.
            let address = besieged.public;
            strangers.extend(stranger(address, &nearly).await);
            strangers.extend(stranger(address, &measureless).await);
            if let Some(mut stream) = stranger(address, &endless).await {
                for _ in 0..40 {
                    if stream.write_all(&chunk).await.is_err() {
                        break;
                    }
                }
                strangers.push(stream);
            }
        }
        besieged.delivers(4).await;
        let grown = besieged.memory_now().saturating_sub(besieged.memory);
        assert!(grown < GROWTH, "grown by {grown} KiB");
    }
    besieged.stands().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_unsigned_junk_delays_no_real_delivery_and_is_not_stored() {
    let mut besieged = Besieged::with_files(4096).await;
    let public = besieged.public;
    let stop = tokio_util::sync::CancellationToken::new();
    let floods: Vec<_> = (0..4)
        .map(|_| {
            let junk = post(&event(), "whsec_not_the_secret_00");
            let stop = stop.clone();
            tokio::spawn(async move {
                let mut sent = 0_u64;
                while !stop.is_cancelled() {
                    let answer = exchange(public, &junk).await;
                    assert!(answer.starts_with("HTTP/1.1 401"), "{answer:?}");
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    besieged.delivers(40).await;
    stop.cancel();
    let mut sent = 0;
    for flood in floods {
        sent += flood.await.unwrap();
    }
    assert!(sent > 40, "{sent}");
    let counted = "bouncer_deliveries_refused_total{reason=\"wrong-signature\"}";
    assert_eq!(besieged.number(counted).await, sent);
    besieged.stands().await;
}
