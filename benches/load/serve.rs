//! The two servers the bouncer is compared with, run by the bench's own program in a process of their own.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::any;
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::events::{PATH, SECRET};
use featurebase_bouncer::server::listener::{self, Kept, Limits, Numbers};
use featurebase_bouncer::time::Clock;
use featurebase_bouncer::webhook::signature::{Claimed, Secrets};

/// As in the bouncer, unless it is set up otherwise.
const LIMITS: Limits = Limits {
    connections: 1024,
    header_timeout: Duration::from_secs(10),
    kept: Kept::OnceAsked,
};
const WINDOW: Duration = Duration::from_mins(5);

/// Serves on a free port, says its address, and ends when its input does.
pub fn serve(kind: &str) -> anyhow::Result<()> {
    let router = match kind {
        "bare" => Router::new().route(PATH, any(bare)),
        "signed" => Router::new()
            .route(PATH, any(signed))
            .with_state(Arc::new(Secrets::new([SECRET]))),
        other => anyhow::bail!("`{other}` is no server: there are `bare` and `signed`"),
    };
    // As the bouncer's own runtime: as many threads as cores it may use.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    runtime.spawn(listener::serve(
        listener,
        router,
        LIMITS,
        Numbers::default(),
        CancellationToken::new(),
    ));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

async fn bare(_body: Bytes) -> StatusCode {
    StatusCode::OK
}

async fn signed(
    State(secrets): State<Arc<Secrets>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let now = Clock::system().now();
    let verified =
        Claimed::read(&headers).and_then(|claimed| claimed.verify(&body, &secrets, now, WINDOW));
    match verified {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::UNAUTHORIZED,
    }
}
