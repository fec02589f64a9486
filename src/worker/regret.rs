//! Watches how much of what each rule does people undo. Too much proposes that the rule only holds: people decide.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::Worker;
use crate::decision::{RuleId, Stage};
use crate::rules::Rulebook;
use crate::rules::policy::RegretBound;
use crate::rules::rule::Rule;
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::ledger::Regret;
use crate::time::Timestamp;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(10);

/// When it was looked last.
pub(super) type LookedAt = Mutex<Option<Timestamp>>;

impl Worker {
    /// Looks whether people regret too much of a rule's blocks, or no longer do. Each is told once, whatever the number of
    /// replicas.
    pub(super) async fn watch_regret(&self) -> Result<()> {
        let now = self.clock.now();
        if self.store.is_tight() || !self.is_time_to_look(now) {
            return Ok(());
        }
        let Some(book) = self.book.borrow().clone() else {
            return Ok(());
        };
        let bound = book.policy().regret;
        let counted = self.store.regretted(now.before(bound.within)).await?;
        let known = self.store.regrets().await?;
        for (rule, acted, regretted) in &counted {
            let is_known = known.iter().any(|known| known.rule == rule.0);
            let Some(rule) = blocking(&book, rule).filter(|_| !is_known) else {
                continue;
            };
            if bound.is_passed(number(*acted), number(*regretted)) {
                self.propose(rule, (*acted, *regretted), bound, now).await?;
            }
        }
        for known in known {
            let of = |(rule, ..): &&(RuleId, i64, i64)| rule.0 == known.rule;
            let (acted, regretted) = counted
                .iter()
                .find(of)
                .map_or((0, 0), |found| (found.1, found.2));
            let why = if blocking(&book, &RuleId(known.rule.clone())).is_none() {
                "the rule no longer blocks"
            } else if bound.is_kept_again(number(acted), number(regretted)) {
                "people undid less of its blocks lately"
            } else {
                continue;
            };
            self.ease(&known, why, now).await?;
        }
        Ok(())
    }

    fn is_time_to_look(&self, now: Timestamp) -> bool {
        let mut looked_at = self
            .looked_at_regret
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // A clock that was set back must not keep it from being looked at.
        let recently = looked_at.is_some_and(|at| now >= at && now.since(at) < EVERY);
        if !recently {
            *looked_at = Some(now);
        }
        !recently
    }

    async fn propose(
        &self,
        rule: &Rule,
        (acted, regretted): (i64, i64),
        bound: RegretBound,
        now: Timestamp,
    ) -> Result<()> {
        let regret = Regret {
            rule: rule.id.0.clone(),
            since: now,
            acted,
            regretted,
            bound: bound.say(),
            place: format!("{}:{}", rule.file, rule.line),
        };
        let mut tx = self.store.writing().await?;
        if !tx.note_regret(&regret).await? {
            // Another replica was faster.
            return Ok(());
        }
        let detail = json!({
            "acted": acted,
            "regretted": regretted,
            "bound": regret.bound,
            "place": regret.place,
            "edit": format!("set stage = \"hold\" for the rule at {}", regret.place),
        });
        let entry = Entry {
            rules: Some(regret.rule.clone()),
            ..Entry::new(Action::RegretHigh, now, detail)
        };
        tx.record(vec![entry]).await?;
        tx.commit().await?;
        tracing::warn!(rule = %regret.rule, acted, regretted, bound = %regret.bound, place = %regret.place, "people undid too many of this rule's blocks: it is proposed that it only holds (`bouncer rules ledger`)");
        Ok(())
    }

    async fn ease(&self, regret: &Regret, why: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.store.writing().await?;
        if !tx.forget_regret(&regret.rule).await? {
            return Ok(());
        }
        let entry = Entry {
            rules: Some(regret.rule.clone()),
            ..Entry::new(Action::RegretEased, now, json!({ "why": why }))
        };
        tx.record(vec![entry]).await?;
        tx.commit().await
    }
}

/// The rule, if it is one that acts by itself.
fn blocking<'b>(book: &'b Rulebook, id: &RuleId) -> Option<&'b Rule> {
    book.rules()
        .iter()
        .find(|rule| rule.id == *id && rule.stage == Stage::Enforce)
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
