//! The sandbox's memory: one workspace behind one lock, and who may be in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

use super::Options;
use super::deliver::DeliveryRecord;
use super::errors::ApiError;
use super::event::Event;
use super::faults::Faults;
use super::gate::{CallRecord, Effect};
use super::model::{Contact, Conversation, NewContact, Tag};
use super::outbox::Outbox;
use super::rate::RateWindow;
use super::webhooks::Webhook;
use crate::time::Timestamp;

/// What the server, the deliveries and the handles have in common.
pub(super) struct Shared {
    pub options: Options,
    pub client: reqwest::Client,
    /// Told whenever something new may be due.
    pub wake: Notify,
    workspace: Mutex<Workspace>,
}

impl Shared {
    pub fn new(options: Options, client: reqwest::Client) -> Self {
        Self {
            workspace: Mutex::new(Workspace::new(&options)),
            wake: Notify::new(),
            options,
            client,
        }
    }

    /// A panic elsewhere leaves the workspace usable: every change to it is whole before anything can fail.
    /// Whoever looks sees what has taken effect by then.
    pub fn lock(&self) -> MutexGuard<'_, Workspace> {
        let mut workspace = self
            .workspace
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        workspace.take_late_effect(self.now());
        workspace
    }

    pub fn now(&self) -> Timestamp {
        self.options.clock.now()
    }
}

/// A block or unblock that is still to take effect.
pub(super) struct Late {
    pub at: Timestamp,
    pub contact: String,
    pub blocked: bool,
    /// The place of its call in the log.
    pub call: usize,
}

pub(super) struct Workspace {
    pub contacts: BTreeMap<String, Contact>,
    pub conversations: BTreeMap<u64, Conversation>,
    pub tags: Vec<Tag>,
    pub webhooks: Vec<Webhook>,
    pub events: HashMap<String, Event>,
    pub outbox: Outbox,
    pub faults: Faults,
    pub rate: RateWindow,
    pub calls: Vec<CallRecord>,
    pub deliveries: Vec<DeliveryRecord>,
    /// Contacts whose block by an API call took effect, in order.
    pub blocks: Vec<String>,
    pub late: Vec<Late>,
    pub rng: fastrand::Rng,
    pub settings: Options,
    next_conversation: u64,
    next_event: u32,
}

impl Workspace {
    fn new(options: &Options) -> Self {
        let seconds = options.clock.now().seconds().rem_euclid(100_000_000);
        Self {
            contacts: BTreeMap::new(),
            conversations: BTreeMap::new(),
            tags: Vec::new(),
            webhooks: Vec::new(),
            events: HashMap::new(),
            outbox: Outbox::new(options.delivery.clone()),
            faults: Faults::default(),
            rate: RateWindow::default(),
            calls: Vec::new(),
            deliveries: Vec::new(),
            blocks: Vec::new(),
            late: Vec::new(),
            rng: options
                .seed
                .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
            settings: options.clone(),
            // A sandbox started anew must not reuse the ids of the last one: a bouncer that kept
            // its store would take new messages for old ones.
            next_conversation: u64::try_from(seconds).unwrap_or(0).saturating_add(1),
            next_event: 0,
        }
    }

    fn take_late_effect(&mut self, now: Timestamp) {
        if self.late.is_empty() {
            return;
        }
        let (mut due, late): (Vec<Late>, Vec<Late>) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|late| late.at <= now);
        self.late = late;
        due.sort_by_key(|late| late.at);
        for late in due {
            let effect = self.call_sets_blocked(&late.contact, late.blocked);
            if let Some(record) = self.calls.get_mut(late.call) {
                record.effect = effect.unwrap_or(None);
            }
        }
    }

    pub fn add_contact(&mut self, about: NewContact, now: Timestamp) -> String {
        let id = match &about.id {
            Some(id) => id.clone(),
            None => object_id(&mut self.rng, now),
        };
        let contact = Contact {
            id: id.clone(),
            blocked: false,
            about,
            last_activity: now,
        };
        self.contacts.insert(id.clone(), contact);
        id
    }

    /// The contact an API call names.
    pub fn contact(&self, id: &str) -> Result<&Contact, ApiError> {
        well_formed(id, "id")?;
        self.contacts.get(id).ok_or_else(|| no_contact(id))
    }

    pub fn is_blocked(&self, id: &str) -> bool {
        self.contacts.get(id).is_some_and(|contact| contact.blocked)
    }

    /// Blocks or unblocks; says whether that changed anything.
    pub fn set_blocked(&mut self, id: &str, blocked: bool) -> Result<bool, ApiError> {
        well_formed(id, "id")?;
        let contact = self.contacts.get_mut(id).ok_or_else(|| no_contact(id))?;
        let changed = contact.blocked != blocked;
        contact.blocked = blocked;
        Ok(changed)
    }

    /// [`set_blocked`](Self::set_blocked) by an API call, which is what [`blocks`](Self::blocks) counts.
    pub fn call_sets_blocked(
        &mut self,
        id: &str,
        blocked: bool,
    ) -> Result<Option<Effect>, ApiError> {
        if !self.set_blocked(id, blocked)? {
            return Ok(None);
        }
        if blocked {
            self.blocks.push(id.to_owned());
            Ok(Some(Effect::Blocked))
        } else {
            Ok(Some(Effect::Unblocked))
        }
    }

    /// The conversation an API call names. Its ids have no form to get wrong, so a bad one is unknown.
    pub fn conversation(&self, id: &str) -> Result<&Conversation, ApiError> {
        let number = id.parse::<u64>().ok();
        number
            .and_then(|number| self.conversations.get(&number))
            .ok_or_else(|| no_conversation(id))
    }

    pub fn conversation_mut(&mut self, id: &str) -> Result<&mut Conversation, ApiError> {
        let number = id.parse::<u64>().ok();
        number
            .and_then(|number| self.conversations.get_mut(&number))
            .ok_or_else(|| no_conversation(id))
    }

    /// Whether the contact a conversation is with is blocked.
    pub fn is_with_blocked(&self, conversation: &Conversation) -> bool {
        let id = conversation.contact.id.as_deref();
        id.is_some_and(|id| self.is_blocked(id))
    }

    pub fn new_conversation_number(&mut self) -> u64 {
        let number = self.next_conversation;
        self.next_conversation = number.saturating_add(1);
        number
    }

    pub fn new_event_id(&mut self, now: Timestamp) -> String {
        self.next_event = self.next_event.wrapping_add(1);
        event_id(&mut self.rng, self.next_event, now)
    }
}

/// Refuses what is not 24 hexadecimal digits, as Featurebase does before it looks anything up.
pub(super) fn well_formed(id: &str, param: &'static str) -> Result<(), ApiError> {
    if id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(ApiError::bad_request("invalid_id", "The id is not a valid ObjectId.").param(param))
}

/// An id of 24 hexadecimal digits: the second it was made in, then chance.
pub(super) fn object_id(rng: &mut fastrand::Rng, now: Timestamp) -> String {
    let seconds = u32::try_from(now.seconds()).unwrap_or(0);
    format!("{seconds:08x}{:016x}", rng.u64(..))
}

/// `notif_` and a UUID of version 7; `serial` keeps the events of one millisecond in order.
pub(super) fn event_id(rng: &mut fastrand::Rng, serial: u32, now: Timestamp) -> String {
    // The variant takes two bits from the third byte on: 12 bits of the serial go before it, 14 after.
    let [.., top, upper] = (serial >> 14).to_be_bytes();
    let [.., lower, least] = (serial & 0x3fff).to_be_bytes();
    let mut bytes = [0; 10];
    rng.fill(&mut bytes);
    let [first, second, third, fourth, ..] = &mut bytes;
    (*first, *second, *third, *fourth) = (top & 0x0f, upper, lower, least);
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid();
    format!("notif_{}", Uuid::hyphenated(id))
}

fn no_contact(id: &str) -> ApiError {
    ApiError::not_found("contact_not_found", format!("No contact has the id {id}.")).param("id")
}

fn no_conversation(id: &str) -> ApiError {
    let message = format!("No conversation has the id {id}.");
    ApiError::not_found("conversation_not_found", message).param("id")
}
