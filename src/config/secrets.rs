//! Secrets: from the environment or from files, never from the configuration file, never shown.

use std::fmt;

use super::Environment;
use crate::problem::Problem;

/// A shorter secret is a mistake, not a secret.
const SHORTEST: usize = 12;

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
}

pub(super) fn read(environment: &Environment, problems: &mut Vec<Problem>) -> Secrets {
    let api_key =
        value(environment, "FEATUREBASE_API_KEY", problems).map(|text| text.trim().to_owned());
    let webhook = value(environment, "FEATUREBASE_WEBHOOK_SECRET", problems);
    let webhook: Vec<String> = webhook
        .iter()
        .flat_map(|text| text.split([',', '\n', '\r', ' ', '\t']))
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    for (name, secret) in api_key
        .iter()
        .map(|key| ("FEATUREBASE_API_KEY", key))
        .chain(
            webhook
                .iter()
                .map(|secret| ("FEATUREBASE_WEBHOOK_SECRET", secret)),
        )
    {
        if secret.len() < SHORTEST {
            problems.push(
                Problem::error("secret-too-short", format!("{name} holds something of {} characters, which is too short to be a secret", secret.len()))
                    .help("copy it again, whole"),
            );
        }
    }
    let alert_urls = environment
        .contains_key("BOUNCER_ALERT_URLS_FILE")
        .then(|| value(environment, "BOUNCER_ALERT_URLS", problems))
        .flatten();
    Secrets {
        alert_urls,
        api_key: api_key.map(Secret),
        webhook: webhook.into_iter().map(Secret).collect(),
    }
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
