//! Rows changed behind the program's back are found, on both databases.

use featurebase_bouncer::desk::Desk;
use featurebase_bouncer::proof::lines::StoredRow;
use featurebase_bouncer::proof::note::{Note, SigningKey};
use featurebase_bouncer::proof::verify::{Fault, Verified, Wrong};

use crate::bot::{Bot, PITCH, Setup};
use crate::database::Database;
use crate::on_both_databases;

/// A bot with a few hundred rows that are signed.
async fn with_a_record(database: Database) -> Bot {
    let brake = "[policy]\nbrake.share = { part = 1.0, of_at_least = 1, within = \"1h\" }\n";
    let bot = Setup::on(database).more_rules(brake).start().await;
    for number in 0..150 {
        let contact = bot.lead(&format!("contact {number}"));
        bot.writes(
            &contact,
            if number % 20 == 0 {
                PITCH
            } else {
                "good morning"
            },
        );
    }
    bot.settles().await;
    bot.running.notary.round(true).await.unwrap();
    bot
}

async fn verify(desk: &Desk) -> Result<Verified, Fault> {
    let key = desk.first_record_key().await.unwrap();
    desk.verify_record(key, None).await.unwrap()
}

/// What was done by SQL, what is found, and at which row of the record.
async fn is_found(database: Database, change: &str, wrong: Wrong, row: Option<i64>) {
    let bot = with_a_record(database).await;
    verify(&bot.desk).await.unwrap();
    bot.database.tampers(change).await;
    let fault = verify(&bot.desk).await.unwrap_err();
    assert_eq!(fault.wrong, wrong, "{change}: {fault}");
    if let Some(row) = row {
        assert!(
            fault.what.contains(&format!("row {row}")),
            "{change}: {fault}"
        );
    }
}

/// A row like the 40th, before all others.
fn copy(database: &Database) -> String {
    let given = if database.url().is_empty() {
        ""
    } else {
        "OVERRIDING SYSTEM VALUE"
    };
    format!(
        "INSERT INTO audit (seq, at, action, actor, contact_id, conversation_id, event_id, verdict, rules, detail) {given}
        SELECT 0, at, action, actor, contact_id, conversation_id, event_id, verdict, rules, detail FROM audit WHERE seq = 40"
    )
}

/// The bytes as SQL writes them.
fn bytes(bot: &Bot, bytes: &[u8]) -> String {
    let bytes = hex::encode(bytes);
    match bot.store.kind() {
        "sqlite" => format!("x'{bytes}'"),
        _ => format!("decode('{bytes}', 'hex')"),
    }
}

on_both_databases! {
    async fn a_record_that_nobody_touched_is_right_and_more_of_it_continues_it(database) {
        let bot = with_a_record(database).await;
        let before = bot.desk.checkpoint().await.unwrap();
        let first = verify(&bot.desk).await.unwrap();
        assert!(first.size > 220 && i64::try_from(first.size) == Ok(before.size), "{first:?}");
        let last = bot.record().await;
        assert_eq!(before.last_seq, last.last().unwrap().seq, "every row is in it");
        let contact = bot.lead("later");
        bot.writes(&contact, PITCH);
        bot.settles().await;
        bot.running.notary.round(false).await.unwrap();
        assert_eq!(bot.desk.checkpoint().await.unwrap().size, before.size, "it is not signed for every row");
        bot.clock.advance(std::time::Duration::from_secs(31));
        bot.running.notary.round(false).await.unwrap();
        let key = bot.desk.record_key().await.unwrap();
        let older = Note::parse(&before.note).unwrap();
        let second = bot.desk.verify_record(key, Some(older)).await.unwrap().unwrap();
        assert!(second.size > first.size);
        let mut lines = Vec::new();
        bot.desk.export_record(|line| { lines.push(line.to_owned()); true }).await.unwrap();
        let rows = lines.iter().filter(|line| line.starts_with("{\"seq\":")).count();
        assert_eq!(rows as u64, second.size);
        for line in lines.iter().filter(|line| line.starts_with("{\"seq\":")) {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(row["detail"].is_object(), "{line}");
        }
    }

    async fn a_changed_word_is_found(database) {
        is_found(database, "UPDATE audit SET actor = 'ana' WHERE seq = 40", Wrong::Changed, Some(40)).await;
    }

    async fn a_changed_moment_is_found(database) {
        is_found(database, "UPDATE audit SET at = at + 1 WHERE seq = 1", Wrong::Changed, Some(1)).await;
    }

    async fn a_changed_detail_is_found(database) {
        is_found(database, "UPDATE audit SET detail = detail || ' ' WHERE seq = 200", Wrong::Changed, Some(200)).await;
    }

    async fn a_removed_row_is_found(database) {
        is_found(database, "DELETE FROM audit WHERE seq = 40", Wrong::Missing, Some(41)).await;
    }

    async fn a_removed_end_is_found(database) {
        is_found(database, "DELETE FROM audit WHERE seq > 210", Wrong::Missing, None).await;
    }

    async fn a_whole_tile_that_was_removed_is_found(database) {
        is_found(database, "DELETE FROM audit WHERE seq < (SELECT first_seq FROM record_tiles WHERE tile = 1)", Wrong::Missing, None).await;
    }

    async fn an_inserted_row_is_found(database) {
        let change = copy(&database);
        is_found(database, &change, Wrong::Inserted, Some(0)).await;
    }

    async fn rows_that_changed_places_are_found(database) {
        let other = |column: &str| format!("{column} = (SELECT b.{column} FROM audit b WHERE b.seq = 81 - audit.seq)");
        let all = ["at", "action", "actor", "contact_id", "conversation_id", "event_id", "verdict", "rules", "detail"].map(other);
        let change = format!("UPDATE audit SET {} WHERE seq = 40 OR seq = 41", all.join(", "));
        is_found(database, &change, Wrong::Changed, Some(40)).await;
    }

    async fn a_changed_hash_is_found(database) {
        let bot = with_a_record(database).await;
        let mut hashes = bot.store.tiles(0, 1).await.unwrap().remove(0).hashes;
        hashes[32 * 39] ^= 1;
        bot.database.tampers(&format!("UPDATE record_tiles SET hashes = {} WHERE tile = 0", bytes(&bot, &hashes))).await;
        let fault = verify(&bot.desk).await.unwrap_err();
        assert!(fault.wrong == Wrong::Changed && fault.row == 39, "{fault:?}");
    }

    async fn a_row_changed_with_its_hash_is_found(database) {
        let bot = with_a_record(database).await;
        bot.database.tampers("UPDATE audit SET actor = 'ana' WHERE seq = 3").await;
        let rows = bot.store.stored_rows(0, i64::MAX, 256).await.unwrap();
        let hashes: Vec<u8> = rows.iter().flat_map(StoredRow::leaf).collect();
        bot.database.tampers(&format!("UPDATE record_tiles SET hashes = {} WHERE tile = 0", bytes(&bot, &hashes))).await;
        assert_eq!(verify(&bot.desk).await.unwrap_err().wrong, Wrong::WrongRoot);
    }

    async fn a_checkpoint_that_nobody_with_the_key_signed_is_found(database) {
        let bot = with_a_record(database).await;
        let key = bot.desk.first_record_key().await.unwrap();
        let newest = Note::parse(&bot.desk.checkpoint().await.unwrap().note).unwrap();
        let other = SigningKey::generate(key.name()).unwrap();
        let forged = newest.checkpoint.sign(&[&other]);
        bot.database.tampers(&format!("UPDATE record_checkpoints SET note = '{forged}'")).await;
        assert_eq!(verify(&bot.desk).await.unwrap_err().wrong, Wrong::NotSigned);
    }
}

/// Numbers of transactions that are under way lie below those that are done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_appear_late_on_postgres_are_waited_for() {
    use featurebase_bouncer::store::audit::{Action, Entry};
    let bot = Bot::on(Database::postgres().await).await;
    let row = || Entry::new(Action::Received, bot.clock.now(), serde_json::json!({}));
    let mut slow = bot.store.writing().await.unwrap();
    slow.record(vec![row()]).await.unwrap();
    let mut quick = bot.store.writing().await.unwrap();
    quick.record(vec![row()]).await.unwrap();
    quick.commit().await.unwrap();
    assert_eq!(
        bot.running.notary.round(true).await.unwrap(),
        0,
        "the slow one may yet come"
    );
    slow.commit().await.unwrap();
    assert!(bot.running.notary.round(true).await.unwrap() >= 2);
    verify(&bot.desk).await.unwrap();
}
