//! What happens in the inbox: contacts write, teammates answer, close and redact.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::errors::ApiError;
use super::event::{Item, topic};
use super::model::{Author, AuthorKind, Conversation, InboxState, Part, PartKind};
use super::workspace::Workspace;
use crate::message::Channel;
use crate::time::Timestamp;

/// The teammate who answers in the sandbox.
pub const ADMIN: &str = "5febde12dc56d60012d47a01";

/// What a contact writes. With neither form of text it is an empty message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub markdown: Option<String>,
    /// Made from the Markdown when it is not given.
    pub html: Option<String>,
    /// The conversation it answers in; `None` opens one.
    pub conversation: Option<String>,
    /// `desktop` when it is not given; `email` makes an email part.
    pub channel: Option<Channel>,
    pub subject: Option<String>,
    /// The page the conversation is started on.
    pub url: Option<String>,
}

impl Draft {
    #[must_use]
    pub fn markdown(text: &str) -> Self {
        Self {
            markdown: Some(text.to_owned()),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn html(text: &str) -> Self {
        Self {
            html: Some(text.to_owned()),
            ..Self::default()
        }
    }

    /// Answers in a conversation that is there already.
    #[must_use]
    pub fn in_conversation(mut self, id: &str) -> Self {
        self.conversation = Some(id.to_owned());
        self
    }

    #[must_use]
    pub fn by(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }
}

/// What came of writing. The opening message of a conversation is its part `1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub conversation: String,
    pub part: String,
    /// One event for each webhook that asked for the topic.
    pub event_ids: Vec<String>,
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error("the contact is blocked")]
    Blocked,
    #[error("there is no such contact")]
    NoSuchContact,
    #[error("there is no such conversation")]
    NoSuchConversation,
}

/// A change of a conversation, already checked.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub state: Option<InboxState>,
    pub snoozed_until: Option<String>,
    pub title: Option<String>,
    /// `None` leaves the assignee alone, null takes it away.
    pub assignee: Option<Value>,
    pub attributes: Map<String, Value>,
}

impl Workspace {
    pub fn write(
        &mut self,
        contact: &str,
        draft: &Draft,
        now: Timestamp,
    ) -> Result<Written, WriteError> {
        let writer = self.contacts.get_mut(contact);
        let writer = writer.ok_or(WriteError::NoSuchContact)?;
        if writer.blocked {
            return Err(WriteError::Blocked);
        }
        writer.last_activity = now;
        let author = writer.author();
        let part = part_of(draft, author.clone(), now);
        match &draft.conversation {
            Some(id) => self.append(id, part, topic::USER_REPLIED),
            None => Ok(self.open(author, draft, part)),
        }
    }

    /// A teammate's answer, which the contact sees.
    pub fn admin_replies(
        &mut self,
        conversation: &str,
        admin: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<Written, WriteError> {
        let part = admin_part(PartKind::Admin, admin, text, now);
        self.append(conversation, part, topic::ADMIN_REPLIED)
    }

    /// A teammate's note, which the contact does not see.
    pub fn admin_notes(
        &mut self,
        conversation: &str,
        admin: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<Written, WriteError> {
        let part = admin_part(PartKind::Note, admin, text, now);
        self.append(conversation, part, topic::ADMIN_NOTED)
    }

    /// A conversation a teammate starts. What the contact answers comes as a reply; the start itself makes no event.
    pub fn reach_out(
        &mut self,
        contact: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<Written, WriteError> {
        let contact = self.contacts.get(contact);
        let contact = contact.ok_or(WriteError::NoSuchContact)?.author();
        let part = admin_part(PartKind::Admin, ADMIN, text, now);
        let number = self.new_conversation_number();
        let mut conversation = new_conversation(number, contact, part);
        conversation.outreach = true;
        self.conversations.insert(number, conversation);
        Ok(Written {
            conversation: number.to_string(),
            part: "1".to_owned(),
            event_ids: Vec::new(),
        })
    }

    pub fn change(&mut self, id: &str, change: Change, now: Timestamp) -> Result<(), ApiError> {
        let conversation = self.conversation_mut(id)?;
        let before = conversation.state;
        conversation.updated = now;
        conversation.attributes.extend(change.attributes);
        if let Some(title) = change.title {
            conversation.title = Some(title);
        }
        if let Some(assignee) = change.assignee {
            conversation.assignee = assignee.as_str().map(ToOwned::to_owned);
        }
        let Some(state) = change.state else {
            return Ok(());
        };
        conversation.state = state;
        conversation.snoozed_until = change.snoozed_until;
        let number = conversation.number;
        if state != before {
            self.announce(topic::of_state(state), number, &Item::Conversation, now);
        }
        Ok(())
    }

    /// Removes a message's content for good.
    pub fn redact(&mut self, id: &str, part: &str, now: Timestamp) -> Result<(), ApiError> {
        let conversation = self.conversation_mut(id)?;
        let number = conversation.number;
        let found = conversation.parts.iter_mut().find(|p| p.id == part);
        let found = found.ok_or_else(|| {
            let message = format!("The conversation has no part {part}.");
            ApiError::not_found("conversation_part_not_found", message).param("conversationPartId")
        })?;
        if found.kind == PartKind::Note {
            let message = "Only human messages can be redacted.";
            return Err(ApiError::bad_field("conversationPartId", message));
        }
        found.html = Some(String::new());
        found.markdown = Some(String::new());
        found.redacted = true;
        found.updated = now;
        let item = Item::Part(found.id.clone());
        self.announce(topic::PART_REDACTED, number, &item, now);
        Ok(())
    }

    /// Deletes a conversation: the event carries it as it was.
    pub fn delete_conversation(&mut self, id: &str, now: Timestamp) -> Result<(), ApiError> {
        let number = self.conversation_mut(id)?.number;
        self.announce(topic::DELETED, number, &Item::Conversation, now);
        self.conversations.remove(&number);
        Ok(())
    }

    fn open(&mut self, contact: Author, draft: &Draft, part: Part) -> Written {
        let now = part.created;
        let number = self.new_conversation_number();
        let mut conversation = new_conversation(number, contact, part);
        conversation.title.clone_from(&draft.subject);
        conversation.subject.clone_from(&draft.subject);
        conversation.page.clone_from(&draft.url);
        self.conversations.insert(number, conversation);
        let item = self.settings.item_shape.item("1");
        Written {
            conversation: number.to_string(),
            part: "1".to_owned(),
            event_ids: self.announce(topic::USER_CREATED, number, &item, now),
        }
    }

    fn append(
        &mut self,
        conversation: &str,
        mut part: Part,
        topic: &'static str,
    ) -> Result<Written, WriteError> {
        let now = part.created;
        let found = self.conversation_mut(conversation);
        let found = found.map_err(|_| WriteError::NoSuchConversation)?;
        let number = found.number;
        let id = found.parts.len().saturating_add(1).to_string();
        part.id.clone_from(&id);
        if matches!(part.kind, PartKind::User | PartKind::Email) {
            found.state = InboxState::Open;
            found.snoozed_until = None;
        }
        found.parts.push(part);
        found.updated = now;
        Ok(Written {
            conversation: number.to_string(),
            part: id.clone(),
            event_ids: self.announce(topic, number, &Item::Part(id), now),
        })
    }
}

pub(super) fn part_of(draft: &Draft, author: Author, now: Timestamp) -> Part {
    let channel = draft.channel.unwrap_or(Channel::Desktop);
    let kind = match channel {
        Channel::Email => PartKind::Email,
        _ => PartKind::User,
    };
    let html = draft.html.clone();
    Part {
        id: "1".to_owned(),
        kind,
        author,
        channel,
        html: html.or_else(|| draft.markdown.as_deref().map(html_of)),
        markdown: draft.markdown.clone(),
        redacted: false,
        created: now,
        updated: now,
    }
}

pub(super) fn new_conversation(number: u64, contact: Author, opening: Part) -> Conversation {
    Conversation {
        number,
        title: None,
        state: InboxState::Open,
        snoozed_until: None,
        contact,
        assignee: None,
        tags: Vec::new(),
        attributes: Map::new(),
        subject: None,
        page: None,
        outreach: false,
        created: opening.created,
        updated: opening.created,
        parts: vec![opening],
    }
}

pub(super) fn admin_part(kind: PartKind, admin: &str, text: &str, now: Timestamp) -> Part {
    Part {
        id: "1".to_owned(),
        kind,
        author: Author {
            id: Some(admin.to_owned()),
            kind: AuthorKind::Admin,
            name: Some("Sandbox Teammate".to_owned()),
            email: None,
        },
        channel: Channel::Desktop,
        html: Some(html_of(text)),
        markdown: Some(text.to_owned()),
        redacted: false,
        created: now,
        updated: now,
    }
}

/// Markdown is not rendered: what the two forms must have in common is the words.
fn html_of(markdown: &str) -> String {
    let escaped = markdown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br>");
    format!("<p>{escaped}</p>")
}
