//! `bouncer health`: asks the running bouncer, for container health checks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::WANTING;
use super::out::say;
use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(4);

pub(super) async fn health(config: &Config) -> anyhow::Result<ExitCode> {
    let address = reachable(config.private_listen);
    let answer = tokio::time::timeout(PATIENCE, ask(address))
        .await
        .with_context(|| format!("{address} did not answer in time"))?
        .with_context(|| {
            format!(
                "nothing answers at {address}: is `bouncer run` running with this configuration?"
            )
        })?;
    let well = answer.starts_with("HTTP/1.1 200");
    say(answer
        .split("\r\n\r\n")
        .nth(1)
        .unwrap_or("no answer")
        .trim_end());
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    })
}

/// One request, by hand: a client with certificates is not needed for the machine itself.
async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(
            format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")
                .as_bytes(),
        )
        .await?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer).await?;
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
