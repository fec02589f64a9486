//! `bouncer.toml`: a flat table of settings.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::settings::{SETTINGS, Setting, may_hold_a_secret};
use crate::problem::{Place, Problem, nearest};

/// Largest configuration file, in bytes.
const MAX_FILE: usize = 64 * 1024;
const DEFAULT: &str = "bouncer.toml";

/// One setting as the file gives it.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub text: String,
    pub place: Place,
}

pub(super) fn read(
    file: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<&'static str, Given> {
    let path = file.unwrap_or(Path::new(DEFAULT));
    let name = path.display().to_string();
    let text = match std::fs::read(path) {
        Ok(bytes) if bytes.len() > MAX_FILE => {
            problems.push(
                Problem::error(
                    "config-too-large",
                    format!("{name} has more than {MAX_FILE} bytes"),
                )
                .help("a configuration is a few lines"),
            );
            return BTreeMap::new();
        }
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return BTreeMap::new();
        }
        Err(error) => {
            problems.push(
                Problem::error(
                    "config-unreadable",
                    format!("{name} cannot be read: {error}"),
                )
                .help("check the path and who may read it"),
            );
            return BTreeMap::new();
        }
    };
    parse(&name, &text, problems)
}

fn parse(name: &str, text: &str, problems: &mut Vec<Problem>) -> BTreeMap<&'static str, Given> {
    let mut given = BTreeMap::new();
    // The parser recurses; a flat table needs no nesting at all.
    if text.matches(['[', '{']).count() > 100
        || text.lines().any(|line| line.matches('.').count() > 100)
    {
        problems.push(
            Problem::error(
                "config-nested",
                format!("{name} is nested; settings are plain lines"),
            )
            .help("write lines like this: listen = \"0.0.0.0:8080\""),
        );
        return given;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    problems.extend(errors.iter().map(|error| {
        let mut place = Place::find(name, text, &error.span().unwrap_or(0..0));
        // Behind the = may stand a secret that was put here by mistake.
        if let Some(equals) = place.excerpt.find('=') {
            place.excerpt.truncate(equals + 1);
            place.excerpt.push_str(" …");
            let end = place.excerpt.len();
            place.underline = place.underline.start.min(equals)
                ..place
                    .underline
                    .end
                    .clamp(equals.min(1), end)
                    .min(equals + 1);
        }
        Problem::error("toml-syntax", error.message().trim().replace('\n', ", "))
            .at(place)
            .help("write lines like this: listen = \"0.0.0.0:8080\"")
    }));
    for (key, value) in table.get_ref() {
        let mut place = Place::find(name, text, &key.span());
        let is_plain = |setting: &Setting| {
            setting.key == key.get_ref().as_ref() && !may_hold_a_secret(setting.key)
        };
        if !SETTINGS.iter().any(is_plain) || place.excerpt.contains('@') {
            // The value may be a secret that was put here by mistake, or an address with a password.
            place.excerpt.truncate(place.underline.end);
            place.excerpt.push_str(" …");
        }
        let Some(setting) = SETTINGS
            .iter()
            .find(|setting| setting.key == key.get_ref().as_ref())
        else {
            problems.push(unknown(key.get_ref(), place));
            continue;
        };
        let Some(text) = text_of(value.get_ref()) else {
            let message = format!("`{}` must be a text in quotes or a number", setting.key);
            let help = format!(
                "write it like this: {} = \"{}\"",
                setting.key, setting.default
            );
            problems.push(Problem::error("wrong-type", message).at(place).help(help));
            continue;
        };
        given.insert(setting.key, Given { text, place });
    }
    given
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            let plain = i64::from_str_radix(&digits, number.radix());
            Some(plain.map_or(digits, |number| number.to_string()))
        }
        _ => None,
    }
}

fn unknown(key: &str, place: Place) -> Problem {
    if ["api_key", "webhook_secret", "secret"]
        .iter()
        .any(|secret| key.contains(secret))
    {
        return Problem::error("secret-in-file", format!("`{key}` cannot be set here: secrets come from the environment or from files of their own"))
            .at(place)
            .help("set FEATUREBASE_API_KEY and FEATUREBASE_WEBHOOK_SECRET, or their _FILE variants");
    }
    let help = match nearest(key, SETTINGS.iter().map(|setting| setting.key)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`bouncer config show` lists every key".to_owned(),
    };
    Problem::error("unknown-key", format!("`{key}` is not a setting"))
        .at(place)
        .help(help)
}
