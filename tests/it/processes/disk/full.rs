//! A full disk: nothing is acknowledged and rules block nobody, but people can still unblock.

use featurebase_bouncer::sandbox::Draft;

use super::super::kills::check_history;
use super::{Disk, rules, text, until};
use crate::bot::PITCH;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_deliveries_are_refused_people_can_still_unblock_and_it_heals_by_itself() {
    let disk = Disk::new(rules()).await;
    let sandbox = &disk.site.sandbox;
    let mut process = disk.starts();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    let (mallory, eve, oscar) = (disk.lead(), disk.lead(), disk.lead());
    for sender in [&mallory, &oscar] {
        sandbox.write(sender, &Draft::markdown(PITCH)).unwrap();
        sandbox.deliver_due().await;
        until("the pitch is blocked", async || sandbox.is_blocked(sender)).await;
    }
    assert!(disk.settles(&mut process).await);

    disk.fill_up();
    unblocks(&disk, &mallory).await;

    let late = sandbox.write(&eve, &Draft::markdown(PITCH)).unwrap();
    sandbox.deliver_due().await;
    let sent = sandbox.deliveries();
    let sent = sent
        .iter()
        .find(|sent| sent.event == late.event_ids[0])
        .unwrap();
    assert_eq!(sent.status, Some(503));
    let readyz = format!("http://127.0.0.1:{}/readyz", disk.site.private);
    let answer = reqwest::get(&readyz).await.unwrap();
    assert_eq!(answer.status(), 503);
    let told = answer.text().await.unwrap();
    assert!(told.contains("store: the disk is full."), "{told}");
    unblocks(&disk, &oscar).await;
    assert!(!sandbox.is_blocked(&eve));

    disk.works();
    assert!(disk.is_ready(&mut process).await, "{}", disk.log());
    until("the pitch comes again and is blocked", async || {
        sandbox.deliver_due().await;
        sandbox.is_blocked(&eve)
    })
    .await;
    assert!(disk.settles(&mut process).await);
    assert_eq!(process.terminate(), Some(0), "{}", disk.log());
    assert_eq!(disk.soundness().await, "ok");
    check_history(sandbox, &disk.site.database.store().await).await;
}

async fn unblocks(disk: &Disk, contact: &str) {
    let ordered = disk.says(&[
        "contact", "unblock", contact, "--reason", "ours", "--by", "ana",
    ]);
    assert!(ordered.status.success(), "{}", text(&ordered.stderr));
    until("the unblock is carried out", async || {
        !disk.site.sandbox.is_blocked(contact)
    })
    .await;
}
