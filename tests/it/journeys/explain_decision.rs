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
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r"
            What matched:
                line 2: I sell ⟦backlinks⟧, and a ⟦guest post⟧ besides.
                    pitch/backlinks: “backlinks” (words “backlinks”), “guest post” (words “guest post”)
            By which rules:
                pitch/backlinks (stage enforce, rules.toml:2): Cold offers of backlinks
                    read then: block if the message has the words “backlinks” or “guest post”.
                    reads now: block if the message has the words “backlinks”.
            Protections and brakes:
                Did not apply: the sender is no registered customer; of customers a block would have waited for a person.
                Did not apply: no teammate had answered the sender; of people answered before a block would have waited for a person.
                Did not apply: no person's unblock protected the sender; of people unblocked a block would have waited for a person.
                Did not apply: the brake of a rule (20 blocks within 10m) did not hold.
                Did not apply: the brake of all rules together (60 blocks within 1h) did not hold.
                Did not apply: the brake on a rule's share of active senders (200 of 1,000 within 1d) did not hold.
            What would have had to be different:
                If the sender had been a registered customer: it would have been held for a person to decide.
                If a teammate had answered the sender before: it would have been held for a person to decide.
                If a person had unblocked the sender shortly before: it would have been held for a person to decide.
                If rule pitch/backlinks had not fired: it would have been judged clean.
                If rule pitch/backlinks had been in stage observe: it would have been judged clean.
                If rule pitch/backlinks had been in stage hold: it would have been held for a person to decide.
                (10 single changes were tried, by judging again.)
            Afterwards:
                2026-07-01T10:00:00.000Z  About to ask Featurebase to block the contact, try 1.
                2026-07-01T10:00:00.000Z  Featurebase blocked the contact (read back from the conversation).
                2026-07-01T11:30:00.000Z  ana ordered an unblock: our partner. Until 2026-07-31T11:30:00.000Z rules only hold this contact.
                2026-07-01T11:30:00.000Z  About to ask Featurebase to unblock the contact, try 1.
                2026-07-01T11:30:00.000Z  Featurebase unblocked the contact (read back from the conversation).
            ");
        }
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
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r"
            What matched:
                line 1: Cheap ⟦casino⟧
                    weigh/casino: “casino” (words “casino”)
                line 1: ⟦Cheap⟧ casino
                    weigh/cheap: “Cheap” (words “cheap”)
                line 1: Cheap ⟦casino⟧
                    weigh/flood: “casino” (words “casino”)
                weigh/flood: “2 messages within 10m” (messages “at least 2”)
            By which rules:
                weigh/casino (stage enforce, rules.toml:6): Casinos
                    read then: give +4 points if the message has the words “casino” or “roulette”.
                    It reads the same today.
                weigh/cheap (stage enforce, rules.toml:14): Cheap things
                    read then: give +2 points if the message has the words “cheap”.
                    It reads the same today.
                weigh/flood (stage enforce, rules.toml:22): Many messages
                    read then: give +1 points if the message has the words “casino”, and the sender wrote at least 2 messages within 10m.
                    It reads the same today.
            Points:
                weigh/casino [enforce] gives +4: 4 so far
                weigh/cheap [enforce] gives +2: 6 so far
                weigh/flood [enforce] gives +1: 7 so far
                From 3 on it is flagged, from 6 on blocked.
            Protections and brakes:
                Did not apply: the sender is no registered customer; of customers a block would have waited for a person.
                Did not apply: no teammate had answered the sender; of people answered before a block would have waited for a person.
                Did not apply: no person's unblock protected the sender; of people unblocked a block would have waited for a person.
                Did not apply: the brake of a rule (20 blocks within 10m) did not hold.
                Did not apply: the brake of all rules together (60 blocks within 1h) did not hold.
                Did not apply: the brake on a rule's share of active senders (200 of 1,000 within 1d) did not hold.
            What would have had to be different:
                If the sender had been a registered customer: it would have been held for a person to decide.
                If a teammate had answered the sender before: it would have been held for a person to decide.
                If a person had unblocked the sender shortly before: it would have been held for a person to decide.
                If rule weigh/casino had not fired: it would have been flagged for people to look at.
                If rule weigh/casino had been in stage observe: it would have been flagged for people to look at.
                If rule weigh/casino had been in stage hold: it would have been held for a person to decide.
                If rule weigh/cheap had not fired: it would have been flagged for people to look at.
                If rule weigh/cheap had been in stage observe: it would have been flagged for people to look at.
                If rule weigh/cheap had been in stage hold: it would have been held for a person to decide.
                If “Cheap” had not been in the message: it would have been flagged for people to look at.
                If “casino” had not been in the message: it would have been judged clean.
                (18 single changes were tried, by judging again.)
            Near misses:
                near/customers lacks only: the sender is a customer (the sender is a lead).
            Afterwards:
                2026-07-01T10:00:00.000Z  About to ask Featurebase to block the contact, try 1.
                2026-07-01T10:00:00.000Z  Featurebase blocked the contact (read back from the conversation).
            ");
        }
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
        insta::allow_duplicates! {
            insta::assert_snapshot!(first, @r"
            Hello,

            about your message of 2026-07-01 at 10:00 (UTC): our inbox is protected against unwanted mail by an automatic check.
            The check took the message for one of those, and from 2026-07-01 at 10:00 (UTC) on messages from your account did not reach us.
            No member of our team has looked at it yet. If this was a mistake, please answer or write to us another way: a person will look at it.

            We are sorry for any trouble this caused.
            ");
        }
        bot.clock.advance(Duration::from_mins(90));
        bot.desk.unblock(&mallory, ana("our partner")).await.unwrap();
        bot.settles().await;
        let told = bot.desk.for_customer(&written.event_ids[0]).await.unwrap().lines.join("\n");
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r"
            Hello,

            about your message of 2026-07-01 at 10:00 (UTC): our inbox is protected against unwanted mail by an automatic check.
            The check took the message for one of those, and from 2026-07-01 at 10:00 (UTC) on messages from your account did not reach us.
            A member of our team looked at it on 2026-07-01 at 11:30 (UTC).
            The block was lifted on 2026-07-01 at 11:30 (UTC); your messages reach us as before.

            We are sorry for any trouble this caused.
            ");
        }
        for secret in ["backlinks", "pitch", "rule", "point", "stage", "word", "ana", "partner", "brake"] {
            assert!(!told.to_lowercase().contains(secret) && !first.to_lowercase().contains(secret), "{secret}\n{told}");
        }
        let nobody = bot.desk.for_customer("nobody").await.unwrap_err().to_string();
        assert!(nobody.contains("nothing was decided about `nobody`"), "{nobody}");
    }
}
