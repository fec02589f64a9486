//! How Featurebase says our webhook is.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Lookout, gap};
use crate::featurebase::{Featurebase, Outcome, Webhook, WebhookStatus};
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::watched::{Watched, WatchedRow};
use crate::time::Timestamp;

/// So many failures in a row are no accident.
const MANY_FAILURES: i64 = 5;

crate::vocabulary! {
    /// How the webhook is.
    State {
        Active = "active",
        /// Active, but deliveries fail.
        Failing = "failing",
        Paused = "paused",
        Suspended = "suspended",
        /// There is none.
        Gone = "gone",
        /// Its address was changed, and nothing has come since.
        Elsewhere = "elsewhere",
        /// It lacks topics we need.
        TopicsMissing = "topics-missing",
        /// There are several, and nothing says which is ours.
        Unclear = "unclear",
    }
}

impl State {
    /// Events of this time were not delivered and will not be.
    const fn loses_events(self) -> bool {
        !matches!(self, Self::Active | Self::Failing | Self::Unclear)
    }
}

/// The webhook's state and what to do about it, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub state: State,
    pub what: String,
}

/// What is kept of the last check.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    state: State,
    url: Option<String>,
    /// When its address was changed, until something is delivered to the new one.
    moved_at: Option<Timestamp>,
    /// When it was last found active.
    good_at: Option<Timestamp>,
}

/// Which of these is ours: the one named; else the only one with our path; else the only one.
///
/// # Errors
/// Why that cannot be told.
pub fn pick<'w>(
    webhooks: &'w [Webhook],
    id: Option<&str>,
    path: &str,
) -> std::result::Result<&'w Webhook, Health> {
    let health = |state, what: String| Health { state, what };
    if let Some(id) = id {
        return webhooks.iter().find(|webhook| webhook.id == id).ok_or_else(|| {
            health(State::Gone, format!("Featurebase has no webhook {id}, which webhook_id names; `bouncer webhook list` shows those there are"))
        });
    }
    let has_path =
        |webhook: &&Webhook| url::Url::parse(&webhook.url).is_ok_and(|url| url.path() == path);
    let ours: Vec<&Webhook> = webhooks.iter().filter(has_path).collect();
    match (ours.as_slice(), webhooks) {
        ([only], _) => Ok(*only),
        ([], [only]) => Ok(only),
        ([], []) => Err(health(
            State::Gone,
            "Featurebase has no webhook at all; `bouncer webhook create` makes one".to_owned(),
        )),
        _ => Err(health(
            State::Unclear,
            "Featurebase has several webhooks; set webhook_id to the one that is ours (`bouncer webhook list`)".to_owned(),
        )),
    }
}

/// How a webhook is, by its own word.
#[must_use]
pub fn state_of(webhook: &Webhook) -> Health {
    let id = &webhook.id;
    let last = match &webhook.last_status {
        Some(last) => format!("; the last delivery was answered: {last}"),
        None => String::new(),
    };
    let lacks = webhook.lacks();
    let (state, what) = match webhook.status {
        WebhookStatus::Suspended => (
            State::Suspended,
            format!(
                "Featurebase has suspended the webhook {id} after too many failures{last}; mend what fails, then `bouncer doctor --fix` has it deliver again"
            ),
        ),
        WebhookStatus::Paused => (
            State::Paused,
            format!(
                "somebody has paused the webhook {id}; `bouncer doctor --fix` has it deliver again"
            ),
        ),
        WebhookStatus::Unknown => (
            State::Paused,
            format!(
                "the webhook {id} has a status this program does not know; look at it in Featurebase"
            ),
        ),
        WebhookStatus::Active if !lacks.is_empty() => (
            State::TopicsMissing,
            format!(
                "the webhook {id} lacks topics we need: {}; add them in Featurebase",
                lacks.join(", ")
            ),
        ),
        WebhookStatus::Active if webhook.consecutive_failures >= MANY_FAILURES => (
            State::Failing,
            format!(
                "{} deliveries in a row have failed{last}; Featurebase suspends a webhook for that",
                webhook.consecutive_failures
            ),
        ),
        WebhookStatus::Active => (State::Active, format!("the webhook {id} is active")),
    };
    Health { state, what }
}

impl Lookout {
    /// Asks Featurebase how the webhook is, if that is due.
    pub(super) async fn check_webhook(&self) -> Result<()> {
        let Some(featurebase) = &self.featurebase else {
            return Ok(());
        };
        if !self.check_is_due() || !self.may_call().await? {
            return Ok(());
        }
        let found = match self.find(featurebase).await {
            Ok(found) => found,
            Err(outcome) => {
                let why = outcome.to_string();
                tracing::warn!("Featurebase was asked how the webhook is and did not tell: {why}");
                if let Outcome::KeyRefused { .. } = outcome {
                    self.tell(|status| {
                        status.webhook = Some(format!("nobody knows how it is: {why}"));
                    });
                }
                return Ok(());
            }
        };
        let now = self.clock.now();
        let failures = found
            .as_ref()
            .map_or(0, |webhook| webhook.consecutive_failures);
        self.metrics.lookout.webhook_failures.set(failures);
        self.metrics.lookout.webhook_checked.set(now.seconds());
        let health = self.note_state(found, now).await?;
        let well = health.state == State::Active;
        self.metrics.lookout.webhook_unwell.set(i64::from(!well));
        if !well {
            tracing::error!(state = %health.state, "{}", health.what);
        }
        self.tell(|status| status.webhook = (!well).then_some(health.what));
        Ok(())
    }

    async fn find(
        &self,
        featurebase: &Featurebase,
    ) -> std::result::Result<std::result::Result<Webhook, Health>, Outcome> {
        let (now, id) = (self.clock.now(), self.watch.webhook_id.as_deref());
        let webhooks = match id {
            Some(id) => featurebase.webhook(id, now).await?.into_iter().collect(),
            None => featurebase.webhooks(now).await?,
        };
        Ok(pick(&webhooks, id, &self.watch.webhook_path).cloned())
    }

    /// Keeps how it is, and records a change, once for all replicas.
    async fn note_state(
        &self,
        found: std::result::Result<Webhook, Health>,
        now: Timestamp,
    ) -> Result<Health> {
        let mut tx = self.store.writing().await?;
        tx.lock_watched().await?;
        let row = tx.watched(Watched::Webhook).await?;
        let kept: Option<Kept> = row
            .as_ref()
            .and_then(|row| serde_json::from_str(&row.detail).ok());
        let (id, url) = match &found {
            Ok(webhook) => (Some(webhook.id.clone()), Some(webhook.url.clone())),
            Err(_) => (None, None),
        };
        let moved_at = self.moved_at(kept.as_ref(), url.as_deref(), now);
        let health = match found {
            Ok(webhook) => with_address(state_of(&webhook), moved_at, &webhook),
            Err(health) => health,
        };
        let before = kept.as_ref().map(|kept| kept.state);
        if health.state == State::Unclear {
            return Ok(health);
        }
        let well = health.state == State::Active;
        let good_at = kept.as_ref().and_then(|kept| kept.good_at);
        if before != Some(health.state) && (before.is_some() || !well) {
            let detail = json!({ "state": health.state, "before": before, "webhook": id, "what": health.what });
            let action = if well {
                Action::WebhookActive
            } else {
                Action::WebhookSuspended
            };
            tx.record(vec![Entry::new(action, now, detail)]).await?;
        }
        if let Some(before) =
            before.filter(|before| before.loses_events() && !health.state.loses_events())
        {
            let since = tx.watched(Watched::Since).await?.map_or(now, |row| row.at);
            let why = format!(
                "the webhook was found {before} and is {} again",
                health.state
            );
            gap::open(&mut tx, good_at.unwrap_or(since), now, &why).await?;
        }
        let since = row
            .filter(|_| before == Some(health.state))
            .map_or(now, |row| row.at);
        let kept = Kept {
            state: health.state,
            url: url.or_else(|| kept.and_then(|kept| kept.url)),
            moved_at,
            good_at: if health.state.loses_events() {
                good_at
            } else {
                Some(now)
            },
        };
        let detail = serde_json::to_string(&kept).unwrap_or_default();
        tx.set_watched(Watched::Webhook, &WatchedRow { at: since, detail })
            .await?;
        tx.commit().await?;
        Ok(health)
    }

    /// When the webhook's address was changed, as long as nothing has been delivered since.
    fn moved_at(
        &self,
        kept: Option<&Kept>,
        url: Option<&str>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let kept = kept?;
        let before = kept
            .url
            .as_deref()
            .zip(url)
            .filter(|(before, url)| before != url);
        let moved_at = before.map(|_| now).or(kept.moved_at)?;
        let heard = self.metrics.lookout.last_delivery();
        (heard.is_none_or(|heard| heard <= moved_at)).then_some(moved_at)
    }
}

fn with_address(health: Health, moved_at: Option<Timestamp>, webhook: &Webhook) -> Health {
    match moved_at {
        Some(at) if !health.state.loses_events() => Health {
            state: State::Elsewhere,
            what: format!(
                "the address of the webhook {} was changed to {} (noticed at {at}), and nothing has come since; if that is not ours, change it back in Featurebase",
                webhook.id, webhook.url
            ),
        },
        _ => health,
    }
}
