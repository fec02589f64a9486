//! `bouncer rules history`, `diff`, `show` and `rollback`.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::args::{Reason, RulesDiff, RulesHistory, RulesRollback, RulesShow};
use super::orders::{actor, order};
use super::out::{Out, complain, complain_of, say};
use super::{FAILED, WANTING};
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::rulebooks::diff::{diff, unified};
use crate::desk::rulebooks::history::Adoption;
use crate::desk::rulebooks::{Named, Version};
use crate::problem::Problem;
use crate::rules::{RuleFile, Rulebook, digest_of};
use crate::rulewatch::{folder, putback};
use crate::time::Timestamp;

pub(super) async fn history(
    desk: &Desk,
    options: &RulesHistory,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let now = desk.clock.now();
    let since = options.since.map(|when| when.seen_from(now));
    let until = options.until.map(|when| when.seen_from(now));
    let history = desk.rules_history(since, until, options.limit).await?;
    let mut lines: Vec<String> = history.iter().flat_map(Adoption::lines).collect();
    lines.push(if history.is_empty() {
        "no rules came into force then".to_owned()
    } else {
        "`bouncer rules diff OLD NEW` compares two of them, `bouncer rules rollback DIGEST --reason \"…\"` puts one back".to_owned()
    });
    out.answer(&history, lines);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn compare(
    desk: &Desk,
    config: &Config,
    options: &RulesDiff,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let old = version(desk, config, &options.old).await?;
    let new = version(desk, config, &options.new).await?;
    if options.text {
        let text = unified(&old.files, &new.files);
        let value = json!({ "old": old.digest, "new": new.digest, "text": text });
        out.answer(&value, text.lines().map(str::to_owned));
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(old), Some(new)) = (loaded(&old), loaded(&new)) else {
        complain(
            "these rules cannot be loaded, so they cannot be compared in words; --text compares the files",
        );
        return Ok(ExitCode::from(FAILED));
    };
    let diff = diff(&old, &new);
    out.answer(&diff, diff.lines());
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(
    desk: &Desk,
    config: &Config,
    options: &RulesShow,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let version = version(desk, config, &options.version).await?;
    if let Some(folder) = &options.to {
        let taken = std::fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some());
        anyhow::ensure!(
            !taken,
            "{} is not empty: name a folder that is not there yet",
            folder.display()
        );
        putback::keep_copy(&version.files, folder)?;
    }
    let texts: serde_json::Map<String, serde_json::Value> = version
        .files
        .iter()
        .map(|file| {
            (
                file.name.clone(),
                json!(String::from_utf8_lossy(&file.bytes)),
            )
        })
        .collect();
    let value = json!({ "digest": version.digest, "files": texts, "written_to": options.to });
    let lines: Vec<String> = match &options.to {
        Some(folder) => vec![format!(
            "{} files of {} were written to {}",
            version.files.len(),
            version.digest.short(),
            folder.display()
        )],
        None => version.files.iter().flat_map(file_lines).collect(),
    };
    out.answer(&value, lines);
    Ok(ExitCode::SUCCESS)
}

fn file_lines(file: &RuleFile) -> Vec<String> {
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let mut lines = vec![format!("# ---- {}", file.name)];
    lines.extend(text.lines().map(str::to_owned));
    lines
}

pub(super) async fn rollback(
    desk: &Desk,
    config: &Config,
    options: &RulesRollback,
    out: Out,
) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        config.rules_dir.is_dir(),
        "rules_dir {} is not a folder: only a folder of rules can be put back",
        config.rules_dir.display()
    );
    anyhow::ensure!(
        options.version != Named::Disk,
        "the folder itself cannot be put back into the folder; name a digest or a moment (`bouncer rules history` shows them)"
    );
    let version = desk.version(&options.version, &[]).await?;
    if let Err(problems) = version.load() {
        complain_of(&problems);
        complain(&format!(
            "nothing was changed: this version of the program cannot load {}, so it would never come into force",
            version.digest.short()
        ));
        return Ok(ExitCode::from(WANTING));
    }
    let there = on_disk(config)?;
    let from = digest_of(there.iter());
    if from == version.digest {
        say(&format!(
            "the folder holds {} already; nothing was changed",
            version.digest.short()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if !options.force && !desk.was_in_force(&from).await? {
        complain(&format!(
            "nothing was changed: {} has edits that were never in force (`bouncer rules diff now disk --text` shows them). With --force they are put aside into a backup and {} is put back.",
            config.rules_dir.display(),
            version.digest.short()
        ));
        return Ok(ExitCode::from(WANTING));
    }
    let backup = replace(desk, config, &there, &version, &options.order).await?;
    let value = json!({ "put_back": version.digest, "instead_of": from, "backup": backup });
    out.answer(
        &value,
        [
            format!(
                "{} now holds {}. A running bouncer takes it up within a second or two; `bouncer rules status` tells when.",
                config.rules_dir.display(),
                version.digest.short()
            ),
            format!("What was there ({}) is kept in {backup}", from.short()),
        ],
    );
    Ok(ExitCode::SUCCESS)
}

/// Puts aside what is there, records the order, and writes the version's files. Gives where what was there is kept.
async fn replace(
    desk: &Desk,
    config: &Config,
    there: &[RuleFile],
    version: &Version,
    reason: &Reason,
) -> anyhow::Result<String> {
    let backup = backup_folder(config, desk.clock.now());
    putback::keep_copy(there, &backup)
        .context("nothing was changed: what is there could not be put aside")?;
    let (actor, shown) = (actor(reason), backup.display().to_string());
    let from = digest_of(there.iter());
    desk.note_rollback(&version.digest, &from, &shown, order(&actor, reason))
        .await
        .context("nothing was changed")?;
    putback::put_back(&config.rules_dir, there, &version.files).with_context(|| {
        format!("the rules could not be put back in full; all that was there is in {shown}. Mend this and run it again with --force")
    })?;
    Ok(shown)
}

/// A folder of its own for each rollback, outside the folder of rules.
fn backup_folder(config: &Config, now: Timestamp) -> std::path::PathBuf {
    let moment = now.to_string().replace(':', "-");
    config.data_dir.join("rules-backup").join(moment)
}

async fn version(desk: &Desk, config: &Config, named: &Named) -> anyhow::Result<Version> {
    let files = match named {
        Named::Disk => on_disk(config)?,
        _ => Vec::new(),
    };
    Ok(desk.version(named, &files).await?)
}

fn on_disk(config: &Config) -> anyhow::Result<Vec<RuleFile>> {
    folder::read(&config.rules_dir).files.map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(Problem::line).collect();
        anyhow::anyhow!(
            "the files in {} cannot be read: {}",
            config.rules_dir.display(),
            lines.join("; ")
        )
    })
}

fn loaded(version: &Version) -> Option<Rulebook> {
    version
        .load()
        .inspect_err(|problems| complain_of(problems))
        .ok()
}
