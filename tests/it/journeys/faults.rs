use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget, RetryAfter};
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, Setup};
use crate::on_both_databases;

const HOUR: Duration = Duration::from_hours(1);

on_both_databases! {
    async fn featurebase_down_for_hours_and_back(database) {
        let bot = Bot::on(database).await;
        let outage = bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Status(503)));
        let spammers: Vec<String> = (0..3).map(|number| bot.lead(&format!("spammer {number}"))).collect();
        for spammer in &spammers {
            bot.writes(spammer, PITCH);
        }
        bot.passes(HOUR * 5, Duration::from_mins(5)).await;
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new());
        assert_eq!(bot.jobs(Task::Block).await, 3, "the work is kept");
        assert!(bot.sandbox.calls().len() < 100, "probed rarely: {} calls in five hours", bot.sandbox.calls().len());
        bot.sandbox.remove_fault(outage);
        bot.passes(HOUR * 3, Duration::from_mins(5)).await;
        let mut blocked = bot.sandbox.blocks();
        blocked.sort();
        let mut wanted = spammers.clone();
        wanted.sort();
        assert_eq!(blocked, wanted, "each once");
        assert_eq!(bot.jobs(Task::Block).await, 0);
    }

    async fn a_refused_key_stops_all_calls_loses_nothing_and_is_loud(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Status(401)));
        for number in 0..5 {
            let spammer = bot.lead(&format!("spammer {number}"));
            bot.writes(&spammer, PITCH);
        }
        bot.settles().await;
        let calls = bot.sandbox.calls().len();
        assert!(calls <= 4, "calls stop at the first refusals, there were {calls}");
        assert!(bot.asks("/readyz").await.1.contains("featurebase: answered 401"));
        assert!(bot.asks("/metrics").await.1.contains("bouncer_key_refused 1"));
        bot.passes(HOUR, Duration::from_mins(1)).await;
        assert!(bot.sandbox.calls().len() <= calls + 61, "one probe a minute at most");
        bot.sandbox.clear_faults();
        bot.passes(Duration::from_mins(10), Duration::from_mins(1)).await;
        assert_eq!(bot.sandbox.blocks().len(), 5);
        assert!(bot.asks("/metrics").await.1.contains("bouncer_key_refused 0"));
    }

    async fn the_servers_own_wait_is_kept(database) {
        let bot = Bot::on(database).await;
        for wait in [RetryAfter::Seconds(120), RetryAfter::DateIn(120), RetryAfter::Millis(120_000)] {
            bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::TooMany(wait)));
            let spammer = bot.lead("spammer");
            bot.writes(&spammer, PITCH);
            bot.settles().await;
            let calls = bot.sandbox.calls().len();
            bot.passes(Duration::from_secs(110), Duration::from_secs(10)).await;
            assert_eq!(bot.sandbox.calls().len(), calls, "not before the time it was told");
            bot.passes(Duration::from_secs(30), Duration::from_secs(10)).await;
            assert!(bot.sandbox.is_blocked(&spammer));
        }
    }

    async fn an_answer_that_was_lost_is_not_asked_for_twice(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::LostAnswer));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.passes(Duration::from_mins(2), Duration::from_secs(5)).await;
        assert_eq!(bot.sandbox.blocks(), [spammer.clone()], "it took effect once");
        assert_eq!(bot.posts(), 1, "the second try read back first");
        assert_eq!(bot.story_of(&spammer).await, ["received", "decided block", "attempted", "attempt_failed", "attempted", "blocked"]);
    }

    async fn a_success_without_effect_is_noticed_and_tried_again(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::NoEffect));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.passes(Duration::from_mins(2), Duration::from_secs(5)).await;
        assert!(bot.sandbox.is_blocked(&spammer));
        assert!(bot.why(&spammer).await.contains("the conversation shows otherwise"));
    }

    async fn every_passing_fault_ends_in_one_block(database) {
        let bot = Bot::on(database).await;
        for kind in [FaultKind::Status(500), FaultKind::Status(408), FaultKind::Status(409), FaultKind::Hang, FaultKind::Reset, FaultKind::Garbage, FaultKind::Redirect, FaultKind::Slow(Duration::from_secs(2))] {
            bot.sandbox.fault(Fault::once(FaultTarget::Block, kind.clone()));
            let spammer = bot.lead("spammer");
            bot.writes(&spammer, PITCH);
            bot.passes(Duration::from_mins(3), Duration::from_secs(10)).await;
            let times = bot.sandbox.blocks().iter().filter(|blocked| **blocked == spammer).count();
            assert_eq!(times, 1, "{kind:?}");
        }
    }

    async fn already_blocked_is_told_apart(database) {
        let bot = Bot::on(database).await;
        for status in [409, 400] {
            let spammer = bot.lead("spammer");
            bot.writes(&spammer, PITCH);
            bot.sandbox.deliver_due().await;
            bot.sandbox.block_by_hand(&spammer);
            bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::SecondBlock(status)));
            bot.settles().await;
            assert_eq!(bot.story_of(&spammer).await.last().unwrap(), "already_blocked");
        }
    }

    async fn a_contact_that_is_gone_is_final(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::Status(404)));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.passes(HOUR, Duration::from_mins(10)).await;
        assert_eq!(bot.posts(), 1);
        assert_eq!(bot.story_of(&spammer).await.last().unwrap(), "refused");
    }

    async fn after_days_a_block_is_given_up_and_said_so(database) {
        let bot = Setup::on(database).set("BOUNCER_GIVE_UP_AFTER", "2d").start().await;
        bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::Status(500)));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.passes(HOUR * 50, Duration::from_mins(15)).await;
        assert_eq!(bot.story_of(&spammer).await.last().unwrap(), "gave_up");
        assert_eq!(bot.jobs(Task::Block).await, 0);
    }

    async fn a_delivery_refused_while_down_comes_again_and_is_judged_once(database) {
        let bot = Bot::on(database).await;
        let spammer = bot.lead("spammer");
        let good = bot.webhook.id.clone();
        bot.writes(&spammer, PITCH);
        bot.sandbox.deliver_due().await;
        bot.sandbox.deliver_due().await;
        bot.later(Duration::from_hours(8)).await;
        assert!(bot.sandbox.webhook(&good).is_some());
        assert_eq!(bot.story_of(&spammer).await.iter().filter(|row| row.starts_with("decided")).count(), 1);
    }
}
