//! A line between two programs that a test can cut or hold up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How it is with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Whole,
    /// What was connected is broken off, and nothing new is.
    Cut,
    /// Connections stay and are made, and nothing comes through.
    Mute,
}

/// Takes connections on a port of this machine and hands them on; gone when dropped.
pub struct Wire {
    pub port: u16,
    line: watch::Sender<Line>,
    listener: JoinHandle<()>,
}

impl Wire {
    pub async fn to(target: u16) -> Self {
        Self::between(0, vec![target]).await
    }

    /// Hands each connection on to the next target in turn that takes it.
    pub async fn between(port: u16, targets: Vec<u16>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (line, state) = watch::channel(Line::Whole);
        let listener = tokio::spawn(hand_on(listener, targets.into(), state));
        Self {
            port,
            line,
            listener,
        }
    }

    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn hand_on(listener: TcpListener, targets: Arc<[u16]>, state: watch::Receiver<Line>) {
    let turn = Arc::new(AtomicUsize::new(0));
    while let Ok((caller, _)) = listener.accept().await {
        if *state.borrow() == Line::Cut {
            continue;
        }
        let (targets, turn, state) = (targets.clone(), turn.clone(), state.clone());
        tokio::spawn(async move {
            for _ in 0..targets.len() {
                let target = targets[turn.fetch_add(1, Ordering::SeqCst) % targets.len()];
                if let Ok(target) = TcpStream::connect(("127.0.0.1", target)).await {
                    return join(caller, target, state).await;
                }
            }
        });
    }
}

async fn join(caller: TcpStream, target: TcpStream, mut state: watch::Receiver<Line>) {
    let (from_caller, to_caller) = caller.into_split();
    let (from_target, to_target) = target.into_split();
    let there = carry(from_caller, to_target, state.clone());
    let back = carry(from_target, to_caller, state.clone());
    tokio::select! {
        _ = async { tokio::join!(there, back) } => {}
        _ = state.wait_for(|line| *line == Line::Cut) => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<Line>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if state.wait_for(|line| *line != Line::Mute).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
