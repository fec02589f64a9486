//! The settings: where they come from, what is refused, and what is never shown.

mod mistakes;
mod secrets;

use std::time::Duration;

use featurebase_bouncer::config::{Config, Environment, Need, Origin, SETTINGS, Shown};
use featurebase_bouncer::decision::Stage;
use featurebase_bouncer::problem::{Paint, Problem, render};
use featurebase_bouncer::store::Location;
use featurebase_bouncer::telemetry::LogForm;

/// A configuration to be: the file and the environment.
#[derive(Default)]
struct Given {
    /// Its folder goes when this is dropped.
    file: Option<(tempfile::TempDir, std::path::PathBuf)>,
    environment: Environment,
}

impl Given {
    fn new() -> Self {
        Self::default()
    }

    fn file(mut self, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bouncer.toml");
        std::fs::write(&path, content).unwrap();
        self.file = Some((folder, path));
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Another file with this content, named by a variable.
    fn set_file(mut self, name: &str, content: &str) -> Self {
        if self.file.is_none() {
            self = self.file("");
        }
        let (folder, _) = self.file.as_ref().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        self.set(name, path.to_str().unwrap())
    }

    fn read(&self, need: Need) -> Result<Config, Vec<Problem>> {
        match &self.file {
            Some((_, path)) => Config::read(Some(path), &self.environment, need),
            None => Config::from_environment(&self.environment, need),
        }
    }

    fn config(&self) -> Config {
        self.read(Need::NoSecrets)
            .unwrap_or_else(|problems| panic!("{}", render(&problems, Paint::Plain)))
    }

    fn problems(&self, need: Need) -> Vec<Problem> {
        self.read(need).expect_err("this configuration is refused")
    }

    /// What is told of a configuration that is refused, the folder's name left out.
    fn refused(&self, need: Need) -> String {
        let told = render(&self.problems(need), Paint::Plain);
        match &self.file {
            Some((folder, _)) => told.replace(&format!("{}/", folder.path().display()), ""),
            None => told,
        }
    }

    fn codes(&self, need: Need) -> Vec<String> {
        self.problems(need)
            .into_iter()
            .map(|problem| problem.code)
            .collect()
    }
}

fn shown<'c>(config: &'c Config, key: &str) -> &'c Shown {
    let mut all = config.shown().iter();
    all.find(|shown| shown.key == key).unwrap()
}

#[test]
fn every_key_has_a_default_and_is_shown_with_it() {
    let config = Given::new().config();
    for setting in SETTINGS {
        let shown = shown(&config, setting.key);
        assert_eq!(shown.value, setting.default, "{}", setting.key);
        assert_eq!(shown.origin, Origin::Default);
        assert_eq!(shown.about, setting.about);
        assert!(!setting.about.is_empty());
    }
    let secrets: Vec<(&str, &str)> = config.shown()[SETTINGS.len()..]
        .iter()
        .map(|shown| (shown.key.as_str(), shown.value.as_str()))
        .collect();
    assert_eq!(
        secrets,
        [
            ("FEATUREBASE_API_KEY", "(not set)"),
            ("FEATUREBASE_WEBHOOK_SECRET", "(not set)")
        ]
    );
}

#[test]
fn the_defaults_are_what_is_documented() {
    let config = Given::new().config();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert!(
        config.private_listen.ip().is_loopback(),
        "numbers are not for the world"
    );
    assert_eq!(config.webhook_path, "/webhooks/featurebase");
    assert_eq!(config.mode, Stage::Enforce);
    assert_eq!(config.base_url, "https://do.featurebase.app");
    assert_eq!(config.body_limit, 1024 * 1024);
    assert_eq!(config.signature_window, Duration::from_mins(5));
    assert_eq!(config.log, LogForm::Text);
    assert_eq!(
        config.location(),
        Location::Sqlite("data/bouncer.db".into())
    );
    assert_eq!(config.stop_file(), std::path::Path::new("data/STOP"));
}

#[test]
fn the_file_wins_over_defaults_and_the_environment_over_the_file() {
    let given = Given::new()
        .file("mode = \"hold\"\nlisten = \"127.0.0.1:1111\"\nbody_limit = 4096\n")
        .set("BOUNCER_LISTEN", "127.0.0.1:2222");
    let config = given.config();
    assert_eq!(config.mode, Stage::Hold);
    assert_eq!(config.listen.port(), 2222);
    assert_eq!(config.body_limit, 4096);
    for (key, origin) in [
        ("mode", Origin::File),
        ("listen", Origin::Environment),
        ("body_limit", Origin::File),
        ("log", Origin::Default),
    ] {
        assert_eq!(shown(&config, key).origin, origin, "{key}");
    }
}

#[test]
fn every_key_can_be_set_in_the_file_and_by_the_environment() {
    for setting in SETTINGS {
        let name = format!("BOUNCER_{}", setting.key.to_uppercase());
        let config = Given::new().set(&name, setting.default).config();
        assert_eq!(shown(&config, setting.key).origin, Origin::Environment);
        let line = format!("{} = \"{}\"", setting.key, setting.default);
        let config = Given::new().file(line).config();
        assert_eq!(shown(&config, setting.key).origin, Origin::File);
        assert_eq!(shown(&config, setting.key).value, setting.default);
    }
}

#[test]
fn the_address_of_featurebase_has_the_name_its_own_client_knows() {
    let theirs = Given::new().set("FEATUREBASE_BASE_URL", "http://127.0.0.1:4010");
    assert_eq!(theirs.config().base_url, "http://127.0.0.1:4010");
    let both = theirs.set("BOUNCER_BASE_URL", "http://127.0.0.1:4011");
    assert_eq!(both.config().base_url, "http://127.0.0.1:4011");
    // No other setting has a second name.
    let other = Given::new().set("FEATUREBASE_LISTEN", "127.0.0.1:9999");
    assert_eq!(other.config().listen.port(), 8080);
}

#[test]
fn numbers_may_stand_in_the_file_in_every_way_toml_writes_them() {
    for written in ["8192", "8_192", "0x2000", "0b10_0000_0000_0000", "\"8192\""] {
        let config = Given::new()
            .file(format!("body_limit = {written}"))
            .config();
        assert_eq!(config.body_limit, 8192, "{written}");
    }
}

#[test]
fn spans_of_time_are_written_as_staff_write_them() {
    for (written, millis) in [
        ("250ms", 250),
        ("10s", 10_000),
        ("2m", 120_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
    ] {
        let config = Given::new().set("BOUNCER_GIVE_UP_AFTER", written).config();
        assert_eq!(config.give_up_after, Duration::from_millis(millis));
    }
}

#[test]
fn blanks_and_line_ends_around_a_value_do_not_count() {
    let config = Given::new().set("BOUNCER_MODE", " observe\n").config();
    assert_eq!(config.mode, Stage::Observe);
}

#[test]
fn an_empty_file_and_a_commented_one_change_nothing() {
    for content in [
        "",
        "\n",
        "# mode = \"hold\"\r\n",
        "\u{feff}# saved by an editor\n",
    ] {
        let config = Given::new().file(content).config();
        let all_defaults = config
            .shown()
            .iter()
            .all(|shown| shown.origin == Origin::Default);
        assert!(all_defaults, "{content:?}");
    }
}

#[test]
fn windows_line_ends_are_fine() {
    let config = Given::new()
        .file("mode = \"hold\"\r\nlog = \"json\"\r\n")
        .config();
    assert_eq!((config.mode, config.log), (Stage::Hold, LogForm::Json));
}

#[test]
fn a_postgres_address_chooses_the_store() {
    for address in ["postgres://u@db/bouncer", "postgresql://u@db/bouncer"] {
        let config = Given::new().set("BOUNCER_DATABASE_URL", address).config();
        assert_eq!(config.location(), Location::Postgres(address.to_owned()));
    }
    let config = Given::new()
        .set("BOUNCER_DATA_DIR", "/var/lib/bouncer")
        .config();
    assert_eq!(
        config.location(),
        Location::Sqlite("/var/lib/bouncer/bouncer.db".into())
    );
}

#[test]
fn variables_of_other_programs_are_none_of_ours() {
    let config = Given::new()
        .set("BOUNCERS_UNION", "1")
        .set("bouncer_listen", "nonsense")
        .set("FEATUREBASE_MODE", "nonsense")
        .set("BOUNCER_TEST_POSTGRES", "postgres://u@db/x")
        .config();
    assert!(
        config
            .shown()
            .iter()
            .all(|shown| shown.origin == Origin::Default)
    );
}
