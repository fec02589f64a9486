//! Keys, sealed bodies, and a store from before there were any.

use std::borrow::Cow;

use featurebase_bouncer::message::{ContactId, ConversationId, EventId};
use featurebase_bouncer::seal::{self, Key};
use featurebase_bouncer::store::audit::{Action, Entry, Filter};
use featurebase_bouncer::store::events::{EventKind, EventRow};
use featurebase_bouncer::store::inbox::Delivery;
use featurebase_bouncer::time::Timestamp;
use serde_json::json;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::database::Database;
use crate::on_both_databases;

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);
const PLAIN: &str = "{\"id\":\"notif_old\",\"text\":\"archaeopteryx\"}";

#[test]
fn what_is_sealed_opens_with_its_key_at_its_place_and_unchanged() {
    let key = Key::random().unwrap();
    for piece in [&b""[..], b"short", &[7; 5000], PLAIN.as_bytes()] {
        let sealed = key.seal("here", piece).unwrap();
        assert_eq!(key.open("here", &sealed).as_deref(), Some(piece));
        assert_eq!(key.open("there", &sealed), None);
        assert_eq!(Key::random().unwrap().open("here", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("here", &changed), None, "byte {at}");
            assert_eq!(key.open("here", &sealed[..at]), None);
        }
        assert_ne!(sealed, key.seal("here", piece).unwrap(), "no two are alike");
    }
    assert_eq!(Key::from_bytes(&[0; 32]), None, "a destroyed key is none");
}

#[test]
fn events_are_made_smaller_before_they_are_sealed() {
    let body = featurebase_bouncer::sandbox::sample_event(
        "conversation.user.replied",
        "Hello, I have a question about the invoice of last month. Could you look into it, please?",
        featurebase_bouncer::message::ContactKind::Customer,
        None,
        &featurebase_bouncer::time::Clock::system(),
    );
    let sealed = Key::random().unwrap().seal("here", &body).unwrap();
    assert!(
        sealed.len() * 3 < body.len() * 2,
        "{} of {}",
        sealed.len(),
        body.len()
    );
}

#[test]
fn a_commitment_fits_its_value_and_no_other_and_is_never_the_same_twice() {
    let (a, b) = (
        seal::commit("x", b"value").unwrap(),
        seal::commit("x", b"value").unwrap(),
    );
    assert_ne!(a.commitment, b.commitment);
    assert_eq!(seal::commitment_of("x", &a.salted), a.commitment);
    assert_ne!(seal::commitment_of("y", &a.salted), a.commitment);
    assert_ne!(seal::commitment_of("x", &b.salted), a.commitment);
    assert_eq!(seal::value_of(&a.salted), Some(&b"value"[..]));
}

/// A store of the sixth step, as it was left by the program before there were keys.
async fn of_the_sixth_step(database: &Database) -> sqlx::AnyPool {
    let dialect = match database.location {
        featurebase_bouncer::store::Location::Sqlite(_) => "sqlite",
        featurebase_bouncer::store::Location::Postgres(_) => "postgres",
    };
    if let featurebase_bouncer::store::Location::Sqlite(path) = &database.location {
        std::fs::File::create(path).unwrap();
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations");
    let steps = (1..=6).map(|number| {
        let sql = std::fs::read_to_string(format!("{folder}/{number:04}.{dialect}.sql")).unwrap();
        Migration::new(
            number,
            Cow::Borrowed("step"),
            MigrationType::Simple,
            AssertSqlSafe(sql).into_sql_str(),
            false,
        )
    });
    let pool = database.pool().await;
    Migrator::with_migrations(steps.collect())
        .run(&pool)
        .await
        .unwrap();
    pool
}

on_both_databases! {
    async fn a_store_from_before_there_were_keys_opens_and_is_put_under_lock(database) {
        let pool = of_the_sixth_step(&database).await;
        for (sql, id) in [
            ("INSERT INTO inbox (event_id, received_at, body) VALUES ($1, 5, $2)", "notif_waits"),
            ("INSERT INTO events (event_id, topic, kind, received_at, contact_id, conversation_id, body) VALUES ($1, 't', 'message', 5, 'c1', '7', $2)", "notif_old"),
            ("INSERT INTO events (event_id, topic, kind, received_at, body) VALUES ($1, 't', 'other', 5, $2)", "notif_other"),
        ] {
            sqlx::query(sql).bind(id).bind(PLAIN.as_bytes().to_vec()).execute(&pool).await.unwrap();
        }
        let detail = json!({ "findings": [], "note": "old" }).to_string();
        sqlx::query("INSERT INTO audit (at, action, actor, event_id, detail) VALUES (5, 'decided', 'bouncer', 'notif_old', $1)").bind(detail).execute(&pool).await.unwrap();
        pool.close().await;

        let store = database.store().await;
        let id = EventId::new("notif_old");
        let read = async || store.bodies(std::slice::from_ref(&id)).await.unwrap()[&id].1.clone();
        assert_eq!(read().await, PLAIN.as_bytes());
        assert_eq!(store.audit(&Filter::default(), 10).await.unwrap()[0].detail["note"], "old");
        store.keep(delivery("notif_new")).await.unwrap();
        let mut tx = store.writing().await.unwrap();
        let taken: Vec<_> = tx.take_inbox(10).await.unwrap().into_iter().map(|d| (d.event.as_str().to_owned(), d.body)).collect();
        assert_eq!(taken, [("notif_new".to_owned(), "{}".into()), ("notif_waits".to_owned(), PLAIN.into())]);
        tx.commit().await.unwrap();
        assert_ne!(database.places_of(b"archaeopteryx").await, Vec::<String>::new());

        let mut tx = store.writing().await.unwrap();
        assert_eq!(tx.seal_plain_bodies(10).await.unwrap(), 2);
        tx.commit().await.unwrap();
        let mut tx = store.writing().await.unwrap();
        assert_eq!(tx.seal_plain_bodies(10).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(read().await, PLAIN.as_bytes());
        assert!(store.scrub().await.unwrap());
        if store.kind() == "sqlite" {
            assert_eq!(database.places_of(b"archaeopteryx").await, Vec::<String>::new());
        }
    }

    async fn a_personal_part_is_read_back_and_a_changed_one_is_told(database) {
        let store = database.store().await;
        let entry = Entry::new(Action::Decided, NOW, json!({ "findings": [{ "rule": "a" }, { "rule": "b" }], "n": 1 }))
            .private(json!({ "findings": [null, { "evidence": ["dodo"] }], "name": "Ida" }))
            .contact(&ContactId::new("c1")).event(&EventId::new("notif_1"));
        let other = Entry::new(Action::Decided, NOW, json!({})).private(json!({ "name": "Otto" })).contact(&ContactId::new("c2")).event(&EventId::new("notif_2"));
        let mut tx = store.writing().await.unwrap();
        tx.record(vec![entry, other]).await.unwrap();
        tx.commit().await.unwrap();
        let detail = async |event: &str| {
            let filter = Filter { event: Some(EventId::new(event)), ..Filter::default() };
            store.audit(&filter, 1).await.unwrap().pop().unwrap().detail
        };
        assert_eq!(detail("notif_1").await, json!({ "findings": [{ "rule": "a" }, { "rule": "b", "evidence": ["dodo"] }], "n": 1, "name": "Ida" }));
        assert_eq!(database.places_of(b"dodo").await, Vec::<String>::new());
        // The personal part of one row put in place of another's, under its own key.
        let pool = database.pool().await;
        let sql = "UPDATE sealed SET body = (SELECT body FROM sealed WHERE place = 'event:notif_2'), key_id = (SELECT key_id FROM sealed WHERE place = 'event:notif_2') WHERE place = 'event:notif_1'";
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
        let told = detail("notif_1").await;
        assert_eq!((&told["altered"], told.get("name")), (&json!(true), None));
        assert_eq!(detail("notif_2").await["name"], "Otto");
    }

    async fn whoever_files_while_a_key_is_destroyed_makes_a_new_one(database) {
        let (store, contact) = (database.store().await, ContactId::new("65f1c3d2a9b4e80012ab34cd"));
        let file = async |number: u32| {
            let event = EventId::new(format!("notif_{number}"));
            let mut tx = store.writing().await.unwrap();
            tx.file_events(vec![row(&event, &contact)]).await.unwrap();
            tx.record(vec![Entry::new(Action::Received, NOW, json!({})).contact(&contact).event(&event)]).await.unwrap();
            tx
        };
        file(0).await.commit().await.unwrap();
        // It holds the key while somebody else sets about destroying it.
        let filing = file(1).await;
        let erasing = tokio::spawn({
            let (store, contact) = (store.clone(), contact.clone());
            async move {
                let on_file = store.on_file(&contact).await.unwrap();
                let mut tx = store.writing().await.unwrap();
                tx.forget_contact(&contact, &on_file, &[]).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
        // Time to be wrong in: who waits as it should is not hurried by it.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        filing.commit().await.unwrap();
        erasing.await.unwrap();
        let ids = [EventId::new("notif_0"), EventId::new("notif_1"), EventId::new("notif_2")];
        assert!(store.bodies(&ids).await.unwrap().is_empty(), "what was filed before is erased");
        file(2).await.commit().await.unwrap();
        assert_eq!(store.bodies(&ids).await.unwrap().len(), 1, "what comes after is under a key of its own");
        let pool = database.pool().await;
        let lost = "SELECT COUNT(*) FROM events e WHERE e.body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM seal_keys k WHERE k.key_id = e.key_id AND k.owner IS NOT NULL)";
        let (lost,): (i64,) = sqlx::query_as(lost).fetch_one(&pool).await.unwrap();
        pool.close().await;
        assert_eq!(lost, 0, "nothing lies there under a key that is gone");
    }
}

fn delivery(id: &str) -> Delivery {
    Delivery {
        event: EventId::new(id),
        received_at: NOW,
        body: "{}".into(),
    }
}

fn row(event: &EventId, contact: &ContactId) -> EventRow {
    EventRow {
        event: event.clone(),
        topic: "t".to_owned(),
        kind: EventKind::Message,
        received_at: NOW,
        conversation: Some(ConversationId::new("7")),
        part: None,
        contact: Some(contact.clone()),
        same_as: None,
        note: None,
        body: Some(PLAIN.into()),
    }
}
