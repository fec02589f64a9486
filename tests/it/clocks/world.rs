//! A bouncer whose clock can be wrong, and a Featurebase whose clock is right.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Options, Sandbox};
use featurebase_bouncer::time::{Clock, Timestamp};

use crate::bot::{API_KEY, Bot, Setup};

/// A bouncer and a Featurebase with a clock each.
pub struct World {
    pub bot: Bot,
    truth: Clock,
    /// By how many milliseconds the bouncer's clock is ahead.
    wrong_by: i64,
}

impl World {
    pub async fn start(setup: Setup) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let start = Timestamp::parse("2026-07-01T10:00:00Z").unwrap();
        let truth = Clock::by_hand(start);
        let sandbox = Sandbox::start(Options {
            api_key: API_KEY.to_owned(),
            clock: truth.clone(),
            concurrency: 1,
            suspend_after: u32::MAX,
            rate_limit: u32::MAX,
            seed: Some(7),
            ..Options::default()
        })
        .await
        .unwrap();
        let bot = setup.join(sandbox, Clock::by_hand(start)).await;
        Self {
            bot,
            truth,
            wrong_by: 0,
        }
    }

    pub const fn is_right(&self) -> bool {
        self.wrong_by == 0
    }

    /// From now on the bouncer's clock is ahead by so many milliseconds; behind, if it is negative.
    pub fn is_ahead_by(&mut self, millis: i64) {
        self.wrong_by = millis;
        self.tick();
    }

    pub async fn later(&self, by: Duration) {
        self.truth.advance(by);
        self.tick();
        self.bot.settles().await;
    }

    pub async fn passes(&self, total: Duration, step: Duration) {
        let mut passed = Duration::ZERO;
        while passed < total {
            self.later(step).await;
            passed += step;
        }
    }

    fn tick(&self) {
        let millis = self.truth.now().millis() + self.wrong_by;
        self.bot.clock.set(Timestamp::from_millis(millis));
    }
}
