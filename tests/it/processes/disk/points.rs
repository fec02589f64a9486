//! Killed at every call to the disk between a delivery and its last record, one after the other.
//! `BOUNCER_TEST_POINTS=all` takes the writes, too.

use featurebase_bouncer::sandbox::Draft;

use super::super::kills::{NO_BRAKE, check_history};
use super::{Disk, Left, Lever, SYNC, WRITE, rules, until};
use crate::bot::PITCH;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_each_sync_between_delivery_and_record_a_pitch_is_blocked_once() {
    let disk = Disk::new(&format!("{NO_BRAKE}{}", rules())).await;
    disk.site.sandbox.run_deliveries();
    let mut points = passes_through(&disk, SYNC, Lever::KillBefore).await;
    points += passes_through(&disk, SYNC, Lever::KillAfter).await;
    assert!(
        points >= 8,
        "each step syncs by itself, so there are more than {points}"
    );
    if std::env::var("BOUNCER_TEST_POINTS").is_ok() {
        passes_through(&disk, WRITE, Lever::KillBefore).await;
        passes_through(&disk, WRITE, Lever::KillAfter).await;
    }
    assert_eq!(disk.soundness().await, "ok");
    let seen = check_history(&disk.site.sandbox, &disk.site.database.store().await).await;
    assert_eq!(seen.acknowledged, seen.blocks, "{seen:?}");
}

/// Gives the number of points there were.
async fn passes_through(disk: &Disk, calls: u64, lever: Lever) -> u64 {
    for nth in 1.. {
        disk.works();
        let mut process = disk.starts();
        assert!(disk.is_ready(&mut process).await, "{}", disk.log());
        disk.set(lever, calls, nth, 0);
        let sender = disk.lead();
        let pitch = Draft::markdown(PITCH);
        disk.site.sandbox.write(&sender, &pitch).unwrap();
        until("it is blocked, or the program was killed", async || {
            process.has_ended() || disk.site.sandbox.is_blocked(&sender)
        })
        .await;
        let survived = disk.settles(&mut process).await;
        assert_eq!(survived, !disk.struck());
        disk.works();
        if survived {
            assert_eq!(process.terminate(), Some(0));
            return nth - 1;
        }
        // Every other time the power goes with it.
        if nth % 2 == 0 {
            disk.cut(Left::Nothing);
        }
        let mut process = disk.starts();
        assert!(disk.is_ready(&mut process).await, "{}", disk.log());
        until("it is blocked", async || {
            disk.site.sandbox.is_blocked(&sender)
        })
        .await;
        assert!(disk.settles(&mut process).await, "{}", disk.log());
        assert_eq!(process.terminate(), Some(0));
    }
    unreachable!("it has come to an end by now")
}
