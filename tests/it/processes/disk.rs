//! The real program on a disk that can be cut off, filled up and broken: `tests/rig/disk.c`.

mod cuts;
mod damage;
mod faults;
mod full;
mod points;

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use featurebase_bouncer::sandbox::NewContact;
use featurebase_bouncer::store::Location;
use tempfile::TempDir;

use super::{Process, Site, patience_after, rules, text, until, until_within};
use crate::database::Database;

/// The kinds of calls a lever can be set on.
const WRITE: u64 = 1;
const SYNC: u64 = 2;
const ANY: u64 = 1 | 2 | 4 | 8;

const EIO: u64 = 5;
const ENOSPC: u64 = 28;

/// What is done at the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lever {
    FailOnce = 1,
    FailFromThenOn = 2,
    KillBefore = 3,
    KillAfter = 4,
}

/// What a power cut leaves of what was never synced.
enum Left<'a> {
    Nothing,
    /// Some of its blocks of 512 bytes.
    Some(&'a mut fastrand::Rng),
}

/// A place for one bouncer to run in, on a SQLite file, on such a disk.
struct Disk {
    site: Site,
    aside: TempDir,
    levers: File,
}

impl Disk {
    async fn new(rules: &str) -> Self {
        let site = Site::new(Database::sqlite(), rules, 600).await;
        let aside = tempfile::tempdir().unwrap();
        fs::create_dir(aside.path().join("shadow")).unwrap();
        let levers = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(aside.path().join("levers"))
            .unwrap();
        levers.set_len(512).unwrap();
        Self {
            site,
            aside,
            levers,
        }
    }

    fn data(&self) -> &Path {
        self.site.database.folder.path()
    }

    fn shadow(&self) -> PathBuf {
        self.aside.path().join("shadow")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.site.command(arguments);
        command
            .env("LD_PRELOAD", library())
            .env("RIG_DATA", self.data())
            .env("RIG_SHADOW", self.shadow())
            .env("RIG_CONTROL", self.aside.path().join("levers"));
        command
    }

    /// Runs a command to its end.
    fn says(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn starts(&self) -> Process {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.aside.path().join("log"))
            .unwrap();
        let mut command = self.command(&["run"]);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Process { child }
    }

    /// Everything the program has complained of.
    fn log(&self) -> String {
        fs::read_to_string(self.aside.path().join("log")).unwrap()
    }

    /// At the `nth` call of these kinds from now on.
    fn set(&self, lever: Lever, calls: u64, nth: u64, error: u64) {
        self.write(0, 0);
        self.write(5, 0);
        self.write(6, 0);
        self.write(1, calls);
        self.write(2, nth);
        self.write(3, error);
        self.write(0, lever as u64);
    }

    /// The disk works as it should, and holds whatever it is given.
    fn works(&self) {
        self.write(0, 0);
        self.write(4, 0);
    }

    /// Nothing more goes onto the disk.
    fn fill_up(&self) {
        let used = fs::read_dir(self.data()).unwrap();
        let used: u64 = used
            .map(|entry| entry.unwrap().metadata().unwrap())
            .filter(fs::Metadata::is_file)
            .map(|found| found.len())
            .sum();
        self.write(4, used);
    }

    fn struck(&self) -> bool {
        let mut bytes = [0; 8];
        self.levers.read_exact_at(&mut bytes, 6 * 8).unwrap();
        u64::from_ne_bytes(bytes) > 0
    }

    fn write(&self, place: u64, value: u64) {
        self.levers
            .write_all_at(&value.to_ne_bytes(), place * 8)
            .unwrap();
    }

    /// The power is cut: what stands in the data folder is what had been synced, and of the rest what is `left`.
    fn cut(&self, mut left: Left) {
        let names = fs::read_to_string(self.shadow().join("names")).unwrap();
        let mut durable = Vec::new();
        for (id, name) in names.lines().map(|line| line.split_once(' ').unwrap()) {
            if name.ends_with("-shm") {
                continue;
            }
            let mut bytes = fs::read(self.shadow().join(id)).unwrap_or_default();
            let path = self.data().join(name);
            if let Left::Some(random) = &mut left
                && id_of(&path).as_deref() == Some(id)
            {
                bytes = mixed(bytes, &fs::read(&path).unwrap(), random);
            }
            durable.push((path, bytes));
        }
        for entry in fs::read_dir(self.data()).unwrap() {
            let entry = entry.unwrap();
            if entry.metadata().unwrap().is_file() {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        for (path, bytes) in durable {
            fs::write(path, bytes).unwrap();
        }
        fs::remove_dir_all(self.shadow()).unwrap();
        fs::create_dir(self.shadow()).unwrap();
    }

    /// What SQLite says of the file, read through.
    async fn soundness(&self) -> String {
        let Location::Sqlite(path) = &self.site.database.location else {
            unreachable!("the rig is for SQLite")
        };
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", path.display()))
            .await
            .unwrap();
        let (found,): (String,) = sqlx::query_as("PRAGMA integrity_check")
            .fetch_one(&pool)
            .await
            .unwrap();
        pool.close().await;
        found
    }

    async fn is_ready(&self, process: &mut Process) -> bool {
        let url = format!("http://127.0.0.1:{}/readyz", self.site.private);
        let mut ready = false;
        until("it is ready or has ended", async || {
            let answer = reqwest::get(&url).await;
            ready = answer.is_ok_and(|answer| answer.status() == 200);
            ready || process.has_ended()
        })
        .await;
        ready
    }

    /// Waits until nothing is left to do, by the program's own numbers; `false` when it has ended before.
    async fn settles(&self, process: &mut Process) -> bool {
        let url = format!("http://127.0.0.1:{}/metrics", self.site.private);
        // Numbers are counted one after the other, so work that passes from one to the next may be missed once.
        let (mut idle_before, mut settled) = (false, false);
        let patience = patience_after(rounds("BOUNCER_TEST_CUTS", 16));
        until_within(patience, "everything settles or it has ended", async || {
            let idle = self.site.all_are_delivered() && is_idle(&url).await;
            settled = idle && idle_before;
            idle_before = idle;
            settled || process.has_ended()
        })
        .await;
        settled
    }

    fn lead(&self) -> String {
        self.site.sandbox.add_contact(NewContact::lead("somebody"))
    }
}

/// Whether no event and no job waits.
async fn is_idle(metrics: &str) -> bool {
    let Ok(answer) = reqwest::get(metrics).await else {
        return false;
    };
    let told = answer.text().await.unwrap_or_default();
    let numbers = told
        .lines()
        .filter(|line| line.starts_with("bouncer_jobs{") || line.starts_with("bouncer_inbox "));
    let values: Vec<&str> = numbers.filter_map(|line| line.rsplit(' ').next()).collect();
    values.len() > 1 && values.iter().all(|value| *value == "0")
}

/// As the rig names files: an inode's number is used again, with the time of its birth it is not.
fn id_of(path: &Path) -> Option<String> {
    let found = fs::metadata(path).ok()?;
    let born = found.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let (ino, seconds, nanos) = (found.ino(), born.as_secs(), born.subsec_nanos());
    Some(format!("{ino}-{seconds}-{nanos}"))
}

/// What was synced, and some of the blocks written since.
fn mixed(synced: Vec<u8>, written: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    const BLOCK: usize = 512;
    let length = if random.bool() {
        synced.len()
    } else {
        written.len()
    };
    let mut bytes = synced;
    bytes.resize(length, 0);
    for (old, new) in bytes.chunks_mut(BLOCK).zip(written.chunks(BLOCK)) {
        if random.bool() {
            let both = old.len().min(new.len());
            old[..both].copy_from_slice(&new[..both]);
        }
    }
    bytes
}

/// The rig, built once for all tests of this process.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let built = folder.join(format!("rig-{}.so", std::process::id()));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rig/disk.c");
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let done = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"])
            .arg(&built)
            .args([source, "-ldl", "-lpthread"])
            .output()
            .expect("a C compiler is there: SQLite needs one, too");
        assert!(done.status.success(), "{}", text(&done.stderr));
        built
    })
}

/// How often, in the gate; a longer run sets the variable.
fn rounds(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |given| given.parse().unwrap())
}
