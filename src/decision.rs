//! What was found in a message and what follows from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A rule's name: lower case, digits, `-` and one or more `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub String);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 over all rule files of a rulebook, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    /// The first twelve digits, as shown to people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::vocabulary! {
    /// How far a rule may go: only written down, waiting for a person, or acting.
    Stage {
        Observe = "observe",
        Hold = "hold",
        Enforce = "enforce",
    }
}

crate::vocabulary! {
    /// What a rule asks for when it fires.
    Then {
        Block = "block",
        Flag = "flag",
        Allow = "allow",
        Points = "points",
    }
}

crate::vocabulary! {
    /// What a rule may ask for besides a block or a flag, in the order it is done.
    Also {
        /// Remove the message's content for good.
        Redact = "redact",
        /// Leave a note for teammates in the conversation.
        Note = "note",
        /// Close the conversation.
        Close = "close",
        /// Tell an address of the operator's.
        Notify = "notify",
    }
}

crate::vocabulary! {
    /// What becomes of a message's sender, weakest first.
    Verdict {
        /// Nothing to do.
        Clean = "clean",
        /// Marked in the record for people to look at.
        Flag = "flag",
        /// A block that waits for a person.
        Hold = "hold",
        /// Featurebase is asked to block the contact.
        Block = "block",
    }
}

crate::vocabulary! {
    /// What kept a block from being carried out at once.
    Restraint {
        /// The rule is in stage `hold`.
        Stage = "stage",
        /// The bouncer as a whole runs in mode `hold` or `observe`.
        Mode = "mode",
        /// The sender is a registered customer.
        Customer = "customer",
        /// A teammate has already answered the sender.
        AnsweredBefore = "answered-before",
        /// A person has unblocked the sender.
        Unblocked = "unblocked",
        /// No bouncer was at work after the message came in: a person may have unblocked the sender meanwhile.
        Away = "away",
        /// The sender is on the policy's `never` list.
        Never = "never",
        /// The rule has used up its brake.
        RuleBrake = "rule-brake",
        /// The rule has hit as many of the active senders as its brake allows.
        ShareBrake = "share-brake",
        /// All rules together have used up the brake.
        TotalBrake = "total-brake",
        /// We believe the sender blocked, yet they write: somebody unblocked them in Featurebase, or the block did not hold.
        StillWriting = "still-writing",
        /// The contact's id has no form Featurebase documents, so it cannot be named in a call.
        OddContact = "odd-contact",
        /// Judging the message failed.
        JudgeFailed = "judge-failed",
        /// What a rule asks about the sender could not be looked up.
        FactsMissing = "facts-missing",
        /// The message was never delivered and was found later, perhaps long after it was written.
        Recovered = "recovered",
    }
}

/// Where counts of messages and of senders stop: more make no difference to any rule, and a flood costs no more than this.
pub const MOST_COUNTED: u64 = 1_000;

/// Facts a rulebook asks for, beyond those that are always known. Windows are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Windows over which messages of the sender are counted.
    pub message_windows: BTreeSet<i64>,
    /// Windows over which near-duplicates of the message by the same sender are counted.
    pub same_text_windows: BTreeSet<i64>,
    /// Windows over which senders of near-duplicates are counted.
    pub wave_windows: BTreeSet<i64>,
    /// When the sender's first message was written.
    pub known_since: bool,
    /// Whether the sender was blocked or unblocked before.
    pub past_blocks: bool,
    /// What Featurebase keeps of the contact: looked up, so only for rules that ask.
    pub profile: bool,
    /// The contact's own attributes (`customFields`) that rules name.
    pub attributes: BTreeSet<String>,
}

/// What is known about the sender at the message's own time. Kept with the decision, so that it can be made again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, known or not"
)]
pub struct Facts {
    /// No earlier message of this contact is known.
    pub first_message: bool,
    /// A teammate has answered in one of the contact's conversations.
    pub answered_before: bool,
    /// Until when a person's unblock protects the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unblocked_until: Option<Timestamp>,
    /// Messages of this contact (this one included) by window; windows in milliseconds. This and the counts below stop
    /// at [`MOST_COUNTED`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages_within: BTreeMap<i64, u64>,
    /// Near-duplicates of this message by this contact (this one included), by window.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub same_text_within: BTreeMap<i64, u64>,
    /// Contacts who wrote near-duplicates of this message (this one included), by window.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub senders_within: BTreeMap<i64, u64>,
    /// When the contact's first known message was written; where a rule asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_since: Option<Timestamp>,
    /// The contact was blocked before, by us; where a rule asks.
    #[serde(default, skip_serializing_if = "is_false")]
    pub blocked_before: bool,
    /// A person unblocked the contact before; where a rule asks.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unblocked_before: bool,
    /// What Featurebase keeps of the contact; where a rule asks.
    #[serde(default, skip_serializing_if = "Lookup::is_not_asked")]
    pub profile: Lookup,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(yes: &bool) -> bool {
    !*yes
}

/// What came of looking a contact up at Featurebase.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lookup {
    /// Nobody has looked yet.
    #[default]
    NotAsked,
    Found(Profile),
    /// It could not be had, after all tries.
    Failed {
        why: String,
    },
}

impl Lookup {
    const fn is_not_asked(&self) -> bool {
        matches!(self, Self::NotAsked)
    }
}

/// What Featurebase keeps of a contact (`GET /v2/contacts/{id}`), as far as rules can ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub looked_up_at: Timestamp,
    /// Whether Featurebase says the contact's identity is verified; it need not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Names of the companies the contact belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companies: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// `customFields` that rules name, as text: numbers and true or false as they are written in JSON.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

crate::vocabulary! {
    /// Which part of the message a piece of evidence stands in.
    Part {
        Text = "text",
        Link = "link",
        Sender = "sender",
        History = "history",
        Place = "place",
    }
}

/// Why a condition held: the words that matched and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The condition's name in the rule language.
    pub condition: String,
    pub part: Part,
    /// What matched, as it was written.
    pub matched: String,
    /// Bytes of the message's text, when it matched there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Range<usize>>,
    /// What the rule was looking for.
    pub wanted: String,
    /// The list file in which that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
}

/// One rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: RuleId,
    pub why: String,
    pub stage: Stage,
    pub then: Then,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: i64,
    /// Gone once it is erased.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What it asks for besides, in the order it is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// After how many milliseconds the block it asks for is to end; nothing for one that stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_for_millis: Option<i64>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// One thing that kept a block from being carried out, with the words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restrained {
    pub by: Restraint,
    pub because: String,
}

/// On whose word a decision is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The rules in stage `enforce`, where nothing restrained them.
    Rules,
    /// A person who had looked at it: what rules in stage `hold` propose counts, too.
    Person,
}

/// The judgement of one message by one rulebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What becomes of it.
    pub verdict: Verdict,
    /// What the rules asked for before anything restrained them.
    pub asked: Verdict,
    pub findings: Vec<Finding>,
    /// Sum of the points of all rules in stage `enforce`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrained: Vec<Restrained>,
    pub facts: Facts,
    pub book: Digest,
}

impl Decision {
    /// Turns a block into something weaker and says why. A weaker verdict stays as it is.
    pub fn restrain(&mut self, to: Verdict, by: Restraint, because: impl Into<String>) {
        if self.verdict > to {
            self.verdict = to;
        }
        if !self.restrained.iter().any(|known| known.by == by) {
            self.restrained.push(Restrained {
                by,
                because: because.into(),
            });
        }
    }

    /// The rules in stage `enforce` that led to a block: those that ask for one, else those whose points added up to it.
    #[must_use]
    pub fn blocking_rules(&self) -> Vec<&RuleId> {
        let enforced = |then: Then| {
            self.findings
                .iter()
                .filter(move |finding| finding.stage == Stage::Enforce && finding.then == then)
        };
        let block: Vec<_> = enforced(Then::Block).map(|finding| &finding.rule).collect();
        if !block.is_empty() {
            return block;
        }
        enforced(Then::Points)
            .filter(|finding| finding.points > 0)
            .map(|finding| &finding.rule)
            .collect()
    }

    /// What rules ask for besides, each with the rules that do, in the order it is done.
    #[must_use]
    pub fn also(&self, word: Word) -> Vec<(Also, Vec<&Finding>)> {
        let asking = |also: &Also| -> Vec<&Finding> {
            self.carried_out(word)
                .filter(|finding| finding.also.contains(also))
                .collect()
        };
        Also::ALL
            .iter()
            .map(|also| (*also, asking(also)))
            .filter(|(_, findings)| !findings.is_empty())
            .collect()
    }

    /// After how many milliseconds the block ends by itself: the longest of all rules that led to it counts, and one that
    /// names none blocks for good.
    #[must_use]
    pub fn block_for_millis(&self, word: Word) -> Option<i64> {
        let spans: Option<Vec<i64>> = self
            .carried_out(word)
            .filter(|finding| finding.then == Then::Block)
            .map(|finding| finding.block_for_millis)
            .collect();
        spans?.into_iter().max()
    }

    /// The findings whose wish, a block or a flag, is carried out.
    fn carried_out(&self, word: Word) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| {
            let wish = match finding.then {
                Then::Block => Verdict::Block,
                Then::Flag => Verdict::Flag,
                Then::Allow | Then::Points => return false,
            };
            match word {
                Word::Rules => {
                    finding.stage == Stage::Enforce
                        && self.restrained.is_empty()
                        && self.verdict >= wish
                }
                Word::Person => finding.stage != Stage::Observe,
            }
        })
    }
}
