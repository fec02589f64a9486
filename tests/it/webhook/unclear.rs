use featurebase_bouncer::store::events::EventKind;

use super::*;
use crate::bot::PITCH;
use crate::on_both_databases;

/// Bodies that were signed and that nobody can make anything of.
fn bodies() -> Vec<Vec<u8>> {
    vec![
        b"".to_vec(),
        b"\0".to_vec(),
        b"\xff".to_vec(),
        b"not JSON".to_vec(),
        b"[]".to_vec(),
        b"[{\"id\":\"notif_1\"}]".to_vec(),
        b"null".to_vec(),
        b"{}".to_vec(),
        b"{\"id\":\"notif_\\u0000\"}".to_vec(),
        b"{\"topic\":\"conversation.user.created\",\"data\":{\"item\":{}}}".to_vec(),
        b"{\"id\":\"notif_no_topic\"}".to_vec(),
        b"{\"id\":\"notif_nul\",\"topic\":\"conversation.user.created\",\"data\":{\"item\":{\"object\":\"a\\u0000b\"}}}".to_vec(),
        b"{\"id\":\"notif_cut\",\"topic\":\"conversation.user.cre".to_vec(),
        [b"{\"id\":\"notif_deep\",\"x\":".to_vec(), b"[".repeat(100_000)].concat(),
    ]
}

on_both_databases! {
    async fn what_was_signed_and_is_not_understood_is_answered_kept_counted_and_shown(database) {
        let bot = Bot::on(database).await;
        let bodies = bodies();
        for body in &bodies {
            let reply = Post::signed(&bot, body.clone()).send(&bot).await;
            assert_eq!(reply.status, 200, "{:?}", String::from_utf8_lossy(&body[..body.len().min(80)]));
        }
        bot.worker.drain().await.unwrap();
        assert_eq!(bot.inbox().await, 0);
        for body in &bodies {
            let kept = bot.store.event(&payload::id_of(body)).await.unwrap().unwrap();
            assert_eq!(kept.kind, EventKind::NotUnderstood, "{kept:?}");
            assert!(kept.note.as_ref().is_some_and(|note| !note.is_empty()), "{kept:?}");
            assert_eq!(kept.body.as_ref(), Some(body), "byte for byte");
        }
        let count = i64::try_from(bodies.len()).unwrap();
        assert_eq!(bot.number("bouncer_events_filed_total{kind=\"not-understood\"}").await, Some(count));
        assert_eq!(bot.store.not_understood().await.unwrap(), count);
        let record = bot.record().await;
        let shown: Vec<_> = record.iter().filter(|row| row.detail["kind"] == "not-understood").collect();
        assert_eq!(shown.len(), bodies.len());
        assert!(shown.iter().all(|row| row.action.as_str() == "received" && row.detail["note"].is_string()));
        let told = bot.why(payload::id_of(b"[]").as_str()).await;
        assert!(told.contains("there is no `topic`"), "{told}");
    }

    async fn what_is_not_understood_holds_nothing_up(database) {
        let bot = Bot::on(database).await;
        for body in bodies() {
            assert_eq!(Post::signed(&bot, body).send(&bot).await.status, 200);
        }
        let mallory = bot.lead("mallory");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks(), [mallory]);
        // The same once more, now that it is filed: known, and counted as repeats.
        for body in bodies() {
            assert_eq!(Post::signed(&bot, body).send(&bot).await.status, 200);
        }
        bot.settles().await;
        let repeated = u64::try_from(bodies().len()).unwrap();
        assert_eq!(bot.metrics.events_repeated.get(), repeated);
        assert_eq!(bot.store.not_understood().await.unwrap(), i64::try_from(bodies().len()).unwrap());
    }

    async fn words_no_database_keeps_are_judged_and_recorded(database) {
        let bot = Bot::on(database).await;
        let mallory = bot.lead("mal\0lory \u{202e}");
        bot.writes(&mallory, "Hello\0, I sell back\0links and backlinks \u{feff}\u{10ffff}");
        bot.settles().await;
        assert_eq!(bot.story_of(&mallory).await, ["received", "decided block", "attempted", "blocked"]);
        assert!(bot.why(&mallory).await.contains("It found “backlinks”"));
    }
}
