//! A notice to an address of the operator's own: what was done to whom and why, never what was written.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, Method, header};
use serde::Serialize;

use super::answer::{Outcome, Wait, classify, read_capped, read_without, refused, unreachable_now};
use crate::decision::Verdict;
use crate::message::{ContactId, ConversationId, EventId};
use crate::time::Timestamp;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// When it is told.
    pub at: String,
    pub verdict: Verdict,
    /// Ids of the rules that asked for it, with blanks between.
    pub rules: String,
    /// Their reasons.
    pub why: String,
    pub contact: ContactId,
    pub conversation: ConversationId,
    /// The conversation's address in Featurebase, where the delivery named one.
    pub conversation_url: Option<String>,
    /// The same for every try: by it a notice told twice can be known.
    pub event: EventId,
}

/// Posts notices as JSON to one address. The address may hold a key, so it is not shown.
#[derive(Clone)]
pub struct Notifier {
    http: Client,
    url: String,
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}

impl Notifier {
    /// No notice takes longer than `timeout`; redirects are not followed.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: super::client(timeout)?,
            url: url.to_owned(),
        })
    }

    /// Tells. Every 2xx is a yes.
    pub async fn tell(&self, notice: &Notice, now: Timestamp) -> Outcome {
        let body = serde_json::to_string(notice).unwrap_or_default();
        let request = self
            .http
            .request(Method::POST, &self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return unreachable_now(&error.without_url()),
        };
        let (status, wait) = (response.status(), Wait::of(&response, now));
        if status.is_success() {
            return Outcome::Done;
        }
        let answer = read_capped(response).await.unwrap_or_default();
        let pieces: Vec<&str> = self.url.split(['/', '?', '&', '=', '#']).skip(3).collect();
        let answer = read_without(&pieces, &answer);
        match classify(status, &answer, wait) {
            // It is not Featurebase's key that is refused here.
            Outcome::KeyRefused { why } => refused(status.as_str(), &why),
            outcome => outcome,
        }
    }
}
