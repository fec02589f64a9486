//! An older copy of the store is put back: nobody is blocked again whom people unblocked since it was taken.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};

use crate::bot::{Bot, PITCH, Rest, ana};
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A copy is taken, the bot goes on.
async fn copied(bot: Bot) -> (Bot, String) {
    let rest = bot.ends().await;
    let copy = rest.database.copy().await;
    rest.clock.advance(MINUTE);
    (rest.starts().await, copy)
}

/// The copy is put back.
async fn restored(bot: Bot, copy: &str) -> Bot {
    let rest = bot.ends().await;
    rest.database.put_back(copy).await;
    rest.clock.advance(MINUTE);
    rest.starts().await
}

/// As on another machine: the copy is put back, and nothing beside it was saved.
async fn moved(bot: Bot, copy: &str) -> Bot {
    let rest = bot.ends().await;
    forget(&rest);
    rest.database.put_back(copy).await;
    rest.clock.advance(HOUR);
    rest.starts().await
}

fn forget(rest: &Rest) {
    for name in ["presence", "standings"] {
        std::fs::remove_file(rest.database.folder.path().join(name)).unwrap();
    }
}

on_both_databases! {
    async fn whom_a_person_unblocked_since_is_not_blocked_again(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        let (bot, copy) = copied(bot).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&jo));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.later(MINUTE).await;
        let bot = restored(bot, &copy).await;
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await, ["remembered"], "the copy knew nothing of them");
        bot.writes(&jo, PITCH);
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided hold");
    }

    async fn a_block_that_waited_in_the_copy_is_not_carried_out_against_a_person(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::Status(503)));
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let (bot, copy) = copied(bot).await;
        bot.sandbox.remove_fault(fault);
        bot.passes(MINUTE * 5, MINUTE).await;
        assert!(bot.sandbox.is_blocked(&jo));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.later(MINUTE).await;
        let bot = restored(bot, &copy).await;
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
    }

    async fn an_order_that_was_not_carried_out_yet_survives_the_copy(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let (bot, copy) = copied(bot).await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Unblock, FaultKind::Status(500)));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.later(MINUTE).await;
        let bot = restored(bot, &copy).await;
        bot.sandbox.remove_fault(fault);
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
    }

    async fn whom_a_teammate_unblocked_in_featurebase_since_is_not_blocked_again(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, "How do I add a link?");
        bot.settles().await;
        let (bot, copy) = copied(bot).await;
        bot.later(MINUTE).await;
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&jo);
        bot.later(MINUTE).await;
        let bot = restored(bot, &copy).await;
        bot.settles().await;
        bot.writes(&jo, PITCH);
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert!(bot.story_of(&jo).await.contains(&"unblocked_there".to_owned()));
    }

    async fn what_a_person_confirmed_since_stays_blocked(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, "Please call our refund department");
        bot.settles().await;
        let (bot, copy) = copied(bot).await;
        bot.desk.confirm(&jo, ana("a stolen account")).await.unwrap();
        bot.settles().await;
        bot.later(MINUTE).await;
        let bot = restored(bot, &copy).await;
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(bot.sandbox.is_blocked(&jo));
        assert!(bot.why(&jo).await.contains("is blocked since"), "{}", bot.why(&jo).await);
    }

    async fn on_another_machine_whom_featurebase_shows_free_is_left_free(database) {
        let bot = Bot::on(database).await;
        let (jo, kim) = (bot.lead("jo"), bot.lead("kim"));
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::Status(503)));
        bot.writes(&kim, PITCH);
        bot.settles().await;
        let (bot, copy) = copied(bot).await;
        bot.sandbox.remove_fault(fault);
        bot.passes(MINUTE * 5, MINUTE).await;
        for contact in [&jo, &kim] {
            assert!(bot.sandbox.is_blocked(contact));
            bot.desk.unblock(contact, ana("our partner")).await.unwrap();
        }
        bot.later(MINUTE).await;
        let bot = moved(bot, &copy).await;
        bot.settles().await;
        for contact in [&jo, &kim] {
            bot.writes(contact, PITCH);
        }
        bot.passes(HOUR, MINUTE * 5).await;
        for contact in [&jo, &kim] {
            assert!(!bot.sandbox.is_blocked(contact), "{:?}", bot.story_of(contact).await);
        }
    }

    async fn a_message_that_waited_in_the_copy_blocks_nobody_by_itself(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.sandbox.deliver_due().await;
        let (bot, copy) = copied(bot).await;
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&jo));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.later(MINUTE).await;
        let bot = moved(bot, &copy).await;
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided hold");
    }
}
