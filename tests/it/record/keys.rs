//! The key the record is signed with: who has it, how it changes, and the commands around it.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

use featurebase_bouncer::notary::Notary;
use featurebase_bouncer::proof::note::{Note, PublicKey};

use crate::bot::{Bot, PITCH, Setup};
use crate::database::Database;
use crate::on_both_databases;

async fn more(bot: &Bot) {
    let contact = bot.lead("somebody");
    bot.writes(&contact, PITCH);
    bot.settles().await;
    bot.running.notary.round(true).await.unwrap();
}

on_both_databases! {
    async fn a_new_key_is_recorded_and_whoever_has_the_old_one_is_led_to_it(database) {
        let bot = Bot::on(database).await;
        more(&bot).await;
        let (first, before) = (bot.desk.record_key().await.unwrap(), bot.desk.checkpoint().await.unwrap());
        let old_file = std::fs::read(bot.running.notary.key_file()).unwrap();
        let second = bot.running.notary.rotate("ana", "a laptop was lost").await.unwrap();
        assert_ne!(first, second);
        assert_eq!(bot.desk.record_key().await.unwrap(), second);
        more(&bot).await;
        let row = bot.record().await.into_iter().find(|row| row.action.as_str() == "record_key_changed").unwrap();
        assert_eq!((row.actor.as_str(), row.detail["new"].as_str()), ("ana", Some(second.to_string().as_str())));
        let older = || Some(Note::parse(&before.note).unwrap());
        for key in [&first, &second] {
            let right = bot.desk.verify_record(key.clone(), older()).await.unwrap().unwrap();
            assert_eq!(right.key, second);
        }
        let newest = Note::parse(&bot.desk.checkpoint().await.unwrap().note).unwrap();
        assert!(newest.is_signed_by(&second) && !newest.is_signed_by(&first), "the old key signs no more");
        // A key file of before is not signed with, and it is no reason to stop.
        std::fs::write(bot.running.notary.key_file(), old_file).unwrap();
        let size = bot.desk.checkpoint().await.unwrap().size;
        more(&bot).await;
        assert_eq!(bot.desk.checkpoint().await.unwrap().size, size);
    }

    async fn a_change_of_key_that_was_broken_off_is_brought_to_its_end(database) {
        let bot = Bot::on(database).await;
        more(&bot).await;
        let file = bot.running.notary.key_file();
        let old = std::fs::read(&file).unwrap();
        let second = bot.running.notary.rotate("ana", "as planned").await.unwrap();
        // As if it had died right after the store had it.
        std::fs::rename(&file, file.with_extension("next")).unwrap();
        std::fs::write(&file, old).unwrap();
        more(&bot).await;
        let newest = Note::parse(&bot.desk.checkpoint().await.unwrap().note).unwrap();
        assert!(newest.is_signed_by(&second));
        assert!(!file.with_extension("next").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_without_the_key_says_so_and_the_one_that_has_it_signs() {
    let database = Arc::new(Database::postgres().await);
    let first = Setup::beside(database.clone()).start().await;
    more(&first).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Notary::new(first.store.clone(), elsewhere.path(), first.clock.clone());
    other.begin().await.unwrap();
    assert!(!other.key_file().exists(), "it makes none of its own");
    let size = first.desk.checkpoint().await.unwrap().size;
    let contact = first.lead("somebody");
    first.writes(&contact, PITCH);
    first.settles().await;
    other.round(true).await.unwrap();
    assert_eq!(
        first.desk.checkpoint().await.unwrap().size,
        size,
        "it cannot sign"
    );
    // Its lease on the numbering has to run out first.
    first.clock.advance(std::time::Duration::from_mins(1));
    first.running.notary.round(true).await.unwrap();
    assert!(first.desk.checkpoint().await.unwrap().size > size);
    std::fs::copy(first.running.notary.key_file(), other.key_file()).unwrap();
    let key = first.desk.record_key().await.unwrap();
    first.desk.verify_record(key, None).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_give_out_a_record_that_anybody_can_check() {
    let bot = Bot::on(Database::sqlite()).await;
    more(&bot).await;
    let folder = bot.database.folder.path().to_owned();
    let mode = std::fs::metadata(folder.join("record-key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "nobody but its owner reads the key");
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_bouncer"))
            .args(arguments)
            .env("BOUNCER_DATA_DIR", &folder)
            .current_dir(&folder)
            .output()
            .unwrap();
        (
            done.status.code(),
            String::from_utf8(done.stdout).unwrap(),
            String::from_utf8(done.stderr).unwrap(),
        )
    };
    let (code, key, _) = run(&["audit", "key"]);
    assert_eq!(code, Some(0));
    PublicKey::parse(&key).unwrap();
    let (_, checkpoint, _) = run(&["audit", "export", "--checkpoint"]);
    std::fs::write(folder.join("older"), &checkpoint).unwrap();
    let (code, told, _) = run(&[
        "audit",
        "key",
        "rotate",
        "--reason",
        "as planned",
        "--by",
        "ana",
    ]);
    assert_eq!(code, Some(0), "{told}");
    more(&bot).await;
    let (code, record, errors) = run(&["audit", "export"]);
    assert_eq!(code, Some(0), "{errors}");
    let file = folder.join("record.jsonl");
    std::fs::write(&file, &record).unwrap();
    let name = file.to_str().unwrap();
    let (code, told, errors) = run(&[
        "audit",
        "verify",
        name,
        "--key",
        key.trim(),
        "--checkpoint",
        "older",
    ]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(
        told.starts_with("the record is as it was signed: "),
        "{told}"
    );
    let theirs = Command::new("python3")
        .args([
            "-B",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verifier/verify.py"),
            key.trim(),
            name,
        ])
        .arg(folder.join("older"))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&theirs.stdout).starts_with("right "),
        "{theirs:?}"
    );
    std::fs::write(
        &file,
        record.replacen("\"verdict\":\"block\"", "\"verdict\":\"clean\"", 1),
    )
    .unwrap();
    let (code, _, errors) = run(&["audit", "verify", name, "--key", key.trim()]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("is not as it was signed"), "{errors}");
    assert_eq!(run(&["audit", "verify", "--store"]).0, Some(0));
    let (code, _, errors) = run(&["audit", "verify", name, "--key", "nonsense"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("bouncer audit key"), "{errors}");
}
