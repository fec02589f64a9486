//! Featurebase in trouble, asking for a rest, or refusing the key: rarely probed, never earlier than told, by all replicas.

use std::sync::Arc;
use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget, RetryAfter, Sandbox};
use featurebase_bouncer::store::jobs::Task;
use featurebase_bouncer::worker::backoff;

use super::budget::most_in_a_minute;
use crate::bot::{Bot, PITCH, Setup};
use crate::database::Database;
use crate::on_both_databases;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// How long after the one before each call came, in milliseconds.
fn spans(sandbox: &Sandbox) -> Vec<i64> {
    let calls = sandbox.calls();
    calls
        .windows(2)
        .map(|two| two[1].at.millis() - two[0].at.millis())
        .collect()
}

fn spam(bot: &Bot, number: usize) {
    for number in 0..number {
        bot.writes(&bot.lead(&format!("spammer {number}")), PITCH);
    }
}

async fn rows(bot: &Bot, action: &str) -> usize {
    let record = bot.record().await;
    record
        .iter()
        .filter(|row| row.action.as_str() == action)
        .count()
}

/// At most one try a minute, after the first few.
async fn is_probed_rarely(bot: &Bot, over: Duration) {
    spam(bot, 5);
    bot.settles().await;
    let at_once = bot.sandbox.calls().len();
    bot.passes(over, SECOND * 10).await;
    let late: Vec<i64> = spans(&bot.sandbox).into_iter().skip(at_once + 2).collect();
    assert!(late.iter().all(|span| *span >= 60_000), "{late:?}");
    let minutes = usize::try_from(over.as_secs() / 60).unwrap();
    assert!(
        late.len() <= minutes && late.len() + 3 > minutes / 2,
        "{} tries",
        late.len()
    );
}

on_both_databases! {
    async fn while_featurebase_is_down_it_is_tried_once_a_minute_and_then_the_queue_drains(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Status(503)));
        is_probed_rarely(&bot, HOUR).await;
        assert_eq!(bot.jobs(Task::Block).await, 5, "the work is kept");
        assert!(bot.asks("/readyz").await.1.contains("featurebase: answered 503"));
        assert!(bot.asks("/metrics").await.1.contains("bouncer_calls_waiting{cause=\"trouble\"}"));
        bot.sandbox.clear_faults();
        bot.passes(MINUTE * 8, SECOND * 10).await;
        assert_eq!(bot.sandbox.blocks().len(), 5, "nobody waits for an hour after it is back");
        assert!(most_in_a_minute(&bot.sandbox) <= 300);
    }

    async fn a_connection_that_is_cut_is_no_reason_to_hurry(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Reset));
        is_probed_rarely(&bot, HOUR / 2).await;
        assert_eq!(bot.jobs(Task::Block).await, 5);
    }

    async fn neither_is_one_that_hangs(database) {
        let bot = Setup::on(database).set("BOUNCER_CALL_TIMEOUT", "50ms").start().await;
        bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Hang));
        is_probed_rarely(&bot, MINUTE * 15).await;
        assert_eq!(bot.jobs(Task::Block).await, 5);
    }

    async fn a_name_that_is_not_found_and_a_line_that_is_not_encrypted_are_told_and_probed_rarely(database) {
        let database = Arc::new(database);
        let spoken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = spoken.local_addr().unwrap();
        // Something that speaks plain HTTP where TLS is expected.
        tokio::spawn(async move { axum::serve(spoken, axum::Router::new()).await });
        for (base, hours) in [("https://do.featurebase.invalid".to_owned(), 0), (format!("https://{address}"), 2)] {
            let mut setup = Setup::beside(database.clone()).set("BOUNCER_BASE_URL", &base).set("BOUNCER_RECONCILE_AFTER", "1d");
            setup.later = HOUR * hours;
            let bot = setup.start().await;
            let spammer = bot.lead("spammer");
            bot.writes(&spammer, PITCH);
            bot.settles().await;
            let before = rows(&bot, "attempted").await;
            assert_eq!(rows(&bot, "attempt_failed").await, before, "{base}");
            assert!(bot.asks("/readyz").await.1.contains("featurebase: no"), "{base}: {}", bot.asks("/readyz").await.1);
            bot.passes(MINUTE * 30, SECOND * 10).await;
            let tries = rows(&bot, "attempted").await - before;
            assert!((5..=32).contains(&tries), "{base}: {tries} tries in half an hour");
            assert_eq!(bot.sandbox.calls(), [], "{base}");
            bot.running.stop().await;
        }
    }

    async fn a_rest_is_kept_to_the_full_however_it_is_told(database) {
        let bot = Bot::on(database).await;
        for (wait, least) in [(RetryAfter::Seconds(90), 90_000), (RetryAfter::DateIn(90), 90_000), (RetryAfter::Millis(90_500), 90_500), (RetryAfter::Unsaid, 60_000)] {
            bot.sandbox.fault(Fault::once(FaultTarget::Any, FaultKind::TooMany(wait)));
            bot.writes(&bot.lead("spammer"), PITCH);
            bot.settles().await;
            let told = bot.sandbox.calls().len();
            // Others have work meanwhile: they wait, too.
            bot.writes(&bot.lead("another"), PITCH);
            bot.passes(MINUTE * 3, SECOND).await;
            let next = spans(&bot.sandbox)[told - 1];
            assert!(next >= least && next <= least + 11_000, "{wait:?}: {next} ms");
            assert_eq!(bot.jobs(Task::Block).await, 0);
        }
    }

    async fn a_limit_that_is_nearly_reached_is_left_to_others_until_it_is_reset(database) {
        let bot = Bot::on(database).await;
        for remaining in [0, 100] {
            bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Limits { remaining, reset_in: 45 }));
            let spammer = bot.lead("spammer");
            bot.writes(&spammer, PITCH);
            bot.settles().await;
            let told = bot.sandbox.calls().len();
            assert!(bot.asks("/readyz").await.1.contains("nearly reached"));
            bot.passes(MINUTE * 2, SECOND).await;
            assert!(spans(&bot.sandbox)[told - 1] >= 45_000, "{remaining} left");
            assert!(bot.sandbox.is_blocked(&spammer));
        }
        bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Limits { remaining: 101, reset_in: 45 }));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&spammer), "there is enough left");
    }

    async fn a_refused_key_and_an_accepted_one_are_recorded_once_each(database) {
        let bot = Bot::on(database).await;
        for (status, times) in [(401, 1), (403, 2)] {
            bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Status(status)));
            spam(&bot, 5);
            bot.settles().await;
            bot.passes(HOUR, SECOND * 30).await;
            assert_eq!((rows(&bot, "key_refused").await, rows(&bot, "key_accepted").await), (times, times - 1));
            assert!(bot.asks("/metrics").await.1.contains("bouncer_calls_waiting{cause=\"key-refused\"} 5"));
            bot.sandbox.clear_faults();
            bot.passes(MINUTE * 8, SECOND * 30).await;
            assert_eq!((rows(&bot, "key_refused").await, rows(&bot, "key_accepted").await), (times, times));
            assert_eq!(bot.jobs(Task::Block).await, 0);
        }
        let rarely = spans(&bot.sandbox).into_iter().filter(|span| *span >= 300_000).count();
        assert!(rarely > 10, "after a while it is tried every five minutes only");
    }

    async fn what_a_clock_that_ran_ahead_has_noted_does_not_silence_us(database) {
        let bot = Bot::on(database).await;
        let day = Duration::from_hours(24);
        bot.clock.advance(day);
        bot.sandbox.fault(Fault::times(4, FaultTarget::Any, FaultKind::TooMany(RetryAfter::Seconds(120))));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.settles().await;
        bot.sandbox.clear_faults();
        let mut tx = bot.store.writing().await.unwrap();
        let gate = tx.gate().await.unwrap();
        drop(tx);
        assert!(gate.rest_until > bot.clock.now());
        // The clock is put back: what is kept lies a day ahead.
        let behind = Setup::beside(bot.database.clone());
        let clock = featurebase_bouncer::time::Clock::by_hand(bot.clock.now().before(day));
        let (sandbox, running) = (bot.sandbox.clone(), bot.running);
        running.stop().await;
        let again = behind.join(sandbox, clock).await;
        let told = again.sandbox.calls().len();
        let other = ["0193a6e6", "fb6b78ef", "b71f1500"].concat();
        let featurebase = again.worker.outside.featurebase.clone().unwrap();
        let contact = featurebase_bouncer::message::ContactId::new(other);
        assert!(featurebase.profile(&contact, again.clock.now()).await.is_err());
        assert_eq!(again.sandbox.calls().len(), told, "the rest is waited for");
        again.clock.advance(MINUTE * 3);
        let _ = featurebase.profile(&contact, again.clock.now()).await;
        assert_eq!(again.sandbox.calls().len(), told + 1, "but for no day");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_replica_was_told_the_other_keeps_to() {
    let database = Arc::new(Database::postgres().await);
    let first = Setup::beside(database.clone()).start().await;
    let second = Setup::beside(database)
        .join(first.sandbox.clone(), first.clock.clone())
        .await;
    let rest = FaultKind::TooMany(RetryAfter::Seconds(100));
    first.sandbox.fault(Fault::once(FaultTarget::Any, rest));
    spam(&first, 1);
    first.settles().await;
    let told = first.sandbox.calls().len();
    spam(&first, 3);
    for _ in 0..19 {
        first.clock.advance(SECOND * 5);
        first.sandbox.deliver_due().await;
        second.worker.drain().await.unwrap();
    }
    assert_eq!(first.sandbox.calls().len(), told);
    second.passes(MINUTE * 2, SECOND * 10).await;
    assert_eq!(first.sandbox.blocks().len(), 4);
}

#[test]
fn no_wait_is_shorter_than_what_was_asked_for() {
    for attempts in 1..40 {
        for asked in [0, 1, 999, 60_000, 86_400_000].map(Duration::from_millis) {
            for jitter in [-1.0, 0.0, 0.3, 1.0, 7.0] {
                for delay in [backoff::delay, backoff::delay_in_trouble] {
                    assert!(delay(attempts, jitter, Some(asked)) >= asked);
                }
            }
        }
    }
}
