use featurebase_bouncer::store::audit::Action;
use featurebase_bouncer::store::jobs::Task;

use crate::bot::{Bot, PITCH, RULES, Setup};
use crate::on_both_databases;

impl Bot {
    fn edits(&self, text: &str) {
        std::fs::write(self.rules_dir.join("rules.toml"), text).unwrap();
    }

    async fn looks_at_rules(&mut self) {
        self.running
            .rulewatch
            .as_mut()
            .unwrap()
            .check()
            .await
            .unwrap();
    }

    async fn times(&self, action: Action) -> usize {
        self.record()
            .await
            .iter()
            .filter(|row| row.action == action)
            .count()
    }
}

on_both_databases! {
    async fn a_bad_edit_keeps_the_old_rules_and_is_loud(database) {
        let mut bot = Bot::on(database).await;
        bot.edits(&RULES.replace("stage = \"enforce\"", "stage = \"enforced\""));
        bot.looks_at_rules().await;
        bot.looks_at_rules().await;
        assert_eq!(bot.times(Action::RulesRejected).await, 1, "once for one edit");
        let rejected = bot.record().await.into_iter().find(|row| row.action == Action::RulesRejected).unwrap();
        assert!(rejected.detail.to_string().contains("rules.toml:5:9"), "{}", rejected.detail);
        let (status, told) = bot.asks("/readyz").await;
        assert_eq!(status, 200);
        assert!(told.contains("what was in force stays in force"), "{told}");
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn a_good_edit_comes_into_force_and_is_recorded(database) {
        let mut bot = Bot::on(database).await;
        bot.edits(&RULES.replace("\"backlinks\", \"guest post\"", "\"backlinks\", \"guest post\", \"telegram\""));
        bot.looks_at_rules().await;
        assert_eq!(bot.times(Action::RulesAdopted).await, 2, "the first book and this one");
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, "write me on Telegram");
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn a_deleted_folder_never_means_no_rules(database) {
        let mut bot = Bot::on(database).await;
        std::fs::remove_dir_all(&bot.rules_dir).unwrap();
        bot.looks_at_rules().await;
        assert_eq!(bot.times(Action::RulesRejected).await, 1);
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn an_empty_folder_never_means_no_rules(database) {
        let mut bot = Bot::on(database).await;
        std::fs::remove_file(bot.rules_dir.join("rules.toml")).unwrap();
        bot.looks_at_rules().await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn at_start_with_bad_rules_the_last_good_ones_of_the_store_judge(database) {
        let database = std::sync::Arc::new(database);
        Setup::beside(database.clone()).start().await.running.stop().await;
        let bot = Setup::beside(database).rules("[[rule]]\nid = 5\n").start().await;
        assert!(bot.running.line.contains("the last good ones"), "{}", bot.running.line);
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
    }

    async fn with_no_good_rules_at_all_judging_waits_and_nothing_is_lost(database) {
        let mut bot = Setup::on(database).rules("[[rule]]\nid = 5\n").start().await;
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        let (status, told) = bot.asks("/readyz").await;
        assert_eq!(status, 503);
        assert!(told.contains("rules: none in force"), "{told}");
        assert_eq!(bot.jobs(Task::Judge).await, 1);
        assert!(bot.why(&mallory).await.contains("was never blocked"));
        bot.edits(RULES);
        bot.looks_at_rules().await;
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
        assert_eq!(bot.asks("/readyz").await.0, 200);
    }
}
