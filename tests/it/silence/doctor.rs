//! `bouncer doctor`: a line for each thing, what it means, and what to do.

use featurebase_bouncer::config::{Config, Environment, Need};
use featurebase_bouncer::doctor::{self, Answer, Asked, Hands, Line};
use featurebase_bouncer::sandbox::{Options, Sandbox};
use featurebase_bouncer::store::audit::Filter;
use featurebase_bouncer::time::{Clock, Timestamp};

use super::*;
use crate::database::Database;
use crate::on_both_databases;
use crate::processes::{Site, rules, text};

/// What it says, without what differs each time.
fn told(site: &Site, arguments: &[&str]) -> (Option<i32>, String) {
    let output = site.says(arguments);
    let mut told = text(&output.stdout);
    told = told.replace(&site.database.folder.path().display().to_string(), "FOLDER");
    for (pattern, name) in [
        (r"127\.0\.0\.1:\d+", "HOST"),
        (r"\b[0-9a-f]{24}\b", "ID"),
        (r"digest [0-9a-f]{12}", "digest DIGEST"),
    ] {
        told = regex::Regex::new(pattern)
            .unwrap()
            .replace_all(&told, name)
            .into_owned();
    }
    (output.status.code(), told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_is_well_and_then_it_is_not_and_then_it_is_mended() {
    let site = Site::new(Database::sqlite(), rules(), 1).await;
    let (code, before) = told(&site, &["doctor"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(before, @r#"
    ok    configuration: it is read and complete
    ok    data folder: FOLDER can be written to
    warn  store: there is none yet at FOLDER/bouncer.db
          = `bouncer run` makes it; if it has run before, data_dir names another folder now
    ok    rules: 3 in FOLDER/rules, digest DIGEST
    fail  running: nothing answers at HOST: is `bouncer run` running with this configuration?: Connection refused (os error 111)
          = start `bouncer run` with this configuration, or set BOUNCER_PRIVATE_LISTEN to where it
          listens
    ok    API key: http://HOST takes it
    ok    webhook: the webhook ID is active to http://HOST/webhooks/featurebase
    ok    clock: this machine's and Featurebase's agree
    "#);

    let _process = site.starts();
    site.is_ready().await;
    let (code, well) = told(&site, &["doctor"]);
    assert_eq!(code, Some(0), "{well}");
    insta::assert_snapshot!(well, @r#"
    ok    configuration: it is read and complete
    ok    data folder: FOLDER can be written to
    ok    store: sqlite opens (wal, synchronous=2)
    ok    rules: 3 in FOLDER/rules, digest DIGEST
    ok    running: a bouncer runs and is ready
    ok    deliveries: none was refused
    ok    API key: http://HOST takes it
    ok    webhook: the webhook ID is active to http://HOST/webhooks/featurebase
    ok    clock: this machine's and Featurebase's agree
    "#);

    let listed = text(&site.says(&["webhook", "list", "--json"]).stdout);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    site.sandbox.suspend(listed[0]["id"].as_str().unwrap());
    let (code, ill) = told(&site, &["doctor"]);
    assert_eq!(code, Some(1), "{ill}");
    let webhook = ill
        .split("\n")
        .skip_while(|line| !line.contains("  webhook: "))
        .take(3)
        .collect::<Vec<_>>();
    insta::assert_snapshot!(webhook.join("\n"), @r#"
    fail  webhook: Featurebase has suspended the webhook ID after too many failures; mend what fails, then `bouncer doctor --fix` has it deliver again
          = messages missed meanwhile are looked for once it delivers again
    ok    clock: this machine's and Featurebase's agree
    "#);
    let (code, mended) = told(&site, &["doctor", "--fix", "--by", "ana"]);
    assert_eq!(code, Some(0), "{mended}");
    insta::assert_snapshot!(mended.lines().find(|line| line.contains("  webhook: ")).unwrap(), @"ok    webhook: ID was suspended and is active again; messages missed meanwhile are looked for by the running bouncer");
    assert_eq!(
        site.sandbox
            .webhook(listed[0]["id"].as_str().unwrap())
            .unwrap()["status"],
        "active"
    );
    let recorded = text(
        &site
            .says(&["audit", "--action", "webhook_reactivated", "--json"])
            .stdout,
    );
    let recorded: serde_json::Value = serde_json::from_str(&recorded).unwrap();
    assert_eq!(
        (&recorded[0]["actor"], &recorded[0]["detail"]["was"]),
        (&"ana".into(), &"suspended".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_cannot_be_read_is_told_as_lines() {
    let mut site = Site::new(Database::sqlite(), rules(), 1).await;
    site.environment.push(("BOUNCER_MODE", "brave".to_owned()));
    site.environment
        .push(("BOUNCER_WEBHOOK_ID", "../contacts".to_owned()));
    let (code, told) = told(&site, &["doctor"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(told, @r#"
    fail  configuration: BOUNCER_MODE: `brave` is not known here
          = one of observe, hold, enforce
    fail  configuration: BOUNCER_WEBHOOK_ID: `../contacts` is not a webhook's id
          = it has 24 digits and letters a to f, and `bouncer webhook list` shows it; leave it empty to
          have it found
    "#);
}

/// Everything it says of a Featurebase and of what the running program answered.
async fn examined(
    database: &Database,
    sandbox: &Sandbox,
    key: &str,
    asked: &Asked,
    hands: Hands<'_>,
    clock: &Clock,
) -> Vec<Line> {
    let rules_dir = database.folder.path().join("rules");
    std::fs::create_dir_all(&rules_dir).unwrap();
    std::fs::write(rules_dir.join("rules.toml"), rules()).unwrap();
    let environment: Environment = [
        (
            "BOUNCER_DATA_DIR",
            database.folder.path().display().to_string(),
        ),
        ("BOUNCER_DATABASE_URL", database.url()),
        ("BOUNCER_RULES_DIR", rules_dir.display().to_string()),
        ("BOUNCER_BASE_URL", sandbox.url()),
        ("FEATUREBASE_API_KEY", key.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let config = Config::from_environment(&environment, Need::NoSecrets).unwrap();
    doctor::examine(&config, &[], asked, hands, clock).await
}

fn lines_about(lines: &[Line], about: &[&str]) -> String {
    let lines = lines.iter().filter(|line| about.contains(&line.about));
    let told = lines.map(|line| {
        format!(
            "{} {}: {} [{}]",
            line.mark,
            line.about,
            line.what,
            line.help.as_deref().unwrap_or_default()
        )
    });
    let told = told.collect::<Vec<_>>().join("\n");
    regex::Regex::new(r"127\.0\.0\.1:\d+")
        .unwrap()
        .replace_all(&told, "HOST")
        .into_owned()
}

fn asked(ready: (u16, &str), refusals: (u16, &str)) -> Asked {
    let answer = |(status, body): (u16, &str)| {
        Ok(Answer {
            status,
            body: body.to_owned(),
        })
    };
    Asked {
        ready: answer(ready),
        refusals: answer(refusals),
    }
}

async fn a_featurebase(clock: &Clock) -> Sandbox {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = Options {
        api_key: API_KEY.to_owned(),
        clock: clock.clone(),
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_deliveries_and_what_the_running_program_says_are_told_with_their_hints() {
    let clock = Clock::by_hand(Timestamp::parse("2026-07-01T10:00:00Z").unwrap());
    let sandbox = a_featurebase(&clock).await;
    let refusals = r#"{"since": "2026-07-01T09:00:00.000Z", "refused": [
        {"why": "wrong-signature", "count": 12, "last_at": "2026-07-01T09:59:00.000Z", "hint": "the secret lacks its whsec_ prefix"},
        {"why": "no-signature", "count": 3, "last_at": "2026-07-01T09:59:30.000Z", "hint": null}], "clock": {"ahead_seconds": 412}}"#;
    let asked = asked(
        (
            503,
            "not ready\nstore: does not answer\nrules: 3 in force, digest 0123456789ab\nsilence: nothing has been delivered since 2026-06-01T00:00:00.000Z\n",
        ),
        (200, refusals),
    );
    let lines = examined(
        &Database::sqlite(),
        &sandbox,
        API_KEY,
        &asked,
        Hands::Off,
        &clock,
    )
    .await;
    insta::assert_snapshot!(lines_about(&lines, &["running", "deliveries"]), @r#"
    fail running: a bouncer runs and is not ready [the lines below and its log say why]
    warn running: store: does not answer [see the bouncer's log]
    warn running: silence: nothing has been delivered since 2026-06-01T00:00:00.000Z [see the bouncer's log]
    warn deliveries: 12 were refused (wrong-signature), the last at 2026-07-01T09:59:00.000Z [the secret lacks its whsec_ prefix]
    warn deliveries: 3 were refused (no-signature), the last at 2026-07-01T09:59:30.000Z [strangers cause these, too; `bouncer webhook status` shows whether Featurebase sees failures]
    fail deliveries: rightly signed ones were refused: this machine's clock is 412 seconds ahead [set the clock by NTP; what was refused comes again]
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_key_and_a_wrong_clock_are_told() {
    let clock = Clock::by_hand(Timestamp::parse("2026-07-01T10:00:00Z").unwrap());
    let sandbox = a_featurebase(&clock).await;
    let asked = asked((200, "ready\n"), (404, ""));
    let ours = Clock::by_hand(clock.now().after(Duration::from_secs(412)));
    let lines = examined(
        &Database::sqlite(),
        &sandbox,
        "another-key-000001",
        &asked,
        Hands::Off,
        &ours,
    )
    .await;
    insta::assert_snapshot!(lines_about(&lines, &["API key", "clock", "deliveries"]), @r#"
    fail API key: http://HOST does not take it: the API key is refused (answered 401: The API key is missing or wrong.) [make a new key in Featurebase and put it where FEATUREBASE_API_KEY or FEATUREBASE_API_KEY_FILE says]
    fail clock: this machine's is 412 seconds ahead of Featurebase's, so every delivery is refused [set it by NTP: deliveries whose time is too far from ours are refused]
    "#);
    let ours = Clock::by_hand(clock.now().before(Duration::from_secs(100)));
    let lines = examined(
        &Database::sqlite(),
        &sandbox,
        API_KEY,
        &asked,
        Hands::Off,
        &ours,
    )
    .await;
    insta::assert_snapshot!(lines_about(&lines, &["clock", "webhook"]), @r#"
    fail webhook: Featurebase has no webhook at all; `bouncer webhook create` makes one [without it nothing is delivered to us]
    warn clock: this machine's is 100 seconds behind Featurebase's [set it by NTP: deliveries whose time is too far from ours are refused]
    "#);
}

on_both_databases! {
    async fn what_cannot_be_recorded_is_not_mended(database) {
        let clock = Clock::by_hand(Timestamp::parse("2026-07-01T10:00:00Z").unwrap());
        let sandbox = a_featurebase(&clock).await;
        let webhook = sandbox.add_webhook("https://help.example.com/webhooks/featurebase", &["conversation.user.created", "conversation.user.replied", "conversation.admin.replied"]);
        sandbox.suspend(&webhook.id);
        let asked = asked((200, "ready\n"), (404, ""));
        let hands = Hands::On { actor: "ana" };
        if database.url().is_empty() {
            let lines = examined(&database, &sandbox, API_KEY, &asked, hands, &clock).await;
            assert!(lines_about(&lines, &["webhook"]).contains("it was left as it is, because there is no store to record it in"));
            assert_eq!(sandbox.webhook(&webhook.id).unwrap()["status"], "suspended");
        }
        let store = database.store().await;
        let lines = examined(&database, &sandbox, API_KEY, &asked, hands, &clock).await;
        assert!(lines_about(&lines, &["webhook"]).contains("is active again"), "{}", lines_about(&lines, &["webhook"]));
        assert_eq!(sandbox.webhook(&webhook.id).unwrap()["status"], "active");
        let rows = store.audit(&Filter::default(), 10).await.unwrap();
        assert_eq!(rows[0].action, Action::WebhookReactivated);
        let told = lines_about(&lines, &["store"]);
        // The tests' PostgreSQL forgets on purpose, for speed.
        let fit = if database.url().is_empty() { "ok store: sqlite opens (wal, synchronous=2)" } else { "fail store: postgres may forget" };
        assert!(told.starts_with(fit), "{told}");
    }
}
