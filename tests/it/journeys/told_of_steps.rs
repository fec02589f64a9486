//! What teammates and the operator are told of a flag whose message also led to a block that came to nothing.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};

use super::besides::ADMIN;
use super::ear::Ear;
use crate::bot::{Bot, Setup, ana};
use crate::database::Database;
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);

const RULES: &str = r#"
[[rule]]
id = "pitch/backlinks"
why = "Cold offers of links"
stage = "enforce"
then = "block"
any = [{ words = ["backlinks"] }]
examples.match = ["I sell backlinks"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "talk/rude"
why = "Rude words"
stage = "enforce"
then = "flag"
also = ["note", "notify"]
any = [{ words = ["rude"] }]
"#;

async fn bot(database: Database) -> (Bot, Ear) {
    let ear = Ear::default();
    let url = ear.listen().await;
    let setup = Setup::on(database)
        .rules(RULES)
        .set("BOUNCER_ADMIN_ID", ADMIN)
        .set("BOUNCER_NOTIFY_URL", &url);
    (setup.start().await, ear)
}

on_both_databases! {
    async fn a_held_block_is_not_told_as_one_and_nothing_is_told_twice(database) {
        let (bot, ear) = bot(database).await;
        let jo = bot.lead("jo");
        let written = bot.writes(&jo, "rude backlinks");
        bot.sandbox.deliver_due().await;
        bot.sandbox.admin_replies(&written.conversation, "Let us talk.").unwrap();
        bot.worker.drain().await.unwrap();
        let notes = bot.notes(&written.conversation);
        assert!(notes[0].starts_with("Featurebase Bouncer flagged this message: Rude words"), "{notes:?}");
        assert_eq!(ear.told()[0]["verdict"], "hold");
        bot.desk.confirm(&jo, ana("spam all the same")).await.unwrap();
        bot.settles().await;
        assert!(bot.sandbox.is_blocked(&jo));
        assert_eq!((bot.notes(&written.conversation).len(), ear.told().len()), (1, 1));
    }

    async fn a_refused_block_is_told_as_a_flag(database) {
        let (bot, ear) = bot(database).await;
        bot.sandbox.fault(Fault::once(FaultTarget::Block, FaultKind::Status(404)));
        let jo = bot.lead("jo");
        let written = bot.writes(&jo, "rude backlinks");
        bot.settles().await;
        assert!(bot.notes(&written.conversation)[0].starts_with("Featurebase Bouncer flagged this message"));
        assert_eq!(ear.told()[0]["verdict"], "flag");
    }

    async fn a_block_that_was_done_is_told_as_one(database) {
        let (bot, ear) = bot(database).await;
        let jo = bot.lead("jo");
        let written = bot.writes(&jo, "rude backlinks");
        bot.settles().await;
        assert!(bot.notes(&written.conversation)[0].starts_with("Featurebase Bouncer blocked this contact"));
        assert_eq!(ear.told()[0]["verdict"], "block");
    }

    async fn a_stop_while_a_note_is_looked_for_keeps_it_back(database) {
        let (bot, _) = bot(database).await;
        let jo = bot.lead("jo");
        bot.sandbox.fault(Fault::once(FaultTarget::Note, FaultKind::Status(500)));
        let written = bot.writes(&jo, "rude");
        bot.settles().await;
        bot.clock.advance(MINUTE);
        bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Slow(Duration::from_millis(200))));
        let calls = bot.sandbox.calls().len();
        let worker = bot.worker.clone();
        let under_way = tokio::spawn(async move { worker.drain().await });
        while bot.sandbox.calls().len() == calls {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bot.desk.stop(ana("odd")).await.unwrap();
        under_way.await.unwrap().unwrap();
        assert_eq!(bot.notes(&written.conversation), Vec::<String>::new());
        bot.desk.go(ana("well")).await.unwrap();
        bot.later(MINUTE).await;
        assert_eq!(bot.notes(&written.conversation).len(), 1);
    }

    async fn an_address_that_fails_is_not_counted_as_featurebase_failing(database) {
        let (bot, ear) = bot(database).await;
        *ear.answers.lock().unwrap() = vec![403, 503];
        let jo = bot.lead("jo");
        bot.writes(&jo, "rude");
        bot.passes(MINUTE * 3, MINUTE).await;
        let metrics = bot.asks("/metrics").await.1;
        assert!(!metrics.contains("final-failure"), "{metrics}");
        for outcome in ["retry", "refused"] {
            let counted = format!("bouncer_notices_total{{outcome=\"{outcome}\"}} 1");
            assert!(metrics.contains(&counted), "{counted}\n{metrics}");
        }
    }
}
