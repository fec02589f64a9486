//! What is kept beside the record so that it is searched quickly: the rows of each rule and kind, and which rows an hour has.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::audit::{Action, BOUNCER, COLUMNS, Row, row_of};
use super::rows::{self, Cell};
use super::schema::Dialect;
use super::{Result, Store, sealing, search};
use crate::decision::Verdict;
use crate::message::ContactId;
use crate::time::Timestamp;

/// Longest name of a rule that is kept, in bytes; PostgreSQL cannot index long ones.
const LONGEST: usize = 500;
/// Of an actor's name so many characters are part of a lane.
pub(super) const ACTOR: usize = 200;

/// The columns [`lanes_of`] reads.
pub(super) const LANE_COLUMNS: &str = "action, actor, verdict, rules";

/// What nearly every message leaves (action, verdict), when the program itself wrote it: only a rule's lane holds it.
pub(super) const COMMON: [(Action, &str); 2] = [
    (Action::Received, ""),
    (Action::Decided, Verdict::Clean.as_str()),
];

/// The lanes a row stands in: one of each rule, and one of no rule unless the row is a common one.
fn lanes_of(row: &AnyRow) -> Result<BTreeSet<String>> {
    let (action, actor): (String, String) = (row.try_get("action")?, row.try_get("actor")?);
    let verdict: Option<String> = row.try_get("verdict")?;
    let rules: Option<String> = row.try_get("rules")?;
    let (verdict, rules) = (verdict.unwrap_or_default(), rules.unwrap_or_default());
    let is_common = actor == BOUNCER
        && COMMON
            .iter()
            .any(|(common, of)| common.as_str() == action && *of == verdict);
    let actor = if actor == BOUNCER { "" } else { &actor };
    let actor: String = actor.chars().take(ACTOR).collect();
    let named = rules
        .split(' ')
        .filter(|rule| !rule.is_empty() && rule.len() <= LONGEST);
    let of_none = (!is_common).then_some("");
    let lanes = named
        .chain(of_none)
        .map(|rule| format!("{rule} {action} {verdict} {actor}"));
    Ok(lanes.collect())
}

/// Forgets rows (with [`LANE_COLUMNS`]) that are all there were below a number.
pub(super) async fn forget_below(
    connection: &mut AnyConnection,
    seq: i64,
    rows: &[AnyRow],
) -> Result<()> {
    let mut lanes = BTreeSet::new();
    for row in rows {
        lanes.extend(lanes_of(row)?);
    }
    for lane in lanes {
        sqlx::query("DELETE FROM audit_lanes WHERE lane = $1 AND seq < $2")
            .bind(lane)
            .bind(seq)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("DELETE FROM audit_hours WHERE last_seq < $1")
        .bind(seq)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes rows just written (`seq`, `at` and [`LANE_COLUMNS`]).
pub(super) async fn note(
    connection: &mut AnyConnection,
    dialect: Dialect,
    written: &[AnyRow],
) -> Result<()> {
    let mut lanes = BTreeSet::new();
    let mut hours: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for row in written {
        let seq: i64 = row.try_get("seq")?;
        let hour = hour_of(Timestamp::from_millis(row.try_get("at")?));
        let (first, last) = hours.entry(hour).or_insert((seq, seq));
        *first = seq.min(*first);
        *last = seq.max(*last);
        lanes.extend(lanes_of(row)?.into_iter().map(|lane| (lane, seq)));
    }
    let cells = lanes.into_iter();
    let cells = cells.map(|(lane, seq)| vec![Cell::Text(lane), Cell::Int(seq)]);
    rows::insert(
        connection,
        "INSERT INTO audit_lanes (lane, seq) VALUES",
        "",
        cells.collect(),
    )
    .await?;
    // On PostgreSQL each connection has a row of its own: nobody waits for another, in whatever order things are locked.
    let slot = match dialect {
        Dialect::Sqlite => "0",
        Dialect::Postgres => "pg_backend_pid()",
    };
    let head = format!(
        "INSERT INTO audit_hours (hour, first_seq, last_seq, slot) SELECT v.column1, v.column2, v.column3, {slot} FROM (VALUES"
    );
    let cells = hours
        .into_iter()
        .map(|(hour, (first, last))| vec![Cell::Int(hour), Cell::Int(first), Cell::Int(last)]);
    rows::insert(
        connection,
        &head,
        ") AS v WHERE true ON CONFLICT (hour, slot) DO UPDATE SET
            first_seq = CASE WHEN excluded.first_seq < audit_hours.first_seq THEN excluded.first_seq ELSE audit_hours.first_seq END,
            last_seq = CASE WHEN excluded.last_seq > audit_hours.last_seq THEN excluded.last_seq ELSE audit_hours.last_seq END",
        cells.collect(),
    )
    .await?;
    Ok(())
}

impl Store {
    /// Every rule and every person the record names, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn names(&self) -> Result<(Vec<String>, Vec<String>)> {
        let mut connection = self.reading().await?;
        let rules = search::rules(&mut connection).await?;
        let of_none = search::lanes(&mut connection, " ").await?;
        let mut actors: BTreeSet<String> = of_none.into_iter().map(|lane| lane.actor).collect();
        actors.insert(BOUNCER.to_owned());
        Ok((rules, actors.into_iter().collect()))
    }

    /// Whether the record names a rule (`pitch/*`: any that begins so).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn names_rule(&self, rule: &str) -> Result<bool> {
        let beginning = match rule.strip_suffix('*') {
            Some(beginning) => beginning.to_owned(),
            None => format!("{rule} "),
        };
        let mut connection = self.reading().await?;
        search::is_there(&mut connection, &beginning).await
    }

    /// The rows about a contact after a number, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(&self, contact: &ContactId, after: i64, limit: i64) -> Result<Vec<Row>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE contact_id = $1 AND contact_id IS NOT NULL AND seq > $2 ORDER BY seq LIMIT $3"
        );
        let mut connection = self.reading().await?;
        // Only the names of columns are put in.
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(contact.as_str())
            .bind(after)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        let mut rows: Vec<Row> = found.iter().map(row_of).collect::<Result<_>>()?;
        sealing::merge_private(&mut connection, &mut rows).await?;
        Ok(rows)
    }
}

/// The hour of a moment, in hours since 1970; all before that are one.
pub(super) fn hour_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(3_600_000).max(-1)
}
