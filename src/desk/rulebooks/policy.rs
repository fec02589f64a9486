//! The policy, part by part, in words.

use std::collections::BTreeMap;

use crate::message::ContactId;
use crate::rules::policy::{Brake, Policy};
use crate::time::say_span;

/// Each part of the policy, and how it reads.
pub fn policy_words(policy: &Policy) -> BTreeMap<String, String> {
    let brake = |brake: &Brake| {
        format!(
            "at most {} blocks within {}",
            brake.blocks,
            say_span(brake.within)
        )
    };
    let contacts: Vec<&str> = policy
        .never_contacts
        .iter()
        .map(ContactId::as_str)
        .collect();
    let share = &policy.brake_share;
    let parts = [
        ("flag_at", format!("{} points", policy.flag_at)),
        ("block_at", format!("{} points", policy.block_at)),
        ("protect.customers", policy.customers.to_string()),
        (
            "protect.answered_before",
            policy.answered_before.to_string(),
        ),
        ("protect.unblocked", policy.unblocked.to_string()),
        ("never.sender_email_domain", policy.never_domains.join(", ")),
        ("never.contacts", contacts.join(", ")),
        ("brake.per_rule", brake(&policy.brake_per_rule)),
        ("brake.total", brake(&policy.brake_total)),
        (
            "brake.share",
            format!(
                "a rule blocks at most {} of 1,000 active senders (counted as at least {}) within {}",
                share.part,
                share.of_at_least,
                say_span(share.within)
            ),
        ),
        ("regret", policy.regret.say()),
    ];
    let parts = parts.into_iter();
    parts
        .map(|(name, reads)| (name.to_owned(), reads))
        .collect()
}
