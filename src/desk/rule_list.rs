//! How much use each rule and each list entry is, so that what never matches can be taken out.

use serde::Serialize;

use super::ledger::{Share, share_of};
use super::{Desk, Result};
use crate::decision::{RuleId, Stage, Then};
use crate::rules::Rulebook;
use crate::rules::rule::Rule;
use crate::store::hits::{self, RuleHits};
use crate::time::Timestamp;

/// Every rule and every list of a rulebook, with how often they matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleList {
    /// Rules are counted from the beginning of this moment's day (UTC) on.
    pub since: Timestamp,
    pub rules: Vec<RuleUse>,
    pub lists: Vec<ListUse>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleUse {
    pub id: RuleId,
    pub stage: Stage,
    pub then: Then,
    pub file: String,
    pub line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The rule has ended and is off, by its `expires`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_since: Option<Timestamp>,
    #[serde(flatten)]
    pub hits: RuleHits,
    /// People undid more of its blocks than the policy allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regret: Option<Share>,
}

/// One list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListUse {
    pub list: String,
    pub entries: usize,
    /// How many of its entries were ever met.
    pub met: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// The entries never met.
    #[serde(skip)]
    pub unmet: Vec<String>,
}

/// What never matched: rules, and for each list its entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unused {
    pub rules: Vec<RuleId>,
    pub lists: Vec<UnusedEntries>,
}

/// The entries of one list that were never met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnusedEntries {
    pub list: String,
    pub entries: Vec<String>,
}

impl Desk {
    /// How often the rules of a book fired since a moment, and which entries of its lists (name and entries) were ever met.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rule_list(
        &self,
        book: &Rulebook,
        lists: &[(String, Vec<String>)],
        since: Timestamp,
    ) -> Result<RuleList> {
        let hits = self.store.rule_hits(since).await?;
        let now = self.clock.now();
        let bound = book.policy().regret;
        let shares = self.regrets(bound).await?;
        let regret = |rule: &Rule| {
            let share = share_of(&rule.id, &shares, bound);
            Some(share).filter(|share| share.passed && rule.stage == Stage::Enforce)
        };
        let of = |rule: &Rule| RuleUse {
            id: rule.id.clone(),
            stage: rule.stage,
            then: rule.then,
            file: rule.file.clone(),
            line: rule.line,
            owner: rule.owner.clone(),
            tags: rule.tags.clone(),
            off_since: rule.expires.filter(|_| rule.is_over(now)),
            hits: hits.get(&rule.id).copied().unwrap_or_default(),
            regret: regret(rule),
        };
        let rules = book.rules().iter().map(of).collect();
        let mut used = Vec::new();
        for (list, entries) in lists {
            used.push(self.list_use(list, entries).await?);
        }
        Ok(RuleList {
            since,
            rules,
            lists: used,
        })
    }

    async fn list_use(&self, list: &str, entries: &[String]) -> Result<ListUse> {
        let hits = self.store.list_hits(list).await?;
        let met = |entry: &&String| hits.get(&hits::kept(entry));
        let last_at = entries
            .iter()
            .filter_map(|entry| met(&entry))
            .map(|hits| hits.last_at)
            .max();
        let unmet: Vec<String> = entries
            .iter()
            .filter(|entry| met(entry).is_none())
            .cloned()
            .collect();
        Ok(ListUse {
            list: list.to_owned(),
            entries: entries.len(),
            met: entries.len() - unmet.len(),
            last_at,
            unmet,
        })
    }
}

impl RuleList {
    /// What never matched.
    #[must_use]
    pub fn unused(&self) -> Unused {
        let rules = self.rules.iter().filter(|rule| rule.never_fired());
        let lists = self.lists.iter().filter(|list| !list.unmet.is_empty());
        Unused {
            rules: rules.map(|rule| rule.id.clone()).collect(),
            lists: lists
                .map(|list| UnusedEntries {
                    list: list.list.clone(),
                    entries: list.unmet.clone(),
                })
                .collect(),
        }
    }

    /// One line for each rule and list.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let day = self.since.to_string();
        let day = day.split('T').next().unwrap_or_default();
        let mut lines = vec![format!("Messages since {day} (UTC):")];
        let widest = |width: fn(&RuleUse) -> usize| self.rules.iter().map(width).max().unwrap_or(0);
        let (id, said) = (
            widest(|rule| rule.id.0.len()),
            widest(|rule| rule.say_hits().len()),
        );
        lines.extend(self.rules.iter().map(|rule| rule.line(id, said)));
        if !self.lists.is_empty() {
            lines.push("Lists:".to_owned());
        }
        lines.extend(self.lists.iter().map(ListUse::line));
        lines
    }
}

impl RuleUse {
    const fn never_fired(&self) -> bool {
        self.hits.last_at.is_none()
    }

    fn say_hits(&self) -> String {
        let RuleHits {
            fired,
            blocked,
            held,
            flagged,
            last_at,
        } = self.hits;
        match last_at {
            None => "never fired".to_owned(),
            Some(last) if fired == 0 => format!("did not fire, last {last}"),
            Some(last) => format!(
                "fired {fired}: blocked {blocked}, held {held}, flagged {flagged}; last {last}"
            ),
        }
    }

    fn line(&self, id: usize, said: usize) -> String {
        let owner = self.owner.as_ref().map(|owner| format!("  owner {owner}"));
        let tags = (!self.tags.is_empty()).then(|| format!("  [{}]", self.tags.join(", ")));
        let off = self.off_since.map(|since| format!("  OFF since {since}"));
        let regret = self.regret.as_ref().map(|share| {
            format!(
                "\n    {}",
                share.say(Some(&format!("{}:{}", self.file, self.line)))
            )
        });
        format!(
            "{:<id$}  {:<7} {:<6}  {:<said$}  {}:{}{}{}{}{}",
            self.id.0,
            self.stage,
            self.then,
            self.say_hits(),
            self.file,
            self.line,
            owner.unwrap_or_default(),
            tags.unwrap_or_default(),
            off.unwrap_or_default(),
            regret.unwrap_or_default()
        )
    }
}

impl ListUse {
    fn line(&self) -> String {
        let Self {
            list, entries, met, ..
        } = self;
        match self.last_at {
            Some(last) => {
                format!("{list}: {met} of {entries} entries were ever met, last {last}")
            }
            None => format!("{list}: none of its {entries} entries was ever met"),
        }
    }
}

impl Unused {
    /// One line for each rule and entry.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let rules = self
            .rules
            .iter()
            .map(|rule| format!("rule {rule} never fired"));
        let entries = self.lists.iter().flat_map(|list| {
            let name = &list.list;
            list.entries
                .iter()
                .map(move |entry| format!("{name}: “{entry}” was never met"))
        });
        let mut lines: Vec<String> = rules.chain(entries).collect();
        if lines.is_empty() {
            lines.push("every rule fired, and every list entry was met".to_owned());
        }
        lines
    }
}
