//! Deliveries that do not come: a webhook that was suspended, silence, messages that were never delivered, secrets that change.

mod doctor;
mod gaps;
mod resumed;
mod rotation;
mod secrets;
mod webhook;

use std::time::Duration;

use featurebase_bouncer::featurebase::Featurebase;
use featurebase_bouncer::sandbox::sign;
use featurebase_bouncer::store::audit::{Action, Row};

use crate::bot::{API_KEY, Bot};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

impl Bot {
    async fn looks_out(&self) {
        self.running.lookout.look().await.unwrap();
    }

    /// Lets time pass and looks at its end.
    async fn looks_after(&self, wait: Duration) {
        self.clock.advance(wait);
        self.looks_out().await;
    }

    /// What the lookout recorded, oldest first.
    async fn noticed(&self) -> Vec<Row> {
        let mut rows = self.record().await;
        rows.retain(|row| {
            matches!(
                row.action,
                Action::WebhookSuspended
                    | Action::WebhookActive
                    | Action::Silence
                    | Action::SilenceEnded
                    | Action::GapFound
                    | Action::GapRepaired
            )
        });
        rows
    }

    async fn noticed_actions(&self) -> Vec<&'static str> {
        let rows = self.noticed().await;
        rows.iter().map(|row| row.action.as_str()).collect()
    }

    async fn featurebase_makes_it_active(&self) {
        let featurebase =
            Featurebase::by_hand(&self.sandbox.url(), API_KEY, Duration::from_secs(5)).unwrap();
        let now = self.clock.now();
        featurebase
            .reactivate_webhook(&self.webhook.id, now)
            .await
            .unwrap();
    }

    /// Posts a body as Featurebase does, signed with this secret, and gives the status.
    async fn is_sent(&self, secret: &str, body: &[u8]) -> u16 {
        posted(
            &self.running.public.to_string(),
            secret,
            self.clock.now().seconds(),
            body,
        )
        .await
    }
}

async fn posted(address: &str, secret: &str, seconds: i64, body: &[u8]) -> u16 {
    let timestamp = seconds.to_string();
    let answer = reqwest::Client::new()
        .post(format!("http://{address}/webhooks/featurebase"))
        .header("x-webhook-timestamp", &timestamp)
        .header("x-webhook-signature", sign(secret, &timestamp, body))
        .body(body.to_vec())
        .send()
        .await
        .unwrap();
    answer.status().as_u16()
}

/// The event by which Featurebase would have told of a conversation's first message, had it delivered.
fn late_delivery(bot: &Bot, conversation: &str) -> Vec<u8> {
    let mut item = bot.sandbox.conversation(conversation).unwrap();
    item.as_object_mut().unwrap().remove("conversationParts");
    let event = serde_json::json!({
        "object": "notification_event",
        "id": format!("notif_late_{conversation}"),
        "topic": "conversation.user.created",
        "createdAt": item["createdAt"],
        "conversationId": conversation,
        "data": { "object": "notification_event_data", "item": item },
    });
    event.to_string().into_bytes()
}
