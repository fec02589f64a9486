//! `[policy]`: when points become a verdict, who is protected, and how much may happen at once.

mod brakes;
mod regret;

use std::time::Duration;

use toml::Spanned;
use toml::de::DeTable;

use super::conditions::read_email_domains;
use super::read::{Reader, Value};
use crate::decision::{Decision, Restraint, Verdict};
use crate::message::{ContactId, ContactKind, Message};

pub use regret::RegretBound;

crate::vocabulary! {
    /// What becomes of a block on somebody who is protected.
    Protection {
        Hold = "hold",
        Flag = "flag",
        No = "no",
    }
}

/// At most so many blocks within a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brake {
    pub blocks: u64,
    pub within: Duration,
}

/// A rule may hit at most such a part of the senders heard of within a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareBrake {
    /// In thousandths.
    pub part: u64,
    /// Fewer senders count as so many, so that a quiet day does not turn one block into a large share.
    pub of_at_least: u64,
    pub within: Duration,
}

impl ShareBrake {
    /// A part of 1 is no brake: nobody can hit more senders than there are.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.part >= 1_000
    }

    /// How many blocks of one rule are allowed where so many senders were heard of.
    #[must_use]
    pub fn allows(&self, senders: u64) -> u64 {
        senders.max(self.of_at_least).saturating_mul(self.part) / 1_000
    }

    /// From so many senders on one more block is allowed after `blocks` of them.
    #[must_use]
    pub const fn needs(&self, blocks: u64) -> u64 {
        let part = if self.part == 0 { 1 } else { self.part };
        blocks
            .saturating_add(1)
            .saturating_mul(1_000)
            .div_ceil(part)
    }
}

/// What holds for all rules. The defaults are the cautious ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub flag_at: i64,
    pub block_at: i64,
    pub customers: Protection,
    pub answered_before: Protection,
    pub unblocked: Protection,
    pub never_domains: Vec<String>,
    pub never_contacts: Vec<ContactId>,
    pub brake_per_rule: Brake,
    pub brake_total: Brake,
    pub brake_share: ShareBrake,
    /// From when on it is proposed that a rule only holds.
    pub regret: RegretBound,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            flag_at: 5,
            block_at: 10,
            customers: Protection::Hold,
            answered_before: Protection::Hold,
            unblocked: Protection::Hold,
            never_domains: Vec::new(),
            never_contacts: Vec::new(),
            brake_per_rule: Brake {
                blocks: 20,
                within: Duration::from_mins(10),
            },
            brake_total: Brake {
                blocks: 60,
                within: Duration::from_hours(1),
            },
            brake_share: ShareBrake {
                part: 200,
                of_at_least: 100,
                within: Duration::from_hours(24),
            },
            regret: RegretBound::default(),
        }
    }
}

impl Policy {
    /// Turns a block on somebody protected into something weaker, and says why.
    pub fn protect(&self, decision: &mut Decision, message: &Message) {
        if decision.asked != Verdict::Block {
            return;
        }
        let from = &message.from;
        let at_home = from
            .email
            .as_deref()
            .and_then(|email| super::is_at_one_of(email, &self.never_domains));
        if let Some(domain) = at_home {
            decision.restrain(
                Verdict::Flag,
                Restraint::Never,
                format!("the policy never blocks anybody at {domain}"),
            );
        }
        if self.never_contacts.contains(&from.id) {
            decision.restrain(
                Verdict::Flag,
                Restraint::Never,
                "the policy never blocks this contact",
            );
        }
        if from.kind == ContactKind::Customer {
            restrain(
                decision,
                self.customers,
                Restraint::Customer,
                "the sender is a registered customer",
            );
        }
        if decision.facts.answered_before {
            restrain(
                decision,
                self.answered_before,
                Restraint::AnsweredBefore,
                "a teammate has answered the sender before",
            );
        }
        if let Some(until) = decision
            .facts
            .unblocked_until
            .filter(|until| message.sent_at < *until)
        {
            let because = format!("a person has unblocked the sender, who is exempt until {until}");
            restrain(decision, self.unblocked, Restraint::Unblocked, &because);
        }
    }
}

fn restrain(decision: &mut Decision, protection: Protection, by: Restraint, because: &str) {
    match protection {
        Protection::Hold => decision.restrain(Verdict::Hold, by, because),
        Protection::Flag => decision.restrain(Verdict::Flag, by, because),
        Protection::No => {}
    }
}

/// Reads the one `[policy]` table; keys left out keep their default.
pub(super) fn read_policy<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Policy> {
    if value.get_ref().is_array() {
        let message = "the policy begins with [policy], with one bracket on each side";
        reader.error("wrong-type", &value.span(), message, "write [policy]");
        return None;
    }
    let table = reader.table(value, "[policy]")?;
    reader.known_keys(
        table,
        &["flag_at", "block_at", "protect", "never", "brake", "regret"],
        "in the policy",
    );
    let mut policy = Policy::default();
    if let Some(points) = table
        .get("flag_at")
        .and_then(|value| reader.number(value, "flag_at = 5"))
    {
        policy.flag_at = points;
    }
    if let Some(points) = table
        .get("block_at")
        .and_then(|value| reader.number(value, "block_at = 10"))
    {
        policy.block_at = points;
    }
    let (flag_at, block_at) = (policy.flag_at, policy.block_at);
    let wrong = if flag_at < 1 {
        Some(format!(
            "flag_at is {flag_at}, so every message would be flagged"
        ))
    } else if block_at < flag_at {
        Some(format!(
            "block_at is {block_at} and flag_at is {flag_at}, so nothing would ever be flagged before it is blocked"
        ))
    } else {
        None
    };
    if let Some(wrong) = wrong {
        let given = table.get("flag_at").or_else(|| table.get("block_at"));
        let span = given.map_or(value.span(), Spanned::span);
        let help = "flag_at must be at least 1, and block_at not below flag_at";
        reader.error("bad-thresholds", &span, wrong, help);
    }
    read_protections(reader, table, &mut policy);
    read_never(reader, table, &mut policy);
    brakes::read_brakes(reader, table, &mut policy);
    if let Some(bound) = table
        .get("regret")
        .and_then(|value| regret::read_regret(reader, value))
    {
        policy.regret = bound;
    }
    Some(policy)
}

fn read_protections<'a>(reader: &mut Reader<'a>, table: &DeTable<'a>, policy: &mut Policy) {
    let Some(protect) = table
        .get("protect")
        .and_then(|value| reader.table(value, "protect.customers = \"hold\""))
    else {
        return;
    };
    reader.known_keys(
        protect,
        &["customers", "answered_before", "unblocked"],
        "under protect",
    );
    let slots = [
        ("customers", &mut policy.customers),
        ("answered_before", &mut policy.answered_before),
        ("unblocked", &mut policy.unblocked),
    ];
    for (key, slot) in slots {
        let word = protect.get(key).and_then(|value| {
            reader.word(
                value,
                Protection::ALL,
                Protection::as_str,
                &format!("protect.{key} = \"hold\""),
            )
        });
        if let Some(word) = word {
            *slot = word;
        }
    }
}

fn read_never<'a>(reader: &mut Reader<'a>, table: &DeTable<'a>, policy: &mut Policy) {
    let example = "never = { sender_email_domain = [\"ourcompany.com\"], contacts = [] }";
    let Some(never) = table
        .get("never")
        .and_then(|value| reader.table(value, example))
    else {
        return;
    };
    reader.known_keys(never, &["sender_email_domain", "contacts"], "under never");
    // An empty list is allowed here: it says plainly that nobody is on it.
    let filled = |key: &str| {
        never.get(key).filter(|value| {
            value
                .get_ref()
                .as_array()
                .is_none_or(|list| !list.is_empty())
        })
    };
    if let Some(domains) =
        filled("sender_email_domain").and_then(|value| read_email_domains(reader, value))
    {
        policy.never_domains = domains;
    }
    for (contact, span) in filled("contacts")
        .and_then(|value| reader.texts(value, "contacts = [\"65f1c3d2a9b4e80012ab34cd\"]"))
        .unwrap_or_default()
    {
        let contact = ContactId::new(contact);
        if contact.is_well_formed() {
            policy.never_contacts.push(contact);
        } else {
            let help = "copy the id from the contact's page or from `bouncer audit`";
            reader.error(
                "bad-contact",
                &span,
                format!("`{contact}` is not a contact's id: it has 24 digits and letters a to f"),
                help,
            );
        }
    }
}
