//! Featurebase's own calls.

use std::time::Duration;

use anyhow::{Context, Result};
use featurebase_bouncer::sandbox::{API_VERSION, Draft, NewContact, Options, WriteError, sign};
use reqwest::Method;
use serde_json::json;

use super::{Answer, CREATED, Caller, NOBODY, REPLIED, Receiver, text};

#[tokio::test]
async fn a_blocked_contact_cannot_write_until_unblocked() -> Result<()> {
    let caller = Caller::start(Options::default()).await?;
    let sandbox = &caller.sandbox;
    let mallory = sandbox.add_contact(NewContact::lead("Mallory"));
    let opened = sandbox.write(&mallory, &Draft::markdown("free airdrop"))?;
    let place = format!("/v2/conversations/{}", opened.conversation);
    let block = format!("/v2/contacts/{mallory}/block");
    let unblock = format!("/v2/contacts/{mallory}/unblock");
    let said =
        json!({ "type": "contact", "id": mallory, "messageType": "reply", "bodyMarkdown": "!" });

    assert_eq!(caller.get(&place).await?.at("/isBlocked"), &json!(false));
    let blocked = caller.post(&block).await?;
    assert_eq!(
        blocked.body,
        json!({ "id": mallory, "object": "contact", "blocked": true })
    );
    assert_eq!(caller.post(&block).await?.status, 200);
    assert_eq!(sandbox.blocks(), [mallory.as_str()]);
    assert_eq!(caller.get(&place).await?.at("/isBlocked"), &json!(true));
    let again = Draft::markdown("airdrop").in_conversation(&opened.conversation);
    assert_eq!(sandbox.write(&mallory, &again), Err(WriteError::Blocked));
    let refused = caller
        .send(Method::POST, &format!("{place}/reply"), Some(said.clone()))
        .await?;
    refused.is_error(403, "contact_blocked");

    let unblocked = caller.post(&unblock).await?;
    assert_eq!(unblocked.at("/unblocked"), &json!(true));
    assert_eq!(sandbox.write(&mallory, &again)?.part, "2");
    let said = caller
        .send(Method::POST, &format!("{place}/reply"), Some(said))
        .await?;
    assert_eq!((said.status, said.at("/id")), (201, &json!("3")));
    assert!(sandbox.block_by_hand(&mallory) && sandbox.is_blocked(&mallory));
    assert_eq!(sandbox.blocks().len(), 1);
    Ok(())
}

#[tokio::test]
async fn every_error_has_the_one_shape() -> Result<()> {
    let options = Options {
        read_only_key: Some("reader".to_owned()),
        ..Options::default()
    };
    let caller = Caller::start(options).await?;
    let block = format!("/v2/contacts/{NOBODY}/block");
    caller
        .post("/v2/contacts/mallory/block")
        .await?
        .is_error(400, "invalid_id");
    caller
        .post(&block)
        .await?
        .is_error(404, "contact_not_found");
    caller
        .get("/v2/conversations/77")
        .await?
        .is_error(404, "conversation_not_found");
    caller
        .get("/v2/conversations?limit=101")
        .await?
        .is_error(400, "invalid_parameter");
    caller
        .get("/v2/nothing")
        .await?
        .is_error(404, "resource_not_found");
    caller
        .get(&block)
        .await?
        .is_error(405, "method_not_allowed");
    let search = "/v2/conversations/search";
    caller
        .send(Method::POST, search, Some(json!([])))
        .await?
        .is_error(400, "invalid_body");

    let unversioned = caller
        .http
        .post(caller.url(&block))
        .bearer_auth(caller.sandbox.api_key());
    Answer::of(unversioned)
        .await?
        .is_error(400, "invalid_version");
    let reader = caller.http.post(caller.url(&block)).bearer_auth("reader");
    let reader = Answer::of(reader.header("Featurebase-Version", API_VERSION)).await?;
    reader.is_error(403, "insufficient_permissions");
    let stranger = Answer::of(caller.http.post(caller.url(&block)).bearer_auth("wrong")).await?;
    stranger.is_error(401, "invalid_api_key");
    assert!(!stranger.headers.contains_key("x-ratelimit-limit"));
    let calls = caller.sandbox.calls();
    assert!(calls.first().is_some_and(|call| call.key_ok));
    let call = calls.last().context("no call")?;
    assert_eq!(
        (call.key_ok, call.status, call.contact.as_deref()),
        (false, Some(401), Some(NOBODY))
    );
    Ok(())
}

#[tokio::test]
async fn conversations_are_listed_in_pages_and_searched() -> Result<()> {
    let (caller, clock) = Caller::by_hand().await?;
    let [ann, bob] = ["Ann", "Bob"].map(|name| caller.sandbox.add_contact(NewContact::lead(name)));
    for writer in [&ann, &bob, &ann, &bob, &ann] {
        caller.sandbox.write(writer, &Draft::markdown("hello"))?;
        clock.advance(Duration::from_secs(1));
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller
            .get(&format!("/v2/conversations?limit=2{cursor}"))
            .await?;
        seen.extend(page.at("/data").as_array().context("no data")?.clone());
        match page.at("/nextCursor").as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    let query = json!({ "query": { "operator": "AND", "value": [
        { "field": "userId", "operator": "=", "value": ann },
        { "field": "createdAt", "operator": ">", "value": 1_767_225_600 },
    ]}});
    let search = "/v2/conversations/search";
    let found = caller.send(Method::POST, search, Some(query)).await?;
    assert_eq!(found.at("/totalCount"), &json!(2));
    let broad = json!({ "query": { "field": "userId", "operator": "!=", "value": ann } });
    let broad = caller.send(Method::POST, search, Some(broad)).await?;
    broad.is_error(400, "query_too_broad");
    Ok(())
}

#[tokio::test]
async fn a_teammate_can_note_tag_close_and_redact() -> Result<()> {
    let caller = Caller::start(Options::default()).await?;
    let lead = caller
        .sandbox
        .add_contact(NewContact::customer("Cleo").email("cleo@example.com"));
    let written = caller
        .sandbox
        .write(&lead, &Draft::html("<p>buy <b>now</b></p>"))?;
    let place = format!("/v2/conversations/{}", written.conversation);
    let note =
        json!({ "type": "admin", "id": NOBODY, "messageType": "note", "bodyMarkdown": "spam" });
    let note = caller
        .send(Method::POST, &format!("{place}/reply"), Some(note))
        .await?;
    assert_eq!(
        (note.status, note.at("/partType")),
        (201, &json!("admin_note"))
    );
    let tag = caller
        .send(Method::POST, "/v2/tags", Some(json!({ "name": "spam" })))
        .await?;
    let attach = json!({ "tagId": tag.at("/id"), "actingAdminId": NOBODY });
    let attached = caller
        .send(Method::POST, &format!("{place}/tags"), Some(attach))
        .await?;
    assert_eq!(attached.status, 200);
    let closed = caller
        .send(Method::PATCH, &place, Some(json!({ "state": "closed" })))
        .await?;
    assert_eq!(closed.at("/state"), &json!("closed"));
    let part = json!({
        "type": "conversation_part",
        "conversationId": written.conversation,
        "conversationPartId": written.part,
    });
    let redacted = caller
        .send(Method::POST, "/v2/conversations/redact", Some(part))
        .await?;
    assert_eq!(redacted.at("/conversationParts/0/redacted"), &json!(true));
    assert_eq!(redacted.at("/source/bodyHtml"), &json!(""));
    assert_eq!(redacted.at("/tags/0/name"), &json!("spam"));
    assert_eq!(
        caller
            .get(&format!("/v2/contacts/{lead}"))
            .await?
            .at("/type"),
        &json!("customer")
    );
    Ok(())
}

#[tokio::test]
async fn webhooks_are_kept_through_the_api() -> Result<()> {
    let caller = Caller::start(Options::default()).await?;
    let receiver = Receiver::start([]).await?;
    let wish = json!({ "name": "bouncer", "url": receiver.url, "topics": [CREATED, REPLIED] });
    let made = caller
        .send(Method::POST, "/v2/webhooks", Some(wish.clone()))
        .await?;
    assert_eq!(
        (made.status, made.at("/requestConfig/timeoutMs")),
        (201, &json!(5000))
    );
    let place = format!("/v2/webhooks/{}", made.at("/id").as_str().context("no id")?);
    let rotated = caller.post(&format!("{place}/secret")).await?;
    assert_ne!(rotated.at("/secret"), made.at("/secret"));
    let lead = caller.sandbox.add_contact(NewContact::lead("Lee"));
    caller.sandbox.write(&lead, &Draft::markdown("hello"))?;
    caller.sandbox.deliver_due().await;
    let seen = receiver.seen();
    let (headers, body) = seen.first().context("nothing came")?;
    let secret = rotated.at("/secret").as_str().context("no secret")?;
    let expected = sign(secret, text(headers, "x-webhook-timestamp"), body);
    assert_eq!(text(headers, "x-webhook-signature"), expected);
    for _ in 1..10 {
        caller
            .send(Method::POST, "/v2/webhooks", Some(wish.clone()))
            .await?;
    }
    let eleventh = caller
        .send(Method::POST, "/v2/webhooks", Some(wish))
        .await?;
    eleventh.is_error(400, "webhook_limit_reached");
    let bad = json!({ "topics": ["conversation.user.wrote"] });
    caller
        .send(Method::PATCH, &place, Some(bad))
        .await?
        .is_error(400, "invalid_parameter");
    assert_eq!(
        caller
            .send(Method::DELETE, &place, None)
            .await?
            .at("/deleted"),
        &json!(true)
    );
    caller.get(&place).await?.is_error(404, "webhook_not_found");
    Ok(())
}
