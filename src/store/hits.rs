//! How often each rule fired and each list entry was met, so that those never of use are found.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use super::causes::rules_behind;
use super::ledger::{Counts, Ledger, Line};
use super::rows::{self, Cell};
use super::{Result, Store, Writing};
use crate::decision::{Decision, Finding, RuleId, Stage, Then, Verdict};
use crate::time::{Timestamp, millis_of};

/// Longest name of a list or of an entry that is kept as it is, in bytes; PostgreSQL cannot index long ones.
const LONGEST: usize = 500;

/// In how many messages a rule fired, and what became of those in whose verdict it had a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RuleHits {
    pub fired: u64,
    pub blocked: u64,
    pub held: u64,
    pub flagged: u64,
    /// When it last fired, ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
}

/// In how many messages a list entry was met, ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EntryHits {
    pub hits: u64,
    pub last_at: Timestamp,
}

/// What decisions add to the counts; summed up before it is written, in one order everywhere, so that two replicas cannot
/// wait for each other in a circle.
#[derive(Debug, Default)]
pub struct Hits {
    rules: BTreeMap<(RuleId, Stage), RuleHits>,
    entries: BTreeMap<(String, String), u64>,
    /// By rule and rulebook.
    fared: BTreeMap<(RuleId, String), Counts>,
}

impl Hits {
    /// Counts what one decision found.
    pub fn count(&mut self, decision: &Decision) {
        for finding in &decision.findings {
            let rule = (finding.rule.clone(), finding.stage);
            let hits = self.rules.entry(rule).or_default();
            hits.fired += 1;
            if had_part(finding, decision) {
                match decision.verdict {
                    Verdict::Block => hits.blocked += 1,
                    Verdict::Hold => hits.held += 1,
                    Verdict::Flag => hits.flagged += 1,
                    Verdict::Clean => {}
                }
            }
            let fared = (finding.rule.clone(), decision.book.0.clone());
            let fared = self.fared.entry(fared).or_default();
            fared.fired += 1;
            match decision.verdict {
                _ if !had_part(finding, decision) => {}
                Verdict::Hold => fared.held += 1,
                Verdict::Flag => fared.flagged += 1,
                Verdict::Block | Verdict::Clean => {}
            }
        }
        let evidence = decision
            .findings
            .iter()
            .flat_map(|finding| &finding.evidence);
        let met: BTreeSet<(String, String)> = evidence
            .filter_map(|found| Some((kept(found.list.as_deref()?), kept(&found.wanted))))
            .collect();
        for entry in met {
            *self.entries.entry(entry).or_default() += 1;
        }
    }
}

impl Hits {
    /// Counts that a block was asked of Featurebase for one decision.
    pub fn asked(&mut self, decision: &Decision) {
        for rule in rules_behind(decision) {
            let fared = self.fared.entry((rule, decision.book.0.clone()));
            fared.or_default().acted += 1;
        }
    }
}

/// Whether the rule is one of those that led to the verdict.
#[must_use]
pub fn had_part(finding: &Finding, decision: &Decision) -> bool {
    match decision.verdict {
        Verdict::Clean => false,
        Verdict::Block => decision.blocking_rules().contains(&&finding.rule),
        Verdict::Hold | Verdict::Flag => {
            let asks = match finding.then {
                Then::Block => true,
                Then::Flag => decision.verdict == Verdict::Flag,
                Then::Points => finding.points > 0,
                Then::Allow => false,
            };
            finding.stage != Stage::Observe && asks
        }
    }
}

/// A name as it is kept: what is too long or holds what PostgreSQL does not take is cut and told by its digest.
#[must_use]
pub fn kept(name: &str) -> String {
    if name.len() <= LONGEST && !name.contains('\0') {
        return name.to_owned();
    }
    let beginning = name.get(..name.floor_char_boundary(LONGEST)).unwrap_or("");
    let digest = hex::encode(Sha256::digest(name));
    format!(
        "{} {}",
        beginning.replace('\0', ""),
        digest.get(..16).unwrap_or_default()
    )
}

/// The day (UTC) of a moment, in days since 1970.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.millis()
        .div_euclid(millis_of(Duration::from_hours(24)).max(1))
}

fn cell(count: u64) -> Cell {
    Cell::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn counted(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

impl Writing {
    /// Adds what decisions made at this moment found.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_hits(&mut self, hits: Hits, now: Timestamp) -> Result<()> {
        let days = hits.rules.into_iter().map(|((rule, stage), hits)| {
            vec![
                Cell::Int(day_of(now)),
                Cell::Text(rule.0),
                Cell::Text(stage.as_str().to_owned()),
                cell(hits.fired),
                cell(hits.blocked),
                cell(hits.held),
                cell(hits.flagged),
                Cell::Int(now.millis()),
            ]
        });
        rows::insert(
            &mut self.tx,
            "INSERT INTO rule_days (day, rule, stage, fired, blocked, held, flagged, last_at) VALUES",
            "ON CONFLICT (day, rule, stage) DO UPDATE SET fired = rule_days.fired + excluded.fired,
                blocked = rule_days.blocked + excluded.blocked, held = rule_days.held + excluded.held,
                flagged = rule_days.flagged + excluded.flagged,
                last_at = CASE WHEN excluded.last_at > rule_days.last_at THEN excluded.last_at ELSE rule_days.last_at END",
            days.collect(),
        )
        .await?;
        let entries = hits.entries.into_iter().map(|((list, entry), hits)| {
            vec![
                Cell::Text(list),
                Cell::Text(entry),
                cell(hits),
                Cell::Int(now.millis()),
            ]
        });
        rows::insert(
            &mut self.tx,
            "INSERT INTO list_hits (list, entry, hits, last_at) VALUES",
            "ON CONFLICT (list, entry) DO UPDATE SET hits = list_hits.hits + excluded.hits,
                last_at = CASE WHEN excluded.last_at > list_hits.last_at THEN excluded.last_at ELSE list_hits.last_at END",
            entries.collect(),
        )
        .await?;
        let mut ledger = Ledger::default();
        for ((rule, book), counts) in hits.fared {
            let day = day_of(now);
            ledger.add(Line { day, rule, book }, counts);
        }
        self.add_to_ledger(ledger).await
    }
}

impl Store {
    /// How often each rule that ever fired did so since a moment, in whole days (UTC).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_hits(&self, since: Timestamp) -> Result<HashMap<RuleId, RuleHits>> {
        let sum = |column: &str| {
            format!("CAST(SUM(CASE WHEN day >= $1 THEN {column} ELSE 0 END) AS BIGINT)")
        };
        let sql = format!(
            "SELECT rule, {}, {}, {}, {}, MAX(last_at) FROM rule_days GROUP BY rule",
            sum("fired"),
            sum("blocked"),
            sum("held"),
            sum("flagged")
        );
        let mut connection = self.reading().await?;
        // Only fixed texts and a place holder are in it.
        let found: Vec<(String, i64, i64, i64, i64, i64)> =
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(day_of(since))
                .fetch_all(&mut *connection)
                .await?;
        let hits = found
            .into_iter()
            .map(|(rule, fired, blocked, held, flagged, last)| {
                let hits = RuleHits {
                    fired: counted(fired),
                    blocked: counted(blocked),
                    held: counted(held),
                    flagged: counted(flagged),
                    last_at: Some(Timestamp::from_millis(last)),
                };
                (RuleId(rule), hits)
            });
        Ok(hits.collect())
    }

    /// Every entry of a list that was ever met, by [`kept`] name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_hits(&self, list: &str) -> Result<HashMap<String, EntryHits>> {
        let mut connection = self.reading().await?;
        let found = sqlx::query("SELECT entry, hits, last_at FROM list_hits WHERE list = $1")
            .bind(kept(list))
            .fetch_all(&mut *connection)
            .await?;
        let hits = found.iter().map(|row| {
            let hits = EntryHits {
                hits: counted(row.try_get("hits")?),
                last_at: Timestamp::from_millis(row.try_get("last_at")?),
            };
            Ok((row.try_get("entry")?, hits))
        });
        hits.collect()
    }
}
