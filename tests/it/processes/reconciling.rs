//! `bouncer reconcile` against a running bouncer.

use featurebase_bouncer::sandbox::{Draft, NewContact};

use super::{Site, rules, text, until};
use crate::bot::PITCH;
use crate::on_both_databases;

on_both_databases! {
    async fn a_person_asks_how_featurebase_and_the_bouncer_differ(database) {
        let site = Site::new(database, rules(), 1).await;
        site.sandbox.run_deliveries();
        let mut process = site.starts();
        site.is_ready().await;
        let jo = site.sandbox.add_contact(NewContact::lead("jo"));
        site.sandbox.write(&jo, &Draft::markdown(PITCH)).unwrap();
        until("the pitch is blocked", async || site.says(&["audit", "--action", "blocked", "--json"]).stdout.len() > 5).await;
        let agreed = site.says(&["reconcile", "--by", "ana"]);
        assert_eq!(agreed.status.code(), Some(0), "{}", text(&agreed.stderr));
        assert!(text(&agreed.stdout).contains("Featurebase and the bouncer agree"), "{}", text(&agreed.stdout));
        site.sandbox.unblock_by_hand(&jo);
        let differs = site.says(&["reconcile", "--by", "ana"]);
        assert_eq!(differs.status.code(), Some(1), "{}", text(&differs.stderr));
        let told = text(&differs.stdout);
        assert!(told.contains("a person unblocked them there") && told.contains("`bouncer reconcile --apply`"), "{told}");
        let heeded = site.says(&["reconcile", "--apply", "--json", "--by", "ana"]);
        let report: serde_json::Value = serde_json::from_slice(&heeded.stdout).unwrap();
        assert_eq!(report["differences"][0]["kind"], "unblocked-there");
        assert!(text(&site.says(&["why", &jo]).stdout).contains("Unblocked in Featurebase itself"));
        assert_eq!(process.terminate(), Some(0));
        let nobody = site.says(&["reconcile", "--wait", "1s", "--by", "ana"]);
        assert_eq!(nobody.status.code(), Some(2), "{}", text(&nobody.stdout));
    }
}
