//! Readers and writers at the same time.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use featurebase_bouncer::rulewatch::Files;
use featurebase_bouncer::rulewatch::folder;

use super::*;

/// Files of one set. Each names the version, so that a mixture shows.
const FILES: usize = 12;
/// How long readers and writers race.
const RACE: Duration = Duration::from_millis(1_500);

/// Does something over and over in a thread of its own until dropped.
struct Busy {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Busy {
    fn with(mut work: impl FnMut() + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::SeqCst) {
                work();
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Versions written within one tick of the file system's clock are told apart by their times, as those written later are.
fn write_version(folder: &Path, version: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let day = if version == "one" { 1 } else { 2 };
    for file in 0..FILES {
        let text = rule(&format!("rule-{file}/{version}"), "loans");
        write_at(day, &folder.join(format!("{file:02}.toml")), &text);
    }
}

/// Writes a file and says that it was written on a day of 1970.
fn write_at(day: u64, path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    let at = std::time::UNIX_EPOCH + Duration::from_secs(day * 86_400);
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

/// The versions whose rules stand in a text.
fn versions(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut versions: Vec<String> = ids
        .into_iter()
        .map(|id| id.rsplit('/').next().unwrap().to_owned())
        .collect();
    versions.sort();
    versions.dedup();
    versions
}

/// Swaps a link over, as one step.
fn swap(link: &Path, to: &Path) {
    let next = link.with_file_name("..next");
    remove(&next);
    symlink(to, &next).unwrap();
    std::fs::rename(&next, link).unwrap();
}

/// A folder as Kubernetes mounts a config map: every file is a link through `..data`, which is swapped over.
fn mounted(place: &Path) -> PathBuf {
    let rules = place.join("mounted");
    for version in ["one", "two"] {
        write_version(&rules.join(format!("..{version}")), version);
    }
    symlink("..one", rules.join("..data")).unwrap();
    for file in 0..FILES {
        let name = format!("{file:02}.toml");
        symlink(format!("..data/{name}"), rules.join(name)).unwrap();
    }
    rules
}

/// Swaps the two versions, each time after a wait of its own: any moment of reading is hit in the end.
fn swaps(rules: &Path) -> Busy {
    let data = rules.join("..data");
    let mut random = fastrand::Rng::new();
    let mut turn = false;
    Busy::with(move || {
        turn = !turn;
        swap(&data, Path::new(if turn { "..two" } else { "..one" }));
        let until = Instant::now() + Duration::from_micros(random.u64(0..1_500));
        while Instant::now() < until {
            std::hint::spin_loop();
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_versions_of_a_mounted_folder_are_never_mixed() {
    let database = Database::sqlite();
    let rules = mounted(database.folder.path());
    let mut scene = Scene::over(database, rules.clone()).await;
    let busy = swaps(&rules);
    let (started, mut adopted) = (Instant::now(), 0);
    while started.elapsed() < RACE {
        let before = scene.status().in_force;
        // At once, so that only the way of reading protects.
        let status = scene.checks().await;
        adopted += usize::from(status.in_force != before);
        assert_ne!(status.files, Files::Refused, "{status:?}");
        let versions = versions(scene.ids());
        assert_eq!(
            (versions.len(), scene.ids().len()),
            (1, FILES),
            "{versions:?}"
        );
    }
    drop(busy);
    assert!(adopted > 5, "only {adopted} swaps were met");
    assert_eq!(scene.checks().await.files, Files::InForce);
}

#[test]
fn what_is_read_of_a_folder_stood_there_at_one_moment() {
    let place = tempfile::tempdir().unwrap();
    let rules = mounted(place.path());
    let busy = swaps(&rules);
    let (started, mut whole, mut changing) = (Instant::now(), 0, 0);
    while started.elapsed() < RACE {
        let found = folder::read(&rules);
        match found.files {
            Ok(files) => {
                whole += 1;
                let texts = files
                    .iter()
                    .map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
                let mixed: Vec<String> = texts
                    .map(|text| {
                        if text.contains("/one\"") {
                            "one"
                        } else {
                            "two"
                        }
                        .to_owned()
                    })
                    .collect();
                assert_eq!(versions(mixed.clone()).len(), 1, "{mixed:?}");
            }
            Err(problems) => {
                assert!(found.changing, "{problems:?}");
                changing += 1;
            }
        }
    }
    drop(busy);
    println!("{whole} read whole, {changing} given up");
    assert!(whole > 50, "only {whole} read whole, {changing} given up");
}

#[tokio::test]
async fn files_copied_one_by_one_are_taken_up_when_all_are_there_and_stand_still() {
    let mut scene = Scene::new(Database::sqlite()).await;
    let before = scene.status().in_force;
    let since = scene.passes(1);
    for file in 0..5 {
        scene.writes(
            &format!("copied-{file}.toml"),
            rule(&format!("copied/rule-{file}"), "loans"),
        );
        let status = scene.glances().await;
        assert_eq!(
            (&status.in_force, status.files, status.differs_since),
            (&before, Files::Edited, Some(since)),
            "a set nobody meant is not taken up"
        );
        scene.passes(1);
    }
    let status = scene.glances().await;
    assert_eq!((status.files, status.rules), (Files::InForce, 6));
    assert_eq!(
        scene.actions().await,
        [Action::RulesAdopted, Action::RulesAdopted],
        "none of the sets in between"
    );
}

#[tokio::test]
async fn a_file_saved_in_pieces_is_neither_taken_up_nor_refused_before_it_is_whole() {
    let mut scene = Scene::new(Database::sqlite()).await;
    let text = [rule("a/one", "loans"), rule("a/two", "casino")].concat();
    // The first half is good by itself.
    for end in [rule("a/one", "loans").len(), text.len() - 30, text.len()] {
        scene.writes("more.toml", &text[..end]);
        assert_eq!(scene.glances().await.files, Files::Edited);
    }
    assert_eq!(scene.glances().await.rules, 3);
    assert_eq!(
        scene.actions().await,
        [Action::RulesAdopted, Action::RulesAdopted]
    );
}

#[tokio::test]
async fn an_edit_undone_before_it_was_taken_up_leaves_no_trace() {
    let mut scene = Scene::new(Database::sqlite()).await;
    scene.writes("more.toml", "half");
    assert_eq!(scene.glances().await.files, Files::Edited);
    scene.removes("more.toml");
    let status = scene.glances().await;
    assert_eq!((status.files, status.differs_since), (Files::InForce, None));
    assert_eq!(scene.actions().await, [Action::RulesAdopted]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changes_under_every_reading_is_told_and_neither_taken_up_nor_refused() {
    let mut scene = Scene::new(Database::sqlite()).await;
    // Grows by a byte at a time, many times within one reading.
    let mut log = std::fs::File::create(scene.rules.join("log.txt")).unwrap();
    let mut size = 0;
    let busy = Busy::with(move || {
        std::io::Write::write_all(&mut log, b"x").unwrap();
        size += 1;
        if size % 1_000_000 == 0 {
            log.set_len(0).unwrap();
            std::io::Seek::rewind(&mut log).unwrap();
        }
    });
    // Takes long enough to read that somebody writes meanwhile.
    scene.writes("long.txt", "casino\n".repeat(150_000));
    let (started, mut changing) = (Instant::now(), 0);
    while changing < 3 && started.elapsed() < 20 * RACE {
        let (before, rows) = (scene.status(), scene.actions().await);
        let status = scene.glances().await;
        if status.files == Files::Changing {
            changing += 1;
            assert_eq!(status.in_force, before.in_force);
            assert_eq!(scene.actions().await, rows);
            assert!(status.problems[0].ends_with("[files-changing]"));
            assert!(status.differs_since.is_some());
        }
    }
    drop(busy);
    assert_eq!(changing, 3, "it was never met changing");
    scene.removes("log.txt");
    assert_eq!(scene.checks().await.files, Files::InForce);
}

#[tokio::test]
async fn a_file_written_anew_has_not_stood_still() {
    let mut scene = Scene::new(Database::sqlite()).await;
    for day in 0..5 {
        // The same content each time, as when a program keeps copying.
        let path = scene.rules.join("more.toml");
        write_at(day, &path, &rule("more/rule", "loans"));
        assert_eq!(scene.glances().await.files, Files::Edited);
    }
    assert_eq!(scene.glances().await.files, Files::InForce);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_comes_and_goes_never_means_fewer_rules() {
    let place = tempfile::tempdir().unwrap();
    let rules = place.path().join("rules");
    write_version(&rules, "one");
    let mut scene = Scene::over(Database::sqlite(), rules.clone()).await;
    let mut turn = false;
    let busy = Busy::with(move || {
        let (away, next) = (rules.with_file_name("away"), rules.with_file_name("next"));
        std::fs::rename(&rules, &away).unwrap();
        turn = !turn;
        write_version(&next, if turn { "two" } else { "one" });
        std::fs::rename(&next, &rules).unwrap();
        std::fs::remove_dir_all(&away).unwrap();
    });
    let (started, mut refused) = (Instant::now(), 0);
    while started.elapsed() < RACE {
        let status = scene.checks().await;
        let versions = versions(scene.ids());
        assert_eq!(
            (versions.len(), scene.ids().len()),
            (1, FILES),
            "{versions:?}"
        );
        if status.files == Files::Refused {
            refused += 1;
            assert!(
                status.problems[0].ends_with("[rules-unreadable]"),
                "{status:?}"
            );
        }
    }
    drop(busy);
    assert!(refused > 5, "it was away only {refused} times");
    assert_eq!(scene.checks().await.files, Files::InForce);
}
