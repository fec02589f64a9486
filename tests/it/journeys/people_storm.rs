//! Rules, people, lost answers, late effects, absences and put-back copies in a random order: in the end nobody is blocked
//! whom a person unblocked last. Each story has a seed, which it tells when it fails; `BOUNCER_TEST_SEEDS` names others, as in
//! `BOUNCER_TEST_SEEDS=0..300`.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use featurebase_bouncer::sandbox::{Draft, Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::contacts::Standing;
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, ana, seeds};
use crate::database::Database;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What a person wanted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Free,
    Blocked,
}

struct Story {
    bot: Bot,
    rng: Rng,
    contacts: Vec<String>,
    words: BTreeMap<String, Word>,
    copy: Option<String>,
    told: Vec<String>,
}

impl Story {
    async fn begins(database: Database, seed: u64) -> Self {
        let bot = Bot::on(database).await;
        let contacts = (0..4)
            .map(|number| bot.lead(&format!("contact {number}")))
            .collect();
        Self {
            bot,
            rng: Rng::with_seed(seed),
            contacts,
            words: BTreeMap::new(),
            copy: None,
            told: Vec::new(),
        }
    }

    async fn goes_on(mut self) -> Self {
        let contact = self.contacts[self.rng.usize(..self.contacts.len())].clone();
        let what = self.rng.u32(..100);
        self.told
            .push(format!("{} {what} {contact}", self.bot.clock.now()));
        match what {
            0..25 => self.writes(&contact, PITCH),
            25..32 => self.writes(&contact, "Please call our refund department"),
            32..52 => self.breaks_something(),
            52..62 => self.orders_an_unblock(&contact).await,
            62..67 => self.lets_go(&contact).await,
            67..72 => self.confirms(&contact).await,
            72..77 => self.unblocks_there(&contact).await,
            77..92 => {
                let wait = Duration::from_secs(self.rng.u64(1..900));
                self.bot.later(wait).await;
            }
            92..96 => {
                let wait = Duration::from_secs(self.rng.u64(1..3600));
                self = self.starts_anew(wait).await;
            }
            _ => self = self.copies_or_puts_back().await,
        }
        if self.rng.bool() {
            self.bot.settles().await;
        }
        self
    }

    fn writes(&mut self, contact: &str, text: &str) {
        // Whom Featurebase has blocked cannot write.
        let _ = self.bot.sandbox.write(contact, &Draft::markdown(text));
    }

    fn breaks_something(&mut self) {
        let late = Duration::from_secs(self.rng.u64(1..2400));
        let fault = match self.rng.u32(..8) {
            0 => Fault::once(FaultTarget::Block, FaultKind::LostAnswer),
            1 | 2 => Fault::once(FaultTarget::Block, FaultKind::LateEffect(late)),
            3 => Fault::once(FaultTarget::Block, FaultKind::Status(500)),
            4 => Fault::once(FaultTarget::Block, FaultKind::NoEffect),
            5 => Fault::once(FaultTarget::Unblock, FaultKind::Status(500)),
            6 => Fault::once(FaultTarget::Unblock, FaultKind::LostAnswer),
            _ => Fault::once(FaultTarget::Read, FaultKind::Status(503)),
        };
        self.bot.sandbox.fault(fault);
    }

    async fn orders_an_unblock(&mut self, contact: &str) {
        self.bot
            .desk
            .unblock(contact, ana("let them be"))
            .await
            .unwrap();
        self.words.insert(contact.to_owned(), Word::Free);
    }

    async fn lets_go(&mut self, contact: &str) {
        let released = self.bot.desk.release(contact, ana("let them be")).await;
        if released.is_ok() && self.standing(contact).await != Some(Standing::Blocked) {
            self.words.insert(contact.to_owned(), Word::Free);
        }
    }

    async fn confirms(&mut self, contact: &str) {
        if self.bot.desk.confirm(contact, ana("spam")).await.is_ok() {
            self.words.insert(contact.to_owned(), Word::Blocked);
        }
    }

    /// Only where the block is known to hold: what a teammate takes back there while ours may still come is not told apart
    /// from a block that did not come.
    async fn unblocks_there(&mut self, contact: &str) {
        let calls = self.bot.sandbox.calls();
        let unheard = calls.iter().any(|call| {
            call.contact.as_deref() == Some(contact) && call.fault.as_deref() == Some("late_effect")
        });
        let pending = self.bot.store.pending(contact).await.unwrap();
        let is_quiet = pending.iter().all(|(task, ..)| *task == Task::LookAgain);
        if !unheard && is_quiet && self.standing(contact).await == Some(Standing::Blocked) {
            self.bot.sandbox.unblock_by_hand(contact);
            self.words.insert(contact.to_owned(), Word::Free);
        }
    }

    async fn standing(&self, contact: &str) -> Option<Standing> {
        let id = featurebase_bouncer::message::ContactId::new(contact);
        let row = self.bot.store.standing(&id).await.unwrap();
        row.map(|row| row.standing)
    }

    async fn starts_anew(mut self, wait: Duration) -> Self {
        let rest = self.bot.ends().await;
        rest.clock.advance(wait);
        self.bot = rest.starts().await;
        self
    }

    /// All is quiet when a copy is taken or put back: an order a copy was not told of is kept for half a minute only.
    async fn copies_or_puts_back(mut self) -> Self {
        self.calms_down(HOUR * 3).await;
        let rest = self.bot.ends().await;
        match self.copy.take() {
            None => self.copy = Some(rest.database.copy().await),
            Some(copy) => rest.database.put_back(&copy).await,
        }
        rest.clock.advance(MINUTE);
        self.bot = rest.starts().await;
        self
    }

    async fn calms_down(&self, within: Duration) {
        self.bot.sandbox.clear_faults();
        self.bot.passes(within, MINUTE * 6).await;
    }

    async fn ends_well(&self, seed: u64) {
        self.calms_down(HOUR * 4).await;
        for (contact, word) in &self.words {
            let is_wronged = *word == Word::Free && self.bot.sandbox.is_blocked(contact);
            assert!(
                !is_wronged,
                "seed {seed}: {contact} is blocked against a person's word\n{:#?}\n{:#?}",
                self.told,
                self.bot.story_of(contact).await
            );
        }
    }
}

async fn story(database: Database, seed: u64) {
    let mut story = Story::begins(database, seed).await;
    for _ in 0..30 {
        story = story.goes_on().await;
    }
    story.ends_well(seed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_people_win_on_sqlite() {
    for seed in seeds(0..20) {
        println!("seed {seed}");
        Box::pin(story(Database::sqlite(), seed)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_people_win_on_postgres() {
    for seed in seeds(100..106) {
        println!("seed {seed}");
        Box::pin(story(Database::postgres().await, seed)).await;
    }
}
