//! What each task needs besides its subject: the detail of its job, as JSON.

use serde::{Deserialize, Serialize};

use super::{AT_ONCE, Job, NewJob};
use crate::decision::{Decision, Digest, Finding, Then, Verdict, Word};
use crate::message::{ContactId, ConversationId, EventId, PartId};

/// What a block or unblock needs besides the contact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Call {
    /// The event whose message led to it.
    pub event: Option<EventId>,
    /// A conversation in which it can be read back.
    pub conversation: Option<ConversationId>,
    /// Ids of the rules that wanted it, with blanks between.
    #[serde(default)]
    pub rules: String,
    /// The rulebook that wanted it; nothing when a person did.
    pub book: Option<Digest>,
    /// The contact's fence when it was wanted; a later order of a person makes it void.
    pub fence: i64,
    /// The contact may be blocked for us already: a block that is found is not somebody else's.
    #[serde(default)]
    pub ours: bool,
    /// What undid it, when it is one of many unblocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

impl Call {
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The call a claimed job is about.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        serde_json::from_str(&job.detail).unwrap_or_default()
    }
}

/// What something a rule asks for besides needs: a call, and what was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    #[serde(flatten)]
    pub call: Call,
    /// The message's part.
    pub part: PartId,
    /// The rules' reasons, for people to read.
    pub why: String,
    pub verdict: Verdict,
    /// It goes with a block: done only when the contact is blocked.
    pub after_block: bool,
}

impl Step {
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The step a claimed job is about, if its detail can be read.
    #[must_use]
    pub fn of(job: &Job) -> Option<Self> {
        serde_json::from_str(&job.detail).ok()
    }
}

/// What a look-up needs besides the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUp {
    /// The event whose message waits for it.
    pub event: EventId,
}

impl LookUp {
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The look-up a claimed job is about, if its detail can be read.
    #[must_use]
    pub fn of(job: &Job) -> Option<Self> {
        serde_json::from_str(&job.detail).ok()
    }
}

/// What judging needs besides the event: what came of looking its sender up, once that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Judging {
    pub looked_up: bool,
    /// Why it could not be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup_failed: Option<String>,
}

impl Judging {
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    #[must_use]
    pub fn of(job: &Job) -> Self {
        serde_json::from_str(&job.detail).unwrap_or_default()
    }
}

/// The message that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub event: EventId,
    pub contact: ContactId,
    pub conversation: ConversationId,
    pub part: PartId,
}

/// The jobs for what rules ask for besides, in the order they are done.
#[must_use]
pub fn steps_of(decision: &Decision, word: Word, message: &About, fence: i64) -> Vec<NewJob> {
    let step = |findings: &[&Finding]| {
        let each = |say: fn(&Finding) -> &str, between: &str| {
            let all: Vec<&str> = findings.iter().map(|finding| say(finding)).collect();
            all.join(between)
        };
        Step {
            call: Call {
                event: Some(message.event.clone()),
                conversation: Some(message.conversation.clone()),
                rules: each(|finding| &finding.rule.0, " "),
                book: (word == Word::Rules).then(|| decision.book.clone()),
                fence,
                ours: false,
                undo: None,
            },
            part: message.part.clone(),
            why: each(|finding| &finding.why, "; "),
            verdict: match word {
                Word::Rules => decision.verdict,
                Word::Person => Verdict::Block,
            },
            after_block: findings.iter().all(|finding| finding.then == Then::Block),
        }
    };
    decision
        .also(word)
        .into_iter()
        .map(|(also, findings)| NewJob {
            task: also.into(),
            subject: message.contact.as_str().to_owned(),
            detail: step(&findings).to_json(),
            run_at: AT_ONCE,
        })
        .collect()
}
