//! A record as years would leave it: few write often, few rules fire often, few words are common.

use std::time::Duration;

use anyhow::Context as _;
use featurebase_bouncer::decision::{
    Decision, Digest, Evidence, Facts, Finding, Part, RuleId, Stage, Then, Verdict,
};
use featurebase_bouncer::message::{ContactId, ConversationId, EventId, PartId};
use featurebase_bouncer::store::audit::{Action, Entry, Filter};
use featurebase_bouncer::store::events::{EventKind, EventRow, MessageKey};
use featurebase_bouncer::store::hits::Hits;
use featurebase_bouncer::store::{Store, Writing};
use featurebase_bouncer::time::Timestamp;
use serde_json::json;

/// How long ago the first row was written.
const SPAN: Duration = Duration::from_hours(400 * 24);
/// Messages in one transaction.
const BATCH: usize = 2_000;

/// What was made, and names to ask for.
#[derive(Default)]
pub struct Made {
    pub rows: usize,
    pub messages: usize,
    /// Bytes of the bodies.
    pub received: usize,
    pub contact: String,
    pub conversation: String,
}

/// The message whose contact and conversation are asked for.
const ASKED_FOR: usize = 20_000;

impl Made {
    /// What is asked for in a store that was filled before.
    pub async fn found(store: &Store) -> anyhow::Result<Self> {
        let filter = Filter {
            event: Some(event_of(ASKED_FOR)),
            ..Filter::default()
        };
        let rows = store.audit(&filter, 1).await?;
        let row = rows.first().context("not a store of this bench")?;
        Ok(Self {
            contact: row
                .contact
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            conversation: row
                .conversation
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            ..Self::default()
        })
    }
}

fn event_of(number: usize) -> EventId {
    EventId::new(format!("notif_{number:024x}"))
}

/// Writes about so many rows by the program's own means.
pub async fn make(store: &Store, rows: usize, now: Timestamp) -> anyhow::Result<Made> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut made = Made::default();
    let step = SPAN / u32::try_from(rows / 2).unwrap_or(1).max(1);
    let mut at = now.before(SPAN);
    let mut hits_since = Hits::default();
    while made.rows < rows {
        let mut tx = store.writing().await?;
        let mut batch = Batch::default();
        for _ in 0..BATCH {
            at = at.after(step).min(now);
            batch.message(&mut random, &mut made, at, &mut hits_since);
        }
        batch.write(&mut tx).await?;
        tx.add_hits(std::mem::take(&mut hits_since), at).await?;
        tx.commit().await?;
    }
    Ok(made)
}

#[derive(Default)]
struct Batch {
    keys: Vec<MessageKey>,
    events: Vec<EventRow>,
    entries: Vec<Entry>,
    words: Vec<(EventId, Vec<Vec<String>>)>,
}

/// The smaller the likelier.
fn zipf(random: &mut fastrand::Rng, most: usize) -> usize {
    let most_f = most as f64;
    ((most_f.powf(random.f64()) - 1.0) as usize).min(most - 1)
}

impl Batch {
    fn message(
        &mut self,
        random: &mut fastrand::Rng,
        made: &mut Made,
        at: Timestamp,
        hits: &mut Hits,
    ) {
        let number = made.messages;
        let event = event_of(number);
        let contact = ContactId::new(format!(
            "{:024x}",
            0x0065_f1c3_0000_usize + zipf(random, number / 3 + 10)
        ));
        let conversation = ConversationId::new((number / 3 + 1_000).to_string());
        let part = PartId::new((number % 3).to_string());
        let mut words: Vec<String> = (0..30 + random.usize(..30))
            .map(|_| format!("w{:05}", zipf(random, 40_000)))
            .collect();
        match number % 100_000 {
            777 => words.push("zyzzyva".to_owned()),
            17 | 5_017 | 50_017 => words.extend(["cheap", "gift", "card"].map(str::to_owned)),
            _ => {}
        }
        let body = body_of(&event, &conversation, &contact, &words.join(" "), at);
        made.received += body.len();
        if number == ASKED_FOR {
            contact.as_str().clone_into(&mut made.contact);
            conversation.as_str().clone_into(&mut made.conversation);
        }
        let about = |entry: Entry| {
            entry
                .contact(&contact)
                .conversation(&conversation)
                .event(&event)
        };
        let before = self.entries.len();
        self.entries.push(about(Entry::new(
            Action::Received,
            at,
            json!({ "kind": "message", "topic": "conversation.user.replied" }),
        )));
        let (verdict, rule) = fate(random, number);
        let decision = decision(verdict, &rule);
        hits.count(&decision);
        self.entries.push(Entry {
            verdict: Some(verdict.as_str()),
            rules: (!rule.is_empty()).then(|| rule.clone()),
            ..about(Entry::new(Action::Decided, at, json!(decision)))
        });
        if verdict == Verdict::Block {
            for action in [Action::Attempted, Action::Blocked] {
                let detail = json!({ "call": "block", "attempt": 1, "made_sure": "read back" });
                let entry = about(Entry::new(action, at, detail));
                self.entries.push(Entry {
                    rules: Some(rule.clone()),
                    ..entry
                });
            }
        }
        if number % 2_000 == 1_999 {
            let detail = json!({ "reason": "a friend" });
            self.entries.push(
                Entry::new(Action::UnblockOrdered, at, detail.clone())
                    .by(if number % 4_000 == 1_999 {
                        "ana"
                    } else {
                        "tom"
                    })
                    .contact(&contact),
            );
            self.entries
                .push(Entry::new(Action::Unblocked, at, detail).contact(&contact));
        }
        made.rows += self.entries.len() - before;
        made.messages += 1;
        self.keys.push(MessageKey {
            conversation: conversation.clone(),
            part: part.clone(),
            event: event.clone(),
            contact: contact.clone(),
            sent_at: at,
            fingerprint: None,
        });
        self.events.push(EventRow {
            event: event.clone(),
            topic: "conversation.user.replied".to_owned(),
            kind: EventKind::Message,
            received_at: at,
            conversation: Some(conversation),
            part: Some(part),
            contact: Some(contact),
            same_as: None,
            note: None,
            body: Some(body),
        });
        self.words.push((event, vec![words]));
    }

    async fn write(self, tx: &mut Writing) -> anyhow::Result<()> {
        tx.register_messages(&self.keys).await?;
        tx.file_events(self.events).await?;
        tx.record(self.entries).await?;
        tx.keep_words(self.words).await?;
        Ok(())
    }
}

/// What a message is judged, and by which rule.
fn fate(random: &mut fastrand::Rng, number: usize) -> (Verdict, String) {
    if number % 150_000 == 149_999 {
        return (Verdict::Flag, "rare/once".to_owned());
    }
    match random.usize(..1_000) {
        0..25 => (Verdict::Block, format!("pitch/r{:02}", zipf(random, 40))),
        25..40 => (Verdict::Hold, format!("pitch/r{:02}", zipf(random, 40))),
        40..60 => (Verdict::Flag, "flags/only".to_owned()),
        _ => (Verdict::Clean, String::new()),
    }
}

fn decision(verdict: Verdict, rule: &str) -> Decision {
    let finding = Finding {
        rule: RuleId(rule.to_owned()),
        why: "Cold offers of backlinks".to_owned(),
        stage: Stage::Enforce,
        then: Then::Block,
        points: 0,
        evidence: vec![Evidence {
            condition: "words".to_owned(),
            part: Part::Text,
            matched: "backlinks".to_owned(),
            place: Some(20..29),
            wanted: "backlinks".to_owned(),
            list: None,
        }],
        also: Vec::new(),
        block_for_millis: None,
    };
    Decision {
        verdict,
        asked: verdict,
        findings: if rule.is_empty() {
            Vec::new()
        } else {
            vec![finding]
        },
        points: 0,
        restrained: Vec::new(),
        facts: Facts::default(),
        book: Digest("0f".repeat(32)),
    }
}

/// A delivery of the usual size.
fn body_of(
    event: &EventId,
    conversation: &ConversationId,
    contact: &ContactId,
    text: &str,
    at: Timestamp,
) -> Vec<u8> {
    let at = at.to_string();
    json!({
        "object": "webhook_event", "id": event, "topic": "conversation.user.replied", "organizationId": "65f1c3d2a9b4e80012ab34aa", "createdAt": at,
        "data": { "item": {
            "object": "conversation", "id": conversation, "state": "open", "read": false, "priority": false, "createdAt": at, "updatedAt": at,
            "participants": [{ "type": "lead", "id": contact, "name": "Somebody Anybody", "email": "somebody@mail.example", "profilePicture": null }],
            "conversationParts": [{ "object": "conversation_part", "id": "2", "partType": "user_msg", "bodyHtml": format!("<p>{text}</p>"), "bodyMarkdown": text,
                "createdAt": at, "updatedAt": at, "author": { "type": "lead", "id": contact, "name": "Somebody Anybody", "email": "somebody@mail.example" } }],
        } },
    }).to_string().into_bytes()
}
