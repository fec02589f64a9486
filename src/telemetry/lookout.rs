//! Numbers about deliveries that do not come: the webhook's health, silence, gaps.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{counter, gauge};
use crate::time::Timestamp;

/// What is counted of deliveries that do not come.
#[derive(Debug, Clone)]
pub struct LookoutNumbers {
    last_delivery: Gauge,
    pub webhook_unwell: Gauge,
    pub webhook_failures: Gauge,
    pub webhook_checked: Gauge,
    pub silent: Gauge,
    pub gap: Gauge,
    pub recovered: Counter,
    pub secrets_unusable: Gauge,
}

impl LookoutNumbers {
    pub(super) fn new(r: &mut Registry) -> Self {
        Self {
            last_delivery: gauge(
                r,
                "last_delivery_timestamp_seconds",
                "When this replica last stored a delivery, in Unix time; 0 before the first",
            ),
            webhook_unwell: gauge(
                r,
                "webhook_unwell",
                "1 while Featurebase does not deliver, or not what is needed, or deliveries fail",
            ),
            webhook_failures: gauge(
                r,
                "webhook_consecutive_failures",
                "Deliveries that failed in a row, by Featurebase's own count",
            ),
            webhook_checked: gauge(
                r,
                "webhook_checked_timestamp_seconds",
                "When Featurebase last told how the webhook is, in Unix time",
            ),
            silent: gauge(
                r,
                "silent",
                "1 while nothing has been delivered for longer than silence_after",
            ),
            gap: gauge(
                r,
                "gap_under_repair",
                "1 while messages that were never delivered are looked for",
            ),
            recovered: counter(
                r,
                "messages_recovered",
                "Messages that were never delivered and were found later",
            ),
            secrets_unusable: gauge(
                r,
                "webhook_secrets_unusable",
                "1 while the file of webhook secrets cannot be used and the secrets read before go on",
            ),
        }
    }

    /// A verified delivery is on disk.
    pub fn delivered(&self, at: Timestamp) {
        self.last_delivery.set(at.seconds());
    }

    /// When this replica last stored a delivery, to the second.
    #[must_use]
    pub fn last_delivery(&self) -> Option<Timestamp> {
        let seconds = self.last_delivery.get();
        (seconds > 0).then(|| Timestamp::from_seconds(seconds))
    }
}
