//! The record searched, a contact's history, and what is given to other programs.

use std::collections::HashSet;

use featurebase_bouncer::desk::formats::Format;
use featurebase_bouncer::desk::query::read;
use featurebase_bouncer::desk::search::{Found, Texts};
use featurebase_bouncer::store::audit::Filter;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::bot::{Bot, PITCH, ana};
use crate::on_both_databases;

async fn search(bot: &Bot, text: &str) -> Found {
    let query = read(text).unwrap();
    bot.desk
        .search(&query, &Filter::default(), 1_000, Texts::Lines)
        .await
        .unwrap()
}

/// The actions found, oldest first, a decision with its verdict.
async fn found(bot: &Bot, text: &str) -> Vec<String> {
    let hits = search(bot, text).await.hits.into_iter().rev();
    hits.map(|hit| match hit.row.verdict {
        Some(verdict) => format!("{} {verdict}", hit.row.action),
        None => hit.row.action.to_string(),
    })
    .collect()
}

async fn count(bot: &Bot, text: &str) -> usize {
    found(bot, text).await.len()
}

/// A block that is undone, a customer, and a block that is held.
async fn busy(bot: &Bot) -> [String; 3] {
    let [mallory, tom, eve] = [bot.lead("mallory"), bot.customer("tom"), bot.lead("eve")];
    bot.writes(&mallory, PITCH);
    bot.writes(&tom, "Where is my gift card? I paid for it.");
    bot.writes(&eve, "Call our refund department for a cheap g1ft c@rd");
    bot.settles().await;
    bot.desk.unblock(&mallory, ana("a friend")).await.unwrap();
    bot.later(std::time::Duration::from_secs(5)).await;
    [mallory, tom, eve]
}

on_both_databases! {
    async fn rows_are_found_by_what_is_asked_of_them(database) {
        let bot = Bot::on(database).await;
        let [mallory, _, eve] = busy(&bot).await;
        assert_eq!(found(&bot, "actor:ana").await, ["unblock_ordered"]);
        assert_eq!(found(&bot, "action:blocked,unblocked").await, ["blocked", "unblocked"]);
        assert_eq!(found(&bot, "action:block*").await, ["blocked"]);
        assert!(found(&bot, "rule:pitch/backlinks").await.contains(&"decided block".to_owned()));
        assert_eq!(found(&bot, "rule:pitch/* verdict:block").await, ["decided block"]);
        assert_eq!(found(&bot, "rule:pitch/*,hotline/* verdict:block,hold").await, ["decided block", "decided hold"]);
        assert_eq!(found(&bot, "action:blocked rule:pitch/*").await, ["blocked"], "what was done because of a rule");
        assert_eq!(found(&bot, "action:blocked -rule:pitch/*").await, Vec::<String>::new());
        assert_eq!(found(&bot, "action:unblocked rule:pitch/*").await, Vec::<String>::new(), "a person ordered it");
        assert_eq!(found(&bot, "rule:pitch verdict:block").await, Vec::<String>::new(), "a rule is named whole");
        assert_eq!(count(&bot, &format!("contact:{mallory} -actor:bouncer")).await, 1);
        bot.desk.release(&eve, ana("a customer")).await.unwrap();
        assert_eq!(found(&bot, "actor:ana rule:hotline/*").await, ["hold_released"]);
        assert_eq!(count(&bot, &format!("contact:{mallory},{eve}")).await, bot.record().await.iter().filter(|row| row.contact.as_ref().is_some_and(|id| [mallory.as_str(), eve.as_str()].contains(&id.as_str()))).count());
        assert_eq!(count(&bot, "").await, bot.record().await.len());
        assert_eq!(count(&bot, "-verdict:block,hold,clean").await, bot.record().await.iter().filter(|row| row.verdict.is_none()).count());
        assert_eq!(count(&bot, "created:>1d").await, bot.record().await.len());
        assert_eq!(count(&bot, "created:<1d").await, 0);
        assert_eq!(count(&bot, "-created:2026-07-01").await, 0);
        assert_eq!(count(&bot, "created:2026-07-01 action:received").await, 3);
        assert_eq!(count(&bot, "created:2026-06-01..2026-06-30,2026-07-01 action:received").await, 3);
        assert_eq!(count(&bot, "created:2026-07-02..2026-07-03").await, 0);
    }

    async fn messages_are_found_by_their_words(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        assert_eq!(found(&bot, "action:received \"gift card\"").await.len(), 2, "disguised or not");
        assert_eq!(found(&bot, "\"card gift\"").await.len(), 0, "in their order");
        assert_eq!(found(&bot, "action:received card gift").await.len(), 2, "in any order");
        assert_eq!(found(&bot, "verdict:hold \"gift card\"").await, ["decided hold"]);
        assert_eq!(found(&bot, "verdict:* -\"gift card\"").await, ["decided block"]);
        assert_eq!(found(&bot, "action:blocked backlinks").await, ["blocked"], "whatever was done about the message");
        assert_eq!(found(&bot, "action:blocked gift").await, Vec::<String>::new());
        let hits = search(&bot, "verdict:hold \"gift card\"").await.hits;
        assert_eq!(hits[0].line.as_ref().unwrap().marked("[", "]"), "Call our refund department for a cheap [g1ft c@rd]");
    }

    async fn words_are_forgotten_with_the_text(database) {
        let bot = Bot::on(database).await;
        let [.., eve] = busy(&bot).await;
        assert_eq!(count(&bot, "verdict:hold \"gift card\"").await, 1);
        bot.desk.erase(&eve, ana("asked for")).await.unwrap();
        assert_eq!(count(&bot, "verdict:hold \"gift card\"").await, 0);
        assert_eq!(count(&bot, "action:received \"gift card\"").await, 1);
        bot.settles().await;
        assert!(!bot.store.words_to_sweep().await.unwrap(), "and overwritten");
        assert_eq!(count(&bot, "action:received \"gift card\"").await, 1, "the others are still found");
        assert_eq!(count(&bot, "action:received refund").await, 0);
    }

    async fn messages_filed_before_are_indexed_behind(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let newest = bot.record().await.last().unwrap().seq;
        let pool = bot.database.pool().await;
        for sql in ["DELETE FROM message_words", "DELETE FROM search_state WHERE name = 'older'"] {
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
        sqlx::query("INSERT INTO search_state (name, value) VALUES ('older', $1)").bind(newest.to_string()).execute(&pool).await.unwrap();
        let early = search(&bot, "gift").await;
        assert_eq!((early.hits.len(), early.not_indexed), (0, Some(newest)), "and that is said");
        bot.settles().await;
        let late = search(&bot, "action:received \"gift card\"").await;
        assert_eq!((late.hits.len(), late.not_indexed), (2, None));
    }

    async fn no_word_of_a_message_stands_in_the_index(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let pool = bot.database.pool().await;
        let sql = if bot.store.kind() == "sqlite" { "SELECT hex(block) AS held FROM message_words_data" } else { "SELECT CAST(words AS TEXT) AS held FROM message_words" };
        let held: Vec<String> = sqlx::query(sql).fetch_all(&pool).await.unwrap().iter().map(|row| row.get("held")).collect();
        let held = held.join(" ").to_lowercase();
        assert!(!held.is_empty());
        for word in ["gift", "backlinks", "refund"] {
            assert!(!held.contains(word) && !held.contains(&hex::encode(word)), "{word}");
        }
    }

    async fn pages_follow_one_another_without_gap_or_repeat(database) {
        let bot = Bot::on(database).await;
        for number in 0..30 {
            let lead = bot.lead(&format!("lead {number}"));
            bot.writes(&lead, if number % 3 == 0 { PITCH } else { "a gift card, please" });
        }
        bot.settles().await;
        for text in ["", "rule:pitch/*,hotline/*", "action:received,decided", "card", "verdict:block", "-card", "action:received created:>1d gift"] {
            let query = read(text).unwrap();
            let whole: Vec<i64> = search(&bot, text).await.hits.iter().map(|hit| hit.row.seq).collect();
            let mut filter = Filter::default();
            let mut paged = Vec::new();
            loop {
                let page = bot.desk.search(&query, &filter, 7, Texts::None).await.unwrap();
                paged.extend(page.hits.iter().map(|hit| hit.row.seq));
                filter.before = page.more;
                if page.more.is_none() {
                    break;
                }
                // What comes meanwhile changes no page behind it.
                if paged.len() == 7 {
                    let late = bot.lead("late");
                    bot.writes(&late, PITCH);
                    bot.settles().await;
                }
            }
            assert_eq!(paged, whole, "{text}");
            assert!(paged.windows(2).all(|two| two[0] > two[1]), "{text}");
        }
    }

    async fn flags_and_a_search_hold_together(database) {
        let bot = Bot::on(database).await;
        let [mallory, ..] = busy(&bot).await;
        let filter = Filter { contact: Some(featurebase_bouncer::message::ContactId::new(&mallory)), ..Filter::default() };
        let found = bot.desk.search(&read("action:received").unwrap(), &filter, 10, Texts::None).await.unwrap();
        assert_eq!(found.hits.len(), 1);
    }

    async fn a_search_is_kept_under_a_name(database) {
        let bot = Bot::on(database).await;
        let query = read("actor:ana created:>7d").unwrap();
        bot.desk.save_search("orders", &query, "tom").await.unwrap();
        assert_eq!(bot.desk.saved_search("orders").await.unwrap().query, "actor:ana created:>7d");
        let other = read("actor:tom").unwrap();
        bot.desk.save_search("orders", &other, "tom").await.unwrap();
        assert_eq!(bot.store.saved_searches().await.unwrap().len(), 1);
        let wrong = bot.desk.saved_search("order").await.unwrap_err().to_string();
        assert!(wrong.contains("did you mean `orders`?"), "{wrong}");
        assert!(bot.desk.save_search("two words", &query, "tom").await.is_err());
        bot.desk.forget_search("orders").await.unwrap();
        assert!(bot.desk.saved_search("orders").await.is_err());
    }

    async fn a_contact_has_one_timeline(database) {
        let bot = Bot::on(database).await;
        let [mallory, ..] = busy(&bot).await;
        let timeline = bot.desk.history(&mallory, 0, 100).await.unwrap();
        let told: Vec<String> = timeline.steps.iter().map(|step| step.lines[0].clone()).collect();
        assert_eq!(told.first().unwrap(), &format!("Wrote: “{PITCH}”"));
        for part in ["Judged a block.", "About to ask Featurebase to block", "Featurebase blocked the contact", "ana ordered an unblock: a friend", "Featurebase unblocked the contact"] {
            assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:?}");
        }
        let mut paged = Vec::new();
        let mut after = 0;
        loop {
            let page = bot.desk.history(&mallory, after, 2).await.unwrap();
            paged.extend(page.steps);
            match page.more {
                Some(last) => after = last,
                None => break,
            }
        }
        assert_eq!(paged, timeline.steps);
        assert!(bot.desk.history("65f1c3d2a9b4e80012ab34cd", 0, 10).await.is_err());
    }

    async fn other_programs_get_texts_only_where_they_ask(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let query = read("").unwrap();
        for format in Format::ALL {
            for with_text in [false, true] {
                let texts = if with_text { Texts::Whole } else { Texts::None };
                let found = bot.desk.search(&query, &Filter::default(), 1_000, texts).await.unwrap();
                let lines: Vec<String> = found.hits.iter().map(|hit| format.line(hit, with_text)).collect();
                let all = lines.join("\n");
                for word in ["backlinks. Interested", "refund department", "c@rd"] {
                    assert_eq!(all.contains(word), with_text, "{format} {word}");
                }
                assert!(all.contains("pitch/backlinks") && all.contains("a friend"), "{format}");
                if *format != Format::Csv {
                    assert!(lines.iter().all(|line| serde_json::from_str::<Value>(line).is_ok()));
                }
            }
        }
    }

    async fn a_detection_finding_has_all_its_schema_requires(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let found = search(&bot, "").await;
        let findings: Vec<Value> = found.hits.iter().map(|hit| serde_json::from_str(&Format::Ocsf.line(hit, false)).unwrap()).collect();
        for finding in &findings {
            assert_eq!((&finding["class_uid"], &finding["category_uid"]), (&json!(2004), &json!(2)));
            let activity = finding["activity_id"].as_i64().unwrap();
            assert_eq!(finding["type_uid"], json!(200_400 + activity));
            assert!([1, 2, 3, 99].contains(&activity));
            assert!((1..=6).contains(&finding["severity_id"].as_i64().unwrap()));
            assert!(finding["time"].is_i64());
            assert_eq!(finding["metadata"]["version"], "1.3.0");
            for required in ["/metadata/product/name", "/metadata/product/vendor_name", "/finding_info/uid", "/finding_info/title"] {
                assert!(finding.pointer(required).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{required}");
            }
        }
        let kinds: HashSet<i64> = findings.iter().map(|finding| finding["activity_id"].as_i64().unwrap()).collect();
        assert!([1, 2, 3].iter().all(|kind| kinds.contains(kind)));
    }

    async fn what_is_known_by_name_completes_a_search(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let complete = async |text: &str| {
            let found = bot.desk.complete(text).await.unwrap();
            found.into_iter().map(|completion| completion.0).collect::<Vec<_>>()
        };
        assert_eq!(complete("rule:p").await, ["rule:pitch/backlinks"]);
        assert_eq!(complete("actor:").await, ["actor:ana", "actor:bouncer"]);
    }
}
