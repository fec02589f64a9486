//! Between the decision and the call things may have changed: a last look before somebody is blocked.

use std::time::Duration;

use featurebase_bouncer::sandbox::NewContact;

use crate::bot::{Bot, PITCH, RULES, Setup, ana};
use crate::on_both_databases;

on_both_databases! {
    async fn an_answer_we_were_never_told_of_protects(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        let written = bot.writes(&jo, PITCH);
        bot.sandbox.deliver_due().await;
        bot.sandbox.admin_replies(&written.conversation, "Let us talk.").unwrap();
        bot.worker.drain().await.unwrap();
        assert_eq!(bot.sandbox.blocks(), Vec::<String>::new());
        assert_eq!(bot.story_of(&jo).await.last().unwrap(), "held");
        let holds = bot.desk.holds(10).await.unwrap();
        assert_eq!((holds.len(), holds[0].rules.as_str()), (1, "pitch/backlinks"));
        bot.desk.confirm(&jo, ana("spam all the same")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [jo]);
    }

    async fn the_never_list_protects_though_the_delivery_names_no_address(database) {
        let policy = "[policy]\nnever = { sender_email_domain = [\"ourcompany.com\"] }\n";
        let bot = Setup::on(database).more_rules(policy).start().await;
        let colleague = bot.sandbox.add_contact(NewContact::lead("colleague").email("ana@ourcompany.com"));
        let stranger = bot.sandbox.add_contact(NewContact::lead("stranger").email("x@example.com"));
        bot.writes(&colleague, PITCH);
        bot.writes(&stranger, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [stranger]);
        assert!(bot.why(&colleague).await.contains("never blocks anybody at ourcompany.com"));
    }

    async fn blocks_of_a_rule_that_was_mended_while_stopped_wait_for_a_person(database) {
        let mut bot = Bot::on(database).await;
        let customer = bot.lead("wrongly hit");
        let spammer = bot.lead("rightly hit");
        bot.desk.stop(ana("a rule went wrong")).await.unwrap();
        bot.writes(&customer, "Where is the guest post form?");
        bot.writes(&spammer, PITCH);
        bot.settles().await;
        std::fs::write(bot.rules_dir.join("rules.toml"), RULES.replace("\"backlinks\", \"guest post\"", "\"backlinks\"")).unwrap();
        bot.running.rulewatch.as_mut().unwrap().check().await.unwrap();
        bot.desk.go(ana("mended")).await.unwrap();
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [spammer]);
        assert_eq!(bot.story_of(&customer).await.last().unwrap(), "held");
    }

    async fn blocks_decided_before_the_mode_became_hold_wait_for_a_person(database) {
        let database = std::sync::Arc::new(database);
        let bot = Setup::beside(database.clone()).start().await;
        bot.desk.stop(ana("odd")).await.unwrap();
        let jo = bot.lead("jo");
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.desk.go(ana("careful now")).await.unwrap();
        let (sandbox, clock) = (bot.sandbox.clone(), bot.clock.clone());
        bot.running.stop().await;
        clock.advance(Duration::from_secs(5));
        let careful = Setup::beside(database).set("BOUNCER_MODE", "hold").join(sandbox, clock).await;
        careful.worker.drain().await.unwrap();
        assert_eq!(careful.sandbox.blocks(), Vec::<String>::new());
        assert_eq!(careful.story_of(&jo).await.last().unwrap(), "held");
    }
}
