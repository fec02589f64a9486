//! A person asks how Featurebase and the bouncer differ.

use std::time::Duration;

use featurebase_bouncer::desk::reconcile::{Asked, Report};
use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};
use featurebase_bouncer::store::differences::Kind;

use crate::bot::{Bot, PITCH, ana};
use crate::on_both_databases;

const MINUTE: Duration = Duration::from_mins(1);

impl Bot {
    /// Asks for a comparison and gives what it found.
    async fn compares(&self, apply: bool) -> Report {
        assert_eq!(
            self.desk.reconcile(apply, ana("let me see")).await.unwrap(),
            Asked::Ordered
        );
        self.passes(MINUTE * 5, MINUTE).await;
        assert_eq!(self.desk.reconciling().await.unwrap(), None);
        self.desk.reconciled().await.unwrap().unwrap()
    }
}

fn told<'r>(report: &'r Report, contact: &str) -> Option<(Kind, &'r str)> {
    let found = report
        .differences
        .iter()
        .find(|found| found.contact.as_str() == contact)?;
    Some((found.kind, &found.told))
}

on_both_databases! {
    async fn every_difference_is_explained_and_nothing_is_changed(database) {
        let bot = Bot::on(database).await;
        let names = ["mallory", "freed", "theirs", "stranger", "waiting"];
        let [mallory, freed, theirs, stranger, waiting] = names.map(|name| bot.lead(name));
        for contact in [&mallory, &freed] {
            bot.writes(contact, PITCH);
        }
        for contact in [&theirs, &stranger] {
            bot.writes(contact, "How do I add a link?");
        }
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&freed);
        bot.sandbox.block_by_hand(&theirs);
        bot.sandbox.fault(Fault::always(FaultTarget::Block, FaultKind::Status(500)));
        bot.writes(&waiting, PITCH);
        bot.settles().await;
        let before = bot.posts();
        let report = bot.compares(false).await;
        assert_eq!(told(&report, &mallory), None, "{report:?}");
        assert_eq!(told(&report, &stranger), None);
        let (kind, sentence) = told(&report, &freed).unwrap();
        assert_eq!(kind, Kind::UnblockedThere);
        assert_eq!(sentence, "we had them blocked since 2026-07-01T10:00:00.000Z, and Featurebase shows them free: a person unblocked them there");
        let (kind, sentence) = told(&report, &theirs).unwrap();
        assert_eq!((kind, sentence), (Kind::BlockedThere, "they are blocked there, and not by us: somebody blocked them in Featurebase itself, and the bouncer leaves that alone"));
        assert_eq!(told(&report, &waiting).unwrap().0, Kind::OnItsWay);
        assert_eq!(report.differences.len(), 3);
        assert!(bot.posts() - before <= 8, "only the waiting block was asked for");
        assert!(!bot.story_of(&freed).await.contains(&"unblocked_there".to_owned()));
        assert!(bot.sandbox.is_blocked(&theirs));
    }

    async fn with_apply_what_people_did_there_is_heeded(database) {
        let bot = Bot::on(database).await;
        let (freed, theirs) = (bot.lead("freed"), bot.lead("theirs"));
        bot.writes(&freed, PITCH);
        bot.writes(&theirs, "How do I add a link?");
        bot.settles().await;
        bot.sandbox.unblock_by_hand(&freed);
        bot.sandbox.block_by_hand(&theirs);
        let report = bot.compares(true).await;
        assert!(report.applied);
        assert_eq!(bot.story_of(&freed).await.last().unwrap(), "unblocked_there");
        bot.writes(&freed, PITCH);
        bot.settles().await;
        assert!(!bot.sandbox.is_blocked(&freed));
        assert!(bot.sandbox.is_blocked(&theirs), "somebody else's block is left alone");
        let again = bot.compares(true).await;
        assert_eq!(again.differences.len(), 1, "{again:?}");
    }

    async fn a_long_list_is_read_to_its_end_through_an_outage(database) {
        let bot = Bot::on(database).await;
        let mut theirs = Vec::new();
        for number in 0..60 {
            let contact = bot.lead(&format!("contact {number}"));
            bot.writes(&contact, "How do I add a link?");
            if number % 3 == 0 {
                bot.sandbox.block_by_hand(&contact);
                theirs.push(contact);
            }
        }
        bot.settles().await;
        bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Status(503)));
        bot.sandbox.fault(Fault::once(FaultTarget::Read, FaultKind::Huge));
        let report = bot.compares(false).await;
        assert_eq!(report.differences.len(), theirs.len());
        assert!(theirs.iter().all(|contact| told(&report, contact).is_some()));
        assert!(report.pages >= 3, "{}", report.pages);
    }

    async fn nobody_at_work_is_told(database) {
        let bot = Bot::on(database).await;
        bot.clock.advance(MINUTE * 10);
        let asked = bot.desk.reconcile(false, ana("let me see")).await.unwrap();
        assert!(matches!(asked, Asked::NobodyThere(Some(_))), "{asked:?}");
        bot.settles().await;
        assert_eq!(bot.desk.reconcile(false, ana("let me see")).await.unwrap(), Asked::Ordered);
        assert_eq!(bot.desk.reconcile(false, ana("me, too")).await.unwrap(), Asked::UnderWay);
    }
}
