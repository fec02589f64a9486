//! The disk under the store: what it must not be, and the watch over it.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use tokio_util::sync::CancellationToken;

use super::lock::DataLock;
use crate::config::Config;
use crate::store::Store;

/// How often a full disk is looked at for room.
const LOOK: Duration = Duration::from_secs(1);

/// File systems that live on another machine, or whose locks and syncs another program answers for.
const NETWORK: &[&str] = &[
    "9p",
    "acfs",
    "afs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "prl_fs",
    "smb3",
    "smbfs",
    "sshfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
];
/// As `fuse.NAME`; others under `fuse` are on this machine's own disks.
const NETWORK_BY_FUSE: &[&str] = &[
    "blobfuse",
    "ceph-fuse",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "grpcfuse",
    "osxfs",
    "rclone",
    "s3fs",
    "seaweedfs",
    "sshfs",
    "vmhgfs-fuse",
    "juicefs",
];

/// Takes the data folder for this program alone.
pub(super) fn take(config: &Config) -> anyhow::Result<DataLock> {
    refuse_network(&config.data_dir, config.durability.allow_network_disk)?;
    DataLock::take(&config.data_dir)
}

/// SQLite's locks and syncs cannot be relied on over a network.
fn refuse_network(folder: &Path, allowed: bool) -> anyhow::Result<()> {
    // Where there is no such list (not Linux), nothing can be told.
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else {
        return Ok(());
    };
    let folder = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let Some(kind) = kind_of(&folder, &mounts).filter(|kind| is_network(kind)) else {
        return Ok(());
    };
    if allowed {
        tracing::warn!(
            "the data folder {} is on a network file system ({kind}), as allow_network_disk allows: what it confirms may be lost",
            folder.display()
        );
        return Ok(());
    }
    bail!(
        "the data folder {} is on a network file system ({kind}), where SQLite's locks and syncs cannot be relied on: events that were acknowledged could be lost. Give it a folder on a local disk with BOUNCER_DATA_DIR, or use PostgreSQL (BOUNCER_DATABASE_URL). If you are sure that this one keeps what it confirms, set allow_network_disk = true",
        folder.display()
    )
}

/// The kind of file system a folder lies on, by the system's list of mounts. Of two at one place the later one counts.
fn kind_of<'a>(folder: &Path, mounts: &'a str) -> Option<&'a str> {
    let places = mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let place = before.split(' ').nth(4)?.replace("\\040", " ");
        let depth = Path::new(&place).components().count();
        folder
            .starts_with(&place)
            .then_some((depth, after.split(' ').next()?))
    });
    places.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

fn is_network(kind: &str) -> bool {
    NETWORK.contains(&kind)
        || kind
            .strip_prefix("fuse.")
            .is_some_and(|by| NETWORK_BY_FUSE.contains(&by))
}

/// Ends when the store has failed for good, which ends the program; until then it looks for room on a full disk.
pub(super) async fn watch(store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            why = store.failed() => {
                tracing::error!("the store has failed, so no event is acknowledged any more: {why}");
                return;
            }
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = store.look_for_room().await {
            store.saw(&error);
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "the disk has room again, but the store cannot use it yet"
            );
        }
    }
}
