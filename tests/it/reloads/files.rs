//! Each odd thing a folder can hold: a clear problem, never a hang, never "no rules".

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use featurebase_bouncer::rulewatch::Files;
use featurebase_bouncer::rulewatch::folder;

use super::*;

/// What is told after an edit that must be refused.
async fn refused(edit: impl FnOnce(&Path)) -> String {
    let mut scene = Scene::new(Database::sqlite()).await;
    let before = scene.status().in_force;
    edit(&scene.rules);
    let status = tokio::time::timeout(Duration::from_secs(20), scene.checks())
        .await
        .expect("nothing hangs");
    assert_eq!(status.files, Files::Refused, "{status:?}");
    assert_eq!(status.in_force, before);
    assert_eq!(scene.ids(), ["first/rule"]);
    assert_eq!(
        scene.actions().await,
        [Action::RulesAdopted, Action::RulesRejected]
    );
    status.problems.join("\n")
}

/// What is in force after an edit that must be taken up.
async fn taken_up(edit: impl FnOnce(&Path)) -> Scene {
    let mut scene = Scene::new(Database::sqlite()).await;
    edit(&scene.rules);
    let status = scene.checks().await;
    assert_eq!(status.files, Files::InForce, "{status:?}");
    scene
}

fn sparse(path: &Path, bytes: u64) {
    std::fs::File::create(path).unwrap().set_len(bytes).unwrap();
}

#[tokio::test]
async fn a_pipe_named_like_a_rule_file_does_not_hang() {
    let told = refused(|rules| make_pipe(&rules.join("pipe.toml"))).await;
    assert_eq!(
        told,
        "pipe.toml:1:1: pipe.toml is a pipe, a socket or a device, not a file [not-a-file]"
    );
    let told = refused(|rules| make_pipe(&rules.join("pipe.txt"))).await;
    assert!(told.ends_with("[not-a-file]"), "{told}");
}

#[tokio::test]
async fn sockets_and_devices_named_like_rule_files_are_refused() {
    let told = refused(|rules| drop(UnixListener::bind(rules.join("s.toml")).unwrap())).await;
    assert!(told.ends_with("[not-a-file]"), "{told}");
    let told = refused(|rules| symlink("/dev/zero", rules.join("zero.toml")).unwrap()).await;
    assert!(told.ends_with("[not-a-file]"), "{told}");
}

#[tokio::test]
async fn what_does_not_count_may_be_a_pipe() {
    let scene = taken_up(|rules| {
        make_pipe(&rules.join("pipe"));
        make_pipe(&rules.join(".pipe.toml"));
        std::fs::write(rules.join("README.md"), "read me").unwrap();
        std::fs::write(rules.join("more.toml~"), "half").unwrap();
        std::fs::write(rules.join(OsStr::from_bytes(b"n\xff.md")), "note").unwrap();
    })
    .await;
    assert_eq!(scene.actions().await, [Action::RulesAdopted]);
}

#[tokio::test]
async fn a_folder_named_like_a_rule_file_is_refused() {
    // Stands for every file that may not be read, too: whoever runs the tests may often read everything.
    let told = refused(|rules| std::fs::create_dir(rules.join("x.toml")).unwrap()).await;
    assert_eq!(
        told,
        "x.toml:1:1: x.toml is a folder, not a file [not-a-file]"
    );
}

#[tokio::test]
async fn a_file_that_may_not_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let locked = tempfile::NamedTempFile::new().unwrap();
    std::fs::set_permissions(locked.path(), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(locked.path()).is_ok() {
        println!("not tried: whoever runs this may read every file");
        return;
    }
    let told = refused(|rules| {
        let path = rules.join("locked.toml");
        std::fs::write(&path, rule("a/b", "x")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    })
    .await;
    assert!(told.ends_with("[file-unreadable]"), "{told}");
}

#[tokio::test]
async fn links_that_lead_nowhere_are_refused_whatever_they_are_called() {
    for name in ["x.toml", "lists.txt", "team"] {
        let told = refused(|rules| symlink("gone", rules.join(name)).unwrap()).await;
        assert!(
            told.starts_with(&format!(
                "{name}:1:1: {name} is a link that cannot be followed"
            )),
            "{told}"
        );
        assert!(told.ends_with("[broken-link]"), "{told}");
    }
    let told = refused(|rules| symlink("x.toml", rules.join("x.toml")).unwrap()).await;
    assert!(told.ends_with("[broken-link]"), "{told}");
}

#[tokio::test]
async fn links_in_a_circle_are_refused() {
    let told = refused(|rules| symlink(".", rules.join("all")).unwrap()).await;
    assert_eq!(
        told,
        "all/ is a link back to a folder it stands in [link-loop]"
    );
    let told = refused(|rules| {
        std::fs::create_dir(rules.join("a")).unwrap();
        symlink("..", rules.join("a/up")).unwrap();
    })
    .await;
    assert!(told.ends_with("[link-loop]"), "{told}");
}

#[tokio::test]
async fn links_to_folders_and_files_are_followed() {
    let scene = taken_up(|rules| {
        let other = rules.parent().unwrap().join("other");
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("b.toml"), rule("second/rule", "loans")).unwrap();
        symlink(&other, rules.join("team")).unwrap();
    })
    .await;
    assert_eq!(scene.ids(), ["first/rule", "second/rule"]);
}

#[tokio::test]
async fn folders_are_read_four_deep_and_deeper_ones_are_refused() {
    let scene = taken_up(|rules| {
        std::fs::create_dir_all(rules.join("a/b/c/d")).unwrap();
        std::fs::write(rules.join("a/b/c/d/x.toml"), rule("deep/rule", "loans")).unwrap();
    })
    .await;
    assert_eq!(scene.ids(), ["deep/rule", "first/rule"]);
    let told = refused(|rules| std::fs::create_dir_all(rules.join("a/b/c/d/e")).unwrap()).await;
    assert!(told.ends_with("[folder-too-deep]"), "{told}");
}

#[tokio::test]
async fn names_that_are_not_utf8_are_refused() {
    for name in [b"n\xff.toml".as_slice(), b"n\xff.txt"] {
        let told =
            refused(|rules| std::fs::write(rules.join(OsStr::from_bytes(name)), "").unwrap()).await;
        assert!(told.ends_with("[name-not-utf8]"), "{told}");
    }
    let told =
        refused(|rules| std::fs::create_dir(rules.join(OsStr::from_bytes(b"n\xff"))).unwrap())
            .await;
    assert!(told.ends_with("[name-not-utf8]"), "{told}");
}

#[tokio::test]
async fn huge_files_are_refused_by_name_and_bound_without_being_read() {
    // Terabytes: reading them would take hours.
    let told = refused(|rules| sparse(&rules.join("huge.toml"), 1 << 40)).await;
    assert_eq!(
        told.lines().next().unwrap(),
        "huge.toml:1:1: this file has 1099511627776 bytes; at most 1048576 are read [file-too-large]"
    );
    let told = refused(|rules| sparse(&rules.join("huge.txt"), 16 * 1024 * 1024 + 1)).await;
    assert_eq!(
        told,
        "huge.txt:1:1: this file has 16777217 bytes; at most 16777216 are read [file-too-large]"
    );
    let told = refused(|rules| {
        for name in ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"] {
            sparse(&rules.join(name), 16 * 1024 * 1024);
        }
    })
    .await;
    assert!(
        told.starts_with("all files together have more than 67108864 bytes"),
        "{told}"
    );
}

#[tokio::test]
async fn a_list_of_16_mebibytes_is_taken_up() {
    let list = format!("{}\n", "casino ".repeat(100)).repeat(16 * 1024 * 1024 / 701);
    let scene = taken_up(|rules| std::fs::write(rules.join("list.txt"), &list).unwrap()).await;
    let (latest, _) = scene.store.latest_book().await.unwrap().unwrap();
    let kept = scene.store.book(&latest).await.unwrap().unwrap();
    assert!(kept.len() > list.len(), "the list is kept with the rules");
}

#[tokio::test]
async fn a_folder_full_of_other_things_is_refused() {
    let told = refused(|rules| {
        for number in 0..=20_000 {
            std::fs::File::create(rules.join(format!("{number}.jpg"))).unwrap();
        }
    })
    .await;
    assert!(told.ends_with("[folder-too-large]"), "{told}");
}

#[tokio::test]
async fn lists_belong_to_the_rules_and_are_kept_with_them() {
    let mut scene = Scene::new(Database::sqlite()).await;
    scene.writes("lists/words.txt", "casino\n");
    scene.writes("lists/README.md", "not a list");
    let first = rule("first/rule", "backlinks");
    let expected = digest(&[("first.toml", &first), ("lists/words.txt", "casino\n")]);
    assert_eq!(scene.checks().await.in_force.unwrap().0, expected);
    let (latest, _) = scene.store.latest_book().await.unwrap().unwrap();
    assert_eq!(latest.0, expected);
    let kept = scene.store.book(&latest).await.unwrap().unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(
        kept,
        serde_json::json!({ "first.toml": first, "lists/words.txt": "casino\n" })
    );
    scene.writes("lists/words.txt", "casino\npoker\n");
    let edited = scene.checks().await.in_force.unwrap();
    assert_ne!(edited, latest, "a list counts in the digest");
    scene.writes("lists/words.txt", b"casino\n\xff");
    let status = scene.checks().await;
    assert_eq!(
        status.problems,
        ["lists/words.txt:2:1: this file is not UTF-8 text [not-utf8]"]
    );
    assert_eq!(status.in_force, Some(edited));
    scene.restarts().await;
    assert!(
        scene.status().from_store,
        "a book with lists can be had back"
    );
    assert_eq!(scene.ids(), ["first/rule"]);
}

#[tokio::test]
async fn every_problem_of_the_folder_is_told_at_once() {
    let told = refused(|rules| {
        make_pipe(&rules.join("pipe.toml"));
        symlink("gone", rules.join("gone.toml")).unwrap();
        sparse(&rules.join("huge.toml"), 2_000_000);
    })
    .await;
    for code in ["not-a-file", "broken-link", "file-too-large"] {
        assert!(told.contains(code), "{told}");
    }
}

#[tokio::test]
async fn one_file_can_stand_for_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.toml");
    std::fs::write(&path, rule("a/b", "x")).unwrap();
    assert_eq!(folder::read(&path).load().unwrap().rules().len(), 1);
    make_pipe(&folder.path().join("pipe"));
    let found = folder::read(&folder.path().join("pipe"));
    assert_eq!(found.files.unwrap_err()[0].code, "rules-unreadable");
}
