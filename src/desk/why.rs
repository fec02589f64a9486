//! Why something happened, in sentences.

use serde::Serialize;
use serde_json::Value;

use super::{Desk, DeskError, Result};
use crate::decision::{Decision, Digest, Facts, Finding, RuleId, Verdict};
use crate::message::{ContactId, ConversationId, EventId};
use crate::rules::{self, Rulebook};
use crate::store::audit::{Action, Filter, Row};
use crate::store::contacts::Standing;
use crate::store::events::EventKind;
use crate::time::Timestamp;

/// Most rows of the record told of one contact.
const MOST_ROWS: i64 = 200;

/// The answer to "why": sentences, and the rows of the record they were made from.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    pub lines: Vec<String>,
    pub rows: Vec<Row>,
}

impl Desk {
    /// Explains what became of an event, a contact or a conversation, named by its id.
    ///
    /// # Errors
    /// When nothing of that id is known, or the store fails.
    pub async fn why(&self, id: &str) -> Result<Explanation> {
        let id = id.trim();
        let event = EventId::new(id);
        if self.store.event(&event).await?.is_some() {
            return self.why_event(&event).await;
        }
        let contact = ContactId::new(id);
        let by_contact = self
            .rows(Filter {
                contact: Some(contact.clone()),
                ..Filter::default()
            })
            .await?;
        if !by_contact.is_empty() {
            return self.why_contact(&contact, by_contact).await;
        }
        let by_conversation = self
            .rows(Filter {
                conversation: Some(ConversationId::new(id)),
                ..Filter::default()
            })
            .await?;
        if by_conversation.is_empty() {
            return Err(DeskError::Unknown(id.to_owned()));
        }
        let mut lines = vec![format!("Conversation {id}:")];
        lines.extend(by_conversation.iter().flat_map(tell_dated));
        Ok(Explanation {
            lines,
            rows: by_conversation,
        })
    }

    /// Rows of the record, oldest first.
    async fn rows(&self, filter: Filter) -> Result<Vec<Row>> {
        let mut rows = self.store.audit(&filter, MOST_ROWS).await?;
        rows.reverse();
        Ok(rows)
    }

    async fn why_event(&self, event: &EventId) -> Result<Explanation> {
        let rows = self
            .rows(Filter {
                event: Some(event.clone()),
                ..Filter::default()
            })
            .await?;
        let mut lines = Vec::new();
        if let Some(filed) = self.store.event(event).await? {
            lines.push(format!(
                "Event {event} ({}) came in at {}.",
                filed.topic, filed.received_at
            ));
            lines.extend(match filed.kind {
                EventKind::NotUnderstood => Some(format!(
                    "It was signed, but not understood: {}.",
                    filed.note.as_deref().unwrap_or("no reason is known")
                )),
                EventKind::Repeat => filed.same_as.map(|first| {
                    format!(
                        "It brought the same message as event {first}, which was judged; see there."
                    )
                }),
                EventKind::Other => Some(format!(
                    "It is not judged: {}.",
                    filed
                        .note
                        .as_deref()
                        .unwrap_or("it is not a contact's message")
                )),
                EventKind::Answer => {
                    Some("It says that a teammate answered; that protects the contact.".to_owned())
                }
                EventKind::Message => None,
            });
        }
        for row in rows.iter().filter(|row| row.action != Action::Received) {
            lines.extend(tell_dated(row));
            lines.extend(self.rules_then(row).await?);
        }
        if !rows.iter().any(|row| row.action == Action::Decided)
            && rows
                .iter()
                .any(|row| row.detail.get("kind").and_then(Value::as_str) == Some("message"))
        {
            lines.push("It has not been judged yet.".to_owned());
        }
        Ok(Explanation { lines, rows })
    }

    async fn why_contact(&self, contact: &ContactId, rows: Vec<Row>) -> Result<Explanation> {
        let mut lines = vec![self.standing_line(contact).await?];
        for (task, attempts, run_at, error) in self.store.pending(contact.as_str()).await? {
            let failed = error
                .map(|error| format!(" The last try failed: {error}."))
                .unwrap_or_default();
            lines.push(format!(
                "To do: {task}, after {attempts} tries; next at {run_at}.{failed}"
            ));
        }
        for row in rows.iter().filter(|row| row.action != Action::Received) {
            lines.extend(tell_dated(row));
            if row
                .verdict
                .as_deref()
                .is_some_and(|verdict| matches!(verdict, "block" | "hold"))
            {
                lines.extend(self.rules_then(row).await?);
            }
        }
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) >= MOST_ROWS {
            lines.push(format!("Only the newest {MOST_ROWS} entries are told; `bouncer audit --contact {contact}` pages through all."));
        }
        Ok(Explanation { lines, rows })
    }

    async fn standing_line(&self, contact: &ContactId) -> Result<String> {
        let Some(row) = self.store.standing(contact).await? else {
            return Ok(format!(
                "Contact {contact} was never blocked by us, nor unblocked."
            ));
        };
        let since = row.changed_at;
        let mut line = match row.standing {
            Standing::BlockWanted => format!(
                "A block of contact {contact} was decided on at {since} and is not done yet."
            ),
            Standing::Blocked => format!("Contact {contact} is blocked since {since}."),
            Standing::UnblockWanted => format!(
                "An unblock of contact {contact} was ordered at {since} and is not done yet."
            ),
            Standing::Unblocked => format!("Contact {contact} was unblocked at {since}."),
            Standing::NotBlocked => {
                format!("Contact {contact} is not blocked by us; the last try ended at {since}.")
            }
        };
        if let Some(until) = row.exempt_until {
            line =
                format!("{line} A person's unblock keeps rules from blocking them until {until}.");
        }
        Ok(line)
    }

    /// How the rules that fired read when they did, and whether they have changed since.
    async fn rules_then(&self, row: &Row) -> Result<Vec<String>> {
        let Ok(decision) = serde_json::from_value::<Decision>(row.detail.clone()) else {
            return Ok(Vec::new());
        };
        let Some(then) = self.book(&decision.book).await? else {
            return Ok(vec![
                "The rules of that time cannot be read by this version.".to_owned(),
            ]);
        };
        let latest = self.store.latest_book().await?;
        let now = match latest {
            Some((digest, _)) if digest != decision.book => self.book(&digest).await?,
            _ => None,
        };
        let mut lines = Vec::new();
        for finding in &decision.findings {
            let Some(read) = sentence(&then, &finding.rule) else {
                continue;
            };
            let changed = match now.as_ref().map(|book| sentence(book, &finding.rule)) {
                Some(None) => " It has been taken out since.",
                Some(Some(today)) if today != read => " It has been changed since.",
                _ => " It reads the same today.",
            };
            lines.push(format!("    {} read: {read}.{changed}", finding.rule));
        }
        Ok(lines)
    }

    async fn book(&self, digest: &Digest) -> Result<Option<Rulebook>> {
        let files = self.store.book(digest).await?;
        Ok(files
            .and_then(|files| rules::source::unpack(&files))
            .and_then(|files| rules::load(&files).ok()))
    }
}

fn sentence(book: &Rulebook, id: &RuleId) -> Option<String> {
    book.rules()
        .iter()
        .find(|rule| rule.id == *id)
        .map(crate::rules::rule::Rule::say)
}

fn tell_dated(row: &Row) -> Vec<String> {
    let mut lines = tell(row);
    if let Some(first) = lines.first_mut() {
        *first = format!("{}  {first}", row.at);
    }
    for line in lines.iter_mut().skip(1) {
        *line = format!("    {line}");
    }
    lines
}

/// One row of the record in sentences.
#[must_use]
pub fn tell(row: &Row) -> Vec<String> {
    match row.action {
        Action::Decided => tell_decision(row),
        Action::Received => vec![format!(
            "An event came in ({}, {}).",
            word(row, "topic"),
            word(row, "kind")
        )],
        Action::RulesAdopted => vec![format!(
            "New rules came into force: {} ({} rules).",
            short(word(row, "book")),
            row.detail.get("rules").unwrap_or(&Value::Null)
        )],
        Action::RulesRejected => {
            let first = row.detail.pointer("/problems/0").and_then(Value::as_str);
            vec![format!(
                "Edited rules were refused: {}",
                first.unwrap_or_default()
            )]
        }
        Action::UnblockOrdered
        | Action::HoldReleased
        | Action::HoldConfirmed
        | Action::Stopped
        | Action::Resumed => vec![tell_order(row)],
        _ => vec![tell_call(row)],
    }
}

fn word<'r>(row: &'r Row, key: &str) -> &'r str {
    row.detail
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn tell_order(row: &Row) -> String {
    let (actor, reason) = (&row.actor, word(row, "reason"));
    match row.action {
        Action::HoldReleased => format!("{actor} let the contact go: {reason}."),
        Action::HoldConfirmed => format!("{actor} had the held block carried out: {reason}."),
        Action::Stopped => format!("{actor} stopped all calls: {reason}."),
        Action::Resumed => format!("{actor} let calls go on: {reason}."),
        _ => format!(
            "{actor} ordered an unblock: {reason}. Until {} rules only hold this contact.",
            word(row, "exempt_until")
        ),
    }
}

fn tell_call(row: &Row) -> String {
    let (call, why, made_sure) = (word(row, "call"), word(row, "why"), word(row, "made_sure"));
    match row.action {
        Action::Attempted => {
            let attempt = row.detail.get("attempt").unwrap_or(&Value::Null);
            format!("Asking Featurebase to {call} the contact, try {attempt}.")
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
        Action::Refused => format!(
            "Featurebase refused to {call} for good: {why} ({}).",
            word(row, "code")
        ),
        Action::GaveUp => format!("The {call} was given up after many tries: {why}."),
        _ => format!("The {call} was called off: {why}."),
    }
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
                evidence.matched, evidence.condition, evidence.wanted, place.start, place.end
            ),
            None => format!("“{}” ({})", evidence.matched, evidence.condition),
        })
        .collect();
    format!(
        "Rule {} [{}] says {}: {}. It found {}.",
        finding.rule,
        finding.stage,
        finding.then,
        finding.why,
        found.join(", ")
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
    for (window, count) in &facts.messages_within {
        let window = std::time::Duration::from_millis(u64::try_from(*window).unwrap_or(0));
        known.push(format!(
            "{count} messages within {}",
            crate::time::say_span(window)
        ));
    }
    format!("Known then: {}.", known.join(", "))
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
        if row.actor == crate::store::audit::BOUNCER {
            String::new()
        } else {
            format!("  by {}", row.actor)
        },
    )
}

fn moment(at: Timestamp) -> String {
    at.to_string()
}
