//! What a person reads: a row for each step as it ends, then the ratios, then whether the goals are met.

use std::path::Path;

use crate::drive::{KeptUp, Measured};
use crate::events;
use crate::machine::{self, Cores};
use crate::past::Past;
use crate::postgres::Postgres;
use crate::servers::Kind;
use crate::{CONNECTIONS, STEADY_CONNECTIONS};

/// Connections at which most goals are set.
const GOAL_CONNECTIONS: usize = 64;
/// Least share of the signature check's events a second.
const GOAL_SQLITE: f64 = 0.20;
const GOAL_POSTGRES: f64 = 0.15;
/// Milliseconds within which 99 of 100 answers come.
const GOAL_P99: f64 = 40.0;
/// Milliseconds a lone client waits longer than for the bare handler.
const GOAL_ALONE: f64 = 1.0;
/// Mebibytes.
const GOAL_AT_REST: f64 = 40.0;
const GOAL_MOST: f64 = 150.0;

/// One step.
#[derive(Debug)]
pub struct Row {
    pub kind: Kind,
    pub connections: usize,
    pub measured: Measured,
    /// Memory in mebibytes: before the first request, and the most.
    pub at_rest: f64,
    pub most: f64,
}

/// The part at a fixed rate.
#[derive(Debug)]
pub struct Steady {
    pub kind: Kind,
    pub rate: u32,
    pub kept_up: KeptUp,
    /// The most memory, in mebibytes.
    pub most: f64,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    steady: Vec<Steady>,
}

impl Report {
    /// What the figures depend on, and the heading of the rows.
    pub async fn about(
        cores: &Cores,
        folder: &Path,
        postgres: Option<&Postgres>,
    ) -> anyhow::Result<()> {
        println!(
            "Load bench: {}; events of {} bytes",
            cores.describe(),
            events::mean_size()
        );
        println!(
            "To append 4 kB to a file and sync it takes {:.2} ms here (median)",
            machine::sync_time(folder)?.as_secs_f64() * 1_000.0
        );
        match postgres {
            Some(postgres) => println!("{}", postgres.describe().await?),
            None => println!(
                "PostgreSQL is NOT measured: BOUNCER_TEST_POSTGRES is not set, and Debian's programs are not installed"
            ),
        }
        println!(
            "\n{:<11}{:>6}{:>11}{:>9}{:>9}{:>10}{:>8}{:>6}{:>6}{:>8}{:>9}{:>9}",
            "server",
            "conns",
            "events/s",
            "p50 ms",
            "p99 ms",
            "not kept",
            "server",
            "db",
            "load",
            "others",
            "MB rest",
            "MB most"
        );
        Ok(())
    }

    pub fn row(&mut self, row: Row) {
        let (measured, used) = (&row.measured, row.measured.used);
        println!(
            "{:<11}{:>6}{:>11.0}{:>9.2}{:>9.2}{:>10}{:>8}{:>6}{:>6}{:>8}{:>9.1}{:>9.1}{}",
            row.kind,
            row.connections,
            measured.rate(),
            measured.times.within(0.50),
            measured.times.within(0.99),
            measured.not_kept,
            percent(used.server),
            used.database.map_or_else(|| "-".to_owned(), percent),
            percent(used.load),
            percent(used.others),
            row.at_rest,
            row.most,
            mark(&row.measured)
        );
        self.rows.push(row);
    }

    pub fn steady(&mut self, steady: Steady) {
        if self.steady.is_empty() {
            println!(
                "\nJudging behind a fixed rate of deliveries, {STEADY_CONNECTIONS} connections"
            );
        }
        let KeptUp {
            measured, judged, ..
        } = &steady.kept_up;
        println!(
            "{:<11}{:.0} acknowledged/s (p50 {:.2} ms, p99 {:.2} ms, {} not kept), {:.0} judged/s; waiting half-way {}, at the end {}, {}; server {}, db {}, load {}, others {}; {:.1} MB at most{}",
            steady.kind,
            measured.rate(),
            measured.times.within(0.50),
            measured.times.within(0.99),
            measured.not_kept,
            *judged as f64 / measured.seconds,
            steady.kept_up.backlog_half_way,
            steady.kept_up.backlog,
            match steady.kept_up.caught_up {
                Some(time) => format!("all judged {:.1} s later", time.as_secs_f64()),
                None => "not all judged when the wait was over".to_owned(),
            },
            percent(measured.used.server),
            measured
                .used
                .database
                .map_or_else(|| "-".to_owned(), percent),
            percent(measured.used.load),
            percent(measured.used.others),
            steady.most,
            mark(measured)
        );
        self.steady.push(steady);
    }

    pub fn past(past: &Past) {
        let within = |part: &Measured| {
            format!(
                "p50 {:.2} ms, p99 {:.2} ms, {} not kept{}",
                part.times.within(0.50),
                part.times.within(0.99),
                part.not_kept,
                mark(part)
            )
        };
        println!(
            "{:<11}judged again: {} messages, {:.0}/s by `audit replay`, {:.0}/s by `backtest`; {:.0} deliveries/s alone ({}), and with backtests on the same core ({})",
            past.kind,
            past.messages,
            past.replayed,
            past.backtested,
            past.alone.rate(),
            within(&past.alone),
            within(&past.beside),
        );
    }

    /// The ratios and the goals.
    pub fn conclude(&self) {
        println!("\nAgainst the signature check alone     events/s    p99 ms");
        for kind in [Kind::Sqlite, Kind::Postgres] {
            for connections in CONNECTIONS {
                if let Some((ratio, later)) = self.against_signed(kind, connections) {
                    println!(
                        "{:<24}{connections:>4} conns {ratio:>11.2}  {later:>+8.2}",
                        format!("{kind} / signed")
                    );
                }
            }
        }
        let steps = self.rows.iter().map(|row| &row.measured);
        let parts = self.steady.iter().map(|steady| &steady.kept_up.measured);
        let disturbed = steps.chain(parts).filter(|part| !mark(part).is_empty());
        let disturbed = disturbed.count();
        if disturbed > 0 {
            println!(
                "\n{disturbed} steps were DISTURBED: others used their cores. Do not rely on ratios they are part of; run it again on a quiet machine."
            );
        }
        println!("\nGoals");
        for kind in [Kind::Sqlite, Kind::Postgres] {
            self.goals_of_speed(kind);
            self.goals_of_memory(kind);
            self.goals_of_judging(kind);
        }
    }

    /// Events a second, and how long answers take.
    fn goals_of_speed(&self, kind: Kind) {
        let goal = match kind {
            Kind::Postgres => GOAL_POSTGRES,
            _ => GOAL_SQLITE,
        };
        if let (Some((ratio, _)), Some(row)) = (
            self.against_signed(kind, GOAL_CONNECTIONS),
            self.row_of(kind, GOAL_CONNECTIONS),
        ) {
            let p99 = row.measured.times.within(0.99);
            say(
                ratio >= goal,
                &format!(
                    "{kind}: {ratio:.2} of the signature check's events/s at {GOAL_CONNECTIONS} connections; goal {goal:.2}"
                ),
            );
            say(
                p99 < GOAL_P99,
                &format!(
                    "{kind}: p99 {p99:.1} ms at {GOAL_CONNECTIONS} connections; goal under {GOAL_P99} ms"
                ),
            );
        }
        if let (Some(alone), Some(bare)) = (self.row_of(kind, 1), self.row_of(Kind::Bare, 1)) {
            let more =
                |share| alone.measured.times.within(share) - bare.measured.times.within(share);
            say(
                more(0.50) < GOAL_ALONE,
                &format!(
                    "{kind}: a lone client waits {:.2} ms longer than for the bare handler (p50; p99 {:.2} ms); goal under {GOAL_ALONE} ms",
                    more(0.50),
                    more(0.99)
                ),
            );
        }
    }

    fn goals_of_memory(&self, kind: Kind) {
        let own = || self.rows.iter().filter(|row| row.kind == kind);
        let steady = self.steady.iter().filter(|steady| steady.kind == kind);
        if own().next().is_none() {
            return;
        }
        let at_rest = own().map(|row| row.at_rest).fold(0.0, f64::max);
        let most = own().map(|row| row.most);
        let most = most
            .chain(steady.map(|steady| steady.most))
            .fold(0.0, f64::max);
        say(
            at_rest <= GOAL_AT_REST,
            &format!("{kind}: {at_rest:.1} MB at rest; goal at most {GOAL_AT_REST}"),
        );
        say(
            most <= GOAL_MOST,
            &format!("{kind}: {most:.1} MB under load; goal at most {GOAL_MOST}"),
        );
    }

    fn goals_of_judging(&self, kind: Kind) {
        for steady in self.steady.iter().filter(|steady| steady.kind == kind) {
            let (rate, left) = (steady.rate, steady.kept_up.backlog);
            let p99 = steady.kept_up.measured.times.within(0.99);
            // Bounded: what waits at the end is no more than a second brings.
            say(
                left <= u64::from(rate),
                &format!(
                    "{kind}: judging keeps up with {rate} events/s ({left} waiting at the end); goal at most a second's worth"
                ),
            );
            say(
                p99 < GOAL_P99,
                &format!("{kind}: p99 {p99:.1} ms meanwhile; goal under {GOAL_P99} ms"),
            );
        }
    }

    /// The share of events a second, and by how many milliseconds the p99 is later.
    fn against_signed(&self, kind: Kind, connections: usize) -> Option<(f64, f64)> {
        let (own, signed) = (
            &self.row_of(kind, connections)?.measured,
            &self.row_of(Kind::Signed, connections)?.measured,
        );
        Some((
            own.rate() / signed.rate(),
            own.times.within(0.99) - signed.times.within(0.99),
        ))
    }

    fn row_of(&self, kind: Kind, connections: usize) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.kind == kind && row.connections == connections)
    }
}

fn say(met: bool, what: &str) {
    println!("{:<8}{what}", if met { "met" } else { "MISSED" });
}

/// After what cannot be relied on.
fn mark(measured: &Measured) -> &'static str {
    if measured.used.disturbed() {
        "  disturbed"
    } else {
        ""
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}
