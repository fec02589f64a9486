//! Power cuts. `BOUNCER_TEST_CUTS=1000` cuts more often.

use std::time::Duration;

use super::super::kills::{NO_BRAKE, check_history, write_some};
use super::{Disk, Left, Lever, SYNC, WRITE, rounds, rules};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_off_at_any_moment_no_acknowledged_event_is_lost_and_nothing_is_done_twice() {
    let seed = rounds(
        "BOUNCER_TEST_SEED",
        usize::try_from(fastrand::u32(..)).unwrap(),
    );
    println!("BOUNCER_TEST_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(u64::try_from(seed).unwrap());
    let disk = Disk::new(&format!("{NO_BRAKE}{}", rules())).await;
    disk.site.sandbox.run_deliveries();
    for _ in 0..rounds("BOUNCER_TEST_CUTS", 16) {
        disk.works();
        if random.bool() {
            // In the middle of a commit, where a moment chosen by the clock seldom falls.
            let calls = if random.bool() { SYNC } else { WRITE };
            let lever = if random.bool() {
                Lever::KillBefore
            } else {
                Lever::KillAfter
            };
            disk.set(lever, calls, random.u64(1..150), 0);
        }
        let mut process = disk.starts();
        let moment = Duration::from_millis(random.u64(150..600));
        write_some(&disk.site.sandbox, &mut random, moment).await;
        process.kill();
        match random.u8(..4) {
            // Only the program died; the system still writes what it was given.
            0 => {}
            1 | 2 => disk.cut(Left::Nothing),
            _ => disk.cut(Left::Some(&mut random)),
        }
    }
    disk.works();
    let mut process = disk.starts();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    assert!(disk.settles(&mut process).await, "{}", disk.log());
    assert_eq!(process.terminate(), Some(0), "a soft stop ends well");
    assert_eq!(disk.soundness().await, "ok");
    let seen = check_history(&disk.site.sandbox, &disk.site.database.store().await).await;
    assert!(seen.acknowledged > 50 && seen.blocks > 10, "only {seen:?}");
}
