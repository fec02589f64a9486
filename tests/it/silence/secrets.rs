//! The file of webhook secrets may change while the program runs; one that cannot be used changes nothing.

use std::time::Duration;

use featurebase_bouncer::webhook::misreading::Misreading;

use super::*;
use crate::bot::Setup;

const EARLIER: &str = "whsec_earlier_0123456789";

/// A bouncer whose secrets are read from a file, in which an earlier one stands.
async fn with_a_file() -> (Bot, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{EARLIER}\n")).unwrap();
    let bot = Setup::on(crate::database::Database::sqlite())
        .without("FEATUREBASE_WEBHOOK_SECRET")
        .set(
            "FEATUREBASE_WEBHOOK_SECRET_FILE",
            file.path().to_str().unwrap(),
        )
        .start()
        .await;
    (bot, file)
}

impl Bot {
    async fn glances(&mut self, times: usize) {
        for _ in 0..times {
            self.running.secretwatch.as_mut().unwrap().glance().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_file_of_secrets_is_taken_up_once_it_stands_still() {
    let (mut bot, file) = with_a_file().await;
    let newest = bot.webhook.secret.clone();
    assert_eq!(bot.is_sent(&newest, br#"{"id":"notif_1"}"#).await, 401);
    std::fs::write(file.path(), format!("{newest}\n{EARLIER}\n")).unwrap();
    bot.glances(1).await;
    assert_eq!(bot.is_sent(&newest, br#"{"id":"notif_1"}"#).await, 401);
    bot.glances(1).await;
    assert_eq!(bot.is_sent(&newest, br#"{"id":"notif_1"}"#).await, 200);
    assert_eq!(bot.is_sent(EARLIER, br#"{"id":"notif_2"}"#).await, 200);
    std::fs::write(file.path(), &newest).unwrap();
    bot.glances(2).await;
    assert_eq!(bot.is_sent(&newest, br#"{"id":"notif_3"}"#).await, 200);
    assert_eq!(bot.is_sent(EARLIER, br#"{"id":"notif_4"}"#).await, 401);
    // What a wrong signature is explained by are misreadings of the new one, too.
    let cut = newest.strip_prefix("whsec_").unwrap();
    bot.clock.advance(Duration::from_secs(2));
    assert_eq!(bot.is_sent(cut, br#"{"id":"notif_5"}"#).await, 401);
    let told = bot.asks("/refusals").await.1;
    assert!(told.contains(Misreading::PrefixCut.remedy()), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_secrets_that_cannot_be_used_changes_nothing_and_is_told() {
    let (mut bot, file) = with_a_file().await;
    bot.glances(2).await;
    assert!(!bot.asks("/readyz").await.1.contains("secrets:"));
    for (content, told) in [
        (&b""[..], "it is empty"),
        (b" \n,\n", "it is empty"),
        (b"short", "something of 5 characters"),
        (
            b"whsec_\xff\xff\xff\xff\xff\xff\xff\xff",
            "it cannot be read",
        ),
        (&[b'a'; 70_000], "more than 65536 bytes"),
    ] {
        std::fs::write(file.path(), content).unwrap();
        bot.glances(2).await;
        let ready = bot.asks("/readyz").await.1;
        assert!(
            ready.contains("secrets: ") && ready.contains(told),
            "{ready}"
        );
        assert!(
            bot.asks("/metrics")
                .await
                .1
                .contains("bouncer_webhook_secrets_unusable 1")
        );
        assert_eq!(bot.is_sent(EARLIER, told.as_bytes()).await, 200, "{told}");
    }
    std::fs::remove_file(file.path()).unwrap();
    bot.glances(2).await;
    assert_eq!(bot.is_sent(EARLIER, b"gone").await, 200);
    std::fs::write(file.path(), EARLIER).unwrap();
    bot.glances(2).await;
    assert!(!bot.asks("/readyz").await.1.contains("secrets:"));
    assert!(
        bot.asks("/metrics")
            .await
            .1
            .contains("bouncer_webhook_secrets_unusable 0")
    );
}
