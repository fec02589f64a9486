//! Addresses as people and spammers write them, against the list in `tests/corpus/links.txt`.

use featurebase_bouncer::rules::links::{LinkTrick, Standing, in_text};
use featurebase_bouncer::rules::text::{Text, plain};
use proptest::prelude::*;

use super::{hosts, html, markdown};

struct Case {
    line: String,
    written: String,
    hosts: String,
    tricks: String,
}

fn cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/links.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [written, hosts, tricks] = fields.as_slice() else {
                panic!("three fields, please: {line}");
            };
            Case {
                line: line.to_owned(),
                written: unescaped(written),
                hosts: (*hosts).to_owned(),
                tricks: (*tricks).to_owned(),
            }
        })
        .collect()
}

/// `\u{200b}` as the character it names.
fn unescaped(written: &str) -> String {
    let mut pieces = written.split("\\u{");
    let mut text = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once('}').unwrap();
        text.push(char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap());
        text.push_str(rest);
    }
    text
}

fn text_of(written: &str) -> Text {
    match written.split_once(':') {
        Some(("html", body)) => html(body),
        Some(("md", body)) => markdown(body),
        _ => plain(written),
    }
}

fn joined<'t>(words: impl Iterator<Item = &'t str>) -> String {
    let joined = words.collect::<Vec<_>>().join(",");
    if joined.is_empty() {
        "-".to_owned()
    } else {
        joined
    }
}

#[test]
fn every_written_form_leads_where_the_list_says() {
    let cases = cases();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let text = text_of(&case.written);
        let found = joined(hosts(&text.links).into_iter());
        let first = text.links.first();
        let tricks = first.map_or(&[][..], |link| &link.tricks);
        let tricks = joined(tricks.iter().map(|trick| trick.as_str()));
        if (&found, &tricks) != (&case.hosts, &case.tricks) {
            wrong.push(format!("{}\n    found {found}\t{tricks}", case.line));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_list_shows_every_trick_and_honest_forms() {
    let cases = cases();
    for trick in LinkTrick::ALL {
        let shown = |case: &&Case| case.tricks.split(',').any(|name| name == trick.as_str());
        assert!(cases.iter().filter(shown).count() >= 5, "{trick:?}");
    }
    let honest = cases.iter().filter(|case| case.tricks == "-").count();
    assert!(honest * 3 >= cases.len());
}

#[test]
fn a_disguised_link_is_kept_as_it_was_written() {
    for (text, url) in [
        (
            "go to hxxps://evil[.]example/x now",
            "hxxps://evil[.]example/x",
        ),
        ("go to evil (dot) com/x, now", "evil (dot) com/x"),
        (
            "visit example dot com slash x today",
            "example dot com slash x",
        ),
        ("visit example . com.", "example . com"),
        (
            "\u{200b}ex\u{200b}ample.com\u{200b} x",
            "ex\u{200b}ample.com",
        ),
        ("(h**p://a.com)", "h**p://a.com"),
        ("é evil[.]com/é?", "evil[.]com/é"),
    ] {
        let links = in_text(text);
        let [link] = links.as_slice() else {
            panic!("{text}: {links:?}");
        };
        assert_eq!(link.url, url, "{text}");
        assert_eq!(&text[link.place.clone().unwrap()], url);
    }
}

#[test]
fn what_a_link_leads_on_to_stands_behind_it() {
    let text =
        plain("see https://www.google.com/url?q=https://evil.example/x and https://b.example");
    let [outer, inner, other] = text.links.as_slice() else {
        panic!("{:?}", text.links);
    };
    assert_eq!(inner.url, "https://evil.example/x");
    assert_eq!(inner.place, outer.place);
    assert_eq!(
        [outer.standing, inner.standing, other.standing],
        [Standing::Shown, Standing::Carried, Standing::Shown]
    );
}

#[test]
fn links_nobody_sees_are_marked() {
    let text = html(
        "<a href=https://a.example>a</a><p hidden><a href=https://b.example>b</a></p>\
         <form action=https://c.example></form>",
    );
    let standing: Vec<Standing> = text.links.iter().map(|link| link.standing).collect();
    assert_eq!(hosts(&text.links), ["a.example", "b.example", "c.example"]);
    assert_eq!(
        standing,
        [Standing::Shown, Standing::Hidden, Standing::Hidden]
    );
}

#[test]
fn a_trick_can_be_told_in_words() {
    let said = |body: &str, trick| html(body).links[0].detail(trick);
    assert_eq!(
        said(
            "<a href=https://evil.example>paypal.com</a>",
            LinkTrick::TextMismatch
        )
        .as_deref(),
        Some("it shows paypal.com and leads to evil.example")
    );
    assert_eq!(
        said("https://xn--80ak6aa92e.com", LinkTrick::Punycode).as_deref(),
        Some("аррӏе.com is xn--80ak6aa92e.com")
    );
    assert_eq!(
        said(
            "https://a.example/?u=https://b.example",
            LinkTrick::Redirect
        )
        .as_deref(),
        Some("it leads on to https://b.example")
    );
    assert_eq!(said("https://a.example/", LinkTrick::Redirect), None);
}

/// Pieces that addresses, their disguises and honest texts are made of.
fn piece() -> impl Strategy<Value = String> {
    let words = concat!(
        "a¦example¦com¦co.uk¦xyz¦www¦t.me¦.¦. ¦ .¦ . ¦ dot ¦[.]¦(dot)¦ [ . ] ¦{.}¦<.>¦•¦。¦slash¦ ¦\n¦/¦//¦://¦",
        "http://¦https://¦hxxp://¦h**ps[:]//¦http:\\\\¦ftp://¦@¦(at)¦:8080¦?u=¦&q=¦#¦%2F¦http%3A%2F%2F¦",
        "0x7f.1¦[::1]¦203.0.113.7¦\u{200b}¦\u{ad}¦é¦пример¦рф¦例¦👍¦(¦)¦[¦]¦<¦>¦'¦\"¦,¦;¦!¦bit.ly¦",
        "xn--¦translate.goog¦__¦\u{1d41a}¦ſ¦İ"
    );
    let words: Vec<String> = words.split('¦').map(str::to_owned).collect();
    prop_oneof![4 => prop::sample::select(words), 1 => "\\PC{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_place_points_at_what_was_written(pieces in prop::collection::vec(piece(), 0..24)) {
        let text = pieces.concat();
        let mut end = 0;
        for link in in_text(&text) {
            let place = link.place.clone().unwrap();
            prop_assert_eq!(text.get(place.clone()), Some(link.url.as_str()));
            prop_assert!(!link.url.is_empty());
            prop_assert!(place.start >= end, "{:?} overlaps", link);
            end = place.end;
        }
    }

    #[test]
    fn no_markup_breaks_the_finding_of_links(pieces in prop::collection::vec(piece(), 0..16)) {
        let text = pieces.concat();
        for read in [
            html(&format!("<a href='{text}'>{text}</a> {text} <p hidden><a href=\"{text}\">x</a>")),
            markdown(&format!("[{text}]({text}) {text}")),
        ] {
            for link in &read.links {
                let place = link.place.clone().unwrap_or_default();
                prop_assert!(read.shown.get(place).is_some());
                prop_assert_eq!(link.tricks.len(), LinkTrick::ALL.iter().filter(|trick| link.detail(**trick).is_some()).count());
            }
            for place in &read.linked {
                prop_assert!(read.shown.get(place.clone()).is_some());
            }
        }
    }

    #[test]
    fn a_disguise_does_not_change_where_a_link_leads(
        name in "[a-z]{2,8}-[a-z0-9]{1,6}",
        ending in prop::sample::select(vec!["com", "org", "ru", "xyz"]),
        dot in prop::sample::select(vec!["[.]", "(.)", "{.}", "[dot]", "(dot)", " (dot) ", " dot ", " . "]),
        scheme in prop::sample::select(vec!["", "hxxp://", "https://"]),
    ) {
        let links = in_text(&format!("visit {scheme}{name}{dot}{ending}/x now"));
        prop_assert_eq!(links.len(), 1);
        prop_assert_eq!(&links[0].host, &format!("{name}.{ending}"));
        prop_assert!(links[0].tricks.contains(&LinkTrick::Disguised));
    }
}
