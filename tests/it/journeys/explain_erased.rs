//! What can still be said once something is gone.

use featurebase_bouncer::desk::explain::Holds;

use crate::bot::{Bot, PITCH};
use crate::on_both_databases;

on_both_databases! {
    async fn after_the_text_was_erased_the_record_is_told(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        let event = &written.event_ids[0];
        bot.database.tampers("UPDATE events SET body = NULL").await;
        let reasons = bot.reasons(event).await;
        assert_eq!(reasons.holds, Holds::Erased);
        let told = reasons.lines().join("\n");
        assert!(told.contains("The text was erased; what the record still holds is told."), "{told}");
        assert!(told.contains("pitch/backlinks: “backlinks” (words “backlinks”)"), "{told}");
        assert!(told.contains("read then: block if the message has the words"), "{told}");
        // With the personal part of the record gone, too.
        bot.database.tampers("DELETE FROM sealed").await;
        assert!(bot.why(event).await.contains("The text was erased"));
        assert!(bot.desk.for_customer(event).await.unwrap().lines.join("\n").contains("messages from your account did not reach us"));
    }

    async fn rules_that_are_gone_and_records_that_differ_are_told(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        let event = &written.event_ids[0];
        bot.database.tampers("UPDATE sealed SET body = (SELECT e.body FROM events e WHERE e.body IS NOT NULL LIMIT 1)").await;
        let told = bot.why(event).await;
        assert!(told.contains("Judged again, it comes to something else than the record says"), "{told}");
        assert!(told.contains("what rule pitch/backlinks found is not what the record says."), "{told}");
        bot.database.tampers("UPDATE rulebooks SET files = '{}'").await;
        assert_eq!(bot.reasons(event).await.holds, Holds::RulesGone);
        assert!(bot.why(event).await.contains("The rules of that time cannot be loaded by this version"));
    }
}
