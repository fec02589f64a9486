//! What contacts write stands nowhere in plain, and is gone for good once it is erased.

use std::collections::HashSet;

use featurebase_bouncer::desk::DeskError;
use featurebase_bouncer::message::EventId;
use featurebase_bouncer::sandbox::{Company, Draft, NewContact};
use featurebase_bouncer::store::audit::{Action, Filter, Row};

use crate::bot::{Bot, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

/// Words that stand nowhere else.
const TEXT: &str = "quetzalcoatlus";
const NAME: &str = "Philomena Featherstonehaugh";
const EMAIL: &str = "philomena@plumage.example";
const COMPANY: &str = "Plumage Works";

pub(super) const RULES: &str = r#"
[[rule]]
id = "pitch/backlinks"
why = "Cold offers of backlinks"
stage = "enforce"
then = "flag"
any = [{ words = ["backlinks"] }]
examples.match = ["I sell backlinks"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "pitch/company"
why = "Companies that offer backlinks"
stage = "hold"
then = "block"
all = [{ words = ["backlinks"] }, { sender_company = ["*"] }]
examples.match = [{ text = "I sell backlinks", sender_company = ["ACME"] }]
examples.pass = ["How do I add a link?"]
"#;

pub(super) fn philomena() -> NewContact {
    NewContact {
        email: Some(EMAIL.to_owned()),
        companies: vec![Company {
            name: COMPANY.to_owned(),
            ..Company::default()
        }],
        ..NewContact::lead(NAME)
    }
}

pub(super) fn pitch() -> String {
    format!("Hello, I am {NAME} of {COMPANY} and sell backlinks like a {TEXT}.")
}

async fn places(database: &Database, what: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for sought in what {
        for place in database.places_of(sought.as_bytes()).await {
            places.push(format!("{sought} in {place}"));
        }
    }
    places
}

impl Bot {
    pub(super) async fn row_of(&self, event: &str, action: Action) -> Row {
        let filter = Filter {
            event: Some(EventId::new(event)),
            action: Some(action),
            ..Filter::default()
        };
        self.store.audit(&filter, 10).await.unwrap().pop().unwrap()
    }

    pub(super) async fn text_of(&self, event: &str) -> Option<String> {
        let event = EventId::new(event);
        let bodies = self
            .store
            .bodies(std::slice::from_ref(&event))
            .await
            .unwrap();
        let body = bodies.get(&event)?.1.clone();
        Some(String::from_utf8(body).unwrap())
    }
}

on_both_databases! {
    async fn what_a_contact_writes_stands_in_no_file_in_plain(database) {
        let bot = Setup::on(database).rules(RULES).start().await;
        let contact = bot.sandbox.add_contact(philomena());
        let written = bot.writes(&contact, &pitch());
        // Delivered, and not filed yet.
        bot.sandbox.deliver_due().await;
        assert_eq!(places(&bot.database, &[TEXT, NAME, EMAIL, COMPANY]).await, Vec::<String>::new());
        bot.settles().await;
        bot.desk.unblock(&contact, ana(&format!("{NAME} is a customer"))).await.unwrap();
        bot.settles().await;
        assert_eq!(places(&bot.database, &[TEXT, NAME, EMAIL, COMPANY, "like a"]).await, Vec::<String>::new());
        // Whoever may ask is told all the same.
        let why = bot.why(&written.event_ids[0]).await;
        assert!(why.contains("“backlinks”"), "{why}");
        assert!(bot.why(&contact).await.contains(NAME));
        assert!(bot.text_of(&written.event_ids[0]).await.unwrap().contains(TEXT));
        let decided = bot.row_of(&written.event_ids[0], Action::Decided).await;
        assert_eq!(decided.detail["findings"][0]["evidence"][0]["matched"], "backlinks");
        assert_eq!(decided.detail.get("private"), None, "what was committed to is there itself");
    }

    async fn an_erasure_leaves_neither_text_nor_key(database) {
        let bot = Setup::on(database).rules(RULES).start().await;
        let contact = bot.sandbox.add_contact(philomena());
        let other = bot.lead("Bartholomew");
        let written = bot.writes(&contact, &pitch());
        let again = bot.sandbox.write(&contact, &Draft::markdown("backlinks again").in_conversation(&written.conversation)).unwrap();
        bot.sandbox.admin_replies(&written.conversation, &format!("Dear {NAME}, no.")).unwrap();
        let others = bot.writes(&other, "I sell backlinks, says Bartholomew");
        bot.settles().await;
        let (theirs, kept): (Vec<_>, Vec<_>) = bot.database.secrets().await.into_iter()
            .filter(|(owner, _)| !owner.starts_with("day:"))
            .partition(|(owner, _)| !owner.contains(&other));
        assert!(theirs.len() >= 3, "of the contact, of the conversation, of the inbox: {theirs:?}");
        for (owner, secret) in &theirs {
            assert_ne!(bot.database.places_of(secret).await, Vec::<String>::new(), "{owner} is found while it is there");
        }
        let why = bot.why(&written.event_ids[0]).await;

        let erased = bot.desk.erase(&contact, ana("they asked for it")).await.unwrap();
        assert!(!erased.unfinished);
        assert_eq!((erased.forgot.texts, erased.forgot.profiles), (2, 1), "{erased:?}");
        for (owner, secret) in &theirs {
            assert_eq!(bot.database.places_of(secret).await, Vec::<String>::new(), "{owner}");
        }
        assert_eq!(places(&bot.database, &[TEXT, NAME, EMAIL, COMPANY, "like a"]).await, Vec::<String>::new());
        for event in [&written.event_ids[0], &again.event_ids[0]] {
            assert_eq!(bot.text_of(event).await, None);
        }

        // What became of it stays; what was found in it is said to be erased.
        let decided = bot.row_of(&written.event_ids[0], Action::Decided).await;
        assert_eq!(decided.detail["erased"], true);
        assert_eq!(decided.verdict.as_deref(), Some("hold"));
        let told = bot.why(&written.event_ids[0]).await;
        assert!(why.contains("It found “backlinks”"), "{why}");
        assert!(told.contains("has been erased") && !told.contains("It found"), "{told}");
        let receipt = bot.record().await.into_iter().find(|row| row.action == Action::Erased).unwrap();
        assert_eq!((receipt.contact, receipt.event, receipt.actor.as_str()), (None, None, "ana"));
        assert!(!receipt.detail.to_string().contains(&contact), "{}", receipt.detail);

        // Nobody else lost anything.
        assert!(bot.text_of(&others.event_ids[0]).await.unwrap().contains("Bartholomew"));
        for (owner, secret) in kept {
            assert_ne!(bot.database.places_of(&secret).await, Vec::<String>::new(), "{owner}");
        }
        // Whoever writes again begins anew.
        let new = bot.writes(&contact, "backlinks once more");
        bot.settles().await;
        assert!(bot.text_of(&new.event_ids[0]).await.unwrap().contains("once more"));
        let decided = bot.row_of(&new.event_ids[0], Action::Decided).await;
        assert_eq!(decided.detail["findings"][0]["evidence"][0]["matched"], "backlinks");
        // A hold is still a person's to settle, though nobody can read what led to it.
        bot.desk.release(&written.event_ids[0], ana("let go")).await.unwrap();
    }

    async fn what_came_in_before_an_erasure_and_is_filed_after_it_is_erased_too(database) {
        let bot = Setup::on(database).rules(RULES).start().await;
        let contact = bot.sandbox.add_contact(philomena());
        bot.writes(&contact, "hello");
        bot.settles().await;
        let late = bot.writes(&contact, &pitch());
        bot.sandbox.deliver_due().await;
        let erased = bot.desk.erase(&contact, ana("they asked for it")).await.unwrap();
        assert!(erased.unfinished, "a delivery waits");
        bot.clock.advance(std::time::Duration::from_secs(1));
        let after = bot.writes(&contact, "I am back");
        bot.settles().await;
        bot.worker.forget_due().await.unwrap();
        assert_eq!(bot.text_of(&late.event_ids[0]).await, None);
        let decided = bot.row_of(&late.event_ids[0], Action::Decided).await;
        assert_eq!((decided.verdict.as_deref(), &decided.detail["erased"]), (Some("hold"), &true.into()));
        assert!(bot.text_of(&after.event_ids[0]).await.unwrap().contains("I am back"));
        assert_eq!(bot.store.erasures().await.unwrap(), []);
        assert_eq!(places(&bot.database, &[TEXT, NAME, EMAIL]).await, Vec::<String>::new());
    }

    async fn a_message_not_judged_yet_is_flagged_when_its_text_is_erased(database) {
        let mut bot = Setup::on(database).rules("this is no rule").start().await;
        let contact = bot.lead("spammer");
        let written = bot.writes(&contact, "I sell backlinks");
        bot.settles().await;
        assert!(!bot.desk.erase(&contact, ana("they asked for it")).await.unwrap().unfinished);
        std::fs::write(bot.rules_dir.join("rules.toml"), RULES.replace("\"hold\"", "\"enforce\"")).unwrap();
        let watch = bot.running.rulewatch.as_mut().unwrap();
        watch.check().await.unwrap();
        watch.check().await.unwrap();
        bot.settles().await;
        let decided = bot.row_of(&written.event_ids[0], Action::Decided).await;
        assert_eq!(decided.verdict.as_deref(), Some("flag"), "{decided:?}");
        assert_eq!(decided.detail["unreadable"], "the text is no longer there");
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new());
    }

    async fn nobody_under_legal_hold_is_erased(database) {
        let bot = Setup::on(database).rules(RULES).start().await;
        let contact = bot.sandbox.add_contact(philomena());
        let written = bot.writes(&contact, &pitch());
        bot.settles().await;
        assert!(bot.desk.hold_legally(&contact, ana("case 7")).await.unwrap());
        assert!(!bot.desk.hold_legally(&contact, ana("case 8")).await.unwrap(), "once");
        let refused = bot.desk.erase(&contact, ana("they asked for it")).await.unwrap_err();
        assert!(matches!(refused, DeskError::UnderLegalHold { .. }) && refused.to_string().contains("case 7"), "{refused}");
        bot.sandbox.redacts(&written.conversation, &written.part);
        bot.later(std::time::Duration::from_secs(50)).await;
        bot.worker.forget_due().await.unwrap();
        assert!(bot.text_of(&written.event_ids[0]).await.is_some(), "nor is what Featurebase removed forgotten");
        assert_eq!(bot.desk.known_of(&contact).await.unwrap().legal_hold.unwrap().reason, "case 7");
        bot.desk.lift_legal_hold(&contact, ana("closed")).await.unwrap();
        bot.worker.forget_due().await.unwrap();
        assert_eq!(bot.text_of(&written.event_ids[0]).await, None, "what was removed there is forgotten now");
        assert!(bot.desk.lift_legal_hold(&contact, ana("again")).await.is_err());
        assert_eq!(bot.desk.erase(&contact, ana("they asked for it")).await.unwrap().forgot.keys, 1);
    }

    async fn events_about_nobody_that_name_the_contact_are_erased(database) {
        let bot = Setup::on(database).rules(RULES).start().await;
        let contact = bot.sandbox.add_contact(philomena());
        bot.writes(&contact, "hello");
        bot.settles().await;
        for (event, author) in [("notif_post_1", contact.as_str()), ("notif_post_2", "65f1c3d2a9b4e80012ab34cd")] {
            let body = serde_json::json!({ "object": "notification_event", "id": event, "topic": "post.created",
                "data": { "item": { "object": "post", "title": TEXT, "author": { "id": author, "name": NAME } } } });
            bot.store.keep(featurebase_bouncer::store::inbox::Delivery {
                event: EventId::new(event),
                received_at: bot.clock.now(),
                body: body.to_string().into(),
            }).await.unwrap();
        }
        bot.settles().await;
        assert_eq!(bot.desk.known_of(&contact).await.unwrap().strays, 1);
        bot.desk.erase(&contact, ana("they asked for it")).await.unwrap();
        assert_eq!(bot.text_of("notif_post_1").await, None);
        assert!(bot.text_of("notif_post_2").await.is_some());
    }
}

/// The words in the index, each as it stands there. They lie in the file without the letters they share with the one before, and few share four.
async fn hashes(database: &Database) -> HashSet<String> {
    let pool = database.pool().await;
    let mut connection = pool.acquire().await.unwrap();
    let look =
        "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'message_words', 'row')";
    sqlx::query(look).execute(&mut *connection).await.unwrap();
    let found: Vec<(String,)> = sqlx::query_as("SELECT term FROM temp.vocabulary")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    drop(connection);
    pool.close().await;
    let words = found.into_iter().map(|(word,)| word);
    words.filter(|word| word.len() == 9).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hashes_of_erased_words_are_overwritten_too() {
    let bot = Setup::on(Database::sqlite()).rules(RULES).start().await;
    let other = bot.lead("Bartholomew");
    bot.writes(&other, "I sell backlinks, says Bartholomew");
    bot.settles().await;
    let before = hashes(&bot.database).await;
    let contact = bot.sandbox.add_contact(philomena());
    for number in 0..40 {
        bot.writes(
            &contact,
            &format!("{} word{number} term{number} noun{number}", pitch()),
        );
    }
    bot.settles().await;
    let theirs: Vec<String> = hashes(&bot.database)
        .await
        .difference(&before)
        .cloned()
        .collect();
    assert!(theirs.len() > 100, "{}", theirs.len());
    let tail = |word: &String| word[4..].to_owned();
    let mut there = 0;
    for word in &theirs {
        there += usize::from(
            !bot.database
                .places_of(tail(word).as_bytes())
                .await
                .is_empty(),
        );
    }
    assert!(
        there > 100,
        "they are met where they stand: {there} of {}",
        theirs.len()
    );
    bot.desk.erase(&contact, ana("asked")).await.unwrap();
    while bot.worker.index_due().await.unwrap() > 0 {}
    bot.later(std::time::Duration::from_secs(10)).await;
    bot.worker.forget_due().await.unwrap();
    let left = hashes(&bot.database).await;
    assert_eq!(theirs.iter().filter(|word| left.contains(*word)).count(), 0);
    let rest = bot.ends().await;
    for word in &theirs {
        let places = rest.database.places_of(tail(word).as_bytes()).await;
        assert_eq!(places, Vec::<String>::new(), "{word}");
    }
}
