//! What one replica may do to another that shares its PostgreSQL.

use std::time::Duration;

use super::NOW;
use crate::database::Database;
use featurebase_bouncer::message::ContactId;

/// Far more than the server waits before it ends such a transaction.
const PATIENCE: Duration = Duration::from_mins(2);

/// It stands for a replica that was paused, or whose line is dead, in the middle of a transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_stands_still_in_a_transaction_does_not_keep_the_others_from_contacts() {
    let database = Database::postgres().await;
    let (still, other) = (database.store().await, database.store().await);
    let contact = ContactId::new("65f1c3d2a9b4e80012ab34cd");
    let mut held = still.writing().await.unwrap();
    held.lock_contacts().await.unwrap();
    held.contact_or_new(&contact, NOW).await.unwrap();
    let mut tx = other.writing().await.unwrap();
    tokio::time::timeout(PATIENCE, tx.lock_contacts())
        .await
        .expect("the lock is had in the end")
        .unwrap();
    tx.contact_or_new(&contact, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert!(
        held.commit().await.is_err(),
        "what stood still did not happen"
    );
    let mut tx = still.writing().await.unwrap();
    tx.lock_contacts().await.unwrap();
    tx.commit().await.unwrap();
}
