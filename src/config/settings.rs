//! Every setting: its key, its default, what it means. The environment's name for it is `BOUNCER_` and the key.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Environment;
use super::file::Given;
use super::secrets::Secrets;
use crate::problem::{Place, Problem};

/// One setting.
#[derive(Debug)]
pub struct Setting {
    pub key: &'static str,
    pub default: &'static str,
    pub about: &'static str,
}

const fn setting(key: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting {
        key,
        default,
        about,
    }
}

/// Every setting there is. `base_url` is also read from `FEATUREBASE_BASE_URL`, as Featurebase's own client does.
pub const SETTINGS: &[Setting] = &[
    setting(
        "listen",
        "127.0.0.1:8080",
        "address for Featurebase's deliveries",
    ),
    setting(
        "private_listen",
        "127.0.0.1:8081",
        "address for health, readiness and metrics",
    ),
    setting(
        "webhook_path",
        "/webhooks/featurebase",
        "path deliveries are posted to",
    ),
    setting(
        "data_dir",
        "data",
        "folder for the database and the stop file",
    ),
    setting(
        "database_url",
        "",
        "postgres:// address; empty for SQLite in the data folder",
    ),
    setting(
        "disk_reserve",
        "67108864",
        "bytes of the data folder's disk kept so that people can still unblock when it is full; 0 keeps none",
    ),
    setting(
        "allow_network_disk",
        "false",
        "true takes a data folder on a network file system, where acknowledged events may be lost",
    ),
    setting(
        "allow_unsafe_postgres",
        "false",
        "true takes a PostgreSQL without fsync or full_page_writes, where acknowledged events may be lost",
    ),
    setting("rules_dir", "rules", "folder of rule files"),
    setting(
        "mode",
        "enforce",
        "observe, hold or enforce: no rule goes further than this",
    ),
    setting(
        "base_url",
        "https://do.featurebase.app",
        "address of Featurebase's API",
    ),
    setting("body_limit", "1048576", "largest delivery, in bytes"),
    setting(
        "signature_window",
        "5m",
        "how far a delivery's time may be from ours, either way",
    ),
    setting(
        "header_timeout",
        "10s",
        "longest wait for a request's headers",
    ),
    setting("body_timeout", "4s", "longest wait for a request's body"),
    setting(
        "max_connections",
        "1024",
        "most connections at once; beyond them, who waits longest without having brought anything signed makes room",
    ),
    setting(
        "call_timeout",
        "10s",
        "longest wait for an answer of Featurebase",
    ),
    setting(
        "calls_at_once",
        "4",
        "most calls to Featurebase at the same time",
    ),
    setting(
        "calls_per_minute",
        "300",
        "most calls to Featurebase in a minute, over all replicas; the rest of its limit is for your other integrations",
    ),
    setting(
        "lease",
        "60s",
        "work of a replica that died is taken over after so long; at least 4 times call_timeout",
    ),
    setting(
        "give_up_after",
        "3d",
        "a block or unblock that failed for so long is given up",
    ),
    setting(
        "exempt_after_unblock",
        "30d",
        "so long after a person's unblock rules only hold",
    ),
    setting(
        "lookup_max_age",
        "1h",
        "so long what Featurebase keeps of a sender is taken for true; then it is looked up again",
    ),
    setting(
        "reconcile_after",
        "10m",
        "when no bouncer was at work for so long, it is first looked whom people unblocked meanwhile",
    ),
    setting(
        "keep_texts_for",
        "30d",
        "so long what contacts write is kept, and what was found in it; then it is forgotten",
    ),
    setting(
        "keep_record_for",
        "400d",
        "so long rows of the record are kept; then they are removed, from the old end",
    ),
    setting(
        "webhook_id",
        "",
        "id of our webhook in Featurebase; empty: found by webhook_path, or by being the only one",
    ),
    setting(
        "webhook_check",
        "5m",
        "how often Featurebase is asked how the webhook is; needs an API key",
    ),
    setting(
        "silence_after",
        "24h",
        "without a delivery for so long, it is said aloud that nothing comes",
    ),
    setting(
        "admin_id",
        "",
        "id of the teammate in whose name notes are left; empty: none are left",
    ),
    setting(
        "notify_url",
        "",
        "https address that rules with `notify` tell; empty: nobody is told",
    ),
    setting(
        "alert_urls",
        "",
        "https addresses (Slack, Discord, Teams, or plain JSON) at which people are told; separated by commas; or BOUNCER_ALERT_URLS_FILE",
    ),
    setting(
        "queue_alert_after",
        "15m",
        "people are told when work has waited for so long",
    ),
    setting("log", "text", "text or json"),
    setting(
        "log_filter",
        "info",
        "how much is logged, in the form of RUST_LOG",
    ),
];

/// Whether a setting's value may hold a password or a key, so that it is never shown as it is.
pub(super) fn may_hold_a_secret(key: &str) -> bool {
    matches!(key, "database_url" | "notify_url" | "alert_urls")
}

/// Where a setting's value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Default,
    File,
    Environment,
}

/// A setting as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub key: String,
    pub value: String,
    pub origin: Origin,
    pub about: String,
}

/// A setting's text and where it was found.
pub(super) struct Found {
    pub text: String,
    pub origin: Origin,
    pub place: Option<Place>,
    /// How the value was named where it was set.
    pub name: String,
}

pub(super) fn gather(
    file: &BTreeMap<&'static str, Given>,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> BTreeMap<&'static str, Found> {
    refuse_unknown_variables(environment, problems);
    SETTINGS
        .iter()
        .map(|setting| {
            let names = [
                format!("BOUNCER_{}", setting.key.to_uppercase()),
                format!("FEATUREBASE_{}", setting.key.to_uppercase()),
            ];
            let [ours, theirs] = &names;
            let from_environment = environment.get_key_value(ours).or_else(|| {
                environment
                    .get_key_value(theirs)
                    .filter(|_| setting.key == "base_url")
            });
            let found = match (from_environment, file.get(setting.key)) {
                (Some((name, text)), _) => Found {
                    text: text.trim().to_owned(),
                    origin: Origin::Environment,
                    place: None,
                    name: name.clone(),
                },
                (None, Some(given)) => Found {
                    text: given.text.clone(),
                    origin: Origin::File,
                    place: Some(given.place.clone()),
                    name: setting.key.to_owned(),
                },
                (None, None) => Found {
                    text: setting.default.to_owned(),
                    origin: Origin::Default,
                    place: None,
                    name: setting.key.to_owned(),
                },
            };
            (setting.key, found)
        })
        .collect()
}

/// Names that a cluster sets for a service called `bouncer`, and the tests' own.
fn is_not_ours(name: &str) -> bool {
    let rest = name.trim_start_matches("BOUNCER_");
    rest == "ALERT_URLS_FILE"
        || rest.starts_with("TEST_")
        || rest.starts_with("SERVICE_")
        || rest == "PORT"
        || rest.starts_with("PORT_")
}

/// A misspelt variable would silently leave a default in force.
fn refuse_unknown_variables(environment: &Environment, problems: &mut Vec<Problem>) {
    for name in environment
        .keys()
        .filter(|name| name.starts_with("BOUNCER_") && !is_not_ours(name))
    {
        let key = name.trim_start_matches("BOUNCER_").to_lowercase();
        if SETTINGS.iter().any(|setting| setting.key == key) {
            continue;
        }
        let help = match crate::problem::nearest(&key, SETTINGS.iter().map(|setting| setting.key)) {
            Some(near) => format!("did you mean BOUNCER_{}?", near.to_uppercase()),
            None => "`bouncer config show` lists every key".to_owned(),
        };
        problems.push(
            Problem::error(
                "unknown-key",
                format!("the environment variable {name} is not a setting"),
            )
            .help(help),
        );
    }
}

/// Every setting as it is in force, secrets and passwords hidden.
pub(super) fn show(found: &BTreeMap<&'static str, Found>, secrets: &Secrets) -> Vec<Shown> {
    let hide = |key: &str, text: &str| match url::Url::parse(text) {
        _ if key == "alert_urls" => match secrets.alert_urls.as_deref().unwrap_or(text) {
            "" => String::new(),
            _ => "(hidden)".to_owned(),
        },
        // A password may stand in the query, and in what is no address nobody can tell where it stands.
        Err(_) if key == "database_url" && !text.is_empty() => "(hidden)".to_owned(),
        Ok(url)
            if key == "database_url" && url.query_pairs().any(|(name, _)| name == "password") =>
        {
            "(hidden)".to_owned()
        }
        // Such addresses often hold a key in their path.
        Ok(url) if key == "notify_url" => {
            format!("{}://{}/***", url.scheme(), url.host_str().unwrap_or("***"))
        }
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("(hidden)"));
            url.to_string()
                .replace("%28hidden%29", "(hidden)")
                .replace("(hidden)", "***")
        }
        _ => text.to_owned(),
    };
    let mut shown: Vec<Shown> = SETTINGS
        .iter()
        .filter_map(|setting| {
            let found = found.get(setting.key)?;
            Some(Shown {
                key: setting.key.to_owned(),
                value: hide(setting.key, &found.text),
                origin: found.origin.clone(),
                about: setting.about.to_owned(),
            })
        })
        .collect();
    let secret = |key: &str, count: usize, about: &str| Shown {
        key: key.to_owned(),
        value: match count {
            0 => "(not set)".to_owned(),
            1 => "(hidden)".to_owned(),
            many => format!("({many} secrets, hidden)"),
        },
        origin: if count == 0 {
            Origin::Default
        } else {
            Origin::Environment
        },
        about: about.to_owned(),
    };
    shown.push(secret(
        "FEATUREBASE_API_KEY",
        usize::from(secrets.api_key.is_some()),
        "key for calls to Featurebase; or FEATUREBASE_API_KEY_FILE",
    ));
    shown.push(secret(
        "FEATUREBASE_WEBHOOK_SECRET",
        secrets.webhook.len(),
        "secrets of the webhook, separated by commas; or FEATUREBASE_WEBHOOK_SECRET_FILE",
    ));
    shown
}
