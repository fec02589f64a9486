//! The conditions about links, each from both sides.

use super::*;

#[test]
fn only_links_leaves_no_word_beside_them() {
    let condition = "{ only_links = true }";
    let only = [
        "https://a.example",
        " https://a.example\n\nb.com/x ",
        "👉 https://a.example !!!",
        "https://a.example https://a.example",
        "[click here](https://a.example)",
        "evil [.] com",
        "https://www.google.com/url?q=https://b.example",
    ];
    let not = [
        "See https://a.example",
        "https://a.example ok",
        "https://a.example\n1",
        "no link",
        "me@a.example",
        "!!!",
        "",
    ];
    on_texts(condition, &only, &not);
    on_texts("{ only_links = false }", &not, &only);
}

#[test]
fn a_picture_with_a_link_and_no_words_is_only_a_link() {
    let mut example = lead("");
    example.message.markdown = None;
    example.message.html = Some("<a href=https://a.example><img src=x></a>".to_owned());
    assert!(holds("{ only_links = true }", &example));
    example.message.html = Some("<a href=https://a.example><img src=x></a> hello".to_owned());
    assert!(!holds("{ only_links = true }", &example));
}

#[test]
fn a_link_inside_a_link_is_not_counted() {
    on_texts(
        "{ links = { at_most = 1, at_least = 1 } }",
        &["https://www.google.com/url?q=https://b.example"],
        &["https://www.google.com/url?q=https://b.example https://c.example"],
    );
}

#[test]
fn a_link_domain_with_a_path_is_that_page_and_those_below() {
    on_texts(
        "{ link_domain = [\"t.me/joinchat\", \"docs.google.com/forms/d/\"] }",
        &[
            "https://t.me/joinchat",
            "t.me/JoinChat/abc",
            "https://www.t.me//joinchat?x=1",
            "t[.]me/joinchat#x",
            "https://docs.google.com/forms/d/1",
            "https://docs.google.com/a/../forms/d/1",
            "https://www.google.com/url?q=https://t.me/joinchat/x",
        ],
        &[
            "https://t.me/joinchats",
            "https://t.me/",
            "https://t.me/?x=/joinchat",
            "https://t.me/x/joinchat",
            "https://docs.google.com/forms/1",
            "https://docs.google.com/document/d/1",
            "https://xt.me/joinchat",
        ],
    );
    on_texts(
        "{ link_domain = [\"example.com/über uns\", \"example.com/%C3%BCber\"] }"
            .replace(" uns", "")
            .as_str(),
        &[
            "https://example.com/über/x",
            "https://example.com/%c3%bcber",
        ],
        &["https://example.com/uber"],
    );
}

#[test]
fn a_link_domain_is_met_behind_redirects_and_disguises() {
    on_texts(
        "{ link_domain = [\"evil.com\"] }",
        &[
            "hxxps://evil[.]com/x",
            "visit evil dot com today",
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.evil.com%2Fx",
            "https://paypal.com@evil.com/",
            "https://evil.com:8080",
            "[paypal.com](https://evil.com)",
        ],
        &[
            "https://evil.com@paypal.com/",
            "evil dot company",
            "[evil.com](https://paypal.com)",
        ],
    );
}

#[test]
fn a_tld_is_the_end_of_the_name() {
    on_texts(
        "{ link_tld = [\"top\", \"co.uk\", \"рф\"] }",
        &[
            "https://a.top/x",
            "shop.co.uk",
            "https://www.shop.CO.UK",
            "https://пример.рф",
            "https://xn--e1afmkfd.xn--p1ai/",
            "win-btc dot top",
        ],
        &[
            "https://top.example",
            "https://a.example/x.top",
            "https://shop.uk",
            "https://laptop.com",
            "a@b.top",
            "",
        ],
    );
}

#[test]
fn each_trick_is_found_where_it_is_and_nowhere_else() {
    let shown = [
        ("shortener", "see https://bit.ly/x"),
        ("ip-address", "see http://3405803783/x"),
        ("punycode", "see https://аррӏе.com"),
        ("userinfo", "see https://paypal.com@shop.example/"),
        ("text-mismatch", "see [paypal.com](https://shop.example)"),
        ("disguised", "see shop[.]com"),
        (
            "redirect",
            "see https://a.example/go?url=https://shop.example",
        ),
    ];
    for (trick, text) in shown {
        let others: Vec<&str> = shown
            .iter()
            .filter(|(other, _)| *other != trick)
            .map(|(_, text)| *text)
            .chain(["see https://shop.example", "see münchen.de", "no link", ""])
            .collect();
        on_texts(
            &format!("{{ link_trick = [\"{trick}\"] }}"),
            &[text],
            &others,
        );
    }
    on_texts(
        "{ link_trick = [\"shortener\", \"userinfo\"] }",
        &[shown[0].1, shown[3].1],
        &[shown[1].1],
    );
}

#[test]
fn evidence_names_the_link_as_written_and_what_was_found() {
    let found = |condition: &str, text: &str| {
        let book = book(&rule(&format!("all = [{condition}]")));
        let evidence = judge(&book, &lead(text)).findings.remove(0).evidence;
        evidence
            .into_iter()
            .map(|found| (found.matched, found.wanted, found.place))
            .collect::<Vec<_>>()
    };
    let one = |matched: &str, wanted: &str, place| {
        vec![(matched.to_owned(), wanted.to_owned(), Some(place))]
    };
    assert_eq!(
        found(
            "{ link_trick = [\"disguised\"] }",
            "go to evil (dot) com now"
        ),
        one("evil (dot) com", "disguised: it leads to evil.com", 6..20)
    );
    assert_eq!(
        found(
            "{ link_trick = [\"text-mismatch\"] }",
            "[paypal.com](https://evil.com)"
        ),
        one(
            "https://evil.com",
            "text-mismatch: it shows paypal.com and leads to evil.com",
            0..10
        )
    );
    assert_eq!(
        found(
            "{ link_domain = [\"evil.com/x\"] }",
            "https://a.example/?u=https://evil.com/x/y"
        ),
        one(
            "https://evil.com/x/y",
            "evil.com/x (inside another link's address)",
            0..41
        )
    );
    assert_eq!(
        found("{ link_tld = [\"top\"] }", "at https://a.top/x"),
        one("https://a.top/x", "top", 3..18)
    );
    let mut hidden = lead("");
    hidden.message.html = Some("hi<p hidden><a href=https://evil.com>x</a>".to_owned());
    let book = book(&rule("all = [{ link_domain = [\"evil.com\"] }]"));
    let evidence = judge(&book, &hidden).findings.remove(0).evidence;
    assert_eq!(evidence[0].wanted, "evil.com (nobody sees the link)");
}

#[test]
fn a_near_miss_names_what_was_there_instead() {
    let say = |condition: &str| book(&rule(&format!("all = [{condition}]"))).rules()[0].say();
    assert!(say("{ link_trick = [\"shortener\"] }").contains("a link has the trick “shortener”"));
    assert!(say("{ link_tld = [\"top\"] }").contains("a link leads to a site in “top”"));
    assert!(say("{ only_links = true }").contains("the message is nothing but links"));
    assert!(
        say("{ link_domain = [\"T.me/JoinChat\"] }").contains("a link leads to “t.me/joinchat”")
    );
}
