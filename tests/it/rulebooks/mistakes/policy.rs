use super::*;

/// A policy beside a rule that is fine.
fn with_policy(lines: &str) -> String {
    format!(
        "{}\n[policy]\n{lines}\n",
        on_word("test/rule", "hold", "flag", "x")
    )
}

#[test]
fn two_policies() {
    let first = file("a.toml", with_policy("flag_at = 3"));
    let second = file("policy.toml", "# ours\n[policy]\nflag_at = 5\n");
    insta::assert_snapshot!(render(&problems_of(&[second, first]), Paint::Plain), @r#"
    error[second-policy]: there is a [policy] in a.toml line 8 already
     --> policy.toml:2:1
      |
    2 | [policy]
      | ^^^^^^^^
      |
      = help: keep one of the two; a policy holds for all files
    "#);
}

#[test]
fn two_policies_in_one_file() {
    insta::assert_snapshot!(refused(&with_policy("flag_at = 3\n\n[policy]\nblock_at = 9")), @r#"
    error[toml-syntax]: this stands here for the second time
      --> rules.toml:11:2
       |
    11 | [policy]
       |  ^^^^^^
       |
       = help: keep one of the two
    "#);
}

#[test]
fn unknown_keys_in_the_policy() {
    insta::assert_snapshot!(refused(&with_policy("flagat = 3\nprotect.customer = \"hold\"\nnever = { domains = [\"x.com\"] }\nbrake.per_hour = 3")), @r#"
    error[unknown-key]: `flagat` is not known in the policy
     --> rules.toml:9:1
      |
    9 | flagat = 3
      | ^^^^^^
      |
      = help: did you mean `flag_at`?

    error[unknown-key]: `customer` is not known under protect
      --> rules.toml:10:9
       |
    10 | protect.customer = "hold"
       |         ^^^^^^^^
       |
       = help: did you mean `customers`?

    error[unknown-key]: `domains` is not known under never
      --> rules.toml:11:11
       |
    11 | never = { domains = ["x.com"] }
       |           ^^^^^^^
       |
       = help: known are: sender_email_domain, contacts

    error[unknown-key]: `per_hour` is not known under brake
      --> rules.toml:12:7
       |
    12 | brake.per_hour = 3
       |       ^^^^^^^^
       |
       = help: known are: per_rule, total, share
    "#);
}

#[test]
fn a_protection_nobody_knows() {
    insta::assert_snapshot!(refused(&with_policy("protect.customers = \"block\"\nprotect.unblocked = false")), @r#"
    error[unknown-word]: `block` is not known here
     --> rules.toml:9:21
      |
    9 | protect.customers = "block"
      |                     ^^^^^^^
      |
      = help: known are: hold, flag, no

    error[wrong-type]: expected a text in quotes, found true or false
      --> rules.toml:10:21
       |
    10 | protect.unblocked = false
       |                     ^^^^^
       |
       = help: write it like this: protect.unblocked = "hold"
    "#);
}

#[test]
fn thresholds_that_would_flag_everything() {
    insta::assert_snapshot!(refused(&with_policy("flag_at = 0")), @r#"
    error[bad-thresholds]: flag_at is 0, so every message would be flagged
     --> rules.toml:9:11
      |
    9 | flag_at = 0
      |           ^
      |
      = help: flag_at must be at least 1, and block_at not below flag_at
    "#);
    insta::assert_snapshot!(refused(&with_policy("flag_at = 10\nblock_at = 5")), @r#"
    error[bad-thresholds]: block_at is 5 and flag_at is 10, so nothing would ever be flagged before it is blocked
     --> rules.toml:9:11
      |
    9 | flag_at = 10
      |           ^^
      |
      = help: flag_at must be at least 1, and block_at not below flag_at
    "#);
}

#[test]
fn a_contact_that_is_none() {
    insta::assert_snapshot!(refused(&with_policy("never = { contacts = [\"mallory@example.com\"] }")), @r#"
    error[bad-contact]: `mallory@example.com` is not a contact's id: it has 24 digits and letters a to f
     --> rules.toml:9:23
      |
    9 | never = { contacts = ["mallory@example.com"] }
      |                       ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: copy the id from the contact's page or from `bouncer audit`
    "#);
}

#[test]
fn a_brake_without_a_window() {
    insta::assert_snapshot!(refused(&with_policy("brake.per_rule = { blocks = 20 }\nbrake.total = 60")), @r#"
    error[missing-key]: a brake needs `blocks` and `within`
     --> rules.toml:9:18
      |
    9 | brake.per_rule = { blocks = 20 }
      |                  ^^^^^^^^^^^^^^^
      |
      = help: write it like this: brake.per_rule = { blocks = 20, within = "10m" }

    error[wrong-type]: expected braces { }, found a number
      --> rules.toml:10:15
       |
    10 | brake.total = 60
       |               ^^
       |
       = help: write it like this: brake.per_rule = { blocks = 20, within = "10m" }
    "#);
}

#[test]
fn a_brake_by_share_that_cannot_be() {
    for (lines, told) in [
        (
            "brake.share = { part = 0.2 }",
            "error[missing-key]: the brake by share needs `part`, `of_at_least` and `within`",
        ),
        (
            "brake.share = { part = 20, of_at_least = 100, within = \"24h\" }",
            "error[share-out-of-range]",
        ),
        (
            "brake.share = { part = 0.01, of_at_least = 20, within = \"24h\" }",
            "error[bad-brake]: that is less than one block",
        ),
        (
            "brake.share = { part = 0.2, of_at_least = 20, within = \"10m\" }",
            "error[bad-brake]: senders are counted by the hour, for a week",
        ),
        (
            "brake.share = { part = 0.2, of_at_least = 20, within = \"8d\" }",
            "error[bad-brake]",
        ),
    ] {
        let shown = refused(&with_policy(lines));
        assert!(shown.contains(told), "{shown}");
    }
}

#[test]
fn a_policy_in_two_pairs_of_brackets() {
    insta::assert_snapshot!(refused(&with_policy("flag_at = 3").replace("[policy]", "[[policy]]")), @r#"
    error[wrong-type]: the policy begins with [policy], with one bracket on each side
     --> rules.toml:8:1
      |
    8 | [[policy]]
      | ^^^^^^^^^^
      |
      = help: write [policy]
    "#);
}
