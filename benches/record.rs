//! How long a record of many rows takes to be searched, and how large its file is.
//!
//!     cargo bench --bench record [-- --rows 1000000] [--on sqlite|postgres]
//!     cargo bench --bench record -- --rows 10000000 --store FILE|postgres://…
//!
//! It uses the PostgreSQL of `BOUNCER_TEST_POSTGRES` besides SQLite; without it only SQLite is measured, which is said. With
//! `--store` the rows are written there if there are none, and stay, so that they are searched again without being written again.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::too_many_lines,
    reason = "figures for people and for chance: far below 2^52; one step after the other"
)]

#[path = "record/rows.rs"]
mod rows;

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use featurebase_bouncer::desk::Desk;
use featurebase_bouncer::desk::query::read;
use featurebase_bouncer::desk::search::Texts;
use featurebase_bouncer::store::audit::Filter;
use featurebase_bouncer::store::{Location, Store};
use featurebase_bouncer::time::Clock;

/// Rounds of each search; the middle one counts, and the slowest is shown.
const ROUNDS: usize = 7;

/// What is searched for, and within how many milliseconds.
const SEARCHES: &[(&str, &str, u64)] = &[
    ("everything", "", 20),
    ("one contact", "contact:CONTACT", 20),
    ("one conversation", "conversation:CONVERSATION", 20),
    ("a person's orders", "actor:ana", 20),
    ("a common kind of row", "action:received", 20),
    ("two kinds of row", "action:blocked,unblocked", 20),
    ("a common verdict", "verdict:block", 20),
    ("a common rule", "rule:pitch/r00", 20),
    ("a rare rule", "rule:rare/once", 20),
    ("all rules of a file", "rule:pitch/*", 20),
    ("a rule and a verdict", "rule:pitch/r01 verdict:hold", 20),
    (
        "a rule and a verdict it never has",
        "rule:flags/only verdict:block",
        20,
    ),
    (
        "a kind of row and a rule, never together",
        "action:unblocked rule:pitch/r00",
        20,
    ),
    (
        "a person and a rule, never together",
        "actor:ana rule:pitch/r00",
        20,
    ),
    (
        "a kind of row and a verdict, never together",
        "action:blocked verdict:block",
        20,
    ),
    (
        "a person and a kind of row",
        "actor:ana action:unblock_ordered",
        20,
    ),
    ("a day long ago", "created:300d..299d", 20),
    (
        "a day long ago, and a verdict",
        "created:300d..299d verdict:block",
        20,
    ),
    ("before the record begins", "created:<900d", 20),
    (
        "all but what is common",
        "-verdict:clean -action:received,decided",
        20,
    ),
    ("a rare word", "zyzzyva", 200),
    ("a common word", "w00001", 200),
    ("two common words", "w00001 w00002", 200),
    ("a phrase", "\"cheap gift card\"", 200),
    (
        "a common word and a rare rule",
        "w00001 rule:rare/once",
        200,
    ),
    (
        "a common word and a common verdict",
        "w00001 verdict:block",
        200,
    ),
    ("a word nobody wrote", "nobodywrotethis", 200),
    ("a common word, not another", "w00001 -w00002", 200),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let given = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1))
    };
    let rows: usize = given("--rows").map_or(Ok(1_000_000), |rows| rows.parse())?;
    let kept = given("--store");
    let is_on = |kind: &str| kept.is_none() && given("--on").is_none_or(|on| on == kind);
    let mut missed = 0;
    if let Some(kept) = kept {
        let location = match kept.split_once("://") {
            Some(_) => Location::Postgres(kept.clone()),
            None => Location::Sqlite(kept.into()),
        };
        missed += measure(kept, &location, rows).await?;
    }
    if is_on("sqlite") {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("bouncer.db");
        missed += measure("SQLite", &Location::Sqlite(file), rows).await?;
    }
    match std::env::var_os("BOUNCER_TEST_POSTGRES").map(std::ffi::OsString::into_string) {
        _ if !is_on("postgres") => {}
        Some(Ok(server)) => {
            let (url, name) = made(&server).await?;
            missed += measure("PostgreSQL", &Location::Postgres(url), rows).await?;
            drop_database(&server, &name).await?;
        }
        _ => say("PostgreSQL is NOT measured: BOUNCER_TEST_POSTGRES is not set"),
    }
    say(&match missed {
        0 => "all goals met".to_owned(),
        missed => format!("{missed} goals missed"),
    });
    Ok(())
}

async fn measure(name: &str, location: &Location, rows: usize) -> anyhow::Result<usize> {
    let (store, _) = Store::open(location).await?;
    let clock = Clock::system();
    let started = Instant::now();
    let there = store.newest_seq().await?;
    let made = match there {
        0 => rows::make(&store, rows, clock.now()).await?,
        _ => rows::Made::found(&store).await?,
    };
    let spent = started.elapsed();
    say(&match there {
        0 => format!(
            "\n{name}: {} rows of the record about {} messages, written in {:.0} s ({:.0} µs a row)",
            made.rows,
            made.messages,
            spent.as_secs_f64(),
            spent.as_secs_f64() * 1e6 / rows as f64
        ),
        there => format!("\n{name}: {there} rows of the record, written before"),
    });
    let desk = Desk {
        store: store.clone(),
        clock: clock.clone(),
        exempt: Duration::from_hours(720),
    };
    let mut missed = 0;
    for (about, text, most) in SEARCHES {
        let text = text.replace("CONTACT", &made.contact);
        let query = read(&text.replace("CONVERSATION", &made.conversation));
        let query = query.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let filter = Filter::default();
        let mut told = String::new();
        let took = times(async || {
            let found = desk.search(&query, &filter, 50, Texts::Lines).await?;
            let short = if found.cut_short { ", cut short" } else { "" };
            told = format!("{} found{short}", found.hits.len());
            Ok(())
        })
        .await?;
        missed += goal(&format!("{about} ({told})"), &took, *most);
    }
    let took = times(async || {
        desk.history(&made.contact, 0, 200).await?;
        Ok(())
    })
    .await?;
    missed += goal("history of a contact", &took, 20);
    let since = clock.now().before(Duration::from_hours(30 * 24));
    let took = times(async || {
        store.rule_hits(since).await?;
        Ok(())
    })
    .await?;
    missed += goal("counts by rule over 30 days", &took, 100);
    store.close().await;
    if let (Location::Sqlite(path), 0) = (location, there) {
        let size = std::fs::metadata(path)?.len();
        say(&format!(
            "file: {:.0} MB for {:.0} MB received ({:.2} times)",
            size as f64 / 1e6,
            made.received as f64 / 1e6,
            size as f64 / made.received as f64
        ));
    }
    Ok(missed)
}

async fn times(mut step: impl AsyncFnMut() -> anyhow::Result<()>) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        step().await?;
        took.push(started.elapsed());
    }
    took.sort();
    Ok(took)
}

fn goal(what: &str, took: &[Duration], most: u64) -> usize {
    let millis = |at: Option<&Duration>| at.map_or(0.0, |took| took.as_secs_f64() * 1e3);
    let middle = millis(took.get(took.len() / 2));
    let met = middle <= most as f64;
    say(&format!(
        "{what:<68} {middle:>8.2} ms  slowest {:>8.2} ms  at most {most:>4} ms   {}",
        millis(took.last()),
        if met { "met" } else { "MISSED" }
    ));
    usize::from(!met)
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A database of our own on the server.
async fn made(server: &str) -> anyhow::Result<(String, String)> {
    let name = format!("bouncer_record_{}", std::process::id());
    run(server, format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
    let mut url = url::Url::parse(server).context("BOUNCER_TEST_POSTGRES is not an address")?;
    url.set_path(&name);
    Ok((url.to_string(), name))
}

async fn drop_database(server: &str, name: &str) -> anyhow::Result<()> {
    run(server, format!("DROP DATABASE {name} WITH (FORCE)")).await
}

async fn run(server: &str, sql: String) -> anyhow::Result<()> {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(server).await?;
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await?;
    pool.close().await;
    Ok(())
}
