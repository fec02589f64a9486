//! Every decision of the record can be made again, whatever rules, senders, brakes and people did; one that was tampered with
//! is found.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::time::Duration;

use fastrand::Rng;
use featurebase_bouncer::desk::past::Span;
use featurebase_bouncer::desk::past::replay::Replay;
use featurebase_bouncer::message::ContactId;
use featurebase_bouncer::sandbox::Draft;
use featurebase_bouncer::store::audit::{Action, Filter, Row};
use featurebase_bouncer::time::Timestamp;

use crate::bot::{Bot, PITCH, RULES, Setup, ana};
use crate::on_both_databases;

/// Messages of the random story; `BOUNCER_TEST_MESSAGES` names another number.
const MESSAGES: usize = 1_500;
/// Put together at random, these make messages that meet rules of every kind, and some that meet none.
const PIECES: &[&str] = &[
    "backlinks",
    "guest post",
    "our refund department",
    "airdrop",
    "casino",
    "cheap",
    "<b>hello</b>",
    "https://bit.ly/x1",
    "b a c k l i n k s",
    "when is my invoice due?",
    "thanks",
    "🦀",
    "telegram",
    "спам",
];

fn threads(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// A random rulebook; `seed` tells it from others.
fn rulebook(rng: &mut Rng) -> String {
    let mut text = format!(
        "[policy]\nflag_at = {}\nblock_at = 9\nprotect.customers = \"{}\"\nprotect.answered_before = \"{}\"\nprotect.unblocked = \"{}\"\nbrake.per_rule = {{ blocks = 3, within = \"10m\" }}\n",
        rng.i64(2..9),
        rng.choice(["hold", "flag", "no"]).unwrap(),
        rng.choice(["hold", "flag", "no"]).unwrap(),
        rng.choice(["hold", "flag", "no"]).unwrap(),
    );
    for number in 0..rng.usize(3..9) {
        let piece = PIECES[rng.usize(..PIECES.len())]
            .trim_start_matches("<b>")
            .trim_end_matches("</b>");
        let condition = match rng.u32(..7) {
            0 => "{ messages = { at_least = 3, within = \"10m\" } }".to_owned(),
            1 => "{ same_text = { at_least = 2, within = \"1h\" } }".to_owned(),
            2 => "{ same_text_from = { senders_at_least = 2, within = \"1h\" } }".to_owned(),
            3 => "{ first_message = true }".to_owned(),
            _ => format!("{{ contains = [\"{}\"] }}", piece.replace("https://", "")),
        };
        let then = match rng.u32(..4) {
            0 => "then = \"flag\"".to_owned(),
            1 => format!("then = \"points\"\npoints = {}", rng.i64(1..6)),
            _ => "then = \"block\"".to_owned(),
        };
        let stage = rng
            .choice(["observe", "hold", "enforce", "enforce"])
            .unwrap();
        write!(
            text,
            "\n[[rule]]\nid = \"random/r{number}\"\nwhy = \"Random {}\"\nstage = \"{stage}\"\n{then}\nall = [{{ contains = [\"{}\"] }}, {condition}]\n",
            rng.u32(..),
            PIECES[rng.usize(..4)],
        )
        .unwrap();
    }
    text
}

async fn decided(bot: &Bot) -> Vec<Row> {
    let rows = bot.store.audit(&Filter::default(), 100_000).await.unwrap();
    rows.into_iter()
        .filter(|row| row.action == Action::Decided)
        .collect()
}

async fn replayed(bot: &Bot) -> Replay {
    bot.desk.replay(&Span::default(), threads(2)).await.unwrap()
}

on_both_databases! {
    async fn thousands_of_random_messages_come_out_again(database) {
        let messages = std::env::var("BOUNCER_TEST_MESSAGES").map_or(MESSAGES, |number| number.parse().unwrap());
        let mut rng = Rng::with_seed(11);
        let first = rulebook(&mut rng);
        let mut bot = Setup::on(database).rules(&first).start().await;
        let mut contacts: Vec<String> = (0..30).map(|number| bot.lead(&format!("lead {number}"))).collect();
        contacts.extend((0..10).map(|number| bot.customer(&format!("customer {number}"))));
        let mut written = 0;
        while written < messages {
            for _ in 0..rng.usize(1..40) {
                let place = rng.usize(..contacts.len());
                let text: Vec<&str> = (0..rng.usize(1..5)).map(|_| PIECES[rng.usize(..PIECES.len())]).collect();
                // Who is blocked cannot write any more: somebody new does.
                if bot.sandbox.write(&contacts[place], &Draft::markdown(&text.join(" "))).is_err() {
                    contacts[place] = bot.lead(&format!("lead after {written}"));
                    continue;
                }
                written += 1;
            }
            bot.settles().await;
            bot.clock.advance(Duration::from_secs(rng.u64(1..400)));
            if rng.u32(..6) == 0 {
                let contact = contacts[rng.usize(..contacts.len())].clone();
                bot.desk.unblock(&contact, ana("no spammer")).await.unwrap();
            }
            if rng.u32(..4) == 0 {
                std::fs::write(bot.rules_dir.join("rules.toml"), rulebook(&mut rng)).unwrap();
                for _ in 0..2 {
                    bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
                }
            }
        }
        let replay = replayed(&bot).await;
        assert!(replay.agrees(), "{}", replay.lines().join("\n"));
        let all = u64::try_from(decided(&bot).await.len()).unwrap();
        assert_eq!((replay.decisions, replay.agreed), (all, all), "{replay:?}");
        let verdicts: std::collections::BTreeSet<String> = decided(&bot).await.into_iter().filter_map(|row| row.verdict).collect();
        assert_eq!(verdicts.len(), 4, "every verdict occurs: {verdicts:?}");
        let one = bot.desk.replay(&Span::default(), threads(1)).await.unwrap();
        assert_eq!(one, replay, "with one thread as with two");
    }

    async fn what_a_mode_a_brake_or_a_person_added_is_told_apart(database) {
        let database = std::sync::Arc::new(database);
        for mode in ["observe", "hold", "enforce"] {
            let later = Duration::from_hours(match mode { "observe" => 0, "hold" => 1, _ => 2 });
            let bot = Setup { later, ..Setup::beside(database.clone()) }.set("BOUNCER_MODE", mode).start().await;
            for number in 0..3 {
                let lead = bot.lead(&format!("{mode} {number}"));
                bot.writes(&lead, PITCH);
                bot.writes(&lead, "our refund department");
            }
            bot.settles().await;
            let replay = replayed(&bot).await;
            assert!(replay.agrees(), "{mode}: {}", replay.lines().join("\n"));
            bot.running.stop().await;
        }
    }

    async fn a_span_and_a_contact_choose_what_is_looked_at(database) {
        let bot = Bot::on(database).await;
        let (ann, ben) = (bot.lead("ann"), bot.lead("ben"));
        bot.writes(&ann, "hello");
        bot.writes(&ben, "hello");
        bot.settles().await;
        bot.clock.advance(Duration::from_hours(48));
        bot.writes(&ann, "again");
        bot.settles().await;
        let of = async |span: Span| bot.desk.replay(&span, threads(1)).await.unwrap().decisions;
        assert_eq!(of(Span::default()).await, 3);
        assert_eq!(of(Span { contact: Some(ContactId::new(ann)), ..Span::default() }).await, 2);
        let noon = Timestamp::parse("2026-07-02T12:00:00Z");
        assert_eq!(of(Span { since: noon, ..Span::default() }).await, 1);
        assert_eq!(of(Span { until: noon, ..Span::default() }).await, 2);
    }

    async fn a_decision_that_was_tampered_with_is_found(database) {
        let bot = Bot::on(database).await;
        let (mallory, jo) = (bot.lead("mallory"), bot.lead("jo"));
        bot.writes(&mallory, PITCH);
        bot.writes(&jo, "How do I add a link?");
        bot.settles().await;
        assert!(replayed(&bot).await.agrees());
        for (sql, told) in [
            ("UPDATE audit SET verdict = 'clean' WHERE verdict = 'block'", "the row's verdict is not the decision's"),
            ("UPDATE audit SET verdict = 'clean', detail = replace(detail, '\"verdict\":\"block\"', '\"verdict\":\"clean\"') WHERE action = 'decided' AND rules IS NOT NULL", "the record says clean, but it comes to block"),
            ("UPDATE audit SET rules = 'hotline/refund' WHERE rules IS NOT NULL", "the row's rules are not the decision's"),
            ("UPDATE sealed SET body = (SELECT e.body FROM events e WHERE e.body IS NOT NULL LIMIT 1)", "what rule pitch/backlinks found is not what the record says"),
            ("UPDATE audit SET detail = replace(detail, '\"asked\":\"clean\"', '\"asked\":\"flag\"') WHERE action = 'decided' AND verdict = 'clean'", "the record says that the rules asked for flag, but they ask for clean"),
        ] {
            bot.database.tampers(sql).await;
            let replay = replayed(&bot).await;
            assert!(!replay.agrees(), "{sql}");
            assert!(replay.lines().join("\n").contains(told), "{sql}\n{}", replay.lines().join("\n"));
        }
    }

    async fn erased_texts_and_changed_rules_are_counted_apart(database) {
        let bot = Bot::on(database).await;
        let (mallory, jo) = (bot.lead("mallory"), bot.lead("jo"));
        let first = bot.writes(&mallory, PITCH);
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.database.tampers(&format!("UPDATE events SET body = NULL WHERE event_id = '{}'", first.event_ids[0])).await;
        let replay = replayed(&bot).await;
        assert_eq!((replay.decisions, replay.agreed, replay.erased, replay.disagreed), (2, 1, 1, 0));
        bot.database.tampers("UPDATE rulebooks SET files = replace(files, 'guest post', 'guest list')").await;
        let replay = replayed(&bot).await;
        assert_eq!((replay.book_gone, replay.disagreed), (1, 1));
        assert!(RULES.contains("guest post"));
    }
}
