//! What Featurebase keeps of a sender: asked only when it matters, kept for a while, never waited for without end.

use std::time::Duration;

use featurebase_bouncer::decision::{Decision, Lookup, Profile};
use featurebase_bouncer::featurebase::{Budget, Featurebase, Line};
use featurebase_bouncer::message::{ContactId, EventId};
use featurebase_bouncer::payload::{self, What};
use featurebase_bouncer::sandbox::{
    Company, Fault, FaultKind, FaultTarget, NewContact, RetryAfter,
};
use featurebase_bouncer::store::jobs::{Judging, Lease, NewJob, Task};
use featurebase_bouncer::time::Clock;

use crate::bot::{API_KEY, Bot, PITCH, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);

const UNVERIFIED: &str = r#"
[[rule]]
id = "pitch/unverified"
why = "Pitches of people nobody has verified"
stage = "enforce"
then = "block"
all = [{ words = ["backlinks"] }, { sender_verified = false }]
examples.match = [{ text = "I sell backlinks", sender_verified = false }]
examples.pass = ["How do I add a link?"]
"#;

async fn bot(database: Database) -> Bot {
    Setup::on(database).rules(UNVERIFIED).start().await
}

fn verified(name: &str) -> NewContact {
    NewContact {
        verified: true,
        ..NewContact::lead(name)
    }
}

impl Bot {
    /// How often a contact was asked for.
    fn looks(&self) -> usize {
        let calls = self.sandbox.calls();
        let of_contact = |path: &str| path.starts_with("/v2/contacts/") && !path.ends_with("block");
        calls
            .iter()
            .filter(|call| call.method == "GET" && of_contact(&call.path))
            .count()
    }

    /// The one decision about a contact.
    async fn decision_about(&self, contact: &str) -> Decision {
        let rows = self.record().await;
        let mut decided = rows.into_iter().filter(|row| {
            row.action.as_str() == "decided"
                && row
                    .contact
                    .as_ref()
                    .is_some_and(|id| id.as_str() == contact)
        });
        let row = decided.next().expect("it was decided");
        assert_eq!(decided.next(), None, "decided once");
        serde_json::from_value(row.detail).unwrap()
    }
}

on_both_databases! {
    async fn a_sender_is_looked_up_only_where_a_rule_hinges_on_it(database) {
        let bot = bot(database).await;
        let (mallory, jo) = (bot.lead("mallory"), bot.sandbox.add_contact(verified("jo")));
        bot.writes(&mallory, "How do I add a link?");
        bot.settles().await;
        assert_eq!(bot.sandbox.calls(), []);
        let written = bot.writes(&mallory, PITCH);
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert_eq!(bot.looks(), 2);
        assert_eq!(bot.sandbox.blocks(), [mallory]);
        assert_eq!(bot.story_of(&jo).await, ["received", "decided clean"]);
        let told = bot.why(&written.event_ids[0]).await;
        assert!(told.contains("Featurebase said of the sender, looked up at 2026-07-01T10:00:00.000Z (0ms before): not verified; no company; no role."), "{told}");
        assert_eq!((bot.jobs(Task::LookUp).await, bot.jobs(Task::Judge).await), (0, 0));
        assert!(bot.asks("/metrics").await.1.contains("bouncer_lookups_total{outcome=\"found\"} 2"));
    }

    async fn what_was_looked_up_is_taken_for_true_for_a_while(database) {
        let bot = Setup::on(database).rules(UNVERIFIED).set("BOUNCER_LOOKUP_MAX_AGE", "20m").start().await;
        let jo = bot.sandbox.add_contact(verified("jo"));
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.sandbox.change_contact(&jo, NewContact::lead("jo"));
        bot.later(MINUTE * 19).await;
        let second = bot.writes(&jo, PITCH);
        bot.settles().await;
        assert_eq!((bot.looks(), bot.sandbox.blocks().len()), (1, 0));
        assert!(bot.why(&second.event_ids[0]).await.contains("(19m before): verified"));
        bot.later(MINUTE).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert_eq!((bot.looks(), bot.sandbox.blocks()), (2, vec![jo]));
    }

    async fn messages_of_one_sender_share_a_look_up(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        for _ in 0..4 {
            bot.writes(&mallory, PITCH);
        }
        bot.settles().await;
        assert_eq!(bot.looks(), 1);
        assert_eq!(bot.story_of(&mallory).await.iter().filter(|row| *row == "decided block").count(), 4);
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn a_passing_fault_delays_a_decision_and_no_more(database) {
        let bot = bot(database).await;
        let wait = FaultKind::TooMany(RetryAfter::Seconds(90));
        for kind in [FaultKind::Status(500), FaultKind::Status(408), wait, FaultKind::Hang, FaultKind::Reset, FaultKind::LostAnswer, FaultKind::Garbage, FaultKind::Huge, FaultKind::Redirect, FaultKind::Slow(Duration::from_secs(2))] {
            bot.sandbox.fault(Fault::once(FaultTarget::Contact, kind.clone()));
            let spammer = bot.lead("spammer");
            let written = bot.writes(&spammer, PITCH);
            bot.settles().await;
            assert_eq!(bot.story_of(&spammer).await, ["received"], "{kind:?}");
            assert!(bot.why(&written.event_ids[0]).await.contains("the last try failed"), "{kind:?}");
            bot.passes(MINUTE * 4, MINUTE).await;
            assert_eq!(bot.story_of(&spammer).await, ["received", "decided block", "attempted", "blocked"], "{kind:?}");
        }
    }

    async fn a_sender_who_cannot_be_looked_up_is_flagged_in_time_and_not_blocked(database) {
        let bot = bot(database).await;
        for kind in [FaultKind::Status(503), FaultKind::TooMany(RetryAfter::Seconds(7200)), FaultKind::Garbage, FaultKind::Huge, FaultKind::Status(401), FaultKind::Status(403), FaultKind::Reset] {
            let fault = bot.sandbox.fault(Fault::always(FaultTarget::Contact, kind.clone()));
            let spammer = bot.lead("spammer");
            bot.writes(&spammer, PITCH);
            let looks = bot.looks();
            bot.settles().await;
            bot.passes(MINUTE * 15, MINUTE / 2).await;
            assert_eq!(bot.story_of(&spammer).await, ["received", "decided flag"], "{kind:?}");
            assert!(bot.looks() - looks <= 17, "{kind:?}: {} tries", bot.looks() - looks);
            let told = bot.why(&spammer).await;
            assert!(told.contains("pitch/unverified asks for facts about the sender that could not be had"), "{told}");
            bot.sandbox.remove_fault(fault);
            bot.passes(MINUTE * 120, MINUTE * 10).await;
            assert_eq!(bot.story_of(&spammer).await.len(), 2, "{kind:?}: decided once, for good");
        }
        assert_eq!(bot.posts(), 0);
    }

    async fn after_eight_tries_the_message_is_flagged(database) {
        let bot = bot(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Contact, FaultKind::Garbage));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.passes(MINUTE * 14, Duration::from_secs(10)).await;
        assert_eq!((bot.looks(), bot.story_of(&spammer).await.last().unwrap().as_str()), (8, "decided flag"));
    }

    async fn a_contact_that_is_gone_is_flagged_at_once(database) {
        let bot = bot(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Contact, FaultKind::Status(404)));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&spammer).await, ["received", "decided flag"]);
        assert_eq!(bot.looks(), 1);
    }

    async fn an_odd_id_is_never_put_in_an_address(database) {
        let bot = bot(database).await;
        let odd = bot.sandbox.add_contact(NewContact { id: Some("../../v2/webhooks".to_owned()), ..NewContact::lead("odd") });
        bot.writes(&odd, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&odd).await, ["received", "decided flag"]);
        assert_eq!(bot.sandbox.calls(), []);
    }

    async fn a_refused_key_keeps_blocks_and_flags_what_waits(database) {
        let both = format!("{UNVERIFIED}\n{}", crate::bot::RULES.replace("backlinks", "casino"));
        let bot = Setup::on(database).rules(&both).start().await;
        let (mallory, casino) = (bot.lead("mallory"), bot.lead("casino"));
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Status(401)));
        bot.writes(&mallory, PITCH);
        bot.writes(&casino, "casino");
        bot.passes(MINUTE * 20, MINUTE).await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided flag"]);
        assert!(bot.why(&mallory).await.contains("not within 15m: answered 401"));
        assert_eq!((bot.jobs(Task::LookUp).await, bot.jobs(Task::Block).await), (0, 1));
        bot.sandbox.remove_fault(fault);
        bot.passes(MINUTE * 10, MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), [casino]);
    }

    async fn while_stopped_nobody_is_looked_up_and_the_message_is_flagged_in_time(database) {
        let bot = bot(database).await;
        bot.desk.stop(ana("odd")).await.unwrap();
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        bot.passes(MINUTE * 14, MINUTE).await;
        assert_eq!(bot.story_of(&mallory).await, ["received"]);
        bot.later(MINUTE).await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided flag"]);
        assert!(bot.why(&mallory).await.contains("not within 15m: calls were stopped"));
        assert_eq!(bot.sandbox.calls(), []);
    }

    async fn a_look_up_that_was_never_tried_is_tried_before_it_is_given_up(database) {
        let bot = bot(database).await;
        bot.desk.stop(ana("odd")).await.unwrap();
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        bot.desk.go(ana("well")).await.unwrap();
        // Nobody works for a while.
        bot.later(MINUTE * 16).await;
        assert_eq!(bot.sandbox.blocks(), [mallory.clone()], "{}", bot.why(&mallory).await);
    }

    async fn old_profiles_are_forgotten_a_few_at_a_time(database) {
        let bot = bot(database).await;
        let old: Vec<ContactId> = (0..150).map(|n| ContactId::new(format!("{n:024x}"))).collect();
        let profile = Profile { looked_up_at: bot.clock.now(), verified: None, companies: Vec::new(), roles: Vec::new(), attributes: std::collections::BTreeMap::default() };
        let mut tx = bot.store.writing().await.unwrap();
        for contact in &old {
            tx.keep_profile(contact, &profile).await.unwrap();
        }
        tx.commit().await.unwrap();
        bot.clock.advance(Duration::from_hours(24 * 8));
        let mut left = Vec::new();
        for name in ["a", "b", "c"] {
            let lead = bot.lead(name);
            bot.writes(&lead, PITCH);
            bot.settles().await;
            left.push(bot.store.profiles(&old).await.unwrap().len());
        }
        assert_eq!(left, [86, 22, 0]);
    }

    async fn mode_observe_looks_up_and_changes_nothing(database) {
        let bot = Setup::on(database).rules(UNVERIFIED).set("BOUNCER_MODE", "observe").start().await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(bot.why(&mallory).await.contains("The rules asked for: block."));
        assert!(bot.sandbox.calls().iter().all(|call| call.method == "GET"));
        assert_eq!(bot.looks(), 1);
    }

    async fn mode_observe_without_a_key_asks_nobody(database) {
        let bot = Setup::on(database).rules(UNVERIFIED).set("BOUNCER_MODE", "observe").without("FEATUREBASE_API_KEY").start().await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(bot.why(&mallory).await.contains("no API key is configured"));
        assert_eq!(bot.sandbox.calls(), []);
    }

    async fn decisions_keep_only_what_rules_ask_for_and_can_be_made_again(database) {
        let rules = UNVERIFIED.replace("{ sender_verified = false }]", "{ sender_attribute = { name = \"seats\", is = [\"12\"] } }, { sender_company = [\"Acme\"] }]")
            .replace("sender_verified = false }]", "sender_attributes = { seats = \"12\" }, sender_company = [\"acme\"] }]");
        let bot = Setup::on(database).rules(&rules).start().await;
        let mut jo = NewContact { roles: vec!["beta".to_owned()], companies: vec![Company { name: "ACME".to_owned(), ..Company::default() }], ..NewContact::lead("jo") };
        for (name, value) in [("seats", serde_json::json!(12)), ("secret", serde_json::json!("diary")), ("list", serde_json::json!([1]))] {
            jo.custom_fields.insert(name.to_owned(), value);
        }
        let jo = bot.sandbox.add_contact(jo);
        let written = bot.writes(&jo, PITCH);
        bot.settles().await;
        let decision = bot.decision_about(&jo).await;
        let Lookup::Found(profile) = &decision.facts.profile else { panic!("{decision:?}") };
        let attributes: Vec<(&str, &str)> = profile.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(attributes, [("seats", "12")]);
        assert_eq!(decision.verdict.as_str(), "block");
        let event = EventId::new(written.event_ids[0].clone());
        let bodies = bot.store.bodies(std::slice::from_ref(&event)).await.unwrap();
        let (received_at, body) = &bodies[&event];
        let What::Message(message) = payload::read(body, *received_at).what else { panic!() };
        let book = bot.worker.book.borrow().clone().unwrap();
        assert_eq!(book.judge(&message, &decision.facts), decision);
    }

    async fn a_worker_killed_during_a_look_up_is_replaced(database) {
        let bot = bot(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Contact, FaultKind::Slow(Duration::from_millis(300))));
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.sandbox.deliver_due().await;
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while bot.looks() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        under_way.abort();
        let _ = under_way.await;
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await, ["received"], "its lease holds");
        bot.later(MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), [mallory.clone()]);
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided block", "attempted", "blocked"]);
    }

    async fn a_worker_killed_between_the_look_up_and_judging_lost_nothing(database) {
        let bot = bot(database).await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        let fault = bot.sandbox.fault(Fault::once(FaultTarget::Contact, FaultKind::Status(500)));
        bot.settles().await;
        bot.clock.advance(MINUTE);
        let mut tx = bot.store.writing().await.unwrap();
        let jobs = tx.claim_look_ups(&Lease::new(bot.clock.now(), MINUTE), 10).await.unwrap();
        let profile = Profile { looked_up_at: bot.clock.now(), verified: Some(true), companies: Vec::new(), roles: Vec::new(), attributes: std::collections::BTreeMap::default() };
        tx.keep_profile(&ContactId::new(mallory.clone()), &profile).await.unwrap();
        let judging = Judging { looked_up: true, lookup_failed: None };
        let again = NewJob { task: Task::Judge, subject: written.event_ids[0].clone(), detail: judging.to_json(), run_at: bot.clock.now() };
        tx.add_jobs(vec![again], bot.clock.now()).await.unwrap();
        assert!(tx.settle(&jobs[0]).await.unwrap());
        tx.commit().await.unwrap();
        bot.sandbox.remove_fault(fault);
        bot.later(Duration::from_hours(5)).await;
        assert_eq!(bot.looks(), 1, "however late it is judged, it is not looked up again");
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided clean"]);
    }
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_not_taken() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let other = r#"{ "object": "contact", "id": "65f1c3d2a9b4e80012ab34ce", "verified": true }"#;
    let router = axum::Router::new().fallback(move || async move { other });
    tokio::spawn(async move { axum::serve(listener, router).await });
    let database = Database::sqlite();
    let line = Line::new(
        database.store().await,
        Clock::system(),
        Budget { per_minute: 300 },
        || 0.0,
    );
    let base = format!("http://{address}");
    let featurebase = Featurebase::new(&base, API_KEY, MINUTE, line).unwrap();
    let now = featurebase_bouncer::time::Timestamp::from_millis(0);
    let asked = featurebase
        .profile(&ContactId::new("65f1c3d2a9b4e80012ab34cd"), now)
        .await;
    assert!(asked.is_err(), "{asked:?}");
    let asked = featurebase
        .profile(&ContactId::new("65F1C3D2A9B4E80012AB34CE"), now)
        .await;
    assert!(asked.is_ok(), "{asked:?}");
}
