//! What goes wrong on request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

crate::vocabulary! {
    /// Which API calls a fault waits for.
    FaultTarget {
        Any = "any",
        Block = "block",
        Unblock = "unblock",
        /// Every `GET`, and the search of conversations.
        Read = "read",
        /// Every other call: notes, tags, redactions, changes of state, webhooks.
        Other = "other",
        /// The `GET` of one contact; `read` strikes it, too.
        Contact = "contact",
        /// A redaction; `other` strikes it, too.
        Redact = "redact",
        /// A note or a reply; `other` strikes it, too.
        Note = "note",
        /// A change of a conversation, such as closing it; `other` strikes it, too.
        Change = "change",
    }
}

impl FaultTarget {
    /// Whether a call that is `call` is struck by what waits for this.
    const fn covers(self, call: Self) -> bool {
        matches!(
            (self, call),
            (Self::Any, _)
                | (Self::Block, Self::Block)
                | (Self::Unblock, Self::Unblock)
                | (Self::Read, Self::Read | Self::Contact)
                | (Self::Contact, Self::Contact)
                | (
                    Self::Other,
                    Self::Other | Self::Redact | Self::Note | Self::Change
                )
                | (Self::Redact, Self::Redact)
                | (Self::Note, Self::Note)
                | (Self::Change, Self::Change)
        )
    }

    pub(super) const fn writes(self) -> bool {
        !matches!(self, Self::Read | Self::Contact)
    }
}

/// One thing that goes wrong. Faults are tried in the order they were given; the first that fits a call is the one
/// that happens. They come after the checks of key, version and rate limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    #[serde(default = "any")]
    pub on: FaultTarget,
    pub kind: FaultKind,
    /// How many calls it strikes; `None` is every one until it is removed.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Fault {
    /// A fault that strikes until it is removed.
    #[must_use]
    pub fn always(on: FaultTarget, kind: FaultKind) -> Self {
        Self {
            on,
            kind,
            times: None,
        }
    }

    #[must_use]
    pub fn once(on: FaultTarget, kind: FaultKind) -> Self {
        Self::times(1, on, kind)
    }

    #[must_use]
    pub fn times(times: u32, on: FaultTarget, kind: FaultKind) -> Self {
        Self {
            on,
            kind,
            times: Some(times),
        }
    }
}

/// How a call goes wrong. Spans are real time, never the sandbox's clock, but for [`LateEffect`](Self::LateEffect).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 429 with this `Retry-After`; nothing happens.
    TooMany(RetryAfter),
    /// This status in the one error shape; nothing happens.
    Status(u16),
    /// As [`Status`](Self::Status), with `x-should-retry` saying what the client is to do.
    Hinted { status: u16, should_retry: bool },
    /// Accepts the call, does nothing and never answers: cut after a minute.
    Hang,
    /// Cuts the connection without an answer; nothing happens.
    Reset,
    /// The call takes effect and the connection is cut instead of answered.
    LostAnswer,
    /// The connection is cut instead of answered, and a block or unblock takes effect this much later by the sandbox's
    /// clock; other calls do nothing.
    LateEffect(#[serde(with = "span")] Duration),
    /// The call takes effect at once and is answered this much later.
    Slow(#[serde(with = "span")] Duration),
    /// Blocking and unblocking answer 200 and change nothing; other calls are not touched.
    NoEffect,
    /// 200 with a body that is not JSON; nothing happens.
    Garbage,
    /// 200 with more JSON than anybody should read; nothing happens.
    Huge,
    /// 200 with a body that gives one more blank every so often and never ends; nothing happens.
    Drip(#[serde(with = "span")] Duration),
    /// 307 to another path; nothing happens.
    Redirect,
    /// The call works, and its headers say that so many calls are left until so many seconds from now.
    Limits { remaining: u32, reset_in: u64 },
    /// Blocking somebody who is blocked already answers this status (409 or 400). Strikes no other call.
    SecondBlock(u16),
}

impl FaultKind {
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::TooMany(_) => "too_many",
            Self::Status(_) => "status",
            Self::Hinted { .. } => "hinted",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::LostAnswer => "lost_answer",
            Self::LateEffect(_) => "late_effect",
            Self::Slow(_) => "slow",
            Self::NoEffect => "no_effect",
            Self::Garbage => "garbage",
            Self::Huge => "huge",
            Self::Drip(_) => "drip",
            Self::Redirect => "redirect",
            Self::Limits { .. } => "limits",
            Self::SecondBlock(_) => "second_block",
        }
    }
}

/// How a 429 says when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// It does not say.
    Unsaid,
    /// `Retry-After: 30`
    Seconds(u64),
    /// `Retry-After: Wed, 01 Jul 2026 10:15:30 GMT`, this many seconds from now by the sandbox's clock.
    DateIn(u64),
    /// `Retry-After-Ms: 1500`
    Millis(u64),
}

/// Names a fault, to remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(u64);

impl FaultId {
    pub(super) const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// The faults that are waiting.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Vec<(FaultId, Fault)>,
    last: u64,
}

impl Faults {
    pub fn add(&mut self, fault: Fault) -> FaultId {
        self.last = self.last.saturating_add(1);
        let id = FaultId::new(self.last);
        self.waiting.push((id, fault));
        id
    }

    /// Says whether there was such a fault.
    pub fn remove(&mut self, id: FaultId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(waiting, _)| *waiting != id);
        self.waiting.len() < before
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    pub fn waiting(&self) -> Vec<(FaultId, Fault)> {
        self.waiting.clone()
    }

    /// What strikes this call, if anything; counts it.
    pub fn strike(&mut self, target: FaultTarget, already_blocked: bool) -> Option<FaultKind> {
        let fits = |fault: &Fault| {
            let second = matches!(fault.kind, FaultKind::SecondBlock(_));
            let possible = !second || (target == FaultTarget::Block && already_blocked);
            possible && fault.times != Some(0) && fault.on.covers(target)
        };
        let (_, fault) = self.waiting.iter_mut().find(|(_, fault)| fits(fault))?;
        let kind = fault.kind.clone();
        if let Some(left) = &mut fault.times {
            *left = left.saturating_sub(1);
        }
        self.waiting.retain(|(_, fault)| fault.times != Some(0));
        Some(kind)
    }
}

fn any() -> FaultTarget {
    FaultTarget::Any
}

/// Spans as people write them: `2s`, `1500ms`.
pub(super) mod span {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::time::{parse_span, say_span};

    pub fn serialize<S: Serializer>(span: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&say_span(*span))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        parse_span(&text).ok_or_else(|| D::Error::custom("a span is written like 30s or 1500ms"))
    }
}
