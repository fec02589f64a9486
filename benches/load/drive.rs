//! The load: many senders on one thread, at full speed or at a fixed rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::client::Client;
use crate::events::Events;
use crate::machine;
use crate::servers::Server;

/// Share of a core that others may use. What the system does to write to the disk is among it.
const DISTURBED: f64 = 0.25;
/// How often events that have become due are handed to the senders, in a fixed rate.
const TICKS_A_SECOND: u32 = 1_000;
/// How often the bouncer is asked how far it has come.
const LOOK: Duration = Duration::from_millis(500);
/// Longest wait for the bouncer to judge what is left after the last delivery.
const CATCH_UP: Duration = Duration::from_mins(1);

/// How a server is driven.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub connections: usize,
    pub warm_up: Duration,
    pub length: Duration,
}

/// How long answers took, shortest first.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

/// What came of driving a server.
#[derive(Debug)]
pub struct Measured {
    pub seconds: f64,
    pub times: Times,
    /// Answers other than 200.
    pub not_kept: usize,
    pub used: Used,
}

/// Processor time, in seconds or as shares of a core.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub server: f64,
    pub database: Option<f64>,
    pub load: f64,
    /// By others on the same two cores, the machine's host among them: what disturbs.
    pub others: f64,
}

/// What came of a fixed rate.
#[derive(Debug)]
pub struct KeptUp {
    pub measured: Measured,
    /// Events taken on and not judged yet: half-way, and when the deliveries ended.
    pub backlog_half_way: u64,
    pub backlog: u64,
    /// Judged while deliveries went on.
    pub judged: u64,
    /// From the end of the deliveries until all was judged; nothing if that took too long.
    pub caught_up: Option<Duration>,
}

/// What one sender saw.
#[derive(Debug, Default)]
struct Seen {
    times: Vec<Duration>,
    not_kept: usize,
    last: Option<Instant>,
}

impl Times {
    /// The time within which this share of all answers came, in milliseconds.
    pub fn within(&self, share: f64) -> f64 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in the list"
        )]
        let place = (self.0.len() as f64 * share).ceil() as usize;
        let time = self.0.get(place.saturating_sub(1));
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }

    pub const fn count(&self) -> usize {
        self.0.len()
    }
}

impl Measured {
    /// Acknowledged events a second.
    pub fn rate(&self) -> f64 {
        self.times.count() as f64 / self.seconds
    }

    fn put_together(seen: Vec<Seen>, from: Instant, used: Used) -> Self {
        let last = seen.iter().filter_map(|seen| seen.last).max();
        let seconds = last.map_or(f64::NAN, |last| last.duration_since(from).as_secs_f64());
        let not_kept = seen.iter().map(|seen| seen.not_kept).sum();
        let mut times: Vec<Duration> = seen.into_iter().flat_map(|seen| seen.times).collect();
        times.sort_unstable();
        Self {
            seconds,
            times: Times(times),
            not_kept,
            used,
        }
    }
}

impl Used {
    /// Whether others used so much that the figures cannot be relied on.
    pub fn disturbed(&self) -> bool {
        self.others > DISTURBED
    }

    fn by_now(server: &Server) -> (Instant, Self) {
        let busy = server.cores.busy();
        let (own, database) = (server.cpu(), server.database_cpu());
        let load = machine::cpu_seconds(std::process::id());
        let used = Self {
            server: own,
            database,
            load,
            others: busy.work + busy.stolen - own - database.unwrap_or(0.0) - load,
        };
        (Instant::now(), used)
    }

    /// The shares of a core since an earlier look.
    fn since(server: &Server, (at, earlier): (Instant, Self)) -> Self {
        let (now, used) = Self::by_now(server);
        let share =
            |used: f64, earlier: f64| (used - earlier) / now.duration_since(at).as_secs_f64();
        Self {
            server: share(used.server, earlier.server),
            database: used
                .database
                .zip(earlier.database)
                .map(|(used, earlier)| share(used, earlier)),
            load: share(used.load, earlier.load),
            others: share(used.others, earlier.others).max(0.0),
        }
    }
}

/// Each connection sends its next event as soon as the last one is answered.
pub async fn full_speed(server: &Server, events: Events, plan: Plan) -> anyhow::Result<Measured> {
    let events = Arc::new(events);
    let clients = connect(server.address, plan.connections).await?;
    let from = Instant::now() + plan.warm_up;
    let until = from + plan.length;
    let mut senders = JoinSet::new();
    for client in clients {
        senders.spawn(send_on(client, events.clone(), from, until));
    }
    sleep_until(from.into()).await;
    let before = Used::by_now(server);
    let seen = joined(senders).await?;
    let used = Used::since(server, before);
    Ok(Measured::put_together(seen, from, used))
}

async fn send_on(
    mut client: Client,
    events: Arc<Events>,
    from: Instant,
    until: Instant,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    loop {
        let sent = Instant::now();
        if sent >= until {
            return Ok(seen);
        }
        let Some(request) = events.take() else {
            return Ok(seen);
        };
        let status = client.send(request).await?;
        if sent >= from {
            seen.note(sent, status)?;
        }
    }
}

impl Seen {
    fn note(&mut self, due: Instant, status: u16) -> anyhow::Result<()> {
        let now = Instant::now();
        match status {
            200 => self.times.push(now.duration_since(due)),
            503 => self.not_kept += 1,
            other => anyhow::bail!("the server answered {other}"),
        }
        self.last = Some(now);
        Ok(())
    }
}

/// Events become due at a fixed rate, whether or not the last ones are answered; a time counts from when its event was due.
pub async fn at_a_rate(
    server: &Server,
    events: Events,
    plan: Plan,
    rate: u32,
) -> anyhow::Result<KeptUp> {
    let private = server.private.context("only a bouncer judges")?;
    let events = Arc::new(events);
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let clients = connect(server.address, plan.connections).await?;
    let (due, waiting) = mpsc::unbounded_channel();
    let waiting = Arc::new(Mutex::new(waiting));
    let mut senders = JoinSet::new();
    for client in clients {
        senders.spawn(send_due(
            client,
            events.clone(),
            waiting.clone(),
            acknowledged.clone(),
        ));
    }
    let from = Instant::now();
    let before = Used::by_now(server);
    let watch = watch(private, acknowledged.clone(), from, plan.length);
    let pace = pace(due, rate, plan.length);
    let (looks, ()) = tokio::join!(watch, pace);
    let (half_way, end) = looks?;
    let used = Used::since(server, before);
    let seen = joined(senders).await?;
    let measured = Measured::put_together(seen, from, used);
    Ok(KeptUp {
        measured,
        backlog_half_way: half_way.backlog,
        backlog: end.backlog,
        judged: end.judged,
        caught_up: catch_up(private, &acknowledged).await?,
    })
}

async fn pace(due: mpsc::UnboundedSender<Instant>, rate: u32, length: Duration) {
    let mut ticks = interval(Duration::from_secs(1) / TICKS_A_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for _ in 0..length.as_millis() {
        ticks.tick().await;
        for _ in 0..rate / TICKS_A_SECOND {
            // A sender that failed is reported when the senders are joined.
            let _ = due.send(Instant::now());
        }
    }
}

async fn send_due(
    mut client: Client,
    events: Arc<Events>,
    waiting: Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>,
    acknowledged: Arc<AtomicUsize>,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    loop {
        let next = waiting.lock().await.recv().await;
        let (Some(due), Some(request)) = (next, events.take()) else {
            return Ok(seen);
        };
        let status = client.send(request).await?;
        seen.note(due, status)?;
        if status == 200 {
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// How far the bouncer has come.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    judged: u64,
    backlog: u64,
}

async fn watch(
    private: SocketAddr,
    acknowledged: Arc<AtomicUsize>,
    from: Instant,
    length: Duration,
) -> anyhow::Result<(Look, Look)> {
    let mut client = Client::connect(private).await?;
    sleep_until((from + length / 2).into()).await;
    let half_way = look(&mut client, &acknowledged).await?;
    sleep_until((from + length).into()).await;
    let end = look(&mut client, &acknowledged).await?;
    Ok((half_way, end))
}

async fn catch_up(
    private: SocketAddr,
    acknowledged: &AtomicUsize,
) -> anyhow::Result<Option<Duration>> {
    let mut client = Client::connect(private).await?;
    let start = Instant::now();
    while start.elapsed() < CATCH_UP {
        if look(&mut client, acknowledged).await?.backlog == 0 {
            return Ok(Some(start.elapsed()));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(None)
}

async fn look(client: &mut Client, acknowledged: &AtomicUsize) -> anyhow::Result<Look> {
    let (_, page) = client.get("/metrics").await?;
    let judged = page
        .lines()
        .filter(|line| line.starts_with("bouncer_decisions_total"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum();
    let acknowledged = u64::try_from(acknowledged.load(Ordering::Relaxed))?;
    Ok(Look {
        judged,
        backlog: acknowledged.saturating_sub(judged),
    })
}

async fn connect(address: SocketAddr, connections: usize) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(Client::connect(address).await?);
    }
    Ok(clients)
}

async fn joined(mut senders: JoinSet<anyhow::Result<Seen>>) -> anyhow::Result<Vec<Seen>> {
    let mut seen = Vec::with_capacity(senders.len());
    while let Some(sender) = senders.join_next().await {
        seen.push(sender??);
    }
    Ok(seen)
}
