//! `bouncer backup create`, `verify`, `restore`.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::args::{BackupFile, RestoreBackup};
use super::orders::{actor, order};
use super::out::{Out, complain};
use super::{FAILED, WANTING};
use crate::config::Config;
use crate::desk::backup::{self, Look, RecordLook};
use crate::desk::{Desk, DeskError};
use crate::notary::Notary;
use crate::store::backup::Contents;
use crate::store::{Location, StoreError};
use crate::time::Clock;

pub(super) async fn create(
    desk: &Desk,
    config: &Config,
    options: &BackupFile,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let file = &options.file;
    let look = desk
        .back_up(file)
        .await
        .with_context(|| format!("no backup was made at {}", file.display()))?;
    let key = Notary::new(desk.store.clone(), &config.data_dir, desk.clock.clone()).key_file();
    let first = [
        format!(
            "{} holds everything as it was at one moment, messages and the keys they are under included; only its owner may read it",
            file.display()
        ),
        format!(
            "not in it: {}, which signs the record, the rule files and the configuration. Keep the key somewhere apart",
            key.display()
        ),
    ];
    Ok(tell(&look, options, first.into(), out))
}

/// Nothing but the file is needed.
pub(super) async fn verify(options: &BackupFile, out: Out) -> anyhow::Result<ExitCode> {
    let file = &options.file;
    match backup::look(file, Clock::system()).await {
        Ok(look) => {
            let first = format!("{} can be read from end to end", file.display());
            Ok(tell(&look, options, vec![first], out))
        }
        Err(DeskError::Store(
            error @ (StoreError::Backup(_) | StoreError::Newer { .. } | StoreError::BadData { .. }),
        )) => {
            let what = error.to_string();
            if out.json {
                out.answer(&json!({ "file": file, "sound": false, "what": what }), []);
            } else {
                complain(&what);
            }
            Ok(ExitCode::from(WANTING))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn restore(
    config: &Config,
    options: RestoreBackup,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let (file, location) = (&options.file, config.location());
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("the folder {} cannot be made", config.data_dir.display()))?;
    let by = actor(&options.order);
    let restored = backup::restore(
        file,
        &location,
        config.reconcile_after,
        Clock::system(),
        order(&by, &options.order),
    )
    .await
    .context("nothing was restored")?;
    if !restored.done {
        complain(&format!(
            "nothing was restored: {}",
            restored.record.sentence()
        ));
        return Ok(ExitCode::from(FAILED));
    }
    let place = match &location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Postgres(_) => "the database".to_owned(),
    };
    let lines = vec![
        format!("{place} holds what {} held", file.display()),
        restored.record.sentence(),
        "when the bouncer starts it first looks at Featurebase whom people unblocked since the backup was made, and no rule blocks before that. If you have the files `presence` and `standings` of the old data folder, put them into the new one first: they tell what people decided since".to_owned(),
        format!(
            "put the file `record-key` of the old data folder into {}: without it the record is not signed any more",
            config.data_dir.display()
        ),
        "checkpoints signed after the backup was made no longer fit: what was recorded since is gone, and whoever holds one will see that. Contacts erased since must be erased again".to_owned(),
    ];
    out.answer(
        &json!({ "restored": file, "to": place, "record": record(&restored.record) }),
        lines,
    );
    Ok(ExitCode::SUCCESS)
}

fn tell(look: &Look, options: &BackupFile, mut lines: Vec<String>, out: Out) -> ExitCode {
    lines.push(counted(&look.contents));
    lines.push(look.record.sentence());
    let sound = look.record.is_sound();
    let json = json!({
        "file": options.file,
        "sound": sound,
        "contents": look.contents,
        "record": record(&look.record),
    });
    out.answer(&json, lines);
    if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    }
}

fn record(look: &RecordLook) -> Value {
    match look {
        RecordLook::Right(right) => {
            json!({ "right": true, "rows": right.size, "key": right.key.to_string() })
        }
        RecordLook::Wrong(fault) => json!({ "right": false, "what": fault.to_string() }),
        RecordLook::NothingSigned | RecordLook::Older => Value::Null,
    }
}

fn counted(contents: &Contents) -> String {
    let rows: Vec<String> = contents
        .rows
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(table, count)| format!("{table} {count}"))
        .collect();
    format!(
        "tables of step {}; rows: {}",
        contents.step,
        rows.join(", ")
    )
}
