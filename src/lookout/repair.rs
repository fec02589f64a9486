//! Looks for messages that were never delivered and takes them in: as events of our own making, which are filed and judged
//! like any other, but never lead to a block by themselves.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::Lookout;
use super::gap::{Counts, Gap, Pass};
use crate::featurebase::{ActivePage, Featurebase, Outcome};
use crate::message::ConversationId;
use crate::payload::recovered::{self, Found};
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::inbox::Delivery;
use crate::store::watched::Watched;
use crate::time::Timestamp;

/// Pages in one look: other things are to be looked out for, too.
const PAGES_A_LOOK: u32 = 4;
/// Conversations in a page.
const PAGE: u32 = 50;
/// Most pages in all: 10,000 conversations.
const MOST_PAGES: u32 = 200;
const MOST_PASSES: u32 = 5;
/// A conversation that could not be read so often is left out, and named.
const MOST_TRIES: u32 = 3;
/// As often, where Featurebase as a whole may be in trouble.
const MANY_TRIES: u32 = 10;
/// Most conversations named in the record.
const MOST_NAMED: usize = 20;
/// Featurebase names no longer wait than that.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// How soon it goes on after trouble, where Featurebase names no time.
const PAUSE: Duration = Duration::from_mins(1);

/// How far a step of the repair came.
enum Came {
    /// There is more to do.
    On,
    /// Everything is looked through.
    Through,
    /// Not now.
    Later(Duration, String),
}

type Step<T> = std::result::Result<T, Came>;

impl Lookout {
    /// Goes on with the repair of a gap, if there is one and no other replica is at it.
    pub(super) async fn repair(&self) -> Result<()> {
        let open = self.store.watched(Watched::Gap).await?;
        self.metrics.lookout.gap.set(i64::from(open.is_some()));
        let Some(gap) = open.as_ref().and_then(Gap::of) else {
            self.tell(|status| status.gap = None);
            return Ok(());
        };
        let line = format!(
            "messages from {} to {} may not have been delivered ({})",
            gap.from, gap.until, gap.why
        );
        let Some(featurebase) = &self.featurebase else {
            self.tell(|status| {
                status.gap = Some(format!(
                    "{line}; without an API key they cannot be looked for"
                ));
            });
            return Ok(());
        };
        self.tell(|status| status.gap = Some(format!("{line}; they are looked for")));
        let Some(mut gap) = self.claim().await? else {
            return Ok(());
        };
        for _ in 0..PAGES_A_LOOK {
            let came = self.page(featurebase, &mut gap).await?;
            if let Came::Later(wait, why) = &came {
                tracing::warn!(
                    "the search for messages that were not delivered goes on later: {why}"
                );
                gap.next_at = self.clock.now().after(*wait);
            }
            let through = matches!(came, Came::Through);
            if !self.save(&mut gap, through).await? || !matches!(came, Came::On) {
                break;
            }
        }
        Ok(())
    }

    /// Makes the repair ours for a while.
    async fn claim(&self) -> Result<Option<Gap>> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        tx.lock_watched().await?;
        let row = tx.watched(Watched::Gap).await?;
        let Some(mut gap) = row.as_ref().and_then(Gap::of) else {
            return Ok(None);
        };
        // Moments further away than that were written by a clock that has gone back since.
        let waits = now < gap.next_at && gap.next_at.since(now) <= LONGEST_WAIT;
        let taken = now < gap.lease_until && gap.lease_until.since(now) <= self.watch.lease;
        if waits || (taken && gap.owner != self.me) {
            return Ok(None);
        }
        gap.owner.clone_from(&self.me);
        gap.lease_until = now.after(self.watch.lease);
        tx.set_watched(Watched::Gap, &gap.row()).await?;
        tx.commit().await?;
        Ok(Some(gap))
    }

    /// Looks through one page of conversations, the most recently active first.
    async fn page(&self, featurebase: &Featurebase, gap: &mut Gap) -> Result<Came> {
        let now = self.clock.now();
        gap.pass.began.get_or_insert(now);
        if !self.may_call().await? {
            return Ok(Came::Later(
                PAUSE,
                "a person has stopped all calls".to_owned(),
            ));
        }
        let (cursor, limit) = (gap.pass.cursor.as_deref(), gap.pass.limit.unwrap_or(PAGE));
        let page = match featurebase.active(cursor, limit, now).await {
            Ok(page) => page,
            Err(Outcome::Retry {
                after: None,
                everywhere: false,
                why,
            }) => return Ok(narrower(gap, limit, why)),
            Err(Outcome::Refused { why, .. }) => {
                // A page's mark may have grown old: from the top again.
                gap.pass.cursor = None;
                return Ok(Came::Later(PAUSE, why));
            }
            Err(outcome) => return Ok(later(&outcome)),
        };
        match self.conversations(featurebase, gap, page).await? {
            Ok(ended) => Ok(turn_page(gap, ended)),
            Err(came) => Ok(came),
        }
    }

    /// Looks through the conversations of a page. Gives the mark of the next page, if the search goes on there.
    async fn conversations(
        &self,
        featurebase: &Featurebase,
        gap: &mut Gap,
        page: ActivePage,
    ) -> Result<Step<Option<String>>> {
        for (id, active_at) in page.conversations {
            if active_at.is_some_and(|at| at < gap.floor()) {
                return Ok(Ok(None));
            }
            if gap.pass.done.iter().any(|done| done == id.as_str()) {
                continue;
            }
            let before = gap.counts.recovered;
            if let Err(came) = self.conversation(featurebase, gap, &id).await? {
                return Ok(Err(came));
            }
            gap.pass.conversations += 1;
            gap.counts.conversations += u64::from(gap.pass.number == 0);
            gap.pass.done.push(id.as_str().to_owned());
            if gap.counts.recovered > before && !self.save(gap, false).await? {
                return Ok(Err(Came::Later(
                    PAUSE,
                    "another replica has taken it over".to_owned(),
                )));
            }
        }
        Ok(Ok(page.next))
    }

    /// Looks through one conversation and takes in what is missing.
    async fn conversation(
        &self,
        featurebase: &Featurebase,
        gap: &mut Gap,
        id: &ConversationId,
    ) -> Result<Step<()>> {
        if !self.may_call().await? {
            let why = "a person has stopped all calls".to_owned();
            return Ok(Err(Came::Later(PAUSE, why)));
        }
        let now = self.clock.now();
        let whole = match featurebase.whole_conversation(id, now).await {
            Ok(Some(whole)) => whole,
            Ok(None) => {
                name(&mut gap.counts.unread, id);
                return Ok(Ok(()));
            }
            Err(Outcome::Retry {
                after: None,
                everywhere,
                why,
            }) => {
                // The list was answered just now: whatever is the matter may well be this conversation's own.
                let tries = if everywhere { MANY_TRIES } else { MOST_TRIES };
                return Ok(stubborn(gap, id, tries, why));
            }
            Err(outcome) => return Ok(Err(later(&outcome))),
        };
        let known = self.store.known_parts(id).await?;
        let found = recovered::find(id, &whole, &known, (gap.from, gap.until));
        self.take_in(gap, id, found, now).await?;
        Ok(Ok(()))
    }

    /// What is missing goes where deliveries go: it is on disk when this returns.
    async fn take_in(
        &self,
        gap: &mut Gap,
        id: &ConversationId,
        found: Found,
        now: Timestamp,
    ) -> Result<()> {
        let missed = u64::try_from(found.missed.len()).unwrap_or(0);
        for missed in found.missed {
            self.store
                .keep(Delivery {
                    event: missed.event,
                    received_at: now,
                    body: Bytes::from(missed.body),
                })
                .await?;
        }
        if let Some(at) = found.answered_at {
            let mut tx = self.store.writing().await?;
            tx.note_answer(id, at).await?;
            tx.commit().await?;
        }
        self.metrics.lookout.recovered.inc_by(missed);
        gap.counts.recovered += missed;
        if gap.pass.number == 0 {
            // What was found before we died, and not counted.
            gap.counts.recovered += found.found_before;
            gap.counts.delivered += found.delivered;
        }
        Ok(())
    }

    /// Writes down how far the repair has come, and what of it belongs in the record. `false` when it is over, or another
    /// replica has taken it over.
    async fn save(&self, gap: &mut Gap, through: bool) -> Result<bool> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        tx.lock_watched().await?;
        let row = tx.watched(Watched::Gap).await?;
        let Some(kept) = row
            .as_ref()
            .and_then(Gap::of)
            .filter(|kept| kept.owner == self.me)
        else {
            return Ok(false);
        };
        let larger = kept.version != gap.version;
        if larger {
            // It has turned out to be larger meanwhile: from the top again.
            gap.from = kept.from;
            gap.until = kept.until;
            gap.version = kept.version;
            gap.cut |= kept.cut;
            gap.pass = Pass::default();
            gap.counts = Counts::default();
        }
        let mut entries = Vec::new();
        if gap.counts.recovered > 0 && !gap.told {
            gap.told = true;
            let detail = json!({ "from": gap.from.to_string(), "until": gap.until.to_string(), "why": gap.why });
            entries.push(Entry::new(Action::GapFound, now, detail));
        }
        let over = through && !larger;
        if over {
            entries.extend(farewell(gap, now));
            tx.forget_watched(Watched::Gap).await?;
        } else {
            gap.lease_until = now.after(self.watch.lease);
            tx.set_watched(Watched::Gap, &gap.row()).await?;
        }
        tx.record(entries).await?;
        tx.commit().await?;
        if over {
            self.metrics.lookout.gap.set(0);
            self.tell(|status| status.gap = None);
        }
        Ok(!over)
    }
}

/// What the record says of a repair that is over; nothing where nothing was missing.
fn farewell(gap: &Gap, now: Timestamp) -> Option<Entry> {
    let counts = &gap.counts;
    tracing::info!(
        recovered = counts.recovered,
        conversations = counts.conversations,
        "the search for messages that were not delivered is over"
    );
    if !gap.told && counts.unread.is_empty() && !gap.cut {
        return None;
    }
    let named: Vec<&String> = counts.unread.iter().take(MOST_NAMED).collect();
    let detail = json!({
        "from": gap.from.to_string(),
        "until": gap.until.to_string(),
        "why": gap.why,
        "conversations": counts.conversations,
        "recovered": counts.recovered,
        "delivered": counts.delivered,
        "unread": counts.unread.len(),
        "unread_conversations": named,
        "cut": gap.cut,
    });
    if gap.cut || !counts.unread.is_empty() {
        tracing::warn!(
            unread = counts.unread.len(),
            cut = gap.cut,
            "not everything could be looked through; `bouncer audit --action gap_repaired` says what"
        );
    }
    Some(Entry::new(Action::GapRepaired, now, detail))
}

/// The next page, or when there is none, the next pass; or it is over.
fn turn_page(gap: &mut Gap, next: Option<String>) -> Came {
    gap.pass.pages += 1;
    gap.pass.done.clear();
    if next.is_some() && gap.pass.pages < MOST_PAGES {
        gap.pass.cursor = next;
        return Came::On;
    }
    gap.cut |= next.is_some();
    if gap.pass.conversations == 0 || gap.pass.number + 1 >= MOST_PASSES {
        return Came::Through;
    }
    gap.pass = Pass {
        number: gap.pass.number + 1,
        floor: gap.pass.began,
        ..Pass::default()
    };
    Came::On
}

/// A list that cannot be read may be too long: a shorter one is asked for. Where the shortest cannot be read either, the search
/// ends there, and says so.
fn narrower(gap: &mut Gap, limit: u32, why: String) -> Came {
    gap.pass.limit = Some((limit / 7).max(1));
    if limit > 1 {
        return Came::Later(Duration::ZERO, why);
    }
    let tries = gap.stubborn.entry("the list".to_owned()).or_default();
    *tries += 1;
    if *tries < MOST_TRIES {
        return Came::Later(PAUSE, why);
    }
    gap.cut = true;
    Came::Through
}

fn later(outcome: &Outcome) -> Came {
    let wait = match outcome {
        Outcome::Retry { after, .. } => after.unwrap_or(PAUSE),
        _ => PAUSE,
    };
    Came::Later(wait, outcome.to_string())
}

/// What cannot be read for reasons of its own is tried again a few times; then the search goes on without it.
fn stubborn(gap: &mut Gap, id: &ConversationId, most: u32, why: String) -> Step<()> {
    let tries = gap.stubborn.entry(id.as_str().to_owned()).or_default();
    *tries += 1;
    if *tries < most {
        return Err(Came::Later(PAUSE, why));
    }
    name(&mut gap.counts.unread, id);
    Ok(())
}

fn name(unread: &mut Vec<String>, id: &ConversationId) {
    if !unread.iter().any(|known| known == id.as_str()) {
        unread.push(id.as_str().to_owned());
    }
}
