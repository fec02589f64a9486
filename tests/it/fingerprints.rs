//! Which texts count as the same.

use featurebase_bouncer::fingerprint::Fingerprint;
use featurebase_bouncer::rules::fold::fold;

const PITCH: &str = "Hi Anna, I came across your website and really like it. We offer guest posts and backlinks \
    from sites with a domain authority of 50 and more. Reply for a price list and samples, best regards, Mark";

fn of(text: &str) -> Fingerprint {
    Fingerprint::of(&fold(text)).unwrap()
}

fn alike(one: &str, other: &str) -> bool {
    of(one).is_like(&of(other))
}

#[test]
fn small_edits_leave_a_text_the_same() {
    for (from, to) in [
        ("Anna", "Dr. Bernhard Schmidt"),
        ("50", "70"),
        ("price list", "PRICE-LIST"),
        ("really like it", "really, really love it"),
        ("best regards, Mark", "Cheers! Jennifer 😀"),
        ("came across", "came  across"),
    ] {
        let edited = PITCH.replace(from, to);
        assert_ne!(edited, PITCH);
        let likeness = of(PITCH).likeness(&of(&edited));
        assert!(alike(PITCH, &edited), "{to}: {likeness}");
    }
}

#[test]
fn other_texts_are_not_the_same() {
    for other in [
        "Hi Anna, I came across a problem on your website: the export of posts fails with an error. Can you help? Best regards, Mark",
        "How do I invite my team to the board? I cannot find the page for it, and the help centre sends me to an old address.",
        "Guten Tag, ich finde die Rechnung vom letzten Monat nicht. Können Sie sie bitte noch einmal schicken? Danke und Grüße",
    ] {
        assert!(!alike(PITCH, other), "{other}");
    }
}

#[test]
fn short_texts_are_the_same_only_if_equal() {
    assert!(alike("Hello, anybody?", "hello anybody"));
    assert!(!alike("Hello, anybody?", "Hello, everybody?"));
    assert!(!alike("hi", "ho"));
}

#[test]
fn texts_without_a_letter_have_no_fingerprint() {
    assert_eq!(Fingerprint::of(" … !!! 😀"), None);
    assert_eq!(Fingerprint::of(""), None);
}

#[test]
fn near_duplicates_share_a_key() {
    let words: Vec<String> = (0..40)
        .map(|n| {
            format!(
                "word{}",
                "abcdefghij"
                    .repeat(n % 3 + 1)
                    .chars()
                    .skip(n % 7)
                    .take(5 + n % 4)
                    .collect::<String>()
            )
        })
        .collect();
    let text = words.join(" ");
    let mut found = 0;
    for changed in 0..words.len() {
        let mut words = words.clone();
        words[changed] = "somethingelse".to_owned();
        let (one, other) = (of(&text), of(&words.join(" ")));
        found += usize::from(one.keys().iter().any(|key| other.keys().contains(key)));
    }
    assert!(found >= 38, "{found} of 40");
}

#[test]
fn a_stored_fingerprint_comes_back_and_never_changes() {
    let print = of(PITCH);
    assert_eq!(
        Fingerprint::from_text(&print.to_text(), print.keys()),
        Some(print)
    );
    assert_eq!(Fingerprint::from_text("zz", print.keys()), None);
    insta::assert_snapshot!(format!("{} {:?}", print.to_text(), print.keys()), @r#"e45b92fb6a8180f2f09f463d05fd8e9b5ae1647e81a74dfe5bea58a5cca9aff9f18d06eead97cfe5c8767af65511e10a28981295e6dcffbb2f8283130dd2eeed [3480265159896952296, -5108918422445614275, 6328561659279062689, -416720061695806211]"#);
}
