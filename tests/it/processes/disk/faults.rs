//! A disk that fails. `BOUNCER_TEST_IO=400` fails each of the first 400 calls in turn.

use featurebase_bouncer::sandbox::Draft;
use featurebase_bouncer::store::audit::Filter;

use super::super::kills::{NO_BRAKE, check_history};
use super::{ANY, Disk, EIO, ENOSPC, Left, Lever, SYNC, rounds, rules, until};
use crate::bot::PITCH;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_sync_nothing_is_acknowledged_and_the_program_ends_and_says_why() {
    let disk = Disk::new(rules()).await;
    let mut process = disk.starts();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    let sender = disk.lead();
    disk.set(Lever::FailOnce, SYNC, 1, EIO);
    disk.site
        .sandbox
        .write(&sender, &Draft::markdown(PITCH))
        .unwrap();
    disk.site.sandbox.deliver_due().await;
    let sent = disk.site.sandbox.deliveries();
    assert_eq!(sent.len(), 1);
    // It, or a write of something else right before it, met the failing sync: then the program may be gone already.
    assert!(
        matches!(sent[0].status, Some(503) | None),
        "{:?}",
        sent[0].status
    );
    until("it has ended", async || process.has_ended()).await;
    assert_eq!(process.child.wait().unwrap().code(), Some(2));
    let log = disk.log();
    assert!(
        log.contains("the disk did not confirm a write (sync failed)"),
        "{log}"
    );
    assert!(log.contains("a part of the program has failed"), "{log}");

    // The event can be read, though it never reached the disk: a repeat of it must not be taken as stored.
    disk.works();
    let mut process = disk.starts();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    until("it is delivered again", async || {
        disk.site.sandbox.deliver_due().await;
        disk.site.sandbox.waiting() == 0
    })
    .await;
    process.kill();
    disk.cut(Left::Nothing);
    let mut process = disk.starts();
    assert!(disk.settles(&mut process).await, "{}", disk.log());
    assert_eq!(process.terminate(), Some(0));
    assert_eq!(disk.soundness().await, "ok");
    let store = disk.site.database.store().await;
    let seen = check_history(&disk.site.sandbox, &store).await;
    let record = store.audit(&Filter::default(), 100).await.unwrap();
    assert_eq!((seen.acknowledged, seen.blocks), (1, 1), "{record:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_call_to_the_disk_fails_it_ends_cleanly_or_goes_on_and_nothing_is_lost() {
    let mut random = fastrand::Rng::new();
    let every = std::env::var("BOUNCER_TEST_IO").is_ok();
    let mut nth = 1;
    for round in 0..rounds("BOUNCER_TEST_IO", 10) {
        let error = if round % 2 == 0 { EIO } else { ENOSPC };
        let lever = if round % 4 < 2 {
            Lever::FailOnce
        } else {
            Lever::FailFromThenOn
        };
        println!("call {nth}, {lever:?}, errno {error}");
        a_call_fails(lever, nth, error).await;
        nth += if every { 1 } else { random.u64(1..50) };
    }
}

async fn a_call_fails(lever: Lever, nth: u64, error: u64) {
    let disk = Disk::new(&format!("{NO_BRAKE}{}", rules())).await;
    let sandbox = &disk.site.sandbox;
    let sender = disk.lead();
    sandbox.write(&sender, &Draft::markdown(PITCH)).unwrap();
    disk.set(lever, ANY, nth, error);
    let mut process = disk.starts();
    // Until it has ended, or has come to the call in question, or has done its work.
    until("it is struck, or nothing is left to strike", async || {
        sandbox.deliver_due().await;
        process.has_ended() || disk.struck() || sandbox.is_blocked(&sender)
    })
    .await;
    sandbox.deliver_due().await;
    if process.has_ended() {
        let code = process.child.wait().unwrap().code();
        assert!(matches!(code, Some(2)), "{code:?}: {}", disk.log());
    }
    process.kill();
    disk.cut(Left::Nothing);
    disk.works();
    let mut process = disk.starts();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    until("what was not delivered is", async || {
        sandbox.deliver_due().await;
        sandbox.waiting() == 0
    })
    .await;
    assert!(disk.settles(&mut process).await, "{}", disk.log());
    assert_eq!(process.terminate(), Some(0), "{}", disk.log());
    assert_eq!(disk.soundness().await, "ok");
    let seen = check_history(sandbox, &disk.site.database.store().await).await;
    assert_eq!((seen.acknowledged, seen.blocks), (1, 1));
}
