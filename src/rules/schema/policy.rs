//! `[policy]`: what holds for all rules.

use serde_json::{Value, json};

use super::{count, described, span, text, word};
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
        ],
        &[],
    )
}
