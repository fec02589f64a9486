//! Rules, people and a Featurebase in trouble in a random order; then a rule is undone, with interruptions. In the end exactly
//! those are free who should be, by a model kept beside. Each story has a seed, which it tells when it fails;
//! `BOUNCER_TEST_SEEDS` names others, as in `BOUNCER_TEST_SEEDS=0..300`.

use std::time::Duration;

use fastrand::Rng;
use featurebase_bouncer::desk::undo::Selection;
use featurebase_bouncer::sandbox::{Draft, Fault, FaultKind, FaultTarget, RetryAfter};
use featurebase_bouncer::store::confirmations::Word;

use super::undo::{A, AB, B, HOTLINE, MORE_POINTS, POINTS, setup, takes_over, undo};
use crate::bot::{Bot, ana, seeds};
use crate::database::Database;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const CONTACTS: usize = 14;
const TEXTS: &[&str] = &[A, A, A, B, AB, POINTS, MORE_POINTS, HOTLINE];

/// What keeps a contact blocked, as the model sees it.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Standing {
    blocked: bool,
    /// The texts that led to the block or would have.
    causes: Vec<&'static str>,
    /// A person called the last decision right.
    right: bool,
    /// A person had a hold carried out.
    confirmed: bool,
    /// Blocked there before ours.
    theirs: bool,
    exempt: bool,
    held: bool,
}

/// Whether a rule of the selection had a part in a text's block, and whether it would have been one without.
fn weigh(text: &str, selection: &str) -> (bool, bool) {
    let named = |rule: &str| match selection.strip_suffix('*') {
        Some(beginning) => rule.starts_with(beginning),
        None => rule == selection,
    };
    let blocks: &[&str] = match text {
        A => &["pitch/backlinks"],
        B => &["pitch/seo"],
        AB => &["pitch/backlinks", "pitch/seo"],
        _ => &[],
    };
    let points: &[(&str, i64)] = match text {
        POINTS => &[("points/crypto", 6), ("points/sure", 6)],
        MORE_POINTS => &[("points/crypto", 6), ("points/sure", 6), ("points/now", 4)],
        _ => &[],
    };
    let part = blocks.iter().any(|rule| named(rule)) || points.iter().any(|(rule, _)| named(rule));
    let rest: i64 = points
        .iter()
        .filter(|(rule, _)| !named(rule))
        .map(|(_, points)| points)
        .sum();
    (part, blocks.iter().any(|rule| !named(rule)) || rest >= 10)
}

impl Standing {
    /// A block is decided on.
    fn hears(&mut self, text: &'static str) {
        if self.exempt || text == HOTLINE {
            self.held = true;
            return;
        }
        if !self.blocked {
            *self = Self {
                blocked: true,
                held: self.held,
                ..Self::default()
            };
        }
        self.causes.push(text);
    }

    fn frees(&mut self) {
        *self = Self {
            exempt: true,
            ..Self::default()
        };
    }

    fn undoes(&mut self, selection: &str) {
        let parts: Vec<(bool, bool)> = self
            .causes
            .iter()
            .map(|text| weigh(text, selection))
            .collect();
        let stays = !parts.iter().any(|(part, _)| *part)
            || parts.iter().any(|(part, rest)| !part || *rest)
            // The word was about the last decision.
            || (self.right && parts.last().is_some_and(|(part, _)| *part))
            || self.confirmed
            || self.theirs;
        if self.blocked && !stays {
            self.frees();
        }
    }
}

struct Story {
    bot: Bot,
    rng: Rng,
    contacts: Vec<(String, Standing)>,
    told: Vec<String>,
}

impl Story {
    async fn goes_on(&mut self) {
        let number = self.rng.usize(..CONTACTS);
        let what = self.rng.u32(..100);
        let (contact, mut standing) = self.contacts[number].clone();
        self.told.push(format!("{what} {contact}"));
        match what {
            0..60 => self.writes(&contact, &mut standing).await,
            60..70 => {
                self.bot
                    .desk
                    .unblock(&contact, ana("a partner"))
                    .await
                    .unwrap();
                standing.frees();
            }
            70..80 if standing.blocked && !standing.confirmed => {
                let decision = self.bot.desk.decision_named(&contact).await.unwrap();
                let right = self.rng.bool();
                let word = if right { Word::Right } else { Word::Wrong };
                let is_block = decision.verdict.as_str() == "block";
                self.bot
                    .desk
                    .mark(&[decision], word, ana("looked at"))
                    .await
                    .unwrap();
                if is_block {
                    standing.right = right;
                }
            }
            80..90 if standing.held => {
                self.bot.desk.confirm(&contact, ana("spam")).await.unwrap();
                standing.confirmed = true;
                standing.blocked = true;
                standing.held = false;
                standing.exempt = false;
            }
            _ => self.bot.later(SECOND * 30).await,
        }
        self.bot.settles().await;
        self.contacts[number].1 = standing;
    }

    async fn writes(&mut self, contact: &str, standing: &mut Standing) {
        if standing.blocked {
            return;
        }
        let by_hand = self.rng.u32(..12) == 0;
        for _ in 0..self.rng.usize(1..3) {
            let text = TEXTS[self.rng.usize(..TEXTS.len())];
            self.bot
                .sandbox
                .write(contact, &Draft::markdown(text))
                .unwrap();
            self.told.push(format!("    {text}"));
            standing.hears(text);
        }
        if by_hand && standing.blocked {
            self.bot.sandbox.block_by_hand(contact);
            standing.theirs = true;
            self.told.push("    blocked by hand".to_owned());
        }
        self.bot.settles().await;
    }

    /// The decisions stay as they are while it is undone; Featurebase and the bouncer do not.
    async fn undoes(mut self, seed: u64) -> Self {
        self.bot.passes(MINUTE * 2, SECOND * 30).await;
        let rules = [
            "pitch/backlinks",
            "pitch/seo",
            "pitch/*",
            "points/crypto",
            "points/*",
        ];
        let rule = rules[self.rng.usize(..rules.len())];
        self.told.push(format!("undo {rule}"));
        for _ in 0..self.rng.usize(..5) {
            let times = self.rng.u32(1..4);
            let kind = match self.rng.u32(..4) {
                0 => FaultKind::Status(503),
                1 => FaultKind::LostAnswer,
                2 => FaultKind::TooMany(RetryAfter::Seconds(2)),
                _ => FaultKind::NoEffect,
            };
            self.bot
                .sandbox
                .fault(Fault::times(times, FaultTarget::Unblock, kind));
        }
        if self.rng.bool() {
            let selection = Selection::of_rule(rule);
            let mut undoing = self.bot.desk.undoing(selection);
            let mut plans = undoing.plans().await.unwrap();
            let begun = undoing.begin(plans.len(), ana("wrong")).await.unwrap();
            plans.truncate(self.rng.usize(..=plans.len()));
            while !plans.is_empty() {
                undoing
                    .carry_out(&begun, &mut plans, ana("wrong"))
                    .await
                    .unwrap();
            }
            drop(undoing);
            if self.rng.bool() {
                self.bot.settles().await;
            }
            if self.rng.bool() {
                self.told.push("    started anew".to_owned());
                self.bot = takes_over(self.bot.ends().await).await;
            }
        }
        undo(&self.bot, Selection::of_rule(rule)).await;
        self.bot.sandbox.clear_faults();
        self.bot.passes(MINUTE * 20, MINUTE * 2).await;
        for (contact, standing) in &mut self.contacts {
            standing.undoes(rule);
            assert_eq!(
                self.bot.sandbox.is_blocked(contact),
                standing.blocked,
                "seed {seed}: {contact} after undoing {rule}: {standing:?}\n{:#?}\n{:#?}",
                self.told,
                self.bot.story_of(contact).await
            );
            // What the rule alone held was let go.
            let holds = self.bot.desk.holds(100).await.unwrap();
            standing.held = holds.iter().any(|hold| hold.contact.as_str() == contact);
            let id = featurebase_bouncer::message::ContactId::new(contact.clone());
            let row = self.bot.store.standing(&id).await.unwrap();
            standing.exempt = row.is_some_and(|row| {
                row.exempt_until
                    .is_some_and(|until| until > self.bot.clock.now())
            });
        }
        self
    }
}

async fn story(database: Database, seed: u64) {
    let bot = setup(database).start().await;
    let contacts = (0..CONTACTS)
        .map(|number| (bot.lead(&format!("contact {number}")), Standing::default()))
        .collect();
    let mut story = Story {
        bot,
        rng: Rng::with_seed(seed),
        contacts,
        told: Vec::new(),
    };
    for _ in 0..3 {
        for _ in 0..25 {
            story.goes_on().await;
        }
        story = story.undoes(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_those_are_free_who_should_be_on_sqlite() {
    for seed in seeds(0..12) {
        println!("seed {seed}");
        Box::pin(story(Database::sqlite(), seed)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_those_are_free_who_should_be_on_postgres() {
    for seed in seeds(100..104) {
        println!("seed {seed}");
        Box::pin(story(Database::postgres().await, seed)).await;
    }
}
