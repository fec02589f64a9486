//! Stop means stop, whatever else is broken.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{PITCH, Setup, ana};
use crate::on_both_databases;

on_both_databases! {
    async fn a_stop_between_the_last_look_and_the_call_keeps_the_call_back(database) {
        let bot = Setup::on(database).set("BOUNCER_CALL_TIMEOUT", "8s").start().await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Slow(Duration::from_secs(2))));
        bot.writes(&mallory, PITCH);
        bot.sandbox.deliver_due().await;
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while bot.sandbox.calls().is_empty() && !bot.story_of(&mallory).await.iter().any(|row| row == "attempted") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::fs::write(bot.config.stop_file(), "ana: odd\n").unwrap();
        under_way.await.unwrap().unwrap();
        assert_eq!(bot.posts(), 0, "{:?}", bot.sandbox.calls());
        assert!(!bot.sandbox.is_blocked(&mallory));
        std::fs::remove_file(bot.config.stop_file()).unwrap();
        bot.later(Duration::from_secs(2)).await;
        assert!(bot.sandbox.is_blocked(&mallory), "and a go lets it through");
    }

    async fn a_stop_names_the_calls_that_are_on_the_wire(database) {
        let bot = Setup::on(database).set("BOUNCER_CALL_TIMEOUT", "8s").start().await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::Slow(Duration::from_secs(2))));
        bot.writes(&mallory, PITCH);
        bot.sandbox.deliver_due().await;
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while bot.posts() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            if bot.story_of(&mallory).await.iter().any(|row| row == "attempted") { break; }
        }
        let on_the_wire = bot.desk.stop(ana("odd")).await.unwrap();
        under_way.await.unwrap().unwrap();
        assert_eq!(on_the_wire.len(), 1);
        assert_eq!((on_the_wire[0].call, on_the_wire[0].contact.as_str(), on_the_wire[0].attempt), (Task::Block, mallory.as_str(), 1));
        let record = bot.record().await;
        let stopped = record.iter().find(|row| row.action.as_str() == "stopped").unwrap();
        assert_eq!(stopped.detail["on_the_wire"][0]["contact"], mallory.as_str());
        assert!(bot.desk.stop(ana("again")).await.unwrap().is_empty());
    }

    async fn a_featurebase_that_hangs_does_not_hold_a_stop_up(database) {
        let bot = Setup::on(database).start().await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Hang));
        bot.writes(&mallory, PITCH);
        bot.sandbox.deliver_due().await;
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while !bot.story_of(&mallory).await.iter().any(|row| row == "attempted") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bot.desk.stop(ana("odd")).await.unwrap();
        under_way.await.unwrap().unwrap();
        let before = bot.sandbox.calls().len();
        bot.sandbox.clear_faults();
        bot.passes(Duration::from_mins(10), Duration::from_mins(1)).await;
        assert_eq!(bot.sandbox.calls().len(), before, "nothing is asked while stopped");
        bot.desk.go(ana("well again")).await.unwrap();
        bot.passes(Duration::from_mins(5), Duration::from_mins(1)).await;
        assert!(bot.sandbox.is_blocked(&mallory));
    }

    async fn a_store_that_does_not_answer_is_taken_for_a_stop(database) {
        let bot = Setup::on(database).set("BOUNCER_CALL_TIMEOUT", "8s").start().await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Slow(Duration::from_secs(2))));
        bot.writes(&mallory, PITCH);
        bot.sandbox.deliver_due().await;
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while !bot.story_of(&mallory).await.iter().any(|row| row == "attempted") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bot.store.close().await;
        let _ = under_way.await.unwrap();
        assert_eq!(bot.posts(), 0, "no call without the store's word that nobody stopped us");
    }
}
