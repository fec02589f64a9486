//! Who is not blocked without a person.

use featurebase_bouncer::message::{ContactId, ContactKind};
use featurebase_bouncer::time::Timestamp;

use super::*;

const CONTACT: &str = "65f1c3d2a9b4e80012ab34cd";

/// A rulebook that blocks on "spam", with these lines of policy.
fn blocking(policy: &str) -> Rulebook {
    book(&format!(
        "{}\n[policy]\n{policy}\n",
        on_word("test/block", "enforce", "block", "spam")
    ))
}

/// What is asked, what becomes of it, and why.
fn outcome(policy: &str, example: &Example) -> (Verdict, Vec<Restraint>) {
    let decision = judge(&blocking(policy), example);
    assert_eq!(
        decision.asked,
        Verdict::Block,
        "what was asked stays on record"
    );
    assert!(
        decision
            .restrained
            .iter()
            .all(|restrained| !restrained.because.is_empty())
    );
    (
        decision.verdict,
        decision
            .restrained
            .iter()
            .map(|restrained| restrained.by)
            .collect(),
    )
}

fn customer() -> Example {
    let mut example = lead("spam");
    example.message.from.kind = ContactKind::Customer;
    example
}

fn answered() -> Example {
    let mut example = lead("spam");
    example.facts.answered_before = true;
    example
}

fn unblocked() -> Example {
    let mut example = lead("spam");
    example.facts.unblocked_until = Some(Timestamp::from_millis(1));
    example
}

#[test]
fn a_lead_nobody_knows_is_blocked() {
    assert_eq!(outcome("", &lead("spam")), (Verdict::Block, vec![]));
}

#[test]
fn by_default_whoever_is_known_is_held_for_a_person() {
    for (example, by) in [
        (customer(), Restraint::Customer),
        (answered(), Restraint::AnsweredBefore),
        (unblocked(), Restraint::Unblocked),
    ] {
        assert_eq!(outcome("", &example), (Verdict::Hold, vec![by]));
        // The same without any [policy] at all.
        let bare = book(&on_word("test/block", "enforce", "block", "spam"));
        assert_eq!(judge(&bare, &example).verdict, Verdict::Hold);
    }
}

#[test]
fn each_protection_can_hold_flag_or_be_off() {
    for (key, example, by) in [
        ("customers", customer(), Restraint::Customer),
        ("answered_before", answered(), Restraint::AnsweredBefore),
        ("unblocked", unblocked(), Restraint::Unblocked),
    ] {
        for (word, verdict, restrained) in [
            ("hold", Verdict::Hold, vec![by]),
            ("flag", Verdict::Flag, vec![by]),
            ("no", Verdict::Block, vec![]),
        ] {
            let policy = format!("protect.{key} = \"{word}\"");
            assert_eq!(
                outcome(&policy, &example),
                (verdict, restrained),
                "{policy}"
            );
        }
    }
}

#[test]
fn the_strongest_protection_counts_and_all_are_told() {
    let mut example = customer();
    example.facts.answered_before = true;
    example.facts.unblocked_until = Some(Timestamp::from_millis(1));
    let all = vec![
        Restraint::Customer,
        Restraint::AnsweredBefore,
        Restraint::Unblocked,
    ];
    assert_eq!(outcome("", &example), (Verdict::Hold, all.clone()));
    let policy = "protect.answered_before = \"flag\"";
    assert_eq!(outcome(policy, &example), (Verdict::Flag, all));
}

#[test]
fn an_unblock_protects_until_its_time_is_over() {
    let book = blocking("");
    let until = Timestamp::parse("2026-07-31T10:00:00Z").unwrap();
    let verdict = |sent: &str| {
        let mut example = lead("spam");
        example.message.sent_at = Timestamp::parse(sent).unwrap();
        example.facts.unblocked_until = Some(until);
        judge(&book, &example).verdict
    };
    assert_eq!(verdict("2026-07-31T09:59:59.999Z"), Verdict::Hold);
    assert_eq!(verdict("2026-07-31T10:00:00.000Z"), Verdict::Block);
}

#[test]
fn whoever_is_at_a_domain_of_ours_is_never_blocked() {
    let policy = "never = { sender_email_domain = [\"ourcompany.com\", \"münchen.example\"], contacts = [] }";
    let from = |email: &str| {
        let mut example = lead("spam");
        example.message.from.email = Some(email.to_owned());
        outcome(policy, &example)
    };
    for email in [
        "ana@ourcompany.com",
        "ana@Mail.OurCompany.com",
        "ana@münchen.example",
    ] {
        assert_eq!(
            from(email),
            (Verdict::Flag, vec![Restraint::Never]),
            "{email}"
        );
    }
    for email in [
        "ana@ourcompany.com.evil.example",
        "ourcompany.com@evil.example",
        "ana@notourcompany.com",
    ] {
        assert_eq!(from(email), (Verdict::Block, vec![]), "{email}");
    }
    assert_eq!(
        outcome(policy, &lead("spam")),
        (Verdict::Block, vec![]),
        "without an address"
    );
}

#[test]
fn a_contact_on_the_list_is_never_blocked() {
    let policy = format!("never = {{ sender_email_domain = [], contacts = [\"{CONTACT}\"] }}");
    let mut example = lead("spam");
    example.message.from.id = ContactId::new(CONTACT);
    assert_eq!(
        outcome(&policy, &example),
        (Verdict::Flag, vec![Restraint::Never])
    );
    example.message.from.id = ContactId::new(CONTACT.replace("cd", "ce"));
    assert_eq!(outcome(&policy, &example), (Verdict::Block, vec![]));
}

#[test]
fn a_protection_never_makes_a_verdict_stronger() {
    let rules = [
        on_word("test/flag", "enforce", "flag", "odd"),
        on_word("test/held", "hold", "block", "spam"),
    ];
    let book = book(&rules.concat());
    let mut flagged = customer();
    flagged.message.markdown = Some("odd".to_owned());
    let decision = judge(&book, &flagged);
    assert_eq!(
        (decision.verdict, decision.restrained.len()),
        (Verdict::Flag, 0),
        "nobody asked for a block"
    );
    let decision = judge(&book, &customer());
    let by: Vec<Restraint> = decision
        .restrained
        .iter()
        .map(|restrained| restrained.by)
        .collect();
    assert_eq!(
        (decision.verdict, by),
        (Verdict::Hold, vec![Restraint::Stage, Restraint::Customer])
    );
}

#[test]
fn protections_hold_for_blocks_by_points_too() {
    let text = named(
        "test/points",
        "enforce",
        "points",
        "points = 10\nany = [{ words = [\"spam\"] }]",
    );
    let decision = judge(&book(&text), &customer());
    assert_eq!(
        (decision.asked, decision.verdict),
        (Verdict::Block, Verdict::Hold)
    );
}

#[test]
fn the_whole_policy_is_read() {
    let book = blocking(&format!(
        "flag_at = 3\nblock_at = 7\nprotect.customers = \"no\"\nprotect.answered_before = \"flag\"\nprotect.unblocked = \"hold\"\nnever = {{ sender_email_domain = [\"OurCompany.com\"], contacts = [\"{CONTACT}\"] }}\nbrake.per_rule = {{ blocks = 5, within = \"1m\" }}\nbrake.total = {{ blocks = 50, within = \"2h\" }}"
    ));
    insta::assert_debug_snapshot!(book.policy(), @r#"
    Policy {
        flag_at: 3,
        block_at: 7,
        customers: No,
        answered_before: Flag,
        unblocked: Hold,
        never_domains: [
            "ourcompany.com",
        ],
        never_contacts: [
            ContactId(
                "65f1c3d2a9b4e80012ab34cd",
            ),
        ],
        brake_per_rule: Brake {
            blocks: 5,
            within: 60s,
        },
        brake_total: Brake {
            blocks: 50,
            within: 7200s,
        },
        brake_share: ShareBrake {
            part: 200,
            of_at_least: 100,
            within: 86400s,
        },
        regret: RegretBound {
            part: 50,
            of_at_least: 5,
            within: 2592000s,
        },
    }
    "#);
}
