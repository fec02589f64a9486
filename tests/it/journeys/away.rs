//! Nobody was there to notice what people did: it is looked for before a rule blocks again.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, Setup, ana};
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

impl Bot {
    async fn recorded(&self, action: &str) -> usize {
        let record = self.record().await;
        record
            .iter()
            .filter(|row| row.action.as_str() == action)
            .count()
    }

    /// Ends; the next one starts so much later.
    async fn stays_away(self, for_so_long: Duration) -> Self {
        let rest = self.ends().await;
        rest.clock.advance(for_so_long);
        rest.starts().await
    }
}

on_both_databases! {
    async fn a_block_that_waited_over_a_long_absence_is_held(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::Status(503)));
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        bot.sandbox.remove_fault(fault);
        let bot = bot.stays_away(HOUR).await;
        bot.passes(MINUTE * 10, MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new());
        let holds = bot.desk.holds(10).await.unwrap();
        assert!(holds[0].because.contains("the bouncer was away since 2026-07-01T10:00:00.000Z: somebody may have unblocked them meanwhile"), "{}", holds[0].because);
        assert_eq!((bot.recorded("reconcile_started").await, bot.recorded("reconciled").await), (1, 1));
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new(), "in doubt a person decides about the next message, too");
        bot.desk.confirm(&mallory, ana("spam it is")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn after_a_short_absence_blocks_go_on(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mallory");
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::Status(503)));
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        let bot = bot.stays_away(MINUTE * 5).await;
        bot.passes(MINUTE * 10, MINUTE).await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
        assert_eq!(bot.recorded("reconcile_started").await, 0);
    }

    async fn whom_a_teammate_unblocked_meanwhile_is_not_blocked_again(database) {
        let bot = Bot::on(database).await;
        let (jo, mallory) = (bot.lead("jo"), bot.lead("mallory"));
        for contact in [&jo, &mallory] {
            bot.writes(contact, PITCH);
        }
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&jo);
        let bot = bot.stays_away(HOUR).await;
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "unblocked_there");
        assert!(bot.why(&jo).await.contains("a person unblocked them there"));
        bot.writes(&jo, PITCH);
        bot.settles().await;
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "decided hold");
        assert!(!bot.sandbox.is_blocked(&jo));
        assert!(bot.sandbox.is_blocked(&mallory));
        assert_eq!(bot.story_of(&mallory).await.last().unwrap(), "blocked", "where all is as it was nothing is done");
    }

    async fn until_it_is_known_no_rule_blocks_and_people_may(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let bot = bot.stays_away(HOUR).await;
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Read, FaultKind::Garbage));
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.passes(MINUTE * 5, MINUTE).await;
        assert_eq!(bot.jobs(Task::Reconcile).await, 1);
        let told = bot.asks("/readyz").await;
        assert!(told.0 == 200 && told.1.contains("no rule blocks before it is done: no bouncer was at work since 2026-07-01T10:00:00.000Z"), "{}", told.1);
        assert!(bot.asks("/metrics").await.1.contains("bouncer_reconciling 1"));
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided block"], "it is not even tried");
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.passes(MINUTE, Duration::from_secs(10)).await;
        assert!(!bot.sandbox.is_blocked(&jo), "a person's order does not wait");
        bot.sandbox.remove_fault(fault);
        bot.passes(HOUR, MINUTE).await;
        assert!(bot.sandbox.is_blocked(&mallory), "{:?}", bot.story_of(&mallory).await);
        assert!(!bot.sandbox.is_blocked(&jo));
        assert!(bot.asks("/metrics").await.1.contains("bouncer_reconciling 0"));
    }

    async fn one_conversation_that_cannot_be_read_does_not_keep_rules_waiting_for_ever(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let bot = bot.stays_away(HOUR).await;
        bot.sandbox.fault(Fault::times(8, FaultTarget::Read, FaultKind::Huge));
        bot.passes(HOUR, MINUTE).await;
        assert_eq!(bot.recorded("reconciled").await, 1);
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&mallory));
    }

    async fn how_long_an_absence_is_long_is_a_setting(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        let rest = bot.ends().await;
        rest.clock.advance(HOUR);
        let bot = Setup::beside(rest.database).set("BOUNCER_RECONCILE_AFTER", "2h").join(rest.sandbox, rest.clock).await;
        bot.settles().await;
        assert_eq!(bot.recorded("reconcile_started").await, 0);
    }

    async fn where_nobody_was_blocked_nothing_is_compared(database) {
        let bot = Bot::on(database).await;
        let bot = bot.stays_away(HOUR * 100).await;
        bot.settles().await;
        assert_eq!(bot.recorded("reconcile_started").await, 0);
        assert_eq!(bot.sandbox.calls(), []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_compares() {
    let brakes = "[policy]\nbrake.per_rule = { blocks = 500, within = \"10m\" }\nbrake.total = { blocks = 500, within = \"10m\" }\nbrake.share = { part = 1.0, of_at_least = 1, within = \"1h\" }\n";
    let database = crate::database::Database::postgres().await;
    let bot = Setup::on(database).more_rules(brakes).start().await;
    let spammers: Vec<String> = (0..20)
        .map(|number| bot.lead(&format!("spammer {number}")))
        .collect();
    for spammer in &spammers {
        bot.writes(spammer, PITCH);
        bot.later(MINUTE).await;
    }
    let rest = bot.ends().await;
    rest.clock.advance(HOUR);
    for spammer in &spammers {
        rest.sandbox.unblock_by_hand(spammer);
    }
    let before = rest.sandbox.calls().len();
    let (sandbox, clock) = (rest.sandbox.clone(), rest.clock.clone());
    let (one, two) = (Setup::beside(rest.database.clone()), rest.database.clone());
    let one = one.join(sandbox.clone(), clock.clone()).await;
    let two = Setup::beside(two).join(sandbox, clock).await;
    let (a, b) = (one.worker.clone(), two.worker.clone());
    let (a, b) = tokio::join!(
        tokio::spawn(async move { a.drain().await }),
        tokio::spawn(async move { b.drain().await })
    );
    a.unwrap().unwrap();
    b.unwrap().unwrap();
    one.passes(MINUTE * 2, MINUTE).await;
    assert_eq!(one.recorded("reconcile_started").await, 1);
    assert_eq!(one.recorded("reconciled").await, 1);
    assert_eq!(one.recorded("unblocked_there").await, spammers.len());
    assert_eq!(
        one.sandbox.calls().len() - before,
        spammers.len(),
        "each was looked at once"
    );
}
