//! From what fired to a verdict: stages, `then`, points.

use super::*;

/// What becomes of a message on which rules of these stages and wishes fire.
fn outcome(fire: &[(&str, &str)]) -> (Verdict, Verdict, Vec<Restraint>) {
    let rules: String = fire
        .iter()
        .enumerate()
        .map(|(number, (stage, then))| on_word(&format!("test/{number}"), stage, then, "spam"))
        .collect();
    let decision = judge(&book(&rules), &lead("spam"));
    assert_eq!(decision.findings.len(), fire.len(), "all are recorded");
    let restrained = decision.restrained.iter().map(|restrained| restrained.by);
    (decision.asked, decision.verdict, restrained.collect())
}

#[test]
fn the_strongest_wish_of_the_furthest_stage_becomes_the_verdict() {
    use Verdict::{Block, Clean, Flag, Hold};
    let held = vec![Restraint::Stage];
    for (fire, asked, verdict, restrained) in [
        (&[("enforce", "block")][..], Block, Block, vec![]),
        (&[("enforce", "flag")], Flag, Flag, vec![]),
        (
            &[("enforce", "block"), ("enforce", "flag")],
            Block,
            Block,
            vec![],
        ),
        // What is proposed waits for a person.
        (&[("hold", "block")], Block, Hold, held.clone()),
        // A flag stops nobody, so there is nothing to wait for.
        (&[("hold", "flag")], Flag, Flag, vec![]),
        (
            &[("hold", "block"), ("enforce", "flag")],
            Block,
            Hold,
            held.clone(),
        ),
        (
            &[("hold", "flag"), ("enforce", "block")],
            Block,
            Block,
            vec![],
        ),
        (
            &[("hold", "block"), ("enforce", "block")],
            Block,
            Block,
            vec![],
        ),
        // What is only watched changes nothing.
        (&[("observe", "block")], Clean, Clean, vec![]),
        (
            &[("observe", "block"), ("enforce", "flag")],
            Flag,
            Flag,
            vec![],
        ),
        (
            &[("observe", "block"), ("hold", "block")],
            Block,
            Hold,
            held,
        ),
        // A rule that allows wins over everything, once it is enforced.
        (&[("enforce", "allow")], Clean, Clean, vec![]),
        (
            &[
                ("enforce", "allow"),
                ("enforce", "block"),
                ("hold", "block"),
            ],
            Clean,
            Clean,
            vec![],
        ),
        (
            &[("hold", "allow"), ("enforce", "block")],
            Block,
            Block,
            vec![],
        ),
        (
            &[("observe", "allow"), ("enforce", "block")],
            Block,
            Block,
            vec![],
        ),
    ] {
        assert_eq!(outcome(fire), (asked, verdict, restrained), "{fire:?}");
    }
}

#[test]
fn without_a_rule_that_fires_a_message_is_clean() {
    let decision = judge(
        &book(&on_word("test/a", "enforce", "block", "spam")),
        &lead("ham"),
    );
    assert_eq!(
        (decision.asked, decision.verdict),
        (Verdict::Clean, Verdict::Clean)
    );
    assert_eq!(
        (decision.findings, decision.restrained, decision.points),
        (vec![], vec![], 0)
    );
}

#[test]
fn the_order_of_verdicts_is_from_weak_to_strong() {
    use Verdict::{Block, Clean, Flag, Hold};
    assert!(Clean < Flag && Flag < Hold && Hold < Block);
    assert_eq!(Verdict::ALL, [Clean, Flag, Hold, Block]);
}

/// A rule that gives points when its word stands in the message.
fn points(word: &str, stage: &str, number: i64) -> String {
    named(
        &format!("points/{word}"),
        stage,
        "points",
        &format!("points = {number}\nany = [{{ words = [\"{word}\"] }}]"),
    )
}

#[test]
fn points_add_up_over_rules_and_are_compared_with_the_policy() {
    let rules = [
        points("four", "enforce", 4),
        points("five", "enforce", 5),
        points("one", "enforce", 1),
        points("minus", "enforce", -3),
        "[policy]\nflag_at = 5\nblock_at = 10\n".to_owned(),
    ];
    let book = book(&rules.concat());
    for (text, points, verdict) in [
        ("four", 4, Verdict::Clean),
        ("five", 5, Verdict::Flag),
        ("four one", 5, Verdict::Flag),
        ("four five", 9, Verdict::Flag),
        ("four five one", 10, Verdict::Block),
        ("four five one minus", 7, Verdict::Flag),
        ("minus", -3, Verdict::Clean),
        // A rule counts once, however often it matches.
        ("four four four", 4, Verdict::Clean),
    ] {
        let decision = judge(&book, &lead(text));
        assert_eq!(
            (decision.points, decision.verdict),
            (points, verdict),
            "{text}"
        );
        assert_eq!(decision.asked, verdict);
    }
}

#[test]
fn points_of_rules_on_hold_only_propose() {
    let book = book(
        &[
            points("four", "enforce", 4),
            points("six", "hold", 6),
            points("many", "observe", 99),
        ]
        .concat(),
    );
    let verdict = |text: &str| {
        let decision = judge(&book, &lead(text));
        (decision.points, decision.asked, decision.verdict)
    };
    assert_eq!(verdict("four"), (4, Verdict::Clean, Verdict::Clean));
    assert_eq!(verdict("six"), (0, Verdict::Flag, Verdict::Flag));
    assert_eq!(verdict("four six"), (4, Verdict::Block, Verdict::Hold));
    assert_eq!(verdict("many"), (0, Verdict::Clean, Verdict::Clean));
    assert_eq!(verdict("four many"), (4, Verdict::Clean, Verdict::Clean));
}

#[test]
fn minus_points_on_hold_do_not_weaken_what_is_enforced() {
    let book = book(&[points("ten", "enforce", 10), points("minus", "hold", -9)].concat());
    assert_eq!(judge(&book, &lead("ten minus")).verdict, Verdict::Block);
}

#[test]
fn a_wish_and_points_go_together() {
    let rules = [
        on_word("test/flag", "enforce", "flag", "flag"),
        points("ten", "enforce", 10),
        on_word("test/allow", "enforce", "allow", "partner"),
    ];
    let book = book(&rules.concat());
    assert_eq!(judge(&book, &lead("flag")).verdict, Verdict::Flag);
    assert_eq!(judge(&book, &lead("flag ten")).verdict, Verdict::Block);
    assert_eq!(
        judge(&book, &lead("flag ten partner")).verdict,
        Verdict::Clean
    );
}

#[test]
fn points_beyond_all_measure_do_not_overflow() {
    let book = book(
        &[
            points("a", "enforce", i64::MAX),
            points("b", "enforce", i64::MAX),
            points("c", "hold", i64::MIN),
            points("d", "hold", i64::MAX),
        ]
        .concat(),
    );
    let decision = judge(&book, &lead("a b c d"));
    assert_eq!(decision.verdict, Verdict::Block);
    assert!(decision.points > 0);
}

#[test]
fn the_rules_that_blocked_are_told() {
    let rules = [
        on_word("z/block", "enforce", "block", "spam"),
        on_word("a/held", "hold", "block", "spam"),
        on_word("b/flag", "enforce", "flag", "spam"),
        points("ten", "enforce", 10),
        points("less", "enforce", -1),
    ];
    let book = book(&rules.concat());
    let blocking = |text: &str| -> Vec<String> {
        let decision = judge(&book, &lead(text));
        decision
            .blocking_rules()
            .into_iter()
            .map(|id| id.0.clone())
            .collect()
    };
    assert_eq!(blocking("spam"), ["z/block"]);
    assert_eq!(blocking("spam ten"), ["z/block"]);
    assert_eq!(blocking("ten less"), ["points/ten"]);
}

#[test]
fn a_finding_says_what_its_rule_said() {
    let text = named(
        "pitch/x",
        "hold",
        "points",
        "points = 3\nany = [{ words = [\"spam\"] }]",
    );
    let decision = judge(&book(&text), &lead("Spam!"));
    let [finding] = decision.findings.as_slice() else {
        panic!("{decision:?}");
    };
    assert_eq!(
        (finding.rule.0.as_str(), finding.why.as_str()),
        ("pitch/x", "For a test")
    );
    assert_eq!(
        (finding.stage, finding.then, finding.points),
        (Stage::Hold, Then::Points, 3)
    );
}
