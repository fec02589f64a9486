//! `channel`, `brand`, `conversation`: where the message came in.

use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::message::Channel;
use crate::rules::condition::Condition;
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

pub const CHANNEL: Kind = Kind {
    name: "channel",
    about: "The message came in through one of these channels.",
    example: "{ channel = [\"email\"] }",
    fires: r#"{ text = "Hello", channel = "email" }"#,
    passes: r#"{ text = "Hello", channel = "desktop" }"#,
    schema: || schema::words(Channel::ALL, Channel::as_str),
    read: |reader, value| {
        let channels = reader.vocabulary(
            value,
            Channel::ALL,
            Channel::as_str,
            "[\"email\", \"desktop\"]",
        )?;
        Some(Box::new(Channels { channels }))
    },
};

pub const BRAND: Kind = Kind {
    name: "brand",
    about: "The conversation belongs to one of these brands, by their ids in Featurebase. Only the message that opens a conversation tells its brand.",
    example: "{ brand = [\"6601a2b3c4d5e6f708192a3b\"] }",
    fires: r#"{ text = "Hello", brand = "6601a2b3c4d5e6f708192a3b" }"#,
    passes: r#"{ text = "Hello", brand = "000000000000000000000001" }"#,
    schema: schema::texts,
    read: |reader, value| {
        let texts = reader.texts(value, "[\"6601a2b3c4d5e6f708192a3b\"]")?;
        let brands = texts.into_iter();
        let brands = brands.map(|(brand, _)| brand.trim().to_owned()).collect();
        Some(Box::new(Brand { brands }))
    },
};

pub const CONVERSATION: Kind = Kind {
    name: "conversation",
    about: "The message started a conversation (\"new\") or came into one that was there (\"reply\").",
    example: "{ conversation = \"new\" }",
    fires: r#"{ text = "Hello", conversation = "new" }"#,
    passes: r#"{ text = "Hello", conversation = "reply" }"#,
    schema: || schema::word(Opening::ALL, Opening::as_str),
    read: |reader, value| {
        let wanted = reader.word(
            value,
            Opening::ALL,
            Opening::as_str,
            "conversation = \"new\"",
        )?;
        Some(Box::new(Conversation { wanted }))
    },
};

crate::vocabulary! {
    /// Whether a message started its conversation.
    Opening {
        New = "new",
        Reply = "reply",
    }
}

#[derive(Debug)]
struct Channels {
    channels: Vec<Channel>,
}

impl Condition for Channels {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let channel = subject.message.channel;
        self.channels.contains(&channel).then(|| {
            vec![evidence(
                "channel",
                Part::Place,
                channel.as_str(),
                channel.as_str(),
            )]
        })
    }

    fn say(&self) -> String {
        let channels: Vec<&str> = self
            .channels
            .iter()
            .map(|channel| channel.as_str())
            .collect();
        format!("the message came by {}", channels.join(" or "))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it came by {}", subject.message.channel))
    }
}

#[derive(Debug)]
struct Brand {
    brands: Vec<String>,
}

impl Condition for Brand {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let brand = subject.message.brand.as_deref()?;
        let wanted = self.brands.iter().find(|wanted| *wanted == brand)?;
        Some(vec![evidence("brand", Part::Place, brand, wanted)])
    }

    fn say(&self) -> String {
        format!("the conversation's brand is {}", say_list(&self.brands))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(match &subject.message.brand {
            Some(brand) => format!("its brand is {brand}"),
            None => "the message does not tell its brand".to_owned(),
        })
    }
}

#[derive(Debug)]
struct Conversation {
    wanted: Opening,
}

impl Conversation {
    const fn actual(subject: &Subject<'_>) -> Opening {
        if subject.message.opens_conversation {
            Opening::New
        } else {
            Opening::Reply
        }
    }

    const fn words(opening: Opening) -> &'static str {
        match opening {
            Opening::New => "the message starts a conversation",
            Opening::Reply => "the message is a reply in a conversation",
        }
    }
}

impl Condition for Conversation {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let actual = Self::actual(subject);
        (actual == self.wanted).then(|| {
            vec![evidence(
                "conversation",
                Part::Place,
                actual.as_str(),
                self.wanted.as_str(),
            )]
        })
    }

    fn say(&self) -> String {
        Self::words(self.wanted).to_owned()
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(Self::words(Self::actual(subject)).to_owned())
    }
}
