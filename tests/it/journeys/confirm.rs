//! People say whether decisions were right; the latest word counts, the earlier ones stay in the record.

use featurebase_bouncer::decision::Verdict;
use featurebase_bouncer::desk::undo::Selection;
use featurebase_bouncer::message::EventId;
use featurebase_bouncer::store::confirmations::Word;
use featurebase_bouncer::store::ledger::Counts;

use super::undo::{A, B, HOTLINE, blocked, setup, undo};
use crate::bot::{Bot, ana};
use crate::on_both_databases;

async fn counts(bot: &Bot, rule: &str) -> Counts {
    let since = bot.clock.now();
    let ledger = bot.desk.ledger(Some(rule), since).await.unwrap();
    ledger.rules[0].counts
}

async fn says(bot: &Bot, id: &str, word: Word) {
    let decision = bot.desk.decision_named(id).await.unwrap();
    bot.desk
        .mark(&[decision], word, ana("looked at"))
        .await
        .unwrap();
}

/// Right, wrong, undone, mistaken.
async fn said(bot: &Bot, rule: &str) -> (i64, i64, i64, i64) {
    let counts = counts(bot, rule).await;
    (
        counts.said_right,
        counts.said_wrong,
        counts.regretted,
        counts.mistaken,
    )
}

on_both_databases! {
    async fn the_latest_word_counts_and_all_are_in_the_record(database) {
        let bot = setup(database).start().await;
        let jo = bot.lead("jo");
        bot.writes(&jo, A);
        bot.settles().await;
        let rule = "pitch/backlinks";
        assert_eq!(said(&bot, rule).await, (0, 0, 0, 0));
        says(&bot, &jo, Word::Right).await;
        assert_eq!(said(&bot, rule).await, (1, 0, 0, 0));
        says(&bot, &jo, Word::Right).await;
        assert_eq!(said(&bot, rule).await, (1, 0, 0, 0), "said twice, counted once");
        says(&bot, &jo, Word::Wrong).await;
        assert_eq!(said(&bot, rule).await, (0, 1, 0, 1));
        assert!(bot.sandbox.is_blocked(&jo), "a word alone undoes nothing");
        bot.desk.unblock(&jo, ana("sorry")).await.unwrap();
        bot.settles().await;
        assert_eq!(said(&bot, rule).await, (0, 1, 1, 1), "wrong and undone are one mistake");
        bot.desk.unblock(&jo, ana("once more")).await.unwrap();
        bot.settles().await;
        assert_eq!(said(&bot, rule).await, (0, 1, 1, 1), "one block is regretted once");
        says(&bot, &jo, Word::Right).await;
        assert_eq!(said(&bot, rule).await, (1, 0, 0, 0), "and right after all");
        let story = bot.story_of(&jo).await;
        assert_eq!(story.iter().filter(|row| *row == "confirmed_right").count(), 3);
        assert_eq!(story.iter().filter(|row| *row == "confirmed_wrong").count(), 1);
        let why = bot.why(&jo).await;
        assert!(why.contains("ana said that this decision was right: looked at."), "{why}");
        assert!(why.contains("ana said that this decision was wrong: looked at."), "{why}");
    }

    async fn an_unblock_overrules_a_word_before_it(database) {
        let bot = setup(database).start().await;
        let jo = bot.lead("jo");
        bot.writes(&jo, A);
        bot.settles().await;
        says(&bot, &jo, Word::Right).await;
        bot.desk.unblock(&jo, ana("they were right to ask")).await.unwrap();
        assert_eq!(said(&bot, "pitch/backlinks").await, (0, 0, 1, 1));
    }

    async fn settling_a_hold_is_a_word_about_its_decision(database) {
        let bot = setup(database).start().await;
        let (jo, sam) = (bot.lead("jo"), bot.lead("sam"));
        bot.writes(&jo, HOTLINE);
        bot.writes(&sam, HOTLINE);
        bot.settles().await;
        bot.desk.confirm(&jo, ana("spam")).await.unwrap();
        bot.desk.release(&sam, ana("a customer of ours")).await.unwrap();
        bot.settles().await;
        assert_eq!(said(&bot, "hotline/refund").await, (1, 1, 0, 1));
        let counts = counts(&bot, "hotline/refund").await;
        assert_eq!((counts.fired, counts.held, counts.acted), (2, 2, 0));
        bot.desk.unblock(&jo, ana("after all not")).await.unwrap();
        assert_eq!(said(&bot, "hotline/refund").await, (0, 2, 0, 2), "a person's own block is no regret of the rule's");
    }

    async fn whom_a_person_let_in_again_at_featurebase_the_rule_regrets_too(database) {
        let bot = setup(database).start().await;
        let jo = bot.lead("jo");
        bot.writes(&jo, A);
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&jo);
        bot.desk.reconcile(true, ana("who is blocked?")).await.unwrap();
        bot.settles().await;
        assert_eq!(said(&bot, "pitch/backlinks").await, (0, 0, 1, 1));
    }

    async fn many_are_marked_by_rule_time_and_verdict(database) {
        let bot = setup(database).start().await;
        for number in 0..12 {
            bot.writes(&bot.lead(&format!("a {number}")), A);
            bot.writes(&bot.lead(&format!("b {number}")), B);
        }
        bot.settles().await;
        let until = bot.clock.now();
        bot.later(std::time::Duration::from_mins(1)).await;
        bot.writes(&bot.lead("late"), A);
        bot.settles().await;
        let selection = Selection { until: Some(until), ..Selection::of_rule("pitch/backlinks") };
        let marked = bot.desk.decisions_meeting(&selection, &[Verdict::Block]).await.unwrap();
        assert_eq!(marked.len(), 12);
        bot.desk.mark(&marked, Word::Right, ana("all spam")).await.unwrap();
        assert_eq!(said(&bot, "pitch/backlinks").await, (12, 0, 0, 0));
        assert_eq!(said(&bot, "pitch/seo").await, (0, 0, 0, 0));
        let flagged = bot.desk.decisions_meeting(&Selection::of_rule("pitch/*"), &[Verdict::Flag]).await.unwrap();
        assert!(flagged.is_empty());
        undo(&bot, Selection::of_rule("pitch/backlinks")).await;
        assert_eq!(blocked(&bot).await.len(), 24, "only the late one is free");
    }

    async fn nothing_can_be_said_where_nothing_was_decided(database) {
        let bot = setup(database).start().await;
        let jo = bot.lead("jo");
        bot.writes(&jo, "How do I add a link?");
        bot.settles().await;
        let error = bot.desk.decision_named(&jo).await.unwrap_err().to_string();
        assert!(error.contains("nothing was decided about"), "{error}");
        let record = bot.record().await;
        let event: EventId = record.iter().find_map(|row| row.event.clone()).unwrap();
        assert!(bot.desk.decision_named(event.as_str()).await.is_err());
    }
}
