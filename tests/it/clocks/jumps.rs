//! One jump at a time.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget, RetryAfter};
use featurebase_bouncer::store::jobs::{Lease, Task};

use super::world::World;
use crate::bot::{PITCH, Setup, ana};
use crate::on_both_databases;

const A_DAY: i64 = 86_400_000;
const MINUTE: Duration = Duration::from_secs(60);

on_both_databases! {
    async fn work_claimed_by_a_clock_a_day_ahead_does_not_lie_for_a_day(database) {
        let mut world = World::start(Setup::on(database)).await;
        let bot = &world.bot;
        let spammer = bot.lead("spammer");
        bot.desk.stop(ana("wait")).await.unwrap();
        bot.writes(&spammer, PITCH);
        bot.settles().await;
        bot.desk.go(ana("go on")).await.unwrap();
        world.is_ahead_by(A_DAY);
        // A replica claims the block and dies.
        let lease = Lease::new(world.bot.clock.now(), world.bot.config.lease);
        let mut tx = world.bot.store.writing().await.unwrap();
        assert_eq!(tx.claim_acting(&lease, 10).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        world.bot.settles().await;
        assert_eq!(world.bot.sandbox.blocks(), Vec::<String>::new(), "its lease holds");
        world.is_ahead_by(0);
        world.later(MINUTE * 2).await;
        assert_eq!(world.bot.sandbox.blocks(), [spammer]);
        assert!(world.bot.record().await.iter().any(|row| row.action.as_str() == "clock_went_back"));
    }

    async fn a_wait_given_by_a_clock_a_day_ahead_is_counted_anew(database) {
        let mut world = World::start(Setup::on(database)).await;
        let spammer = world.bot.lead("spammer");
        world.bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::Status(409)));
        world.bot.desk.stop(ana("wait")).await.unwrap();
        world.bot.writes(&spammer, PITCH);
        world.bot.settles().await;
        world.is_ahead_by(A_DAY);
        world.bot.desk.go(ana("go on")).await.unwrap();
        world.bot.settles().await;
        assert_eq!(world.bot.jobs(Task::Block).await, 1, "it waits to be tried again");
        world.is_ahead_by(0);
        world.passes(MINUTE, MINUTE / 6).await;
        assert_eq!(world.bot.sandbox.blocks(), [spammer]);
    }

    async fn what_a_server_told_us_to_wait_is_waited_when_the_clock_goes_back(database) {
        let mut world = World::start(Setup::on(database)).await;
        let spammer = world.bot.lead("spammer");
        world.bot.writes(&spammer, PITCH);
        world.is_ahead_by(0);
        world.bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::TooMany(RetryAfter::Seconds(600))));
        world.bot.settles().await;
        let calls = world.bot.sandbox.calls().len();
        world.is_ahead_by(-A_DAY);
        world.passes(MINUTE * 9, MINUTE).await;
        assert_eq!(world.bot.sandbox.calls().len(), calls, "not before the time it was told");
        world.passes(MINUTE * 5, MINUTE).await;
        assert_eq!(world.bot.sandbox.blocks(), [spammer], "and not a day later either");
    }

    async fn a_jump_ahead_in_the_middle_of_a_wait_does_no_harm(database) {
        let mut world = World::start(Setup::on(database)).await;
        let spammer = world.bot.lead("spammer");
        world.bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::LostAnswer));
        world.bot.writes(&spammer, PITCH);
        world.bot.settles().await;
        world.is_ahead_by(A_DAY);
        world.passes(MINUTE * 5, MINUTE).await;
        assert_eq!(world.bot.sandbox.blocks(), [spammer.clone()], "it took effect once");
        world.is_ahead_by(0);
        world.passes(MINUTE * 60 * 24, MINUTE * 60).await;
        assert_eq!(world.bot.sandbox.blocks(), [spammer]);
    }

    async fn deliveries_refused_while_the_clock_is_wrong_come_again_and_are_judged(database) {
        let mut world = World::start(Setup::on(database)).await;
        for (wrong, name) in [(A_DAY, "ahead"), (-A_DAY, "behind")] {
            world.is_ahead_by(wrong);
            let spammer = world.bot.lead(name);
            world.bot.writes(&spammer, PITCH);
            world.passes(MINUTE * 30, MINUTE).await;
            assert!(!world.bot.sandbox.is_blocked(&spammer), "a stale delivery is refused");
            let counted = if wrong > 0 { "too-old" } else { "too-new" };
            assert!(world.bot.asks("/metrics").await.1.contains(counted));
            world.is_ahead_by(0);
            world.passes(MINUTE * 60, MINUTE).await;
            assert!(world.bot.sandbox.is_blocked(&spammer), "{name}: it came again");
        }
    }

    async fn an_unblock_protects_whatever_the_clock_said_when_it_was_ordered(database) {
        let mut world = World::start(Setup::on(database)).await;
        for (wrong, name) in [(A_DAY, "ahead"), (-A_DAY, "behind")] {
            let jo = world.bot.lead(name);
            world.bot.writes(&jo, PITCH);
            world.bot.settles().await;
            world.is_ahead_by(wrong);
            world.bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
            world.bot.settles().await;
            world.is_ahead_by(0);
            world.later(MINUTE).await;
            assert!(!world.bot.sandbox.is_blocked(&jo), "{name}");
            world.bot.writes(&jo, PITCH);
            world.passes(MINUTE * 10, MINUTE).await;
            assert!(!world.bot.sandbox.is_blocked(&jo), "{name}: {:?}", world.bot.story_of(&jo).await);
        }
    }

    async fn a_clock_that_goes_back_does_not_open_a_brake(database) {
        let brake = "[policy]\nbrake.per_rule = { blocks = 2, within = \"10m\" }\n";
        let mut world = World::start(Setup::on(database).more_rules(brake)).await;
        for wrong in [0, -A_DAY] {
            world.is_ahead_by(wrong);
            for number in 0..4 {
                let spammer = world.bot.lead(&format!("spammer {number}"));
                // It was acknowledged before the clock jumped.
                world.is_ahead_by(0);
                world.bot.writes(&spammer, PITCH);
                world.bot.sandbox.deliver_due().await;
                world.is_ahead_by(wrong);
                world.bot.settles().await;
            }
        }
        assert_eq!(world.bot.sandbox.blocks().len(), 2);
        assert_eq!(world.bot.desk.holds(100).await.unwrap().len(), 6);
    }
}
