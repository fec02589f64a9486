//! A block that Featurebase says is done and does not show: it is not asked for without end, since a teammate may be the one
//! who takes it back there.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};

use crate::bot::{Bot, PITCH, ana};
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

impl Bot {
    fn blocks_asked_for(&self) -> usize {
        let calls = self.sandbox.calls();
        calls
            .iter()
            .filter(|call| call.path.ends_with("/block"))
            .count()
    }
}

on_both_databases! {
    async fn a_block_that_never_shows_is_asked_for_a_minute_and_then_held(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::NoEffect));
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.passes(MINUTE * 10, Duration::from_secs(5)).await;
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "held", "{:?}", bot.story_of(&mallory).await);
        let asked = bot.blocks_asked_for();
        assert!((2..=8).contains(&asked), "asked {asked} times");
        let holds = bot.desk.holds(10).await.unwrap();
        assert!(holds[0].because.contains("somebody takes it back there"), "{}", holds[0].because);
        bot.passes(HOUR * 24, HOUR).await;
        assert_eq!(bot.blocks_asked_for(), asked, "not for days");
    }

    async fn what_was_said_to_be_done_and_is_not_so_later_is_held(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::NoEffect));
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        let outage = bot.sandbox.fault(Fault::always(FaultTarget::Any, FaultKind::Status(503)));
        bot.passes(MINUTE * 5, Duration::from_secs(10)).await;
        bot.sandbox.remove_fault(outage);
        bot.passes(HOUR, MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new());
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "held");
    }

    async fn a_persons_block_that_never_shows_ends_and_says_so(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::NoEffect));
        let jo = bot.lead("jo");
        bot.writes(&jo, "Please call our refund department");
        bot.settles().await;
        bot.desk.confirm(&jo, ana("a stolen account")).await.unwrap();
        bot.passes(HOUR, Duration::from_secs(20)).await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "refused");
        assert!(bot.why(&jo).await.contains("somebody takes it back there"));
        assert!(bot.blocks_asked_for() <= 8);
    }
}
