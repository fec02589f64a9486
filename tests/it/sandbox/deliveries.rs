//! Deliveries: signed, retried, given up, and as unruly as Featurebase allows itself to be.

use std::time::Duration;

use anyhow::{Context, Result};
use featurebase_bouncer::message::ContactKind;
use featurebase_bouncer::sandbox::{
    DeliveryFaults, Draft, ItemShape, NewContact, Options, PayloadVersion, sample_event, sign,
};
use featurebase_bouncer::time::{Clock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::{CREATED, Caller, NOBODY, REPLIED, Receiver, text};

#[test]
fn a_signature_is_the_one_the_contract_shows() {
    let body =
        br#"{"object":"notification_event","id":"notif_1","topic":"conversation.user.created"}"#;
    assert_eq!(
        sign("whsec_test_secret_5f2b", "1767225600", body),
        "1403983dd5fd5258287d9d7eb7118f9c3e3255327f67e0d1d34682714375f43c"
    );
}

#[tokio::test]
async fn a_failed_delivery_is_signed_anew_after_a_minute_an_hour_and_six_hours() -> Result<()> {
    let (caller, clock) = Caller::by_hand().await?;
    let receiver = Receiver::start([500, 203, 301, 404]).await?;
    let webhook = caller.sandbox.add_webhook(&receiver.url, &[CREATED]);
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    let written = caller.sandbox.write(&lead, &Draft::markdown("hello"))?;
    for (wait, sends) in [
        (0, 1),
        (59, 1),
        (1, 2),
        (3_599, 2),
        (1, 3),
        (21_599, 3),
        (1, 4),
        (99_999, 4),
    ] {
        clock.advance(Duration::from_secs(wait));
        caller.sandbox.deliver_due().await;
        assert_eq!(receiver.seen().len(), sends, "after {wait} s more");
    }
    let started = Timestamp::from_seconds(1_767_225_600).seconds();
    let offsets = [0, 60, 3_660, 25_260];
    for ((headers, body), offset) in receiver.seen().iter().zip(offsets) {
        let timestamp = (started + offset).to_string();
        assert_eq!(text(headers, "x-webhook-timestamp"), timestamp);
        assert_eq!(
            text(headers, "x-webhook-signature"),
            sign(&webhook.secret, &timestamp, body)
        );
        let sent: Value = serde_json::from_slice(body)?;
        assert_eq!(
            Some(sent),
            caller
                .sandbox
                .event(written.event_ids.first().context("no event")?)
        );
    }
    let records = caller.sandbox.deliveries();
    let last = records.last().context("no record")?;
    assert_eq!(
        (last.attempt, last.status, last.next_attempt),
        (4, Some(404), None)
    );
    assert_eq!(caller.sandbox.waiting(), 0);
    Ok(())
}

#[tokio::test]
async fn only_four_answers_count_as_delivered() -> Result<()> {
    for (status, delivered) in [
        (200, 1),
        (201, 1),
        (202, 1),
        (204, 1),
        (203, 0),
        (206, 0),
        (302, 0),
        (503, 0),
    ] {
        let (caller, _) = Caller::by_hand().await?;
        let receiver = Receiver::start([status]).await?;
        let _webhook = caller.sandbox.add_webhook(&receiver.url, &[CREATED]);
        let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
        caller.sandbox.write(&lead, &Draft::markdown("hello"))?;
        let report = caller.sandbox.deliver_due().await;
        assert_eq!(
            (report.delivered, report.failed),
            (delivered, 1 - delivered),
            "{status}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_fails_too_often_is_suspended_until_it_is_reactivated() -> Result<()> {
    let options = Options {
        suspend_after: 2,
        ..Options::default()
    };
    let caller = Caller::start(options).await?;
    let receiver = Receiver::start([500, 500, 200]).await?;
    let webhook = caller.sandbox.add_webhook(&receiver.url, &[CREATED]);
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    let place = format!("/v2/webhooks/{}", webhook.id);
    for _ in 0..2 {
        caller.sandbox.write(&lead, &Draft::markdown("hello"))?;
        caller.sandbox.deliver_due().await;
    }
    let suspended = caller.get(&place).await?;
    assert_eq!(suspended.at("/status"), &json!("suspended"));
    assert_eq!(suspended.at("/health/consecutiveFailures"), &json!(2));
    assert_eq!(suspended.at("/lastStatus/code"), &json!(500));
    assert!(
        caller
            .sandbox
            .write(&lead, &Draft::markdown("lost"))?
            .event_ids
            .is_empty()
    );
    let active = caller
        .send(Method::PATCH, &place, Some(json!({ "status": "active" })))
        .await?;
    assert_eq!(active.at("/health/consecutiveFailures"), &json!(0));
    caller.sandbox.write(&lead, &Draft::markdown("heard"))?;
    assert_eq!(caller.sandbox.deliver_due().await.delivered, 1);
    Ok(())
}

#[tokio::test]
async fn deliveries_come_twice_late_and_with_other_bytes_on_request() -> Result<()> {
    let (caller, clock) = Caller::by_hand().await?;
    caller.sandbox.set_delivery_faults(DeliveryFaults {
        duplicates: 1,
        shuffle: true,
        hold_back: Duration::from_secs(10),
        changing_status: true,
    });
    let receiver = Receiver::start([500; 6]).await?;
    let _webhook = caller.sandbox.add_webhook(&receiver.url, &[CREATED]);
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.extend(
            caller
                .sandbox
                .write(&lead, &Draft::markdown("hello"))?
                .event_ids,
        );
    }
    assert!(ids.is_sorted(), "event ids are ordered by time: {ids:?}");
    clock.advance(Duration::from_secs(10));
    assert_eq!(caller.sandbox.deliver_due().await.failed, 6);
    clock.advance(Duration::from_mins(1));
    assert_eq!(caller.sandbox.deliver_due().await.delivered, 6);
    let retried = receiver.seen();
    let (_, body) = retried.last().context("nothing came")?;
    let body: Value = serde_json::from_slice(body)?;
    assert_eq!(body.get("deliveryStatus"), Some(&json!("failed")));
    Ok(())
}

#[tokio::test]
async fn events_come_in_either_shape_and_either_version() -> Result<()> {
    let options = Options {
        item_shape: ItemShape::Part,
        payload_version: PayloadVersion::Clover,
        ..Options::default()
    };
    let caller = Caller::start(options).await?;
    let _webhook = caller.sandbox.add_webhook("http://127.0.0.1:1", &[CREATED]);
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    let written = caller.sandbox.write(&lead, &Draft::markdown("hello"))?;
    let event = caller
        .sandbox
        .event(written.event_ids.first().context("no event")?);
    let event = event.context("no such event")?;
    assert_eq!(
        event.pointer("/data/item/type"),
        Some(&json!("conversation_part"))
    );
    assert_eq!(
        event.pointer("/data/item/author/type"),
        Some(&json!("lead"))
    );
    assert_eq!(event.get("object"), None);
    let sample = sample_event(
        CREATED,
        "hi",
        ContactKind::Lead,
        Some(NOBODY),
        &Clock::system(),
    );
    let sample: Value = serde_json::from_slice(&sample)?;
    assert_eq!(
        sample.pointer("/data/item/source/author/id"),
        Some(&json!(NOBODY))
    );
    let sample = sample_event(REPLIED, "hi", ContactKind::Customer, None, &Clock::system());
    let sample: Value = serde_json::from_slice(&sample)?;
    assert_eq!(
        sample.pointer("/data/item/partType"),
        Some(&json!("user_msg"))
    );
    Ok(())
}

#[tokio::test]
async fn in_the_background_retries_come_as_fast_as_they_are_told_to() -> Result<()> {
    let caller = Caller::start(Options {
        speed: 600_000,
        ..Options::default()
    })
    .await?;
    let receiver = Receiver::start([500, 500, 500]).await?;
    let _webhook = caller.sandbox.add_webhook(&receiver.url, &[CREATED]);
    caller.sandbox.run_deliveries();
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    caller.sandbox.write(&lead, &Draft::markdown("hello"))?;
    let arrived = async {
        while !caller
            .sandbox
            .deliveries()
            .iter()
            .any(|record| record.delivered)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), arrived).await?;
    assert_eq!(receiver.seen().len(), 4);
    Ok(())
}
