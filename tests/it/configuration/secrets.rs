use featurebase_bouncer::config::Secret;

use super::*;

const KEY: &str = "key_0123456789abcdef";
const SECRET: &str = "whsec_0123456789abcdef";

fn complete() -> Given {
    Given::new()
        .set("FEATUREBASE_API_KEY", KEY)
        .set("FEATUREBASE_WEBHOOK_SECRET", SECRET)
}

fn webhook_secrets(given: &Given) -> Vec<String> {
    let config = given.config();
    let secrets = config.webhook_secrets.iter();
    secrets.map(|secret| secret.reveal().to_owned()).collect()
}

#[test]
fn secrets_come_from_the_environment() {
    let config = complete().read(Need::Everything).unwrap();
    assert_eq!(config.api_key.unwrap().reveal(), KEY);
    assert_eq!(webhook_secrets(&complete()), [SECRET]);
}

#[test]
fn secrets_come_from_files_without_their_last_line_end() {
    for end in ["", "\n", "\r\n", " \n\n"] {
        let given = Given::new()
            .set_file("FEATUREBASE_API_KEY_FILE", &format!("{KEY}{end}"))
            .set_file("FEATUREBASE_WEBHOOK_SECRET_FILE", &format!("{SECRET}{end}"));
        let config = given.read(Need::Everything).unwrap();
        assert_eq!(config.api_key.unwrap().reveal(), KEY, "{end:?}");
        assert_eq!(webhook_secrets(&given), [SECRET], "{end:?}");
    }
}

#[test]
fn several_webhook_secrets_may_be_given() {
    let second = "whsec_fedcba9876543210";
    for between in [",", ", ", " ", "\n", "\r\n", ",\n,"] {
        let both = format!("{SECRET}{between}{second}");
        let given = Given::new().set("FEATUREBASE_WEBHOOK_SECRET", &both);
        assert_eq!(webhook_secrets(&given), [SECRET, second], "{between:?}");
        let given = Given::new().set_file("FEATUREBASE_WEBHOOK_SECRET_FILE", &format!("{both}\n"));
        assert_eq!(webhook_secrets(&given), [SECRET, second], "{between:?}");
    }
}

#[test]
fn to_run_the_webhook_secret_is_needed() {
    let given = Given::new().set("FEATUREBASE_API_KEY", KEY);
    given.config();
    insta::assert_snapshot!(given.refused(Need::Everything), @r#"
    error[no-webhook-secret]: FEATUREBASE_WEBHOOK_SECRET is not set, so no delivery could be verified
     |
     = help: copy the webhook's secret (whsec_…) into it, or name a file in FEATUREBASE_WEBHOOK_SECRET_FILE
    "#);
    let commas = given.set("FEATUREBASE_WEBHOOK_SECRET", ",");
    assert_eq!(commas.codes(Need::Everything), ["no-webhook-secret"]);
}

#[test]
fn to_run_the_key_is_needed_but_for_observing() {
    let given = Given::new().set("FEATUREBASE_WEBHOOK_SECRET", SECRET);
    insta::assert_snapshot!(given.refused(Need::Everything), @r#"
    error[no-api-key]: FEATUREBASE_API_KEY is not set, so nobody could be blocked
     |
     = help: copy an API key into it, or name a file in FEATUREBASE_API_KEY_FILE, or set mode = "observe" to only watch
    "#);
    let holding = given.set("BOUNCER_MODE", "hold");
    assert_eq!(holding.codes(Need::Everything), ["no-api-key"]);
    let observing = holding.set("BOUNCER_MODE", "observe");
    let config = observing.read(Need::Everything).unwrap();
    assert_eq!(config.api_key, None);
}

#[test]
fn both_missing_secrets_are_told_at_once() {
    let codes = Given::new().codes(Need::Everything);
    assert_eq!(codes, ["no-webhook-secret", "no-api-key"]);
}

#[test]
fn an_empty_secret_is_a_mistake() {
    let given = Given::new().set("FEATUREBASE_API_KEY", "");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[secret-empty]: FEATUREBASE_API_KEY is set but empty
     |
     = help: copy the secret into it, or unset it
    "#);
    for empty in [" ", "\n", "\t\r\n"] {
        let given = Given::new().set("FEATUREBASE_WEBHOOK_SECRET", empty);
        assert_eq!(given.codes(Need::NoSecrets), ["secret-empty"]);
        let given = Given::new().set_file("FEATUREBASE_WEBHOOK_SECRET_FILE", empty);
        assert_eq!(given.codes(Need::NoSecrets), ["secret-empty"]);
    }
}

#[test]
fn a_short_secret_is_a_mistake() {
    let given = Given::new().set("FEATUREBASE_WEBHOOK_SECRET", "whsec_1234");
    let told = given.refused(Need::NoSecrets);
    assert!(!told.contains("whsec_1234"), "not even a wrong one is told");
    insta::assert_snapshot!(told, @r#"
    error[secret-too-short]: FEATUREBASE_WEBHOOK_SECRET holds something of 10 characters, which is too short to be a secret
     |
     = help: copy it again, whole
    "#);
    let one_of_two = Given::new().set("FEATUREBASE_WEBHOOK_SECRET", &format!("{SECRET},abc"));
    assert_eq!(one_of_two.codes(Need::NoSecrets), ["secret-too-short"]);
    let longest_short = Given::new().set("FEATUREBASE_API_KEY", "12345678901");
    assert_eq!(longest_short.codes(Need::NoSecrets), ["secret-too-short"]);
    Given::new()
        .set("FEATUREBASE_API_KEY", "123456789012")
        .config();
}

#[test]
fn a_secret_given_twice_is_a_mistake() {
    let given = complete().set_file("FEATUREBASE_API_KEY_FILE", KEY);
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[secret-twice]: both FEATUREBASE_API_KEY and FEATUREBASE_API_KEY_FILE are set
     |
     = help: unset one of them
    "#);
}

#[test]
fn a_secret_file_that_is_not_there_is_a_mistake() {
    let given = Given::new().set("FEATUREBASE_API_KEY_FILE", "/nowhere/key");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[secret-unreadable]: FEATUREBASE_API_KEY_FILE names /nowhere/key, which cannot be read: No such file or directory (os error 2)
     |
     = help: check the path and who may read it
    "#);
}

#[test]
fn a_secret_in_the_settings_file_is_refused() {
    for key in ["api_key", "featurebase_api_key", "webhook_secret", "secret"] {
        let given = Given::new().file(format!("{key} = \"{KEY}\"\n"));
        assert_eq!(given.codes(Need::NoSecrets), ["secret-in-file"], "{key}");
    }
    let given = Given::new().file(format!("mode = \"hold\"\nwebhook_secret = \"{SECRET}\"\n"));
    let told = given.refused(Need::NoSecrets);
    assert!(!told.contains(SECRET), "nor is it told");
    insta::assert_snapshot!(told, @r#"
    error[secret-in-file]: `webhook_secret` cannot be set here: secrets come from the environment or from files of their own
     --> bouncer.toml:2:1
      |
    2 | webhook_secret …
      | ^^^^^^^^^^^^^^
      |
      = help: set FEATUREBASE_API_KEY and FEATUREBASE_WEBHOOK_SECRET, or their _FILE variants
    "#);
    for misspelt in ["apikey", "database_uri", "token"] {
        let given = Given::new().file(format!("{misspelt} = \"{SECRET}\"\n"));
        assert!(
            !given.refused(Need::NoSecrets).contains(SECRET),
            "{misspelt}"
        );
    }
}

#[test]
fn secrets_are_never_shown() {
    let two = format!("{SECRET},whsec_fedcba9876543210");
    let given = complete().set("FEATUREBASE_WEBHOOK_SECRET", &two);
    let config = given.config();
    assert_eq!(shown(&config, "FEATUREBASE_API_KEY").value, "(hidden)");
    let secrets = shown(&config, "FEATUREBASE_WEBHOOK_SECRET");
    assert_eq!(secrets.value, "(2 secrets, hidden)");
    let everything = format!("{config:?} {:?} {:#?}", config.shown(), config.api_key);
    for secret in [KEY, SECRET, "fedcba9876543210"] {
        assert!(!everything.contains(secret), "{everything}");
    }
    assert_eq!(format!("{:?}", Secret::new(KEY)), "(hidden)");
}

#[test]
fn the_password_of_a_database_is_never_shown() {
    for address in [
        "postgres://bouncer:hunter2hunter2@db.internal:5432/bouncer?sslmode=require",
        "postgres://bouncer:hunter2%20hunter2@db/bouncer",
        "postgres://bouncer@db/bouncer?password=hunter2hunter2",
        "postgres://bouncer@db/bouncer?sslmode=require&password=hunter2hunter2",
        // No addresses at all, and a password in each.
        "postgres://bouncer:hunter2#@db/bouncer",
        "postgres://bouncer:hunter2/hunter2@db:port/bouncer",
    ] {
        let config = Given::new().set("BOUNCER_DATABASE_URL", address).config();
        let told = format!("{config:?} {:?}", config.shown());
        assert!(!told.contains("hunter2"), "{told}");
        assert_eq!(config.location(), Location::Postgres(address.to_owned()));
    }
    let address = "postgres://bouncer:hunter2@db.internal:5432/bouncer?sslmode=require";
    let config = Given::new().set("BOUNCER_DATABASE_URL", address).config();
    assert_eq!(
        shown(&config, "database_url").value,
        "postgres://bouncer:***@db.internal:5432/bouncer?sslmode=require"
    );
}

#[test]
fn a_database_address_that_is_refused_is_not_told() {
    let given = Given::new().set("BOUNCER_DATABASE_URL", "mysql://root:hunter2@db/x");
    let told = given.refused(Need::NoSecrets);
    assert!(!told.contains("hunter2"));
    insta::assert_snapshot!(told, @r#"
    error[bad-setting]: BOUNCER_DATABASE_URL: its value is not a postgres:// address
     |
     = help: leave it empty to use SQLite
    "#);
    let in_file = Given::new().file("database_url = \"mysql://root:hunter2@db/x\"\n");
    let told = in_file.refused(Need::NoSecrets);
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn the_address_to_tell_is_shown_without_its_key() {
    let address = "https://hooks.example.com/services/hunter2?key=hunter2";
    let config = Given::new().set("BOUNCER_NOTIFY_URL", address).config();
    let told = format!("{config:?} {:?}", config.shown());
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(
        shown(&config, "notify_url").value,
        "https://hooks.example.com/***"
    );
    assert_eq!(config.notify_url.unwrap().reveal(), address);
}

#[test]
fn an_address_to_tell_that_others_could_read_is_refused_untold() {
    for bad in [
        "http://hooks.example.com/hunter2",
        "http://127.0.0.1.example.com/hunter2",
        "ftp://localhost/hunter2",
        "hooks.example.com/hunter2",
    ] {
        let given = Given::new().set("BOUNCER_NOTIFY_URL", bad);
        let told = given.refused(Need::NoSecrets);
        assert!(
            told.contains(
                "error[bad-setting]: BOUNCER_NOTIFY_URL: its value is not an https address"
            ),
            "{told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
        let in_file = Given::new().file(format!("notify_url = \"{bad}\"\n"));
        let told = in_file.refused(Need::NoSecrets);
        assert!(!told.contains("hunter2"), "{told}");
    }
    for good in [
        "http://localhost:9/x",
        "http://127.0.0.1/x",
        "http://[::1]:8/x",
        "https://a.example/x",
    ] {
        Given::new().set("BOUNCER_NOTIFY_URL", good).config();
    }
}

#[test]
fn addresses_people_are_told_at_come_from_a_file_and_are_never_shown() {
    let urls = "https://hooks.slack.com/services/T0/B0/canary\nhttps://discord.com/api/webhooks/1/canary\n";
    let given = Given::new().set_file("BOUNCER_ALERT_URLS_FILE", urls);
    let config = given.config();
    let shown: Vec<String> = config
        .alert_urls
        .iter()
        .map(featurebase_bouncer::alerts::Address::shown)
        .collect();
    assert_eq!(
        shown,
        ["slack at hooks.slack.com", "discord at discord.com"]
    );
    let all = format!("{config:?} {:?}", config.shown());
    assert!(!all.contains("canary"), "{all}");
    let setting = config
        .shown()
        .iter()
        .find(|shown| shown.key == "alert_urls")
        .unwrap();
    assert_eq!(setting.value, "(hidden)");
    let twice = given.set("BOUNCER_ALERT_URLS", "https://x.example/canary");
    assert!(twice.refused(Need::NoSecrets).contains("secret-twice"));
    let bad = Given::new().set(
        "BOUNCER_ALERT_URLS",
        "https://x.example/a, http://x.example/canary",
    );
    let told = bad.refused(Need::NoSecrets);
    assert!(
        told.contains("(address 2) is not an https address") && !told.contains("canary"),
        "{told}"
    );
}
