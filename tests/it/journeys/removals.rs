//! What Featurebase itself removes is forgotten here within a minute.

use std::time::Duration;

use featurebase_bouncer::sandbox::{Draft, ItemShape, Options};
use featurebase_bouncer::store::audit::Action;

use super::erasure::{philomena, pitch};
use crate::bot::{Bot, Setup};
use crate::on_both_databases;

/// Less than the minute that is promised.
const SOON: Duration = Duration::from_secs(45);

impl Bot {
    async fn removals(&self, action: Action) -> Vec<String> {
        let rows = self.record().await.into_iter();
        rows.filter(|row| row.action == action)
            .filter_map(|row| Some(row.event?.as_str().to_owned()))
            .collect()
    }
}

async fn opening_and_reply(bot: Bot) {
    let contact = bot.sandbox.add_contact(philomena());
    let opening = bot.writes(&contact, &pitch());
    bot.clock.advance(Duration::from_secs(30));
    let draft = Draft::markdown("and I sell backlinks").in_conversation(&opening.conversation);
    let reply = bot.sandbox.write(&contact, &draft).unwrap();
    bot.settles().await;
    assert!(bot.sandbox.redacts(&opening.conversation, &opening.part));
    bot.settles().await;
    bot.worker.forget_due().await.unwrap();
    assert_eq!(bot.text_of(&opening.event_ids[0]).await, None);
    assert!(
        bot.text_of(&reply.event_ids[0]).await.is_some(),
        "only what was removed"
    );
    assert_eq!(
        bot.removals(Action::RedactedThere).await,
        [opening.event_ids[0].clone()]
    );
    let told = bot.why(&opening.event_ids[0]).await;
    assert!(
        told.contains("Featurebase removed what this message said"),
        "{told}"
    );
    // Looked for again: nothing more to do.
    bot.later(SOON).await;
    bot.worker.forget_due().await.unwrap();
    assert_eq!(bot.removals(Action::RedactedThere).await.len(), 1);
    assert!(bot.sandbox.redacts(&opening.conversation, &reply.part));
    bot.settles().await;
    bot.worker.forget_due().await.unwrap();
    assert_eq!(bot.text_of(&reply.event_ids[0]).await, None);
    for sought in ["quetzalcoatlus", "and I sell"] {
        assert_eq!(
            bot.database.places_of(sought.as_bytes()).await,
            Vec::<String>::new()
        );
    }
}

on_both_databases! {
    async fn a_redacted_message_is_forgotten_and_no_other(database) {
        opening_and_reply(Bot::on(database).await).await;
    }

    async fn an_opening_message_is_known_by_its_part_too(database) {
        let options = Options { item_shape: ItemShape::Part, ..Options::default() };
        opening_and_reply(Setup::on(database).sandbox(options).start().await).await;
    }

    async fn a_deleted_conversation_is_forgotten_whole(database) {
        let bot = Bot::on(database).await;
        let contact = bot.sandbox.add_contact(philomena());
        let opening = bot.writes(&contact, &pitch());
        let elsewhere = bot.writes(&contact, "another conversation");
        bot.sandbox.admin_replies(&opening.conversation, "No, thanks").unwrap();
        bot.settles().await;
        assert!(bot.sandbox.deletes(&opening.conversation));
        bot.settles().await;
        bot.worker.forget_due().await.unwrap();
        assert_eq!(bot.text_of(&opening.event_ids[0]).await, None);
        assert!(bot.text_of(&elsewhere.event_ids[0]).await.is_some());
        assert_eq!(bot.removals(Action::ConversationDeletedThere).await, [opening.event_ids[0].clone()]);
        let keys = bot.database.secrets().await;
        let of_conversation = format!("conversation:{}", opening.conversation);
        assert!(keys.iter().all(|(owner, _)| *owner != of_conversation), "the event that tells of it carries the text, too");
    }

    async fn what_was_removed_before_it_came_in_is_forgotten_as_well(database) {
        let bot = Bot::on(database).await;
        let contact = bot.sandbox.add_contact(philomena());
        let first = bot.writes(&contact, "hello");
        bot.settles().await;
        bot.clock.advance(Duration::from_secs(30));
        let draft = Draft::markdown("never mind").in_conversation(&first.conversation);
        let written = bot.sandbox.write(&contact, &draft).unwrap();
        let (told, event) = (bot.clock.now(), written.event_ids[0].clone());
        let mut tx = bot.store.writing().await.unwrap();
        tx.note_redactions(&[featurebase_bouncer::store::redactions::Redaction {
            conversation: featurebase_bouncer::message::ConversationId::new(written.conversation.as_str()),
            part: Some(featurebase_bouncer::message::PartId::new(written.part.as_str())),
            written_at: told,
            told_at: told,
        }]).await.unwrap();
        tx.commit().await.unwrap();
        bot.worker.forget_due().await.unwrap();
        bot.settles().await;
        assert!(bot.text_of(&event).await.is_some());
        bot.worker.forget_due().await.unwrap();
        assert_eq!(bot.text_of(&event).await, None);
        assert!(bot.text_of(&first.event_ids[0]).await.is_some());
    }
}
