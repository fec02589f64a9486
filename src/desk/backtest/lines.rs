//! A backtest in sentences.

use super::{Change, Hit, Report};
use crate::decision::RuleId;
use crate::message::EventId;

/// Senders named in the answer on a terminal; `--json` has more.
const MOST_LINES: usize = 20;

impl Report {
    /// What came of it, in sentences.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![match &self.before {
            Some(before) => format!(
                "The rules {} beside the rules {}:",
                self.draft.short(),
                before.short()
            ),
            None => format!(
                "The rules {} beside what judged each message in its time:",
                self.draft.short()
            ),
        }];
        lines.extend(self.total_lines());
        lines.extend(self.sender_lines());
        lines.extend(self.rule_lines());
        lines.extend(self.cost_lines());
        lines
    }

    fn total_lines(&self) -> Vec<String> {
        let totals = &self.totals;
        let mut lines = vec![format!("{} messages were judged.", totals.judged)];
        for (count, what) in [
            (totals.erased, "could not be judged: their text was erased"),
            (
                totals.in_part,
                "could not be judged fully: they hinge on something about the sender that nobody looked up then; they are left out",
            ),
            (totals.failed, "could not be judged: judging failed"),
            (
                totals.not_judged,
                "events were not judged then either: repeats, and what was not understood",
            ),
        ] {
            if count > 0 {
                lines.push(format!("{count} {what}."));
            }
        }
        for (what, before, after) in [
            ("block", totals.blocked_before, totals.blocked),
            ("hold", totals.held_before, totals.held),
            ("flag", totals.flagged_before, totals.flagged),
        ] {
            lines.push(format!("    {what:<5}  {before} before, {after} now"));
        }
        lines
    }

    fn sender_lines(&self) -> Vec<String> {
        let changes = &self.changes;
        let mut lines = vec![
            format!(
                "Senders: {} newly hit (customers {}, answered before {}), {} hit harder, {} less hard, {} no longer hit.",
                changes.newly_hit,
                changes.newly_hit_customers,
                changes.newly_hit_answered,
                changes.harder,
                changes.softer,
                changes.no_longer_hit
            ),
            format!(
                "    {} newly blocked, {} no longer blocked; {} customers are hit in all.",
                changes.newly_blocked, changes.no_longer_blocked, changes.customers
            ),
        ];
        if self.senders_left_out > 0 {
            lines.push(format!(
                "    {} messages are of senders beyond the first hundred thousand that were hit; these senders are not counted.",
                self.senders_left_out
            ));
        }
        let mut change = None;
        for hit in self.senders.iter().take(MOST_LINES) {
            if change != Some(hit.change) {
                change = Some(hit.change);
                lines.push(heading(hit.change).to_owned());
            }
            lines.push(hit_line(hit));
        }
        let all = changes.newly_hit + changes.harder + changes.softer + changes.no_longer_hit;
        let named = u64::try_from(self.senders.len().min(MOST_LINES)).unwrap_or(u64::MAX);
        if all > named {
            lines.push(format!(
                "    and {} more; --json names the first {}.",
                all - named,
                self.senders.len()
            ));
        }
        lines
    }

    fn rule_lines(&self) -> Vec<String> {
        let fired = self.rules.iter().filter(|rule| rule.fired > 0);
        let mut lines: Vec<String> = fired
            .map(|rule| {
                format!(
                    "    {} [{}]: fired {}, would block {}, hold {}, flag {}; such as {}",
                    rule.rule,
                    rule.stage,
                    rule.fired,
                    rule.blocked,
                    rule.held,
                    rule.flagged,
                    rule.examples
                        .iter()
                        .map(EventId::as_str)
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            })
            .collect();
        let silent = self.rules.len() - lines.len();
        lines.insert(0, "Rules:".to_owned());
        if silent > 0 {
            lines.push(format!("    {silent} rules never fired."));
        }
        lines
    }

    fn cost_lines(&self) -> Vec<String> {
        let cost = &self.cost;
        let slowest: Vec<String> = cost
            .slowest
            .iter()
            .map(|(rule, micros)| format!("{rule} {micros:.1} µs"))
            .collect();
        vec![
            format!(
                "Cost: {:.0} µs a message on average, {:.0} µs at most.",
                cost.mean_micros, cost.max_micros
            ),
            format!("    Slowest rules: {}.", slowest.join(", ")),
        ]
    }
}

const fn heading(change: Change) -> &'static str {
    match change {
        Change::NewlyHit => "Newly hit:",
        Change::Harder => "Hit harder:",
        Change::Softer => "Hit less hard:",
        Change::NoLongerHit => "No longer hit:",
        Change::Same => "As before:",
    }
}

fn hit_line(hit: &Hit) -> String {
    let mut known = Vec::new();
    if hit.customer {
        known.push("a customer".to_owned());
    }
    if hit.answered_before {
        known.push("answered before".to_owned());
    }
    if let Some(since) = hit.known_since {
        known.push(format!("known since {since}"));
    }
    let rules: Vec<&str> = hit.rules.iter().map(|RuleId(id)| id.as_str()).collect();
    format!(
        "    {}: {} before, {} now ({}){}  event {}",
        hit.contact,
        hit.before,
        hit.after,
        known.join(", "),
        if rules.is_empty() {
            String::new()
        } else {
            format!("  {}", rules.join(" "))
        },
        hit.event
    )
}
