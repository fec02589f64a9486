//! `bouncer audit export`, `verify`, `key`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::args::record::{Export, Key, KeyChange, Verify, WholeRecord};
use super::orders::actor;
use super::out::{Out, complain, say};
use super::{WANTING, past};
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::record::Ended;
use crate::notary::Notary;
use crate::proof::note::{Note, PublicKey};
use crate::proof::verify::{Fault, Verified, Verifier, Wrong};

/// A line of a record is a row and no book.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// What needs the store.
pub(super) async fn whole(
    desk: &Desk,
    config: &Config,
    what: WholeRecord,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match what {
        WholeRecord::Export(Export { checkpoint: true }) => {
            print(&desk.checkpoint().await?.note);
            Ok(ExitCode::SUCCESS)
        }
        WholeRecord::Export(_) => export(desk).await,
        WholeRecord::Replay(options) => past::replay(desk, &options, out).await,
        WholeRecord::Verify(options) => verify_store(desk, &options, out).await,
        WholeRecord::Key(Key { change: None }) => {
            let key = desk.record_key().await?.to_string();
            out.answer(&json!({ "key": key }), [key.clone()]);
            Ok(ExitCode::SUCCESS)
        }
        WholeRecord::Key(Key {
            change: Some(KeyChange::Rotate(order)),
        }) => {
            let notary = Notary::new(desk.store.clone(), &config.data_dir, desk.clock.clone());
            let by = actor(&order);
            let key = notary.rotate(&by, &order.reason).await?.to_string();
            let told = [
                format!("from now on the record is signed with {key}"),
                "who checks it with the key from before is led to this one by the record itself"
                    .to_owned(),
                format!(
                    "replicas with data folders of their own need the new {}",
                    notary.key_file().display()
                ),
            ];
            out.answer(&json!({ "key": key }), told);
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn export(desk: &Desk) -> anyhow::Result<ExitCode> {
    let mut to = io::BufWriter::new(io::stdout().lock());
    let mut failed = None;
    let ended = desk
        .export_record(|line| match writeln!(to, "{line}") {
            Ok(()) => true,
            Err(error) => {
                failed = Some(error);
                false
            }
        })
        .await;
    match (ended, failed) {
        (_, Some(error)) => Err(error).context("the record could not be written out"),
        (Err(Ended::Failed(error)), None) => Err(error.into()),
        _ => {
            to.flush().context("the record could not be written out")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn verify_store(desk: &Desk, options: &Verify, out: Out) -> anyhow::Result<ExitCode> {
    let key = match &options.key {
        Some(key) => PublicKey::parse(key).map_err(anyhow::Error::msg)?,
        None => desk.first_record_key().await?,
    };
    let verified = desk.verify_record(key, older(options)?).await?;
    Ok(answer(verified, out))
}

/// Checks a file. Nothing of ours is looked at besides.
pub(super) fn verify_file(options: &Verify, out: Out) -> anyhow::Result<ExitCode> {
    let (Some(file), Some(key)) = (&options.file, &options.key) else {
        anyhow::bail!("name the file and the key");
    };
    let key = PublicKey::parse(key).map_err(anyhow::Error::msg)?;
    let older = older(options)?;
    let verified = if file == Path::new("-") {
        verify(io::stdin().lock(), Verifier::new(key, older))
    } else {
        let opened = File::open(file);
        let opened = opened.with_context(|| format!("{} cannot be read", file.display()))?;
        verify(BufReader::new(opened), Verifier::new(key, older))
    };
    let verified = verified.with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(answer(verified, out))
}

fn verify(mut from: impl BufRead, mut verifier: Verifier) -> io::Result<Result<Verified, Fault>> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = from
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(verifier.finish());
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        // What is no text was never signed: it is told by its place.
        if let Err(fault) = verifier.line(&String::from_utf8_lossy(&line)) {
            return Ok(Err(fault));
        }
    }
}

fn older(options: &Verify) -> anyhow::Result<Option<Note>> {
    let Some(path) = &options.checkpoint else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the older checkpoint {} cannot be read", path.display()))?;
    let note = Note::parse(&text)
        .map_err(anyhow::Error::msg)
        .with_context(|| path.display().to_string())?;
    Ok(Some(note))
}

fn answer(verified: Result<Verified, Fault>, out: Out) -> ExitCode {
    match verified {
        Ok(right) => {
            let key = right.key.to_string();
            let forgotten = match right.forgotten {
                0 => String::new(),
                rows => format!(", of the oldest {rows} only hashes are kept"),
            };
            let lines = [
                format!(
                    "the record is as it was signed: {} rows{forgotten}",
                    right.size
                ),
                format!("signed with {key}"),
            ];
            let json = json!({ "right": true, "rows": right.size, "forgotten": right.forgotten, "key": key });
            out.answer(&json, lines);
            ExitCode::SUCCESS
        }
        Err(fault) => {
            let json = json!({ "right": false, "wrong": fault.wrong.as_str(), "row": fault.row, "what": fault.what });
            if out.json {
                out.answer(&json, []);
            } else {
                complain(&match fault.wrong {
                    Wrong::Unreadable => format!("it cannot be checked: {fault}"),
                    _ => format!("the record is NOT as it was signed: {fault}"),
                });
            }
            ExitCode::from(WANTING)
        }
    }
}

/// What has its own line end.
fn print(text: &str) {
    say(text.strip_suffix('\n').unwrap_or(text));
}

/// Whether the command needs nothing but a file.
pub(super) const fn needs_nothing(whole: Option<&WholeRecord>) -> Option<&Verify> {
    match whole {
        Some(WholeRecord::Verify(options)) if !options.store => Some(options),
        _ => None,
    }
}
