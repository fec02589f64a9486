//! Where things are kept: the data folder, its disk, the store.

use std::path::Path;

use super::Line;
use crate::config::Config;
use crate::store::{Location, Store};

/// File systems that live on other machines; SQLite's locks do not hold on them.
const ELSEWHERE: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "glusterfs",
    "afs",
    "fuse.sshfs",
];

pub(super) fn folder(config: &Config) -> Vec<Line> {
    let (about, folder) = ("data folder", &config.data_dir);
    let probe = tempfile::Builder::new()
        .prefix(".doctor-")
        .tempfile_in(folder);
    if let Err(error) = probe {
        let what = format!("{} cannot be written to: {error}", folder.display());
        let help = "make the folder and let the bouncer's user write there, or set BOUNCER_DATA_DIR to another one";
        return vec![Line::fail(about, what, help)];
    }
    let on_network = file_system(folder).filter(|name| ELSEWHERE.contains(&name.as_str()));
    let sqlite = matches!(config.location(), Location::Sqlite(_));
    vec![match on_network {
        Some(name) if sqlite => Line::fail(
            about,
            format!(
                "{} lies on a network ({name}), where SQLite's locks do not hold: data can be lost",
                folder.display()
            ),
            "move it to a disk of this machine, or use PostgreSQL (BOUNCER_DATABASE_URL)",
        ),
        _ => Line::ok(about, format!("{} can be written to", folder.display())),
    }]
}

/// What kind of file system a folder lies on, where the system tells.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?.replace("\\040", " "), words.next()?))
    });
    mounts
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map(|(_, name)| name.to_owned())
}

pub(super) async fn store(config: &Config) -> (Option<Store>, Vec<Line>) {
    let about = "store";
    let location = config.location();
    if let Location::Sqlite(path) = &location
        && !path.exists()
    {
        let what = format!("there is none yet at {}", path.display());
        let help =
            "`bouncer run` makes it; if it has run before, data_dir names another folder now";
        return (None, vec![Line::warn(about, what, help)]);
    }
    let store = match Store::open(&location).await {
        Ok((store, _)) => store,
        Err(error) => {
            let what = format!("it cannot be opened: {:#}", anyhow::Error::from(error));
            let help = "look at the path or address, who may use it, and whether the disk is full";
            return (None, vec![Line::fail(about, what, help)]);
        }
    };
    let line = match store.durability().await {
        Ok(told) if is_durable(&told) => {
            Line::ok(about, format!("{} opens ({told})", store.kind()))
        }
        Ok(told) => Line::fail(
            about,
            format!(
                "{} may forget what it was told when the power fails ({told})",
                store.kind()
            ),
            "set fsync and synchronous_commit to on in PostgreSQL",
        ),
        Err(error) => Line::fail(
            about,
            format!("it does not answer: {:#}", anyhow::Error::from(error)),
            "look at the database's own log",
        ),
    };
    (Some(store), vec![line])
}

fn is_durable(told: &str) -> bool {
    let sqlite = told == "wal, synchronous=2";
    let postgres = told.contains("fsync=on") && !told.contains("synchronous_commit=off");
    sqlite || postgres
}
