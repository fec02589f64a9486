//! Messages that were never delivered are found, taken in and judged; nobody is blocked for them without a person.

use featurebase_bouncer::sandbox::Draft;

use super::*;
use crate::bot::{PITCH, Setup, ana};
use crate::on_both_databases;

on_both_databases! {
    async fn what_was_missed_while_the_webhook_was_suspended_is_found_and_held(database) {
        let bot = Bot::on(database).await;
        let (mallory, bob) = (bot.lead("mallory"), bot.lead("bob"));
        let asked = bot.writes(&bob, "How do I add a link?");
        bot.settles().await;
        bot.looks_out().await;
        bot.sandbox.suspend(&bot.webhook.id);
        bot.looks_after(5 * MINUTE).await;
        let pitch = bot.writes(&mallory, PITCH);
        bot.sandbox.write(&bob, &Draft::markdown("Anybody there?").in_conversation(&asked.conversation)).unwrap();
        bot.featurebase_makes_it_active().await;
        bot.looks_after(5 * MINUTE).await;
        bot.settles().await;

        assert_eq!(bot.story_of(&mallory).await, ["received", "decided hold"]);
        assert_eq!(bot.story_of(&bob).await, ["received", "decided clean", "received", "decided clean"]);
        assert!(bot.sandbox.blocks().is_empty());
        assert_eq!(bot.noticed_actions().await, ["webhook_suspended", "webhook_active", "gap_found", "gap_repaired"]);
        let repaired = bot.noticed().await.pop().unwrap().detail;
        assert_eq!((&repaired["recovered"], &repaired["delivered"], &repaired["conversations"]), (&2.into(), &1.into(), &2.into()), "{repaired}");
        let decided = bot.record().await.into_iter().find(|row| row.verdict.as_deref() == Some("hold")).unwrap();
        assert_eq!(decided.detail["recovered"], true);
        assert_eq!(decided.detail["restrained"][0]["by"], "recovered");
        let why = bot.why(&mallory).await;
        assert!(why.contains("never delivered and was found later"), "{why}");

        // The very message comes after all: it is a repeat. So is a second search.
        assert_eq!(bot.is_sent(&bot.webhook.secret, &late_delivery(&bot, &pitch.conversation)).await, 200);
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided hold", "received", "decided repeat"]);
        bot.looks_after(5 * MINUTE).await;
        assert_eq!(bot.noticed().await.len(), 4);

        // A person may well have it carried out.
        bot.desk.confirm(&mallory, ana("spam indeed")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory.as_str()]);
    }

    async fn what_was_missed_in_an_outage_longer_than_the_retries_is_found_at_the_start(database) {
        let first = Bot::on(database).await;
        let (carol, mallory) = (first.lead("carol"), first.lead("mallory"));
        let asked = first.writes(&carol, "How do I add a link?");
        first.settles().await;
        first.looks_out().await;
        let (sandbox, clock, database, id) = (first.sandbox.clone(), first.clock.clone(), first.database.clone(), first.webhook.id.clone());
        first.running.stop().await;
        clock.advance(HOUR);
        sandbox.write(&mallory, &Draft::markdown(PITCH)).unwrap();
        sandbox.admin_replies(&asked.conversation, "Like this").unwrap();
        clock.advance(9 * HOUR);

        let bot = Setup::beside(database).set("BOUNCER_WEBHOOK_ID", &id).join(sandbox, clock).await;
        bot.looks_out().await;
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided hold"]);
        assert_eq!(bot.noticed_actions().await, ["gap_found", "gap_repaired"]);
        assert!(bot.sandbox.blocks().is_empty());
        // The answer nobody told us of protects.
        bot.sandbox.write(&carol, &Draft::markdown(PITCH).in_conversation(&asked.conversation)).unwrap();
        bot.settles().await;
        assert_eq!(bot.story_of(&carol).await, ["received", "decided clean", "received", "decided hold"]);
        let held = bot.record().await.into_iter().rfind(|row| row.verdict.as_deref() == Some("hold")).unwrap();
        assert_eq!(held.detail["restrained"][0]["by"], "answered-before");
    }

    async fn a_quiet_night_leaves_no_rows(database) {
        let bot = Bot::on(database).await;
        let bob = bot.lead("bob");
        bot.writes(&bob, "How do I add a link?");
        bot.settles().await;
        bot.looks_out().await;
        bot.clock.advance(10 * HOUR);
        bot.writes(&bob, "Thank you");
        bot.settles().await;
        bot.looks_out().await;
        bot.looks_after(MINUTE).await;
        assert!(bot.noticed().await.is_empty());
        assert!(!bot.asks("/readyz").await.1.contains("gap:"));
        assert!(bot.posts() > 0, "it was looked for");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_before_the_bouncer_was_there_is_none_of_its_business() {
    let sandbox = featurebase_bouncer::sandbox::Options::default();
    let database = crate::database::Database::sqlite();
    let bot = Setup::on(database).sandbox(sandbox).start().await;
    bot.sandbox.suspend(&bot.webhook.id);
    let old = bot.lead("old");
    bot.writes(&old, PITCH);
    let (sandbox, clock, id) = (
        bot.sandbox.clone(),
        bot.clock.clone(),
        bot.webhook.id.clone(),
    );
    clock.advance(HOUR);
    let fresh = Setup::on(crate::database::Database::sqlite())
        .set("BOUNCER_WEBHOOK_ID", &id)
        .join(sandbox, clock)
        .await;
    fresh.looks_out().await;
    bot.featurebase_makes_it_active().await;
    fresh.looks_after(5 * MINUTE).await;
    fresh.settles().await;
    assert!(fresh.story_of(&old).await.is_empty());
}
