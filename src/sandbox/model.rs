//! What the sandbox's inbox holds, and how Featurebase writes each of it as JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::message::{Channel, ContactKind};
use crate::time::Timestamp;

crate::vocabulary! {
    /// Who can be the author of a part. Only the first two are contacts.
    AuthorKind {
        Customer = "customer",
        Lead = "lead",
        Admin = "admin",
        Bot = "bot",
        Guest = "guest",
        Integration = "integration",
    }
}

crate::vocabulary! {
    /// The kinds of part the sandbox makes; Featurebase has more.
    PartKind {
        User = "user_msg",
        Email = "email_msg",
        Admin = "admin_msg",
        Note = "admin_note",
        Bot = "bot_msg",
    }
}

crate::vocabulary! {
    /// Whether a conversation waits in the inbox.
    InboxState {
        Open = "open",
        Closed = "closed",
        Snoozed = "snoozed",
    }
}

impl From<ContactKind> for AuthorKind {
    fn from(kind: ContactKind) -> Self {
        match kind {
            ContactKind::Customer => Self::Customer,
            ContactKind::Lead => Self::Lead,
        }
    }
}

/// A company a contact belongs to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Company {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_spend: Option<f64>,
}

/// Somebody to add to the sandbox; a lead without a name unless told otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NewContact {
    /// A fixed id of 24 hexadecimal digits; one is made when this is `None`.
    #[serde(skip_serializing)]
    pub id: Option<String>,
    #[serde(rename = "type")]
    pub kind: ContactKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    pub verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    pub roles: Vec<String>,
    pub companies: Vec<Company>,
    pub custom_fields: Map<String, Value>,
    pub posts_created: u32,
    pub comments_created: u32,
}

impl Default for NewContact {
    fn default() -> Self {
        Self {
            id: None,
            kind: ContactKind::Lead,
            name: None,
            email: None,
            user_id: None,
            verified: false,
            locale: None,
            roles: Vec::new(),
            companies: Vec::new(),
            custom_fields: Map::new(),
            posts_created: 0,
            comments_created: 0,
        }
    }
}

impl NewContact {
    #[must_use]
    pub fn lead(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn customer(name: &str) -> Self {
        Self {
            kind: ContactKind::Customer,
            ..Self::lead(name)
        }
    }

    #[must_use]
    pub fn email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }
}

#[derive(Debug, Clone)]
pub(super) struct Contact {
    pub id: String,
    pub blocked: bool,
    pub about: NewContact,
    pub last_activity: Timestamp,
}

impl Contact {
    pub fn author(&self) -> Author {
        Author {
            id: Some(self.id.clone()),
            kind: self.about.kind.into(),
            name: self.about.name.clone(),
            email: self.about.email.clone(),
        }
    }

    pub fn json(&self) -> Value {
        let mut value = json!(self.about);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("object".into(), json!("contact"));
            fields.insert("id".into(), json!(self.id));
            fields.insert("lastActivity".into(), json!(self.last_activity.to_string()));
        }
        value
    }
}

#[derive(Debug, Clone)]
pub(super) struct Author {
    pub id: Option<String>,
    pub kind: AuthorKind,
    pub name: Option<String>,
    pub email: Option<String>,
}

impl Author {
    fn json(&self) -> Value {
        let mut value = json!({ "id": self.id, "type": self.kind, "profilePicture": null });
        put(&mut value, "name", self.name.as_ref());
        put(&mut value, "email", self.email.as_ref());
        value
    }
}

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub id: String,
    pub kind: PartKind,
    pub author: Author,
    pub channel: Channel,
    pub html: Option<String>,
    pub markdown: Option<String>,
    pub redacted: bool,
    pub created: Timestamp,
    pub updated: Timestamp,
}

impl Part {
    pub fn json(&self) -> Value {
        let mut value = json!({
            "object": "conversation_part",
            "id": self.id,
            "partType": self.kind,
            "bodyHtml": self.html,
            "bodyMarkdown": self.markdown,
            "author": self.author.json(),
            "createdAt": self.created.to_string(),
            "updatedAt": self.updated.to_string(),
        });
        // Featurebase gives notes no channel.
        let channel = (self.kind != PartKind::Note).then_some(self.channel);
        put(&mut value, "channel", channel);
        put(&mut value, "redacted", self.redacted.then_some(true));
        value
    }
}

#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub id: String,
    pub name: String,
}

impl Tag {
    pub fn json(&self) -> Value {
        json!({ "type": "tag", "id": self.id, "name": self.name })
    }
}

#[derive(Debug, Clone)]
pub(super) struct Conversation {
    pub number: u64,
    pub title: Option<String>,
    pub state: InboxState,
    pub snoozed_until: Option<String>,
    /// The contact it is with.
    pub contact: Author,
    pub assignee: Option<String>,
    pub tags: Vec<Tag>,
    pub attributes: Map<String, Value>,
    pub subject: Option<String>,
    pub page: Option<String>,
    pub outreach: bool,
    /// The opening message is the first.
    pub parts: Vec<Part>,
    pub created: Timestamp,
    pub updated: Timestamp,
}

/// How many parts Featurebase sends with a conversation at most: the newest ones.
const MAX_PARTS: usize = 500;

impl Conversation {
    /// The conversation without its parts, as lists and events carry it.
    pub fn json(&self, blocked: bool) -> Value {
        let mut value = json!({
            "object": "conversation",
            "id": self.number.to_string(),
            "state": self.state,
            "isBlocked": blocked,
            "brandId": null,
            "priority": false,
            "participants": self.participants(),
            "tags": self.tags.iter().map(Tag::json).collect::<Vec<_>>(),
            "adminAssigneeId": self.assignee,
            "teamAssigneeId": null,
            "snoozedUntil": self.snoozed_until,
            "userPreferredLanguage": "en",
            "customAttributes": self.attributes,
            "createdAt": self.created.to_string(),
            "updatedAt": self.updated.to_string(),
            "lastActivityAt": self.last_activity().to_string(),
        });
        put(&mut value, "title", self.title.as_ref());
        put(&mut value, "source", self.source());
        value
    }

    /// The conversation as it is answered when fetched by id.
    pub fn json_with_parts(&self, blocked: bool) -> Value {
        let skip = self.parts.len().saturating_sub(MAX_PARTS);
        let parts: Vec<Value> = self.parts.iter().skip(skip).map(Part::json).collect();
        let mut value = self.json(blocked);
        put(&mut value, "conversationParts", Some(parts));
        value
    }

    pub fn last_activity(&self) -> Timestamp {
        self.parts.last().map_or(self.created, |part| part.created)
    }

    /// Ids of everybody who takes part, the contact first.
    pub fn participant_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for author in self.authors() {
            if let Some(id) = author.id.as_deref().filter(|id| !ids.contains(id)) {
                ids.push(id);
            }
        }
        ids
    }

    fn participants(&self) -> Vec<Value> {
        self.participant_ids()
            .into_iter()
            .filter_map(|id| {
                let author = self.authors().find(|a| a.id.as_deref() == Some(id))?;
                Some(json!({ "id": id, "type": author.kind }))
            })
            .collect()
    }

    fn authors(&self) -> impl Iterator<Item = &Author> {
        std::iter::once(&self.contact).chain(self.parts.iter().map(|part| &part.author))
    }

    fn source(&self) -> Option<Value> {
        let first = self.parts.first()?;
        let mut value = json!({
            "bodyHtml": first.html.as_deref().unwrap_or_default(),
            "bodyMarkdown": first.markdown.as_deref().unwrap_or_default(),
            "channel": first.channel,
            "author": { "id": first.author.id, "type": first.author.kind },
            "deliveredAs": if self.outreach { "admin_initiated" } else { "customer_initiated" },
        });
        put(&mut value, "subject", self.subject.as_ref());
        put(&mut value, "url", self.page.as_ref());
        Some(value)
    }
}

/// Featurebase leaves a field out where it has nothing to say.
fn put<T: Serialize>(value: &mut Value, field: &str, content: Option<T>) {
    if let (Some(fields), Some(content)) = (value.as_object_mut(), content) {
        fields.insert(field.to_owned(), json!(content));
    }
}
