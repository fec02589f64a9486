//! Every change of state leaves one row, and nothing else does.

use featurebase_bouncer::rulewatch::Files;

use super::*;
use crate::on_both_databases;

use Action::{RulesAdopted, RulesRejected};

const BAD: &str = "[[rule]]\nid = \"half";

on_both_databases! {
    async fn bad_good_and_bad_again_are_three_rows_however_often_they_are_looked_at(database) {
        let mut scene = Scene::new(database).await;
        let first = scene.status();
        for _ in 0..3 {
            scene.writes("more.toml", BAD);
            for _ in 0..5 {
                scene.passes(1);
                scene.writes("more.toml", BAD);
                scene.checks().await;
            }
        }
        assert_eq!(scene.actions().await, [RulesAdopted, RulesRejected]);
        let since = scene.passes(1);
        scene.removes("more.toml");
        let again = scene.checks().await;
        assert_eq!((again.files, again.differs_since), (Files::InForce, None));
        assert_eq!(again.in_force_since, first.in_force_since, "it has been in force all along");
        scene.writes("more.toml", BAD);
        scene.checks().await;
        assert_eq!(scene.actions().await, [RulesAdopted, RulesRejected, RulesAdopted, RulesRejected]);
        let rows = scene.record().await;
        assert_eq!(rows[2].detail["before"], rows[2].detail["book"]);
        assert_eq!(rows[2].at, since);
        assert_eq!(rows[3].detail["in_force"], rows[0].detail["book"]);
        assert!(rows[3].detail["problems"][0].as_str().unwrap().starts_with("more.toml:2:11"), "{}", rows[3].detail);
    }

    async fn a_start_repeats_nothing_in_the_record_and_remembers_since_when_files_differ(database) {
        let mut scene = Scene::new(database).await;
        let good = scene.status();
        scene.passes(60);
        scene.restarts().await;
        assert_eq!(scene.status().in_force_since, good.in_force_since);
        let since = scene.passes(60);
        scene.writes("more.toml", BAD);
        scene.checks().await;
        scene.passes(60);
        scene.writes("more.toml", "[[rule]]\nid = 5\n");
        scene.checks().await;
        for _ in 0..3 {
            scene.passes(60);
            scene.restarts().await;
            let status = scene.status();
            assert_eq!((status.in_force.as_ref(), status.in_force_since), (good.in_force.as_ref(), good.in_force_since));
            assert!(status.from_store);
            assert_eq!(status.differs_since, Some(since));
        }
        assert_eq!(scene.actions().await, [RulesAdopted, RulesRejected, RulesRejected]);
        scene.removes("more.toml");
        scene.restarts().await;
        assert_eq!(scene.status().files, Files::InForce);
        assert!(!scene.status().from_store);
        assert_eq!(scene.actions().await, [RulesAdopted, RulesRejected, RulesRejected, RulesAdopted]);
    }

    async fn two_replicas_on_one_store_record_an_edit_once(database) {
        let mut scene = Scene::new(database).await;
        let mut other = Rulewatch::new(&scene.rules, scene.store.clone(), scene.clock.clone(), Metrics::new());
        other.start().await.unwrap();
        for number in 0..10 {
            scene.passes(1);
            scene.writes("more.toml", if number % 2 == 0 { BAD.to_owned() } else { rule("second/rule", &format!("word{number}")) });
            let (one, two) = tokio::join!(scene.watch.check(), other.check());
            one.unwrap();
            two.unwrap();
            assert_eq!(scene.status().in_force, other.status().borrow().in_force);
        }
        assert_eq!(scene.actions().await.len(), 11);
    }

    async fn the_book_adopted_last_is_the_latest_whatever_the_clock_says(database) {
        let mut scene = Scene::new(database).await;
        for word in ["loans", "casino", "poker", "loans", "tokens"] {
            // Within one millisecond.
            scene.writes("first.toml", rule("first/rule", word));
            let status = scene.checks().await;
            let (latest, _) = scene.store.latest_book().await.unwrap().unwrap();
            assert_eq!(Some(latest), status.in_force);
        }
        let early = Clock::by_hand(Timestamp::parse("2020-01-01T00:00:00Z").unwrap());
        let mut watch = Rulewatch::new(&scene.rules, scene.store.clone(), early, Metrics::new());
        watch.start().await.unwrap();
        scene.writes("first.toml", rule("first/rule", "airdrop"));
        watch.check().await.unwrap();
        let (latest, _) = scene.store.latest_book().await.unwrap().unwrap();
        assert_eq!(Some(latest), watch.status().borrow().in_force);
    }
}

#[tokio::test]
async fn what_the_store_cannot_record_does_not_come_into_force_and_is_told() {
    let mut scene = Scene::new(Database::sqlite()).await;
    let before = scene.status().in_force;
    scene.store.close().await;
    let since = scene.passes(1);
    scene.writes("first.toml", rule("first/rule", "loans"));
    assert!(scene.watch.check().await.is_err());
    scene.passes(1);
    assert!(scene.watch.check().await.is_err(), "it is tried again");
    let status = scene.status();
    assert_eq!(status.in_force, before);
    assert_eq!(
        (status.files, status.differs_since),
        (Files::NotRecorded, Some(since))
    );
}
