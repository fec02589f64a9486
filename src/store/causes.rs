//! What rules decided and what came of it, as far as undoing and counting need it: no text, no evidence, nothing of the sender.

use serde::Deserialize;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::audit::{Action, rule_pattern};
use super::{Result, Store, StoreError, Writing, rows};
use crate::decision::{Also, Decision, Digest, Facts, Finding, RuleId, Stage, Then, Verdict};
use crate::message::{ContactId, EventId};
use crate::time::Timestamp;

/// Most rows of the record looked through for one contact, the newest.
const MOST_ROWS: i64 = 2_000;

/// A decision, with what fired; evidence and facts are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub seq: i64,
    pub at: Timestamp,
    pub event: EventId,
    pub contact: ContactId,
    pub decision: Decision,
}

/// Something that happened to a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    pub at: Timestamp,
    pub action: Action,
    pub actor: String,
    pub event: Option<EventId>,
    pub detail: Value,
    /// For a decision.
    pub decided: Option<Decided>,
}

/// What of a decision is read. A record of which private parts are gone still has all of it.
#[derive(Deserialize)]
struct Outline {
    verdict: Verdict,
    #[serde(default)]
    findings: Vec<Fired>,
    #[serde(default)]
    points: i64,
    book: Digest,
}

#[derive(Deserialize)]
struct Fired {
    rule: RuleId,
    stage: Stage,
    then: Then,
    #[serde(default)]
    points: i64,
    #[serde(default)]
    also: Vec<Also>,
}

impl From<Outline> for Decision {
    fn from(outline: Outline) -> Self {
        let finding = |fired: Fired| Finding {
            rule: fired.rule,
            why: String::new(),
            stage: fired.stage,
            then: fired.then,
            points: fired.points,
            evidence: Vec::new(),
            also: fired.also,
            block_for_millis: None,
        };
        Self {
            verdict: outline.verdict,
            asked: outline.verdict,
            findings: outline.findings.into_iter().map(finding).collect(),
            points: outline.points,
            restrained: Vec::new(),
            facts: Facts::default(),
            book: outline.book,
        }
    }
}

/// The rules that led to a decision's verdict, each once.
#[must_use]
pub fn rules_behind(decision: &Decision) -> Vec<RuleId> {
    let mut rules: Vec<RuleId> = decision
        .findings
        .iter()
        .filter(|finding| super::hits::had_part(finding, decision))
        .map(|finding| finding.rule.clone())
        .collect();
    rules.sort();
    rules.dedup();
    rules
}

const COLUMNS: &str = "seq, at, action, actor, contact_id, event_id, detail";

impl Store {
    /// Decisions of one verdict in which a rule fired (`pitch/*`: any that begins so), oldest first, after a row of the
    /// record. Not for `clean`, which has no index.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decisions_of(
        &self,
        rule: &str,
        verdict: Verdict,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Decided>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM audit WHERE verdict = $1 AND verdict <> 'clean' AND action = 'decided' AND seq > $2
            AND (' ' || rules || ' ') LIKE $3 ESCAPE '!' ORDER BY seq LIMIT $4"
        ));
        let mut connection = self.reading().await?;
        let found = sqlx::query(sql)
            .bind(verdict.as_str())
            .bind(after)
            .bind(rule_pattern(rule))
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        decided_of(&found)
    }

    /// What was decided on these events.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decisions_on(&self, events: &[EventId]) -> Result<Vec<Decided>> {
        let mut connection = self.reading().await?;
        decisions_on(&mut connection, events).await
    }

    /// The last decision on a contact that was not clean.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_decision(&self, contact: &ContactId) -> Result<Option<Decided>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM audit WHERE contact_id = $1 AND action = 'decided' AND verdict IN ('block', 'hold', 'flag') ORDER BY seq DESC LIMIT 1"
        ));
        let mut connection = self.reading().await?;
        let found = sqlx::query(sql)
            .bind(contact.as_str())
            .fetch_all(&mut *connection)
            .await?;
        Ok(decided_of(&found)?.pop())
    }

    /// What happened to a contact, oldest first, but for messages that led to no block.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn past_of(&self, contact: &ContactId) -> Result<Vec<Happened>> {
        let mut connection = self.reading().await?;
        past_of(&mut connection, contact).await
    }

    /// How many rows of the record are about a contact, and the number of the last: as long as both are the same, nothing
    /// has happened.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rows_about(&self, contact: &ContactId) -> Result<(i64, i64)> {
        let mut connection = self.reading().await?;
        rows_about(&mut connection, contact).await
    }
}

impl Writing {
    /// As [`Store::rows_about`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rows_about(&mut self, contact: &ContactId) -> Result<(i64, i64)> {
        rows_about(&mut self.tx, contact).await
    }

    /// As [`Store::decisions_on`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decisions_on(&mut self, events: &[EventId]) -> Result<Vec<Decided>> {
        decisions_on(&mut self.tx, events).await
    }
}

async fn rows_about(connection: &mut AnyConnection, contact: &ContactId) -> Result<(i64, i64)> {
    let sql = "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM audit WHERE contact_id = $1";
    Ok(sqlx::query_as(sql)
        .bind(contact.as_str())
        .fetch_one(&mut *connection)
        .await?)
}

async fn decisions_on(connection: &mut AnyConnection, events: &[EventId]) -> Result<Vec<Decided>> {
    let ids: Vec<String> = events.iter().map(|id| id.as_str().to_owned()).collect();
    let head = format!("SELECT {COLUMNS} FROM audit WHERE action = 'decided' AND event_id IN");
    let found = rows::each(connection, &head, "", &ids).await?;
    decided_of(&found)
}

async fn past_of(connection: &mut AnyConnection, contact: &ContactId) -> Result<Vec<Happened>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM audit WHERE contact_id = $1 AND action <> 'received' AND (action <> 'decided' OR verdict = 'block') ORDER BY seq DESC LIMIT $2"
    ));
    let found = sqlx::query(sql)
        .bind(contact.as_str())
        .bind(MOST_ROWS)
        .fetch_all(&mut *connection)
        .await?;
    found.iter().rev().map(happened_of).collect()
}

fn decided_of(found: &[AnyRow]) -> Result<Vec<Decided>> {
    let mut decided = Vec::new();
    for row in found {
        decided.extend(happened_of(row)?.decided);
    }
    Ok(decided)
}

fn happened_of(row: &AnyRow) -> Result<Happened> {
    let seq: i64 = row.try_get("seq")?;
    let bad = |what: String| StoreError::BadData {
        table: "audit",
        row: seq.to_string(),
        what,
    };
    let (action, detail): (String, String) = (row.try_get("action")?, row.try_get("detail")?);
    let action =
        Action::parse(&action).ok_or_else(|| bad(format!("action {action} is unknown")))?;
    let detail: Value = serde_json::from_str(&detail)
        .map_err(|error| bad(format!("detail is not JSON: {error}")))?;
    let at = Timestamp::from_millis(row.try_get("at")?);
    let event = row
        .try_get::<Option<String>, _>("event_id")?
        .map(EventId::new);
    let contact = row
        .try_get::<Option<String>, _>("contact_id")?
        .map(ContactId::new);
    // A repeat, and what this version cannot read, is no decision of a rule.
    let decided = match (action, &event, contact) {
        (Action::Decided, Some(event), Some(contact)) => {
            Outline::deserialize(&detail).ok().map(|outline| Decided {
                seq,
                at,
                event: event.clone(),
                contact,
                decision: outline.into(),
            })
        }
        _ => None,
    };
    Ok(Happened {
        at,
        action,
        actor: row.try_get("actor")?,
        event,
        detail,
        decided,
    })
}
