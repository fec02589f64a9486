//! Brakes and stops on the command line, whatever state the store is in.

use sqlx::Connection as _;

use featurebase_bouncer::sandbox::{Draft, NewContact};
use featurebase_bouncer::store::Location;

use super::{Site, text, until};
use crate::bot::{PITCH, RULES};
use crate::on_both_databases;

on_both_databases! {
    async fn a_brake_is_listed_released_and_what_it_held_confirmed(database) {
        let rules = format!("{RULES}\n[policy]\nbrake.per_rule = {{ blocks = 1, within = \"10m\" }}\n");
        let site = Site::new(database, &rules, 1).await;
        site.sandbox.run_deliveries();
        let mut process = site.starts();
        site.is_ready().await;
        let write = |name: &str| {
            let spammer = site.sandbox.add_contact(NewContact::lead(name));
            site.sandbox.write(&spammer, &Draft::markdown(PITCH)).unwrap();
            spammer
        };
        let first = write("first");
        until("the first is blocked", async || site.sandbox.is_blocked(&first)).await;
        let second = write("second");
        until("the second is held", async || {
            text(&site.says(&["hold", "list", "--because", "brake", "--rule", "pitch/backlinks"]).stdout).contains(&second)
        })
        .await;
        let listed = text(&site.says(&["brake", "list"]).stdout);
        assert!(listed.contains("pitch/backlinks  tripped after 1 blocks (1 blocks within 10m); 1 held because of it"), "{listed}");
        let released = site.says(&["brake", "release", "pitch/backlinks", "--reason", "spam", "--by", "ana"]);
        assert!(released.status.success(), "{}", text(&released.stderr));
        let again = site.says(&["brake", "release", "pitch/backlinks", "--reason", "spam"]);
        assert_eq!(again.status.code(), Some(2));
        let confirmed = text(&site.says(&["hold", "confirm", "--rule", "pitch/backlinks", "--reason", "spam"]).stdout);
        assert!(confirmed.contains("1 contacts; nothing more is held because of this brake"), "{confirmed}");
        until("the second is blocked", async || site.sandbox.is_blocked(&second)).await;
        assert_eq!(process.terminate(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_works_while_somebody_else_holds_the_stores_only_writer() {
    let database = crate::database::Database::sqlite();
    let Location::Sqlite(path) = database.location.clone() else {
        unreachable!()
    };
    let site = Site::new(database, RULES, 1).await;
    site.sandbox.run_deliveries();
    let mut process = site.starts();
    site.is_ready().await;
    let mut busy = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut busy)
        .await
        .unwrap();
    let stopped = site.says(&["stop", "--reason", "odd", "--by", "ana"]);
    let told = text(&stopped.stdout);
    assert!(
        told.contains("a bouncer on this data folder is stopped"),
        "{told}"
    );
    assert!(
        told.contains("the switch in the store could not be thrown"),
        "{told}"
    );
    assert_eq!(stopped.status.code(), Some(2), "half a stop is no success");
    sqlx::query("ROLLBACK").execute(&mut busy).await.unwrap();
    let spammer = site.sandbox.add_contact(NewContact::lead("spammer"));
    site.sandbox
        .write(&spammer, &Draft::markdown(PITCH))
        .unwrap();
    until("the pitch is judged", async || {
        text(&site.says(&["audit", "--verdict", "block"]).stdout).contains(&spammer)
    })
    .await;
    // How the webhook fares may have been asked for before.
    let changes = site.sandbox.calls().into_iter();
    let changes = changes.filter(|call| call.method != "GET").count();
    assert_eq!(changes, 0, "the file alone stops it");
    assert!(site.says(&["go", "--by", "ana"]).status.success());
    until("the pitch is blocked", async || {
        site.sandbox.is_blocked(&spammer)
    })
    .await;
    assert_eq!(process.terminate(), Some(0));
}
