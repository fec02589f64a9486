//! What has become too old is forgotten by itself, but for whom a legal hold keeps.

use std::time::Duration;

use featurebase_bouncer::proof::note::Note;
use featurebase_bouncer::store::audit::{Action, Filter};
use featurebase_bouncer::store::retention::SEGMENT;

use super::erasure::{RULES, philomena, pitch};
use crate::bot::{Bot, Setup, ana};
use crate::on_both_databases;

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);

impl Bot {
    async fn ages(&self, by: Duration) {
        self.clock.advance(by);
        self.worker.forget_due().await.unwrap();
    }

    async fn oldest_row(&self) -> i64 {
        self.record().await.first().unwrap().seq
    }
}

on_both_databases! {
    async fn texts_are_forgotten_after_their_time(database) {
        let bot = Setup::on(database).rules(RULES).start().await;
        let (one, other) = (bot.sandbox.add_contact(philomena()), bot.lead("held"));
        let (old, held) = (bot.writes(&one, &pitch()), bot.writes(&other, "I sell backlinks"));
        bot.settles().await;
        bot.desk.hold_legally(&other, ana("case 7")).await.unwrap();
        bot.ages(29 * DAY).await;
        let young = bot.writes(&one, "still there?");
        bot.settles().await;
        assert!(bot.text_of(&old.event_ids[0]).await.is_some());
        assert_eq!(bot.desk.due_to_forget(30 * DAY, 400 * DAY).await.unwrap(), (0, 0));
        bot.clock.advance(2 * DAY);
        assert_eq!(bot.desk.due_to_forget(30 * DAY, 400 * DAY).await.unwrap(), (1, 0));
        bot.worker.forget_due().await.unwrap();
        assert_eq!(bot.text_of(&old.event_ids[0]).await, None);
        assert!(bot.text_of(&young.event_ids[0]).await.is_some() && bot.text_of(&held.event_ids[0]).await.is_some());
        let decided = bot.row_of(&old.event_ids[0], Action::Decided).await;
        assert_eq!(decided.detail["erased"], true, "what was found in it, too");
        let forgotten = bot.record().await.into_iter().filter(|row| row.action == Action::Forgotten).count();
        assert_eq!(forgotten, 1);
        bot.desk.lift_legal_hold(&other, ana("closed")).await.unwrap();
        bot.ages(2 * MINUTE).await;
        assert_eq!(bot.text_of(&held.event_ids[0]).await, None);
    }

    async fn what_a_wrong_clock_dated_ahead_keeps_nothing(database) {
        let bot = Setup::on(database).start().await;
        let jo = bot.lead("jo");
        let now = bot.clock.now();
        bot.clock.advance(900 * DAY);
        let ahead = bot.writes(&jo, "from the future");
        bot.settles().await;
        bot.clock.set(now);
        let next = bot.writes(&jo, "and back again");
        bot.settles().await;
        bot.ages(29 * DAY).await;
        assert!(bot.text_of(&next.event_ids[0]).await.is_some());
        let young = bot.writes(&jo, "still there?");
        bot.settles().await;
        bot.ages(2 * DAY).await;
        assert_eq!(bot.text_of(&ahead.event_ids[0]).await, None);
        assert_eq!(bot.text_of(&next.event_ids[0]).await, None);
        assert!(bot.text_of(&young.event_ids[0]).await.is_some());
    }

    async fn rows_are_forgotten_by_whole_segments_from_the_old_end(database) {
        let bot = Setup::on(database).set("BOUNCER_KEEP_TEXTS_FOR", "10d").set("BOUNCER_KEEP_RECORD_FOR", "20d").start().await;
        let contact = bot.lead("often");
        let first = bot.writes(&contact, "message 0");
        for n in 1..180 {
            bot.writes(&contact, &format!("message {n}"));
        }
        bot.settles().await;
        let rows = bot.record().await.len();
        assert!((300..500).contains(&rows), "{rows}");
        bot.running.notary.round(true).await.unwrap();
        bot.ages(15 * DAY).await;
        assert_eq!(bot.oldest_row().await, 1, "only texts are that old");
        let before = bot.desk.checkpoint().await.unwrap();
        assert_eq!(bot.text_of(&first.event_ids[0]).await, None);
        let other = bot.lead("young");
        bot.writes(&other, "hello");
        bot.settles().await;
        bot.ages(6 * DAY).await;
        assert_eq!(bot.oldest_row().await, SEGMENT + 1, "one segment is old as a whole");
        assert!(bot.store.audit(&Filter::default(), 10_000).await.unwrap().iter().any(|row| row.contact.as_ref().is_some_and(|id| id.as_str() == other)));
        bot.ages(MINUTE * 2).await;
        assert_eq!(bot.oldest_row().await, SEGMENT + 1);
        bot.running.notary.round(true).await.unwrap();
        let (key, older) = (bot.desk.record_key().await.unwrap(), Note::parse(&before.note).unwrap());
        let right = bot.desk.verify_record(key, Some(older)).await.unwrap().unwrap();
        assert_eq!(right.forgotten, 256, "and hashes stand for what is gone");
    }

    async fn rows_that_are_not_signed_yet_are_kept(database) {
        let bot = Setup::on(database).set("BOUNCER_KEEP_TEXTS_FOR", "10d").set("BOUNCER_KEEP_RECORD_FOR", "20d").start().await;
        let contact = bot.lead("often");
        for n in 0..180 {
            bot.writes(&contact, &format!("message {n}"));
        }
        bot.settles().await;
        bot.ages(25 * DAY).await;
        assert_eq!(bot.oldest_row().await, 1);
        bot.running.notary.round(true).await.unwrap();
        bot.ages(MINUTE * 2).await;
        assert_eq!(bot.oldest_row().await, SEGMENT + 1);
    }

    async fn a_legal_hold_keeps_the_record_from_its_oldest_row_on(database) {
        let bot = Setup::on(database).set("BOUNCER_KEEP_TEXTS_FOR", "10d").set("BOUNCER_KEEP_RECORD_FOR", "20d").start().await;
        let (held, contact) = (bot.lead("held"), bot.lead("often"));
        bot.writes(&held, "hello");
        for n in 0..180 {
            bot.writes(&contact, &format!("message {n}"));
        }
        bot.settles().await;
        bot.running.notary.round(true).await.unwrap();
        bot.desk.hold_legally(&held, ana("case 7")).await.unwrap();
        bot.ages(25 * DAY).await;
        assert_eq!(bot.oldest_row().await, 1);
        bot.desk.lift_legal_hold(&held, ana("closed")).await.unwrap();
        bot.ages(MINUTE * 2).await;
        assert_eq!(bot.oldest_row().await, SEGMENT + 1);
    }

    async fn keys_of_the_inbox_and_of_days_go_with_what_they_locked(database) {
        let bot = Bot::on(database).await;
        let contact = bot.lead("writer");
        bot.writes(&contact, "hello");
        bot.settles().await;
        let inbox = |keys: Vec<(String, Vec<u8>)>| keys.into_iter().filter(|(owner, _)| owner.contains("inbox") || owner.starts_with("spent")).collect::<Vec<_>>();
        let before = inbox(bot.database.secrets().await);
        assert_eq!(before.len(), 1);
        bot.ages(61 * MINUTE).await;
        assert_eq!(inbox(bot.database.secrets().await), []);
        assert_eq!(bot.database.places_of(&before[0].1).await, Vec::<String>::new());
        bot.writes(&contact, "hello again");
        bot.settles().await;
        assert_eq!(bot.store.waiting().await.unwrap().0, 0);
        assert_eq!(inbox(bot.database.secrets().await).len(), 1, "another one serves");
        bot.store.keep(featurebase_bouncer::store::inbox::Delivery {
            event: featurebase_bouncer::message::EventId::new("notif_post"),
            received_at: bot.clock.now(),
            body: r#"{"object":"notification_event","id":"notif_post","topic":"post.created","data":{}}"#.into(),
        }).await.unwrap();
        bot.settles().await;
        let days = |keys: Vec<(String, Vec<u8>)>| keys.into_iter().filter(|(owner, _)| owner.starts_with("day:")).collect::<Vec<_>>();
        let day = days(bot.database.secrets().await);
        assert_eq!(day.len(), 1, "an event about nobody is under the key of its day");
        assert!(bot.text_of("notif_post").await.is_some());
        bot.ages(32 * DAY).await;
        assert_eq!(days(bot.database.secrets().await), []);
        assert_eq!(bot.database.places_of(&day[0].1).await, Vec::<String>::new());
        assert_eq!(bot.text_of("notif_post").await, None);
    }

    async fn what_no_rule_looks_at_any_more_is_swept_away(database) {
        let bot = Bot::on(database).await;
        let contact = bot.lead("writer");
        bot.writes(&contact, "a text that is long enough to have a fingerprint");
        bot.settles().await;
        let pool = bot.database.pool().await;
        let count = async |table: &str| -> i64 {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            let (count,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap();
            count
        };
        bot.ages(7 * DAY).await;
        assert!(count("sightings").await > 0 && count("fingerprints").await > 0 && count("active_senders").await > 0);
        bot.ages(2 * DAY).await;
        assert_eq!((count("sightings").await, count("fingerprints").await, count("active_senders").await), (0, 0, 0));
        pool.close().await;
    }
}
