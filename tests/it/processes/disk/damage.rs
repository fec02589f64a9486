//! What must not be relied on is refused at the start, with a remedy.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::process::{Command, Stdio};

use featurebase_bouncer::sandbox::Draft;
use featurebase_bouncer::store::Location;

use super::super::{Site, rules, until};
use super::{Disk, library};
use crate::database::Database;

/// A store with something in it, and the path of its file.
async fn used() -> (Disk, std::path::PathBuf) {
    let disk = Disk::new(rules()).await;
    let mut process = disk.starts();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    let sender = disk.lead();
    for _ in 0..20 {
        disk.site
            .sandbox
            .write(&sender, &Draft::markdown(&"a long story ".repeat(400)))
            .unwrap();
    }
    until("all are delivered", async || {
        disk.site.sandbox.deliver_due().await;
        disk.site.sandbox.waiting() == 0
    })
    .await;
    assert!(disk.settles(&mut process).await);
    assert_eq!(process.terminate(), Some(0), "{}", disk.log());
    let path = disk.data().join("bouncer.db");
    (disk, path)
}

/// What it says on its way out. One that starts all the same is ended, and the test with it.
async fn refused(mut command: Command) -> String {
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut process = super::Process { child };
    until("it does not start", async || process.has_ended()).await;
    let mut told = String::new();
    let mut complaints = process.child.stderr.take().unwrap();
    complaints.read_to_string(&mut told).unwrap();
    assert_eq!(process.child.wait().unwrap().code(), Some(2), "{told}");
    told
}

async fn is_refused(disk: &Disk) {
    let told = refused(disk.command(&["run"])).await;
    for part in ["bouncer.db is damaged", "newest backup", ".recover"] {
        assert!(told.contains(part), "no `{part}`: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_noticed_at_the_start_and_left_as_it_is() {
    let (disk, path) = used().await;
    let whole = fs::read(&path).unwrap();
    let pages = whole.len() / 4096;
    let damages: [(&str, Box<dyn Fn(&fs::File)>); 4] = [
        (
            "its header overwritten",
            Box::new(|file| file.write_all_at(&[7; 64], 0).unwrap()),
        ),
        (
            "half of it gone",
            Box::new(|file| file.set_len(file.metadata().unwrap().len() / 2).unwrap()),
        ),
        (
            "a page overwritten",
            Box::new(|file| file.write_all_at(&[0xab; 4096], 4096).unwrap()),
        ),
        (
            "a page of the middle overwritten",
            Box::new(move |file| {
                file.write_all_at(&[0xab; 4096], u64::try_from(pages / 2 * 4096).unwrap())
                    .unwrap()
            }),
        ),
    ];
    for (how, damage) in damages {
        println!("{how}");
        fs::write(&path, &whole).unwrap();
        damage(&fs::File::options().write(true).open(&path).unwrap());
        let damaged = fs::read(&path).unwrap();
        is_refused(&disk).await;
        assert!(fs::read(&path).unwrap() == damaged, "it was written to");
    }
    fs::remove_file(&path).unwrap();
    fs::write(disk.data().join("bouncer.db-wal"), [1; 8192]).unwrap();
    println!("gone, and its log is there");
    is_refused(&disk).await;
    assert!(disk.data().join("bouncer.db-wal").exists());
    fs::remove_file(disk.data().join("bouncer.db-wal")).unwrap();
    fs::write(&path, &whole).unwrap();
    let mut process = disk.starts();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    assert_eq!(process.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_file_system_is_refused_unless_it_is_allowed() {
    let site = Site::new(Database::sqlite(), rules(), 1).await;
    let folder = site.database.folder.path();
    let mounts = |kind: &str| {
        let list = format!(
            "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n21 20 0:50 / {} rw,noatime shared:2 - {kind} files:/export rw\n",
            folder.display()
        );
        fs::write(folder.join("mounts"), list).unwrap();
        let mut command = site.command(&["run"]);
        command
            .env("LD_PRELOAD", library())
            .env("RIG_MOUNTS", folder.join("mounts"));
        command
    };
    for kind in ["nfs4", "cifs", "9p", "fuse.sshfs", "virtiofs"] {
        let told = refused(mounts(kind)).await;
        assert!(
            told.contains(&format!("is on a network file system ({kind})")),
            "{told}"
        );
    }
    for (kind, allowed) in [
        ("fuse.gocryptfs", "false"),
        ("xfs", "false"),
        ("nfs4", "true"),
    ] {
        let mut command = mounts(kind);
        command.env("BOUNCER_ALLOW_NETWORK_DISK", allowed);
        let mut process = super::Process {
            child: command.spawn().unwrap(),
        };
        site.is_ready().await;
        assert_eq!(process.terminate(), Some(0), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_may_lose_what_it_confirmed_is_refused_unless_it_is_allowed() {
    let site = Site::new(Database::postgres().await, rules(), 1).await;
    let store = site.database.store().await;
    let doubts = store.doubts().await.unwrap();
    if doubts.is_empty() {
        // This test server syncs, so there is nothing to refuse.
        let mut command = site.command(&["run"]);
        command.env("BOUNCER_ALLOW_UNSAFE_POSTGRES", "false");
        let mut process = super::Process {
            child: command.spawn().unwrap(),
        };
        site.is_ready().await;
        assert_eq!(process.terminate(), Some(0));
        return;
    }
    assert_eq!(doubts, ["fsync=off"]);
    let mut command = site.command(&["run"]);
    command.env("BOUNCER_ALLOW_UNSAFE_POSTGRES", "false");
    let told = refused(command).await;
    assert!(told.contains("PostgreSQL runs with fsync=off"), "{told}");

    let mut process = site.starts();
    site.is_ready().await;
    let readyz = format!("http://127.0.0.1:{}/readyz", site.private);
    let told = reqwest::get(&readyz).await.unwrap().text().await.unwrap();
    assert!(
        told.contains("store: PostgreSQL runs with fsync=off, as allow_unsafe_postgres allows"),
        "{told}"
    );
    assert_eq!(process.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_commit_waits_for_the_disk_whatever_the_default_of_the_database_is() {
    let database = Database::postgres().await;
    let Location::Postgres(url) = &database.location else {
        unreachable!("it is PostgreSQL")
    };
    let name = url::Url::parse(url)
        .unwrap()
        .path()
        .trim_start_matches('/')
        .to_owned();
    for (default, then) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        let pool = sqlx::AnyPool::connect(url).await.unwrap();
        let set = format!("ALTER DATABASE {name} SET synchronous_commit = {default}");
        sqlx::query(sqlx::AssertSqlSafe(set))
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let store = database.store().await;
        let told = store.durability().await.unwrap();
        assert!(
            told.ends_with(&format!("synchronous_commit={then}")),
            "{told}"
        );
        store.close().await;
    }
}
