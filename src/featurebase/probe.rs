//! One cheap question, for a person who wants to know whether all is well: what the key may see, and what time it is there.

use reqwest::header;
use serde_json::Value;

use super::Featurebase;
use super::answer::{Outcome, Wait, classify, read_capped, unreachable_now};
use super::sending::VERSION;
use super::webhooks::{Webhook, webhooks_of};
use crate::time::Timestamp;

/// What the question brought.
#[derive(Debug)]
pub struct Probe {
    pub webhooks: Result<Vec<Webhook>, Outcome>,
    /// Featurebase's clock, to the second.
    pub date: Option<Timestamp>,
}

impl Featurebase {
    /// Asks for the list of webhooks.
    pub async fn probe(&self, now: Timestamp) -> Probe {
        let request = self
            .http
            .get(format!("{}/v2/webhooks", self.base))
            .bearer_auth(&self.key)
            .header("Featurebase-Version", VERSION);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                return Probe {
                    webhooks: Err(unreachable_now(&error)),
                    date: None,
                };
            }
        };
        let date = response.headers().get(header::DATE);
        let date = date.and_then(|date| Timestamp::from_http_date(date.to_str().ok()?));
        let (status, wait) = (response.status(), Wait::of(&response, now));
        let webhooks = match read_capped(response).await {
            Err(outcome) => Err(outcome),
            Ok(body) => {
                let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
                if status.is_success() {
                    webhooks_of(&body)
                } else {
                    Err(classify(status, &body, wait))
                }
            }
        };
        Probe { webhooks, date }
    }
}
