//! How much the bouncer takes on, as ratios within one run on one machine. `README.md` beside this file says how to read it.
//!
//! Four servers are measured with the same client: a bare handler, the same with the signature check, and `bouncer run`
//! on SQLite and on PostgreSQL. Each step has a server, and where there is one a database, of its own.

#![allow(
    clippy::cast_precision_loss,
    reason = "figures for people: counts far below 2^52"
)]
#![allow(
    clippy::print_stdout,
    reason = "what is measured is printed for a person"
)]

#[path = "load/client.rs"]
mod client;
#[path = "load/drive.rs"]
mod drive;
#[path = "load/events.rs"]
mod events;
#[path = "load/machine.rs"]
mod machine;
#[path = "load/past.rs"]
mod past;
#[path = "load/postgres.rs"]
mod postgres;
#[path = "load/report.rs"]
mod report;
#[path = "load/serve.rs"]
mod serve;
#[path = "load/servers.rs"]
mod servers;

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;

use drive::Plan;
use events::{Events, Supply};
use machine::Cores;
use past::Past;
use postgres::Postgres;
use report::{Report, Row, Steady};
use servers::{Kind, Place, Server};

/// Connections of the four steps.
const CONNECTIONS: [usize; 4] = [1, 8, 64, 256];
/// Connections and events a second of the part in which judging must keep up.
const STEADY_CONNECTIONS: usize = 64;
const STEADY_RATE: u32 = 2_000;
/// Requests the servers that keep nothing are sent over and over.
const AGAIN: usize = 30_000;
/// Events made for each second of a step that keeps them: more than can be taken on. Each is sent once.
const ONCE_A_SECOND: usize = 25_000;
const ONCE_A_SECOND_ALONE: usize = 8_000;
/// How many steps in all are measured again because others used their cores meanwhile.
const SECOND_TRIES: usize = 5;
/// How long a server that has started is left alone before its memory at rest is read.
const REST: Duration = Duration::from_millis(500);

/// How long each part takes.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    /// Sent before each step, and not measured.
    warm_up: Duration,
    step: Duration,
    steady: Duration,
}

impl Lengths {
    const FULL: Self = Self {
        warm_up: Duration::from_millis(500),
        step: Duration::from_secs(5),
        steady: Duration::from_secs(10),
    };
    /// Shows that the bench works; its figures mean little.
    const QUICK: Self = Self {
        warm_up: Duration::from_millis(100),
        step: Duration::from_secs(1),
        steady: Duration::from_secs(2),
    };
}

fn main() -> anyhow::Result<()> {
    let mut lengths = Lengths::FULL;
    let mut connections: &[usize] = &CONNECTIONS;
    // Cargo says `--bench` to every bench.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => lengths = Lengths::QUICK,
            "--judging" => connections = &[],
            "--serve" => return serve::serve(&words.next().unwrap_or_default()),
            other => {
                anyhow::bail!(
                    "`{other}` is unknown: there is `--quick`, `--judging` (that part alone), and nothing for all of it"
                )
            }
        }
    }
    let cores = Cores::take();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(async {
        tokio::select! {
            done = measure(lengths, connections, cores) => done,
            // What was started is stopped on the way out.
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        }
    })
}

async fn measure(lengths: Lengths, connections: &[usize], cores: Cores) -> anyhow::Result<()> {
    let folder = machine::folder()?;
    let postgres = Postgres::find(&cores).await?;
    let place = Place {
        cores: &cores,
        folder: folder.path(),
        postgres: postgres.as_ref(),
    };
    let mut report = Report::default();
    Report::about(&cores, folder.path(), postgres.as_ref()).await?;
    let mut tries = SECOND_TRIES;
    // Servers that are compared are measured one right after the other: a machine's speed drifts.
    for connections in connections.iter().copied() {
        for kind in Kind::ALL {
            if kind == Kind::Postgres && postgres.is_none() {
                continue;
            }
            let mut row = step(kind, connections, lengths, &place).await?;
            if row.measured.used.disturbed() && tries > 0 {
                tries -= 1;
                let again = step(kind, connections, lengths, &place).await?;
                if again.measured.used.others < row.measured.used.others {
                    row = again;
                }
            }
            report.row(row);
        }
    }
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if kind == Kind::Postgres && postgres.is_none() {
            continue;
        }
        let (steady, past) = keep_up(kind, lengths, &place).await?;
        report.steady(steady);
        Report::past(&past);
    }
    report.conclude();
    std::io::stdout().flush()?;
    Ok(())
}

/// One server at full speed.
async fn step(
    kind: Kind,
    connections: usize,
    lengths: Lengths,
    place: &Place<'_>,
) -> anyhow::Result<Row> {
    let server = Server::start(kind, place).await?;
    tokio::time::sleep(REST).await;
    let at_rest = server.memory().resident;
    let events = Events::make(supply(kind, connections, lengths));
    let plan = Plan {
        connections,
        warm_up: lengths.warm_up,
        length: lengths.step,
    };
    let measured = drive::full_speed(&server, events, plan)
        .await
        .with_context(|| format!("{kind} at {connections} connections"))?;
    let most = server.memory().most;
    server.stop(place).await?;
    Ok(Row {
        kind,
        connections,
        measured,
        at_rest,
        most,
    })
}

fn supply(kind: Kind, connections: usize, lengths: Lengths) -> Supply {
    let a_second = match connections {
        1 => ONCE_A_SECOND_ALONE,
        _ => ONCE_A_SECOND,
    };
    let seconds = usize::try_from((lengths.step + lengths.warm_up).as_secs() + 1).unwrap_or(1);
    match kind {
        Kind::Bare | Kind::Signed => Supply::Again(AGAIN),
        Kind::Sqlite | Kind::Postgres => Supply::Once(a_second * seconds),
    }
}

/// A bouncer under deliveries at a fixed rate: does judging keep up behind them? Then it is looked back on what it judged.
async fn keep_up(
    kind: Kind,
    lengths: Lengths,
    place: &Place<'_>,
) -> anyhow::Result<(Steady, Past)> {
    let server = Server::start(kind, place).await?;
    let seconds = usize::try_from(lengths.steady.as_secs()).unwrap_or(1);
    let rate = usize::try_from(STEADY_RATE).unwrap_or(1);
    let events = Events::make(Supply::Once(rate * seconds));
    let plan = Plan {
        connections: STEADY_CONNECTIONS,
        warm_up: Duration::ZERO,
        length: lengths.steady,
    };
    let kept_up = drive::at_a_rate(&server, events, plan, STEADY_RATE)
        .await
        .with_context(|| format!("{kind} at {STEADY_RATE} events a second"))?;
    let most = server.memory().most;
    let messages = kept_up.measured.times.count();
    let past = past::look_back(kind, &server, messages, lengths.steady, place).await?;
    server.stop(place).await?;
    let steady = Steady {
        kind,
        rate: STEADY_RATE,
        kept_up,
        most,
    };
    Ok((steady, past))
}
