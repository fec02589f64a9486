//! What of the record people are told, and in which words: never a message's text, never a contact.

use crate::store::alerts::{Alert, Worthy};

crate::vocabulary! {
    /// What an alert is about; what is about the same goes into one message.
    Topic {
        Brake = "brake",
        Rules = "rules",
        Key = "key",
        Webhook = "webhook",
        Silence = "silence",
        Queue = "queue",
        Regret = "regret",
        Test = "test",
    }
}

impl Topic {
    /// A heading for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Brake => "Brake",
            Self::Rules => "Rules",
            Self::Key => "API key",
            Self::Webhook => "Webhook",
            Self::Silence => "Silence",
            Self::Queue => "Queue",
            Self::Regret => "Regret",
            Self::Test => "Test",
        }
    }
}

/// Actions of the record that people are told of, by their names: some rows are written by other rooms than this one knows.
pub(super) const ACTIONS: &[&str] = &[
    "brake_tripped",
    "brake_released",
    "rules_rejected",
    "rules_adopted",
    "key_refused",
    "key_accepted",
    "webhook_suspended",
    "webhook_active",
    "silence",
    "silence_ended",
    "queue_old",
    "queue_caught_up",
    "regret_high",
    "regret_eased",
];

/// What people are told of a row, if anything.
pub(super) fn alert_of(row: &Worthy) -> Option<Alert> {
    let (topic, line) = words(row)?;
    Some(Alert {
        seq: row.seq,
        at: row.at,
        topic: topic.as_str().to_owned(),
        line,
    })
}

#[allow(
    clippy::too_many_lines,
    reason = "one entry for each action, and nothing else"
)]
fn words(row: &Worthy) -> Option<(Topic, String)> {
    let text = |key: &str| {
        row.detail
            .get(key)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let whose = row.rules.as_deref().unwrap_or("all rules together");
    Some(match row.action.as_str() {
        "brake_tripped" => (
            Topic::Brake,
            format!(
                "The brake of {whose} tripped: {}. Further blocks are held until a person releases it: bouncer brake list",
                text("bound")
            ),
        ),
        "brake_released" => (
            Topic::Brake,
            format!("{} released the brake of {whose}.", row.actor),
        ),
        "rules_rejected" => (
            Topic::Rules,
            "Edited rules were refused; the rules before them stay in force. What to mend: bouncer check"
                .to_owned(),
        ),
        "rules_adopted" => (
            Topic::Rules,
            "The rule files are in order again, and in force.".to_owned(),
        ),
        "key_refused" => (
            Topic::Key,
            "Featurebase refuses the API key: nobody is blocked or unblocked until it is mended. The work is kept."
                .to_owned(),
        ),
        "key_accepted" => (
            Topic::Key,
            "Featurebase takes the API key again.".to_owned(),
        ),
        "webhook_suspended" => (
            Topic::Webhook,
            "Featurebase has suspended the webhook: messages no longer come in. Put it right: bouncer doctor --fix"
                .to_owned(),
        ),
        "webhook_active" => (
            Topic::Webhook,
            "The webhook is active again.".to_owned(),
        ),
        "silence" => (
            Topic::Silence,
            "Nothing has come in for longer than usual. Look at the webhook and at what stands before the bouncer."
                .to_owned(),
        ),
        "silence_ended" => (
            Topic::Silence,
            "Messages come in again.".to_owned(),
        ),
        "queue_old" => (
            Topic::Queue,
            format!(
                "Work has waited since {}. What waits: /metrics and /readyz of the bouncer.",
                text("since")
            ),
        ),
        "regret_high" => (
            Topic::Regret,
            format!(
                "People undid {} of {} blocks of {whose}, more than {}. It is proposed that it only holds: {}. More: bouncer rules ledger {whose}",
                row.detail.get("regretted").unwrap_or(&serde_json::Value::Null),
                row.detail.get("acted").unwrap_or(&serde_json::Value::Null),
                text("bound"),
                text("edit")
            ),
        ),
        "regret_eased" => (
            Topic::Regret,
            format!("No longer too much is regretted of {whose}: {}.", text("why")),
        ),
        "queue_caught_up" => (
            Topic::Queue,
            "Work no longer waits for long.".to_owned(),
        ),
        _ => return None,
    })
}
