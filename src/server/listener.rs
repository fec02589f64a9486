//! Our own accept loop: axum's sets no time limit on headers, so a slow client could hold a connection for ever. And when all
//! places are taken, who has waited longest without having brought anything signed makes room for the next.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::webhook::guests::{Guest, Guests};

/// How long requests under way may take after the stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait when the system has no descriptors left, and when nobody may be sent away for a place.
const BREATHER: Duration = Duration::from_millis(50);
/// So long a connection may be silent before it makes room for another: what it sends at once is read by then.
const LEAST_STAY: Duration = Duration::from_millis(500);
/// How long a connection that once brought something signed has for its last answer.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Troubles of accepting are told once in so long.
const BETWEEN_TELLINGS: Duration = Duration::from_secs(10);
/// Room for what is read of one connection, in bytes; headers must fit in it.
const READ_ROOM: usize = 16 * 1024;

/// Bounds on what strangers may take up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub connections: usize,
    pub header_timeout: Duration,
    pub kept: Kept,
}

/// From when on a connection keeps its place, though others wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Once its headers are in.
    OnceAsked,
    /// Once what it brought was verified; that is for the router to say, through the [`Guest`] in the request's extensions.
    OnceVerified,
}

/// What is counted of connections.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    pub open: Gauge,
    pub sent_away: Counter,
}

/// Serves until told to stop, then lets requests under way end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    numbers: Numbers,
    stop: CancellationToken,
) {
    let door = Door {
        router,
        limits,
        numbers,
        guests: Guests::default(),
        places: Arc::new(Semaphore::new(limits.connections)),
        stop,
    };
    let talks = TaskTracker::new();
    tokio::select! {
        () = door.lets_in(listener, &talks) => {}
        () = door.stop.cancelled() => {}
    }
    talks.close();
    let _ = tokio::time::timeout(DRAIN, talks.wait()).await;
}

/// What every connection is served with.
#[derive(Debug, Clone)]
struct Door {
    router: Router,
    limits: Limits,
    numbers: Numbers,
    guests: Guests,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Door {
    #[allow(
        clippy::disallowed_methods,
        reason = "server and worker are the rooms that start tasks"
    )]
    async fn lets_in(&self, listener: TcpListener, talks: &TaskTracker) {
        let mut told = None;
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    self.could_not_accept(&error, &mut told).await;
                    continue;
                }
            };
            let place = self.place().await;
            // It is in the line before the next one comes in, who may need its place: else only those we know would be there to go.
            let guest = Arc::new(self.guests.arrives());
            guest.waits();
            talks.spawn(self.clone().talks(stream, place, guest));
        }
    }

    /// A place, made free if need be.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Some(place);
        }
        loop {
            // One at a time: only if nobody could be told may somebody who was under way have come to wait in the meantime.
            let patience = if self.sends_one_away(LEAST_STAY) {
                LAST_WORDS * 2
            } else {
                BREATHER
            };
            let place = self.places.clone().acquire_owned();
            if let Ok(place) = tokio::time::timeout(patience, place).await {
                return place.ok();
            }
        }
    }

    fn sends_one_away(&self, least: Duration) -> bool {
        let sent = self.guests.send_one_away(least);
        self.numbers.sent_away.inc_by(u64::from(sent));
        sent
    }

    /// One connection, to its end.
    async fn talks(
        self,
        stream: TcpStream,
        place: Option<OwnedSemaphorePermit>,
        guest: Arc<Guest>,
    ) {
        self.numbers.open.inc();
        self.serves(stream, &guest).await;
        self.numbers.open.dec();
        drop(place);
    }

    async fn serves(&self, stream: TcpStream, guest: &Arc<Guest>) {
        // Answers are one small packet: waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout)
            .max_buf_size(READ_ROOM)
            .keep_alive(true)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(|request| self.answers(request, guest)),
            );
        let mut connection = std::pin::pin!(connection);
        // What a stranger's connection ends with is the stranger's affair.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = guest.told_to_go() => {}
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    _ = connection.as_mut() => return,
                    () = guest.told_to_go() => {}
                }
            }
        }
        if guest.is_known() {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(LAST_WORDS, connection).await;
        }
    }

    fn answers(
        &self,
        mut request: Request<Incoming>,
        guest: &Arc<Guest>,
    ) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        if self.limits.kept == Kept::OnceAsked {
            guest.is_trusted();
        }
        request.extensions_mut().insert(guest.clone());
        let answer = TowerToHyperService::new(self.router.clone()).call(request);
        let guest = guest.clone();
        async move {
            let answer = answer.await;
            guest.waits();
            answer
        }
    }

    async fn could_not_accept(&self, error: &io::Error, told: &mut Option<Instant>) {
        if told.is_none_or(|last| last.elapsed() >= BETWEEN_TELLINGS) {
            *told = Some(Instant::now());
            tracing::warn!(%error, "a connection could not be accepted; more of the like are told at most every {BETWEEN_TELLINGS:?}");
        }
        if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)) {
            self.sends_one_away(Duration::ZERO);
        }
        tokio::time::sleep(BREATHER).await;
    }
}
