//! Secrets: from the environment or from files, never from the configuration file, never shown.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Environment;
use crate::problem::Problem;

/// A shorter secret is a mistake, not a secret.
const SHORTEST: usize = 12;
/// A longer file holds something else, in bytes.
const LONGEST_FILE: u64 = 64 * 1024;
const WEBHOOK: &str = "FEATUREBASE_WEBHOOK_SECRET";

/// Something that must not be shown. Its debug form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[derive(Debug)]
pub(super) struct Secrets {
    pub api_key: Option<Secret>,
    pub webhook: Vec<Secret>,
    /// What the file named in `BOUNCER_ALERT_URLS_FILE` holds.
    pub alert_urls: Option<String>,
    pub webhook_file: Option<PathBuf>,
}

pub(super) fn read(environment: &Environment, problems: &mut Vec<Problem>) -> Secrets {
    let api_key =
        value(environment, "FEATUREBASE_API_KEY", problems).map(|text| text.trim().to_owned());
    let webhook = value(environment, WEBHOOK, problems);
    let webhook = webhook.as_deref().map(several).unwrap_or_default();
    let named = |name, secret: &str| too_short(name, secret);
    let webhook_short = webhook.iter().filter_map(|secret| named(WEBHOOK, secret));
    let key_short = api_key
        .iter()
        .filter_map(|key| named("FEATUREBASE_API_KEY", key));
    problems.extend(key_short.chain(webhook_short));
    let alert_urls = environment
        .contains_key("BOUNCER_ALERT_URLS_FILE")
        .then(|| value(environment, "BOUNCER_ALERT_URLS", problems))
        .flatten();
    Secrets {
        alert_urls,
        api_key: api_key.map(Secret),
        webhook: webhook.into_iter().map(Secret).collect(),
        webhook_file: environment
            .get(&format!("{WEBHOOK}_FILE"))
            .map(PathBuf::from),
    }
}

/// The file of webhook secrets as it is at one moment: read once to run, and again while the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// In the order of the file: the newest first.
    pub secrets: Vec<Secret>,
}

impl SecretFile {
    /// Reads a file of webhook secrets, one on each line or with commas between.
    ///
    /// # Errors
    /// Why it cannot be used. The words never hold any of its content.
    pub fn read(path: &Path) -> Result<Self, String> {
        let file =
            std::fs::metadata(path).map_err(|error| format!("it cannot be read: {error}"))?;
        if !file.is_file() {
            return Err("it is not a file".to_owned());
        }
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(LONGEST_FILE + 1).read_to_string(&mut text))
            .map_err(|error| format!("it cannot be read: {error}"))?;
        if u64::try_from(text.len()).is_ok_and(|length| length > LONGEST_FILE) {
            return Err(format!("it has more than {LONGEST_FILE} bytes"));
        }
        let secrets = several(&text);
        if secrets.is_empty() {
            return Err("it is empty".to_owned());
        }
        if let Some(short) = secrets.iter().find(|secret| secret.len() < SHORTEST) {
            return Err(format!(
                "it holds something of {} characters, which is too short to be a secret",
                short.len()
            ));
        }
        Ok(Self {
            secrets: secrets.into_iter().map(Secret).collect(),
        })
    }
}

fn several(text: &str) -> Vec<String> {
    text.split([',', '\n', '\r', ' ', '\t'])
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn too_short(name: &str, secret: &str) -> Option<Problem> {
    (secret.len() < SHORTEST).then(|| {
        Problem::error(
            "secret-too-short",
            format!(
                "{name} holds something of {} characters, which is too short to be a secret",
                secret.len()
            ),
        )
        .help("copy it again, whole")
    })
}

/// The variable, or the content of the file its `_FILE` variant names.
fn value(environment: &Environment, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let file_name = format!("{name}_FILE");
    let text = match (environment.get(name), environment.get(&file_name)) {
        (Some(_), Some(_)) => {
            problems.push(
                Problem::error(
                    "secret-twice",
                    format!("both {name} and {file_name} are set"),
                )
                .help("unset one of them"),
            );
            return None;
        }
        (Some(text), None) => text.clone(),
        (None, Some(path)) => match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                problems.push(
                    Problem::error(
                        "secret-unreadable",
                        format!("{file_name} names {path}, which cannot be read: {error}"),
                    )
                    .help("check the path and who may read it"),
                );
                return None;
            }
        },
        (None, None) => return None,
    };
    if text.trim().is_empty() {
        problems.push(
            Problem::error("secret-empty", format!("{name} is set but empty"))
                .help("copy the secret into it, or unset it"),
        );
        return None;
    }
    Some(text)
}
