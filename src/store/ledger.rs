//! How each rule of each rulebook fared, by the day: kept as it happens, so that nobody counts the record.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::hits::day_of;
use super::rows::{self, Cell};
use super::{Result, Store, Writing};
use crate::decision::RuleId;
use crate::time::Timestamp;

/// In how many messages a rule fired, what it did, and what people said of that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub fired: i64,
    /// Blocks asked of Featurebase for it.
    pub acted: i64,
    pub held: i64,
    pub flagged: i64,
    /// Decisions people said to be right.
    pub said_right: i64,
    /// Decisions people said to be wrong.
    pub said_wrong: i64,
    /// Blocks people took back.
    pub regretted: i64,
    /// Decisions said to be wrong or taken back, each once.
    pub mistaken: i64,
}

impl Counts {
    fn with(self, other: Self, sign: i64) -> Self {
        Self {
            fired: self.fired + sign * other.fired,
            acted: self.acted + sign * other.acted,
            held: self.held + sign * other.held,
            flagged: self.flagged + sign * other.flagged,
            said_right: self.said_right + sign * other.said_right,
            said_wrong: self.said_wrong + sign * other.said_wrong,
            regretted: self.regretted + sign * other.regretted,
            mistaken: self.mistaken + sign * other.mistaken,
        }
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.with(other, 1)
    }

    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.with(other, -1)
    }
}

/// Where something is counted: the day (since 1970, UTC) of the decision, the rule, the rulebook's digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub day: i64,
    pub rule: RuleId,
    pub book: String,
}

/// What is to be added; summed up before it is written, in one order everywhere, so that two replicas cannot wait for each
/// other in a circle.
#[derive(Debug, Default)]
pub struct Ledger(BTreeMap<Line, Counts>);

impl Ledger {
    pub fn add(&mut self, line: Line, counts: Counts) {
        if counts != Counts::default() {
            let known = self.0.entry(line).or_default();
            *known = known.and(counts);
        }
    }
}

/// How one rule of one rulebook fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fared {
    pub rule: RuleId,
    /// Empty for the time before rulebooks were told apart.
    pub book: String,
    pub counts: Counts,
    /// The first and last day it fired on, ever.
    pub days: (i64, i64),
    /// The last day, ever, of a decision people said to be right.
    pub last_right: Option<i64>,
}

/// A rule whose blocks people regret more often than the policy allows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Regret {
    pub rule: String,
    pub since: Timestamp,
    pub acted: i64,
    pub regretted: i64,
    /// The bound, in words.
    pub bound: String,
    /// File and line of the rule.
    pub place: String,
}

impl Writing {
    /// Adds to the ledger. To be called last in a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_to_ledger(&mut self, ledger: Ledger) -> Result<()> {
        let cells = ledger
            .0
            .into_iter()
            .filter(|(_, counts)| *counts != Counts::default())
            .map(|(line, counts)| {
                vec![
                    Cell::Int(line.day),
                    Cell::Text(line.rule.0),
                    Cell::Text(line.book),
                    Cell::Int(counts.fired),
                    Cell::Int(counts.acted),
                    Cell::Int(counts.held),
                    Cell::Int(counts.flagged),
                    Cell::Int(counts.said_right),
                    Cell::Int(counts.said_wrong),
                    Cell::Int(counts.regretted),
                    Cell::Int(counts.mistaken),
                ]
            })
            .collect();
        rows::insert(
            &mut self.tx,
            "INSERT INTO ledger_days (day, rule, book, fired, acted, held, flagged, said_right, said_wrong, regretted, mistaken) VALUES",
            "ON CONFLICT (day, rule, book) DO UPDATE SET fired = ledger_days.fired + excluded.fired,
                acted = ledger_days.acted + excluded.acted, held = ledger_days.held + excluded.held,
                flagged = ledger_days.flagged + excluded.flagged, said_right = ledger_days.said_right + excluded.said_right,
                said_wrong = ledger_days.said_wrong + excluded.said_wrong,
                regretted = ledger_days.regretted + excluded.regretted, mistaken = ledger_days.mistaken + excluded.mistaken",
            cells,
        )
        .await?;
        Ok(())
    }

    /// Keeps that people regret too much of what a rule does. `false` when that was known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_regret(&mut self, regret: &Regret) -> Result<bool> {
        let sql = "INSERT INTO regrets (rule, since, acted, regretted, bound, place) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (rule) DO NOTHING";
        let done = sqlx::query(sql)
            .bind(regret.rule.as_str())
            .bind(regret.since.millis())
            .bind(regret.acted)
            .bind(regret.regretted)
            .bind(regret.bound.as_str())
            .bind(regret.place.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What people regret of a rule is no longer too much. `false` when that was known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_regret(&mut self, rule: &str) -> Result<bool> {
        let done = sqlx::query("DELETE FROM regrets WHERE rule = $1")
            .bind(rule)
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// How every rule fared since a moment, in whole days (UTC), apart for each rulebook.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ledger(&self, since: Timestamp) -> Result<Vec<Fared>> {
        let sum = |column: &str| {
            format!("CAST(SUM(CASE WHEN day >= $1 THEN {column} ELSE 0 END) AS BIGINT) AS {column}")
        };
        let sums: Vec<String> = COUNTED.iter().map(|column| sum(column)).collect();
        // Only fixed texts and a place holder are in it.
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT rule, book, {}, MIN(day) AS first_day, MAX(CASE WHEN fired > 0 THEN day ELSE -1 END) AS last_day,
            MAX(CASE WHEN said_right > 0 THEN day ELSE -1 END) AS last_right FROM ledger_days GROUP BY rule, book ORDER BY rule, book",
            sums.join(", ")
        ));
        let mut connection = self.reading().await?;
        let found = sqlx::query(sql)
            .bind(day_of(since))
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(fared_of).collect()
    }

    /// The rules people regret anything of since a moment, in whole days (UTC): blocks asked for, and taken back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn regretted(&self, since: Timestamp) -> Result<Vec<(RuleId, i64, i64)>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT rule, CAST(SUM(acted) AS BIGINT), CAST(SUM(regretted) AS BIGINT) FROM ledger_days WHERE day >= $1
            GROUP BY rule HAVING SUM(regretted) > 0 ORDER BY rule";
        let found: Vec<(String, i64, i64)> = sqlx::query_as(sql)
            .bind(day_of(since))
            .fetch_all(&mut *connection)
            .await?;
        Ok(found
            .into_iter()
            .map(|(rule, acted, regretted)| (RuleId(rule), acted, regretted))
            .collect())
    }

    /// The rules of which it is proposed that they only hold.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn regrets(&self) -> Result<Vec<Regret>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT rule, since, acted, regretted, bound, place FROM regrets ORDER BY rule";
        let found: Vec<(String, i64, i64, i64, String, String)> =
            sqlx::query_as(sql).fetch_all(&mut *connection).await?;
        let regret = |(rule, since, acted, regretted, bound, place)| Regret {
            rule,
            since: Timestamp::from_millis(since),
            acted,
            regretted,
            bound,
            place,
        };
        Ok(found.into_iter().map(regret).collect())
    }
}

const COUNTED: &[&str] = &[
    "fired",
    "acted",
    "held",
    "flagged",
    "said_right",
    "said_wrong",
    "regretted",
    "mistaken",
];

fn fared_of(row: &AnyRow) -> Result<Fared> {
    let number = |column: &str| row.try_get::<i64, _>(column);
    let last_right = number("last_right")?;
    Ok(Fared {
        rule: RuleId(row.try_get("rule")?),
        book: row.try_get("book")?,
        counts: Counts {
            fired: number("fired")?,
            acted: number("acted")?,
            held: number("held")?,
            flagged: number("flagged")?,
            said_right: number("said_right")?,
            said_wrong: number("said_wrong")?,
            regretted: number("regretted")?,
            mistaken: number("mistaken")?,
        },
        days: (number("first_day")?, number("last_day")?),
        last_right: (last_right >= 0).then_some(last_right),
    })
}
