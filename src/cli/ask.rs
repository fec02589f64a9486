//! Asks the running bouncer on its private listener.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(4);
/// Longest answer that is read, in bytes.
const MOST: u64 = 1024 * 1024;

/// What was answered.
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
}

/// Asks for a path.
pub(super) async fn ask(config: &Config, path: &str) -> anyhow::Result<Answer> {
    let address = reachable(config.private_listen);
    let answer = tokio::time::timeout(PATIENCE, exchange(address, path))
        .await
        .with_context(|| format!("{address} did not answer in time"))?
        .with_context(|| {
            format!(
                "nothing answers at {address}: is `bouncer run` running with this configuration?"
            )
        })?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or((&answer, "no answer"));
    Ok(Answer {
        status: status_of(head).unwrap_or(0),
        body: body.to_owned(),
    })
}

fn status_of(head: &str) -> Option<u16> {
    let rest = head.strip_prefix("HTTP/1.1 ")?;
    rest.split_whitespace().next()?.parse().ok()
}

/// One request, by hand: a client with certificates is not needed for the machine itself.
async fn exchange(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")
                .as_bytes(),
        )
        .await?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer).await?;
    Ok(answer)
}

/// An address that listens everywhere is asked at the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}
