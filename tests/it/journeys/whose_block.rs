//! Whose block it is, and who still waits for an unblock: orders and blocks by hand do not lose what is under way.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

const RULES: &str = r#"
[[rule]]
id = "pitch/short"
why = "A day's rest"
stage = "enforce"
then = "block"
block_for = "1d"
any = [{ words = ["offer"] }]
examples.match = ["an offer"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "hotline/refund"
why = "Refund hotlines"
stage = "hold"
then = "block"
any = [{ words = ["hotline"] }]
examples.match = ["Call our hotline"]
examples.pass = ["Call me"]
"#;

async fn short(database: Database) -> Bot {
    Setup::on(database).rules(RULES).start().await
}

impl Bot {
    /// Somebody writes whom Featurebase had let go for a moment.
    async fn hears_from_the_blocked(&self, contact: &str, text: &str) {
        self.sandbox.unblock_by_hand(contact);
        self.writes(contact, text);
        self.sandbox.block_by_hand(contact);
        self.settles().await;
    }

    async fn attempts_at(&self, contact: &str) -> usize {
        let story = self.story_of(contact).await;
        story.iter().filter(|row| *row == "attempted").count()
    }

    /// Lets a held message go while the next call is on the wire.
    async fn releases_during_a_call(&self, contact: &str) {
        let before = self.attempts_at(contact).await;
        let worker = self.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while self.attempts_at(contact).await == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.desk.release(contact, ana("let it be")).await.unwrap();
        under_way.await.unwrap().unwrap();
    }
}

on_both_databases! {
    async fn letting_a_hold_go_does_not_lose_an_unblock_that_waits(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Unblock, FaultKind::Status(500)));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.later(MINUTE).await;
        bot.hears_from_the_blocked(&jo, PITCH).await;
        assert_eq!(bot.desk.holds(10).await.unwrap().len(), 1);
        bot.desk.release(&jo, ana("let it be")).await.unwrap();
        bot.sandbox.remove_fault(fault);
        bot.passes(HOUR * 2, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "unblocked");
    }

    async fn letting_a_hold_go_does_not_lose_an_unblock_on_the_wire(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Unblock, FaultKind::Status(500)));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.settles().await;
        bot.hears_from_the_blocked(&jo, PITCH).await;
        bot.sandbox.remove_fault(fault);
        bot.sandbox.fault(Fault::once(FaultTarget::Unblock, FaultKind::Hang));
        bot.clock.advance(HOUR);
        bot.releases_during_a_call(&jo).await;
        bot.passes(HOUR * 2, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
    }

    async fn letting_a_hold_go_does_not_lose_the_end_of_a_block(database) {
        let bot = short(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Unblock, FaultKind::Status(500)));
        bot.later(DAY).await;
        bot.hears_from_the_blocked(&mallory, "hotline").await;
        bot.desk.release(&mallory, ana("let it be")).await.unwrap();
        bot.sandbox.remove_fault(fault);
        bot.passes(HOUR * 2, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&mallory), "{:?}", bot.story_of(&mallory).await);
    }

    async fn letting_a_hold_go_asks_for_no_unblock_where_none_is_due(database) {
        let bot = short(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, "hotline");
        bot.settles().await;
        bot.desk.release(&jo, ana("let it be")).await.unwrap();
        assert_eq!(bot.jobs(Task::Unblock).await, 0);
    }

    async fn a_block_a_teammate_made_by_hand_is_left_to_them(database) {
        let bot = short(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.sandbox.deliver_due().await;
        bot.sandbox.block_by_hand(&mallory);
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "already_blocked");
        assert_eq!(bot.posts(), 0, "nothing need be asked");
        bot.later(DAY * 2).await;
        assert!(bot.sandbox.is_blocked(&mallory));
        assert_eq!(bot.jobs(Task::EndBlock).await, 0);
    }

    async fn a_block_of_ours_whose_end_fails_stays_ours(database) {
        let bot = short(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Unblock, FaultKind::Status(500)));
        bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::SecondBlock(409)));
        bot.later(DAY).await;
        bot.hears_from_the_blocked(&mallory, "offer").await;
        bot.passes(MINUTE * 5, MINUTE).await;
        assert_eq!(bot.story_of(&mallory).await.iter().filter(|row| *row == "block_end_planned").count(), 2, "{:?}", bot.story_of(&mallory).await);
        bot.sandbox.remove_fault(fault);
        bot.passes(DAY * 2, HOUR).await;
        assert!(!bot.sandbox.is_blocked(&mallory), "{:?}", bot.story_of(&mallory).await);
    }

    async fn a_block_of_ours_that_a_person_confirms_still_ends(database) {
        let bot = short(database).await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "offer");
        bot.settles().await;
        bot.later(HOUR).await;
        bot.hears_from_the_blocked(&mallory, "offer").await;
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "decided hold");
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::SecondBlock(409)));
        bot.desk.confirm(&mallory, ana("spam")).await.unwrap();
        bot.settles().await;
        let story = bot.story_of(&mallory).await;
        assert_eq!(story[story.len() - 2..], ["already_blocked", "block_end_planned"]);
        bot.later(DAY).await;
        assert!(!bot.sandbox.is_blocked(&mallory));
    }

    async fn a_block_of_ours_whose_answer_was_lost_still_ends(database) {
        let bot = short(database).await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::LostAnswer));
        bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::SecondBlock(409)));
        // Nothing can be read back: the second attempt is made in the dark.
        bot.sandbox.fault(Fault::always(FaultTarget::Read, FaultKind::Status(404)));
        bot.writes(&mallory, "offer");
        bot.passes(MINUTE * 5, MINUTE).await;
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "block_end_planned", "{:?}", bot.story_of(&mallory).await);
        bot.later(DAY).await;
        assert!(!bot.sandbox.is_blocked(&mallory));
    }
}
