//! What people are told: `/rules`, `/readyz`, and the words of `bouncer rules status`.

use featurebase_bouncer::rulewatch::Files;

use super::*;
use crate::bot::{Bot, Setup};

#[tokio::test]
async fn status_says_what_is_in_force_and_since_when_the_files_differ() {
    let mut scene = Scene::new(Database::sqlite()).await;
    insta::assert_snapshot!(scene.status().lines().join("\n"), @r#"
    1 rule is in force, digest ad773ef78d8b since 2026-07-01T10:00:00.000Z, from the rule files
    the files on disk are what is in force
    the files were read last at 2026-07-01T10:00:00.000Z
    "#);
    scene.passes(60);
    scene.writes("more.toml", "[[rule]]\nid = 5\n");
    scene.glances().await;
    insta::assert_snapshot!(scene.status().lines().join("\n"), @r#"
    1 rule is in force, digest ad773ef78d8b since 2026-07-01T10:00:00.000Z, from the rule files
    the files on disk differ from what is in force since 2026-07-01T10:01:00.000Z: they are taken up when they have stood still for a moment
    the files were read last at 2026-07-01T10:01:00.000Z
    "#);
    scene.passes(60);
    scene.glances().await;
    insta::assert_snapshot!(scene.status().lines().join("\n"), @r#"
    1 rule is in force, digest ad773ef78d8b since 2026-07-01T10:00:00.000Z, from the rule files
    the files on disk differ from what is in force since 2026-07-01T10:01:00.000Z: the files were refused; what was in force stays in force
      more.toml:1:1: this rule has no `why` [missing-key]
      more.toml:1:1: this rule has no `stage` [missing-key]
      more.toml:1:1: this rule has no `then` [missing-key]
      more.toml:1:1: this rule has no condition in `all` or `any`, so it says nothing about messages [no-condition]
      more.toml:2:6: expected a text in quotes, found a number [wrong-type]
    `bouncer check` shows what to mend
    the files were read last at 2026-07-01T10:02:00.000Z
    "#);
    scene.passes(60);
    scene.restarts().await;
    insta::assert_snapshot!(scene.status().lines().join("\n"), @r#"
    1 rule is in force, digest ad773ef78d8b since 2026-07-01T10:00:00.000Z, from the store: the files have not been usable since the bouncer started
    the files on disk differ from what is in force since 2026-07-01T10:01:00.000Z: the files were refused; what was in force stays in force
      more.toml:1:1: this rule has no `why` [missing-key]
      more.toml:1:1: this rule has no `stage` [missing-key]
      more.toml:1:1: this rule has no `then` [missing-key]
      more.toml:1:1: this rule has no condition in `all` or `any`, so it says nothing about messages [no-condition]
      more.toml:2:6: expected a text in quotes, found a number [wrong-type]
    `bouncer check` shows what to mend
    the files were read last at 2026-07-01T10:03:00.000Z
    "#);
}

#[tokio::test]
async fn status_says_that_nothing_is_in_force() {
    let database = Database::sqlite();
    let rules = database.folder.path().join("rules");
    let mut scene = Scene::over(database, rules).await;
    let told = scene.status().lines().join("\n");
    assert!(
        told.starts_with("no rules are in force: judging waits\nthe files on disk differ from what is in force since 2026-07-01T10:00:00.000Z: the files were refused\n"),
        "{told}"
    );
    assert!(told.contains("[rules-unreadable]"), "{told}");
    scene.writes("first.toml", rule("first/rule", "loans"));
    assert_eq!(scene.checks().await.files, Files::InForce);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_private_listener_tells_which_rules_are_in_force() {
    let mut bot = Bot::on(Database::sqlite()).await;
    let watch = bot.running.rulewatch.as_mut().unwrap();
    let status = watch.status();
    std::fs::write(bot.rules_dir.join("more.toml"), "half").unwrap();
    watch.check().await.unwrap();
    let (code, told) = bot.asks("/rules").await;
    assert_eq!(code, 200);
    let told: Status = serde_json::from_str(&told).unwrap();
    assert_eq!(told, *status.borrow());
    assert_eq!(told.files, Files::Refused);
    let digest = told.in_force.unwrap();
    assert_eq!(
        bot.asks("/readyz").await,
        (
            200,
            format!(
                "ready\nrules: 3 in force, digest {}\nrules: the files on disk differ from what is in force since 2026-07-01T10:00:00.000Z: the files were refused; what was in force stays in force\n",
                digest.short()
            )
        )
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_were_not_read_for_a_while_are_not_said_to_be_in_force() {
    let mut bot = Bot::on(Database::sqlite()).await;
    let told = async |bot: &Bot| {
        let (_, told) = bot.asks("/rules").await;
        serde_json::from_str::<Status>(&told).unwrap().files
    };
    bot.clock.advance(Duration::from_secs(30));
    assert_eq!(told(&bot).await, Files::InForce);
    bot.clock.advance(Duration::from_secs(1));
    assert_eq!(told(&bot).await, Files::Unread);
    let (code, ready) = bot.asks("/readyz").await;
    assert_eq!(code, 200);
    assert!(
        ready.ends_with("rules: the files on disk have not been read since 2026-07-01T10:00:00.000Z; does their file system hang?\n"),
        "{ready}"
    );
    bot.running
        .rulewatch
        .as_mut()
        .unwrap()
        .check()
        .await
        .unwrap();
    assert_eq!(told(&bot).await, Files::InForce);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_listener_does_not_tell() {
    let bot = Setup::on(Database::sqlite()).start().await;
    let answer = reqwest::get(format!("http://{}/rules", bot.running.public)).await;
    assert_eq!(answer.unwrap().status(), 404);
}
