//! The record: rows are added, never changed, and only the oldest are ever removed (`store/retention.rs`).

use serde::Serialize;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{self, Cell};
use super::search::Wanted;
use super::{Result, Store, StoreError, Writing, postings};
use crate::message::{ContactId, ConversationId, EventId};
use crate::time::Timestamp;

crate::vocabulary! {
    /// What happened.
    Action {
        /// An event was taken in.
        Received = "received",
        /// A message was judged.
        Decided = "decided",
        /// Featurebase is about to be called.
        Attempted = "attempted",
        /// The call failed and will be tried again.
        AttemptFailed = "attempt_failed",
        /// Featurebase blocked the contact, and it was read back.
        Blocked = "blocked",
        /// The contact was blocked already.
        AlreadyBlocked = "already_blocked",
        /// Featurebase refused for good.
        Refused = "refused",
        /// It was tried for days, in vain.
        GaveUp = "gave_up",
        /// A block about to be carried out waits for a person instead.
        Held = "held",
        /// A call was no longer wanted when its turn came.
        Cancelled = "cancelled",
        /// Something a rule asked for besides was done.
        AlsoDone = "also_done",
        /// Something a rule asked for besides cannot be done, and nobody was asked.
        NotDone = "not_done",
        /// A block that was done is to end at a time.
        BlockEndPlanned = "block_end_planned",
        /// A block for a time is over.
        BlockEnded = "block_ended",
        /// A person's unblock was carried out.
        Unblocked = "unblocked",
        /// A person ordered an unblock.
        UnblockOrdered = "unblock_ordered",
        /// A person let a held contact go.
        HoldReleased = "hold_released",
        /// A person had a held block carried out.
        HoldConfirmed = "hold_confirmed",
        /// A rule, or all together, has blocked as many as its brake allows: further blocks are held.
        BrakeTripped = "brake_tripped",
        /// A person let a tripped brake go.
        BrakeReleased = "brake_released",
        /// The oldest work has waited for longer than it should.
        QueueOld = "queue_old",
        /// Work no longer waits for long.
        QueueCaughtUp = "queue_caught_up",
        /// New rules are in force.
        RulesAdopted = "rules_adopted",
        /// Edited rules were refused; the old ones stay in force.
        RulesRejected = "rules_rejected",
        /// A person had the files of an earlier version written back into the rules folder.
        RulesRolledBack = "rules_rolled_back",
        /// Featurebase does not deliver, or not what we need; the detail says why.
        WebhookSuspended = "webhook_suspended",
        /// Featurebase delivers again.
        WebhookActive = "webhook_active",
        /// A person has Featurebase deliver again.
        WebhookReactivated = "webhook_reactivated",
        /// Nothing has been delivered for long.
        Silence = "silence",
        /// Something was delivered after a silence.
        SilenceEnded = "silence_ended",
        /// Messages were found that were never delivered.
        GapFound = "gap_found",
        /// All messages that were never delivered, as far as they could be had, are taken in.
        GapRepaired = "gap_repaired",
        /// A person stopped all calls.
        Stopped = "stopped",
        /// A person let calls go on.
        Resumed = "resumed",
        /// The clock has gone back: leases and waits given before were mended.
        ClockWentBack = "clock_went_back",
        /// A block of ours took effect after a person's word against it; it is taken back.
        LateBlock = "late_block",
        /// Featurebase shows free whom we had blocked: a person unblocked them there.
        UnblockedThere = "unblocked_there",
        /// Featurebase shows blocked whom we did not block: somebody else's block, which is left alone.
        BlockedThere = "blocked_there",
        /// The store is older than what was done: what people had decided since is known from the data folder.
        Remembered = "remembered",
        /// A person put a backup in the store's place: what happened after it was made is gone.
        Restored = "restored",
        /// Who is blocked at Featurebase is being compared with who we believe is.
        ReconcileStarted = "reconcile_started",
        /// The comparison is done.
        Reconciled = "reconciled",
        /// Featurebase refuses the API key since then.
        KeyRefused = "key_refused",
        /// Featurebase accepts the API key again.
        KeyAccepted = "key_accepted",
        /// A person has another key sign the record.
        RecordKeyChanged = "record_key_changed",
        /// What was known of a contact was erased; the row does not say of whom.
        Erased = "erased",
        /// What was older than it may be was forgotten.
        Forgotten = "forgotten",
        /// Featurebase removed what a message said: its text is forgotten.
        RedactedThere = "redacted_there",
        /// Featurebase removed a conversation: its texts are forgotten.
        ConversationDeletedThere = "conversation_deleted_there",
        /// A person had everything of a contact kept.
        LegalHoldAdded = "legal_hold_added",
        /// What is known of a contact may be forgotten again.
        LegalHoldLifted = "legal_hold_lifted",
        /// A person says that a decision was right.
        ConfirmedRight = "confirmed_right",
        /// A person says that a decision was wrong.
        ConfirmedWrong = "confirmed_wrong",
        /// A person undoes what a rule did.
        UndoOrdered = "undo_ordered",
        /// All of an undoing is carried out, as far as it can be.
        UndoDone = "undo_done",
        /// People regret more of what a rule does than the policy allows: it is proposed that it only holds.
        RegretHigh = "regret_high",
        /// What people regret of a rule is no longer too much, or the rule no longer blocks.
        RegretEased = "regret_eased",
    }
}

/// The actor of everything the program does by itself.
pub const BOUNCER: &str = "bouncer";

/// A row to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub at: Timestamp,
    pub action: Action,
    pub actor: String,
    pub contact: Option<ContactId>,
    pub conversation: Option<ConversationId>,
    pub event: Option<EventId>,
    pub verdict: Option<&'static str>,
    /// Ids of the rules concerned, with blanks between.
    pub rules: Option<String>,
    pub detail: Value,
    /// What of the detail is personal: kept under lock, while the row holds a commitment to it.
    pub private: Value,
}

impl Entry {
    /// A row by the program itself about nothing in particular yet.
    #[must_use]
    pub fn new(action: Action, at: Timestamp, detail: Value) -> Self {
        Self {
            at,
            action,
            actor: BOUNCER.to_owned(),
            contact: None,
            conversation: None,
            event: None,
            verdict: None,
            rules: None,
            detail,
            private: Value::Null,
        }
    }

    /// The personal part of the detail: what somebody wrote, names, addresses. It is read back as a part of the detail, until it
    /// is erased.
    #[must_use]
    pub fn private(mut self, private: Value) -> Self {
        self.private = private;
        self
    }

    #[must_use]
    pub fn by(mut self, actor: &str) -> Self {
        actor.clone_into(&mut self.actor);
        self
    }

    /// The rules concerned, with blanks between; empty when there are none.
    #[must_use]
    pub fn rules(mut self, rules: &str) -> Self {
        self.rules = (!rules.is_empty()).then(|| rules.to_owned());
        self
    }

    #[must_use]
    pub fn contact(mut self, contact: &ContactId) -> Self {
        self.contact = Some(contact.clone());
        self
    }

    #[must_use]
    pub fn event(mut self, event: &EventId) -> Self {
        self.event = Some(event.clone());
        self
    }

    #[must_use]
    pub fn conversation(mut self, conversation: &ConversationId) -> Self {
        self.conversation = Some(conversation.clone());
        self
    }
}

/// A row of the record as it is read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at: Timestamp,
    pub action: Action,
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    pub detail: Value,
}

/// Which rows are wanted; every part left out lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub contact: Option<ContactId>,
    pub conversation: Option<ConversationId>,
    pub event: Option<EventId>,
    pub action: Option<Action>,
    pub verdict: Option<String>,
    /// A rule's id, or its beginning followed by `*`.
    pub rule: Option<String>,
    pub actor: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Only rows before this number, for paging.
    pub before: Option<i64>,
}

impl Writing {
    /// Adds rows to the record, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&mut self, mut entries: Vec<Entry>) -> Result<()> {
        self.seal_private(&mut entries).await?;
        let cells = entries
            .into_iter()
            .map(|entry| {
                vec![
                    Cell::Int(entry.at.millis()),
                    Cell::Text(entry.action.as_str().to_owned()),
                    Cell::Text(entry.actor),
                    Cell::MaybeText(entry.contact.map(|id| id.as_str().to_owned())),
                    Cell::MaybeText(entry.conversation.map(|id| id.as_str().to_owned())),
                    Cell::MaybeText(entry.event.map(|id| id.as_str().to_owned())),
                    Cell::MaybeText(entry.verdict.map(str::to_owned)),
                    Cell::MaybeText(entry.rules),
                    // PostgreSQL keeps no NUL in text; JSON writes it as an escape anyway.
                    Cell::Text(entry.detail.to_string()),
                ]
            })
            .collect();
        let written = rows::insert(
            &mut self.tx,
            "INSERT INTO audit (at, action, actor, contact_id, conversation_id, event_id, verdict, rules, detail) VALUES",
            &format!("RETURNING seq, at, {}", postings::LANE_COLUMNS),
            cells,
        )
        .await?;
        postings::note(&mut self.tx, self.dialect, &written).await
    }
}

pub(super) const COLUMNS: &str =
    "seq, at, action, actor, contact_id, conversation_id, event_id, verdict, rules, detail";

impl Store {
    /// The newest rows that pass the filter, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, filter: &Filter, limit: i64) -> Result<Vec<Row>> {
        let mut wanted = Wanted::of(filter);
        let mut rows: Vec<Row> = Vec::new();
        let limit = usize::try_from(limit).unwrap_or_default();
        loop {
            let page = self.search(&wanted, limit - rows.len()).await?;
            rows.extend(page.rows);
            if rows.len() >= limit || page.more.is_none() {
                return Ok(rows);
            }
            wanted.before = page.more;
        }
    }
}

/// `pitch/*` finds every rule that begins so.
pub(super) fn rule_pattern(rule: &str) -> String {
    let escaped = rule
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_");
    match escaped.strip_suffix('*') {
        Some(beginning) => format!("% {beginning}%"),
        None => format!("% {escaped} %"),
    }
}

pub(super) fn row_of(row: &AnyRow) -> Result<Row> {
    let seq: i64 = row.try_get("seq")?;
    let bad = |what: String| StoreError::BadData {
        table: "audit",
        row: seq.to_string(),
        what,
    };
    let action: String = row.try_get("action")?;
    let detail: String = row.try_get("detail")?;
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    Ok(Row {
        seq,
        at: Timestamp::from_millis(row.try_get("at")?),
        action: Action::parse(&action).ok_or_else(|| bad(format!("action {action} is unknown")))?,
        actor: row.try_get("actor")?,
        contact: text("contact_id")?.map(ContactId::new),
        conversation: text("conversation_id")?.map(ConversationId::new),
        event: text("event_id")?.map(EventId::new),
        verdict: text("verdict")?,
        rules: text("rules")?,
        detail: serde_json::from_str(&detail)
            .map_err(|error| bad(format!("detail is not JSON: {error}")))?,
    })
}
