//! A faithful local Featurebase: contacts, conversations, blocks that hold, signed deliveries with its retry
//! schedule, and faults on request. It keeps everything in memory and serves the demo, `bouncer sandbox` and tests.
//!
//! What Featurebase leaves open is decided here and said where it is decided: a webhook is suspended after
//! [`Options::suspend_after`] failures in a row, an inactive webhook's waiting events are dropped,
//! `X-RateLimit-Reset` is in Unix seconds, a second block answers 200 (see [`FaultKind::SecondBlock`]).
//!
//! # By hand
//!
//! Everything a test can do from Rust can be done over HTTP under `/_sandbox/`. There is no key to it, which is why
//! the sandbox listens on the loopback address unless told otherwise.
//!
//! ```sh
//! S=http://127.0.0.1:4010/_sandbox
//! curl $S/state
//! curl $S/contacts -d '{"type": "lead", "name": "Mallory"}'
//! curl $S/write -d '{"contact": "ID", "markdown": "free airdrop", "conversation": null}'
//! curl $S/admin-reply -d '{"conversation": "4213", "text": "Hello"}'
//! curl -X POST $S/contacts/ID/block
//! curl $S/webhooks -d '{"url": "http://127.0.0.1:8080/webhook", "topics": ["conversation.user.created"]}'
//! curl -X POST $S/webhooks/ID/suspend
//! curl -X POST $S/webhooks/ID/rotate
//! curl $S/faults -d '{"on": "block", "kind": {"too_many": {"seconds": 30}}, "times": 2}'
//! curl $S/faults -d '{"on": "any", "kind": "reset"}'
//! curl $S/faults -d '{"on": "read", "kind": {"slow": "2s"}}'
//! curl $S/faults -d '{"on": "block", "kind": {"late_effect": "5m"}}'
//! curl -X DELETE $S/faults
//! curl -X PUT $S/delivery-faults -d '{"duplicates": 1, "shuffle": true, "hold_back": "5s"}'
//! curl $S/clock -d '{"advance": "1h"}'
//! curl -X POST $S/deliver
//! curl $S/events/notif_ID
//! ```

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::time::Clock;

mod api;
mod api_webhooks;
mod control;
mod deliver;
mod drip;
mod ear;
mod errors;
mod event;
mod faults;
mod gate;
mod inbox;
mod model;
mod options;
mod outbox;
mod paging;
mod rate;
mod search;
mod serve;
mod webhooks;
mod workspace;

pub use deliver::{DeliveryRecord, DeliveryReport, RETRIES};
pub use ear::Ear;
pub use event::{ItemShape, PayloadVersion, sample_event, sign};
pub use faults::{Fault, FaultId, FaultKind, FaultTarget, RetryAfter};
pub use gate::{API_VERSION, CallRecord, Effect};
pub use inbox::{ADMIN, Draft, WriteError, Written};
pub use model::{AuthorKind, Company, InboxState, NewContact, PartKind};
pub use options::Options;
pub use outbox::DeliveryFaults;
pub use webhooks::{WebhookHandle, WebhookStatus};

use webhooks::Webhook;
use workspace::Shared;

/// The topics a bouncer is registered for: what contacts write, when teammates answer, and what is removed.
pub const BOUNCER_TOPICS: &[&str] = &[
    "conversation.user.created",
    "conversation.user.replied",
    "conversation.admin.replied",
    "conversation_part.redacted",
    "conversation.deleted",
];

/// A running sandbox. Cheap to clone; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Sandbox {
    running: Arc<Running>,
}

struct Running {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    delivering: AtomicBool,
    _stops_when_dropped: DropGuard,
}

#[allow(
    clippy::must_use_candidate,
    reason = "what has no `must_use` here is called for its effect"
)]
impl Sandbox {
    /// Starts serving.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound, or no process-wide rustls provider is installed: the HTTP client that
    /// delivers needs one even where it speaks plain HTTP.
    pub async fn start(options: Options) -> io::Result<Self> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(io::Error::other("no rustls provider is installed"));
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("Featurebase-Sandbox")
            .build()
            .map_err(io::Error::other)?;
        let listener = TcpListener::bind(options.listen).await?;
        let address = reachable(listener.local_addr()?);
        let shared = Arc::new(Shared::new(options, client));
        let router = api::router(&shared).nest("/_sandbox", control::router(Arc::clone(&shared)));
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(serve::serve(listener, router, stop.clone(), tasks.clone()));
        let running = Running {
            shared,
            address,
            _stops_when_dropped: stop.clone().drop_guard(),
            stop,
            tasks,
            delivering: AtomicBool::new(false),
        };
        Ok(Self {
            running: Arc::new(running),
        })
    }

    /// The base address of the API, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address)
    }

    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.shared().options.api_key
    }

    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared().options.clock
    }

    /// Makes a webhook without the limits and checks the API has.
    pub fn add_webhook(&self, url: &str, topics: &[&str]) -> WebhookHandle {
        let now = self.shared().now();
        self.shared().lock().add_webhook(url, topics, now)
    }

    /// Adds a contact and gives its id.
    pub fn add_contact(&self, contact: NewContact) -> String {
        let now = self.shared().now();
        self.shared().lock().add_contact(contact, now)
    }

    /// Changes everything that is kept of a contact but its id, as somebody in Featurebase itself does. Says whether there
    /// is such a contact.
    pub fn change_contact(&self, id: &str, about: NewContact) -> bool {
        let mut workspace = self.shared().lock();
        let found = workspace.contacts.get_mut(id);
        found.map(|contact| contact.about = about).is_some()
    }

    /// A conversation with its parts as the API answers it, or `None` when there is no such conversation.
    #[must_use]
    pub fn conversation(&self, id: &str) -> Option<serde_json::Value> {
        let workspace = self.shared().lock();
        let found = workspace.conversation(id).ok()?;
        Some(found.json_with_parts(workspace.is_with_blocked(found)))
    }

    /// A contact writes. Events are queued for every webhook that asked.
    ///
    /// # Errors
    ///
    /// When the contact is blocked or unknown, or the conversation is unknown; then nothing is written.
    pub fn write(&self, contact: &str, draft: &Draft) -> Result<Written, WriteError> {
        let now = self.shared().now();
        let written = self.shared().lock().write(contact, draft, now);
        self.shared().wake.notify_one();
        written
    }

    /// A teammate answers a conversation.
    ///
    /// # Errors
    ///
    /// When there is no such conversation.
    pub fn admin_replies(&self, conversation: &str, text: &str) -> Result<Written, WriteError> {
        let now = self.shared().now();
        let mut workspace = self.shared().lock();
        let written = workspace.admin_replies(conversation, ADMIN, text, now);
        self.shared().wake.notify_one();
        written
    }

    /// A teammate removes a message's content. `false` when there is no such message, or it cannot be removed.
    pub fn redacts(&self, conversation: &str, part: &str) -> bool {
        let now = self.shared().now();
        let done = self.shared().lock().redact(conversation, part, now);
        self.shared().wake.notify_one();
        done.is_ok()
    }

    /// A teammate deletes a conversation. `false` when there is none.
    pub fn deletes(&self, conversation: &str) -> bool {
        let now = self.shared().now();
        let done = self.shared().lock().delete_conversation(conversation, now);
        self.shared().wake.notify_one();
        done.is_ok()
    }

    /// A teammate starts a conversation with a contact: an `admin_initiated` one. It makes no event by itself.
    ///
    /// # Errors
    ///
    /// When there is no such contact.
    pub fn reach_out(&self, contact: &str, text: &str) -> Result<Written, WriteError> {
        let now = self.shared().now();
        self.shared().lock().reach_out(contact, text, now)
    }

    /// The body of an event as its first send carries it.
    #[must_use]
    pub fn event(&self, id: &str) -> Option<serde_json::Value> {
        let workspace = self.shared().lock();
        workspace.events.get(id).map(|event| event.body("pending"))
    }

    /// Sends everything that is due by the clock and waits for the answers. Never sleeps for what is due later.
    pub async fn deliver_due(&self) -> DeliveryReport {
        deliver::deliver_due(&self.running.shared).await
    }

    /// Delivers in the background from now on, as things become due.
    pub fn run_deliveries(&self) {
        if self.running.delivering.swap(true, Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(&self.running.shared);
        let stop = self.running.stop.clone();
        let delivering = deliver::deliver_always(shared, stop);
        self.running.tasks.spawn(delivering);
    }

    /// How many sends are waiting, due or not.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared().lock().outbox.len()
    }

    /// Every send so far, in the order they ended.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.shared().lock().deliveries.clone()
    }

    /// Every API call so far, in the order they came.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.shared().lock().calls.clone()
    }

    /// The contacts an API call blocked, one entry for each time it took effect. Blocking somebody who is blocked
    /// already has no effect, nor does what is done by hand count.
    #[must_use]
    pub fn blocks(&self) -> Vec<String> {
        self.shared().lock().blocks.clone()
    }

    #[must_use]
    pub fn is_blocked(&self, contact: &str) -> bool {
        self.shared().lock().is_blocked(contact)
    }

    /// What a teammate does in Featurebase itself. Says whether it changed anything.
    pub fn block_by_hand(&self, contact: &str) -> bool {
        let mut workspace = self.shared().lock();
        workspace.set_blocked(contact, true).unwrap_or(false)
    }

    /// The reverse of [`block_by_hand`](Self::block_by_hand).
    pub fn unblock_by_hand(&self, contact: &str) -> bool {
        let mut workspace = self.shared().lock();
        workspace.set_blocked(contact, false).unwrap_or(false)
    }

    /// Adds a fault behind those that are waiting.
    pub fn fault(&self, fault: Fault) -> FaultId {
        self.shared().lock().faults.add(fault)
    }

    /// Takes a fault away; says whether it was still there.
    pub fn remove_fault(&self, id: FaultId) -> bool {
        self.shared().lock().faults.remove(id)
    }

    pub fn clear_faults(&self) {
        self.shared().lock().faults.clear();
    }

    pub fn set_delivery_faults(&self, faults: DeliveryFaults) {
        self.shared().lock().outbox.faults = faults;
    }

    /// A new secret for the webhook, or `None` when there is no such webhook. The old one is dead at once.
    pub fn rotate_secret(&self, webhook: &str) -> Option<String> {
        let now = self.shared().now();
        let mut workspace = self.shared().lock();
        let rotated = workspace.rotate_secret(webhook, now).ok()?;
        Some(rotated.secret.clone())
    }

    /// Suspends a webhook, as Featurebase does after too many failures.
    pub fn suspend(&self, webhook: &str) {
        if let Ok(webhook) = self.shared().lock().webhook_mut(webhook) {
            webhook.status = WebhookStatus::Suspended;
        }
    }

    /// The webhook as the API answers it, or `None` when there is no such webhook.
    #[must_use]
    pub fn webhook(&self, id: &str) -> Option<serde_json::Value> {
        self.shared().lock().webhook(id).ok().map(Webhook::json)
    }

    /// Stops serving and delivering at once; open connections are cut.
    pub async fn stop(&self) {
        self.running.stop.cancel();
        self.running.tasks.close();
        self.running.tasks.wait().await;
    }

    fn shared(&self) -> &Shared {
        &self.running.shared
    }
}

/// An address a client can connect to, when the listener takes any.
fn reachable(bound: SocketAddr) -> SocketAddr {
    if bound.ip().is_unspecified() {
        return SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bound.port());
    }
    bound
}
