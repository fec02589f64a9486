//! Edits of every kind while the real program runs.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Site, rules, text, until};
use crate::on_both_databases;

/// How long the storm lasts at least; on a slow machine, until it was one.
const STORM: Duration = Duration::from_secs(2);
const FEWEST: usize = 500;

/// Writes anything at all into a rules folder, as fast as it can.
fn storm(folder: &std::path::Path) -> usize {
    let mut random = fastrand::Rng::new();
    let names = ["a.toml", "b.toml", "words.txt", "rules.toml"];
    let good = |name: &str, random: &mut fastrand::Rng| {
        rules()
            .replace("id = \"", &format!("id = \"{}-", name.replace('.', "-")))
            .replace("airdrop", &format!("airdrop{}", random.u32(..5)))
    };
    let (started, mut edits) = (Instant::now(), 0);
    while started.elapsed() < STORM || edits <= FEWEST {
        let name = names[random.usize(..names.len())];
        let path = folder.join(name);
        let _ = std::fs::remove_dir(&path);
        match random.u32(..9) {
            0 => drop(std::fs::remove_file(&path)),
            1 => drop(std::fs::write(&path, "[[rule]]\nid = \"half")),
            2 => drop(std::fs::write(&path, b"\xff\xfe")),
            3 => {
                let _ = std::fs::remove_file(&path);
                let _ = symlink("gone", &path);
            }
            4 => {
                let _ = std::fs::remove_file(&path);
                let _ = std::fs::create_dir(&path);
            }
            5 => {
                let huge = std::fs::File::create(&path);
                let _ = huge.map(|file| file.set_len(1 << 40));
            }
            6 => {
                let away = folder.with_file_name("away");
                std::fs::rename(folder, &away).unwrap();
                std::fs::rename(&away, folder).unwrap();
            }
            _ => {
                let beside: PathBuf = folder.join(".half");
                std::fs::write(&beside, good(name, &mut random)).unwrap();
                let _ = std::fs::rename(&beside, &path);
            }
        }
        edits += 1;
        // So that some edits stand still for long enough to be taken up or refused.
        if random.u32(..400) == 0 {
            std::thread::sleep(Duration::from_millis(random.u64(..1_200)));
        }
    }
    edits
}

on_both_databases! {
    async fn after_a_storm_of_edits_the_running_bouncer_goes_by_the_last_good_ones_and_says_so(database) {
        let site = Site::new(database, rules(), 1).await;
        let mut process = site.starts();
        site.is_ready().await;
        let told = site.says(&["rules", "status"]);
        assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
        assert!(text(&told.stdout).starts_with("3 rules are in force, digest "), "{}", text(&told.stdout));
        let folder = site.database.folder.path().join("rules");
        let stormed = folder.clone();
        let edits = tokio::task::spawn_blocking(move || storm(&stormed)).await.unwrap();
        assert!(edits > FEWEST, "only {edits} edits");
        site.is_ready().await;

        std::fs::remove_dir_all(&folder).unwrap();
        until("the missing folder is told", async || site.says(&["rules", "status"]).status.code() == Some(1)).await;
        until("it is refused", async || text(&site.says(&["rules", "status"]).stdout).contains("[rules-unreadable]")).await;
        let json: Value = serde_json::from_slice(&site.says(&["rules", "status", "--json"]).stdout).unwrap();
        assert_eq!(json["files"], "refused");
        assert!(json["differs_since"].is_i64() && json["in_force"].is_string(), "{json}");
        let before = json["in_force"].clone();

        let last = rules().replace("airdrop", "token sale");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("rules.toml"), &last).unwrap();
        until("the last edit is in force", async || site.says(&["rules", "status"]).status.code() == Some(0)).await;
        let json: Value = serde_json::from_slice(&site.says(&["rules", "status", "--json"]).stdout).unwrap();
        let digest = featurebase_bouncer::rules::digest_of([featurebase_bouncer::rules::RuleFile { name: "rules.toml".to_owned(), bytes: last.into() }].iter());
        assert_eq!(json["in_force"], digest.0.as_str());
        assert_ne!(json["in_force"], before);
        assert_eq!(process.terminate(), Some(0), "it ran through all of it");

        let told = site.says(&["rules", "status"]);
        assert_eq!(told.status.code(), Some(2));
        let told = text(&told.stderr);
        assert!(told.contains("is `bouncer run` running with this configuration?"), "{told}");
        assert!(told.contains(&format!("came into force last are those with the digest {}", digest.short())), "{told}");
    }
}
