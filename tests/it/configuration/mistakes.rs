use proptest::prelude::*;

use super::*;

#[test]
fn an_unknown_key_is_told_with_its_place_and_the_nearest_known_one() {
    let given = Given::new().file("mode = \"hold\"\nmax_conections = 20\nlisten_on = \"x\"\n");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[unknown-key]: `listen_on` is not a setting
     --> bouncer.toml:3:1
      |
    3 | listen_on …
      | ^^^^^^^^^
      |
      = help: `bouncer config show` lists every key

    error[unknown-key]: `max_conections` is not a setting
     --> bouncer.toml:2:1
      |
    2 | max_conections …
      | ^^^^^^^^^^^^^^
      |
      = help: did you mean `max_connections`?
    "#);
}

#[test]
fn a_table_in_the_file_is_an_unknown_key() {
    let given = Given::new().file("[server]\nlisten = \"127.0.0.1:80\"\n");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[unknown-key]: `server` is not a setting
     --> bouncer.toml:1:2
      |
    1 | [server …
      |  ^^^^^^
      |
      = help: `bouncer config show` lists every key
    "#);
}

#[test]
fn an_unknown_variable_is_told_with_the_nearest_known_one() {
    let given = Given::new()
        .set("BOUNCER_RULE_DIR", "rules")
        .set("BOUNCER_XYZZY", "1");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[unknown-key]: the environment variable BOUNCER_RULE_DIR is not a setting
     |
     = help: did you mean BOUNCER_RULES_DIR?

    error[unknown-key]: the environment variable BOUNCER_XYZZY is not a setting
     |
     = help: `bouncer config show` lists every key
    "#);
}

#[test]
fn a_bad_value_is_told_with_its_place_and_what_to_write() {
    let given = Given::new().file("mode = \"enforced\"\nheader_timeout = \"ten\"\n");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[bad-setting]: mode: `enforced` is not known here
     --> bouncer.toml:1:1
      |
    1 | mode = "enforced"
      | ^^^^
      |
      = help: one of observe, hold, enforce

    error[bad-setting]: header_timeout: `ten` is not known here
     --> bouncer.toml:2:1
      |
    2 | header_timeout = "ten"
      | ^^^^^^^^^^^^^^
      |
      = help: a number and ms, s, m, h or d, like this: 10s
    "#);
}

#[test]
fn a_bad_value_of_the_environment_is_told_with_the_variables_name() {
    let given = Given::new().set("BOUNCER_LISTEN", "8080");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[bad-setting]: BOUNCER_LISTEN: `8080` is not known here
     |
     = help: an address and a port, like this: 127.0.0.1:8080
    "#);
    let theirs = Given::new().set("FEATUREBASE_BASE_URL", "do.featurebase.app");
    insta::assert_snapshot!(theirs.refused(Need::NoSecrets), @r#"
    error[bad-setting]: FEATUREBASE_BASE_URL: `do.featurebase.app` is not an http address
     |
     = help: write it like this: https://do.featurebase.app
    "#);
}

#[test]
fn a_value_of_the_wrong_kind_is_told() {
    let given = Given::new().file("listen = [\"127.0.0.1:80\"]\nlog = true\n");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[wrong-type]: `listen` must be a text in quotes or a number
     --> bouncer.toml:1:1
      |
    1 | listen = ["127.0.0.1:80"]
      | ^^^^^^
      |
      = help: write it like this: listen = "127.0.0.1:8080"

    error[wrong-type]: `log` must be a text in quotes or a number
     --> bouncer.toml:2:1
      |
    2 | log = true
      | ^^^
      |
      = help: write it like this: log = "text"
    "#);
}

#[test]
fn a_line_that_is_not_toml_is_told() {
    let given = Given::new().file("mode = hold\nlisten: 127.0.0.1:80\n");
    insta::assert_snapshot!(given.refused(Need::NoSecrets), @r#"
    error[toml-syntax]: key with no value, expected `=`
     --> bouncer.toml:2:9
      |
    2 | listen: 127.0.0.1:80
      |         ^
      |
      = help: write lines like this: listen = "0.0.0.0:8080"

    error[toml-syntax]: string values must be quoted, expected literal string
     --> bouncer.toml:1:6
      |
    1 | mode = …
      |      ^
      |
      = help: write lines like this: listen = "0.0.0.0:8080"

    error[toml-syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`
     --> bouncer.toml:2:7
      |
    2 | listen: 127.0.0.1:80
      |       ^
      |
      = help: write lines like this: listen = "0.0.0.0:8080"
    "#);
}

#[test]
fn values_of_each_kind_have_their_bounds() {
    for (name, values) in [
        (
            "BOUNCER_LISTEN",
            &[
                "",
                "localhost:80",
                "127.0.0.1",
                "127.0.0.1:99999",
                ":8080",
                "::1:80",
            ][..],
        ),
        ("BOUNCER_PRIVATE_LISTEN", &["off", "0"]),
        (
            "BOUNCER_WEBHOOK_PATH",
            &["", "webhooks", "/healthz", "/a{b}", "/*", "/a?b", "/a#b"],
        ),
        (
            "BOUNCER_DATABASE_URL",
            &["sqlite://x", "/var/lib/x.db", "db.internal"],
        ),
        ("BOUNCER_MODE", &["", "Enforce", "block", "enforce hold"]),
        (
            "BOUNCER_BASE_URL",
            &[
                "",
                "do.featurebase.app",
                "ftp://x",
                "file:///etc/passwd",
                "https://",
            ],
        ),
        (
            "BOUNCER_BODY_LIMIT",
            &[
                "",
                "0",
                "1023",
                "-1",
                "1MiB",
                "1e6",
                "67108865",
                "99999999999999999999",
            ],
        ),
        ("BOUNCER_MAX_CONNECTIONS", &["0", "1000001", "many"]),
        ("BOUNCER_CALLS_AT_ONCE", &["0", "65"]),
        ("BOUNCER_CALLS_PER_MINUTE", &["9", "2001", "-1"]),
        (
            "BOUNCER_SIGNATURE_WINDOW",
            &[
                "",
                "0s",
                "5",
                "5 m",
                "m",
                "-5m",
                "5min",
                "1.5m",
                "99999999999999999999d",
            ],
        ),
        ("BOUNCER_HEADER_TIMEOUT", &["0ms"]),
        ("BOUNCER_BODY_TIMEOUT", &["0s"]),
        ("BOUNCER_CALL_TIMEOUT", &["10"]),
        ("BOUNCER_GIVE_UP_AFTER", &["never"]),
        ("BOUNCER_EXEMPT_AFTER_UNBLOCK", &["0d"]),
        ("BOUNCER_LOG", &["", "xml", "JSON"]),
    ] {
        for value in values {
            let problems = Given::new().set(name, value).problems(Need::NoSecrets);
            let [problem] = problems.as_slice() else {
                panic!("{name}={value}: {problems:?}");
            };
            assert_eq!(problem.code, "bad-setting", "{name}={value}");
            assert!(problem.message.starts_with(name), "{}", problem.message);
            assert!(problem.help.is_some());
        }
    }
}

#[test]
fn values_at_their_bounds_are_fine() {
    for (name, value) in [
        ("BOUNCER_BODY_LIMIT", "1024"),
        ("BOUNCER_BODY_LIMIT", "67108864"),
        ("BOUNCER_MAX_CONNECTIONS", "1"),
        ("BOUNCER_CALLS_AT_ONCE", "64"),
        ("BOUNCER_CALLS_PER_MINUTE", "10"),
        ("BOUNCER_LISTEN", "[::1]:80"),
        ("BOUNCER_LISTEN", "0.0.0.0:0"),
        ("BOUNCER_BODY_TIMEOUT", "1ms"),
        ("BOUNCER_WEBHOOK_PATH", "/"),
        ("BOUNCER_BASE_URL", "http://127.0.0.1:4010/"),
    ] {
        Given::new().set(name, value).config();
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let given = Given::new()
        .file("mod = \"hold\"\nlog = \"xml\"\napi_key = \"x\"\n")
        .set("BOUNCER_LISTENS", "x")
        .set("BOUNCER_BODY_LIMIT", "lots")
        .set("FEATUREBASE_API_KEY", "short");
    let mut codes = given.codes(Need::Everything);
    codes.sort();
    assert_eq!(
        codes,
        [
            "bad-setting",
            "bad-setting",
            "secret-in-file",
            "secret-too-short",
            "unknown-key",
            "unknown-key"
        ]
    );
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let read = Config::read(
        Some(std::path::Path::new("/nowhere/bouncer.toml")),
        &Environment::new(),
        Need::NoSecrets,
    );
    insta::assert_snapshot!(render(&read.unwrap_err(), Paint::Plain), @r#"
    error[config-unreadable]: /nowhere/bouncer.toml cannot be read: No such file or directory (os error 2)
     |
     = help: check the path and who may read it
    "#);
}

#[test]
fn a_file_that_is_no_settings_file_is_refused_and_does_no_harm() {
    for (content, code) in [
        ("x".repeat(64 * 1024 + 1), "config-too-large"),
        (format!("a = {}", "[".repeat(60_000)), "config-nested"),
        (format!("a = {}", "{a=".repeat(20_000)), "config-nested"),
        (format!("{}a = 1", "a.".repeat(30_000)), "config-nested"),
    ] {
        let codes = Given::new().file(content).codes(Need::NoSecrets);
        assert_eq!(codes, [code]);
    }
    let latin = Given::new().file(b"data_dir = \"caf\xe9\"\nlog = \"xml\"\n");
    assert!(!latin.problems(Need::NoSecrets).is_empty());
}

proptest! {
    #[test]
    fn no_file_makes_reading_fail(content in "(mode|listen|log|body_limit|[a-z_]{1,8}|\\[+|\\.|[ =\"'\n#{}]|\\PC){0,40}") {
        let _ = Given::new().file(content).read(Need::Everything);
    }

    #[test]
    fn no_environment_makes_reading_fail(key in prop::sample::select(SETTINGS.iter().map(|setting| setting.key.to_uppercase()).collect::<Vec<_>>()), value in "\\PC{0,20}") {
        let _ = Given::new().set(&format!("BOUNCER_{key}"), &value).read(Need::NoSecrets);
    }
}

#[test]
fn a_teammates_id_that_is_none_is_told() {
    for bad in ["ana", "5febde12dc56d60012d47a0", "5febde12dc56d60012d47a0g"] {
        let told = Given::new()
            .set("BOUNCER_ADMIN_ID", bad)
            .refused(Need::NoSecrets);
        assert!(
            told.contains(&format!("BOUNCER_ADMIN_ID: `{bad}` is not a teammate's id")),
            "{told}"
        );
    }
    let config = Given::new()
        .set("BOUNCER_ADMIN_ID", "5febde12dc56d60012d47a01")
        .config();
    assert_eq!(config.admin_id.as_deref(), Some("5febde12dc56d60012d47a01"));
    assert_eq!(Given::new().config().admin_id, None);
    let told = Given::new()
        .set("BOUNCER_LOOKUP_MAX_AGE", "0s")
        .refused(Need::NoSecrets);
    assert!(told.contains("BOUNCER_LOOKUP_MAX_AGE"), "{told}");
}
