//! What is judged: one message a contact wrote, and who wrote it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identity! {
    /// One webhook event (`notif_...`), which keeps it over every redelivery; or a message that was never delivered and was
    /// found later ([`EventId::recovered`]).
    EventId
}
identity! {
    /// A conversation's short id.
    ConversationId
}
identity! {
    /// A part's short id, unique within its conversation; [`PartId::opening`] for a conversation's first message.
    PartId
}
identity! {
    /// A contact: 24 hexadecimal digits where Featurebase says so, kept as sent.
    ContactId
}

/// How ids of our own making begin.
const RECOVERED: &str = "recovered_";

impl EventId {
    /// The id of a message that was found later: the same however often it is found.
    #[must_use]
    pub fn recovered(conversation: &ConversationId, part: &PartId) -> Self {
        Self(format!("{RECOVERED}{conversation}_{part}"))
    }

    #[must_use]
    pub fn is_recovered(&self) -> bool {
        self.0.starts_with(RECOVERED)
    }
}

impl PartId {
    /// The message a conversation was started with; Featurebase gives it no part id of its own.
    #[must_use]
    pub fn opening() -> Self {
        Self::new("opening")
    }
}

impl ContactId {
    /// Whether the id has the form Featurebase documents: 24 hexadecimal digits. Only such an id is put in a URL.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.0.len() == 24 && self.0.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

/// Makes a closed vocabulary: an enum whose values have one written form everywhere.
#[macro_export]
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            #[must_use]
            #[allow(dead_code, reason = "not every vocabulary is read back")]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

vocabulary! {
    /// The two kinds of contact. Nobody else can be blocked.
    ContactKind {
        /// A registered user.
        Customer = "customer",
        /// Somebody who wrote without being registered.
        Lead = "lead",
    }
}

vocabulary! {
    /// How a message reached the inbox.
    Channel {
        Unknown = "unknown",
        Desktop = "desktop",
        Android = "android",
        Ios = "ios",
        Email = "email",
        Slack = "slack",
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub kind: ContactKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// One message as Featurebase sent it: evidence, never changed by us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub event: EventId,
    pub conversation: ConversationId,
    pub part: PartId,
    pub from: Contact,
    /// When the contact wrote it, by Featurebase's clock.
    pub sent_at: Timestamp,
    pub channel: Channel,
    /// Whether this message started its conversation.
    pub opens_conversation: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The address of the page the conversation was started on; known for the message that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The brand the conversation belongs to; known for the message that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
}
