//! Whether somebody was there to notice what people did: a sign in the store every half minute, and the same sign beside it.
//! A store that is older than the sign beside it is a copy that was put back: then what people had decided since is taken
//! from the data folder, and nobody is blocked by a rule before it was compared with Featurebase.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::Worker;
use crate::store::audit::{Action, Entry};
use crate::store::contacts::{ContactRow, Standing};
use crate::store::jobs::{AT_ONCE, Call, Comparing, NewJob, Task, WhyCompare};
use crate::store::presence::{Kept, Presence};
use crate::store::{Result, Writing};
use crate::time::Timestamp;

/// How often a sign is left.
const BEAT: Duration = Duration::from_secs(30);
/// A sign that lies so far ahead comes from a wrong clock.
const AHEAD: Duration = Duration::from_mins(5);
/// What happened longer ago is not kept beside the store.
const KEPT_FOR: Duration = Duration::from_hours(60 * 24);
const MOST_KEPT: i64 = 20_000;

const PRESENCE: &str = "presence";
const KEPT: &str = "standings";

/// What this program knows of its own signs.
#[derive(Debug, Default)]
pub struct Seen {
    /// The last sign in the store, as far as we know.
    at: Option<Timestamp>,
    /// When to leave the next.
    next: Option<Timestamp>,
    /// What was written beside the store last.
    kept: String,
}

impl Worker {
    /// To be called before anything is done: what was missed is looked for first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look_back(&self) -> Result<()> {
        self.appear().await
    }

    /// Leaves a sign when it is time to.
    pub(super) async fn keep_presence(&self) -> Result<()> {
        let now = self.clock.now();
        let next = self.seen().next;
        // A clock that was set back must not keep signs from being left.
        if next.is_some_and(|next| now < next && next.since(now) <= BEAT) {
            return Ok(());
        }
        self.appear().await
    }

    /// A person's word was carried out: it is kept beside the store at once.
    pub(super) fn appear_soon(&self) {
        self.seen().next = None;
    }

    async fn appear(&self) -> Result<()> {
        let (now, known) = (self.clock.now(), self.seen().at);
        let beside = self.behaviour.data_dir.join(PRESENCE);
        let remembered = match known {
            Some(at) => Some(at),
            None => read(&beside)
                .await
                .and_then(|text| Timestamp::parse(text.trim())),
        };
        // A sign from so far ahead was left by a wrong clock, and tells nothing.
        let remembered = remembered.filter(|at| *at <= now.after(AHEAD));
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let last = tx.presence().await?.map(|last| last.at);
        let is_older = remembered.is_some_and(|at| last.is_none_or(|last| last < at));
        if is_older {
            self.remember(&mut tx, last, now).await?;
        }
        let away = last.is_none_or(|last| now.since(last) >= self.behaviour.reconcile_after);
        if is_older || (known.is_none() && away) {
            tx.note_gap(now).await?;
            self.compare_first(&mut tx, last, is_older).await?;
        }
        let at = last.map_or(now, |last| {
            if last > now.after(AHEAD) {
                now
            } else {
                last.max(now)
            }
        });
        let who = format!("process {}", std::process::id());
        tx.be_present(&Presence { at, who }).await?;
        tx.commit().await?;
        {
            let mut seen = self.seen();
            (seen.at, seen.next) = (Some(at), Some(now.after(BEAT)));
        }
        self.keep_beside(at, now).await
    }

    /// Has everybody compared before rules block again, if there is anybody to compare.
    async fn compare_first(
        &self,
        tx: &mut Writing,
        last: Option<Timestamp>,
        is_older: bool,
    ) -> Result<()> {
        let now = self.clock.now();
        if !tx.has_blocks().await? || tx.comparing(WhyCompare::Away).await?.is_some() {
            return Ok(());
        }
        let because = match (is_older, last) {
            (true, Some(last)) => format!("an older copy of the store was put back, of {last}"),
            (true, None) => "another store was put in place of the one before".to_owned(),
            (false, Some(last)) => format!("no bouncer was at work since {last}"),
            (false, None) => "it is not known when a bouncer was last at work".to_owned(),
        };
        tracing::warn!(
            "{because}: it is first looked whom people unblocked meanwhile; no rule blocks before"
        );
        let state = Comparing {
            since: last,
            ..Comparing::new(now, &because)
        };
        tx.clear_differences(WhyCompare::Away).await?;
        tx.add_jobs(vec![state.job(WhyCompare::Away)], now).await?;
        let detail = json!({ "because": because, "apply": true });
        tx.record(vec![Entry::new(Action::ReconcileStarted, now, detail)])
            .await
    }

    /// Takes from beside the store what it does not know any more.
    async fn remember(
        &self,
        tx: &mut Writing,
        last: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        let text = read(&self.behaviour.data_dir.join(KEPT))
            .await
            .unwrap_or_default();
        let is_lost = |kept: &Kept| {
            last.is_none_or(|last| kept.changed_at.max(ordered_at(self, kept)) >= last)
        };
        let lines = text.lines();
        for kept in lines.filter_map(|line| serde_json::from_str::<Kept>(line).ok()) {
            let row = tx.contact_or_new(&kept.contact, now).await?;
            let known = row.changed_at >= kept.changed_at
                && row.standing == kept.standing
                && row.exempt_until >= kept.exempt_until;
            if known || !is_lost(&kept) || !kept.contact.is_well_formed() {
                continue;
            }
            self.take_over(tx, row, kept, now).await?;
        }
        Ok(())
    }

    async fn take_over(
        &self,
        tx: &mut Writing,
        row: ContactRow,
        kept: Kept,
        now: Timestamp,
    ) -> Result<()> {
        let why = "an older copy of the store was put back; what was decided since was kept in the data folder";
        let standing = kept.standing;
        if standing != Standing::Blocked {
            self.hold_waiting(tx, &row, why).await?;
        }
        let row = ContactRow {
            standing,
            fence: row.fence + 1,
            changed_at: kept.changed_at,
            exempt_until: kept.exempt_until,
            block_for: kept.block_for,
            ends_at: kept.ends_at,
            ..row
        };
        tx.set_contact(&row).await?;
        for task in [Task::Block, Task::Unblock, Task::EndBlock] {
            tx.cancel(task, row.contact.as_str(), now).await?;
        }
        let job = |task, run_at| NewJob {
            task,
            subject: row.contact.as_str().to_owned(),
            detail: Call {
                fence: row.fence,
                ours: true,
                ..Call::default()
            }
            .to_json(),
            run_at,
        };
        let jobs = match (standing, row.ends_at) {
            (Standing::UnblockWanted, _) => vec![job(Task::Unblock, AT_ONCE)],
            (Standing::Blocked, Some(end)) => vec![job(Task::EndBlock, end)],
            _ => Vec::new(),
        };
        tx.add_jobs(jobs, now).await?;
        let detail = json!({
            "standing": standing,
            "why": why,
            "exempt_until": row.exempt_until.map(|until| until.to_string()),
        });
        let entry = Entry::new(Action::Remembered, now, detail).contact(&row.contact);
        tx.record(vec![entry]).await
    }

    /// Writes the sign and what must survive the store beside it. A folder that cannot be written to is complained of.
    async fn keep_beside(&self, at: Timestamp, now: Timestamp) -> Result<()> {
        let since = now.before(KEPT_FOR);
        let kept = self.store.to_keep(now, since, MOST_KEPT).await?;
        let mut text = String::new();
        for kept in &kept {
            text.push_str(&serde_json::to_string(kept).unwrap_or_default());
            text.push('\n');
        }
        let folder = &self.behaviour.data_dir;
        let mut written = Ok(());
        if self.seen().kept != text {
            written = write(folder, KEPT, &text).await;
        }
        if written.is_ok() {
            self.seen().kept = text;
            written = write(folder, PRESENCE, &format!("{at}\n")).await;
        }
        if let Err(error) = written {
            tracing::warn!(%error, folder = %folder.display(), "what must survive the store cannot be kept in the data folder");
        }
        Ok(())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// When a person gave the word that protects a contact: letting a hold go does not change the standing.
fn ordered_at(worker: &Worker, kept: &Kept) -> Timestamp {
    kept.exempt_until
        .map_or(Timestamp::from_millis(0), |until| {
            until.before(worker.behaviour.exempt)
        })
}

async fn read(file: &Path) -> Option<String> {
    tokio::fs::read_to_string(file).await.ok()
}

/// Whole or not at all.
async fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let beside = folder.join(format!("{name}.{}.new", std::process::id()));
    tokio::fs::write(&beside, text).await?;
    tokio::fs::rename(&beside, folder.join(name)).await
}
