//! How a sandbox behaves.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::event::{ItemShape, PayloadVersion};
use super::outbox::DeliveryFaults;
use crate::time::Clock;

/// How a sandbox behaves from the start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port 0 takes any free one.
    pub listen: SocketAddr,
    pub api_key: String,
    /// A second key that may read but change nothing (403).
    pub read_only_key: Option<String>,
    pub clock: Clock,
    /// Calls in a minute for each key.
    pub rate_limit: u32,
    /// Waits between the sends of one event are divided by this.
    pub speed: u32,
    /// Real time every API answer takes longer; its effect is not delayed.
    pub latency: Duration,
    pub item_shape: ItemShape,
    pub payload_version: PayloadVersion,
    /// For webhooks that set none; real time.
    pub delivery_timeout: Duration,
    pub delivery: DeliveryFaults,
    /// Sends at once.
    pub concurrency: usize,
    /// Failed sends in a row after which a webhook is suspended.
    pub suspend_after: u32,
    /// For the same ids and the same disorder every time.
    pub seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_key: "sandbox-key".to_owned(),
            read_only_key: None,
            clock: Clock::system(),
            rate_limit: 2_000,
            speed: 1,
            latency: Duration::ZERO,
            item_shape: ItemShape::Conversation,
            payload_version: PayloadVersion::Nova,
            delivery_timeout: Duration::from_secs(5),
            delivery: DeliveryFaults::default(),
            concurrency: 16,
            suspend_after: 25,
            seed: None,
        }
    }
}
