//! What rules ask for besides a block or a flag: each is done once, recorded before and after, and called off by people.

mod seen;

use std::sync::Arc;
use std::time::Duration;

use featurebase_bouncer::sandbox::{
    Draft, Fault, FaultKind, FaultTarget, ItemShape, Options, RetryAfter,
};

use super::ear::Ear;
use crate::bot::{Bot, PITCH, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;
use seen::ALL_DONE;

const MINUTE: Duration = Duration::from_mins(1);
pub(super) const ADMIN: &str = "5febde12dc56d60012d47a77";

const RULES: &str = r#"
[[rule]]
id = "pitch/backlinks"
why = "Cold *offers* of [links](http://x.example)"
stage = "enforce"
then = "block"
also = ["notify", "close", "note", "redact"]
any = [{ words = ["backlinks"] }]
examples.match = ["I sell backlinks"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "talk/rude"
why = "Rude words"
stage = "enforce"
then = "flag"
also = ["close", "notify"]
any = [{ words = ["rude"] }]

[[rule]]
id = "hotline/refund"
why = "Refund hotlines"
stage = "hold"
then = "block"
also = ["close"]
any = [{ words = ["hotline"] }]
examples.match = ["Call our hotline"]
examples.pass = ["Call me"]
"#;

/// Parts are delivered with their ids, so that they can be redacted.
/// More senders are blocked here in a day than the brake by share lets through.
const NO_SHARE: &str = "[policy]\nbrake.share = { part = 1.0, of_at_least = 1, within = \"1h\" }\n";

fn setup(database: impl Into<Arc<Database>>) -> Setup {
    let options = Options {
        item_shape: ItemShape::Part,
        ..Options::default()
    };
    Setup::beside(database.into())
        .rules(RULES)
        .sandbox(options)
        .set("BOUNCER_ADMIN_ID", ADMIN)
}

async fn bot(database: Database) -> (Bot, Ear) {
    let ear = Ear::default();
    let url = ear.listen().await;
    (
        setup(database)
            .more_rules(NO_SHARE)
            .set("BOUNCER_NOTIFY_URL", &url)
            .start()
            .await,
        ear,
    )
}

on_both_databases! {
    async fn after_the_block_each_is_done_once_and_in_order(database) {
        let (bot, ear) = bot(database).await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await[..4], ["received", "decided block", "attempted", "blocked"]);
        assert_eq!(bot.steps_of(&mallory).await, ALL_DONE);
        assert!(bot.is_redacted(&written.conversation, 0));
        assert_eq!(bot.state(&written.conversation), "closed");
        let event = &written.event_ids[0];
        assert_eq!(bot.notes(&written.conversation), [format!("Featurebase Bouncer blocked this contact: Cold \\*offers\\* of \\[links\\]\\(http\\://x\\.example\\) (pitch/backlinks). More: `bouncer why {event}`").replace("(pitch/backlinks)", "(pitch/backlinks)")]);
        let told = ear.told();
        assert_eq!(told.len(), 1);
        let url = bot.sandbox.event(event).unwrap()["conversationUrl"].clone();
        assert_eq!(told[0], serde_json::json!({
            "at": "2026-07-01T10:00:00.000Z", "verdict": "block", "rules": "pitch/backlinks", "why": "Cold *offers* of [links](http://x.example)",
            "contact": mallory, "conversation": written.conversation, "conversation_url": url, "event": event,
        }));
        assert!(url.as_str().is_some_and(|url| url.starts_with("https://")));
        assert_eq!(bot.steps_left().await, 0);
        let told = bot.why(&mallory).await;
        assert!(told.contains("Done: ask Featurebase to remove the message's content."), "{told}");
    }

    async fn every_message_that_leads_to_a_block_has_its_own(database) {
        let (bot, ear) = bot(database).await;
        let mallory = bot.lead("mallory");
        let written: Vec<_> = (0..3).map(|_| bot.writes(&mallory, PITCH)).collect();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks().len(), 1);
        for written in &written {
            assert!(bot.is_redacted(&written.conversation, 0));
            assert_eq!((bot.notes(&written.conversation).len(), bot.state(&written.conversation)), (1, "closed".to_owned()));
        }
        assert_eq!(ear.told().len(), 3);
    }

    async fn a_reply_is_redacted_and_an_opening_without_an_id_is_not(database) {
        let ear = Ear::default();
        let url = ear.listen().await;
        let bot = setup(database).sandbox(Options::default()).set("BOUNCER_NOTIFY_URL", &url).start().await;
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(!bot.is_redacted(&written.conversation, 0));
        assert_eq!(bot.steps_of(&mallory).await[0], "not_done redact");
        assert!(bot.why(&mallory).await.contains("Featurebase gives the message that opens a conversation no id"));
        let lee = bot.lead("lee");
        let written = bot.writes(&lee, "good morning");
        bot.settles().await;
        bot.sandbox.write(&lee, &Draft::markdown(PITCH).in_conversation(&written.conversation)).unwrap();
        bot.settles().await;
        assert!(bot.is_redacted(&written.conversation, 1));
        assert!(!bot.is_redacted(&written.conversation, 0), "only what was judged a block");
    }

    async fn what_the_settings_do_not_allow_is_said_at_the_start_and_recorded(database) {
        let bot = setup(database).without("BOUNCER_ADMIN_ID").start().await;
        assert_eq!(bot.warnings, [
            "admin_id is not set, so `note` is not done, which these rules ask for: pitch/backlinks",
            "notify_url is not set, so `notify` is not done, which these rules ask for: pitch/backlinks, talk/rude",
        ]);
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.steps_of(&mallory).await, ["attempted redact", "also_done redact", "not_done note", "attempted close", "also_done close", "not_done notify"]);
        assert_eq!(bot.notes(&written.conversation), Vec::<String>::new());
    }

    async fn a_flag_has_its_own_without_a_block(database) {
        let (bot, ear) = bot(database).await;
        let jo = bot.lead("jo");
        let written = bot.writes(&jo, "you are rude");
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await[1], "decided flag");
        assert_eq!(bot.steps_of(&jo).await, ["attempted close", "also_done close", "attempted notify", "also_done notify"]);
        assert_eq!(bot.state(&written.conversation), "closed");
        assert_eq!(ear.told()[0]["verdict"], "flag");
        assert!(!bot.sandbox.is_blocked(&jo));
    }

    async fn what_is_held_waits_for_the_person_too(database) {
        let (bot, ear) = bot(database).await;
        let (tom, jo) = (bot.customer("tom"), bot.lead("jo"));
        let pitch = bot.writes(&tom, PITCH);
        let hotline = bot.writes(&jo, "hotline");
        bot.passes(MINUTE * 5, MINUTE).await;
        assert_eq!((bot.sandbox.calls(), bot.steps_left().await, ear.told().len()), (vec![], 0, 0));
        bot.desk.confirm(&tom, ana("a stolen account")).await.unwrap();
        bot.desk.confirm(&jo, ana("not ours")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.steps_of(&tom).await, ALL_DONE);
        assert!(bot.is_redacted(&pitch.conversation, 0));
        assert_eq!(bot.steps_of(&jo).await, ["attempted close", "also_done close"]);
        assert_eq!(bot.state(&hotline.conversation), "closed");
    }

    async fn a_released_hold_does_nothing(database) {
        let (bot, ear) = bot(database).await;
        let tom = bot.customer("tom");
        bot.writes(&tom, PITCH);
        bot.settles().await;
        bot.desk.release(&tom, ana("our partner")).await.unwrap();
        bot.passes(MINUTE * 5, MINUTE).await;
        assert_eq!((bot.sandbox.calls(), ear.told().len()), (vec![], 0));
    }

    async fn modes_hold_and_observe_do_nothing_by_themselves(database) {
        let database = Arc::new(database);
        for (number, mode) in [(0, "hold"), (1, "observe")] {
            let mut setup = setup(database.clone()).set("BOUNCER_MODE", mode);
            setup.later = Duration::from_hours(number);
            let bot = setup.start().await;
            let (mallory, jo) = (bot.lead("mallory"), bot.lead("jo"));
            bot.writes(&mallory, PITCH);
            bot.writes(&jo, "rude");
            bot.passes(MINUTE * 5, MINUTE).await;
            assert_eq!((bot.sandbox.calls(), bot.steps_left().await), (vec![], 0), "{mode}");
            bot.running.stop().await;
        }
    }

    async fn a_block_that_a_last_look_holds_takes_the_rest_with_it(database) {
        let (bot, ear) = bot(database).await;
        let jo = bot.lead("jo");
        let written = bot.writes(&jo, PITCH);
        bot.sandbox.deliver_due().await;
        bot.sandbox.admin_replies(&written.conversation, "Let us talk.").unwrap();
        bot.worker.drain().await.unwrap();
        assert_eq!(bot.steps_of(&jo).await, ["cancelled redact", "cancelled note", "cancelled close", "cancelled notify"]);
        assert_eq!((bot.posts(), ear.told().len()), (0, 0));
        bot.desk.confirm(&jo, ana("spam all the same")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.steps_of(&jo).await[4..], ALL_DONE);
    }

    async fn a_block_that_fails_takes_the_rest_with_it(database) {
        let (bot, ear) = bot(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::Status(404)));
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.passes(MINUTE * 5, MINUTE).await;
        assert!(bot.steps_of(&mallory).await.iter().all(|step| step.starts_with("cancelled")));
        assert_eq!((bot.state(&written.conversation).as_str(), ear.told().len()), ("open", 0));
    }

    async fn a_persons_unblock_calls_off_what_is_not_done_yet(database) {
        let (bot, ear) = bot(database).await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::always(FaultTarget::Other, FaultKind::Status(503)));
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&mallory));
        bot.desk.unblock(&mallory, ana("our partner")).await.unwrap();
        bot.sandbox.clear_faults();
        bot.passes(MINUTE * 30, MINUTE).await;
        assert!(!bot.sandbox.is_blocked(&mallory));
        assert!(!bot.is_redacted(&written.conversation, 0));
        assert_eq!((bot.state(&written.conversation).as_str(), ear.told().len(), bot.steps_left().await), ("open", 0, 0));
        let cancelled = bot.steps_of(&mallory).await.iter().filter(|step| step.starts_with("cancelled")).count();
        assert_eq!(cancelled, 4);
    }

    async fn stop_keeps_them_back_and_go_lets_them_through(database) {
        let (bot, ear) = bot(database).await;
        let jo = bot.lead("jo");
        bot.desk.stop(ana("odd")).await.unwrap();
        let written = bot.writes(&jo, "rude");
        bot.passes(MINUTE * 5, MINUTE).await;
        assert_eq!((bot.sandbox.calls(), ear.told().len(), bot.steps_left().await), (vec![], 0, 2));
        bot.desk.go(ana("well")).await.unwrap();
        bot.settles().await;
        assert_eq!((bot.state(&written.conversation).as_str(), ear.told().len()), ("closed", 1));
    }

    async fn every_passing_fault_ends_in_each_done_once(database) {
        let (bot, _) = bot(database).await;
        let wait = FaultKind::TooMany(RetryAfter::Seconds(60));
        for target in [FaultTarget::Redact, FaultTarget::Note, FaultTarget::Change] {
            for kind in [FaultKind::Status(500), FaultKind::Status(408), wait.clone(), FaultKind::Hang, FaultKind::Reset, FaultKind::LostAnswer, FaultKind::Garbage, FaultKind::Redirect, FaultKind::Status(401), FaultKind::Slow(Duration::from_secs(2))] {
                bot.sandbox.fault(Fault::once(target, kind.clone()));
                let mallory = bot.lead("mallory");
                let written = bot.writes(&mallory, PITCH);
                bot.passes(MINUTE * 4, MINUTE / 2).await;
                let done: Vec<String> = bot.steps_of(&mallory).await.into_iter().filter(|step| step.starts_with("also_done")).collect();
                assert_eq!(done.len(), 4, "{target} {kind:?}: {:?}", bot.steps_of(&mallory).await);
                assert!(bot.is_redacted(&written.conversation, 0), "{target} {kind:?}");
                assert_eq!(bot.notes(&written.conversation).len(), 1, "{target} {kind:?}");
                assert_eq!(bot.state(&written.conversation), "closed", "{target} {kind:?}");
            }
        }
    }

    async fn a_flag_that_protection_made_of_a_block_does_nothing_besides(database) {
        let policy = "[policy]\nprotect.customers = \"flag\"\n";
        let bot = setup(database).more_rules(policy).start().await;
        let tom = bot.customer("tom");
        bot.writes(&tom, "rude backlinks");
        bot.settles().await;
        assert_eq!(bot.story_of(&tom).await, ["received", "decided flag"]);
        assert_eq!((bot.sandbox.calls(), bot.steps_left().await), (vec![], 0));
    }

    async fn a_worker_killed_while_it_leaves_a_note_leaves_one(database) {
        let (bot, ear) = bot(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Note, FaultKind::Slow(Duration::from_millis(300))));
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.sandbox.deliver_due().await;
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while bot.notes(&written.conversation).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        under_way.abort();
        let _ = under_way.await;
        bot.settles().await;
        assert!(ear.told().is_empty(), "its lease holds, and the others wait their turn");
        bot.later(MINUTE).await;
        assert_eq!(bot.notes(&written.conversation).len(), 1);
        assert!(bot.why(&mallory).await.contains("Done: leave a note in the conversation (found so when read back before trying again)."));
        assert_eq!(ear.told().len(), 1);
    }

    async fn a_step_that_is_refused_for_good_does_not_hold_up_the_others(database) {
        let (bot, ear) = bot(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Redact, FaultKind::Status(404)));
        let mallory = bot.lead("mallory");
        let written = bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.steps_of(&mallory).await[..2], ["attempted redact", "refused redact"]);
        assert_eq!((bot.state(&written.conversation).as_str(), ear.told().len()), ("closed", 1));
    }

    async fn a_notice_is_told_again_when_it_was_not_heard_and_the_gate_stays_open(database) {
        let (bot, ear) = bot(database).await;
        *ear.answers.lock().unwrap() = vec![200, 307, 429, 503];
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(bot.asks("/readyz").await.1.starts_with("ready\n"));
        bot.passes(MINUTE * 3, MINUTE / 4).await;
        let told = ear.told();
        assert_eq!(told.len(), 4);
        assert!(told.iter().all(|notice| notice["event"] == told[0]["event"]));
        assert_eq!(bot.steps_of(&mallory).await.last().unwrap(), "also_done notify");
        *ear.answers.lock().unwrap() = vec![403];
        let lee = bot.lead("lee");
        bot.writes(&lee, PITCH);
        bot.passes(MINUTE * 3, MINUTE).await;
        assert_eq!(bot.steps_of(&lee).await.last().unwrap(), "refused notify");
        assert!(bot.asks("/metrics").await.1.contains("bouncer_key_refused 0"));
        assert!(!ear.told.lock().unwrap().iter().any(|notice| notice.contains("Interested")), "never what was written");
    }

    async fn a_key_that_may_not_do_one_thing_does_not_hold_up_the_blocks(database) {
        let (bot, ear) = bot(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Note, FaultKind::Status(403)));
        for number in 0..3 {
            let mallory = bot.lead(&format!("mallory {number}"));
            bot.writes(&mallory, PITCH);
            bot.settles().await;
            assert!(bot.sandbox.is_blocked(&mallory));
            assert!(bot.steps_of(&mallory).await.contains(&"refused note".to_owned()));
        }
        assert_eq!(ear.told().len(), 3);
        assert!(bot.asks("/metrics").await.1.contains("bouncer_key_refused 0"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_do_each_once() {
    let database = Arc::new(Database::postgres().await);
    let ear = Ear::default();
    let url = ear.listen().await;
    let rules = RULES.replace(
        "any = [{ words = [\"backlinks\"] }]",
        "all = [{ words = [\"backlinks\"] }, { sender_verified = false }]",
    );
    let rules = rules.replace(
        "examples.match = [\"I sell backlinks\"]",
        "examples.match = [{ text = \"I sell backlinks\", sender_verified = false }]",
    );
    let setup = || {
        setup(database.clone())
            .rules(&rules)
            .set("BOUNCER_NOTIFY_URL", &url)
    };
    let first = setup().start().await;
    let second = setup()
        .join(first.sandbox.clone(), first.clock.clone())
        .await;
    let mut written = Vec::new();
    for number in 0..10 {
        let spammer = first.lead(&format!("spammer {number}"));
        written.push(first.writes(&spammer, PITCH));
        written.push(first.writes(&spammer, PITCH));
    }
    first.sandbox.deliver_due().await;
    for _ in 0..10 {
        let (one, two) = (first.worker.clone(), second.worker.clone());
        let (a, b) = tokio::join!(
            tokio::spawn(async move { one.drain().await }),
            tokio::spawn(async move { two.drain().await })
        );
        a.unwrap().unwrap();
        b.unwrap().unwrap();
    }
    assert_eq!(first.sandbox.blocks().len(), 10);
    let calls = first.sandbox.calls();
    let looks = calls
        .iter()
        .filter(|call| call.method == "GET" && call.path.starts_with("/v2/contacts/"));
    assert_eq!(looks.count(), 10, "one for each sender");
    for written in &written {
        assert_eq!(first.notes(&written.conversation).len(), 1);
        assert_eq!(first.state(&written.conversation), "closed");
    }
    assert_eq!(ear.told().len(), 20);
    assert_eq!(first.steps_left().await, 0);
}
