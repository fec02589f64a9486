//! Stores written by earlier versions are brought to this version's tables and serve on. Each file of `tests/upgrades` was
//! written by the version that had those tables: the same story, up to a death in the middle of it. A later step must
//! survive all of them; a step that changes how something is kept adds a file.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use featurebase_bouncer::desk::past::Span;
use featurebase_bouncer::desk::query::read;
use featurebase_bouncer::desk::search::Texts;
use featurebase_bouncer::message::ContactKind;
use featurebase_bouncer::sandbox::NewContact;
use featurebase_bouncer::store::audit::{BOUNCER, Filter};
use serde_json::{Map, Value};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, AssertSqlSafe, SqlSafeStr as _};

use crate::bot::{Bot, PITCH, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

const MALLORY: &str = "6a0000000000000000000001";
const EVE: &str = "6a0000000000000000000002";
const TOM: &str = "6a0000000000000000000003";
const JO: &str = "6a0000000000000000000004";
const KIM: &str = "6a0000000000000000000005";
/// From the beginning of the harness until some hours after the samples were written.
const SINCE_THE_BEGINNING: Duration = Duration::from_hours(24 * 151 + 4);
const MINUTE: Duration = Duration::from_mins(1);

/// The tables as they were after a step.
async fn tables(pool: &AnyPool, dialect: &str, up_to: i64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let mut steps = Vec::new();
    for number in 1..=up_to {
        let file = folder.join(format!("{number:04}.{dialect}.sql"));
        let sql = std::fs::read_to_string(file).unwrap();
        let sql = AssertSqlSafe(sql).into_sql_str();
        steps.push(Migration::new(
            number,
            "as it was".into(),
            MigrationType::Simple,
            sql,
            false,
        ));
    }
    Migrator::with_migrations(steps).run(pool).await.unwrap();
}

fn literal(value: &Value, dialect: &str) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Object(bytes) => {
            let hex = bytes["hex"].as_str().unwrap();
            match dialect {
                "sqlite" => format!("x'{hex}'"),
                _ => format!("decode('{hex}', 'hex')"),
            }
        }
        other => panic!("{other}"),
    }
}

/// A store as a version wrote it whose newest step was this one.
async fn as_written(database: &Database, step: i64) {
    let dialect = if database.url().is_empty() {
        "sqlite"
    } else {
        "postgres"
    };
    if let featurebase_bouncer::store::Location::Sqlite(path) = &database.location {
        std::fs::write(path, b"").unwrap();
    }
    let pool = database.pool().await;
    tables(&pool, dialect, step).await;
    let numbered = [("audit", "seq"), ("seal_keys", "key_id")];
    let mut run = Vec::new();
    // What a new store begins with stands in the sample, too.
    if step >= 9 {
        run.push("DELETE FROM search_state".to_owned());
    }
    let file = format!(
        "{}/tests/upgrades/step{step}.jsonl",
        env!("CARGO_MANIFEST_DIR")
    );
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let line: Map<String, Value> = serde_json::from_str(line).unwrap();
        let table = line["table"].as_str().unwrap();
        let row = line["row"].as_object().unwrap();
        let columns: Vec<&str> = row.keys().map(String::as_str).collect();
        let values: Vec<String> = row.values().map(|value| literal(value, dialect)).collect();
        let over = match dialect {
            "postgres" if numbered.iter().any(|(name, _)| *name == table) => {
                "OVERRIDING SYSTEM VALUE"
            }
            _ => "",
        };
        run.push(format!(
            "INSERT INTO {table} ({}) {over} VALUES ({})",
            columns.join(", "),
            values.join(", ")
        ));
    }
    for (table, column) in numbered {
        if dialect == "postgres" && (table == "audit" || step >= 7) {
            run.push(format!("SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT MAX({column}) FROM {table}))"));
        }
    }
    // The index of words is each database's own.
    if step >= 9 {
        run.push("INSERT INTO search_state (name, value) SELECT 'older', CAST(MAX(seq) AS TEXT) FROM audit".to_owned());
    }
    for sql in run {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&pool)
            .await
            .unwrap();
    }
    pool.close().await;
}

/// A bouncer of today on a store of then, and Featurebase as it was left.
async fn of_today(database: Database) -> Bot {
    let mut setup = Setup::beside(Arc::new(database));
    setup.later = SINCE_THE_BEGINNING;
    let bot = setup.start().await;
    for (id, kind) in [
        (MALLORY, ContactKind::Lead),
        (EVE, ContactKind::Lead),
        (TOM, ContactKind::Customer),
        (JO, ContactKind::Lead),
        (KIM, ContactKind::Lead),
    ] {
        let about = match kind {
            ContactKind::Customer => NewContact::customer("somebody"),
            ContactKind::Lead => NewContact::lead("somebody"),
        };
        bot.sandbox.add_contact(NewContact {
            id: Some(id.to_owned()),
            ..about
        });
    }
    assert!(bot.sandbox.block_by_hand(MALLORY));
    bot
}

async fn finds(bot: &Bot, text: &str) -> Vec<String> {
    let query = read(text).unwrap();
    let found = bot
        .desk
        .search(&query, &Filter::default(), 100, Texts::Lines)
        .await
        .unwrap();
    let hits = found.hits.into_iter();
    hits.filter_map(|hit| hit.row.contact.map(|id| id.as_str().to_owned()))
        .collect()
}

/// What the step made of rows of before is what is written with new ones.
async fn every_row_is_in_its_lanes(bot: &Bot) {
    let mut expected = Vec::new();
    for row in bot.record().await {
        let actor = if row.actor == BOUNCER { "" } else { &row.actor };
        let verdict = row.verdict.unwrap_or_default();
        let kind = format!("{} {verdict} {actor}", row.action);
        let rules = row.rules.unwrap_or_default();
        let rules = rules.split_whitespace().map(str::to_owned);
        let common = ["received  ", "decided clean "].contains(&kind.as_str());
        let of_none = (!common).then(String::new);
        let lanes = rules.chain(of_none).map(|rule| format!("{rule} {kind}"));
        expected.extend(lanes.map(|lane| (lane, row.seq)));
    }
    expected.sort();
    let pool = bot.database.pool().await;
    let mut kept: Vec<(String, i64)> = sqlx::query_as("SELECT lane, seq FROM audit_lanes")
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    kept.sort();
    assert_eq!(kept, expected);
}

async fn serves_on(database: Database, step: i64) {
    as_written(&database, step).await;
    let bot = of_today(database).await;
    let story = bot.story_of(MALLORY).await;
    assert_eq!(story, ["received", "decided block", "attempted", "blocked"]);
    let why = bot.why(MALLORY).await;
    assert!(why.contains("is blocked since 2026-11-29"), "{why}");
    assert!(why.contains("It found “backlinks”"), "{why}");
    assert!(
        why.contains("read: block if the message has the words"),
        "{why}"
    );
    assert_eq!(bot.desk.holds(10).await.unwrap().len(), 1);
    assert!(bot.desk.go(ana("back from lunch")).await.unwrap());
    bot.passes(MINUTE * 30, MINUTE * 5).await;
    assert!(!bot.sandbox.is_blocked(JO), "ana had unblocked them");
    bot.writes(JO, PITCH);
    bot.passes(MINUTE * 10, MINUTE * 5).await;
    assert!(!bot.sandbox.is_blocked(JO), "{:?}", bot.story_of(JO).await);
    assert_eq!(bot.story_of(JO).await.last().unwrap(), "decided hold");
    assert!(
        bot.story_of(KIM).await.len() > 1,
        "what waited when it died is taken up: {:?}",
        bot.story_of(KIM).await
    );
    assert_eq!(
        finds(
            &bot,
            "rule:pitch/* action:decided verdict:block created:<2026-11-29T13:45"
        )
        .await,
        [KIM, JO, MALLORY],
        "written then"
    );
    every_row_is_in_its_lanes(&bot).await;
    while bot.worker.index_due().await.unwrap() > 0 {}
    assert!(finds(&bot, "sprocket").await.contains(&TOM.to_owned()));
    let replay = bot
        .desk
        .replay(&Span::default(), NonZeroUsize::MIN)
        .await
        .unwrap();
    assert!(replay.agrees(), "{}", replay.lines().join("\n"));
    assert!(replay.decisions >= 6, "{replay:?}");
    bot.desk.unblock(MALLORY, ana("a mistake")).await.unwrap();
    bot.passes(MINUTE * 2, MINUTE).await;
    assert!(!bot.sandbox.is_blocked(MALLORY));
    bot.desk.erase(TOM, ana("asked")).await.unwrap();
    assert!(finds(&bot, "sprocket").await.is_empty());
    bot.running.notary.round(true).await.unwrap();
    let file = bot.database.folder.path().join("backup.db");
    let look = bot.desk.back_up(&file).await.unwrap();
    assert!(
        look.record
            .sentence()
            .starts_with("its record is as it was signed"),
        "{look:?}"
    );
}

on_both_databases! {
    async fn of_the_first_step(database) {
        serves_on(database, 1).await;
    }

    async fn of_the_sixth_step_before_anything_was_under_lock(database) {
        serves_on(database, 6).await;
    }

    async fn of_the_eleventh_step_with_a_signed_record(database) {
        serves_on(database, 11).await;
    }

    async fn of_the_twelfth_step_with_rows_in_lanes(database) {
        serves_on(database, 12).await;
    }
}
