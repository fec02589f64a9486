//! What the bench needs of the machine: cores to pin to, a folder on a disk, and what the system tells of a process.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;

/// Ticks a second in which Linux tells processor time.
const TICKS: f64 = 100.0;
/// How often the disk is synced to see how long it takes.
const SYNCS: usize = 100;

/// One core for the server and one for the load; nothing where they cannot be had.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    pinned: Option<(usize, usize)>,
}

impl Cores {
    /// Pins this process to the second core it may use, and keeps the first one for the servers.
    pub fn take() -> Self {
        let pinned = two_allowed().filter(|(_, load)| {
            let pid = std::process::id().to_string();
            Command::new("taskset")
                .args(["-a", "-c", "-p", &load.to_string(), &pid])
                .stdout(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
        Self { pinned }
    }

    /// A command that will run on the server's core.
    pub fn on_servers(&self, program: &str) -> Command {
        match self.pinned {
            Some((server, _)) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &server.to_string(), program]);
                command
            }
            None => Command::new(program),
        }
    }

    /// Seconds of processor time used on these cores so far, whoever used them, and taken away by the machine's host.
    pub fn busy(&self) -> Busy {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let names = match self.pinned {
            Some((server, load)) => vec![format!("cpu{server}"), format!("cpu{load}")],
            None => vec!["cpu".to_owned()],
        };
        let mut busy = Busy::default();
        for line in stat.lines() {
            let mut words = line.split_whitespace();
            if words
                .next()
                .is_some_and(|name| names.iter().any(|own| own == name))
            {
                let ticks: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
                // User, nice, system; then idle, waiting, two kinds of interrupt, stolen.
                busy.work += ticks.iter().take(3).sum::<f64>() / TICKS;
                busy.stolen += ticks.get(7).unwrap_or(&0.0) / TICKS;
            }
        }
        busy
    }

    pub fn describe(&self) -> String {
        match self.pinned {
            Some((server, load)) => format!("server on core {server}, load on core {load}"),
            None => "NOT PINNED (needs two cores and `taskset`): figures are not comparable".into(),
        }
    }
}

/// See [`Cores::busy`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Busy {
    pub work: f64,
    pub stolen: f64,
}

fn two_allowed() -> Option<(usize, usize)> {
    let allowed = status_of(std::process::id(), "Cpus_allowed_list")?;
    let mut cores = allowed.split(',').flat_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let core = |text: &str| text.trim().parse::<usize>().ok();
        match (core(first), core(last)) {
            (Some(first), Some(last)) => first..=last,
            #[allow(clippy::reversed_empty_ranges, reason = "no cores")]
            _ => 1..=0,
        }
    });
    Some((cores.next()?, cores.next()?))
}

/// A folder for everything that is kept meanwhile. The usual one is in memory on many systems, where a sync costs nothing.
pub fn folder() -> anyhow::Result<TempDir> {
    let on_disk = Path::new(ON_DISK);
    let mut builder = tempfile::Builder::new();
    builder.prefix("bouncer-load-");
    if on_disk.is_dir() {
        builder.tempdir_in(on_disk)
    } else {
        builder.tempdir()
    }
    .context("no temporary folder can be made")
}

/// Temporary files that outlive a restart, so not in memory.
pub const ON_DISK: &str = "/var/tmp";

/// How long it takes to append to a file and sync it: the median.
pub fn sync_time(folder: &Path) -> anyhow::Result<Duration> {
    let mut file = fs::File::create(folder.join("sync"))?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(SYNCS / 2).copied().unwrap_or_default())
}

/// Memory of a process in MiB, now and at most since it started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pub resident: f64,
    pub most: f64,
}

pub fn memory(pid: u32) -> Memory {
    let mebibytes = |line: &str| {
        let text = status_of(pid, line).unwrap_or_default();
        let kibibytes: f64 = text.trim_end_matches("kB").trim().parse().unwrap_or(0.0);
        kibibytes / 1024.0
    };
    Memory {
        resident: mebibytes("VmRSS"),
        most: mebibytes("VmHWM"),
    }
}

/// Seconds of processor time a process has used.
pub fn cpu_seconds(pid: u32) -> f64 {
    let ticks = |place: usize| -> f64 {
        stat_of(pid)
            .get(place)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0)
    };
    // Counted after the name: user time and system time.
    (ticks(11) + ticks(12)) / TICKS
}

/// The processes whose parent is this one.
pub fn children_of(parent: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| stat_of(*pid).get(1).and_then(|text| text.parse().ok()) == Some(parent))
        .collect()
}

pub fn is_root() -> bool {
    let ids = status_of(std::process::id(), "Uid").unwrap_or_default();
    ids.split_whitespace().nth(1) == Some("0")
}

fn status_of(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(value.trim().to_owned())
}

/// The fields after the process's name, which may hold blanks itself.
fn stat_of(pid: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.split_whitespace().map(str::to_owned).collect()
}
