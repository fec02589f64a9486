//! An explanation in sentences.

use super::words::Found;
use super::{Holds, Reasons, RuleThen, Since};
use crate::decision::Verdict;
use crate::desk::search::printable;

impl Reasons {
    /// The explanation in sentences, with a heading for each part. What came of it is told before, with the row itself.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.state_lines();
        lines.extend(part("What matched", self.word_lines()));
        lines.extend(part("By which rules", self.rule_lines()));
        lines.extend(part("Points", self.point_lines()));
        lines.extend(part("Protections and brakes", self.guard_lines()));
        lines.extend(part(
            "What would have had to be different",
            self.otherwise_lines(),
        ));
        lines.extend(part("Near misses", self.near_lines()));
        lines.extend(part("Afterwards", self.afterwards_lines()));
        lines
    }

    fn state_lines(&self) -> Vec<String> {
        match self.holds {
            Holds::Whole => Vec::new(),
            Holds::Erased => vec![
                "The text was erased; what the record still holds is told. What would have had to be different, and near misses, cannot be told without it.".to_owned(),
            ],
            Holds::RulesGone => vec![
                "The rules of that time cannot be loaded by this version of the program; what the record holds is told.".to_owned(),
            ],
            Holds::Differs => {
                let mut lines = vec![
                    "Judged again, it comes to something else than the record says:".to_owned(),
                ];
                lines.extend(self.differs.iter().map(|what| format!("    {what}.")));
                lines
            }
        }
    }

    fn word_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for quote in &self.words {
            let found: Vec<String> = quote.found.iter().map(say_found).collect();
            match (&quote.line, quote.number) {
                (Some(line), Some(number)) => {
                    lines.push(format!("line {number}: {line}"));
                    lines.push(format!("    {}: {}", quote.rule, found.join(", ")));
                }
                _ => lines.push(format!("{}: {}", quote.rule, found.join(", "))),
            }
        }
        lines
    }

    fn rule_lines(&self) -> Vec<String> {
        self.rules.iter().flat_map(say_rule).collect()
    }

    fn point_lines(&self) -> Vec<String> {
        let points = &self.points;
        let mut lines: Vec<String> = points
            .steps
            .iter()
            .map(|step| {
                let beside = if step.sum == step.sum_with_hold {
                    String::new()
                } else {
                    format!(", {} with rules in stage hold", step.sum_with_hold)
                };
                format!(
                    "{} [{}] gives {:+}: {} so far{beside}",
                    step.rule, step.stage, step.points, step.sum
                )
            })
            .collect();
        if let (Some(flag), Some(block)) = (points.flag_at, points.block_at) {
            lines.push(format!(
                "From {flag} on it is flagged, from {block} on blocked."
            ));
        }
        lines
    }

    /// What did not apply is told only where a block was asked for.
    fn guard_lines(&self) -> Vec<String> {
        let told = |applied: bool| applied || self.asked == Verdict::Block;
        let guards = self.guards.iter().filter(|guard| told(guard.applied));
        guards
            .map(|guard| {
                let applied = if guard.applied {
                    "Applied"
                } else {
                    "Did not apply"
                };
                format!("{applied}: {}.", guard.said)
            })
            .collect()
    }

    fn otherwise_lines(&self) -> Vec<String> {
        let otherwise = &self.otherwise;
        let changes = otherwise.changes.iter();
        let mut lines: Vec<String> = changes
            .map(|change| {
                format!(
                    "If {}: it would have been {}.",
                    change.had,
                    was(change.verdict)
                )
            })
            .collect();
        if otherwise.tried > 0 {
            lines.push(if lines.is_empty() {
                format!(
                    "None of {} single changes that were tried would have led to something else.",
                    otherwise.tried
                )
            } else {
                format!(
                    "({} single changes were tried, by judging again.)",
                    otherwise.tried
                )
            });
        }
        lines
    }

    fn near_lines(&self) -> Vec<String> {
        let near = self.near.iter();
        near.map(|near| format!("{} lacks only: {}.", near.rule, near.lacks))
            .collect()
    }

    fn afterwards_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for deed in &self.afterwards {
            let mut said = deed.said.iter();
            lines.extend(said.next().map(|first| format!("{}  {first}", deed.at)));
            lines.extend(said.map(|line| format!("    {line}")));
        }
        lines
    }
}

fn part(heading: &str, lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        return Vec::new();
    }
    let mut told = vec![format!("{heading}:")];
    told.extend(lines.into_iter().map(|line| format!("    {line}")));
    told
}

const fn was(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "judged clean",
        Verdict::Flag => "flagged for people to look at",
        Verdict::Hold => "held for a person to decide",
        Verdict::Block => "judged a block",
    }
}

fn say_found(found: &Found) -> String {
    let list = found.list.as_ref();
    format!(
        "“{}” ({} “{}”{})",
        printable(&found.matched),
        found.condition,
        found.wanted,
        list.map(|list| format!(" in {list}")).unwrap_or_default()
    )
}

fn say_rule(rule: &RuleThen) -> Vec<String> {
    let place = match (&rule.then, rule.line) {
        (Some(then), Some(line)) => format!(", {}:{line}", then.file),
        _ => String::new(),
    };
    let mut lines = vec![format!(
        "{} (stage {}{place}): {}",
        rule.rule, rule.stage, rule.why
    )];
    if let Some(then) = &rule.then {
        lines.push(format!("    read then: {}.", then.reads));
    }
    lines.push(match (rule.since, &rule.now) {
        (Since::Changed, Some(now)) => format!("    reads now: {}.", now.reads),
        (since, _) => format!("    {}", since.say()),
    });
    lines
}
