//! What counts as a disguise, of which kind, and that finding it is exact and costs little.

use featurebase_bouncer::decision::Evidence;
use featurebase_bouncer::rules::examples::Example;
use featurebase_bouncer::rules::fold::{Folded, Trick, View, fold};

use featurebase_bouncer::rules::{RuleFile, load};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

/// Each disguise of a text: its kind, what is written and what it reads as.
fn told(text: &str) -> Vec<(Trick, &str, String)> {
    Folded::of(text)
        .disguises()
        .iter()
        .map(|found| (found.kind, &text[found.place.clone()], found.reads.clone()))
        .collect()
}

fn revealed(text: &str) -> Option<String> {
    Folded::of(text)
        .revealed()
        .map(|view| view.as_str().to_owned())
}

#[test]
fn each_kind_of_disguise_is_told_with_its_place_and_what_it_reads_as() {
    for (text, kind, written, reads) in [
        ("at раураl now", Trick::MixedScripts, "раураl", "paypal"),
        ("ваше кaзинo тут", Trick::MixedScripts, "кaзинo", "казино"),
        ("get v1agr4 here", Trick::LookAlikes, "v1agr4", "viagra"),
        ("go 𝓯𝓻𝓮𝓮 now", Trick::LookAlikes, "𝓯𝓻𝓮𝓮", "free"),
        ("go ꜰʀᴇᴇ now", Trick::LookAlikes, "ꜰʀᴇᴇ", "free"),
        (
            "go f\u{336}r\u{336}e\u{336}e\u{336} now",
            Trick::LookAlikes,
            "f\u{336}r\u{336}e\u{336}e\u{336}",
            "free",
        ),
        ("so ʎǝuoɯ now", Trick::LookAlikes, "ʎǝuoɯ", "money"),
        (
            "a ca\u{200b}sino x",
            Trick::HiddenCharacters,
            "ca\u{200b}sino",
            "casino",
        ),
        (
            "a \u{202e}onisac\u{202c} x",
            Trick::HiddenCharacters,
            "onisac",
            "casino",
        ),
        (
            "a f\u{ad}ree x",
            Trick::HiddenCharacters,
            "f\u{ad}ree",
            "free",
        ),
        (
            "a c.a.s.i.n.o x",
            Trick::SpacedLetters,
            "c.a.s.i.n.o",
            "casino",
        ),
        ("is F R E E now", Trick::SpacedLetters, "F R E E", "free"),
        (
            "is f😀r😀e😀e now",
            Trick::SpacedLetters,
            "f😀r😀e😀e",
            "free",
        ),
    ] {
        assert_eq!(told(text), [(kind, written, reads.to_owned())], "{text}");
    }
}

#[test]
fn doubtful_readings_are_revealed_but_not_called_a_disguise() {
    for (text, reads) in [
        ("fr33 money", "free money"),
        ("our pr0fit", "our profit"),
        ("PayPaI team", "paypal team"),
        ("the U.S.S.R. stamp", "the ussr. stamp"),
        ("Sooo nice", "so nice"),
    ] {
        assert_eq!(revealed(text).as_deref(), Some(reads));
        assert_eq!(told(text), [], "{text}");
    }
}

#[test]
fn a_word_in_borrowed_letters_is_read_only_where_nobody_writes_its_script() {
    assert_eq!(
        revealed("get сосо for free").as_deref(),
        Some("get coco for free")
    );
    assert_eq!(revealed("это сосо и всё").as_deref(), None);
    assert_eq!(revealed("сосо"), None);
}

#[test]
fn what_has_two_readings_is_to_be_found_by_both() {
    let views = |text: &str| -> Vec<String> {
        Folded::of(text)
            .views()
            .map(|view| view.as_str().to_owned())
            .collect()
    };
    assert_eq!(
        views("freeee l1ck"),
        ["freeee l1ck", "fre lick", "free llck"]
    );
    assert_eq!(views("ordinary"), ["ordinary"]);
}

#[test]
fn at_most_twenty_disguises_are_told() {
    assert_eq!(told(&"раураl ".repeat(50)).len(), 20);
}

/// The evidence of a rule with nothing but this condition, on a message.
fn evidence(condition: &str, example: &Example) -> Vec<Evidence> {
    let rule = format!(
        "[[rule]]\nid = \"t/t\"\nwhy = \"test\"\nstage = \"hold\"\nthen = \"flag\"\nall = [{condition}]\n"
    );
    let file = RuleFile {
        name: "t.toml".to_owned(),
        bytes: rule.into_bytes(),
    };
    let book = load(&[file]).unwrap();
    let decision = book.judge(&example.message, &example.facts_for(book.wanted()));
    decision
        .findings
        .into_iter()
        .flat_map(|finding| finding.evidence)
        .collect()
}

#[test]
fn the_condition_shows_the_disguised_word_and_what_it_reads_as() {
    let example = Example::of_text("Log in to раураl");
    let found = evidence("{ disguise = [\"mixed-scripts\"] }", &example);
    let [one] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (one.matched.as_str(), one.wanted.as_str()),
        ("раураl", "mixed-scripts: reads “paypal”")
    );
    assert_eq!(one.place, Some(10..21));
    assert!(evidence("{ disguise = [\"spaced-letters\"] }", &example).is_empty());
}

#[test]
fn html_that_is_not_shown_is_a_disguise() {
    let mut example = Example::of_text("Hello");
    example.message.html = Some("<p>Hello</p><p style=\"display:none\">casino</p>".to_owned());
    example.message.markdown = None;
    let found = evidence("{ disguise = [\"hidden-html\"] }", &example);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].matched, "casino");
    assert!(evidence("{ disguise = [\"look-alikes\"] }", &example).is_empty());
}

#[test]
fn no_text_costs_more_than_in_proportion_to_its_length() {
    for piece in [
        "a\u{301}",
        "\u{301}",
        "e",
        "ab",
        "a ",
        "a.",
        "а",
        "aа",
        "1a",
        "🇩",
        "\u{202e}abcd ",
        "ʎǝu ",
        "f😀",
        "𝓯",
        "$",
        "l|",
        "a\u{200b}",
        "\u{200b}",
        "ᴀ",
        "ａ",
        "a1!",
        "Il",
        "\u{336}a",
        "a-",
        "'a",
        "🅰",
    ] {
        let steps = |length: usize| Folded::of(&piece.repeat(length / piece.len())).steps();
        let (short, long) = (steps(5_000), steps(50_000));
        assert!(long <= 11 * short + 200, "{piece:?}: {short} and {long}");
        assert!(long <= 40 * 50_000, "{piece:?}: {long}");
        const LONG: usize = 16 * 1024;
        let whole = Folded::of(&piece.repeat(LONG / piece.len()));
        assert!(whole.views().all(|view| view.as_str().len() <= 2 * LONG));
    }
}

/// Each character of a view comes from whole characters of the original, in order.
fn leads_back(original: &str, view: &View) -> Result<(), TestCaseError> {
    let mut last = 0;
    for (at, c) in view.as_str().char_indices() {
        let place = view.original(at..at + c.len_utf8());
        prop_assert!(
            original
                .get(place.clone())
                .is_some_and(|source| !source.is_empty()),
            "{c:?} from {place:?}"
        );
        prop_assert!(place.start >= last, "{c:?} from {place:?} after {last}");
        last = place.start;
    }
    Ok(())
}

/// Plain words with everything spammers put between and in place of letters.
fn disguised() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => prop::char::range('a', 'z'),
        3 => prop::char::range('A', 'Z'),
        3 => prop::char::range('0', '9'),
        4 => prop::sample::select(" .-_*!@$|'’,:/\n€€\u{200b}\u{ad}\u{202e}\u{202c}\u{336}\u{301}\u{308}\u{fe0f}\u{200d}😀🇩🇪🅰ⓐ⒜ａ𝓯ᴀꜰʎǝɯ".chars().collect::<Vec<_>>()),
        3 => prop::char::range('а', 'я'),
        2 => prop::char::range('α', 'ω'),
        1 => prop::char::range('Ꭰ', 'Ᏼ'),
        1 => prop::char::range('ᄀ', 'ᇿ'),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..40).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_view_leads_back_to_the_original_in_order(text in disguised()) {
        let folded = Folded::of(&text);
        for view in folded.views() {
            leads_back(&text, view)?;
            for at in 0..=view.as_str().len() {
                let edge = view.is_word_start(at) || view.is_word_end(at);
                prop_assert!(!edge || view.as_str().is_char_boundary(at));
            }
        }
        for found in folded.disguises() {
            prop_assert!(text.get(found.place.clone()).is_some_and(|written| !written.is_empty()));
            prop_assert!(!found.reads.is_empty());
        }
    }

    #[test]
    fn what_is_revealed_differs_from_the_plain_view_and_is_folded(text in disguised()) {
        let folded = Folded::of(&text);
        prop_assert_eq!(folded.plain().as_str(), fold(&text));
        if let Some(view) = folded.revealed() {
            prop_assert_ne!(view.as_str(), folded.plain().as_str());
            let unmarked = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(unmarked(&fold(view.as_str())).len(), unmarked(view.as_str()).len());
        }
    }

    #[test]
    fn words_in_small_letters_hold_no_disguise(words in prop::collection::vec("[a-z]{2,9}", 0..20)) {
        let text = words.join(" ");
        let folded = Folded::of(&text);
        prop_assert_eq!(folded.disguises(), []);
        let stretched = text.as_bytes().windows(3).any(|three| three[0] == three[1] && three[1] == three[2]);
        prop_assert!(stretched || folded.revealed().is_none());
    }

    #[test]
    fn words_of_plain_letters_begin_and_end_where_unicode_says(text in "[a-zA-Z0-9_.,:;'\" @\\-\n!àéčžĀа-яёЁА-Яѓԯα-ωΆ]{0,40}") {
        let folded = Folded::of(&text);
        let mut edges: Vec<usize> = folded.plain().as_str().split_word_bound_indices().map(|(at, _)| at).collect();
        edges.push(folded.plain().as_str().len());
        for at in 0..=folded.plain().as_str().len() {
            prop_assert_eq!(folded.plain().is_word_start(at), at < folded.plain().as_str().len() && edges.contains(&at), "{} in {:?}", at, folded.plain().as_str());
            prop_assert_eq!(folded.plain().is_word_end(at), at > 0 && edges.contains(&at), "{} in {:?}", at, folded.plain().as_str());
        }
    }
}
