//! The whole pipeline on simulated clocks: contacts write, people order, Featurebase fails, replicas die in the middle of
//! work, and the bouncer's clock jumps by a day and back. Every run has a seed and can be run again.
//!
//! `BOUNCER_TEST_SEED=7 tests/postgres cargo test clocks::simulation` runs one seed, `BOUNCER_TEST_SEEDS=500` so many.

use std::collections::BTreeMap;
use std::time::Duration;

use featurebase_bouncer::message::ContactId;
use featurebase_bouncer::sandbox::{Effect, Fault, FaultKind, FaultTarget, RetryAfter};
use featurebase_bouncer::store::audit::Action;
use featurebase_bouncer::store::contacts::Standing;
use featurebase_bouncer::store::jobs::{Lease, Task};

use super::world::World;
use crate::bot::{PITCH, Setup, ana};
use crate::database::Database;

const STEPS: usize = 60;
/// Featurebase sends an event again for seven hours: a clock that is wrong for longer loses deliveries, and nobody can help it.
const LONGEST_WRONG: Duration = Duration::from_hours(5);
const NO_BRAKE: &str = "[policy]\nbrake.per_rule = { blocks = 100000, within = \"1m\" }\nbrake.total = { blocks = 100000, within = \"1m\" }\nbrake.share = { part = 1.0, of_at_least = 1, within = \"1h\" }\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_clock_does_nothing_is_lost_or_done_twice_and_people_win_on_sqlite() {
    for seed in seeds() {
        run(Database::sqlite(), seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_clock_does_nothing_is_lost_or_done_twice_and_people_win_on_postgres() {
    for seed in seeds() {
        run(Database::postgres().await, seed).await;
    }
}

fn seeds() -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    if let Some(seed) = number("BOUNCER_TEST_SEED") {
        return vec![seed];
    }
    let first = fastrand::u64(..1_000_000_000);
    (first..first + number("BOUNCER_TEST_SEEDS").unwrap_or(3)).collect()
}

/// What a person said last about a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Free,
    Blocked,
}

struct Simulation {
    world: World,
    random: fastrand::Rng,
    contacts: Vec<String>,
    words: BTreeMap<String, Word>,
    wrong_for: Duration,
}

async fn run(database: Database, seed: u64) {
    println!("seed {seed}: run it alone with BOUNCER_TEST_SEED={seed}");
    let world = World::start(Setup::on(database).more_rules(NO_BRAKE)).await;
    let mut simulation = Simulation {
        world,
        random: fastrand::Rng::with_seed(seed),
        contacts: Vec::new(),
        words: BTreeMap::new(),
        wrong_for: Duration::ZERO,
    };
    for _ in 0..STEPS {
        simulation.step().await;
    }
    simulation.end().await;
    simulation.check().await;
    assert!(simulation.world.bot.running.stop().await);
}

impl Simulation {
    async fn step(&mut self) {
        match self.random.u8(0..100) {
            0..35 => self.somebody_writes(),
            35..45 => self.a_person_orders().await,
            45..55 => self.featurebase_fails(),
            55..60 => self.a_replica_dies().await,
            60..70 => self.the_clock_jumps(),
            _ => self.time_passes().await,
        }
        if self.random.bool() {
            self.world.bot.settles().await;
        }
    }

    fn somebody_writes(&mut self) {
        let known = self.random.choice(&self.contacts).cloned();
        let contact = match known.filter(|_| self.random.u8(0..3) == 0) {
            Some(contact) if !self.world.bot.sandbox.is_blocked(&contact) => contact,
            _ => {
                let contact = self.world.bot.lead("somebody");
                self.contacts.push(contact.clone());
                contact
            }
        };
        let texts = [PITCH, "good morning", "Please call our refund department"];
        let text = *self.random.choice(&texts).unwrap();
        self.world.bot.writes(&contact, text);
    }

    async fn a_person_orders(&mut self) {
        let Some(contact) = self.random.choice(&self.contacts).cloned() else {
            return;
        };
        let desk = &self.world.bot.desk;
        let word = match self.random.u8(0..3) {
            0 => desk
                .unblock(&contact, ana("a friend"))
                .await
                .map(|_| Word::Free)
                .ok(),
            1 => self.released(&contact).await,
            _ => desk
                .confirm(&contact, ana("no friend"))
                .await
                .map(|_| Word::Blocked)
                .ok(),
        };
        if let Some(word) = word {
            self.words.insert(contact, word);
        }
    }

    /// Letting a held message go does not undo a block that another message led to.
    async fn released(&self, contact: &str) -> Option<Word> {
        let bot = &self.world.bot;
        bot.desk.release(contact, ana("a friend")).await.ok()?;
        let id = ContactId::new(contact);
        let row = bot.store.standing(&id).await.unwrap().unwrap();
        (row.standing != Standing::Blocked).then_some(Word::Free)
    }

    fn featurebase_fails(&mut self) {
        let kinds = [
            FaultKind::Status(503),
            FaultKind::Status(409),
            FaultKind::TooMany(RetryAfter::Seconds(90)),
            FaultKind::TooMany(RetryAfter::DateIn(90)),
            FaultKind::Reset,
            FaultKind::LostAnswer,
        ];
        let targets = [
            FaultTarget::Any,
            FaultTarget::Block,
            FaultTarget::Unblock,
            FaultTarget::Read,
        ];
        let kind = self.random.choice(&kinds).unwrap().clone();
        let target = *self.random.choice(&targets).unwrap();
        let times = self.random.u32(1..4);
        self.world
            .bot
            .sandbox
            .fault(Fault::times(times, target, kind));
    }

    /// It has claimed what was due and is never heard of again.
    async fn a_replica_dies(&mut self) {
        let bot = &self.world.bot;
        let lease = Lease::new(bot.clock.now(), bot.config.lease);
        let mut tx = bot.store.writing().await.unwrap();
        tx.claim_acting(&lease, 3).await.unwrap();
        tx.claim_judging(&lease, 3).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn the_clock_jumps(&mut self) {
        let jumps = [86_400_000, -86_400_000, 3_600_000, -3_600_000];
        let wrong_by = *self.random.choice(&jumps).unwrap();
        self.world.is_ahead_by(wrong_by);
    }

    async fn time_passes(&mut self) {
        let by = Duration::from_secs(self.random.u64(1..1_800));
        self.world.later(by).await;
        if self.world.is_right() {
            self.wrong_for = Duration::ZERO;
            return;
        }
        self.wrong_for += by;
        let mended = self.random.u8(0..4) == 0;
        if mended || self.wrong_for > LONGEST_WRONG.saturating_sub(Duration::from_hours(1)) {
            self.world.is_ahead_by(0);
            self.wrong_for = Duration::ZERO;
        }
    }

    /// All is well again, and there is time.
    async fn end(&mut self) {
        self.world.is_ahead_by(0);
        self.world.bot.sandbox.clear_faults();
        self.world
            .passes(Duration::from_hours(12), Duration::from_mins(10))
            .await;
    }

    async fn check(&self) {
        let bot = &self.world.bot;
        for task in Task::ALL {
            assert_eq!(bot.jobs(*task).await, 0, "nothing of {task} is left");
        }
        let record = bot.record().await;
        let mut decisions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in record.iter().filter(|row| row.action == Action::Decided) {
            let event = row.event.as_ref().unwrap().as_str();
            let verdict = row.verdict.as_deref().unwrap();
            decisions.entry(event).or_default().push(verdict);
        }
        let mut taken: BTreeMap<String, bool> = BTreeMap::new();
        for delivery in bot.sandbox.deliveries() {
            *taken.entry(delivery.event).or_default() |= delivery.delivered;
        }
        for (event, taken) in taken {
            assert!(taken, "{event} was never taken");
            let made = decisions.get(event.as_str());
            assert_eq!(made.map(Vec::len), Some(1), "{event}");
        }
        let tried = |contact: &str| {
            record.iter().any(|row| {
                row.action == Action::Attempted
                    && row
                        .contact
                        .as_ref()
                        .is_some_and(|id| id.as_str() == contact)
            })
        };
        for call in bot.sandbox.calls() {
            if let (Some(Effect::Blocked), Some(contact)) = (call.effect, &call.contact) {
                assert!(tried(contact), "{contact} was blocked with no record of it");
            }
        }
        for contact in &self.contacts {
            self.check_contact(contact).await;
        }
    }

    async fn check_contact(&self, contact: &str) {
        let bot = &self.world.bot;
        let story = bot.story_of(contact).await;
        let blocked = bot.sandbox.is_blocked(contact);
        match self.words.get(contact) {
            Some(Word::Free) => assert!(!blocked, "a person let {contact} go: {story:?}"),
            Some(Word::Blocked) => assert!(blocked, "a person had {contact} blocked: {story:?}"),
            None => {
                let decided = story.iter().any(|row| row == "decided block");
                let asked_again = story.iter().any(|row| row == "held");
                assert!(
                    blocked == decided || asked_again,
                    "{contact} blocked: {blocked}, {story:?}"
                );
            }
        }
    }
}
