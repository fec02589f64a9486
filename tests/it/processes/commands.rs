//! The command line against a running bouncer.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Draft, NewContact};

use super::{Site, edit, rules, text, until};
use crate::bot::PITCH;
use crate::on_both_databases;

on_both_databases! {
    async fn people_stop_ask_and_unblock_while_it_runs(database) {
        let site = Site::new(database, rules(), 1).await;
        site.sandbox.run_deliveries();
        let mut process = site.starts();
        site.is_ready().await;
        assert!(site.says(&["health"]).status.success());
        let mallory = site.sandbox.add_contact(NewContact::lead("mallory"));
        let written = site.sandbox.write(&mallory, &Draft::markdown(PITCH)).unwrap();
        until("the pitch is blocked", async || site.sandbox.is_blocked(&mallory)).await;

        let told = site.says(&["why", &written.event_ids[0]]);
        assert!(text(&told.stdout).contains("Rule pitch/backlinks [enforce] says block"), "{}", text(&told.stdout));
        let listed = site.says(&["audit", "--verdict", "block", "--json"]);
        let rows: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
        assert_eq!(rows[0]["contact"], mallory.as_str());

        let stopped = site.says(&["stop", "--reason", "odd", "--by", "ana"]);
        assert!(stopped.status.success(), "{}", text(&stopped.stderr));
        let ordered = site.says(&["contact", "unblock", &mallory, "--reason", "our partner", "--by", "ana"]);
        assert!(text(&ordered.stdout).contains("will be unblocked"), "{}", text(&ordered.stderr));
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert!(site.sandbox.is_blocked(&mallory), "nothing is sent while stopped");
        assert!(site.says(&["go", "--by", "ana"]).status.success());
        until("the unblock is carried out", async || !site.sandbox.is_blocked(&mallory)).await;

        let odd = site.says(&["contact", "unblock", "mallory", "--reason", "x"]);
        assert_eq!(odd.status.code(), Some(2));
        assert!(text(&odd.stderr).contains("`mallory` is not a contact's id"), "{}", text(&odd.stderr));
        assert_eq!(process.terminate(), Some(0));
    }

    async fn an_edit_is_taken_up_while_it_runs(database) {
        let site = Site::new(database, rules(), 1).await;
        site.sandbox.run_deliveries();
        let _process = site.starts();
        site.is_ready().await;
        let readyz = format!("http://127.0.0.1:{}/readyz", site.private);
        edit(site.database.folder.path(), "[[rule]]\nid = \"half");
        until("the bad edit is noticed", async || reqwest::get(&readyz).await.unwrap().text().await.unwrap().contains("the files were refused")).await;
        let checked = site.says(&["check"]);
        assert_eq!(checked.status.code(), Some(1));
        assert!(text(&checked.stderr).contains("rules.toml:2"), "{}", text(&checked.stderr));
        edit(site.database.folder.path(), &rules().replace("\"guest post\"", "\"telegram\""));
        until("the good edit is in force", async || reqwest::get(&readyz).await.unwrap().text().await.unwrap().lines().filter(|line| !line.starts_with("store: ")).count() == 2).await;
        let mallory = site.sandbox.add_contact(NewContact::lead("mallory"));
        site.sandbox.write(&mallory, &Draft::markdown("write me on telegram")).unwrap();
        until("the new word blocks", async || site.sandbox.is_blocked(&mallory)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_program_on_one_data_folder_is_refused() {
    let site = Site::new(crate::database::Database::sqlite(), rules(), 1).await;
    let _process = site.starts();
    site.is_ready().await;
    let second = site
        .command(&["run"])
        .env("BOUNCER_LISTEN", "127.0.0.1:0")
        .env("BOUNCER_PRIVATE_LISTEN", "127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(
        text(&second.stderr).contains("another bouncer runs on the data folder"),
        "{}",
        text(&second.stderr)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_does_not_start_without_its_secrets_and_says_which() {
    let site = Site::new(crate::database::Database::sqlite(), rules(), 1).await;
    let bare = site
        .command(&["run"])
        .env_remove("FEATUREBASE_API_KEY")
        .env_remove("FEATUREBASE_WEBHOOK_SECRET")
        .output()
        .unwrap();
    assert_eq!(bare.status.code(), Some(2));
    let told = text(&bare.stderr);
    assert!(
        told.contains("FEATUREBASE_WEBHOOK_SECRET is not set")
            && told.contains("FEATUREBASE_API_KEY is not set"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_not_shown() {
    let site = Site::new(crate::database::Database::sqlite(), rules(), 1).await;
    let shown = text(&site.says(&["config", "show"]).stdout);
    assert!(shown.contains("FEATUREBASE_API_KEY = (hidden)"), "{shown}");
    assert!(
        !shown.contains(crate::bot::API_KEY) && !shown.contains("whsec_"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn try_tells_what_fires_what_nearly_did_and_why_not() {
    let site = Site::new(crate::database::Database::sqlite(), rules(), 1).await;
    let fires = text(
        &site
            .says(&["try", "I sell BACKLINKS", "--as", "lead"])
            .stdout,
    );
    assert!(
        fires.contains("Judged a block.") && fires.contains("“BACKLINKS”"),
        "{fires}"
    );
    let nearly = text(
        &site
            .says(&["try", "I sell backlink", "--as", "lead"])
            .stdout,
    );
    assert!(
        nearly.contains("Judged clean: no rule fired.")
            && nearly.contains("Rule pitch/backlinks came near"),
        "{nearly}"
    );
    assert!(
        nearly.contains("“backlink” is written, the rule says “backlinks”"),
        "{nearly}"
    );
    let customer = text(
        &site
            .says(&["try", "I sell backlinks", "--as", "customer"])
            .stdout,
    );
    assert!(
        customer.contains("Held: a block waits for a person."),
        "{customer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_triggered_event_is_stored_and_explained() {
    let site = Site::new(crate::database::Database::sqlite(), rules(), 1).await;
    let _process = site.starts();
    site.is_ready().await;
    let to = format!("http://{}/webhooks/featurebase", site.environment[0].1);
    let sent = site.says(&[
        "trigger",
        "conversation.user.created",
        "--text",
        "good morning",
        "--as",
        "lead",
        "--to",
        &to,
        "--json",
    ]);
    let answer: serde_json::Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!(answer["status"], 200, "{}", text(&sent.stderr));
    let event = answer["event"].as_str().unwrap().to_owned();
    until("it is judged", async || {
        text(&site.says(&["why", &event]).stdout).contains("Judged clean")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_answers_503_and_heals_by_itself() {
    let site = Site::new(crate::database::Database::sqlite(), rules(), 100_000).await;
    // A file may not grow beyond 2 MiB: writing fails as it does on a full disk.
    let mut command = std::process::Command::new("bash");
    command
        .args([
            "-c",
            "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" run",
            env!("CARGO_BIN_EXE_bouncer"),
        ])
        .envs(site.environment.iter().map(|(name, value)| (*name, value)))
        .env("BOUNCER_LOG_FILTER", "off");
    let process = super::Process {
        child: command.spawn().unwrap(),
    };
    site.is_ready().await;
    let mallory = site.sandbox.add_contact(NewContact::lead("somebody"));
    let long = "a long story ".repeat(2_000);
    let mut refused = false;
    for _ in 0..400 {
        site.sandbox
            .write(&mallory, &Draft::markdown(&long))
            .unwrap();
        site.sandbox.deliver_due().await;
        refused = site
            .sandbox
            .deliveries()
            .iter()
            .any(|delivery| delivery.status == Some(503));
        if refused {
            break;
        }
    }
    assert!(refused, "the limit was reached");
    let readyz = format!("http://127.0.0.1:{}/readyz", site.private);
    let freed = std::process::Command::new("prlimit")
        .args([
            "--pid",
            &process.child.id().to_string(),
            "--fsize=unlimited",
        ])
        .status()
        .unwrap();
    assert!(freed.success());
    until("it is ready again", async || {
        reqwest::get(&readyz)
            .await
            .is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    let after = site
        .sandbox
        .write(&mallory, &Draft::markdown("still there?"))
        .unwrap();
    until("a delivery is taken again", async || {
        site.sandbox.deliver_due().await;
        site.sandbox
            .deliveries()
            .iter()
            .any(|delivery| delivery.delivered && delivery.event == after.event_ids[0])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_listed_with_how_often_they_fired() {
    let site = Site::new(crate::database::Database::sqlite(), rules(), 1).await;
    site.sandbox.run_deliveries();
    let mut process = site.starts();
    site.is_ready().await;
    let mallory = site.sandbox.add_contact(NewContact::lead("mallory"));
    site.sandbox
        .write(&mallory, &Draft::markdown(PITCH))
        .unwrap();
    until("the pitch is blocked", async || {
        site.sandbox.is_blocked(&mallory)
    })
    .await;
    assert_eq!(process.terminate(), Some(0));
    let listed = text(&site.says(&["rules", "list", "--since", "1d"]).stdout);
    assert!(
        listed.contains("fired 1: blocked 1, held 0, flagged 0"),
        "{listed}"
    );
    let unused = text(&site.says(&["rules", "list", "--unused"]).stdout);
    assert_eq!(
        unused,
        "rule hotline/refund never fired\nrule watch/crypto never fired\n"
    );
    let json: serde_json::Value =
        serde_json::from_slice(&site.says(&["rules", "list", "--json"]).stdout).unwrap();
    assert_eq!(json["rules"][1]["id"], "pitch/backlinks");
    assert_eq!(json["rules"][1]["blocked"], 1);
    edit(site.database.folder.path(), "[[rule]]\nid = \"half");
    let refused = site.says(&["rules", "list"]);
    assert_eq!(refused.status.code(), Some(1));
}
