//! A draft is tried on the messages that are kept.

use std::num::NonZeroUsize;
use std::time::Duration;

use featurebase_bouncer::desk::backtest::bounds::Bound;
use featurebase_bouncer::desk::backtest::{Backtest, Change, Report};
use featurebase_bouncer::desk::past::Span;
use featurebase_bouncer::rules::{RuleFile, Rulebook, load};

use crate::bot::{Bot, PITCH, RULES, Setup};
use crate::on_both_databases;

fn book(text: &str) -> Rulebook {
    let file = RuleFile {
        name: "rules.toml".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    load(&[file]).unwrap()
}

impl Bot {
    async fn tries(&self, draft: &str) -> Report {
        self.sets_beside(None, draft, 2).await
    }

    async fn sets_beside(&self, before: Option<&str>, draft: &str, threads: usize) -> Report {
        let (draft, before) = (book(draft), before.map(book));
        let test = Backtest {
            draft: &draft,
            before: before.as_ref(),
            span: Span::default(),
            threads: NonZeroUsize::new(threads).unwrap(),
        };
        self.desk.backtest(&test).await.unwrap()
    }
}

fn invoice() -> String {
    RULES
        .replace(
            "[\"backlinks\", \"guest post\"]",
            "[\"guest post\", \"invoice\"]",
        )
        .replace("I sell backlinks", "a guest post")
}

/// Contacts of the report with how they fare, in order.
fn told(report: &Report) -> Vec<(String, Change)> {
    let senders = report.senders.iter();
    senders
        .map(|hit| (hit.contact.to_string(), hit.change))
        .collect()
}

on_both_databases! {
    async fn customers_people_answered_before_and_long_known_senders_come_first(database) {
        let bot = Bot::on(database).await;
        let old = bot.lead("old");
        bot.writes(&old, "Hello");
        bot.settles().await;
        bot.clock.advance(Duration::from_hours(24));
        let (new, customer, answered, mallory) = (bot.lead("new"), bot.customer("customer"), bot.lead("answered"), bot.lead("mallory"));
        let conversation = bot.writes(&answered, "Hello");
        bot.sandbox.admin_replies(&conversation.conversation, "How can I help?").unwrap();
        bot.settles().await;
        bot.clock.advance(Duration::from_secs(60));
        for contact in [&new, &customer, &answered, &old] {
            bot.writes(contact, "Where is my invoice?");
        }
        bot.writes(&mallory, PITCH);
        bot.settles().await;

        let report = bot.tries(&invoice()).await;
        assert_eq!(told(&report), [
            (customer, Change::NewlyHit),
            (answered, Change::NewlyHit),
            (old, Change::NewlyHit),
            (new, Change::NewlyHit),
            (mallory, Change::NoLongerHit),
        ]);
        let changes = report.changes;
        assert_eq!((changes.newly_hit, changes.newly_hit_customers, changes.newly_hit_answered), (4, 1, 1));
        assert_eq!((changes.newly_blocked, changes.no_longer_blocked, changes.customers), (2, 1, 1), "protected people are held");
        assert_eq!((report.totals.judged, report.totals.blocked, report.totals.held), (7, 2, 2));
        let rule = report.rules.iter().find(|rule| rule.rule.0 == "pitch/backlinks").unwrap();
        assert_eq!((rule.fired, rule.blocked, rule.held, rule.examples.len()), (4, 2, 2, 3));
        assert_eq!(report.cost.slowest.len(), 3);
        let exceeded = |bound: &str| bound.parse::<Bound>().unwrap().exceeded_by(&report);
        assert_eq!(exceeded("newly-blocked>1").unwrap(), "newly-blocked>1 is exceeded: it is 2");
        assert_eq!(exceeded("newly-blocked>2"), None);
        assert!(exceeded("newly-hit-customers > 0").is_some());
        assert_eq!(exceeded("share>50%").unwrap(), "share>50% is exceeded: it is 57.14%");
        assert!(exceeded("share>60%").is_none());
        assert_eq!(told(&bot.sets_beside(None, &invoice(), 1).await), told(&report), "with one thread as with two");
    }

    async fn a_brake_does_not_make_a_draft_look_worse(database) {
        let braked = format!("[policy]\nbrake.per_rule = {{ blocks = 1, within = \"10m\" }}\n{RULES}");
        let bot = Setup::on(database).rules(&braked).start().await;
        for number in 0..4 {
            let lead = bot.lead(&format!("lead {number}"));
            bot.writes(&lead, PITCH);
        }
        bot.settles().await;
        assert_eq!(bot.sandbox.blocks().len(), 1, "the brake held the others");
        let report = bot.tries(&braked).await;
        assert_eq!(told(&report), [], "the same rules hit the same people");
        assert_eq!(report.totals.blocked_before, 4);
    }

    async fn facts_that_were_not_kept_are_read_as_of_the_messages_own_time(database) {
        let bot = Bot::on(database).await;
        let (ann, ben) = (bot.lead("ann"), bot.lead("ben"));
        for _ in 0..3 {
            bot.writes(&ann, "Is anybody there? Please answer me soon");
            bot.settles().await;
            bot.clock.advance(Duration::from_secs(60));
        }
        bot.clock.advance(Duration::from_hours(2));
        for _ in 0..2 {
            bot.writes(&ben, "Hello, is anybody there?");
            bot.settles().await;
        }
        let flood = format!("{RULES}\n[[rule]]\nid = \"flood/again\"\nwhy = \"The same again\"\nstage = \"enforce\"\nthen = \"flag\"\nall = [{{ same_text = {{ at_least = 3, within = \"10m\" }} }}, {{ messages = {{ at_least = 3, within = \"1h\" }} }}]\n");
        let report = bot.tries(&flood).await;
        assert_eq!(told(&report), [(ann, Change::NewlyHit)]);
        assert_eq!((report.totals.flagged, report.totals.in_part), (1, 0));
    }

    async fn what_nobody_looked_up_is_counted_and_erased_texts_are_too(database) {
        let bot = Bot::on(database).await;
        let (ann, ben) = (bot.lead("ann"), bot.lead("ben"));
        bot.writes(&ann, "casino");
        bot.writes(&ben, "Hello");
        bot.settles().await;
        let unverified = format!("{RULES}\n[[rule]]\nid = \"who/unverified\"\nwhy = \"Unverified\"\nstage = \"enforce\"\nthen = \"flag\"\nall = [{{ words = [\"casino\"] }}, {{ sender_verified = false }}]\n");
        let report = bot.tries(&unverified).await;
        assert_eq!((report.totals.judged, report.totals.in_part), (1, 1), "only where it hinges on it");
        assert!(report.lines().join("\n").contains("1 could not be judged fully"), "{:?}", report.lines());
        bot.database.tampers("UPDATE events SET body = NULL").await;
        let report = bot.tries(&unverified).await;
        assert_eq!((report.totals.judged, report.totals.erased), (0, 2));
    }

    async fn two_sets_of_rules_are_compared_over_history(database) {
        let bot = Bot::on(database).await;
        let (ann, mallory) = (bot.lead("ann"), bot.lead("mallory"));
        bot.writes(&ann, "Where is my invoice?");
        bot.writes(&mallory, PITCH);
        bot.settles().await;
        let report = bot.sets_beside(Some(&invoice()), RULES, 2).await;
        assert_eq!(told(&report), [(mallory, Change::NewlyHit), (ann, Change::NoLongerHit)]);
        assert!(told(&bot.sets_beside(Some(RULES), RULES, 2).await).is_empty());
    }

    async fn in_a_pipeline_it_fails_by_its_exit_code(database) {
        let bot = Bot::on(database).await;
        let ann = bot.lead("ann");
        bot.writes(&ann, "Where is my invoice?");
        bot.settles().await;
        let draft = bot.database.folder.path().join("draft.toml");
        std::fs::write(&draft, invoice()).unwrap();
        let draft = draft.to_str().unwrap();
        let told = bot.tells(&["backtest", "--rules", draft, "--since", "2026-07-01", "--fail-if", "newly-blocked>0"], 1);
        assert!(told.contains("FAILED: newly-blocked>0 is exceeded: it is 1"), "{told}");
        assert!(told.contains(&format!("{ann}: clean before, block now")), "{told}");
        bot.tells(&["backtest", "--rules", draft, "--since", "2026-07-01", "--fail-if", "newly-blocked>1", "--json"], 0);
        let told = bot.tells(&["backtest", "--since", "2026-07-01"], 0);
        assert!(told.contains("Senders: 0 newly hit"), "{told}");
        let told = bot.tells(&["backtest", "--from", "now", "--to", draft, "--since", "2026-07-01"], 0);
        assert!(told.contains("1 newly blocked"), "{told}");
        let told = bot.tells(&["backtest", "--from", "latest", "--to", draft], 2);
        assert!(told.contains("there is none called latest"), "{told}");
        let told = bot.tells(&["audit", "replay"], 0);
        assert!(told.contains("1 agree"), "{told}");
    }
}

#[test]
fn a_bound_that_cannot_be_read_is_told_with_the_word_that_is_meant() {
    for (text, told) in [
        (
            "newly-bloked>0",
            "did you mean newly-blocked?\n    newly-bloked>0\n    ^^^^^^^^^^^^",
        ),
        (
            "newly-blocked>some",
            "write a number, such as 0 or 10\n    newly-blocked>some\n                  ^^^^",
        ),
        (
            "newly-blocked>",
            "write a number, such as 0 or 10\n    newly-blocked>\n                  ^",
        ),
        (
            "share>5",
            "a share is a number and %, such as share>0.5%\n    share>5\n          ^",
        ),
        (
            "customers>5%",
            "write a number without %: only share has one\n    customers>5%\n              ^^",
        ),
        (
            "customers=0",
            "a bound is a name, > and a number, such as newly-blocked>0\n    customers=0\n    ^^^^^^^^^^^",
        ),
        (
            "customers>-1",
            "write a number, such as 0 or 10\n    customers>-1\n              ^^",
        ),
    ] {
        assert_eq!(text.parse::<Bound>().unwrap_err(), told);
    }
    assert_eq!(
        "share > 0.5%".parse::<Bound>().unwrap().to_string(),
        "share>0.5%"
    );
}
