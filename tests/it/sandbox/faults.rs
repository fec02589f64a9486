//! Limits, faults, and steering the sandbox from outside.

use std::time::Duration;

use anyhow::{Context, Result};
use featurebase_bouncer::sandbox::{
    Fault, FaultKind, FaultTarget, NewContact, Options, RetryAfter,
};
use featurebase_bouncer::time::{Clock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::{CREATED, Caller, Receiver, text};

#[tokio::test]
async fn a_key_has_so_many_calls_a_minute() -> Result<()> {
    let clock = Clock::by_hand(Timestamp::from_seconds(1_767_225_610));
    let options = Options {
        rate_limit: 2,
        clock: clock.clone(),
        ..Options::default()
    };
    let caller = Caller::start(options).await?;
    let first = caller.get("/v2/tags").await?;
    assert_eq!(text(&first.headers, "x-ratelimit-limit"), "2");
    assert_eq!(text(&first.headers, "x-ratelimit-remaining"), "1");
    assert_eq!(text(&first.headers, "x-ratelimit-reset"), "1767225660");
    assert_eq!(caller.get("/v2/tags").await?.status, 200);
    let third = caller.get("/v2/tags").await?;
    third.is_error(429, "rate_limit_exceeded");
    assert_eq!(text(&third.headers, "retry-after"), "50");
    clock.advance(Duration::from_secs(50));
    assert_eq!(caller.get("/v2/tags").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn each_fault_answers_as_it_says_and_blocks_nobody() -> Result<()> {
    let (caller, _) = Caller::by_hand().await?;
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    let block = format!("/v2/contacts/{lead}/block");
    let strike = |kind| caller.sandbox.fault(Fault::once(FaultTarget::Block, kind));
    for (wait, header, value) in [
        (RetryAfter::Seconds(30), "retry-after", "30"),
        (
            RetryAfter::DateIn(30),
            "retry-after",
            "Thu, 01 Jan 2026 00:00:30 GMT",
        ),
        (RetryAfter::Millis(1500), "retry-after-ms", "1500"),
    ] {
        strike(FaultKind::TooMany(wait));
        let answer = caller.post(&block).await?;
        answer.is_error(429, "rate_limit_exceeded");
        assert_eq!(text(&answer.headers, header), value);
    }
    strike(FaultKind::Status(503));
    caller.post(&block).await?.is_error(503, "internal_error");
    strike(FaultKind::Hinted {
        status: 409,
        should_retry: false,
    });
    let hinted = caller.post(&block).await?;
    assert_eq!(
        (hinted.status, text(&hinted.headers, "x-should-retry")),
        (409, "false")
    );
    strike(FaultKind::Redirect);
    assert_eq!(caller.post(&block).await?.status, 307);
    strike(FaultKind::Garbage);
    let garbage = caller.post(&block).await?;
    assert_eq!((garbage.status, garbage.body), (200, Value::Null));
    strike(FaultKind::NoEffect);
    assert_eq!(caller.post(&block).await?.at("/blocked"), &json!(true));
    strike(FaultKind::Reset);
    assert!(caller.post(&block).await.is_err());
    strike(FaultKind::Hang);
    let hung = tokio::time::timeout(Duration::from_millis(200), caller.post(&block)).await;
    assert!(hung.is_err());
    assert!(!caller.sandbox.is_blocked(&lead));
    assert!(
        caller
            .sandbox
            .calls()
            .iter()
            .all(|call| call.fault.is_some() && call.effect.is_none())
    );
    Ok(())
}

#[tokio::test]
async fn a_block_can_take_effect_late_or_unheard() -> Result<()> {
    let caller = Caller::start(Options::default()).await?;
    let [ann, bob, cy] =
        ["Ann", "Bob", "Cy"].map(|name| caller.sandbox.add_contact(NewContact::lead(name)));
    let _lost = caller
        .sandbox
        .fault(Fault::once(FaultTarget::Any, FaultKind::LostAnswer));
    let _late = caller.sandbox.fault(Fault::once(
        FaultTarget::Block,
        FaultKind::Slow(Duration::from_millis(50)),
    ));
    let _second = caller
        .sandbox
        .fault(Fault::always(FaultTarget::Any, FaultKind::SecondBlock(409)));
    assert!(
        caller
            .post(&format!("/v2/contacts/{ann}/block"))
            .await
            .is_err()
    );
    assert_eq!(
        caller
            .post(&format!("/v2/contacts/{bob}/block"))
            .await?
            .status,
        200
    );
    assert_eq!(caller.sandbox.blocks(), [ann.clone(), bob]);
    let first = format!("/v2/contacts/{cy}/block");
    assert_eq!(caller.post(&first).await?.status, 200);
    let second = caller.post(&format!("/v2/contacts/{ann}/block")).await?;
    second.is_error(409, "contact_already_blocked");
    caller.sandbox.clear_faults();
    assert_eq!(
        caller
            .post(&format!("/v2/contacts/{ann}/block"))
            .await?
            .status,
        200
    );
    Ok(())
}

#[tokio::test]
async fn a_separate_process_steers_the_sandbox_over_http() -> Result<()> {
    let (caller, _) = Caller::by_hand().await?;
    let receiver = Receiver::start([500]).await?;
    let post = async |path: &str, body| {
        caller
            .send(Method::POST, &format!("/_sandbox/{path}"), Some(body))
            .await
    };
    post(
        "webhooks",
        json!({ "url": receiver.url, "topics": [CREATED] }),
    )
    .await?;
    let contact = post("contacts", json!({ "type": "lead", "name": "Mallory" })).await?;
    let write = json!({ "contact": contact.at("/id"), "markdown": "airdrop", "channel": "email" });
    assert_eq!(post("write", write.clone()).await?.status, 201);
    assert_eq!(post("deliver", json!({})).await?.at("/failed"), &json!(1));
    let moved = post("clock", json!({ "advance": "1m" })).await?;
    assert_eq!(moved.at("/now"), &json!("2026-01-01T00:01:00.000Z"));
    assert_eq!(
        post("deliver", json!({})).await?.at("/delivered"),
        &json!(1)
    );
    for kind in [
        json!({ "too_many": { "seconds": 30 } }),
        json!({ "slow": "2s" }),
        json!("reset"),
    ] {
        assert_eq!(
            post("faults", json!({ "on": "block", "kind": kind }))
                .await?
                .status,
            201
        );
    }
    caller
        .send(Method::DELETE, "/_sandbox/faults/1", None)
        .await?;
    let state = caller.get("/_sandbox/state").await?;
    assert_eq!(state.at("/state/faults/1/1/kind"), &json!("reset"));
    assert_eq!(
        state.at("/state/conversations/0/conversationParts/0/partType"),
        &json!("email_msg")
    );
    let block = format!(
        "contacts/{}/block",
        contact.at("/id").as_str().context("no id")?
    );
    post(&block, json!({})).await?;
    post("write", write).await?.is_error(403, "contact_blocked");
    Ok(())
}

#[tokio::test]
async fn it_is_gone_when_its_last_handle_is() -> Result<()> {
    let caller = Caller::start(Options::default()).await?;
    let url = caller.url("/v2/tags");
    let Caller { sandbox, http } = caller;
    drop(sandbox.clone());
    assert!(http.get(&url).send().await.is_ok());
    drop(sandbox);
    let gone = async { while http.get(&url).send().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(5), gone).await?;
    Ok(())
}

#[tokio::test]
async fn a_fault_can_wait_for_one_kind_of_call() -> Result<()> {
    let (caller, _) = Caller::by_hand().await?;
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    let contact = format!("/v2/contacts/{lead}");
    caller
        .sandbox
        .fault(Fault::once(FaultTarget::Contact, FaultKind::Huge));
    assert_eq!(caller.get("/v2/tags").await?.status, 200);
    let huge = caller.get(&contact).await?;
    assert_eq!(
        (huge.status, huge.headers.get("content-type").is_some()),
        (200, true)
    );
    caller
        .sandbox
        .fault(Fault::once(FaultTarget::Read, FaultKind::Status(503)));
    caller.get(&contact).await?.is_error(503, "internal_error");
    for (target, struck) in [
        (FaultTarget::Redact, 0),
        (FaultTarget::Note, 1),
        (FaultTarget::Change, 2),
    ] {
        caller
            .sandbox
            .fault(Fault::always(target, FaultKind::Status(503)));
        let calls = [
            (Method::POST, "/v2/conversations/redact"),
            (Method::POST, "/v2/conversations/1/reply"),
            (Method::PATCH, "/v2/conversations/1"),
        ];
        for (number, (method, path)) in calls.into_iter().enumerate() {
            let answer = caller.send(method, path, Some(json!({}))).await?;
            assert_eq!(answer.status == 503, number == struck, "{target} {path}");
        }
        caller.sandbox.clear_faults();
    }
    Ok(())
}

#[tokio::test]
async fn what_is_kept_of_a_contact_can_be_changed() -> Result<()> {
    let (caller, _) = Caller::by_hand().await?;
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    let verified = NewContact {
        verified: true,
        ..NewContact::lead("Lee")
    };
    assert!(caller.sandbox.change_contact(&lead, verified));
    assert!(
        !caller
            .sandbox
            .change_contact("5febde12dc56d60012d47a99", NewContact::lead("Lee"))
    );
    let answer = caller.get(&format!("/v2/contacts/{lead}")).await?;
    assert_eq!(answer.body["verified"], true);
    Ok(())
}
