//! The store by itself, on both databases.

mod facts;
mod hits;
mod replicas;
mod sealing;
mod search;

use std::time::Duration;

use bytes::Bytes;
use featurebase_bouncer::message::{ContactId, ConversationId, EventId, PartId};
use featurebase_bouncer::store::Store;
use featurebase_bouncer::store::audit::{Action, Entry, Filter};
use featurebase_bouncer::store::contacts::{BrakeWindow, ContactRow, Standing};
use featurebase_bouncer::store::events::MessageKey;
use featurebase_bouncer::store::inbox::Delivery;
use featurebase_bouncer::store::jobs::{BEHIND, Call, Lease, NewJob, Task};
use featurebase_bouncer::store::switches::Stop;
use featurebase_bouncer::time::Timestamp;
use serde_json::json;

use crate::on_both_databases;

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);
const LEASE: Duration = Duration::from_secs(60);

fn delivery(id: &str) -> Delivery {
    Delivery {
        event: EventId::new(id),
        received_at: NOW,
        body: Bytes::from(format!("{{\"id\":\"{id}\",\"odd\":\"\0\u{fffd}\"}}")),
    }
}

async fn add(store: &Store, jobs: Vec<NewJob>) {
    let mut tx = store.writing().await.unwrap();
    tx.add_jobs(jobs, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

fn job(task: Task, subject: &str) -> NewJob {
    NewJob {
        task,
        subject: subject.to_owned(),
        detail: "{}".to_owned(),
        run_at: NOW,
    }
}

on_both_databases! {
    async fn a_delivery_is_there_when_keep_returns_and_once(database) {
        let store = database.store().await;
        let many = (0..300).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.keep(delivery(&format!("notif_{:04}", number % 150))).await })
        });
        for one in many.collect::<Vec<_>>() {
            one.await.unwrap().unwrap();
        }
        assert_eq!(store.waiting().await.unwrap(), (150, Some(NOW)));
        let mut tx = store.writing().await.unwrap();
        let taken = tx.take_inbox(1_000).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(taken.len(), 150);
        assert_eq!(taken[7], delivery("notif_0007"), "bytes come back as they were sent");
        assert_eq!(store.waiting().await.unwrap().0, 0);
    }

    async fn what_is_not_committed_did_not_happen(database) {
        let store = database.store().await;
        store.keep(delivery("notif_1")).await.unwrap();
        let mut tx = store.writing().await.unwrap();
        tx.take_inbox(10).await.unwrap();
        tx.record(vec![Entry::new(Action::Received, NOW, json!({}))]).await.unwrap();
        drop(tx);
        assert_eq!(store.waiting().await.unwrap().0, 1);
        assert_eq!(store.audit(&Filter::default(), 10).await.unwrap(), []);
    }

    async fn a_store_that_is_opened_again_has_kept_everything(database) {
        let store = database.store().await;
        store.keep(delivery("notif_1")).await.unwrap();
        store.close().await;
        let again = database.store().await;
        assert_eq!(again.waiting().await.unwrap().0, 1);
    }

    async fn a_job_is_claimed_by_one_and_again_when_its_lease_has_run_out(database) {
        let store = database.store().await;
        add(&store, vec![job(Task::Judge, "notif_1")]).await;
        let mut tx = store.writing().await.unwrap();
        let first = tx.claim_judging(&Lease::new(NOW, LEASE), 10).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((first.len(), first[0].attempts), (1, 1));
        let mut tx = store.writing().await.unwrap();
        assert_eq!(tx.claim_judging(&Lease::new(NOW.after(LEASE / 2), LEASE), 10).await.unwrap(), []);
        let second = tx.claim_judging(&Lease::new(NOW.after(LEASE), LEASE), 10).await.unwrap();
        assert_eq!((second.len(), second[0].attempts), (1, 2), "attempts are counted at the claim");
        assert!(!tx.settle(&first[0]).await.unwrap(), "the first owner may settle no more");
        assert!(!tx.postpone(&first[0], NOW, "late").await.unwrap());
        assert!(tx.settle(&second[0]).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(store.backlog(Task::Judge).await.unwrap().jobs, 0);
    }

    async fn calls_about_one_contact_wait_for_each_other(database) {
        let store = database.store().await;
        add(&store, vec![job(Task::Block, "a")]).await;
        add(&store, vec![job(Task::Unblock, "a"), job(Task::Block, "b")]).await;
        let mut tx = store.writing().await.unwrap();
        let claimed = tx.claim_acting(&Lease::new(NOW, LEASE), 10).await.unwrap();
        let mut who: Vec<(Task, &str)> = claimed.iter().map(|job| (job.task, job.subject.as_str())).collect();
        who.sort();
        assert_eq!(who, [(Task::Block, "a"), (Task::Block, "b")]);
        assert_eq!(tx.claim_acting(&Lease::new(NOW, LEASE), 10).await.unwrap(), []);
        for job in &claimed {
            tx.settle(job).await.unwrap();
        }
        let next = tx.claim_acting(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(next.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::Unblock]);
    }

    async fn one_of_many_unblocks_that_is_put_off_keeps_its_place_behind_people(database) {
        let store = database.store().await;
        let undoing = Call { undo: Some("u1".to_owned()), ..Call::default() };
        add(&store, vec![NewJob { detail: undoing.to_json(), run_at: BEHIND, ..job(Task::Unblock, "a") }, job(Task::Unblock, "b")]).await;
        let mut tx = store.writing().await.unwrap();
        let first = tx.claim_undos(&Lease::new(NOW, LEASE), 10).await.unwrap();
        tx.postpone(&first[0], NOW, "Featurebase is down").await.unwrap();
        let orders = tx.claim_orders(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(orders.iter().map(|job| job.subject.as_str()).collect::<Vec<_>>(), ["b"]);
        let again = tx.claim_undos(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(again.iter().map(|job| job.subject.as_str()).collect::<Vec<_>>(), ["a"]);
    }

    async fn a_planned_end_of_a_block_holds_up_nobody(database) {
        let store = database.store().await;
        let later = NOW.after(LEASE);
        add(&store, vec![NewJob { run_at: later, ..job(Task::EndBlock, "a") }]).await;
        add(&store, vec![job(Task::Unblock, "a")]).await;
        let mut tx = store.writing().await.unwrap();
        let claimed = tx.claim_acting(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(claimed.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::Unblock]);
        let claimed = tx.claim_acting(&Lease::new(later.before(Duration::from_secs(1)), LEASE), 10).await.unwrap();
        assert_eq!(claimed, [], "while one is under way the other waits");
    }

    async fn steps_wait_for_the_block_and_for_each_other_but_not_for_one_put_off(database) {
        let store = database.store().await;
        add(&store, vec![job(Task::Redact, "a"), job(Task::Note, "a"), job(Task::Block, "a"), job(Task::Close, "b")]).await;
        let mut tx = store.writing().await.unwrap();
        let tasks = |jobs: &[featurebase_bouncer::store::jobs::Job]| jobs.iter().map(|job| job.task).collect::<Vec<_>>();
        let claimed = tx.claim_steps(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(tasks(&claimed), [Task::Close]);
        let block = tx.claim_acting(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(tx.claim_steps(&Lease::new(NOW, LEASE), 10).await.unwrap(), []);
        tx.settle(&block[0]).await.unwrap();
        let redact = tx.claim_steps(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(tasks(&redact), [Task::Redact]);
        assert_eq!(tx.claim_steps(&Lease::new(NOW, LEASE), 10).await.unwrap(), []);
        tx.postpone(&redact[0], NOW.after(LEASE), "later").await.unwrap();
        assert_eq!(tasks(&tx.claim_steps(&Lease::new(NOW, LEASE), 10).await.unwrap()), [Task::Note]);
    }

    async fn look_ups_are_claimed_one_for_each_contact_and_given_up_due_or_not(database) {
        let store = database.store().await;
        add(&store, vec![job(Task::LookUp, "a"), job(Task::LookUp, "a"), job(Task::LookUp, "b")]).await;
        let mut tx = store.writing().await.unwrap();
        let claimed = tx.claim_look_ups(&Lease::new(NOW, LEASE), 10).await.unwrap();
        assert_eq!(claimed.iter().map(|job| job.subject.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(tx.claim_look_ups(&Lease::new(NOW, LEASE), 10).await.unwrap(), []);
        assert!(tx.put_back(&claimed[0], NOW.after(LEASE * 5), "refused").await.unwrap());
        let soon = Lease::new(NOW.after(LEASE), LEASE);
        let late = tx.claim_late_look_ups(&soon, LEASE * 2, true, 10).await.unwrap();
        assert_eq!(late, []);
        let late = tx.claim_late_look_ups(&soon, LEASE, true, 10).await.unwrap();
        assert_eq!(late.len(), 3);
        assert_eq!((late[0].attempts, late[0].last_error.as_deref()), (1, Some("refused")), "put back, the attempt did not count");
    }

    async fn a_profile_is_kept_until_a_newer_one_or_until_forgotten(database) {
        use featurebase_bouncer::decision::Profile;
        let store = database.store().await;
        let (a, b) = (ContactId::new("a"), ContactId::new("b"));
        let profile = |seconds: u64, company: &str| Profile {
            looked_up_at: NOW.after(Duration::from_secs(seconds)),
            verified: None,
            companies: vec![company.to_owned()],
            roles: Vec::new(),
            attributes: [("odd\0".to_owned(), "\u{fffd}\0".to_owned())].into(),
        };
        let mut tx = store.writing().await.unwrap();
        for (contact, kept) in [(&a, profile(2, "new")), (&a, profile(1, "old")), (&b, profile(0, "b"))] {
            tx.keep_profile(contact, &kept).await.unwrap();
        }
        tx.commit().await.unwrap();
        let known = store.profiles(&[a.clone(), b.clone(), ContactId::new("c")]).await.unwrap();
        assert_eq!(known.len(), 2);
        assert_eq!(known[&a], profile(2, "new"));
        let mut tx = store.writing().await.unwrap();
        tx.forget_profiles(NOW.after(Duration::from_secs(1)), 10).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.profiles(&[a, b]).await.unwrap().len(), 1);
    }

    async fn while_stopped_no_call_is_claimed_and_judging_goes_on(database) {
        let store = database.store().await;
        add(&store, vec![job(Task::Block, "a"), job(Task::Judge, "notif_1")]).await;
        let stop = Stop { actor: "ana".to_owned(), reason: "odd".to_owned(), at: NOW };
        let mut tx = store.writing().await.unwrap();
        assert!(tx.stop(&stop).await.unwrap());
        assert!(!tx.stop(&stop).await.unwrap());
        assert_eq!(tx.claim_acting(&Lease::new(NOW, LEASE), 10).await.unwrap(), []);
        assert_eq!(tx.claim_judging(&Lease::new(NOW, LEASE), 10).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        assert_eq!(store.stopped().await.unwrap(), Some(stop));
        let mut tx = store.writing().await.unwrap();
        assert!(tx.go().await.unwrap());
        assert_eq!(tx.claim_acting(&Lease::new(NOW, LEASE), 10).await.unwrap().len(), 1);
    }

    async fn a_message_is_registered_once_whichever_event_brings_it(database) {
        let store = database.store().await;
        let key = |event: &str, part: &str| MessageKey {
            conversation: ConversationId::new("7"),
            part: PartId::new(part),
            event: EventId::new(event),
            contact: ContactId::new("c"),
            sent_at: NOW,
            fingerprint: None,
        };
        let mut tx = store.writing().await.unwrap();
        let known = tx.register_messages(&[key("e1", "1"), key("e2", "1"), key("e3", "2")]).await.unwrap();
        assert_eq!(known.len(), 1);
        tx.commit().await.unwrap();
        let mut tx = store.writing().await.unwrap();
        let known = tx.register_messages(&[key("e4", "2")]).await.unwrap();
        assert_eq!(known.get(&EventId::new("e4")), Some(&EventId::new("e3")));
    }

    async fn the_record_is_filtered_and_paged_newest_first(database) {
        let store = database.store().await;
        let contact = ContactId::new("c1");
        let mut entries: Vec<Entry> = (0..100).map(|number| Entry::new(Action::Received, Timestamp::from_millis(number), json!({ "n": number }))).collect();
        entries.push(Entry {
            verdict: Some("block"),
            rules: Some("pitch/guest-post pitch_x/links".to_owned()),
            ..Entry::new(Action::Decided, Timestamp::from_millis(500), json!({})).contact(&contact).by("ana")
        });
        let mut tx = store.writing().await.unwrap();
        tx.record(entries).await.unwrap();
        tx.commit().await.unwrap();
        let page = store.audit(&Filter::default(), 40).await.unwrap();
        assert_eq!(page.len(), 40);
        assert!(page.is_sorted_by(|a, b| a.seq > b.seq));
        let next = store.audit(&Filter { before: Some(page[39].seq), ..Filter::default() }, 100).await.unwrap();
        assert_eq!(next.len(), 61);
        let finds = async |filter: Filter| store.audit(&filter, 1_000).await.unwrap().len();
        assert_eq!(finds(Filter { contact: Some(contact), ..Filter::default() }).await, 1);
        assert_eq!(finds(Filter { action: Some(Action::Received), ..Filter::default() }).await, 100);
        assert_eq!(finds(Filter { verdict: Some("block".to_owned()), ..Filter::default() }).await, 1);
        assert_eq!(finds(Filter { actor: Some("ana".to_owned()), ..Filter::default() }).await, 1);
        assert_eq!(finds(Filter { since: Some(Timestamp::from_millis(90)), until: Some(Timestamp::from_millis(99)), ..Filter::default() }).await, 10);
        for (rule, found) in [("pitch/guest-post", 1), ("pitch/*", 1), ("pitch/guest", 0), ("links", 0), ("pitch_x/links", 1), ("pitchyx/links", 0), ("%", 0)] {
            assert_eq!(finds(Filter { rule: Some(rule.to_owned()), ..Filter::default() }).await, found, "{rule}");
        }
    }

    async fn the_brake_counts_by_rule_and_in_total_and_forgets(database) {
        use featurebase_bouncer::decision::RuleId;
        let store = database.store().await;
        let (one, two) = (RuleId("a/one".to_owned()), RuleId("a/two".to_owned()));
        let mut tx = store.writing().await.unwrap();
        for number in 0..5_i64 {
            let at = NOW.after(Duration::from_secs(number.unsigned_abs()));
            let rules = if number % 2 == 0 { vec![&one, &two] } else { vec![&two] };
            tx.count_block(&EventId::new(format!("e{number}")), &rules, at, NOW).await.unwrap();
        }
        let since = NOW.before(Duration::from_secs(1));
        assert_eq!(tx.braked(BrakeWindow { rule: Some(&one), since }).await.unwrap(), 3);
        assert_eq!(tx.braked(BrakeWindow { rule: Some(&two), since }).await.unwrap(), 5);
        assert_eq!(tx.braked(BrakeWindow { rule: None, since }).await.unwrap(), 5);
        assert_eq!(tx.braked(BrakeWindow { rule: None, since: NOW.after(Duration::from_secs(2)) }).await.unwrap(), 2);
        let later = NOW.after(Duration::from_secs(100));
        tx.count_block(&EventId::new("e9"), &[&two], later, later).await.unwrap();
        assert_eq!(tx.braked(BrakeWindow { rule: None, since }).await.unwrap(), 1);
    }

    async fn a_contacts_standing_is_kept(database) {
        let store = database.store().await;
        let contact = ContactId::new("65f1c3d2a9b4e80012ab34cd");
        let mut row = ContactRow::new(contact.clone(), NOW);
        row.standing = Standing::Blocked;
        row.fence = 3;
        row.exempt_until = Some(NOW);
        row.block_for = Some(86_400_000);
        row.ends_at = Some(NOW.after(LEASE));
        for _ in 0..2 {
            let mut tx = store.writing().await.unwrap();
            tx.set_contact(&row).await.unwrap();
            tx.commit().await.unwrap();
            row.fence += 1;
        }
        row.fence -= 1;
        assert_eq!(store.standing(&contact).await.unwrap(), Some(row));
    }
}

#[tokio::test]
async fn a_sqlite_file_is_written_ahead_and_synced_in_full() {
    let database = crate::database::Database::sqlite();
    let store = database.store().await;
    store.keep(delivery("notif_1")).await.unwrap();
    let path = database.folder.path().join("bouncer.db");
    assert!(path.with_extension("db-wal").exists(), "write-ahead log");
    let syncs = store.durability().await.unwrap();
    assert_eq!(syncs, "wal, synchronous=2", "2 is FULL");
}

/// What a step makes, in SQLite's words and in one order; how it fills what it makes is each database's own matter. The index
/// of words is what each database has for it.
fn made_by(step: &str) -> Vec<String> {
    let text: String = step
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut made: Vec<String> = text
        .replace(
            "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "INTEGER PRIMARY KEY AUTOINCREMENT",
        )
        .replace(" WITHOUT ROWID", "")
        .replace("BYTEA", "BLOB")
        .replace("COLLATE \"C\"", "")
        .split(';')
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
        .map(|statement| statement.replace(" ,", ","))
        .filter(|statement| {
            (statement.starts_with("CREATE") || statement.starts_with("ALTER"))
                && !statement.contains("message_words")
        })
        .collect();
    made.sort();
    made
}

#[test]
fn the_two_schemas_differ_in_their_words_for_types_only() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let mut steps = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(step) = name.strip_suffix(".sqlite.sql") else {
            continue;
        };
        let (ours, theirs) = (
            made_by(&read(&name)),
            made_by(&read(&format!("{step}.postgres.sql"))),
        );
        assert!(!ours.is_empty(), "step {step}");
        assert_eq!(ours, theirs, "step {step}");
        steps += 1;
    }
    assert!(steps >= 11);
}
