//! An edit is undone in one step, by somebody who does not program.

use std::process::{Command, Output};

use featurebase_bouncer::rulewatch::folder;
use featurebase_bouncer::rulewatch::putback;
use featurebase_bouncer::store::audit::Action;

use crate::bot::{Bot, PITCH, RULES};
use crate::on_both_databases;

impl Bot {
    /// Runs the program beside the running bot, on the same store and rules.
    pub fn says(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_bouncer"))
            .args(arguments)
            .env("BOUNCER_DATA_DIR", &self.config.data_dir)
            .env("BOUNCER_DATABASE_URL", self.database.url())
            .env("BOUNCER_RULES_DIR", &self.rules_dir)
            .env("BOUNCER_ALLOW_UNSAFE_POSTGRES", "true")
            .current_dir(self.database.folder.path())
            .output()
            .unwrap()
    }

    pub fn tells(&self, arguments: &[&str], code: i32) -> String {
        let output = self.says(arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{told}");
        told
    }

    fn file(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.rules_dir.join(name)).ok()
    }
}

on_both_databases! {
    async fn an_edit_is_undone_in_one_step_and_the_record_says_who_did_it(database) {
        let mut bot = Bot::on(database).await;
        let first = bot.version("now").await.digest;
        // The edit empties a rule, adds a file in a folder of its own, and brings a list.
        std::fs::create_dir_all(bot.rules_dir.join("more/deep")).unwrap();
        std::fs::write(bot.rules_dir.join("more/deep/new.toml"), RULES.replace("pitch/backlinks", "new/a").replace("hotline/refund", "new/b").replace("watch/crypto", "new/c")).unwrap();
        bot.edits_rules(&RULES.replace("\"backlinks\", \"guest post\"", "\"guest post\"").replace("I sell backlinks", "a guest post")).await;
        let second = bot.version("now").await.digest;
        assert_ne!(first, second);

        let told = bot.tells(&["rules", "rollback", &first.0[..8], "--reason", "it hit partners", "--by", "ana"], 0);
        assert!(told.contains(&format!("now holds {}", first.short())), "{told}");
        assert_eq!(bot.file("rules.toml").unwrap(), RULES);
        assert_eq!(bot.file("more/deep/new.toml"), None, "what that version had not is gone");
        assert_eq!(folder::read(&bot.rules_dir).digest(), first);
        let left: Vec<_> = std::fs::read_dir(&bot.rules_dir).unwrap().map(|entry| entry.unwrap().file_name()).filter(|name| name.to_string_lossy().starts_with('.')).collect();
        assert!(left.is_empty(), "{left:?}");
        let backup = std::path::PathBuf::from(told.lines().last().unwrap().split("is kept in ").nth(1).unwrap());
        assert_eq!(folder::read(&backup).digest(), second, "what was there is kept whole");
        assert!(!backup.starts_with(&bot.rules_dir));

        bot.looks_at_the_folder().await;
        assert_eq!(bot.version("now").await.digest, first);
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
        let row = bot.record().await.into_iter().find(|row| row.action == Action::RulesRolledBack).unwrap();
        assert_eq!((row.actor.as_str(), row.detail["reason"].as_str(), row.detail["to"].as_str()), ("ana", Some("it hit partners"), Some(first.0.as_str())));
        let history = bot.tells(&["rules", "history"], 0);
        assert!(history.contains("put back by ana: it hit partners, more/deep/new.toml removed, rules.toml changed"), "{history}");
        let told = bot.tells(&["rules", "rollback", &first.0, "--reason", "again", "--by", "ana"], 0);
        assert!(told.contains("already; nothing was changed"), "{told}");
    }

    async fn edits_that_were_never_in_force_are_not_thrown_away(database) {
        let mut bot = Bot::on(database).await;
        let first = bot.version("now").await.digest;
        bot.edits_rules(&RULES.replace("airdrop", "giveaway")).await;
        let unfinished = "[[rule]]\nid = \"half";
        bot.edits_rules(unfinished).await;
        let told = bot.tells(&["rules", "rollback", &first.0, "--reason", "x", "--by", "ana"], 1);
        assert!(told.contains("has edits that were never in force") && told.contains("--force"), "{told}");
        assert_eq!(bot.file("rules.toml").unwrap(), unfinished);
        assert_eq!(bot.record().await.iter().filter(|row| row.action == Action::RulesRolledBack).count(), 0);
        let told = bot.tells(&["rules", "rollback", &first.0, "--reason", "x", "--by", "ana", "--force"], 0);
        let backup = told.lines().last().unwrap().split("is kept in ").nth(1).unwrap().to_owned();
        assert_eq!(std::fs::read_to_string(std::path::Path::new(&backup).join("rules.toml")).unwrap(), unfinished);
        assert_eq!(bot.file("rules.toml").unwrap(), RULES);
    }

    async fn what_cannot_be_done_changes_nothing_and_says_why(database) {
        let bot = Bot::on(database).await;
        for (version, told) in [("ffffff", "were ever in force"), ("disk", "cannot be put back"), ("@2026-01-01", "no rules were in force yet")] {
            let answer = bot.tells(&["rules", "rollback", version, "--reason", "x", "--by", "ana"], 2);
            assert!(answer.contains(told), "{answer}");
        }
        let answer = bot.tells(&["rules", "rollback", "yesterday", "--reason", "x"], 2);
        assert!(answer.contains("names no version of the rules"), "{answer}");
        assert_eq!(bot.file("rules.toml").unwrap(), RULES);
    }

    async fn a_version_is_shown_and_written_elsewhere(database) {
        let bot = Bot::on(database).await;
        let shown = bot.tells(&["rules", "show", "now"], 0);
        assert!(shown.starts_with("# ---- rules.toml\n") && shown.contains("id = \"pitch/backlinks\""), "{shown}");
        let folder = bot.database.folder.path().join("copy");
        bot.tells(&["rules", "show", "now", "--to", folder.to_str().unwrap()], 0);
        assert_eq!(std::fs::read_to_string(folder.join("rules.toml")).unwrap(), RULES);
        let again = bot.tells(&["rules", "show", "now", "--to", folder.to_str().unwrap()], 2);
        assert!(again.contains("is not empty"), "{again}");
        std::fs::write(bot.rules_dir.join("rules.toml"), RULES.replace("airdrop", "giveaway")).unwrap();
        let told = bot.tells(&["rules", "diff", "now", "disk"], 0);
        assert!(told.contains("Rule watch/crypto was changed"), "{told}");
        let told = bot.tells(&["rules", "diff", "now", "disk", "--text"], 0);
        assert!(told.contains("+++ new/rules.toml"), "{told}");
    }
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["../out.toml", "/out.toml", "a/../../out.toml", ""] {
        let file = featurebase_bouncer::rules::RuleFile {
            name: name.to_owned(),
            bytes: b"x".to_vec(),
        };
        let refused = putback::put_back(folder.path(), &[], &[file]).unwrap_err();
        assert!(
            refused.to_string().contains("no name of a file"),
            "{refused}"
        );
    }
}
