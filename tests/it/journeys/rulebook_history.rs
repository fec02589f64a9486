//! Versions of the rules: what each did, and how two differ.

use std::time::Duration;

use featurebase_bouncer::desk::rulebooks::diff::{diff, unified};
use featurebase_bouncer::desk::rulebooks::history::Adoption;
use featurebase_bouncer::desk::rulebooks::{Named, Version};
use featurebase_bouncer::time::parse_stretch;

use crate::bot::{Bot, PITCH, RULES, ana};
use crate::on_both_databases;

impl Bot {
    /// Edits the rule files and has the edit looked at.
    pub async fn edits_rules(&mut self, text: &str) {
        std::fs::write(self.rules_dir.join("rules.toml"), text).unwrap();
        self.looks_at_the_folder().await;
    }

    pub async fn looks_at_the_folder(&mut self) {
        for _ in 0..2 {
            self.running
                .rulewatch
                .as_mut()
                .unwrap()
                .check()
                .await
                .unwrap();
        }
    }

    pub async fn version(&self, name: &str) -> Version {
        let named: Named = name.parse().unwrap();
        self.desk.version(&named, &[]).await.unwrap()
    }

    pub async fn history(&self) -> String {
        let history = self.desk.rules_history(None, None, 20).await.unwrap();
        let lines: Vec<String> = history.iter().flat_map(Adoption::lines).collect();
        lines.join("\n")
    }
}

fn later() -> String {
    RULES
        .replace("[\"backlinks\", \"guest post\"]", "[\"backlinks\"]")
        .replace("stage = \"hold\"", "stage = \"enforce\"")
        + "\n[policy]\nblock_at = 12\nbrake.total = { blocks = 5, within = \"1h\" }\n"
}

on_both_databases! {
    async fn each_version_is_told_with_its_edit_and_what_it_did(database) {
        let mut bot = Bot::on(database).await;
        let (mallory, eve, jo) = (bot.lead("mallory"), bot.lead("eve"), bot.lead("jo"));
        bot.writes(&mallory, PITCH);
        bot.writes(&jo, "our refund department");
        bot.settles().await;
        bot.desk.unblock(&mallory, ana("a partner")).await.unwrap();
        bot.later(Duration::from_mins(30)).await;
        bot.edits_rules("[[rule]]\nid = 5\n").await;
        bot.later(Duration::from_mins(11)).await;
        bot.edits_rules(&later()).await;
        bot.writes(&eve, PITCH);
        bot.settles().await;
        let digests = bot.store.adopted_books().await.unwrap();
        let told = bot.history().await.replace(digests[0].0.short(), "SECOND").replace(digests[1].0.short(), "FIRST");
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r"
            2026-07-01T10:41:00.000Z  SECOND  in force
                rules.toml changed; 3 rules, 2 warnings
                1 decisions: 1 blocks, 0 holds, 0 flags; 0 of these contacts were freed by a person
            2026-07-01T10:00:00.000Z  FIRST  until 2026-07-01T10:41:00.000Z
                no file changed, or nothing was in force before; 3 rules, 2 warnings
                2 decisions: 1 blocks, 1 holds, 0 flags; 1 of these contacts were freed by a person
                2026-07-01T10:30:00.000Z  an edit was refused, 5 to mend: rules.toml:1:1: this rule has no `why` [missing-key]
            ");
        }
        let (first, last) = parse_stretch("2026-07-01T10:41").unwrap();
        let none = bot.desk.rules_history(Some(last), None, 20).await.unwrap();
        assert_eq!(none.len(), 0, "after that minute nothing came into force");
        assert_eq!(bot.desk.rules_history(Some(first), None, 20).await.unwrap().len(), 1);
    }

    async fn a_version_is_named_by_digits_by_a_moment_or_by_now(database) {
        let mut bot = Bot::on(database).await;
        bot.later(Duration::from_mins(41)).await;
        bot.edits_rules(&later()).await;
        let books = bot.store.adopted_books().await.unwrap();
        let (second, first) = (books[0].0.clone(), books[1].0.clone());
        assert_eq!(bot.version("now").await.digest, second);
        assert_eq!(bot.version(&first.0[..6]).await.digest, first);
        assert_eq!(bot.version("@2026-07-01T10:40").await.digest, first);
        assert_eq!(bot.version("@2026-07-01T10:41").await.digest, second, "the edit of that minute");
        assert_eq!(bot.version("@2026-07-01").await.digest, second);
        for (name, told) in [("@2026-06-30", "no rules were in force yet"), ("ffff", "no rules whose digest begins with `ffff`")] {
            let error = bot.desk.version(&name.parse().unwrap(), &[]).await.unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        for (name, told) in [("abc", "names no version"), ("latest", "names no version"), ("@yesterday", "is not a moment")] {
            assert!(name.parse::<Named>().unwrap_err().contains(told), "{name}");
        }
    }

    async fn two_versions_differ_in_words_and_in_lines(database) {
        let mut bot = Bot::on(database).await;
        let old = bot.version("now").await;
        let more = later().replace("id = \"watch/crypto\"", "id = \"watch/coins\"");
        bot.edits_rules(&more).await;
        let new = bot.version("now").await;
        let told = diff(&old.load().unwrap(), &new.load().unwrap()).lines().join("\n");
        let told = told.replace(old.digest.short(), "OLD").replace(new.digest.short(), "NEW");
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r"
            From OLD to NEW:
            Rule hotline/refund was changed (rules.toml).
                was: propose to block, and wait for a person, if the message has the words “refund department”.
                is:  block if the message has the words “refund department”.
            Rule pitch/backlinks was changed (rules.toml).
                was: block if the message has the words “backlinks” or “guest post”.
                is:  block if the message has the words “backlinks”.
            Rule watch/coins was added (rules.toml, observe).
                is:  only write down that it would block if the message has the words “airdrop”.
            Rule watch/crypto was taken out (rules.toml, observe).
                was: only write down that it would block if the message has the words “airdrop”.
            Policy, block_at:
                was: 10 points
                is:  12 points
            Policy, brake.total:
                was: at most 60 blocks within 1h
                is:  at most 5 blocks within 1h
            ");
        }
        let text = unified(&old.files, &new.files);
        assert!(text.starts_with("--- old/rules.toml\n+++ new/rules.toml\n@@ "), "{text}");
        assert!(text.contains("\n-any = [{ words = [\"backlinks\", \"guest post\"] }]\n+any = [{ words = [\"backlinks\"] }]\n"), "{text}");
        assert_eq!(unified(&old.files, &old.files), "");
        let same = diff(&old.load().unwrap(), &old.load().unwrap());
        assert!(same.is_empty() && same.lines()[1] == "They are the same files.");
    }
}
