//! Why something happened, in sentences.

use serde::Serialize;
use serde_json::Value;

use super::explain::{Reasons, rules_then};
use super::library::Library;
use super::sentences::tell;
use super::{Desk, DeskError, Result};
use crate::decision::Decision;
use crate::message::{ContactId, ConversationId, EventId};
use crate::store::audit::{Action, Filter, Row};
use crate::store::contacts::Standing;
use crate::store::events::{EventKind, EventRow};
use crate::store::jobs::{BEHIND, Task};

/// Most rows of the record told of one contact.
const MOST_ROWS: i64 = 200;

/// The answer to "why": sentences, and the rows of the record they were made from.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    pub lines: Vec<String>,
    pub rows: Vec<Row>,
    /// For an event whose message was judged: the decision in parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Reasons>,
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
            decision: None,
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
            lines.extend(what_it_was(filed));
        }
        let reasons = self.reasons(event).await?;
        let in_full = reasons.as_ref().map(|reasons| reasons.seq);
        for row in rows.iter().filter(|row| row.action != Action::Received) {
            match &reasons {
                Some(reasons) if row.seq == reasons.seq => {
                    lines.extend(tell_dated(row));
                    lines.extend(reasons.lines());
                }
                // What came after a decision is told with it.
                _ if in_full.is_some_and(|seq| row.seq > seq) => {}
                _ => lines.extend(tell_dated(row)),
            }
        }
        if !rows.iter().any(|row| row.action == Action::Decided)
            && rows
                .iter()
                .any(|row| row.detail.get("kind").and_then(Value::as_str) == Some("message"))
        {
            lines.push("It has not been judged yet.".to_owned());
            lines.extend(self.waits_for(&rows).await?);
        }
        Ok(Explanation {
            lines,
            rows,
            decision: reasons,
        })
    }

    /// What keeps a message from being judged, where that is a look-up of its sender.
    async fn waits_for(&self, rows: &[Row]) -> Result<Option<String>> {
        let Some(contact) = rows.iter().find_map(|row| row.contact.as_ref()) else {
            return Ok(None);
        };
        let pending = self.store.pending(contact.as_str()).await?;
        let look_up = pending.into_iter().find(|(task, ..)| *task == Task::LookUp);
        Ok(look_up.map(|(_, _, _, error)| match error {
            Some(error) => format!(
                "What Featurebase keeps of the sender is asked for; the last try failed: {error}."
            ),
            None => "What Featurebase keeps of the sender is asked for.".to_owned(),
        }))
    }

    async fn why_contact(&self, contact: &ContactId, rows: Vec<Row>) -> Result<Explanation> {
        let mut library = Library::default();
        let mut lines = vec![self.standing_line(contact).await?];
        for (task, attempts, run_at, error) in self.store.pending(contact.as_str()).await? {
            let failed = error
                .map(|error| format!(" The last try failed: {error}."))
                .unwrap_or_default();
            lines.push(format!(
                "To do: {task}, after {attempts} tries; next {}.{failed}",
                if run_at <= BEHIND {
                    "as soon as may be".to_owned()
                } else {
                    format!("at {run_at}")
                }
            ));
        }
        for row in rows.iter().filter(|row| row.action != Action::Received) {
            lines.extend(tell_dated(row));
            if row
                .verdict
                .as_deref()
                .is_some_and(|verdict| matches!(verdict, "block" | "hold"))
            {
                lines.extend(self.rules_then(row, &mut library).await?);
            }
        }
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) >= MOST_ROWS {
            lines.push(format!("Only the newest {MOST_ROWS} entries are told; `bouncer audit --contact {contact}` pages through all."));
        }
        Ok(Explanation {
            lines,
            rows,
            decision: None,
        })
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
            Standing::Blocked => match row.ends_at {
                Some(end) => format!(
                    "Contact {contact} is blocked since {since}, until {end}: then the block ends by itself."
                ),
                None => format!("Contact {contact} is blocked since {since}."),
            },
            Standing::UnblockWanted => format!(
                "An unblock of contact {contact} was ordered at {since} and is not done yet."
            ),
            Standing::UnblockFailed => format!(
                "An unblock of contact {contact} was refused by Featurebase at {since}: they may still be blocked there."
            ),
            Standing::Unblocked => format!("Contact {contact} was unblocked at {since}."),
            Standing::NotBlocked => format!("Contact {contact} is not blocked by us."),
        };
        if let Some(until) = row.exempt_until.filter(|until| *until > self.clock.now()) {
            line = format!("{line} A person's word protects them from rules until {until}.");
        }
        Ok(line)
    }

    /// How the rules that fired read when they did, and whether they have changed since.
    async fn rules_then(&self, row: &Row, library: &mut Library) -> Result<Vec<String>> {
        let Ok(decision) = serde_json::from_value::<Decision>(row.detail.clone()) else {
            return Ok(Vec::new());
        };
        let Some(then) = library.book(&self.store, &decision.book).await? else {
            return Ok(vec![
                "The rules of that time cannot be read by this version.".to_owned(),
            ]);
        };
        let now = library.in_force(&self.store).await?;
        let rules = rules_then::rules_then(&decision, Some(&then), now.as_deref());
        let lines = rules.iter().filter_map(|rule| {
            let reads = &rule.then.as_ref()?.reads;
            Some(format!(
                "    {} read: {reads}. {}",
                rule.rule,
                rule.since.say()
            ))
        });
        Ok(lines.collect())
    }
}

/// What an event turned out to be, where that is no message to judge.
fn what_it_was(filed: EventRow) -> Option<String> {
    let why = |otherwise: &str| filed.note.clone().unwrap_or_else(|| otherwise.to_owned());
    match filed.kind {
        EventKind::NotUnderstood => Some(format!(
            "It was signed, but not understood: {}.",
            why("no reason is known")
        )),
        EventKind::Repeat => filed.same_as.map(|first| {
            format!("It brought the same message as event {first}, which was judged; see there.")
        }),
        EventKind::Other => Some(format!(
            "It is not judged: {}.",
            why("it is not a contact's message")
        )),
        EventKind::Answer => {
            Some("It says that a teammate answered; that protects the contact.".to_owned())
        }
        EventKind::Message => None,
    }
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
