//! Canaries: secrets and texts that stand nowhere else are sent through the program and then looked for in everything it says.

use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use featurebase_bouncer::featurebase::Notifier;
use featurebase_bouncer::sandbox::{Draft, NewContact, sign};
use featurebase_bouncer::store::Location;
use featurebase_bouncer::time::{Clock, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{Process, Site, text, until};
use crate::bot::API_KEY;
use crate::database::Database;
use crate::on_both_databases;

const PASSWORD: &str = "canary-password-91c4";
const NOTIFY_KEY: &str = "canary-notify-key-77ab";
const NOTIFY_TOKEN: &str = "canary-token-e03d";
/// What somebody writes, and who it is.
const TEXTS: [&str; 4] = [
    "zebrafinch",
    "Canaria Quillfeather",
    "quill@aviary.example",
    "Aviary Gadgets",
];

const RULES: &str = r#"
[[rule]]
id = "pitch/backlinks"
why = "Cold offers"
stage = "enforce"
then = "block"
also = ["note", "notify"]
any = [{ words = ["backlinks"] }]
unless = [{ sender_verified = true }]
examples.match = ["I sell backlinks"]
examples.pass = ["How do I add a link?"]

[[rule]]
id = "hotline/refund"
why = "Refund hotlines"
stage = "hold"
then = "block"
any = [{ words = ["refund department"] }]
examples.match = ["Call our refund department"]
examples.pass = ["I want a refund"]
"#;

/// Each form in which a secret could be written.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms = vec![
        secret.to_owned(),
        hex::encode(bytes),
        hex::encode_upper(bytes),
        STANDARD.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        hex::encode(Sha256::digest(bytes)),
        format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
        url::form_urlencoded::byte_serialize(bytes).collect(),
    ];
    if let Some(rest) = secret.strip_prefix("whsec_") {
        forms.push(rest.to_owned());
    }
    let mut inner = bytes.to_vec();
    inner.resize(64, 0);
    // The two keys of an HMAC.
    for pad in [0x36_u8, 0x5c] {
        let padded: Vec<u8> = inner.iter().map(|byte| byte ^ pad).collect();
        forms.push(hex::encode(&padded));
    }
    forms
}

fn assert_silent(place: &str, said: &str, canaries: &[String]) {
    for canary in canaries {
        for form in forms(canary) {
            assert!(!said.contains(&form), "{place} tells {form}:\n{said}");
        }
    }
}

/// The operator's own address: refuses, and repeats in its answer how it was called.
async fn parrot(told: Arc<Mutex<u32>>) -> String {
    async fn repeats(State(told): State<Arc<Mutex<u32>>>, uri: Uri) -> (StatusCode, String) {
        *told.lock().unwrap() += 1;
        let error = serde_json::json!({ "error": { "code": uri.to_string(), "message": format!("cannot POST {uri}") } });
        (StatusCode::NOT_FOUND, error.to_string())
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(repeats).with_state(told);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/services/{NOTIFY_KEY}?token={NOTIFY_TOKEN}")
}

async fn post(site: &Site, secret: &str, seconds: i64, body: &str) -> u16 {
    let signature = sign(secret, &seconds.to_string(), body.as_bytes());
    let answer = reqwest::Client::new()
        .post(format!(
            "http://{}/webhooks/featurebase",
            site.environment[0].1
        ))
        .header("X-Webhook-Signature", signature)
        .header("X-Webhook-Timestamp", seconds.to_string())
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    answer.status().as_u16()
}

fn set(site: &mut Site, name: &'static str, value: String) {
    site.environment.retain(|(known, _)| *known != name);
    site.environment.push((name, value));
}

on_both_databases! {
    async fn no_log_number_page_or_command_tells_a_secret_and_no_log_or_number_a_text(database) {
        let told = Arc::new(Mutex::new(0));
        let notify = parrot(told.clone()).await;
        let mut site = Site::new(database, RULES, 1).await;
        let secret = site.environment.iter().find(|(name, _)| name.ends_with("WEBHOOK_SECRET")).unwrap().1.clone();
        set(&mut site, "BOUNCER_NOTIFY_URL", notify);
        set(&mut site, "BOUNCER_ADMIN_ID", "65f1c3d2a9b4e80012ab34cd".to_owned());
        set(&mut site, "BOUNCER_LOG_FILTER", "trace".to_owned());
        if let Ok(mut url) = url::Url::parse(&site.database.url()) {
            url.set_password(Some(PASSWORD)).unwrap();
            set(&mut site, "BOUNCER_DATABASE_URL", url.to_string());
        }
        let secrets: Vec<String> = [&secret, API_KEY, PASSWORD, NOTIFY_KEY, NOTIFY_TOKEN].map(str::to_owned).into();
        let texts: Vec<String> = TEXTS.map(str::to_owned).into();
        let log = site.database.folder.path().join("log");
        let out = std::fs::File::create(&log).unwrap();
        let child = site.command(&["run"]).stdout(out.try_clone().unwrap()).stderr(Stdio::from(out)).spawn().unwrap();
        let mut process = Process { child };
        site.is_ready().await;
        site.sandbox.run_deliveries();

        let mut about = NewContact::lead("Canaria Quillfeather");
        about.email = Some("quill@aviary.example".to_owned());
        let mallory = site.sandbox.add_contact(about.clone());
        let held = site.sandbox.add_contact(about);
        let pitch = format!("I sell backlinks, says {} of {}", TEXTS[0], TEXTS[3]);
        let written = site.sandbox.write(&mallory, &Draft::markdown(&pitch)).unwrap();
        site.sandbox.write(&held, &Draft::markdown(&format!("Call our refund department, {}", TEXTS[0]))).unwrap();
        until("the pitch is blocked", async || site.sandbox.is_blocked(&mallory)).await;
        until("the notice is refused", async || *told.lock().unwrap() > 0).await;
        until("the other is held", async || text(&site.says(&["hold", "list"]).stdout).contains(&held)).await;

        let now = Clock::system().now().seconds();
        let body = format!("{{\"id\":\"notif_9\",\"text\":\"{} {}\"}}", TEXTS[0], TEXTS[2]);
        assert_eq!(post(&site, &secret, now - 4_000, &body).await, 401);
        assert_eq!(post(&site, secret.trim_start_matches("whsec_"), now, &body).await, 401);
        assert_eq!(post(&site, &secret, now, &body[..body.len() - 3]).await, 200, "kept, though not understood");
        until("it is filed", async || {
            let numbers = reqwest::get(format!("http://127.0.0.1:{}/metrics", site.private)).await.unwrap().text().await.unwrap();
            numbers.contains("kind=\"not-understood\"} 1")
        }).await;

        for path in ["healthz", "readyz", "rules", "refusals", "metrics"] {
            let said = reqwest::get(format!("http://127.0.0.1:{}/{path}", site.private)).await.unwrap().text().await.unwrap();
            assert_silent(path, &said, &secrets);
            assert_silent(path, &said, &texts);
        }
        for arguments in [
            &["config", "show"][..], &["config", "show", "--json"], &["rules", "status"], &["rules", "status", "--json"],
            &["rules", "list"], &["rules", "list", "--json"], &["check"], &["health"],
        ] {
            let said = site.says(arguments);
            let said = text(&said.stdout) + &text(&said.stderr);
            assert_silent(&arguments.join(" "), &said, &secrets);
            assert_silent(&arguments.join(" "), &said, &texts);
        }
        // Whoever asks what was written is told, but no secret.
        let why = text(&site.says(&["why", &written.event_ids[0]]).stdout);
        assert!(why.contains("backlinks"), "{why}");
        for arguments in [&["why", &written.event_ids[0]][..], &["why", &mallory], &["audit", "--json"], &["hold", "list", "--json"]] {
            let said = site.says(arguments);
            assert_silent(&arguments.join(" "), &(text(&said.stdout) + &text(&said.stderr)), &secrets);
        }
        // Nor do its files hold what was written, or of whom: while it runs, and after one of them was erased.
        for canary in TEXTS {
            assert_eq!(site.database.places_of(canary.as_bytes()).await, Vec::<String>::new(), "{canary}");
        }
        let keys = site.database.secrets().await;
        let (_, key) = keys.iter().find(|(owner, _)| owner.ends_with(&mallory)).unwrap();
        assert_ne!(site.database.places_of(key).await, Vec::<String>::new());
        let erased = text(&site.says(&["erase", &mallory, "--reason", "they asked for it"]).stdout);
        assert!(erased.contains("keys are destroyed"), "{erased}");
        until("the erasure is finished", async || site.database.places_of(key).await.is_empty()).await;
        let why = text(&site.says(&["why", &written.event_ids[0]]).stdout);
        assert!(why.contains("has been erased") && !why.contains(TEXTS[0]), "{why}");
        assert_eq!(process.terminate(), Some(0));
        let log = std::fs::read_to_string(log).unwrap();
        assert!(log.contains("TRACE"), "the log tells all it can: {log}");
        assert_silent("the log", &log, &secrets);
        assert_silent("the log", &log, &texts);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn problems_of_the_configuration_tell_no_secret() {
    let site = Site::new(Database::sqlite(), RULES, 1).await;
    let canary = "canary-misplaced-5d5d";
    let folder = site.database.folder.path();
    let mistakes: [(&str, String); 5] = [
        ("BOUNCER_DATABASE_URL", format!("mysql://u:{canary}@h/d")),
        (
            "BOUNCER_DATABASE_URL",
            format!("postgres://u:{canary}@127.0.0.1:1/d"),
        ),
        ("BOUNCER_NOTIFY_URL", format!("ftp://h/{canary}")),
        ("BOUNCER_API_KEY", canary.to_owned()),
        ("BOUNCER_BASE_URL", format!("https//u:{canary}@h")),
    ];
    for (name, value) in &mistakes {
        for arguments in [&["run"][..], &["config", "show"], &["audit"]] {
            let said = site.command(arguments).env(name, value).output().unwrap();
            let said = text(&said.stdout) + &text(&said.stderr);
            assert_silent(
                &format!("{name} {arguments:?}"),
                &said,
                &[canary.to_owned()],
            );
        }
    }
    for line in [
        format!("api_key = \"{canary}\""),
        format!("webhook_secret = {canary}"),
        format!("notify_url = \"{canary}\""),
        format!("database_url = [\"{canary}\"]"),
        format!("base_url = \"https://u:{canary}@h\""),
        format!("base_url = \"https//u:{canary}@h\""),
    ] {
        std::fs::write(folder.join("bouncer.toml"), &line).unwrap();
        let said = site.says(&["config", "show"]);
        let said = text(&said.stdout) + &text(&said.stderr);
        assert_silent(&line, &said, &[canary.to_owned()]);
    }
}

on_both_databases! {
    async fn nothing_the_program_is_made_of_shows_a_secret_or_a_text_when_it_is_debugged(database) {
        let key = "canary-api-key-2b2b";
        let secret = "whsec_canary_secret_3c3c";
        let url = format!("https://hooks.example.com/{NOTIFY_KEY}");
        let mut setup = crate::bot::Setup::on(database);
        if let Location::Postgres(plain) = &setup.database.location {
            let mut url = url::Url::parse(plain).unwrap();
            url.set_password(Some(PASSWORD)).unwrap();
            setup = setup.set("BOUNCER_DATABASE_URL", url.as_str());
        }
        let bot = setup
            .set("FEATUREBASE_API_KEY", key)
            .set("FEATUREBASE_WEBHOOK_SECRET", secret)
            .set("BOUNCER_NOTIFY_URL", &url)
            .start()
            .await;
        let timeout = std::time::Duration::from_secs(1);
        let delivery = featurebase_bouncer::store::inbox::Delivery {
            event: featurebase_bouncer::message::EventId::new("notif_1"),
            received_at: Timestamp::from_seconds(1),
            body: TEXTS[0].into(),
        };
        let mut said = String::new();
        write!(said, "{:?} {:?} {:?}", bot.config, bot.config.location(), bot.store).unwrap();
        write!(said, "{:?} {:?} {:?}", bot.worker, bot.desk, bot.metrics).unwrap();
        write!(said, "{:?}", bot.worker.outside.featurebase.as_ref().unwrap()).unwrap();
        write!(said, "{:?} {delivery:?}", Notifier::new(&url, timeout).unwrap()).unwrap();
        write!(said, "{:?}", bot.store.writing().await.unwrap()).unwrap();
        let secrets = [key, secret, PASSWORD, NOTIFY_KEY].map(str::to_owned);
        assert_silent("debug output", &said, &secrets);
        assert_silent("debug output", &said, &TEXTS.map(str::to_owned));
        bot.store.close().await;
        let error = bot.store.writing().await.unwrap_err();
        let said = format!("{error:?} {error}");
        assert_silent("an error", &said, &secrets);
    }
}
