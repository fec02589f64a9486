//! Lanes: the rows of one rule, or of none in particular, that are of one kind, which is who did what, with which verdict.
//!
//! What is asked of rules, actors, actions and verdicts is asked of the lanes' names, which are few; their rows then meet all of it at once.
//! So two common things that never come together are known never to, without a look at a row.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::conditions::{HIGHEST, kept};
use super::{Column, Field, Pattern, Wanted};
use crate::store::Result;
use crate::store::audit::BOUNCER;
use crate::store::postings::{ACTOR, COMMON};
use crate::store::rows::is_postgres;

/// Most lanes that are looked through for a search.
const MOST: usize = 10_000;

/// What all rows of a lane have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Lane {
    /// As it stands in the store.
    pub name: String,
    /// Empty: no rule in particular.
    pub rule: String,
    action: String,
    verdict: String,
    pub actor: String,
}

impl Lane {
    fn of(name: String) -> Option<Self> {
        let mut parts = name.splitn(4, ' ').map(str::to_owned);
        let (rule, action) = (parts.next()?, parts.next()?);
        let (verdict, actor) = (parts.next()?, parts.next()?);
        let actor = match actor.as_str() {
            "" => BOUNCER.to_owned(),
            _ => actor,
        };
        Some(Self {
            name,
            rule,
            action,
            verdict,
            actor,
        })
    }

    /// Whether its rows can meet what is asked. Of a row's rules and whom it is about, a lane does not know all.
    fn can_meet(&self, field: &Field) -> bool {
        let value = match field.column {
            // A longer name may be meant.
            Column::Actor if self.actor.chars().count() == ACTOR => return true,
            Column::Actor => &self.actor,
            Column::Action => &self.action,
            Column::Verdict => &self.verdict,
            Column::Rule | Column::Contact | Column::Conversation | Column::Event => return true,
        };
        field.any_of.iter().any(|pattern| pattern.fits(value)) != field.negated
    }
}

/// The lanes that hold every row that can meet what is asked; nothing where none are known to.
pub(super) async fn wanted(
    connection: &mut AnyConnection,
    wanted: &Wanted,
) -> Result<Option<Vec<String>>> {
    let mut fields = wanted.fields.iter();
    let of_rules = fields.find(|field| {
        let is_named = |pattern: &Pattern| pattern.prefix || !pattern.text.is_empty();
        field.column == Column::Rule && !field.negated && field.any_of.iter().all(is_named)
    });
    let is_met = |lane: &Lane| {
        of_rules.is_none_or(|field| field.any_of.iter().any(|rule| rule.fits(&lane.rule)))
            && wanted.fields.iter().all(|field| lane.can_meet(field))
    };
    let mut found = BTreeSet::new();
    if let Some(field) = of_rules {
        for rule in &field.any_of {
            let end = if rule.prefix { "" } else { " " };
            found.extend(lanes(connection, &kept(&format!("{}{end}", rule.text))).await?);
        }
    } else {
        let mut common = COMMON
            .iter()
            .filter_map(|(action, verdict)| Lane::of(format!(" {action} {verdict} ")));
        if common.any(|lane| is_met(&lane)) {
            return Ok(None);
        }
        found.extend(lanes(connection, " ").await?);
    }
    let is_all = found.len() < MOST;
    let names = found.into_iter().filter(is_met).map(|lane| lane.name);
    Ok(is_all.then(|| names.collect()))
}

/// The lanes whose names begin so, in order, each found by one look into the index; with no beginning, those of all rules.
pub(in crate::store) async fn lanes(
    connection: &mut AnyConnection,
    beginning: &str,
) -> Result<Vec<Lane>> {
    let names = leap(connection, beginning, "> lane.name").await?;
    Ok(names.into_iter().filter_map(Lane::of).collect())
}

/// The rules of all lanes, in order, each found by one look into the index; not what stands for many (`pitch/*`).
pub(in crate::store) async fn rules(connection: &mut AnyConnection) -> Result<Vec<String>> {
    let place = if is_postgres(connection) {
        "strpos"
    } else {
        "instr"
    };
    // Of all that can follow a rule's name the blank comes first.
    let next = format!(">= substr(lane.name, 1, {place}(lane.name, ' ') - 1) || '!'");
    let names = leap(connection, "", &next).await?;
    let rules = names.into_iter().filter_map(Lane::of).map(|lane| lane.rule);
    Ok(rules.filter(|rule| !rule.contains('*')).collect())
}

/// Whether a lane's name begins so.
pub(in crate::store) async fn is_there(
    connection: &mut AnyConnection,
    beginning: &str,
) -> Result<bool> {
    let (from, to) = bounds(&kept(beginning));
    let sql = "SELECT seq FROM audit_lanes WHERE lane >= $1 AND lane < $2 LIMIT 1";
    let found: Option<(i64,)> = sqlx::query_as(sql)
        .bind(from)
        .bind(to)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// The names of lanes that begin so, in order: after each the first that is `next`.
async fn leap(connection: &mut AnyConnection, beginning: &str, next: &str) -> Result<Vec<String>> {
    let text = format!(
        "WITH RECURSIVE lane (name) AS (
            SELECT (SELECT MIN(lane) FROM audit_lanes WHERE lane >= $1 AND lane < $2)
            UNION ALL
            SELECT (SELECT MIN(a.lane) FROM audit_lanes a WHERE a.lane {next} AND a.lane < $3) FROM lane WHERE lane.name IS NOT NULL
        ) SELECT name FROM lane WHERE name IS NOT NULL LIMIT {MOST}"
    );
    let (from, to) = bounds(beginning);
    // Only a number and a text of our own are put in.
    let names: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(text))
        .bind(from)
        .bind(to.clone())
        .bind(to)
        .fetch_all(connection)
        .await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}

/// From where on, and below what, names begin so. The lanes of no rule begin with a blank, and all others above it.
fn bounds(beginning: &str) -> (String, String) {
    let from = if beginning.is_empty() { "!" } else { beginning };
    (from.to_owned(), format!("{beginning}{HIGHEST}"))
}
