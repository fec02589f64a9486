//! Backups made while the bouncer works, read through, and put back: on the same kind of database and on the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use featurebase_bouncer::desk::Desk;
use featurebase_bouncer::desk::backup::{self, RecordLook, Restored};
use featurebase_bouncer::desk::query::read;
use featurebase_bouncer::desk::search::Texts;
use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::audit::Filter;
use featurebase_bouncer::time::Clock;

use crate::bot::{Bot, PITCH, Rest, Setup, ana};
use crate::database::{Database, FROM_A_NEWER_VERSION};
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// Somebody blocked, somebody held, somebody who asks; all of it signed.
async fn busy(bot: &Bot) -> [String; 3] {
    let [mallory, eve, tom] = [bot.lead("mallory"), bot.lead("eve"), bot.customer("tom")];
    bot.writes(&mallory, PITCH);
    bot.writes(&eve, "Call our refund department");
    bot.writes(&tom, "Where is my sprocket?");
    bot.settles().await;
    bot.running.notary.round(true).await.unwrap();
    [mallory, eve, tom]
}

fn file_of(bot: &Bot) -> PathBuf {
    bot.database.folder.path().join("backup.db")
}

async fn restored(file: &Path, to: &Database, clock: &Clock) -> Restored {
    backup::restore(
        file,
        &to.location,
        MINUTE * 10,
        clock.clone(),
        ana("a new disk"),
    )
    .await
    .unwrap()
}

async fn another(kind: &str) -> Database {
    match kind {
        "sqlite" => Database::sqlite(),
        _ => Database::postgres().await,
    }
}

/// The restored store takes the place of the old one.
fn moved(rest: Rest, to: Database) -> Rest {
    Rest {
        database: Arc::new(to),
        ..rest
    }
}

async fn is_sound(desk: &Desk) -> u64 {
    let key = desk.first_record_key().await.unwrap();
    desk.verify_record(key, None).await.unwrap().unwrap().size
}

on_both_databases! {
    async fn everything_is_there_again_on_either_kind_of_database(database) {
        let bot = Bot::on(database).await;
        let [mallory, _, tom] = busy(&bot).await;
        let look = bot.desk.back_up(&file_of(&bot)).await.unwrap();
        assert!(matches!(&look.record, RecordLook::Right(right) if right.size > 5), "{look:?}");
        let rows = |name: &str| look.contents.rows.iter().find(|(table, _)| table == name).unwrap().1;
        assert_eq!(rows("events"), 3);
        assert_eq!(rows("holds"), 1);
        let before = bot.record().await;
        for kind in ["sqlite", "postgres"] {
            let to = another(kind).await;
            let done = restored(&file_of(&bot), &to, &bot.clock).await;
            assert!(done.done);
            let database = Arc::new(to);
            let again = Setup::beside(database).start().await;
            let after = again.record().await;
            assert_eq!(after[..before.len()], before[..], "{kind}");
            assert_eq!(after[before.len()].action.as_str(), "restored");
            assert_eq!(after[before.len()].actor, "ana");
            assert!(is_sound(&again.desk).await >= before.len() as u64);
            while again.worker.index_due().await.unwrap() > 0 {}
            let found = again
                .desk
                .search(&read("sprocket").unwrap(), &Filter::default(), 10, Texts::Lines)
                .await
                .unwrap();
            assert!(found.hits.iter().all(|hit| hit.row.contact.as_ref().is_some_and(|id| id.as_str() == tom)), "{kind}");
            assert!(!found.hits.is_empty(), "{kind}");
            assert!(again.why(&mallory).await.contains("It found “backlinks”"), "{}", again.why(&mallory).await);
            assert_eq!(again.desk.holds(10).await.unwrap().len(), 1);
            // What comes next is numbered after what was there, and goes on in the same tree.
            let jo = again.lead("jo");
            again.writes(&jo, PITCH);
            again.settles().await;
            let last = again.record().await;
            assert!(last.windows(2).all(|two| two[0].seq < two[1].seq));
            again.desk.erase(&mallory, ana("asked")).await.unwrap();
            assert!(!again.why(&mallory).await.contains("It found “backlinks”"), "{}", again.why(&mallory).await);
        }
    }

    async fn a_backup_made_while_events_come_in_is_of_one_moment(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let folder = bot.database.folder.path().to_owned();
        let writing = async {
            for number in 0..30 {
                let contact = bot.lead(&format!("contact {number}"));
                bot.writes(&contact, if number % 3 == 0 { PITCH } else { "good morning" });
                bot.settles().await;
            }
        };
        let copying = async {
            let mut sizes = Vec::new();
            for number in 0..3 {
                let look = bot.desk.back_up(&folder.join(format!("backup{number}.db"))).await.unwrap();
                assert!(look.record.is_sound(), "{look:?}");
                sizes.push(look.contents);
            }
            sizes
        };
        let ((), contents) = tokio::join!(writing, copying);
        for copy in contents {
            let rows = |name: &str| copy.rows.iter().find(|(table, _)| table == name).unwrap().1;
            // A message and the row that says it was received come in one transaction.
            assert_eq!(rows("events"), rows("messages"));
            assert!(rows("audit") >= rows("events"));
        }
    }

    async fn nobody_is_blocked_again_whom_people_unblocked_after_the_backup(database) {
        let bot = Bot::on(database).await;
        let jo = bot.lead("jo");
        let fault = bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::Status(503)));
        bot.writes(&jo, PITCH);
        bot.settles().await;
        bot.desk.back_up(&file_of(&bot)).await.unwrap();
        bot.sandbox.remove_fault(fault);
        bot.passes(MINUTE * 3, MINUTE).await;
        assert!(bot.sandbox.is_blocked(&jo));
        bot.desk.unblock(&jo, ana("our partner")).await.unwrap();
        bot.later(Duration::from_secs(5)).await;
        assert!(!bot.sandbox.is_blocked(&jo));
        // On another machine, minutes later: nothing beside the store was saved.
        let kind = bot.store.kind();
        let file = file_of(&bot);
        let (to, clock) = (another(kind).await, bot.clock.clone());
        restored(&file, &to, &clock).await;
        let bot = moved(bot.ends().await, to).starts().await;
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
        bot.writes(&jo, PITCH);
        bot.passes(HOUR, MINUTE * 5).await;
        assert!(!bot.sandbox.is_blocked(&jo), "{:?}", bot.story_of(&jo).await);
    }

    async fn a_record_changed_in_the_backup_is_told_and_not_restored(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let file = file_of(&bot);
        bot.desk.back_up(&file).await.unwrap();
        let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        sqlx::query("UPDATE audit SET verdict = 'clean' WHERE verdict = 'block'").execute(&pool).await.unwrap();
        pool.close().await;
        let look = backup::look(&file, bot.clock.clone()).await.unwrap();
        assert!(look.record.sentence().contains("NOT as it was signed"), "{look:?}");
        let to = another(bot.store.kind()).await;
        let done = restored(&file, &to, &bot.clock).await;
        assert!(!done.done);
        let there = Setup::on(to).start().await;
        assert_eq!(there.record().await.iter().filter(|row| row.contact.is_some()).count(), 0, "nothing was put there");
    }

    async fn nothing_is_overwritten(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let file = file_of(&bot);
        bot.desk.back_up(&file).await.unwrap();
        let told = bot.desk.back_up(&file).await.unwrap_err().to_string();
        assert!(told.contains("is there already, and nothing is overwritten"), "{told}");
        let before = bot.record().await;
        let over = backup::restore(&file, &bot.database.location, MINUTE, bot.clock.clone(), ana("x")).await;
        let told = over.unwrap_err().to_string();
        assert!(told.contains("a backup is never put over a store"), "{told}");
        assert_eq!(bot.record().await, before);
        let folder = bot.database.folder.path();
        let left: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains("partial"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
    }

    async fn a_store_of_a_newer_version_is_refused_and_left_alone(database) {
        let bot = Bot::on(database).await;
        busy(&bot).await;
        let file = file_of(&bot);
        bot.desk.back_up(&file).await.unwrap();
        let rest = bot.ends().await;
        rest.database.tampers(FROM_A_NEWER_VERSION).await;
        let told = featurebase_bouncer::store::Store::open(&rest.database.location).await.unwrap_err().to_string();
        assert!(told.contains("written by a newer version of bouncer: its tables are at step 4000"), "{told}");
        let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        sqlx::query(FROM_A_NEWER_VERSION).execute(&pool).await.unwrap();
        pool.close().await;
        let told = backup::look(&file, rest.clock.clone()).await.unwrap_err().to_string();
        assert!(told.contains("newer version"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_sound_backup_is_told_so() {
    let bot = Bot::on(Database::sqlite()).await;
    busy(&bot).await;
    let file = file_of(&bot);
    bot.desk.back_up(&file).await.unwrap();
    let folder = bot.database.folder.path();
    let whole = std::fs::read(&file).unwrap();
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    let mut flipped = whole.clone();
    for place in (4_096..whole.len()).step_by(4_096) {
        flipped[place] ^= 0xff;
    }
    let other = folder.join("other.db");
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}?mode=rwc", other.display()))
        .await
        .unwrap();
    sqlx::query("CREATE TABLE shopping (item TEXT)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let cases: [(&str, Option<&[u8]>, &str); 6] = [
        ("torn.db", Some(&torn), "is damaged or no backup"),
        ("flipped.db", Some(&flipped), "is damaged or no backup"),
        (
            "text.db",
            Some(b"Dear diary, today"),
            "is damaged or no backup",
        ),
        ("empty.db", Some(b""), "is no backup of a bouncer's store"),
        ("other.db", None, "is no backup of a bouncer's store"),
        ("absent.db", None, "there is no file"),
    ];
    for (name, bytes, told) in cases {
        let path = folder.join(name);
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let error = backup::look(&path, bot.clock.clone()).await.unwrap_err();
        assert!(error.to_string().contains(told), "{name}: {error}");
        let to = Database::sqlite();
        let put = backup::restore(&path, &to.location, MINUTE, bot.clock.clone(), ana("x")).await;
        assert!(put.is_err(), "{name}");
        assert_eq!(
            std::fs::read_dir(to.folder.path()).unwrap().count(),
            0,
            "{name}"
        );
    }
}
