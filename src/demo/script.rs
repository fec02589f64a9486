//! The demo's story: who writes what, and what a teammate does.

use std::time::Duration;

use anyhow::{Context as _, bail};

use super::ana;
use super::view::View;
use crate::desk::Desk;
use crate::sandbox::{
    DeliveryFaults, Draft, Fault, FaultKind, FaultTarget, NewContact, RetryAfter, Sandbox,
    WriteError,
};
use crate::store::audit::{Action, Filter};
use crate::store::jobs::Task;

/// Longest time anything in the story may take to settle.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whom the summary tells about.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// A spammer who was blocked.
    pub blocked: Option<String>,
    /// A customer who was protected.
    pub customer: Option<String>,
    /// Somebody a teammate unblocked.
    pub unblocked: Option<String>,
    /// Who was turned away by the block when writing again.
    pub turned_away: usize,
}

const ORDINARY: &[(&str, &str)] = &[
    (
        "Priya",
        "Hi! Where do I change the e-mail address my invoices go to?",
    ),
    (
        "Jonas",
        "Der Export bricht bei 80 % ab. Können Sie bitte nachsehen?",
    ),
    (
        "Léa",
        "Bonjour, je n'arrive pas à inviter une collègue dans notre espace.",
    ),
    (
        "Sam",
        "Your guest post form shows error 500 when I submit it. Screenshot: https://example.com/shot.png",
    ),
    ("Mei", "我们可以把路线图设为私密吗？"),
    (
        "Omar",
        "This is the third time I ask. Please refund the double charge on my card, it is really annoying!",
    ),
    ("Nina", "Do you support paying with Bitcoin, or cards only?"),
];

const SPAM: &[(&str, &str)] = &[
    (
        "SEO Team",
        "Hi, I offer guest posts and backlinks on sites with high domain authority. Reply for our price list: https://seo-boost-deals.com",
    ),
    (
        "Airdrop",
        "Congratulations! You have been selected to receive 2.5 BTC. Claim your airdrop now: http://claim-btc-airdrop.top",
    ),
    (
        "Support",
        "Your account is suspended. Verify your password and card number within 24 hours here: http://secure-login-featurebase.xyz/verify",
    ),
];

const HOTLINE: &str = "Please call our refund department at +1 888 555 0199 to get your money back";

pub(super) async fn play(
    sandbox: &Sandbox,
    desk: &Desk,
    view: &View,
    pace: Duration,
) -> anyhow::Result<Story> {
    sandbox.run_deliveries();
    let stage = Stage {
        sandbox,
        desk,
        view,
        pace,
    };
    View::chapter("An ordinary morning: customers and visitors write, a teammate answers");
    for (name, text) in ORDINARY {
        stage.writes(&NewContact::customer(name), text).await?;
    }
    View::chapter(
        "A spam wave; Featurebase sends every event twice, and asks for a rest in between",
    );
    let spammers = stage.wave().await?;
    View::chapter(
        "Less certain: a hotline number is held for a person; the same pitch from a registered customer is let be",
    );
    stage
        .writes(&NewContact::lead("Refund desk"), HOTLINE)
        .await?;
    let pitch = SPAM.first().map_or("", |(_, text)| text);
    let customer = stage.writes(&NewContact::customer("Tom"), pitch).await?;
    stage.settled().await?;
    View::chapter("The blocked ones try again, and cannot; a teammate takes one block back");
    let again = Draft::markdown("did you get my offer?");
    let turned_away = spammers
        .iter()
        .filter(|spammer| sandbox.write(spammer, &again) == Err(WriteError::Blocked))
        .count();
    let pardoned = spammers
        .last()
        .context("somebody was to be blocked")?
        .clone();
    desk.unblock(&pardoned, ana("they are a partner of ours"))
        .await?;
    stage.settled().await?;
    if sandbox.is_blocked(&pardoned) || turned_away != spammers.len() {
        bail!(
            "the demo did not come out as told: {} were blocked, {turned_away} turned away",
            sandbox.blocks().len()
        );
    }
    Ok(Story {
        blocked: spammers.into_iter().next(),
        customer: Some(customer),
        unblocked: Some(pardoned),
        turned_away,
    })
}

struct Stage<'a> {
    sandbox: &'a Sandbox,
    desk: &'a Desk,
    view: &'a View,
    pace: Duration,
}

impl Stage<'_> {
    /// A contact comes in and writes; gives the contact's id.
    async fn writes(&self, who: &NewContact, text: &str) -> anyhow::Result<String> {
        let contact = self.sandbox.add_contact(who.clone());
        self.view.knows(&contact, who);
        let written = self.sandbox.write(&contact, &Draft::markdown(text))?;
        self.view.says(&contact, text);
        if who.kind == crate::message::ContactKind::Customer && text.contains("invoices") {
            self.sandbox
                .admin_replies(&written.conversation, "Under Settings → Billing.")?;
        }
        tokio::time::sleep(self.pace).await;
        self.view.follow(self.desk).await?;
        Ok(contact)
    }

    /// Spammers write three rounds, each event arrives twice, and one call is asked to wait; gives their ids.
    async fn wave(&self) -> anyhow::Result<Vec<String>> {
        self.sandbox.set_delivery_faults(DeliveryFaults {
            duplicates: 1,
            ..DeliveryFaults::default()
        });
        self.sandbox.fault(Fault::once(
            FaultTarget::Block,
            FaultKind::TooMany(RetryAfter::Seconds(1)),
        ));
        let mut spammers = Vec::new();
        for round in 1..=3 {
            for (name, text) in SPAM {
                spammers.push(
                    self.writes(&NewContact::lead(&format!("{name} {round}")), text)
                        .await?,
                );
            }
        }
        self.settled().await?;
        self.sandbox.set_delivery_faults(DeliveryFaults::default());
        Ok(spammers)
    }

    /// Waits until everything written so far has been delivered, judged and acted on.
    async fn settled(&self) -> anyhow::Result<()> {
        let waiting = async {
            loop {
                self.view.follow(self.desk).await?;
                if self.is_settled().await? {
                    return self.view.follow(self.desk).await;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .context("the demo took too long to settle")?
    }

    async fn is_settled(&self) -> anyhow::Result<bool> {
        let store = &self.desk.store;
        let mut left = i64::try_from(self.sandbox.waiting())? + store.waiting().await?.0;
        for task in Task::ALL {
            left += store.backlog(*task).await?.jobs;
        }
        if left > 0 {
            return Ok(false);
        }
        // The last delivery may still be on its way from the sandbox.
        let received = store
            .audit(
                &Filter {
                    action: Some(Action::Received),
                    ..Filter::default()
                },
                1,
            )
            .await?;
        Ok(!received.is_empty())
    }
}
