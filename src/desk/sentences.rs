//! Rows of the record and decisions, in sentences.

mod forgetting;
mod law;
mod orders;
mod undone;
mod watch;

use std::time::Duration;

use serde_json::Value;

use super::search::printable;

use crate::decision::{Decision, Facts, Finding, Lookup, Verdict};
use crate::message::{ContactId, EventId};
use crate::store::audit::{Action, BOUNCER, Row};
use crate::store::jobs::Task;
use crate::time::{Timestamp, say_span};

/// One row of the record in sentences.
#[must_use]
#[allow(
    clippy::too_many_lines,
    reason = "one entry for each action, and nothing else"
)]
pub fn tell(row: &Row) -> Vec<String> {
    match row.action {
        Action::Decided => tell_decision(row),
        Action::Received => vec![format!(
            "An event came in ({}, {}).",
            word(row, "topic"),
            word(row, "kind")
        )],
        Action::RulesAdopted | Action::RulesRejected | Action::RulesRolledBack => {
            vec![law::tell(row)]
        }
        Action::BrakeTripped | Action::BrakeReleased | Action::QueueOld | Action::QueueCaughtUp => {
            vec![watch::tell(row)]
        }
        Action::ConfirmedRight
        | Action::ConfirmedWrong
        | Action::UndoOrdered
        | Action::UndoDone
        | Action::RegretHigh
        | Action::RegretEased => vec![undone::tell(row)],
        Action::UnblockOrdered
        | Action::HoldReleased
        | Action::HoldConfirmed
        | Action::Stopped
        | Action::Resumed => vec![orders::tell(row)],
        Action::ClockWentBack => vec![format!(
            "The clock went back from {}; what waited was counted anew.",
            word(row, "from")
        )],
        Action::LateBlock
        | Action::UnblockedThere
        | Action::BlockedThere
        | Action::Remembered
        | Action::ReconcileStarted
        | Action::Reconciled => vec![tell_compared(row)],
        Action::KeyRefused => vec![format!(
            "Featurebase refuses the API key ({}); the work is kept until it is mended.",
            word(row, "why")
        )],
        Action::RecordKeyChanged => vec![format!(
            "{} had another key sign the record from then on: {}.",
            row.actor,
            word(row, "new")
        )],
        Action::Restored => vec![format!(
            "{} restored the backup {}: what happened after it was made is not in the record.",
            row.actor,
            word(row, "file")
        )],
        Action::KeyAccepted => vec!["Featurebase accepts the API key again.".to_owned()],
        Action::WebhookSuspended
        | Action::WebhookActive
        | Action::WebhookReactivated
        | Action::Silence
        | Action::SilenceEnded
        | Action::GapFound
        | Action::GapRepaired => vec![tell_lookout(row)],
        Action::Erased
        | Action::Forgotten
        | Action::RedactedThere
        | Action::ConversationDeletedThere
        | Action::LegalHoldAdded
        | Action::LegalHoldLifted => vec![forgetting::tell(row)],
        _ => vec![tell_call(row)],
    }
}

/// What was noticed of deliveries that do not come.
fn tell_lookout(row: &Row) -> String {
    let (since, why) = (word(row, "since"), word(row, "why"));
    match row.action {
        Action::WebhookSuspended => {
            format!(
                "Featurebase does not deliver as it should: {}.",
                word(row, "what")
            )
        }
        Action::WebhookActive => "Featurebase delivers again.".to_owned(),
        Action::WebhookReactivated => format!(
            "{} had Featurebase make the webhook {} active, which was {}.",
            row.actor,
            word(row, "webhook"),
            word(row, "was")
        ),
        Action::Silence => format!("Nothing has been delivered since {since}."),
        Action::SilenceEnded => format!("Deliveries came again, after a silence since {since}."),
        Action::GapFound => format!("Messages were found that were never delivered ({why})."),
        _ => format!(
            "{} messages that were never delivered were taken in ({why}).",
            row.detail.get("recovered").unwrap_or(&Value::Null)
        ),
    }
}

fn word<'r>(row: &'r Row, key: &str) -> &'r str {
    row.detail
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// What was seen at Featurebase, and what follows from it.
fn tell_compared(row: &Row) -> String {
    let (why, because) = (word(row, "why"), word(row, "because"));
    let number = |key: &str| row.detail.get(key).and_then(Value::as_u64).unwrap_or(0);
    match row.action {
        Action::LateBlock => format!("A block came late: {why}."),
        Action::UnblockedThere => format!(
            "Unblocked in Featurebase itself: {why}. Until {} rules only hold this contact.",
            word(row, "exempt_until")
        ),
        Action::Remembered => format!("Known again ({}): {why}.", word(row, "standing")),
        Action::ReconcileStarted => {
            format!("Who is blocked is compared with Featurebase: {because}.")
        }
        Action::Reconciled => format!(
            "Who is blocked was compared with Featurebase ({because}): {} looked at, {} differences.",
            number("compared"),
            number("differences")
        ),
        _ => format!("Somebody else's block: {why}."),
    }
}

fn tell_call(row: &Row) -> String {
    let (call, why, made_sure) = (word(row, "call"), word(row, "why"), word(row, "made_sure"));
    match row.action {
        Action::Attempted => {
            let attempt = row.detail.get("attempt").unwrap_or(&Value::Null);
            format!("About to {}, try {attempt}.", errand(call))
        }
        Action::AlsoDone => match (word(row, "answer"), made_sure) {
            ("", "") => format!("Done: {}.", errand(call)),
            (told, sure) => format!("Done: {} ({told}{sure}).", errand(call)),
        },
        Action::NotDone => format!("Not done: {}, because {why}.", errand(call)),
        Action::BlockEndPlanned => match word(row, "ends_at") {
            "" => "The block stays for good now.".to_owned(),
            end => format!("The block ends by itself at {end}."),
        },
        Action::BlockEnded => {
            format!("The block is over: Featurebase unblocked the contact ({made_sure}).")
        }
        Action::AttemptFailed if row.detail.get("key_refused").is_some() => {
            format!("Featurebase refused the API key ({why}); it waits until the key is mended.")
        }
        Action::AttemptFailed => format!(
            "The try failed: {why}. Next try at {}.",
            word(row, "next_try")
        ),
        Action::Blocked => format!("Featurebase blocked the contact ({made_sure})."),
        Action::AlreadyBlocked => {
            format!("The contact was blocked already ({}).", word(row, "answer"))
        }
        Action::Unblocked => format!("Featurebase unblocked the contact ({made_sure})."),
        Action::Held => format!("The {call} waits for a person: {why}."),
        Action::Refused => format!(
            "Refused for good: {} ({why}; {}).",
            errand(call),
            word(row, "code")
        ),
        Action::GaveUp => format!("The {call} was given up after many tries: {why}."),
        _ => format!("The {call} was called off: {why}."),
    }
}

/// What a call is for.
fn errand(call: &str) -> String {
    match Task::parse(call) {
        Some(Task::EndBlock) => "ask Featurebase to unblock the contact, whose block is over",
        Some(Task::Redact) => "ask Featurebase to remove the message's content",
        Some(Task::Note) => "leave a note in the conversation",
        Some(Task::Close) => "ask Featurebase to close the conversation",
        Some(Task::Notify) => "tell the address in notify_url",
        _ => return format!("ask Featurebase to {call} the contact"),
    }
    .to_owned()
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

fn tell_decision(row: &Row) -> Vec<String> {
    if let Some(first) = row.detail.get("same_message_as").and_then(Value::as_str) {
        return vec![format!(
            "The same message as in event {first}, which was judged there."
        )];
    }
    if let Some(why) = row.detail.get("unreadable").and_then(Value::as_str) {
        return vec![format!("Flagged without judging: {why}.")];
    }
    match serde_json::from_value::<Decision>(row.detail.clone()) {
        Ok(decision) => {
            let mut lines = decision_lines(&decision);
            lines.extend(forgetting::of_decision(row));
            lines.extend(profile_line(&decision.facts, row.at));
            if let Some(note) = row.detail.get("note").and_then(Value::as_str) {
                lines.push(format!("Nothing more was asked of Featurebase: {note}."));
            }
            lines
        }
        Err(_) => vec!["A decision this version cannot read.".to_owned()],
    }
}

/// A decision in sentences.
#[must_use]
pub fn decision_lines(decision: &Decision) -> Vec<String> {
    let verdict = match decision.verdict {
        Verdict::Clean if decision.findings.is_empty() => "Judged clean: no rule fired.",
        Verdict::Clean => "Judged clean.",
        Verdict::Flag => "Flagged for people to look at; nobody is blocked.",
        Verdict::Hold => "Held: a block waits for a person.",
        Verdict::Block => "Judged a block.",
    };
    let mut lines = vec![format!("{verdict} (rules {})", decision.book.short())];
    lines.extend(decision.findings.iter().map(finding_line));
    if decision.points != 0 {
        lines.push(format!(
            "Points of all rules together: {}.",
            decision.points
        ));
    }
    if !decision.restrained.is_empty() {
        let because: Vec<&str> = decision
            .restrained
            .iter()
            .map(|restrained| restrained.because.as_str())
            .collect();
        lines.push(format!(
            "The rules asked for: {}. Not done at once because {}.",
            decision.asked,
            because.join("; and ")
        ));
    }
    if !decision.findings.is_empty() {
        lines.push(facts_line(&decision.facts));
    }
    lines
}

fn finding_line(finding: &Finding) -> String {
    let found: Vec<String> = finding
        .evidence
        .iter()
        .map(|evidence| match &evidence.place {
            Some(place) => format!(
                "“{}” ({} “{}”, bytes {}–{})",
                printable(&evidence.matched),
                evidence.condition,
                evidence.wanted,
                place.start,
                place.end
            ),
            None => format!(
                "“{}” ({})",
                printable(&evidence.matched),
                evidence.condition
            ),
        })
        .collect();
    let found = match found.as_slice() {
        [] => "What it found is not kept.".to_owned(),
        found => format!("It found {}.", found.join(", ")),
    };
    format!(
        "Rule {} [{}] says {}: {}. {found}",
        finding.rule, finding.stage, finding.then, finding.why
    )
}

fn facts_line(facts: &Facts) -> String {
    let mut known = vec![
        if facts.first_message {
            "it was the sender's first message"
        } else {
            "the sender had written before"
        }
        .to_owned(),
        if facts.answered_before {
            "a teammate had answered them"
        } else {
            "no teammate had answered them"
        }
        .to_owned(),
    ];
    if let Some(until) = facts.unblocked_until {
        known.push(format!("a person had unblocked them (until {until})"));
    }
    if let Some(since) = facts.known_since {
        known.push(format!("they had been known since {since}"));
    }
    if facts.blocked_before {
        known.push("they had been blocked before".to_owned());
    }
    if facts.unblocked_before {
        known.push("a person had had them unblocked before".to_owned());
    }
    for (counts, what) in [
        (&facts.messages_within, "messages"),
        (&facts.same_text_within, "messages like this one"),
        (&facts.senders_within, "senders of messages like this one"),
    ] {
        for (window, count) in counts {
            let window = std::time::Duration::from_millis(u64::try_from(*window).unwrap_or(0));
            known.push(format!("{count} {what} within {}", say_span(window)));
        }
    }
    format!("Known then: {}.", known.join(", "))
}

/// What Featurebase said of the sender, where it was looked up, and how old that was when it was judged by.
fn profile_line(facts: &Facts, at: Timestamp) -> Option<String> {
    let Lookup::Found(profile) = &facts.profile else {
        return None;
    };
    let age = Duration::from_secs(at.since(profile.looked_up_at).as_secs());
    let list = |what: &str, values: &[String]| match values {
        [] => format!("no {what}"),
        values => format!("{what} {}", values.join(", ")),
    };
    let mut known = vec![
        match profile.verified {
            Some(true) => "verified",
            Some(false) => "not verified",
            None => "not said whether verified",
        }
        .to_owned(),
        list("company", &profile.companies),
        list("role", &profile.roles),
    ];
    let attributes = profile.attributes.iter();
    known.extend(attributes.map(|(name, value)| format!("{name} = {value}")));
    Some(format!(
        "Featurebase said of the sender, looked up at {} ({} before): {}.",
        profile.looked_up_at,
        say_span(age),
        known.join("; ")
    ))
}

/// One line for a list: when, what, whom, by which rules.
#[must_use]
pub fn list_line(row: &Row) -> String {
    let id = |id: Option<&str>| id.unwrap_or("-").to_owned();
    let what = match &row.verdict {
        Some(verdict) => format!("{} {verdict}", row.action),
        None => row.action.to_string(),
    };
    format!(
        "{:>6}  {}  {what:<20} {:<24} {}{}{}",
        row.seq,
        moment(row.at),
        id(row.contact.as_ref().map(ContactId::as_str)),
        id(row.event.as_ref().map(EventId::as_str)),
        row.rules
            .as_deref()
            .map(|rules| format!("  {rules}"))
            .unwrap_or_default(),
        if row.actor == BOUNCER {
            String::new()
        } else {
            format!("  by {}", row.actor)
        },
    )
}

fn moment(at: Timestamp) -> String {
    at.to_string()
}
