//! `bouncer webhook`: made, looked at, given new secrets, with no event lost and no secret where it does not belong.

use std::os::unix::fs::PermissionsExt as _;

use featurebase_bouncer::sandbox::{Draft, NewContact, WebhookHandle};
use featurebase_bouncer::store::audit::Filter;
use featurebase_bouncer::time::Clock;

use super::*;
use crate::database::Database;
use crate::on_both_databases;
use crate::processes::{Site, rules, text, until};

/// A site whose bouncer reads its secret from the file `secrets`.
async fn site_with_a_file(database: Database) -> (Site, WebhookHandle) {
    let mut site = Site::new(database, rules(), 1_200).await;
    let path = site.database.folder.path().join("secrets");
    let secret = site.environment.pop().unwrap();
    assert_eq!(secret.0, "FEATUREBASE_WEBHOOK_SECRET");
    std::fs::write(&path, &secret.1).unwrap();
    let path = path.display().to_string();
    site.environment
        .push(("FEATUREBASE_WEBHOOK_SECRET_FILE", path));
    let listed = site.says(&["webhook", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let webhook = WebhookHandle {
        id: listed[0]["id"].as_str().unwrap().to_owned(),
        secret: secret.1,
    };
    (site, webhook)
}

fn secrets_of(site: &Site) -> Vec<String> {
    let text = std::fs::read_to_string(site.database.folder.path().join("secrets")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn public(site: &Site) -> String {
    let listen = site
        .environment
        .iter()
        .find(|(name, _)| *name == "BOUNCER_LISTEN");
    listen.unwrap().1.clone()
}

async fn is_sent(site: &Site, secret: &str, id: &str) -> u16 {
    let body = format!("{{\"id\":\"notif_{id}\"}}");
    let now = Clock::system().now().seconds();
    posted(&public(site), secret, now, body.as_bytes()).await
}

on_both_databases! {
    async fn a_rotation_under_continuous_deliveries_loses_nothing(database) {
        let (site, webhook) = site_with_a_file(database).await;
        site.sandbox.run_deliveries();
        let mut process = site.starts();
        site.is_ready().await;
        let bob = site.sandbox.add_contact(NewContact::lead("bob"));
        let mut written = Vec::new();
        for round in 0..3 {
            for number in 0..20 {
                let said = Draft::markdown(&format!("How do I add link {round} {number}?"));
                written.extend(site.sandbox.write(&bob, &said).unwrap().event_ids);
                tokio::time::sleep(Duration::from_millis(2)).await;
                if number == 10 {
                    let rotated = site.says(&["webhook", "rotate", "--id", &webhook.id]);
                    assert!(rotated.status.success(), "{}", text(&rotated.stderr));
                    assert!(!text(&rotated.stdout).contains("whsec_"), "{}", text(&rotated.stdout));
                }
            }
        }
        let secrets = secrets_of(&site);
        assert_eq!(secrets.len(), 4);
        assert_eq!(secrets[3], webhook.secret, "the newest first");
        assert_eq!(site.sandbox.webhook(&webhook.id).unwrap()["secret"], secrets[0].as_str());
        until("every secret is accepted", async || is_sent(&site, &secrets[0], "new").await == 200).await;
        assert_eq!(is_sent(&site, &webhook.secret, "old").await, 200, "signed before the rotation");
        let (store, _) = site.database.open().await;
        until("everything arrives", async || {
            let rows = store.audit(&Filter { contact: Some(featurebase_bouncer::message::ContactId::new(bob.clone())), action: Some(Action::Received), ..Filter::default() }, 1_000).await.unwrap();
            let got: Vec<String> = rows.iter().map(|row| row.event.as_ref().unwrap().as_str().to_owned()).collect();
            written.iter().all(|id| got.contains(id))
        }).await;

        let forgot = site.says(&["webhook", "rotate", "--forget-old"]);
        assert!(text(&forgot.stdout).contains("3 older ones are no longer accepted"), "{}", text(&forgot.stderr));
        assert_eq!(secrets_of(&site), secrets[..1]);
        until("the old one is refused", async || is_sent(&site, &webhook.secret, "older").await == 401).await;
        assert_eq!(is_sent(&site, &secrets[0], "newer").await, 200);
        store.close().await;
        assert_eq!(process.terminate(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_made_with_what_we_need_and_its_secret_is_written_where_the_operator_says() {
    let site = Site::new(Database::sqlite(), rules(), 1).await;
    let file = site.database.folder.path().join("new-secrets");
    let (url, path) = (
        "https://help.example.com/hooks/featurebase",
        file.to_str().unwrap(),
    );
    let refused = site.says(&["webhook", "create", "--url", url]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("say where the secret is to go"),
        "{}",
        text(&refused.stderr)
    );
    let nowhere = site.says(&[
        "webhook",
        "create",
        "--url",
        url,
        "--secret-file",
        "/nowhere/secrets",
    ]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(
        site.sandbox.calls().iter().all(|call| call.method == "GET"),
        "nothing is made whose secret would be lost"
    );

    let made = site.says(&[
        "webhook",
        "create",
        "--url",
        url,
        "--secret-file",
        path,
        "--json",
    ]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(!text(&made.stdout).contains("whsec_") && !text(&made.stderr).contains("whsec_"));
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let webhook = site
        .sandbox
        .webhook(made["webhook"]["id"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        webhook["topics"],
        serde_json::json!([
            "conversation.user.created",
            "conversation.user.replied",
            "conversation.admin.replied",
            "conversation_part.redacted",
            "conversation.deleted"
        ])
    );
    let written = std::fs::read_to_string(&file).unwrap();
    let old = &site.environment.last().unwrap().1;
    assert_eq!(
        written,
        format!("{}\n{old}\n", webhook["secret"].as_str().unwrap())
    );
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let again = site.says(&["webhook", "create", "--url", url, "--secret-file", path]);
    assert!(
        text(&again.stderr)
            .contains("has a webhook to https://help.example.com/hooks/featurebase already"),
        "{}",
        text(&again.stderr)
    );
    let shown = site.says(&[
        "webhook",
        "rotate",
        "--id",
        made["webhook"]["id"].as_str().unwrap(),
        "--show-secret",
    ]);
    assert!(
        text(&shown.stdout).contains("whsec_"),
        "{}",
        text(&shown.stderr)
    );
    let odd = site.says(&["webhook", "status", "--id", "../contacts"]);
    assert!(
        text(&odd.stderr).contains("is not a webhook's id"),
        "{}",
        text(&odd.stderr)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_of_the_webhook_is_told_and_is_an_exit_code() {
    let (site, webhook) = site_with_a_file(Database::sqlite()).await;
    let well = site.says(&["webhook", "status"]);
    assert_eq!(well.status.code(), Some(0));
    let told = text(&well.stdout)
        .replace(&webhook.id, "ID")
        .replace(&public(&site), "HOST");
    insta::assert_snapshot!(told, @r#"
    ID to http://HOST/webhooks/featurebase
    status: active, payload version 2026-01-01.nova
    topics: conversation.user.created, conversation.user.replied, conversation.admin.replied, conversation_part.redacted, conversation.deleted
    health: 0 failures in a row, last success never, last answer none
    the webhook ID is active
    "#);
    site.sandbox.suspend(&webhook.id);
    assert_eq!(site.says(&["webhook", "status"]).status.code(), Some(1));
}
