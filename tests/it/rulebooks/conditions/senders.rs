//! Conditions on who wrote, and on what is known of them.

use featurebase_bouncer::message::ContactKind;

use super::*;

/// A lead's first message from this address.
fn from(email: Option<&str>) -> Example {
    let mut example = lead("Hello");
    example.message.from.email = email.map(str::to_owned);
    example
}

fn from_each(condition: &str, holding: &[&str], not: &[&str]) {
    for email in holding {
        assert!(
            holds(condition, &from(Some(email))),
            "{condition} on {email}"
        );
    }
    for email in not {
        assert!(
            !holds(condition, &from(Some(email))),
            "{condition} on {email}"
        );
    }
    assert!(!holds(condition, &from(None)), "{condition} on no address");
}

#[test]
fn sender_is_the_kind_of_contact() {
    let mut customer = lead("Hello");
    customer.message.from.kind = ContactKind::Customer;
    for (condition, on_lead, on_customer) in [
        ("{ sender = [\"lead\"] }", true, false),
        ("{ sender = [\"customer\"] }", false, true),
        ("{ sender = [\"customer\", \"lead\"] }", true, true),
    ] {
        assert_eq!(holds(condition, &lead("Hello")), on_lead, "{condition}");
        assert_eq!(holds(condition, &customer), on_customer, "{condition}");
    }
}

#[test]
fn sender_email_is_an_address_with_stars() {
    from_each(
        "{ sender_email = [\"Sales@Example.com\", \"*@spam.example\", \"promo*@*.shop\"] }",
        &[
            "sales@example.com",
            "SALES@EXAMPLE.COM",
            " sales@example.com ",
            "x@spam.example",
            "promo@a.shop",
            "promo-77@b.c.shop",
        ],
        &[
            "presales@example.com",
            "sales@example.com.evil.example",
            "x@a.spam.example",
            "promo@shop",
            "sales",
            "",
        ],
    );
    // A star does not make pieces overlap.
    from_each(
        "{ sender_email = [\"ab*ba@x\"] }",
        &["abba@x", "ab-ba@x"],
        &["aba@x"],
    );
    let stars = "*a".repeat(50);
    let long = format!("{}@x", "a".repeat(10_000));
    assert!(!holds(
        &format!("{{ sender_email = [\"{stars}@y\"] }}"),
        &from(Some(&long))
    ));
}

#[test]
fn sender_email_domains_include_sub_domains() {
    from_each(
        "{ sender_email_domain = [\"example.com\", \"münchen.example\"] }",
        &[
            "a@example.com",
            "a@EXAMPLE.com",
            "a@mail.example.com",
            "\"a@b\"@example.com",
            "a@example.com.",
            "a@münchen.example",
            "a@MÜNCHEN.example",
            "a@xn--mnchen-3ya.example",
        ],
        &[
            "a@notexample.com",
            "a@example.com.evil.example",
            "example.com",
            "a@example.co",
            "example.com@evil.example",
            "a@",
            "@",
            "",
        ],
    );
}

#[test]
fn first_message_is_told_by_the_facts() {
    let first = lead("Hello");
    let mut later = lead("Hello");
    later.facts.first_message = false;
    assert!(holds("{ first_message = true }", &first));
    assert!(!holds("{ first_message = true }", &later));
    assert!(holds("{ first_message = false }", &later));
    assert!(!holds("{ first_message = false }", &first));
}

#[test]
fn messages_are_counted_within_their_window() {
    let mut sixth = lead("Hello");
    sixth.messages = 6;
    let condition = "{ messages = { at_least = 6, within = \"10m\" } }";
    assert!(holds(condition, &sixth));
    sixth.messages = 5;
    assert!(!holds(condition, &sixth));
    let book = book(&rule(
        "all = [{ messages = { at_least = 6, within = \"10m\" } }, { messages = { at_most = 9, within = \"1h\" } }]",
    ));
    let windows: Vec<i64> = book.wanted().message_windows.iter().copied().collect();
    assert_eq!(windows, [600_000, 3_600_000], "which facts are gathered");
    let fires = |ten_minutes: u64, hour: u64| {
        let mut facts = sixth.facts_for(book.wanted());
        facts.messages_within.insert(600_000, ten_minutes);
        facts.messages_within.insert(3_600_000, hour);
        !book.judge(&sixth.message, &facts).findings.is_empty()
    };
    assert!(fires(6, 9));
    assert!(!fires(5, 9));
    assert!(!fires(6, 10));
}

#[test]
fn answered_before_is_told_by_the_facts() {
    let stranger = lead("Hello");
    let mut known = lead("Hello");
    known.facts.answered_before = true;
    assert!(holds("{ answered_before = true }", &known));
    assert!(!holds("{ answered_before = true }", &stranger));
    assert!(holds("{ answered_before = false }", &stranger));
    assert!(!holds("{ answered_before = false }", &known));
}
