//! `[policy]`: what holds for all rules.

use serde_json::{Value, json};

use super::{count, described, share, span, text, word};
use crate::rules::policy::Protection;

/// A contact's id as Featurebase writes it.
const CONTACT: &str = "^[0-9a-fA-F]{24}$";

pub(super) fn policy() -> Value {
    let points = || json!({ "type": "integer", "minimum": 1 });
    described(
        vec![
            (
                "flag_at",
                "From this sum of points on a message is flagged. Left out: 5.",
                points(),
            ),
            (
                "block_at",
                "From this sum of points on its sender is blocked. Left out: 10.",
                points(),
            ),
            (
                "protect",
                "What becomes of a block on somebody who is protected.",
                protect(),
            ),
            (
                "never",
                "Nobody on these lists is ever blocked by a rule.",
                never(),
            ),
            (
                "brake",
                "How much may happen at once: beyond it blocks are held for a person.",
                brakes(),
            ),
            (
                "regret",
                "When people have undone more of a rule's blocks than this, it is proposed that the rule only holds. Left out: 0.05 of at least 5 within \"30d\".",
                regret(),
            ),
        ],
        &[],
    )
}

fn protect() -> Value {
    let kept = || word(Protection::ALL, Protection::as_str);
    described(
        vec![
            (
                "customers",
                "People who are registered. hold: a person decides. flag: only marked. no: no protection.",
                kept(),
            ),
            (
                "answered_before",
                "People a teammate has answered before. hold: a person decides. flag: only marked. no: no protection.",
                kept(),
            ),
            (
                "unblocked",
                "People somebody has unblocked, for 30 days. hold: a person decides. flag: only marked. no: no protection.",
                kept(),
            ),
        ],
        &[],
    )
}

fn never() -> Value {
    // An empty list is allowed here: it says plainly that nobody is on it.
    let list = |of: Value| json!({ "type": "array", "items": of });
    described(
        vec![
            (
                "sender_email_domain",
                "Domains of e-mail addresses, such as \"ourcompany.com\"; sub-domains are meant, too.",
                list(text()),
            ),
            (
                "contacts",
                "Ids of contacts: 24 digits and letters a to f.",
                list(json!({ "type": "string", "pattern": CONTACT })),
            ),
        ],
        &[],
    )
}

fn brakes() -> Value {
    let brake = || {
        described(
            vec![
                ("blocks", "So many blocks at most.", count()),
                ("within", "Within this time, such as \"10m\".", span()),
            ],
            &["blocks", "within"],
        )
    };
    described(
        vec![
            (
                "per_rule",
                "For the blocks of one rule. Left out: 20 within \"10m\".",
                brake(),
            ),
            (
                "total",
                "For the blocks of all rules together. Left out: 60 within \"1h\".",
                brake(),
            ),
            (
                "share",
                "For the part of the senders heard of lately that one rule may block. Left out: 0.2 of at least 100 within \"24h\".",
                share_brake(),
            ),
        ],
        &[],
    )
}

fn share_brake() -> Value {
    described(
        vec![
            (
                "part",
                "Such a part of the senders at most: 0.2 is a fifth; 1.0 is no brake.",
                share(),
            ),
            (
                "of_at_least",
                "Fewer senders count as so many: on a quiet day one block is not a large share.",
                count(),
            ),
            (
                "within",
                "Of senders heard of within this time, from \"1h\" to \"7d\".",
                span(),
            ),
        ],
        &["part", "of_at_least", "within"],
    )
}

fn regret() -> Value {
    described(
        vec![
            (
                "part",
                "Such a part of its blocks at most: 0.05 is one in twenty; 1.0 never proposes anything.",
                share(),
            ),
            ("of_at_least", "Of fewer blocks nothing is said.", count()),
            (
                "within",
                "Of blocks asked for within this time, in whole days (UTC), from \"1d\" to \"365d\".",
                span(),
            ),
        ],
        &["part", "of_at_least", "within"],
    )
}
