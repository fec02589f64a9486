//! Everything one rule did is undone in one step, but for what people confirmed or somebody else did.

use std::collections::BTreeSet;
use std::time::Duration;

use featurebase_bouncer::desk::undo::{Done, Fate, Outcome, Selection, Summary};
use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget, RetryAfter};
use featurebase_bouncer::store::confirmations::Word;
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, Rest, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

pub const A: &str = "We sell backlinks";
pub const B: &str = "A free seo audit for you";
pub const AB: &str = "We sell backlinks and a seo audit";
pub const POINTS: &str = "crypto gains, guaranteed";
pub const MORE_POINTS: &str = "crypto gains, guaranteed, act now";
pub const HOTLINE: &str = "Call our refund department";

pub const RULES: &str = r#"
[policy]
brake.per_rule = { blocks = 2000, within = "10m" }
brake.total = { blocks = 2000, within = "10m" }
brake.share = { part = 1.0, of_at_least = 1, within = "1h" }

[[rule]]
id = "pitch/backlinks"
why = "Cold offers of backlinks"
stage = "enforce"
then = "block"
any = [{ words = ["backlinks"] }]
examples.match = ["I sell backlinks"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "pitch/seo"
why = "Cold offers of audits"
stage = "enforce"
then = "block"
any = [{ words = ["seo audit"] }]
examples.match = ["a seo audit"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "points/crypto"
why = "Crypto"
stage = "enforce"
then = "points"
points = 6
any = [{ words = ["crypto gains"] }]
examples.match = ["crypto gains"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "points/sure"
why = "Promises"
stage = "enforce"
then = "points"
points = 6
any = [{ words = ["guaranteed"] }]
examples.match = ["guaranteed"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "points/now"
why = "Haste"
stage = "enforce"
then = "points"
points = 4
any = [{ words = ["act now"] }]
examples.match = ["act now"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "hotline/refund"
why = "Refund hotlines that are not ours"
stage = "hold"
then = "block"
any = [{ words = ["refund department"] }]
examples.match = ["Call our refund department"]
examples.pass = ["I want a refund"]
"#;

pub fn setup(database: Database) -> Setup {
    Setup::on(database)
        .rules(RULES)
        .set("BOUNCER_CALLS_PER_MINUTE", "2000")
}

/// Another bot with these rules takes over.
pub async fn takes_over(rest: Rest) -> Bot {
    Setup::beside(rest.database)
        .rules(RULES)
        .set("BOUNCER_CALLS_PER_MINUTE", "2000")
        .join(rest.sandbox, rest.clock)
        .await
}

/// Undoes and follows until nothing is on its way any more.
pub async fn undo(bot: &Bot, selection: Selection) -> Vec<Outcome> {
    let mut undoing = bot.desk.undoing(selection);
    let mut plans = undoing.plans().await.unwrap();
    let begun = undoing
        .begin(plans.len(), ana("the rule was wrong"))
        .await
        .unwrap();
    while !plans.is_empty() {
        undoing
            .carry_out(&begun, &mut plans, ana("the rule was wrong"))
            .await
            .unwrap();
    }
    bot.settles().await;
    for _ in 0..200 {
        if undoing.progress(&begun).await.unwrap().on_their_way == 0 {
            break;
        }
        bot.later(SECOND * 20).await;
    }
    let outcomes = undoing.outcomes(&begun).await.unwrap();
    undoing
        .end(&begun, &outcomes, ana("the rule was wrong"))
        .await
        .unwrap();
    outcomes
}

fn write_all(bot: &Bot, name: &str, texts: &[&str], count: usize) -> Vec<String> {
    let mut contacts = Vec::new();
    for number in 0..count {
        let contact = bot.lead(&format!("{name} {number}"));
        for text in texts {
            bot.writes(&contact, text);
        }
        contacts.push(contact);
    }
    contacts
}

/// Who is blocked at Featurebase at this moment.
pub async fn blocked(bot: &Bot) -> BTreeSet<String> {
    let record = bot.record().await;
    let contacts = record.into_iter().filter_map(|row| row.contact);
    contacts
        .map(|contact| contact.as_str().to_owned())
        .filter(|contact| bot.sandbox.is_blocked(contact))
        .collect()
}

fn of<'o>(outcomes: &'o [Outcome], contact: &str) -> &'o Outcome {
    let mut outcomes = outcomes.iter();
    outcomes
        .find(|outcome| outcome.contact.as_str() == contact)
        .unwrap()
}

on_both_databases! {
    async fn what_one_rule_did_is_undone_through_trouble_and_interruptions_and_nothing_else(database) {
        let bot = setup(database).start().await;
        let plain = write_all(&bot, "plain", &[A], 90);
        let seo = write_all(&bot, "seo", &[B], 60);
        let both = write_all(&bot, "both", &[AB], 25);
        let points = write_all(&bot, "points", &[POINTS], 25);
        let later = write_all(&bot, "later", &[A, B], 15);
        let right = write_all(&bot, "right", &[A], 15);
        let freed = write_all(&bot, "freed", &[A], 15);
        let theirs = write_all(&bot, "theirs", &[A], 10);
        for contact in &theirs {
            bot.sandbox.block_by_hand(contact);
        }
        let held = write_all(&bot, "held", &[HOTLINE], 5);
        let tom = bot.customer("tom");
        bot.writes(&tom, A);
        bot.passes(MINUTE * 2, SECOND * 30).await;
        for contact in &right {
            let decision = bot.desk.decision_named(contact).await.unwrap();
            bot.desk.mark(&[decision], Word::Right, ana("real spam")).await.unwrap();
        }
        for contact in &freed {
            bot.desk.unblock(contact, ana("a partner")).await.unwrap();
        }
        bot.passes(MINUTE, SECOND * 30).await;
        bot.desk.stop(ana("hold on")).await.unwrap();
        let unsent = write_all(&bot, "unsent", &[A], 10);
        bot.settles().await;
        let before = blocked(&bot).await;
        assert_eq!(before.len(), 90 + 60 + 25 + 25 + 15 + 15 + 10);

        // Shown first: nothing happens by that.
        let selection = Selection::of_rule("pitch/backlinks");
        let shown = bot.desk.undoing(selection.clone()).plans().await.unwrap();
        let would: Vec<&Fate> = shown.iter().map(|plan| &plan.fate).collect();
        assert_eq!(would.iter().filter(|fate| ***fate == Fate::Unblock).count(), 90);
        assert_eq!(would.iter().filter(|fate| ***fate == Fate::CallOff).count(), 10);
        assert_eq!(would.iter().filter(|fate| ***fate == Fate::Release).count(), 1);
        assert_eq!(blocked(&bot).await, before);

        // Begun, broken off after two transactions; the bouncer is started anew meanwhile.
        let first = {
            let mut undoing = bot.desk.undoing(selection.clone());
            let mut plans = undoing.plans().await.unwrap();
            let begun = undoing.begin(plans.len(), ana("the rule was wrong")).await.unwrap();
            assert!(!begun.goes_on);
            for _ in 0..2 {
                undoing.carry_out(&begun, &mut plans, ana("the rule was wrong")).await.unwrap();
            }
            begun
        };
        bot.desk.go(ana("go on")).await.unwrap();
        bot.sandbox.fault(Fault::times(6, FaultTarget::Unblock, FaultKind::Status(500)));
        bot.sandbox.fault(Fault::times(4, FaultTarget::Unblock, FaultKind::LostAnswer));
        bot.sandbox.fault(Fault::times(3, FaultTarget::Unblock, FaultKind::TooMany(RetryAfter::Seconds(3))));
        bot.settles().await;
        let bot = takes_over(bot.ends().await).await;

        // Said again: it goes on under the same id.
        let again = bot.desk.undoing(selection.clone()).begin(1, ana("the rule was wrong")).await.unwrap();
        assert_eq!((again.id.as_str(), again.goes_on), (first.id.as_str(), true));
        let outcomes = undo(&bot, selection.clone()).await;

        let mut stay = BTreeSet::new();
        for group in [&seo, &both, &points, &later, &right, &theirs] {
            stay.extend(group.iter().cloned());
        }
        assert_eq!(blocked(&bot).await, stay);
        let summary = Summary::of(&outcomes);
        assert_eq!((summary.unblocked, summary.called_off, summary.released, summary.refused), (90, 10, 1, 0));
        assert_eq!((summary.on_their_way, summary.overtaken), (0, 0));
        assert_eq!(summary.left_alone, 25 + 15 + 15 + 15 + 10);
        for contact in &plain {
            assert_eq!(of(&outcomes, contact).done, Done::Unblocked);
        }
        for contact in &unsent {
            let story = bot.story_of(contact).await;
            assert!(!story.contains(&"attempted".to_owned()), "{story:?}");
        }
        for (contact, said) in [
            (&both[0], "blocked for another reason, too: pitch/seo"),
            (&later[0], "blocked for another reason, too: pitch/seo"),
            (&right[0], "ana said at"),
            (&freed[0], "ana had them unblocked at"),
            (&theirs[0], "somebody's own block"),
        ] {
            let outcome = of(&outcomes, contact);
            assert_eq!(outcome.done, Done::LeftAlone);
            assert!(outcome.why.contains(said), "{}", outcome.why);
        }
        let holds = bot.desk.holds(100).await.unwrap();
        assert_eq!(holds.len(), held.len(), "the holds of another rule are left, tom's is let go");

        // All of it stands in the record under one id, and another message is only held.
        let record = bot.record().await;
        let linked = record.iter().filter(|row| row.detail.get("undo") == Some(&first.id.clone().into()));
        let count = |action: &str| linked.clone().filter(|row| row.action.as_str() == action).count();
        assert_eq!((count("undo_ordered"), count("unblock_ordered"), count("unblocked"), count("undo_done")), (1, 90, 90, 1));
        assert_eq!((count("cancelled"), count("hold_released")), (10, 1));
        bot.writes(&plain[0], A);
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&plain[0]));
        let why = bot.why(&plain[0]).await;
        assert!(why.contains("ana ordered an unblock: the rule was wrong"), "{why}");

        // Said once more, there is nothing left to do.
        let calls = bot.posts();
        let outcomes = undo(&bot, selection).await;
        assert_eq!(bot.posts(), calls);
        assert!(outcomes.iter().all(|outcome| outcome.done == Done::LeftAlone || outcome.contact.as_str() == plain[0]), "{outcomes:?}");
        assert_eq!(blocked(&bot).await, stay);
    }

    async fn a_rule_whose_points_led_to_a_block_is_undone_where_the_rest_would_not_have(database) {
        let bot = setup(database).start().await;
        let (jo, sam) = (bot.lead("jo"), bot.lead("sam"));
        bot.writes(&jo, POINTS);
        bot.writes(&sam, MORE_POINTS);
        bot.settles().await;
        let outcomes = undo(&bot, Selection::of_rule("points/crypto")).await;
        assert_eq!(of(&outcomes, &jo).done, Done::Unblocked);
        assert!(of(&outcomes, &sam).why.contains("points/now, points/sure"), "{:?}", of(&outcomes, &sam));
        assert_eq!(blocked(&bot).await, [sam].into());
        undo(&bot, Selection::of_rule("points/*")).await;
        assert!(blocked(&bot).await.is_empty());
    }

    async fn only_what_one_version_of_the_rules_did_is_undone(database) {
        let bot = setup(database).start().await;
        let old = write_all(&bot, "old", &[A], 3);
        bot.settles().await;
        let rest = bot.ends().await;
        rest.clock.advance(MINUTE);
        let bot = Setup::beside(rest.database)
            .rules(&RULES.replace("[\"backlinks\"]", "[\"backlinks\", \"links\"]").replace("How do I add a link?", "How do I add one?"))
            .join(rest.sandbox, rest.clock)
            .await;
        let new = write_all(&bot, "new", &["We place links"], 3);
        bot.settles().await;
        let record = bot.record().await;
        let book = record.iter().rev().find(|row| row.verdict.as_deref() == Some("block")).unwrap().detail["book"].clone();
        let version = book.as_str().unwrap()[..12].to_owned();
        undo(&bot, Selection { version: Some(version), ..Selection::of_rule("pitch/backlinks") }).await;
        assert_eq!(blocked(&bot).await, old.iter().cloned().collect());
        assert!(new.iter().all(|contact| !bot.sandbox.is_blocked(contact)));
        let since = Selection { until: Some(record[0].at.before(MINUTE)), ..Selection::of_rule("pitch/backlinks") };
        assert!(undo(&bot, since).await.is_empty());
        let one = Selection { contacts: vec![featurebase_bouncer::message::ContactId::new(old[0].clone())], ..Selection::of_rule("pitch/*") };
        undo(&bot, one).await;
        assert_eq!(blocked(&bot).await.len(), 2);
    }

    async fn a_single_unblock_does_not_wait_behind_a_great_many(database) {
        let bot = setup(database).set("BOUNCER_CALLS_PER_MINUTE", "30").start().await;
        let many = write_all(&bot, "many", &[A], 20);
        let jo = bot.lead("jo");
        bot.writes(&jo, B);
        bot.passes(MINUTE * 5, SECOND * 20).await;
        assert_eq!(bot.sandbox.blocks().len(), 21);
        let mut undoing = bot.desk.undoing(Selection::of_rule("pitch/backlinks"));
        let mut plans = undoing.plans().await.unwrap();
        let begun = undoing.begin(plans.len(), ana("wrong")).await.unwrap();
        while !plans.is_empty() {
            undoing.carry_out(&begun, &mut plans, ana("wrong")).await.unwrap();
        }
        bot.settles().await;
        let progress = undoing.progress(&begun).await.unwrap();
        assert!(progress.on_their_way > 0 && progress.unblocked > 0, "{progress:?}");
        bot.desk.unblock(&jo, ana("a partner")).await.unwrap();
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&jo), "there is budget left for people");
        assert!(undoing.progress(&begun).await.unwrap().on_their_way > 0);
        bot.passes(MINUTE * 5, SECOND * 20).await;
        assert!(many.iter().all(|contact| !bot.sandbox.is_blocked(contact)));
    }

    async fn what_goes_with_a_block_is_called_off_and_what_was_done_is_told(database) {
        let rules = RULES.replace("any = [{ words = [\"backlinks\"] }]", "also = [\"redact\", \"close\"]\nany = [{ words = [\"backlinks\"] }]");
        let bot = setup(database).rules(&rules).start().await;
        let jo = bot.lead("jo");
        bot.writes(&jo, A);
        bot.settles().await;
        let sam = bot.lead("sam");
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Change, FaultKind::Status(500)));
        bot.writes(&sam, A);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&sam));
        assert_eq!(bot.jobs(Task::Close).await, 1);
        let outcomes = undo(&bot, Selection::of_rule("pitch/backlinks")).await;
        bot.sandbox.remove_fault(fault);
        bot.passes(MINUTE * 10, MINUTE).await;
        assert!(of(&outcomes, &jo).lasting.iter().any(|what| what.starts_with("the conversation was closed at")), "{outcomes:?}");
        assert_eq!(bot.jobs(Task::Close).await, 0);
        let story = bot.story_of(&sam).await;
        assert!(story.contains(&"cancelled".to_owned()) && !story.contains(&"also_done".to_owned()), "{story:?}");
        assert!(blocked(&bot).await.is_empty());
    }

    async fn a_block_under_way_is_taken_back_when_it_is_undone(database) {
        let bot = setup(database).start().await;
        let jo = bot.lead("jo");
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::LostAnswer));
        bot.writes(&jo, A);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&jo), "it took effect unheard");
        let outcomes = undo(&bot, Selection::of_rule("pitch/backlinks")).await;
        assert_eq!(of(&outcomes, &jo).done, Done::Unblocked);
        bot.passes(MINUTE * 90, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo));
    }

    async fn what_a_person_confirms_before_its_turn_is_left_alone(database) {
        let bot = setup(database).start().await;
        let all = write_all(&bot, "all", &[A], 30);
        bot.settles().await;
        let mut undoing = bot.desk.undoing(Selection::of_rule("pitch/backlinks"));
        let mut plans = undoing.plans().await.unwrap();
        let begun = undoing.begin(plans.len(), ana("wrong")).await.unwrap();
        undoing.carry_out(&begun, &mut plans, ana("wrong")).await.unwrap();
        let last = plans.last().unwrap().contact.as_str().to_owned();
        let decision = bot.desk.decision_named(&last).await.unwrap();
        bot.desk.mark(&[decision], Word::Right, ana("this one is spam")).await.unwrap();
        // What was shown is carried out further, as when a person has thought about it for long.
        while !plans.is_empty() {
            undoing.carry_out(&begun, &mut plans, ana("wrong")).await.unwrap();
        }
        bot.settles().await;
        assert_eq!(blocked(&bot).await, [last].into());
        assert_eq!(all.len(), 30);
    }
}
