//! The sandbox's own accept loop: `axum::serve` cannot cut a connection, and a client must be tried against that.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// The connection a request came on.
#[derive(Debug, Clone)]
pub(super) struct Line {
    cut: CancellationToken,
}

impl Line {
    /// Cuts the connection without an answer. Never returns: the caller goes down with its connection.
    pub async fn cut<T>(&self) -> T {
        self.cut.cancel();
        std::future::pending().await
    }
}

/// Answers connections until it is stopped. Stopping cuts those that are open: a Featurebase that is gone says nothing.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(converse(stream, router.clone(), stop.clone()));
            }
            // Out of file descriptors, most likely: connections that end free some.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn converse(stream: TcpStream, router: Router, stop: CancellationToken) {
    // Answers are small: without this each waits for the acknowledgement of the last.
    stream.set_nodelay(true).ok();
    let line = Line {
        cut: CancellationToken::new(),
    };
    let cut = line.cut.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(line.clone());
        // A router is always ready.
        router.clone().call(request)
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => return,
        () = cut.cancelled() => {}
        () = stop.cancelled() => {}
    }
    // With no lingering the peer sees a reset, not an orderly end it could take for an empty answer.
    let stream = connection.into_parts().io.into_inner();
    stream.set_zero_linger().ok();
}
