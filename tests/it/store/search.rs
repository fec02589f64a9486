//! What a search finds, held against looking at every row, with so many rows that every way of leading one is taken.

use std::time::Duration;

use featurebase_bouncer::message::{ContactId, ConversationId, EventId};
use featurebase_bouncer::store::Store;
use featurebase_bouncer::store::audit::{Action, Entry, Filter, Row};
use featurebase_bouncer::store::search::{Column, Field, Pattern, Phrase, Times, Wanted};
use featurebase_bouncer::time::Timestamp;
use serde_json::json;

use super::NOW;
use crate::on_both_databases;

/// Messages; each leaves two rows or three.
const MESSAGES: usize = 5_000;

/// The words of a message: a common one, one that every other has, and a rare one.
fn words_of(number: usize) -> Vec<String> {
    let parity = ["even", "odd"][number % 2];
    let mut words = vec!["common", parity, "word"];
    if number.is_multiple_of(701) {
        words.push("rare");
    }
    words.into_iter().map(str::to_owned).collect()
}

fn number_in(event: &EventId) -> usize {
    event.as_str().trim_start_matches("notif_").parse().unwrap()
}

async fn fill(store: &Store) {
    for batch in 0..MESSAGES / 500 {
        let mut tx = store.writing().await.unwrap();
        let (mut entries, mut words) = (Vec::new(), Vec::new());
        for number in batch * 500..(batch + 1) * 500 {
            // Not quite in the order of their time.
            let minutes = u64::try_from(number * 10 + (number * 7) % 60).unwrap();
            let at = NOW.after(Duration::from_secs(60 * minutes));
            let event = EventId::new(format!("notif_{number}"));
            let about = |entry: Entry| {
                entry
                    .event(&event)
                    .contact(&ContactId::new(format!("contact{}", number % 3)))
                    .conversation(&ConversationId::new(format!("{}", number / 2)))
            };
            entries.push(about(Entry::new(
                Action::Received,
                at,
                json!({ "kind": "message" }),
            )));
            entries.push(Entry {
                verdict: Some(["clean", "flag", "hold", "block"][number % 4]),
                rules: (!number.is_multiple_of(4))
                    .then(|| format!("a/r{} b/all many/r{:02}", number % 3, number % 97)),
                ..about(Entry::new(Action::Decided, at, json!({})))
            });
            if number.is_multiple_of(3) {
                let actor = match number % 5 {
                    0 | 2 => "ana".to_owned(),
                    1 => "anton".to_owned(),
                    _ => format!("one of many {}", number % 101),
                };
                entries.push(about(
                    Entry::new([Action::Blocked, Action::Held][number % 2], at, json!({}))
                        .by(&actor),
                ));
            }
            words.push((event, vec![words_of(number)]));
        }
        tx.record(entries).await.unwrap();
        tx.keep_words(words).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn field(column: Column, negated: bool, values: &[&str]) -> Field {
    let pattern = |value: &&str| Pattern {
        text: value.trim_end_matches('*').to_owned(),
        prefix: value.ends_with('*'),
    };
    Field {
        column,
        negated,
        any_of: values.iter().map(pattern).collect(),
    }
}

fn phrase(negated: bool, words: &str) -> Phrase {
    Phrase {
        negated,
        words: words.split(' ').map(str::to_owned).collect(),
    }
}

fn wanted(fields: &[Field], phrases: &[Phrase]) -> Wanted {
    Wanted {
        fields: fields.to_vec(),
        phrases: phrases.to_vec(),
        ..Wanted::default()
    }
}

/// Whether a row is wanted, by looking at it.
fn meets(row: &Row, wanted: &Wanted) -> bool {
    let text = |column: Column| match column {
        Column::Actor => row.actor.clone(),
        Column::Action => row.action.to_string(),
        Column::Rule => row.rules.clone().unwrap_or_default(),
        Column::Verdict => row.verdict.clone().unwrap_or_default(),
        Column::Contact => row
            .contact
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        Column::Conversation => row
            .conversation
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        Column::Event => row
            .event
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    };
    let fits = |value: &str, pattern: &Pattern| {
        if pattern.prefix {
            !value.is_empty() && value.starts_with(&pattern.text)
        } else {
            value == pattern.text
        }
    };
    let fields = wanted.fields.iter().all(|field| {
        let value = text(field.column);
        let values: Vec<&str> = match field.column {
            Column::Rule => value.split(' ').collect(),
            _ => vec![value.as_str()],
        };
        let any = values
            .iter()
            .any(|value| field.any_of.iter().any(|pattern| fits(value, pattern)));
        any != field.negated
    });
    let times = wanted.times.iter().all(|times| {
        let within = |(from, to): &(Option<Timestamp>, Option<Timestamp>)| {
            from.is_none_or(|from| row.at >= from) && to.is_none_or(|to| row.at <= to)
        };
        times.any_of.iter().any(within) != times.negated
    });
    let phrases = wanted.phrases.iter().all(|phrase| {
        let there = row.event.as_ref().is_some_and(|event| {
            words_of(number_in(event))
                .windows(phrase.words.len())
                .any(|run| run == phrase.words)
        });
        there != phrase.negated
    });
    fields && times && phrases
}

on_both_databases! {
    async fn a_search_finds_what_looking_at_every_row_finds(database) {
        use Column::{Action as Kind, Actor, Contact, Conversation, Event, Rule, Verdict};
        let store = database.store().await;
        fill(&store).await;
        let all = store.audit(&Filter::default(), 100_000).await.unwrap();
        let hour = |hours: u64| NOW.after(Duration::from_hours(hours));
        let spans = |negated: bool, any_of: &[(Option<Timestamp>, Option<Timestamp>)]| Wanted {
            times: vec![Times { negated, any_of: any_of.to_vec() }],
            ..Wanted::default()
        };
        let searches = [
            Wanted::default(),
            wanted(&[field(Rule, false, &["b/all"])], &[]),
            wanted(&[field(Rule, false, &["a/*"])], &[]),
            wanted(&[field(Rule, false, &["a/r1", "a/r2", "no/such"])], &[]),
            wanted(&[field(Rule, false, &["a/r"])], &[]),
            wanted(&[field(Rule, true, &["a/r1"])], &[]),
            wanted(&[field(Verdict, false, &["flag"]), field(Rule, false, &["a/r0"])], &[]),
            wanted(&[field(Verdict, false, &["flag", "clean"])], &[]),
            wanted(&[field(Verdict, false, &["flag", "hold"]), field(Contact, true, &["contact1"])], &[]),
            wanted(&[field(Verdict, true, &["b*"])], &[]),
            wanted(&[field(Actor, false, &["an*"])], &[]),
            wanted(&[field(Actor, false, &["ana"]), field(Kind, false, &["held"])], &[]),
            wanted(&[field(Kind, false, &["held", "blocked"])], &[]),
            wanted(&[field(Rule, false, &["many/*"])], &[]),
            wanted(&[field(Rule, false, &["many/*", "a/r1"]), field(Verdict, true, &["hold"])], &[]),
            wanted(&[field(Rule, false, &["*"])], &[]),
            wanted(&[field(Rule, false, &["a/r0"]), field(Rule, false, &["many/r0*"])], &[]),
            wanted(&[field(Rule, false, &["b/all"]), field(Rule, true, &["a/*"])], &[]),
            wanted(&[field(Rule, false, &["b/all"]), field(Verdict, false, &["clean"])], &[]),
            wanted(&[field(Rule, false, &["b/all"]), field(Kind, false, &["held"])], &[]),
            wanted(&[field(Rule, false, &["b/all"]), field(Actor, false, &["ana"])], &[]),
            wanted(&[field(Rule, false, &["b/al"])], &[]),
            wanted(&[field(Kind, false, &["blocked"]), field(Verdict, false, &["block"])], &[]),
            wanted(&[field(Kind, true, &["received", "decided"])], &[]),
            wanted(&[field(Verdict, false, &["*"])], &[]),
            wanted(&[field(Actor, true, &["bouncer", "ana"])], &[]),
            wanted(&[field(Actor, false, &["bouncer"]), field(Verdict, false, &["hold"])], &[]),
            wanted(&[field(Actor, false, &["one of many*"]), field(Kind, false, &["held"])], &[]),
            wanted(&[field(Contact, false, &["contact2"]), field(Verdict, false, &["hold"])], &[]),
            wanted(&[field(Contact, false, &["contact*"])], &[]),
            wanted(&[field(Conversation, false, &["17", "18*"])], &[]),
            wanted(&[field(Event, false, &["notif_12*"])], &[]),
            wanted(&[], &[phrase(false, "rare")]),
            wanted(&[], &[phrase(false, "common")]),
            wanted(&[], &[phrase(false, "word common")]),
            wanted(&[], &[phrase(false, "odd word"), phrase(true, "rare")]),
            wanted(&[field(Rule, false, &["a/*"])], &[phrase(false, "common even")]),
            wanted(&[field(Conversation, false, &["350"])], &[phrase(false, "rare")]),
            wanted(&[], &[phrase(true, "common odd")]),
            spans(false, &[(Some(hour(10)), Some(hour(20)))]),
            spans(false, &[(Some(hour(10)), Some(hour(11))), (Some(hour(500)), None)]),
            spans(false, &[(None, Some(hour(3)))]),
            spans(true, &[(Some(hour(2)), None)]),
            spans(false, &[(Some(hour(100_000)), None)]),
            Wanted { fields: vec![field(Verdict, false, &["block"])], ..spans(false, &[(Some(hour(10)), Some(hour(30)))]) },
            Wanted { fields: vec![field(Rule, false, &["a/*"])], ..spans(false, &[(Some(hour(10)), Some(hour(400)))]) },
        ];
        for search in searches {
            let expected: Vec<i64> = all.iter().filter(|row| meets(row, &search)).map(|row| row.seq).collect();
            let mut found = Vec::new();
            let mut page = Wanted { before: None, ..search.clone() };
            loop {
                let next = store.search(&page, 1_900).await.unwrap();
                assert!(!next.cut_short);
                found.extend(next.rows.iter().map(|row| row.seq));
                page.before = next.more;
                if page.before.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{search:?}");
            let few = store.search(&search, 5).await.unwrap();
            assert!(few.rows.iter().map(|row| row.seq).eq(expected.iter().copied().take(5)), "{search:?}");
        }
    }

    async fn rows_that_stand_in_several_lanes_are_found_once_each_and_none_is_passed_over(database) {
        let store = database.store().await;
        // Every tenth row is of one rule alone, the others of two; the last of all is of a hundred.
        for batch in 0..3 {
            let entries = (batch * 500..(batch + 1) * 500).map(|number: usize| Entry {
                verdict: Some("block"),
                ..Entry::new(Action::Decided, NOW, json!({})).rules(if number.is_multiple_of(10) { "p/c" } else { "p/a p/b" })
            });
            let mut tx = store.writing().await.unwrap();
            tx.record(entries.collect()).await.unwrap();
            tx.commit().await.unwrap();
        }
        let hundred: Vec<String> = (0..100).map(|number| format!("p/many{number}")).collect();
        let mut tx = store.writing().await.unwrap();
        tx.record(vec![Entry::new(Action::Decided, NOW, json!({})).rules(&hundred.join(" "))]).await.unwrap();
        tx.commit().await.unwrap();
        for rules in [&["p/*"][..], &["p/a", "p/b", "p/c"]] {
            let mut page = wanted(&[field(Column::Rule, false, rules)], &[]);
            let mut found = Vec::new();
            loop {
                let next = store.search(&page, 50).await.unwrap();
                found.extend(next.rows.iter().map(|row| row.seq));
                page.before = next.more;
                if page.before.is_none() {
                    break;
                }
            }
            let newest = if rules.len() == 1 { 1_501 } else { 1_500 };
            assert!(found.iter().copied().eq((1..=newest).rev()), "{rules:?}: {} rows", found.len());
        }
        assert!(store.names_rule("p/many99").await.unwrap() && store.names_rule("p/*").await.unwrap());
        assert!(!store.names_rule("p/many").await.unwrap() && !store.names_rule("q/*").await.unwrap());
        assert_eq!(store.names().await.unwrap().0.len(), 103);
    }

    async fn what_is_asked_of_rules_minds_the_case_of_letters(database) {
        let store = database.store().await;
        let mut tx = store.writing().await.unwrap();
        tx.record(vec![Entry::new(Action::Blocked, NOW, json!({})).rules("pitch/a")]).await.unwrap();
        tx.commit().await.unwrap();
        for (rule, without) in [("Pitch/*", 1), ("Pitch/a", 1), ("pitch/*", 0), ("pitch/a", 0), ("pitch", 1)] {
            let named = store.search(&wanted(&[field(Column::Rule, false, &[rule])], &[]), 5).await.unwrap();
            let not = store.search(&wanted(&[field(Column::Rule, true, &[rule])], &[]), 5).await.unwrap();
            assert_eq!((named.rows.len(), not.rows.len()), (1 - without, without), "{rule}");
        }
    }
}
