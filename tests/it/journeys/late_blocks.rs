//! A block of ours that takes effect when nobody waits for it any more, and after a person's word against it.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, ana};
use crate::database::Database;
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A bot whose first block gets no answer and takes effect so much later.
async fn late(database: Database, by: Duration) -> (Bot, String) {
    let bot = Bot::on(database).await;
    bot.sandbox
        .fault(Fault::once(FaultTarget::Block, FaultKind::LateEffect(by)));
    let jo = bot.lead("jo");
    (bot, jo)
}

fn times(story: &[String], action: &str) -> usize {
    story.iter().filter(|row| *row == action).count()
}

on_both_databases! {
    async fn a_block_that_comes_after_a_persons_unblock_is_taken_back(database) {
        let (bot, jo) = late(database, MINUTE * 5).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.passes(MINUTE * 3, Duration::from_secs(20)).await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "unblocked");
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new(), "it has not come yet");
        bot.passes(MINUTE * 20, MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), [jo.clone()], "it came");
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        let story = bot.story_of(&jo).await;
        assert_eq!(story[story.len() - 3..], ["late_block", "attempted", "unblocked"]);
        assert!(bot.why(&jo).await.contains("A block came late"));
        assert!(bot.asks("/metrics").await.1.contains("bouncer_late_blocks_total 1"));
        bot.passes(HOUR * 2, MINUTE * 10).await;
        assert_eq!(bot.jobs(Task::LookAgain).await, 0);
    }

    async fn a_block_that_comes_after_its_hold_was_let_go_is_taken_back(database) {
        let (bot, jo) = late(database, MINUTE * 8).await;
        let written = bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.sandbox.admin_replies(&written.conversation, "Hello, a moment please").unwrap();
        bot.passes(MINUTE * 2, Duration::from_secs(20)).await;
        assert_eq!(bot.desk.holds(10).await.unwrap().len(), 1);
        bot.desk.release(&jo, ana("a real customer")).await.unwrap();
        bot.passes(MINUTE * 20, MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), [jo.clone()], "it came");
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert_eq!(times(&bot.story_of(&jo).await, "late_block"), 1);
    }

    async fn a_block_that_was_held_at_its_second_try_is_taken_back_when_the_first_comes_late(database) {
        let (bot, jo) = late(database, MINUTE * 8).await;
        let written = bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.sandbox.admin_replies(&written.conversation, "Hello, a moment please").unwrap();
        bot.passes(MINUTE * 30, MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), [jo.clone()], "it came");
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert_eq!(bot.desk.holds(10).await.unwrap().len(), 1, "a person still decides");
    }

    async fn a_late_block_that_is_wanted_stays(database) {
        let (bot, jo) = late(database, MINUTE * 5).await;
        bot.writes(&jo, PITCH);
        bot.passes(HOUR * 2, MINUTE).await;
        assert!(bot.sandbox.is_blocked(&jo));
        assert_eq!(times(&bot.story_of(&jo).await, "late_block"), 0);
    }

    async fn a_teammates_own_block_after_an_unblock_is_left_alone(database) {
        let (bot, jo) = late(database, Duration::from_secs(30)).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.passes(MINUTE * 5, Duration::from_secs(10)).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        bot.sandbox.block_by_hand(&jo);
        bot.passes(HOUR * 3, MINUTE).await;
        assert!(bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert_eq!(times(&bot.story_of(&jo).await, "blocked_there"), 1);
    }

    async fn where_every_block_was_answered_nothing_is_looked_for(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.jobs(Task::LookAgain).await, 0);
        bot.sandbox.block_by_hand(&jo);
        bot.passes(HOUR * 2, MINUTE * 10).await;
        assert!(bot.sandbox.is_blocked(&jo), "somebody else's block");
    }

    async fn a_second_look_waits_out_an_outage(database) {
        let (bot, jo) = late(database, MINUTE * 5).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.passes(MINUTE * 3, Duration::from_secs(20)).await;
        let outage = bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Status(503)));
        bot.passes(HOUR * 2, MINUTE * 5).await;
        assert!(bot.sandbox.is_blocked(&jo));
        bot.sandbox.remove_fault(outage);
        bot.passes(HOUR * 2, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
    }
}
