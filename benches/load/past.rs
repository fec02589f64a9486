//! What was judged is judged again: how fast, and what deliveries that come in meanwhile feel of it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::drive::{self, Measured, Plan};
use crate::events::{Events, Supply};
use crate::servers::{Kind, Place, Server};

/// Events a second while a backtest goes on beside them: half of what judging is to keep up with.
const RATE: u32 = 1_000;
const CONNECTIONS: usize = 16;
const LOOK: Duration = Duration::from_millis(20);

/// What came of it.
#[derive(Debug)]
pub struct Past {
    pub kind: Kind,
    pub messages: usize,
    /// Messages a second.
    pub replayed: f64,
    pub backtested: f64,
    /// The same deliveries without and with backtests on the server's core.
    pub alone: Measured,
    pub beside: Measured,
}

/// Looks back on what a server has judged.
pub async fn look_back(
    kind: Kind,
    server: &Server,
    messages: usize,
    length: Duration,
    place: &Place<'_>,
) -> anyhow::Result<Past> {
    let rate = |took: Duration| messages as f64 / took.as_secs_f64();
    let replayed = rate(timed(server, place, &["audit", "replay"])?);
    let backtested = rate(timed(server, place, &["backtest"])?);
    let alone = deliver(server, length).await?;
    let (beside, looked) = tokio::join!(
        deliver(server, length),
        again_and_again(server, place, length)
    );
    let (beside, ()) = (beside?, looked?);
    Ok(Past {
        kind,
        messages,
        replayed,
        backtested,
        alone,
        beside,
    })
}

async fn deliver(server: &Server, length: Duration) -> anyhow::Result<Measured> {
    let seconds = usize::try_from(length.as_secs()).unwrap_or(1);
    let rate = usize::try_from(RATE).unwrap_or(1);
    let events = Events::make(Supply::Once(rate * seconds));
    let plan = Plan {
        connections: CONNECTIONS,
        warm_up: Duration::ZERO,
        length,
    };
    Ok(drive::at_a_rate(server, events, plan, RATE).await?.measured)
}

fn timed(server: &Server, place: &Place<'_>, words: &[&str]) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let done = server.told(place).args(words).output()?;
    anyhow::ensure!(
        done.status.success(),
        "`bouncer {}` failed:\n{}{}",
        words.join(" "),
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(start.elapsed())
}

/// Backtests one after the other, for so long.
async fn again_and_again(
    server: &Server,
    place: &Place<'_>,
    length: Duration,
) -> anyhow::Result<()> {
    let until = Instant::now() + length;
    while Instant::now() < until {
        let mut child = server
            .told(place)
            .arg("backtest")
            .stdout(Stdio::null())
            .spawn()
            .context("a backtest cannot be started")?;
        while child.try_wait()?.is_none() {
            if Instant::now() >= until {
                child.kill()?;
                child.wait()?;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}
