//! Erasing, legal holds and forgetting by age, from the command line.

use featurebase_bouncer::sandbox::Draft;

use super::{Site, rules, text, until};
use crate::on_both_databases;

on_both_databases! {
    async fn erasing_asks_for_a_reason_and_says_what_it_did_and_what_it_cannot_do(database) {
        let site = Site::new(database, rules(), 1).await;
        let mut process = site.starts();
        site.is_ready().await;
        site.sandbox.run_deliveries();
        let contact = site.sandbox.add_contact(featurebase_bouncer::sandbox::NewContact::lead("Ida"));
        site.sandbox.write(&contact, &Draft::markdown("I sell quokkas")).unwrap();
        until("it is judged", async || text(&site.says(&["audit", "--contact", &contact]).stdout).contains("decided")).await;

        let looked = site.says(&["erase", &contact, "--dry-run"]);
        assert!(text(&looked.stdout).contains("1 events in 1 conversations") && looked.status.success(), "{}", text(&looked.stderr));
        let without = site.says(&["erase", &contact]);
        assert!(!without.status.success() && text(&without.stderr).contains("--reason"), "{}", text(&without.stderr));
        let odd = site.says(&["erase", "Ida", "--reason", "r"]);
        assert!(text(&odd.stderr).contains("is not a contact's id"), "{}", text(&odd.stderr));

        assert!(site.says(&["legal-hold", "add", &contact, "--reason", "case 7", "--by", "ana"]).status.success());
        assert!(text(&site.says(&["legal-hold", "list"]).stdout).contains("by ana: case 7"));
        assert!(text(&site.says(&["forget", "--dry-run"]).stdout).contains("1 contacts are under legal hold"));
        let refused = site.says(&["erase", &contact, "--reason", "asked for"]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains("is under legal hold since") && text(&refused.stderr).contains("case 7"), "{}", text(&refused.stderr));
        assert!(site.says(&["legal-hold", "remove", &contact, "--reason", "closed"]).status.success());

        let erased = site.says(&["erase", &contact, "--reason", "asked for", "--json"]);
        let told: serde_json::Value = serde_json::from_slice(&erased.stdout).unwrap();
        assert_eq!((&told["texts"], erased.status.code()), (&1.into(), Some(0)), "{told}");
        until("nothing waits", async || text(&site.says(&["audit", "--action", "erased"]).stdout).contains("erased")).await;
        assert!(text(&site.says(&["why", &contact]).stdout).contains("lifted the legal hold"));
        assert_eq!(process.terminate(), Some(0));
    }
}
