//! Files that are something else altogether.

use super::Slip;

const HELP: &str = "a rule begins with [[rule]] on a line of its own, and below it every line reads `key = value`; copy a rule that is there and change it";

pub(super) fn slip(text: &str) -> Option<Slip> {
    let language = language_of(text)?;
    let message = format!("this file is written as {language}; rules are written as TOML");
    Some(Slip::new(message, HELP))
}

fn language_of(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().next()?;
    let inner = first.trim_start_matches(['[', '{', ' ']);
    let opens_json = first.starts_with('{') || first == "[" || first.starts_with("[{");
    if opens_json && (inner.is_empty() || inner.starts_with('"')) {
        return Some("JSON");
    }
    if first.starts_with("<?xml") || first.to_lowercase().starts_with("<!doctype") {
        return Some("XML or HTML");
    }
    let is_yaml = |line: &str| {
        let line = line.strip_prefix("- ").unwrap_or(line);
        line.split_once(':').is_some_and(|(key, rest)| {
            !key.is_empty()
                && key
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
                && (rest.is_empty() || rest.starts_with(' '))
        })
    };
    let yaml = lines.clone().filter(|line| is_yaml(line)).count();
    let assigned = lines.any(|line| line.contains('=') || line.starts_with("[["));
    (yaml >= 3 && !assigned).then_some("YAML")
}
