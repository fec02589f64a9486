//! Whatever stands in a file or in a message, nothing crashes.

use std::sync::LazyLock;

use featurebase_bouncer::demo::STARTER_RULES;
use proptest::prelude::*;

use super::*;

static STARTER: LazyLock<Rulebook> = LazyLock::new(|| {
    let files = STARTER_RULES.iter().map(|(name, text)| file(name, text));
    load(&files.collect::<Vec<_>>()).unwrap()
});

/// Loads, and looks at everything that could go wrong on the way to a person.
fn load_and_look(files: &[RuleFile]) -> Result<(), TestCaseError> {
    match load(files) {
        Ok(book) => {
            for text in [
                "",
                "Hello, I sell backlinks: https://x.example",
                "ＢＡＣＫ\u{200b}ＬＩＮＫＳ 免费 \u{202e}",
            ] {
                let example = lead(text);
                let facts = example.facts_for(book.wanted());
                let decision = book.judge(&example.message, &facts);
                let traces = book.explain(&example.message, &facts);
                let explained = traces
                    .iter()
                    .filter(|trace| trace.fired)
                    .map(|trace| &trace.rule);
                let judged = decision.findings.iter().map(|finding| &finding.rule);
                prop_assert!(explained.eq(judged));
            }
            prop_assert!(book.warnings().iter().all(|problem| !problem.is_error()));
        }
        Err(problems) => {
            prop_assert!(problems.iter().any(Problem::is_error));
            for problem in &problems {
                if let Some(place) = &problem.place {
                    prop_assert!(place.excerpt.get(place.underline.clone()).is_some());
                    prop_assert!(place.line >= 1 && place.column >= 1);
                }
                prop_assert!(!problem.message.is_empty());
            }
            for paint in [Paint::Plain, Paint::Coloured] {
                prop_assert!(!render(&problems, paint).is_empty());
            }
        }
    }
    Ok(())
}

/// What rule files are made of, in any order.
fn scrap() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "[[rule]]\n",
        "[rule]\n",
        "[policy]\n",
        "[[policy]]\n",
        "id = \"a/b\"\n",
        "id = \"a/c\"\n",
        "why = \"w\"\n",
        "stage = \"hold\"\n",
        "stage = ",
        "then = \"block\"\n",
        "then = \"points\"\n",
        "points = 3\n",
        "points = -1e9\n",
        "any = [",
        "all = [",
        "unless = [",
        "none = [",
        "]\n",
        "]",
        "}",
        "{",
        "{ words = [\"x\"] }",
        "{ pattern = '(' }",
        "{ pattern = 'x+' }",
        "{ length = { at_least = 3 } }",
        "{ messages = { at_least = 2, within = \"1m\" } }",
        "{ link_domain = [\"a.b\"] }",
        ",",
        "\n",
        "\r\n",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "\\",
        "#",
        "=",
        ".",
        "examples.match = [\"x\"]\n",
        "examples.pass = [{ text = \"y\" }]\n",
        "flag_at = 5\n",
        "never = { contacts = [] }\n",
        "brake.total = { blocks = 1, within = \"1s\" }\n",
        "protect.customers = \"no\"\n",
        "ä",
        "\u{200b}",
        "“",
        "\u{0}",
        "1979-05-27",
        "0x",
        "1_",
        "inf",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A rule file we ship, with some of its bytes changed, cut out or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        0..4_u8,
        any::<u8>(),
        0..30_usize,
    );
    let number = 0..STARTER_RULES.len();
    (number, prop::collection::vec(change, 1..5)).prop_map(|(number, changes)| {
        let mut bytes = STARTER_RULES[number].1.as_bytes().to_vec();
        for (place, how, byte, length) in changes {
            let at = place.index(bytes.len().max(1)).min(bytes.len());
            let end = (at + length).min(bytes.len());
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                0 | 1 => bytes.insert(
                    at,
                    *b"\"'[]{}=,.#\n\\"
                        .get(usize::from(byte % 12))
                        .unwrap_or(&b' '),
                ),
                2 => drop(bytes.drain(at..end)),
                _ => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_loaded_or_refused(text in "\\PC{0,200}|[\\[\\]{}=\"'.,#a-z0-9 \n\\\\]{0,200}") {
        load_and_look(&[file("rules.toml", text)])?;
    }

    #[test]
    fn any_bytes_are_loaded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        load_and_look(&[file("rules.toml", bytes)])?;
    }

    #[test]
    fn any_scraps_of_rules_are_loaded_or_refused(first in scrap(), second in scrap()) {
        load_and_look(&[file("a.toml", first), file("b.toml", second)])?;
    }
}

proptest! {
    // The files we ship are long, and each is loaded as a whole.
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_good_file_with_bytes_changed_is_loaded_or_refused(bytes in mutated()) {
        load_and_look(&[file("rules.toml", bytes)])?;
    }

    #[test]
    fn any_message_is_judged(
        text in "\\PC{0,300}",
        html in prop::option::of("[<>/a-z\"'= &;!\\-\n.:#@]{0,200}"),
        email in prop::option::of("\\PC{0,30}"),
        name in prop::option::of("\\PC{0,30}"),
    ) {
        let book = &*STARTER;
        let mut example = lead(&text);
        example.message.html = html;
        example.message.from.email = email;
        example.message.from.name = name;
        let facts = example.facts_for(book.wanted());
        let decision = book.judge(&example.message, &facts);
        prop_assert_eq!(&decision, &book.judge(&example.message, &facts), "the same every time");
        prop_assert!(decision.verdict <= decision.asked);
        let back: Decision = serde_json::from_str(&serde_json::to_string(&decision).unwrap()).unwrap();
        prop_assert_eq!(back, decision, "kept and read again");
    }
}
