//! Backups by the command line: made while the program runs, read through, put into an empty place, and served from.

use featurebase_bouncer::sandbox::{Draft, NewContact};

use super::{Site, rules, text, until};
use crate::bot::PITCH;
use crate::database::FROM_A_NEWER_VERSION;
use crate::on_both_databases;

on_both_databases! {
    async fn a_backup_made_at_work_is_restored_and_served_from(database) {
        let site = Site::new(database, rules(), 1).await;
        site.sandbox.run_deliveries();
        let mut process = site.starts();
        site.is_ready().await;
        let mallory = site.sandbox.add_contact(NewContact::lead("mallory"));
        site.sandbox.write(&mallory, &Draft::markdown(PITCH)).unwrap();
        until("the pitch is blocked", async || site.sandbox.is_blocked(&mallory)).await;

        let made = site.says(&["backup", "create", "copy.db"]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        assert!(text(&made.stdout).contains("copy.db holds everything as it was at one moment"), "{}", text(&made.stdout));
        let again = site.says(&["backup", "create", "copy.db"]);
        assert_eq!(again.status.code(), Some(2));
        assert!(text(&again.stderr).contains("nothing is overwritten"), "{}", text(&again.stderr));
        let over = site.says(&["backup", "restore", "copy.db", "--reason", "a test"]);
        assert_eq!(over.status.code(), Some(2));
        assert!(text(&over.stderr).contains("a backup is never put over a store"), "{}", text(&over.stderr));
        assert_eq!(process.terminate(), Some(0));

        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = site.database.folder.path().join("copy.db");
        // Nothing but the file is needed, not even a configuration.
        let verified = std::process::Command::new(env!("CARGO_BIN_EXE_bouncer"))
            .args(["backup", "verify", "--json"])
            .arg(&file)
            .current_dir(elsewhere.path())
            .env_clear()
            .output()
            .unwrap();
        let found: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
        assert_eq!(found["sound"], true, "{found}");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);

        let in_new_place = |arguments: &[&str]| {
            let mut command = site.command(arguments);
            command.env("BOUNCER_DATA_DIR", folder.path()).env("BOUNCER_DATABASE_URL", "");
            command
        };
        let path = file.display().to_string();
        let restored = in_new_place(&["backup", "restore", &path, "--reason", "a new machine", "--by", "ana"]).output().unwrap();
        assert!(restored.status.success(), "{}", text(&restored.stderr));
        assert!(text(&restored.stdout).contains("first looks at Featurebase whom people unblocked"), "{}", text(&restored.stdout));
        let why = in_new_place(&["why", &mallory]).output().unwrap();
        assert!(text(&why.stdout).contains("is blocked since"), "{}", text(&why.stdout));
        let told = in_new_place(&["audit", "action:restored"]).output().unwrap();
        assert!(text(&told.stdout).contains("ana"), "{}", text(&told.stdout));
        let mut child = in_new_place(&["run"]).spawn().unwrap();
        site.is_ready().await;
        let eve = site.sandbox.add_contact(NewContact::lead("eve"));
        site.sandbox.write(&eve, &Draft::markdown(PITCH)).unwrap();
        until("the restored store serves on", async || site.sandbox.is_blocked(&eve)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    async fn a_store_of_a_newer_version_stops_the_program_with_a_sentence(database) {
        let site = Site::new(database, rules(), 1).await;
        let mut process = site.starts();
        site.is_ready().await;
        assert_eq!(process.terminate(), Some(0));
        site.database.tampers(FROM_A_NEWER_VERSION).await;
        for arguments in [&["run"][..], &["audit"], &["doctor"]] {
            let refused = site.says(arguments);
            let told = format!("{}{}", text(&refused.stdout), text(&refused.stderr));
            assert!(!refused.status.success(), "{arguments:?}: {told}");
            assert!(told.contains("written by a newer version of bouncer"), "{arguments:?}: {told}");
        }
    }
}
