//! The language the record is searched in: `action:blocked rule:pitch/* created:>2026-11-01 "gift card"`.
//!
//! Reading a search is a plain function of its text; what a search means at a moment is said by [`Query::wanted`].

mod complete;
mod created;
mod parse;
mod print;
mod wanted;
mod written;

pub use complete::{Completion, Known};
pub use created::{Moment, Span, When};
pub use parse::read;

crate::vocabulary! {
    /// What can be asked for besides words of a message.
    Key {
        /// Who did it: a person, or `bouncer`.
        Actor = "actor",
        /// What happened.
        Action = "action",
        /// The rules it was about.
        Rule = "rule",
        /// What a message was judged.
        Verdict = "verdict",
        /// The contact's id.
        Contact = "contact",
        /// The conversation's id.
        Conversation = "conversation",
        /// The event's id.
        Event = "event",
        /// When it was written down.
        Created = "created",
    }
}

/// The verdicts rows of the record have.
pub const VERDICTS: &[&str] = &["clean", "flag", "hold", "block", "repeat"];

/// A search as it was written. Printed, it reads the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// All of them must hold.
    pub terms: Vec<Term>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// With a `-` before it: it must not hold.
    pub negated: bool,
    pub what: What,
}

/// What a condition asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// One of the values. Never [`Key::Created`].
    Field { key: Key, values: Vec<Value> },
    /// One of the spans of time.
    Created(Vec<Span>),
    /// Words of a message that is still kept, in this order.
    Text(String),
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub text: String,
    /// With a `*` at its end: everything that begins so.
    pub prefix: bool,
}

impl Query {
    /// Whether words of messages are asked for.
    #[must_use]
    pub fn has_text(&self) -> bool {
        let mut terms = self.terms.iter();
        terms.any(|term| matches!(term.what, What::Text(_)))
    }

    /// The words and phrases that must be there, for showing where they stand.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(|term| match &term.what {
            What::Text(text) if !term.negated => Some(text.as_str()),
            _ => None,
        })
    }
}
