//! The order of files and of rules makes no difference; their content does.

use featurebase_bouncer::demo::STARTER_RULES;
use featurebase_bouncer::rules::digest_of;
use proptest::prelude::*;

use super::*;

/// Rules of every stage and wish, and a policy.
fn pieces() -> Vec<String> {
    let points = |id: &str, stage: &str, number: i64, word: &str| {
        named(
            id,
            stage,
            "points",
            &format!("points = {number}\nany = [{{ words = [\"{word}\"] }}]"),
        )
    };
    vec![
        on_word("pitch/seo", "enforce", "block", "seo"),
        on_word("pitch/links", "hold", "block", "links"),
        on_word("watch/crypto", "observe", "block", "crypto"),
        on_word("odd/hello", "enforce", "flag", "hello"),
        on_word("friend/partner", "enforce", "allow", "partner"),
        points("points/cheap", "enforce", 4, "cheap"),
        points("points/offer", "enforce", 6, "offer"),
        points("points/thanks", "hold", -3, "thanks"),
        points("points/free", "hold", 7, "free"),
        "[policy]\nflag_at = 4\nblock_at = 10\nprotect.customers = \"flag\"\n".to_owned(),
    ]
}

/// Distributes the pieces over three files in this order.
fn files(order: &[usize], places: &[usize]) -> Vec<RuleFile> {
    let pieces = pieces();
    let mut contents = [const { String::new() }; 3];
    for (piece, place) in order.iter().zip(places) {
        contents[*place].push_str(&pieces[*piece]);
        contents[*place].push('\n');
    }
    let names = ["a.toml", "sub/b.toml", "z.toml"];
    names
        .iter()
        .zip(contents)
        .map(|(name, content)| file(name, content))
        .collect()
}

/// A message of some of the words the rules look for.
fn message() -> impl Strategy<Value = Example> {
    let words = vec![
        "seo", "links", "crypto", "hello", "partner", "cheap", "offer", "thanks", "free",
    ];
    let text = prop::sample::subsequence(words, 0..=9).prop_shuffle();
    (text, any::<bool>()).prop_map(|(words, customer)| {
        let mut example = lead(&words.join(" "));
        if customer {
            example.message.from.kind = featurebase_bouncer::message::ContactKind::Customer;
        }
        example
    })
}

/// A decision without the digest of the book that made it.
fn bare(book: &Rulebook, example: &Example) -> Decision {
    let mut decision = judge(book, example);
    decision.book.0.clear();
    decision
}

proptest! {
    #[test]
    fn files_in_any_order_are_the_same_rulebook(
        places in prop::collection::vec(0..3_usize, 10),
        shuffled in Just([0, 1, 2]).prop_shuffle(),
        example in message(),
    ) {
        let order: Vec<usize> = (0..10).collect();
        let files = files(&order, &places);
        let other: Vec<RuleFile> = shuffled.iter().map(|at| files[*at].clone()).collect();
        let (first, second) = (load(&files).unwrap(), load(&other).unwrap());
        prop_assert_eq!(first.digest(), second.digest());
        prop_assert_eq!(first.digest(), &digest_of(other.iter()));
        prop_assert_eq!(judge(&first, &example), judge(&second, &example));
        prop_assert_eq!(first.warnings(), second.warnings());
    }

    #[test]
    fn rules_in_any_order_and_in_any_file_come_to_the_same_decisions(
        order in Just((0..10).collect::<Vec<usize>>()).prop_shuffle(),
        places in prop::collection::vec(0..3_usize, 10),
        examples in prop::collection::vec(message(), 8),
    ) {
        let plain: Vec<usize> = (0..10).collect();
        let first = load(&files(&plain, &[0; 10])).unwrap();
        let second = load(&files(&order, &places)).unwrap();
        for example in &examples {
            prop_assert_eq!(bare(&first, example), bare(&second, example));
        }
        prop_assert_eq!(first.policy(), second.policy());
        prop_assert_eq!(first.wanted(), second.wanted());
    }

    #[test]
    fn problems_are_told_in_the_same_order_whatever_the_order_of_files(
        shuffled in Just([0, 1, 2]).prop_shuffle(),
    ) {
        let bad = [file("a.toml", "[[rule]]\nid = 1\n"), file("b.toml", "x = [\n"), file("c.toml", rule("any = []"))];
        let other: Vec<RuleFile> = shuffled.iter().map(|at| bad[*at].clone()).collect();
        prop_assert_eq!(problems_of(&bad), problems_of(&other));
    }
}

#[test]
fn the_digest_changes_with_every_change() {
    let digest = |files: &[RuleFile]| digest_of(files.iter()).0;
    let text = on_word("test/a", "observe", "flag", "x");
    let base = digest(&[file("a.toml", &text)]);
    assert_eq!(base.len(), 64);
    let mut digests = vec![
        base.clone(),
        digest(&[file("a.toml", text.replace("[\"x\"]", "[\"y\"]"))]),
        digest(&[file("a.toml", format!("{text} "))]),
        digest(&[file("a.toml", text.replace('\n', "\r\n"))]),
        digest(&[file("b.toml", &text)]),
        digest(&[file("a.toml", &text), file("b.toml", "")]),
        digest(&[]),
        // Where one file ends and the next begins is part of it.
        digest(&[file("a", "bc"), file("d", "")]),
        digest(&[file("a", "b"), file("cd", "")]),
        digest(&[file("a", "b"), file("c", "d")]),
    ];
    let count = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), count);
    assert_eq!(book(&text).digest().0, digest(&[file("rules.toml", &text)]));
}

#[test]
fn a_rulebook_out_of_the_store_is_the_same_rulebook() {
    use featurebase_bouncer::rules::source::{pack, unpack};
    let files: Vec<RuleFile> = STARTER_RULES
        .iter()
        .map(|(name, text)| file(name, text))
        .collect();
    let kept = unpack(&pack(&files)).unwrap();
    assert_eq!(digest_of(kept.iter()), digest_of(files.iter()));
    assert_eq!(
        load(&kept).unwrap().digest(),
        load(&files).unwrap().digest()
    );
    assert_eq!(unpack("not JSON"), None);
    assert_eq!(unpack("[]"), None);
}
