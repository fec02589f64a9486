//! What senders wrote before, from the delivery to the decision; and how often rules fired.

use std::collections::BTreeMap;
use std::time::Duration;

use featurebase_bouncer::decision::{Decision, Verdict};
use featurebase_bouncer::message::EventId;
use featurebase_bouncer::payload::{self, What};
use featurebase_bouncer::rules::{RuleFile, Rulebook, load};
use featurebase_bouncer::sandbox::{DeliveryFaults, Draft};
use featurebase_bouncer::store::audit::Action;

use crate::bot::{Bot, PITCH, Setup, ana};
use crate::on_both_databases;

const HISTORY: &str = r#"
[[rule]]
id = "flood/wave"
why = "The same from several senders"
stage = "enforce"
then = "block"
all = [{ same_text_from = { senders_at_least = 3, within = "10m" } }, { length = { at_least = 40 } }]
examples.match = [{ text = "We offer you the very best prices for likes and followers", same_text_from = 3 }]
examples.pass = [{ text = "We offer you the very best prices for likes and followers", same_text_from = 2 }]

[[rule]]
id = "flood/again"
why = "The same again and again"
stage = "hold"
then = "block"
owner = "ana"
tags = ["floods"]
all = [{ same_text = { at_least = 3, within = "10m" } }]
examples.match = [{ text = "Hello", same_text = 3 }]
examples.pass = [{ text = "Hello", same_text = 2 }]

[[rule]]
id = "watch/unblocked"
why = "Somebody was wrong about them before"
stage = "enforce"
then = "flag"
all = [{ unblocked_before = true }, { blocked_before = true }, { known_for = { at_most = "1h" } }]

[[rule]]
id = "watch/pricing"
why = "Started on the pricing page"
stage = "observe"
then = "flag"
all = [{ page = ["/pricing*"] }]
"#;

/// The same but for a name and a number.
fn offer(number: usize) -> String {
    let name = ["Anna", "Bernhard", "Charlotte", "Dieter"][number % 4];
    format!(
        "Hello {name}, we offer you the very best prices for likes and followers on every network: from {number}0 dollars a month, with a trial week for free. Just reply to this message and we will call you."
    )
}

async fn decisions(bot: &Bot) -> BTreeMap<EventId, (String, Decision)> {
    let record = bot.record().await.into_iter();
    let decided =
        record.filter(|row| row.action == Action::Decided && row.detail.get("facts").is_some());
    decided
        .map(|row| {
            let decision = serde_json::from_value(row.detail).unwrap();
            (
                row.event.unwrap(),
                (row.contact.unwrap().to_string(), decision),
            )
        })
        .collect()
}

fn book(bot: &Bot) -> Rulebook {
    let files: Vec<RuleFile> = std::fs::read_dir(&bot.rules_dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            RuleFile {
                name: path.file_name().unwrap().to_string_lossy().into_owned(),
                bytes: std::fs::read(&path).unwrap(),
            }
        })
        .collect();
    load(&files).unwrap()
}

on_both_databases! {
    async fn a_wave_is_caught_from_the_third_sender_on(database) {
        let bot = Setup::on(database).rules(HISTORY).start().await;
        bot.sandbox.set_delivery_faults(DeliveryFaults { duplicates: 1, ..DeliveryFaults::default() });
        let leads: Vec<String> = (0..4).map(|number| bot.lead(&format!("lead {number}"))).collect();
        for (number, lead) in leads.iter().enumerate() {
            bot.writes(lead, &offer(number));
            bot.later(Duration::from_secs(20)).await;
        }
        assert_eq!(bot.sandbox.blocks(), leads[2..]);
        assert!(bot.why(&leads[3]).await.contains("“the same from 4 senders within 10m” (same_text_from)"), "{}", bot.why(&leads[3]).await);
        assert!(bot.why(&leads[3]).await.contains("4 senders of messages like this one within 10m"));
        bot.later(Duration::from_secs(600)).await;
        let late = bot.lead("late");
        bot.writes(&late, &offer(9));
        bot.settles().await;
        assert_eq!(bot.story_of(&late).await, ["received", "decided clean"], "the wave is over");
    }

    async fn a_wave_that_comes_all_at_once_is_caught_too(database) {
        let bot = Setup::on(database).rules(HISTORY).start().await;
        let leads: Vec<String> = (0..5).map(|number| bot.lead(&format!("lead {number}"))).collect();
        for (number, lead) in leads.iter().enumerate() {
            bot.writes(lead, &offer(number));
        }
        bot.settles().await;
        let decisions = decisions(&bot).await;
        let counted: Vec<u64> = decisions.values().map(|(_, decision)| decision.facts.senders_within[&600_000]).collect();
        assert_eq!(counted, [1, 2, 3, 4, 5], "in the order of their events");
        assert_eq!(bot.sandbox.blocks().len(), 3);
    }

    async fn judged_again_a_message_gets_the_same_decision(database) {
        let bot = Setup::on(database).rules(HISTORY).set("BOUNCER_MODE", "hold").start().await;
        let leads: Vec<String> = (0..4).map(|number| bot.lead(&format!("lead {number}"))).collect();
        for turn in 0..3 {
            for (number, lead) in leads.iter().enumerate() {
                bot.writes(lead, if number == 0 { "Hello?" } else { PITCH });
                bot.writes(lead, &offer(number + turn));
            }
            bot.later(Duration::from_secs(50)).await;
        }
        let (book, decisions) = (book(&bot), decisions(&bot).await);
        assert_eq!(decisions.len(), 24);
        let ids: Vec<EventId> = decisions.keys().cloned().collect();
        let bodies = bot.store.bodies(&ids).await.unwrap();
        for (event, (_, decided)) in &decisions {
            let (received_at, body) = &bodies[event];
            let What::Message(message) = payload::read(body, *received_at).what else { panic!("{event}") };
            let again = bot.store.facts(&[(*message).clone()], book.wanted()).await.unwrap();
            assert_eq!(again[0].senders_within, decided.facts.senders_within, "{event}");
            assert_eq!(again[0].same_text_within, decided.facts.same_text_within, "{event}");
            let judged = book.judge(&message, &decided.facts);
            assert_eq!(judged.findings, decided.findings, "{event}");
        }
        let held = decisions.values().filter(|(_, decision)| decision.findings.iter().any(|finding| finding.rule.0 == "flood/again")).count();
        assert_eq!(held, 8, "each of four senders wrote two texts for the third time");
    }

    async fn judged_late_a_message_does_not_see_what_came_after_it(database) {
        let bot = Setup::on(database).rules(HISTORY).start().await;
        let leads: Vec<String> = (0..4).map(|number| bot.lead(&format!("lead {number}"))).collect();
        for (number, lead) in leads.iter().enumerate() {
            bot.writes(lead, &offer(number));
            bot.sandbox.deliver_due().await;
            bot.clock.advance(Duration::from_secs(5));
        }
        bot.settles().await;
        for (number, lead) in leads.iter().enumerate() {
            let caught = number >= 2;
            assert_eq!(bot.sandbox.is_blocked(lead), caught, "lead {number}");
        }
    }

    async fn short_greetings_of_several_senders_are_no_wave(database) {
        let bot = Setup::on(database).rules(HISTORY).start().await;
        for number in 0..5 {
            let lead = bot.lead(&format!("lead {number}"));
            bot.writes(&lead, "hi");
        }
        bot.settles().await;
        let decisions = decisions(&bot).await;
        assert!(decisions.values().all(|(_, decision)| decision.verdict == Verdict::Clean));
        assert_eq!(decisions.values().last().unwrap().1.facts.senders_within[&600_000], 5, "equal ones are the same: the rule asks for a length");
    }

    async fn a_past_block_and_unblock_are_known(database) {
        let bot = Setup::on(database).more_rules(HISTORY).start().await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.later(Duration::from_secs(5)).await;
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.settles().await;
        bot.later(Duration::from_secs(5)).await;
        bot.writes(&jo, "Thank you for letting me back in");
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided flag");
        assert!(bot.why(&jo).await.contains("they had been blocked before, a person had had them unblocked before"), "{}", bot.why(&jo).await);
        bot.later(Duration::from_hours(2)).await;
        bot.writes(&jo, "Another question");
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided clean", "known for longer than the rule asks");
    }

    async fn what_rules_did_is_listed(database) {
        let bot = Setup::on(database).rules(HISTORY).start().await;
        let leads: Vec<String> = (0..4).map(|number| bot.lead(&format!("lead {number}"))).collect();
        for (number, lead) in leads.iter().enumerate() {
            bot.writes(lead, &offer(number));
        }
        for _ in 0..3 {
            bot.sandbox.write(&leads[0], &Draft { url: Some("https://example.com/pricing?a=1".to_owned()), ..Draft::markdown("How much is it?") }).unwrap();
        }
        bot.settles().await;
        let book = book(&bot);
        let lists = [("lists/words.txt".to_owned(), vec!["casino".to_owned(), "airdrop".to_owned()])];
        let since = bot.clock.now().before(Duration::from_hours(24));
        let listed = bot.desk.rule_list(&book, &lists, since).await.unwrap();
        let lines = listed.lines().join("\n");
        insta::allow_duplicates! {
            insta::assert_snapshot!(lines, @r#"
            Messages since 2026-06-30 (UTC):
            flood/again      hold    block   fired 1: blocked 0, held 1, flagged 0; last 2026-07-01T10:00:00.000Z  rules.toml:11  owner ana  [floods]
            flood/wave       enforce block   fired 2: blocked 2, held 0, flagged 0; last 2026-07-01T10:00:00.000Z  rules.toml:2
            watch/pricing    observe flag    fired 3: blocked 0, held 0, flagged 0; last 2026-07-01T10:00:00.000Z  rules.toml:29
            watch/unblocked  enforce flag    never fired                                                           rules.toml:22
            Lists:
            lists/words.txt: none of its 2 entries was ever met
            "#);
            insta::assert_snapshot!(listed.unused().lines().join("\n"), @r#"
            rule watch/unblocked never fired
            lists/words.txt: “casino” was never met
            lists/words.txt: “airdrop” was never met
            "#);
            insta::assert_snapshot!(serde_json::to_string_pretty(&listed.rules[0]).unwrap(), @r#"
            {
              "id": "flood/again",
              "stage": "hold",
              "then": "block",
              "file": "rules.toml",
              "line": 11,
              "owner": "ana",
              "tags": [
                "floods"
              ],
              "fired": 1,
              "blocked": 0,
              "held": 1,
              "flagged": 0,
              "last_at": 1782900000000
            }
            "#);
        }
        bot.later(Duration::from_hours(72)).await;
        let later = bot.desk.rule_list(&book, &[], bot.clock.now()).await.unwrap();
        assert!(later.lines()[1].contains("did not fire, last 2026-07-01"), "{:?}", later.lines());
    }
}
