//! How often rules fired and list entries were met.

use std::time::Duration;

use featurebase_bouncer::decision::{
    Decision, Digest, Evidence, Facts, Finding, Part, RuleId, Stage, Then, Verdict,
};
use featurebase_bouncer::store::Store;
use featurebase_bouncer::store::hits::{Hits, RuleHits, kept};
use featurebase_bouncer::time::Timestamp;

use super::NOW;
use crate::on_both_databases;

fn finding(rule: &str, stage: Stage, then: Then, met: &[(&str, &str)]) -> Finding {
    let evidence = met.iter().map(|(list, entry)| Evidence {
        condition: "list".to_owned(),
        part: Part::Text,
        matched: entry.to_string(),
        place: None,
        wanted: entry.to_string(),
        list: Some(list.to_string()),
    });
    Finding {
        rule: RuleId(rule.to_owned()),
        why: "For a test".to_owned(),
        stage,
        then,
        points: i64::from(then == Then::Points) * 3,
        evidence: evidence.collect(),
        also: Vec::new(),
        block_for_millis: None,
    }
}

fn decision(verdict: Verdict, findings: Vec<Finding>) -> Decision {
    Decision {
        verdict,
        asked: verdict,
        findings,
        points: 0,
        restrained: Vec::new(),
        facts: Facts::default(),
        book: Digest(String::new()),
    }
}

async fn add(store: &Store, now: Timestamp, decisions: &[Decision]) {
    let mut hits = Hits::default();
    for decision in decisions {
        hits.count(decision);
    }
    let mut tx = store.writing().await.unwrap();
    tx.add_hits(hits, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn hits_of(store: &Store, rule: &str, since: Timestamp) -> Option<[u64; 4]> {
    let all = store.rule_hits(since).await.unwrap();
    all.get(&RuleId(rule.to_owned()))
        .map(|hits| [hits.fired, hits.blocked, hits.held, hits.flagged])
}

on_both_databases! {
    async fn hits_are_summed_up_by_rule_and_day(database) {
        use Stage::{Enforce, Hold, Observe};
        let store = database.store().await;
        let block = |stage| finding("a/block", stage, Then::Block, &[]);
        let flag = || finding("a/flag", Enforce, Then::Flag, &[]);
        let points = || finding("a/points", Enforce, Then::Points, &[]);
        let watch = || finding("a/watch", Observe, Then::Block, &[]);
        add(&store, NOW, &[
            decision(Verdict::Block, vec![block(Enforce), flag(), points(), watch()]),
            decision(Verdict::Hold, vec![block(Hold), flag(), watch()]),
            decision(Verdict::Flag, vec![flag(), points()]),
            decision(Verdict::Clean, vec![watch()]),
        ]).await;
        let day = Duration::from_hours(24);
        add(&store, NOW.after(2 * day), &[decision(Verdict::Block, vec![points()])]).await;
        let long_ago = Timestamp::from_millis(0);
        for (rule, hits) in [("a/block", [2, 1, 1, 0]), ("a/flag", [3, 0, 0, 1]), ("a/points", [3, 1, 0, 1]), ("a/watch", [3, 0, 0, 0])] {
            assert_eq!(hits_of(&store, rule, long_ago).await, Some(hits), "{rule}");
        }
        assert_eq!(hits_of(&store, "a/other", long_ago).await, None);
        assert_eq!(hits_of(&store, "a/points", NOW.after(day)).await, Some([1, 1, 0, 0]));
        let all = store.rule_hits(NOW.after(day)).await.unwrap();
        let flag = all[&RuleId("a/flag".to_owned())];
        assert_eq!(flag, RuleHits { last_at: Some(NOW), ..RuleHits::default() }, "it last fired before that");
    }

    async fn a_list_entry_is_counted_once_for_a_message(database) {
        let store = database.store().await;
        let twice = |then| finding("a/list", Stage::Enforce, then, &[("lists/a.txt", "casino"), ("lists/a.txt", "casino"), ("lists/b.txt", "casino")]);
        add(&store, NOW, &[decision(Verdict::Block, vec![twice(Then::Block), twice(Then::Flag)]), decision(Verdict::Clean, vec![twice(Then::Block)])]).await;
        let later = NOW.after(Duration::from_secs(5));
        add(&store, later, &[decision(Verdict::Flag, vec![finding("a/list", Stage::Hold, Then::Flag, &[("lists/a.txt", "casino")])])]).await;
        let met = store.list_hits("lists/a.txt").await.unwrap();
        assert_eq!((met["casino"].hits, met["casino"].last_at), (3, later));
        assert_eq!(store.list_hits("lists/b.txt").await.unwrap()["casino"].hits, 2);
        assert!(store.list_hits("lists/c.txt").await.unwrap().is_empty());
    }

    async fn an_entry_of_any_length_can_be_counted(database) {
        let store = database.store().await;
        let (long, other) = (format!("{}a", "ü\0".repeat(9_000)), format!("{}b", "ü\0".repeat(9_000)));
        add(&store, NOW, &[decision(Verdict::Flag, vec![finding("a/list", Stage::Hold, Then::Flag, &[("l", &long), ("l", "a\0b")])])]).await;
        let met = store.list_hits("l").await.unwrap();
        assert_eq!(met[&kept(&long)].hits, 1);
        assert_eq!(met[&kept("a\0b")].hits, 1);
        assert!(!met.contains_key(&kept(&other)));
    }

    async fn two_replicas_count_together(database) {
        let store = database.store().await;
        let decisions: Vec<Decision> = (0..20).map(|number| decision(Verdict::Clean, vec![finding(&format!("a/{number}"), Stage::Observe, Then::Flag, &[("l", &format!("e{number}"))])])).collect();
        let tasks: Vec<_> = (0..8).map(|turn| {
            let (store, mut decisions) = (store.clone(), decisions.clone());
            if turn % 2 == 1 {
                decisions.reverse();
            }
            tokio::spawn(async move { add(&store, NOW, &decisions).await })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        for number in 0..20 {
            assert_eq!(hits_of(&store, &format!("a/{number}"), NOW).await, Some([8, 0, 0, 0]));
        }
    }
}
