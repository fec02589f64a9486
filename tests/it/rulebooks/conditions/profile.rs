//! What Featurebase keeps of the sender, from both sides.

use featurebase_bouncer::decision::{Lookup, Profile};
use featurebase_bouncer::rules::examples::Example;

use super::super::{book, fired, holds, lead, rule};

fn known(change: impl Fn(&mut Profile)) -> Example {
    let mut example = lead("hello");
    if let Lookup::Found(profile) = &mut example.facts.profile {
        change(profile);
    }
    example
}

#[test]
fn a_sender_nobody_vouches_for_is_not_verified() {
    for (verified, is) in [(Some(true), true), (Some(false), false), (None, false)] {
        let example = known(|profile| profile.verified = verified);
        assert_eq!(holds("{ sender_verified = true }", &example), is);
        assert_eq!(holds("{ sender_verified = false }", &example), !is);
    }
}

#[test]
fn companies_and_roles_are_compared_as_names_are() {
    let example = known(|profile| {
        profile.companies = vec!["Other".to_owned(), "ACME  Ltd".to_owned()];
        profile.roles = vec!["Editor".to_owned()];
    });
    for (condition, held) in [
        ("{ sender_company = [\"Acme Ltd\"] }", true),
        ("{ sender_company = [\"Acme\"] }", false),
        ("{ sender_company = [\"*\"] }", true),
        ("{ sender_role = [\"editor\", \"admin\"] }", true),
        ("{ sender_role = [\"edit\"] }", false),
    ] {
        assert_eq!(holds(condition, &example), held, "{condition}");
        assert!(!holds(condition, &lead("hello")), "{condition}");
    }
}

#[test]
fn fields_of_ones_own_are_compared_by_name_and_value() {
    let example = known(|profile| {
        for (name, value) in [("plan", "Pro"), ("seats", "5"), ("paid", "true")] {
            profile.attributes.insert(name.to_owned(), value.to_owned());
        }
    });
    for (name, is, held) in [
        ("plan", "pro", true),
        ("plan", "free", false),
        ("plan", "*", true),
        ("Plan", "pro", false),
        ("seats", "5", true),
        ("paid", "true", true),
        ("country", "*", false),
    ] {
        let condition =
            format!("{{ sender_attribute = {{ name = \"{name}\", is = [\"{is}\"] }} }}");
        assert_eq!(holds(&condition, &example), held, "{condition}");
    }
}

#[test]
fn rules_about_the_sender_read_aloud_well() {
    for (condition, said) in [
        (
            "{ sender_verified = false }",
            "Featurebase has not verified the sender",
        ),
        (
            "{ sender_company = [\"*\"] }",
            "the sender belongs to a company",
        ),
        ("{ sender_role = [\"*\"] }", "the sender has a role"),
        (
            "{ sender_company = [\"Acme\"] }",
            "the sender's company is “Acme”",
        ),
        (
            "{ sender_attribute = { name = \"plan\", is = [\"pro\"] } }",
            "the sender's plan is “pro”",
        ),
    ] {
        let book = book(&rule(&format!("all = [{condition}]")));
        assert_eq!(book.rules()[0].say(), format!("flag if {said}"));
    }
}

#[test]
fn what_was_not_looked_up_neither_holds_nor_fails() {
    let book = book(&rule(
        "all = [{ none = [{ sender_company = [\"Acme\"] }] }]",
    ));
    let mut example = lead("hello");
    assert_eq!(fired(&book, &example), ["test/rule"]);
    example.facts.profile = Lookup::NotAsked;
    assert!(fired(&book, &example).is_empty());
    assert!(book.lacks(&example.message, &example.facts));
}
