//! `bouncer undo`, `confirm` and `rules ledger` against a running bouncer.

use featurebase_bouncer::sandbox::{Draft, NewContact};

use super::{Site, rules, text, until};
use crate::bot::PITCH;
use crate::on_both_databases;

on_both_databases! {
    async fn a_rule_is_undone_from_the_command_line_and_the_result_stands_in_a_file(database) {
        let site = Site::new(database, rules(), 1).await;
        site.sandbox.run_deliveries();
        let mut process = site.starts();
        site.is_ready().await;
        let mut contacts = Vec::new();
        for number in 0..6 {
            let contact = site.sandbox.add_contact(NewContact::lead(&format!("contact {number}")));
            site.sandbox.write(&contact, &Draft::markdown(PITCH)).unwrap();
            contacts.push(contact);
        }
        until("all are blocked", async || contacts.iter().all(|contact| site.sandbox.is_blocked(contact))).await;
        until("that is settled", async || {
            let blocked = site.says(&["audit", "--action", "blocked", "--json"]);
            serde_json::from_slice::<Vec<serde_json::Value>>(&blocked.stdout).is_ok_and(|rows| rows.len() == 6)
        }).await;
        let right = site.says(&["confirm", "right", &contacts[0], "--reason", "=spam", "--by", "ana"]);
        assert_eq!(right.status.code(), Some(0), "{}", text(&right.stderr));
        let file = site.database.folder.path().join("undone.csv");
        let path = file.display().to_string();
        let order = ["undo", "--rule", "pitch/*", "--reason", "the rule was wrong", "--by", "ana", "--out", &path];
        let shown = site.says(&order);
        let told = text(&shown.stdout);
        assert!(told.contains("5 would be unblocked") && told.contains("1 are left alone"), "{told}");
        assert!(told.contains("goes on blocking others: set stage = \"hold\" at rules.toml:"), "{told}");
        assert!(text(&shown.stderr).contains("nothing was done: say it again with --yes"));
        assert!(contacts.iter().all(|contact| site.sandbox.is_blocked(contact)));
        let done = site.says(&[&order[..], &["--yes"]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        assert!(text(&done.stdout).contains("5 unblocked"), "{}", text(&done.stdout));
        let blocked: Vec<&String> = contacts.iter().filter(|contact| site.sandbox.is_blocked(contact)).collect();
        assert_eq!(blocked, [&contacts[0]]);
        let csv = std::fs::read_to_string(&file).unwrap();
        assert_eq!(csv.lines().count(), 7, "{csv}");
        assert_eq!(csv.matches("\"unblocked\"").count(), 5, "{csv}");
        assert!(csv.contains("\"left alone\""), "{csv}");
        let again = site.says(&[&order[..], &["--yes", "--json"]].concat());
        let report: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
        assert_eq!(report["summary"]["left_alone"], 6, "{report}");
        let ledger = site.says(&["rules", "ledger", "pitch/backlinks"]);
        assert!(text(&ledger.stdout).contains("precision: 1 of 6 right"), "{}", text(&ledger.stdout));
        let wrong = site.says(&["confirm", "wrong", &contacts[0], "--undo", "--reason", "after all", "--by", "ana"]);
        assert_eq!(wrong.status.code(), Some(0), "{}", text(&wrong.stderr));
        until("the last is free", async || !site.sandbox.is_blocked(&contacts[0])).await;
        let many = site.says(&["confirm", "right", "--rule", "pitch/*", "--verdict", "block", "--yes", "--reason", "all spam", "--by", "ana"]);
        assert!(text(&many.stdout).contains("taken down: 6 decisions were right"), "{}", text(&many.stdout));
        let typo = site.says(&["undo", "--rule", "pitch/backlink", "--reason", "x"]);
        let typo = text(&typo.stderr);
        assert!(typo.contains("nothing on record is about a rule `pitch/backlink`; did you mean `pitch/backlinks`?"), "{typo}");
        let odd = site.says(&["undo", "--rule", "pitch/*", "--version", "xyz", "--reason", "x"]);
        assert_eq!(odd.status.code(), Some(2));
        assert!(text(&odd.stderr).contains("is not the beginning of a digest"), "{}", text(&odd.stderr));
        assert_eq!(process.terminate(), Some(0));
    }
}
