//! How each rule fares: what it did, what people said of it, and whether they regret too much of it.

mod precision;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::library::Library;
use super::{Desk, Result};
use crate::decision::{Digest, RuleId, Stage};
use crate::rules::Rulebook;
use crate::rules::policy::{Policy, RegretBound};
use crate::store::ledger::{Counts, Fared};
use crate::time::Timestamp;

pub use precision::Precision;

/// How every rule fared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleLedger {
    /// Counted from the beginning of this moment's day (UTC) on, by the time of the decisions.
    pub since: Timestamp,
    pub rules: Vec<LedgerLine>,
}

/// How one rule fared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerLine {
    pub rule: RuleId,
    /// As it is in force; nothing for a rule that is no longer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(flatten)]
    pub counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// The day (UTC) of the last decision, ever, that people said to be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_true_hit: Option<String>,
    pub regret: Share,
    /// The same for each rulebook it stood in, the latest last.
    pub versions: Vec<VersionLine>,
}

/// How much of what a rule did people undid, within the time the policy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    pub acted: i64,
    pub regretted: i64,
    /// In words.
    pub bound: String,
    pub passed: bool,
}

/// How one rule of one rulebook fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionLine {
    /// Empty for the time before rulebooks were told apart.
    pub book: Digest,
    #[serde(flatten)]
    pub counts: Counts,
}

impl Desk {
    /// The rulebook in force, if this version can read it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn book_in_force(&self) -> Result<Option<Arc<Rulebook>>> {
        Ok(Library::default().in_force(&self.store).await?)
    }

    /// How every rule fared since a moment, or only those meant: a rule's id, or its beginning followed by `*`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ledger(&self, only: Option<&str>, since: Timestamp) -> Result<RuleLedger> {
        let book = self.book_in_force().await?;
        let bound = book
            .as_ref()
            .map_or_else(|| Policy::default().regret, |book| book.policy().regret);
        let shares = self.regrets(bound).await?;
        let mut by_rule: BTreeMap<RuleId, Vec<Fared>> = BTreeMap::new();
        for fared in self.store.ledger(since).await? {
            by_rule.entry(fared.rule.clone()).or_default().push(fared);
        }
        for rule in book.iter().flat_map(|book| book.rules()) {
            by_rule.entry(rule.id.clone()).or_default();
        }
        let meant = |rule: &RuleId| {
            only.is_none_or(|only| super::undo::Selection::of_rule(only).names(rule))
        };
        let rules = by_rule
            .into_iter()
            .filter(|(rule, _)| meant(rule))
            .map(|(rule, mut fared)| {
                fared.sort_by_key(|fared| fared.days);
                let counts = fared
                    .iter()
                    .fold(Counts::default(), |all, fared| all.and(fared.counts));
                let known = book.as_ref().and_then(|book| {
                    let mut rules = book.rules().iter();
                    rules.find(|known| known.id == rule)
                });
                let last_right = fared.iter().filter_map(|fared| fared.last_right).max();
                LedgerLine {
                    stage: known.map(|rule| rule.stage),
                    place: known.map(|rule| format!("{}:{}", rule.file, rule.line)),
                    precision: Precision::of(counts.said_right, counts.mistaken),
                    last_true_hit: last_right.map(say_day),
                    regret: share_of(&rule, &shares, bound),
                    versions: fared
                        .iter()
                        .filter(|fared| fared.counts != Counts::default())
                        .map(|fared| VersionLine {
                            book: Digest(fared.book.clone()),
                            counts: fared.counts,
                        })
                        .collect(),
                    counts,
                    rule,
                }
            });
        Ok(RuleLedger {
            since,
            rules: rules.collect(),
        })
    }

    /// The rules people regret anything of, with blocks asked for and undone, within the time of the bound.
    pub(super) async fn regrets(&self, bound: RegretBound) -> Result<Vec<(RuleId, i64, i64)>> {
        let since = self.clock.now().before(bound.within);
        Ok(self.store.regretted(since).await?)
    }
}

pub(super) fn share_of(rule: &RuleId, shares: &[(RuleId, i64, i64)], bound: RegretBound) -> Share {
    let found = shares.iter().find(|(known, ..)| known == rule);
    let (acted, regretted) = found.map_or((0, 0), |(_, acted, regretted)| (*acted, *regretted));
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    Share {
        acted,
        regretted,
        bound: bound.say(),
        passed: bound.is_passed(number(acted), number(regretted)),
    }
}

fn say_day(day: i64) -> String {
    let at = Timestamp::from_seconds(0).after(DAY.saturating_mul(u32::try_from(day).unwrap_or(0)));
    say_date(at)
}

const DAY: Duration = Duration::from_hours(24);

fn say_date(at: Timestamp) -> String {
    let text = at.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

impl RuleLedger {
    /// What people read.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "Decisions since {} (UTC). Precision: of those people called right or wrong, with the Wilson score interval (95 %).",
            say_date(self.since)
        )];
        for line in &self.rules {
            lines.extend(line.lines());
        }
        if self.rules.is_empty() {
            lines.push("no such rule is in force, or ever fired".to_owned());
        }
        lines
    }
}

impl LedgerLine {
    fn lines(&self) -> Vec<String> {
        let c = &self.counts;
        let stage = self.stage.map_or("gone", Stage::as_str);
        let mut lines = vec![
            format!("{}  [{stage}]", self.rule),
            format!(
                "    fired {}: had {} blocked, {} held, {} flagged",
                c.fired, c.acted, c.held, c.flagged
            ),
            format!(
                "    people: {} right, {} wrong; {} blocks undone",
                c.said_right, c.said_wrong, c.regretted
            ),
            match &self.precision {
                Some(precision) => format!("    precision: {}", precision.say()),
                None => "    precision: nobody has said anything yet".to_owned(),
            },
            match &self.last_true_hit {
                Some(day) => format!("    last true hit: {day}"),
                None => "    last true hit: none known".to_owned(),
            },
        ];
        if let (true, Some(Stage::Enforce)) = (self.regret.passed, self.stage) {
            lines.push(format!("    {}", self.regret.say(self.place.as_deref())));
        }
        let told = self.versions.iter().filter(|_| self.versions.len() > 1);
        lines.extend(told.map(|version| {
            let (c, book) = (&version.counts, version.book.short());
            format!(
                "    rules {}: fired {}, blocked {}, right {}, wrong {}, undone {}",
                if book.is_empty() { "before" } else { book },
                c.fired,
                c.acted,
                c.said_right,
                c.said_wrong,
                c.regretted
            )
        }));
        lines
    }
}

impl Share {
    /// That too much is regretted, and what is proposed.
    #[must_use]
    pub fn say(&self, place: Option<&str>) -> String {
        format!(
            "REGRETTED: {} of {} blocks were undone, more than {}. Proposed: set stage = \"hold\" for the rule{}",
            self.regretted,
            self.acted,
            self.bound,
            place
                .map(|place| format!(" at {place}"))
                .unwrap_or_default()
        )
    }
}
