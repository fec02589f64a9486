//! `bouncer schema`: the rule language as editors read it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use super::args::Schema;
use super::out::{Out, say};
use crate::config::Config;
use crate::rules::schema::{FOLDER_FILE, document};

pub(super) fn schema(config: &Config, options: &Schema, out: Out) -> anyhow::Result<ExitCode> {
    let text = document();
    if !options.write {
        say(text.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let folder = folder_of(&config.rules_dir);
    anyhow::ensure!(
        folder.is_dir(),
        "there is no folder of rules at {}: set rules_dir",
        folder.display()
    );
    let file = folder.join(FOLDER_FILE);
    if let Some(own) = file.parent() {
        std::fs::create_dir_all(own)
            .with_context(|| format!("{} cannot be made", own.display()))?;
    }
    std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    let lines = [
        format!("{} is written", file.display()),
        format!(
            "Editors go by it in every rule file that begins with the line: #:schema ./{FOLDER_FILE}"
        ),
    ];
    out.answer(&serde_json::json!({ "written": file }), lines);
    Ok(ExitCode::SUCCESS)
}

/// The folder that the rules stand in, when a single file is named, too.
fn folder_of(rules: &Path) -> &Path {
    match rules.parent() {
        Some(parent) if rules.is_file() => parent,
        _ => rules,
    }
}
