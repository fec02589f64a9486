//! What is kept beside the record so that it is searched quickly: the rows of each rule, and which rows an hour has.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::audit::{COLUMNS, Row, row_of};
use super::rows::{self, Cell};
use super::schema::Dialect;
use super::search::distinct;
use super::{Result, Store, sealing};
use crate::message::ContactId;
use crate::time::Timestamp;

/// Longest name of a rule that is kept, in bytes; PostgreSQL cannot index long ones.
const LONGEST: usize = 500;

/// Forgets rows (`rules`) that are all there were below a number.
pub(super) async fn forget_below(
    connection: &mut AnyConnection,
    seq: i64,
    rows: &[AnyRow],
) -> Result<()> {
    let mut rules = BTreeSet::new();
    for row in rows {
        let named: Option<String> = row.try_get("rules")?;
        let named = named.unwrap_or_default();
        rules.extend(named.split_whitespace().map(str::to_owned));
    }
    for rule in rules {
        sqlx::query("DELETE FROM audit_rules WHERE rule = $1 AND seq < $2")
            .bind(rule)
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

/// Notes rows just written (`seq`, `at`, `rules`).
pub(super) async fn note(
    connection: &mut AnyConnection,
    dialect: Dialect,
    written: &[AnyRow],
) -> Result<()> {
    let mut rules = BTreeSet::new();
    let mut hours: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for row in written {
        let seq: i64 = row.try_get("seq")?;
        let hour = hour_of(Timestamp::from_millis(row.try_get("at")?));
        let (first, last) = hours.entry(hour).or_insert((seq, seq));
        *first = seq.min(*first);
        *last = seq.max(*last);
        let named: Option<String> = row.try_get("rules")?;
        let named = named.unwrap_or_default();
        let kept = named
            .split(' ')
            .filter(|rule| !rule.is_empty() && rule.len() <= LONGEST);
        rules.extend(kept.map(|rule| (rule.to_owned(), seq)));
    }
    let cells = rules.into_iter();
    let cells = cells.map(|(rule, seq)| vec![Cell::Text(rule), Cell::Int(seq)]);
    rows::insert(
        connection,
        "INSERT INTO audit_rules (rule, seq) VALUES",
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
        let rules = distinct(&mut connection, "audit_rules", "rule", "").await?;
        let mut actors = distinct(&mut connection, "audit", "actor", "").await?;
        actors.push(super::audit::BOUNCER.to_owned());
        actors.sort();
        Ok((rules, actors))
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
