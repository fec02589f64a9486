//! An address that hears what is posted to it, in place of a chat of people.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::serve::serve;

type Heard = Arc<Mutex<Vec<String>>>;

/// Listens on this machine until it is dropped, says 200 to everything, and keeps it.
#[derive(Debug)]
pub struct Ear {
    url: String,
    heard: Heard,
    _stops_when_dropped: DropGuard,
}

impl Ear {
    /// # Errors
    ///
    /// When no loopback port can be had.
    pub async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/ear", listener.local_addr()?);
        let heard = Heard::default();
        let router = Router::new().fallback(hear).with_state(heard.clone());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(serve(listener, router, stop.clone(), tasks.clone()));
        Ok(Self {
            url,
            heard,
            _stops_when_dropped: stop.drop_guard(),
        })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every body so far, in the order they came.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn hear(State(heard): State<Heard>, body: String) {
    heard
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(body);
}
