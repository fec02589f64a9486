//! One decision explained in full.

use std::time::Duration;

use featurebase_bouncer::decision::Verdict;
use featurebase_bouncer::desk::explain::{Holds, Reasons};
use featurebase_bouncer::message::EventId;

use crate::bot::{Bot, PITCH, RULES, Setup, ana};
use crate::on_both_databases;

const POINTS: &str = r#"
[policy]
flag_at = 3
block_at = 6

[[rule]]
id = "weigh/casino"
why = "Casinos"
stage = "enforce"
then = "points"
points = 4
any = [{ words = ["casino", "roulette"] }]

[[rule]]
id = "weigh/cheap"
why = "Cheap things"
stage = "enforce"
then = "points"
points = 2
any = [{ words = ["cheap"] }]

[[rule]]
id = "weigh/flood"
why = "Many messages"
stage = "enforce"
then = "points"
points = 1
all = [{ words = ["casino"] }, { messages = { at_least = 2, within = "10m" } }]

[[rule]]
id = "near/customers"
why = "Customers on casinos"
stage = "enforce"
then = "flag"
all = [{ words = ["casino"] }, { sender = ["customer"] }]

[[rule]]
id = "asleep/pills"
why = "Pills"
stage = "enforce"
then = "block"
any = [{ words = ["pills"] }]
"#;

impl Bot {
    pub async fn reasons(&self, event: &str) -> Reasons {
        let reasons = self.desk.reasons(&EventId::new(event)).await.unwrap();
        reasons.unwrap()
    }
}

fn without_moments(told: &str, reasons: &Reasons) -> String {
    told.replace(reasons.book.short(), "BOOK")
}

on_both_databases! {
    async fn a_block_is_explained_from_the_words_to_what_came_of_it(database) {
        let mut bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, "Hello,\nI sell backlinks, and a guest post besides.\nBest, M");
        bot.settles().await;
        bot.clock.advance(Duration::from_mins(90));
        bot.desk.unblock(&mallory, ana("our partner")).await.unwrap();
        bot.settles().await;
        bot.edits_rules(&RULES.replace("[\"backlinks\", \"guest post\"]", "[\"backlinks\"]")).await;
        let reasons = bot.reasons(&written.event_ids[0]).await;
        let told = without_moments(&reasons.lines().join("\n"), &reasons);
        insta::assert_snapshot!(told, @"");
        // It is what `why` tells of the event, too, and its JSON holds the parts.
        assert!(bot.why(&written.event_ids[0]).await.contains(&reasons.lines().join("\n")));
        let json = serde_json::to_value(bot.desk.why(&written.event_ids[0]).await.unwrap()).unwrap();
        assert_eq!(json["decision"]["verdict"], "block");
        assert_eq!(json["decision"]["rules"][0]["since"], "changed");
        assert_eq!(json["decision"]["words"][0]["found"][0]["matched"], "backlinks");
    }

    async fn points_are_told_step_by_step_and_near_misses_with_what_they_lack(database) {
        let bot = Setup::on(database).rules(POINTS).start().await;
        let eve = bot.lead("eve");
        bot.writes(&eve, "Hello there");
        bot.settles().await;
        let written = bot.writes(&eve, "Cheap casino");
        bot.settles().await;
        let reasons = bot.reasons(&written.event_ids[0]).await;
        assert_eq!((reasons.verdict, reasons.holds), (Verdict::Block, Holds::Whole));
        let told = without_moments(&reasons.lines().join("\n"), &reasons);
        insta::assert_snapshot!(told, @"");
        let near: Vec<&str> = reasons.near.iter().map(|near| near.rule.0.as_str()).collect();
        assert_eq!(near, ["near/customers"], "rules that slept are not near");
    }

    async fn every_change_that_is_told_was_judged(database) {
        let bot = Setup::on(database).rules(POINTS).start().await;
        let jo = bot.customer("jo");
        let written = bot.writes(&jo, "Cheap casino");
        bot.settles().await;
        let reasons = bot.reasons(&written.event_ids[0]).await;
        assert_eq!((reasons.verdict, reasons.asked), (Verdict::Hold, Verdict::Block));
        let changes: Vec<(&str, Verdict)> = reasons.otherwise.changes.iter().map(|change| (change.had.as_str(), change.verdict)).collect();
        assert_eq!(changes, [
            ("the sender had not been a registered customer", Verdict::Block),
            ("rule weigh/casino had not fired", Verdict::Flag),
            ("rule weigh/casino had been in stage observe", Verdict::Flag),
            ("rule weigh/cheap had not fired", Verdict::Flag),
            ("rule weigh/cheap had been in stage observe", Verdict::Flag),
            ("“Cheap” had not been in the message", Verdict::Flag),
            ("“casino” had not been in the message", Verdict::Clean),
        ]);
        let clean = bot.writes(&jo, "Thanks");
        bot.settles().await;
        let reasons = bot.reasons(&clean.event_ids[0]).await;
        assert!(reasons.otherwise.changes.is_empty());
        assert!(reasons.lines().join("\n").contains("would have led to something else"));
    }

    async fn what_a_customer_is_told_helps_no_spammer(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        let first = bot.desk.for_customer(&mallory).await.unwrap().lines.join("\n");
        insta::assert_snapshot!(first, @"");
        bot.clock.advance(Duration::from_mins(90));
        bot.desk.unblock(&mallory, ana("our partner")).await.unwrap();
        bot.settles().await;
        let told = bot.desk.for_customer(&written.event_ids[0]).await.unwrap().lines.join("\n");
        insta::assert_snapshot!(told, @"");
        for secret in ["backlinks", "pitch", "rule", "point", "stage", "word", "ana", "partner", "brake"] {
            assert!(!told.to_lowercase().contains(secret) && !first.to_lowercase().contains(secret), "{secret}\n{told}");
        }
        let nobody = bot.desk.for_customer("nobody").await.unwrap_err().to_string();
        assert!(nobody.contains("nothing was decided about `nobody`"), "{nobody}");
    }
}
