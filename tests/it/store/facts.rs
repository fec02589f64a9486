//! What is known of a sender at the moment they wrote.

use std::collections::BTreeSet;
use std::time::Duration;

use featurebase_bouncer::decision::{Facts, MOST_COUNTED, Wanted};
use featurebase_bouncer::fingerprint::Fingerprint;
use featurebase_bouncer::message::{ContactId, ConversationId, EventId, Message, PartId};
use featurebase_bouncer::rules;
use featurebase_bouncer::rules::examples::Example;
use featurebase_bouncer::store::Store;
use featurebase_bouncer::store::audit::{Action, Entry};
use featurebase_bouncer::store::events::MessageKey;
use featurebase_bouncer::time::Timestamp;
use serde_json::json;

use super::NOW;
use crate::on_both_databases;

const PITCH: &str = "Hi Anna, I came across your website and really like it. We offer guest posts and backlinks from sites with a domain authority of 50 and more. Reply for a price list, Mark";
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// A message in a conversation of its own, so many milliseconds after now.
fn message(event: &str, who: &str, after: i64, text: &str) -> Message {
    let mut message = Example::of_text(text).message;
    message.event = EventId::new(event);
    message.conversation = ConversationId::new(event);
    message.from.id = ContactId::new(who);
    message.sent_at = Timestamp::from_millis(NOW.millis() + after);
    message
}

fn key_of(message: &Message) -> MessageKey {
    MessageKey {
        conversation: message.conversation.clone(),
        part: PartId::opening(),
        event: message.event.clone(),
        contact: message.from.id.clone(),
        sent_at: message.sent_at,
        fingerprint: rules::fingerprint(message),
    }
}

async fn file(store: &Store, messages: &[Message]) {
    let keys: Vec<MessageKey> = messages.iter().map(key_of).collect();
    let mut tx = store.writing().await.unwrap();
    for keys in keys.chunks(1_000) {
        assert_eq!(tx.register_messages(keys).await.unwrap().len(), 0);
    }
    tx.commit().await.unwrap();
}

/// Everything counted over each of these windows.
fn over(windows: &[i64]) -> Wanted {
    let windows: BTreeSet<i64> = windows.iter().copied().collect();
    Wanted {
        message_windows: windows.clone(),
        same_text_windows: windows.clone(),
        wave_windows: windows,
        known_since: true,
        past_blocks: true,
        ..Wanted::default()
    }
}

async fn facts(store: &Store, message: &Message, wanted: &Wanted) -> Facts {
    store
        .facts(&[message.clone()], wanted)
        .await
        .unwrap()
        .remove(0)
}

/// Messages, messages with the same text, and senders of it within one window.
fn counts(facts: &Facts, window: i64) -> [u64; 3] {
    [
        facts.messages_within[&window],
        facts.same_text_within[&window],
        facts.senders_within[&window],
    ]
}

on_both_databases! {
    async fn each_message_of_a_batch_sees_those_before_it(database) {
        let store = database.store().await;
        // The same moment: the smaller event id is the earlier one.
        let wave: Vec<Message> = ["e1", "e2", "e3", "e4"].iter().zip(["a", "b", "c", "a"])
            .map(|(event, who)| message(event, who, 0, PITCH)).collect();
        file(&store, &wave).await;
        let wanted = over(&[10 * MINUTE]);
        let together = store.facts(&wave, &wanted).await.unwrap();
        let counted: Vec<[u64; 3]> = together.iter().map(|facts| counts(facts, 10 * MINUTE)).collect();
        assert_eq!(counted, [[1, 1, 1], [1, 1, 2], [1, 1, 3], [2, 2, 3]]);
        for (message, together) in wave.iter().zip(&together) {
            assert_eq!(facts(&store, message, &wanted).await, *together, "alone or beside others");
        }
        let later = message("e0", "d", 5, PITCH);
        file(&store, &[later.clone()]).await;
        assert_eq!(store.facts(&wave, &wanted).await.unwrap(), together, "what came later makes no difference");
        assert_eq!(counts(&facts(&store, &later, &wanted).await, 10 * MINUTE), [1, 1, 4]);
    }

    async fn small_edits_survive_and_other_texts_do_not_count(database) {
        let store = database.store().await;
        let edited = [
            PITCH.to_owned(),
            PITCH.replace("Anna", "Dr. Bernhard Schmidt"),
            PITCH.replace("50", "70").to_uppercase(),
            PITCH.replace("Mark", "Cheers! Jennifer 😀"),
        ];
        let mut wave: Vec<Message> = edited.iter().zip('a'..).map(|(text, who)| message(&format!("e{who}"), &who.to_string(), 0, text)).collect();
        wave.push(message("ex", "x", 0, "Hi Anna, I came across a problem on your website: the export of posts fails with an error. Can you help? Best regards, Mark"));
        file(&store, &wave).await;
        let found = store.facts(&wave, &over(&[MINUTE])).await.unwrap();
        let senders: Vec<u64> = found.iter().map(|facts| facts.senders_within[&MINUTE]).collect();
        assert_eq!(senders, [1, 2, 3, 4, 1]);
        let again: Vec<Message> = edited.iter().zip(1_i64..).map(|(text, number)| message(&format!("f{number}"), "q", number, text)).collect();
        file(&store, &again).await;
        let found = store.facts(&again, &over(&[MINUTE])).await.unwrap();
        let same: Vec<u64> = found.iter().map(|facts| facts.same_text_within[&MINUTE]).collect();
        assert_eq!(same, [1, 2, 3, 4], "by one sender");
    }

    async fn short_texts_are_the_same_only_when_they_are_equal(database) {
        let store = database.store().await;
        let texts = ["hi", "Hi!", "hello there", "hi there", "👋", "👋", "hi"];
        let wave: Vec<Message> = texts.iter().zip('a'..).map(|(text, who)| message(&format!("e{who}"), &who.to_string(), 0, text)).collect();
        file(&store, &wave).await;
        let found = store.facts(&wave, &over(&[MINUTE])).await.unwrap();
        let senders: Vec<u64> = found.iter().map(|facts| facts.senders_within[&MINUTE]).collect();
        assert_eq!(senders, [1, 2, 1, 1, 1, 1, 3], "and a text without a letter is like none");
        assert!(found.iter().all(|facts| facts.same_text_within[&MINUTE] == 1));
    }

    async fn a_window_ends_to_the_millisecond(database) {
        let store = database.store().await;
        let window = 90 * SECOND;
        let old = [message("e1", "a", 0, PITCH), message("e2", "b", 1, PITCH)];
        file(&store, &old).await;
        for (after, senders) in [(1, 3), (window - 1, 3), (window, 2), (window + 1, 1), (window + MINUTE, 1)] {
            let new = message(&format!("f{after}"), "c", after, PITCH);
            file(&store, &[new.clone()]).await;
            let found = facts(&store, &new, &over(&[window])).await;
            assert_eq!(found.senders_within[&window], senders, "after {after} ms");
        }
    }

    async fn what_arrives_late_counts_by_when_it_was_written(database) {
        let store = database.store().await;
        let wanted = over(&[10 * MINUTE]);
        let last = message("e1", "a", 5 * MINUTE, PITCH);
        file(&store, &[last.clone()]).await;
        assert_eq!(counts(&facts(&store, &last, &wanted).await, 10 * MINUTE), [1, 1, 1]);
        let (first, between) = (message("e2", "a", 0, PITCH), message("e3", "b", MINUTE, PITCH));
        file(&store, &[between.clone()]).await;
        file(&store, &[first.clone()]).await;
        assert_eq!(counts(&facts(&store, &first, &wanted).await, 10 * MINUTE), [1, 1, 1]);
        assert!(facts(&store, &first, &wanted).await.first_message);
        assert_eq!(counts(&facts(&store, &between, &wanted).await, 10 * MINUTE), [1, 1, 2]);
        assert_eq!(counts(&facts(&store, &last, &wanted).await, 10 * MINUTE), [2, 2, 2]);
        let known = facts(&store, &last, &wanted).await.known_since;
        assert_eq!(known, Some(first.sent_at));
    }

    async fn the_facts_are_those_one_would_count_by_hand(database) {
        let store = database.store().await;
        let mut random = fastrand::Rng::with_seed(20_261_123);
        let texts = [PITCH.to_owned(), PITCH.replace("Anna", "Bernhard"), "hi".to_owned(), "Where do I find my invoices? I have looked everywhere.".to_owned(), "🎉".to_owned()];
        let mut messages: Vec<Message> = (0..300).map(|number| {
            let (who, text) = (random.u8(b'a'..=b'h') as char, &texts[random.usize(..texts.len())]);
            // Seconds, so that moments coincide.
            message(&format!("e{:03}", number * 7 % 300), &who.to_string(), random.i64(0..300) * SECOND, text)
        }).collect();
        for part in messages.chunks(37) {
            file(&store, part).await;
        }
        let windows = [MINUTE, 61 * SECOND, 100 * SECOND, 10 * MINUTE];
        random.shuffle(&mut messages);
        let found = store.facts(&messages, &over(&windows)).await.unwrap();
        let prints: Vec<Option<Fingerprint>> = messages.iter().map(rules::fingerprint).collect();
        for (place, (message, facts)) in messages.iter().zip(&found).enumerate() {
            let earlier = |other: &Message| (other.sent_at, &other.event) <= (message.sent_at, &message.event);
            let alike = |other: usize| other == place || prints[place].zip(prints[other]).is_some_and(|(one, other)| one.is_like(&other));
            for window in windows {
                let within: Vec<usize> = (0..messages.len()).filter(|&other| earlier(&messages[other]) && messages[other].sent_at.millis() > message.sent_at.millis() - window).collect();
                let own = within.iter().filter(|&&other| messages[other].from.id == message.from.id);
                let same = own.clone().filter(|&&other| alike(other));
                let senders: BTreeSet<&str> = within.iter().filter(|&&other| alike(other)).map(|&other| messages[other].from.id.as_str()).collect();
                let by_hand = [own.count() as u64, same.count() as u64, senders.len() as u64];
                assert_eq!(counts(facts, window), by_hand, "{} over {window}", message.event);
            }
            let own = messages.iter().filter(|other| other.from.id == message.from.id);
            assert_eq!(facts.known_since, own.map(|other| other.sent_at).min());
        }
    }

    async fn a_flood_by_one_hides_nobody_and_counts_stop(database) {
        let store = database.store().await;
        let flood: Vec<Message> = (0..5_000).map(|number| message(&format!("e{number:05}"), "flooder", number * 100, PITCH)).collect();
        file(&store, &flood).await;
        let others = [message("f1", "a", 0, PITCH), message("f2", "b", 500 * SECOND, PITCH)];
        file(&store, &others).await;
        let wanted = over(&[10 * MINUTE]);
        let found = facts(&store, &others[1], &wanted).await;
        assert_eq!(found.senders_within[&(10 * MINUTE)], 3);
        let last = facts(&store, flood.last().unwrap(), &wanted).await;
        assert_eq!(counts(&last, 10 * MINUTE), [MOST_COUNTED, MOST_COUNTED, 2]);
    }

    async fn past_blocks_are_read_from_the_record(database) {
        let store = database.store().await;
        let at = |seconds: u64| NOW.after(Duration::from_secs(seconds));
        let about = |action: Action, who: &str, seconds: u64| Entry::new(action, at(seconds), json!({})).contact(&ContactId::new(who));
        let mut tx = store.writing().await.unwrap();
        tx.record(vec![about(Action::Blocked, "a", 10), about(Action::Unblocked, "a", 20), about(Action::Attempted, "b", 5), about(Action::UnblockOrdered, "b", 5)]).await.unwrap();
        tx.commit().await.unwrap();
        for (who, after, past) in [("a", 10, [false, false]), ("a", 11, [true, false]), ("a", 20, [true, false]), ("a", 21, [true, true]), ("b", 60, [false, false])] {
            let message = message(&format!("e{who}{after}"), who, after * SECOND, PITCH);
            file(&store, &[message.clone()]).await;
            let found = facts(&store, &message, &over(&[])).await;
            assert_eq!([found.blocked_before, found.unblocked_before], past, "{who} after {after} s");
        }
    }

    async fn nothing_is_read_that_no_rule_asks_for(database) {
        let store = database.store().await;
        let message = message("e1", "a", 0, PITCH);
        file(&store, &[message.clone()]).await;
        let found = facts(&store, &message, &Wanted::default()).await;
        assert_eq!(found, Facts { first_message: true, ..Facts::default() });
    }

    async fn an_answer_in_any_conversation_counts(database) {
        let store = database.store().await;
        let messages: Vec<Message> = (0..50).map(|number| message(&format!("e{number:02}"), "a", number * SECOND, "Hello")).collect();
        file(&store, &messages).await;
        let mut tx = store.writing().await.unwrap();
        tx.note_answer(&messages[7].conversation, NOW.after(Duration::from_secs(30))).await.unwrap();
        tx.commit().await.unwrap();
        let found = store.facts(&messages, &Wanted::default()).await.unwrap();
        let answered = found.iter().filter(|facts| facts.answered_before).count();
        assert_eq!(answered, 19, "those written after the answer");
    }
}
