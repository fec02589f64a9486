//! Where a message leads.

use featurebase_bouncer::rules::links::{host_is_or_under, host_of, in_text, registrable_domain};
use featurebase_bouncer::rules::text::{plain, read};

use super::{hosts, html, markdown};

#[test]
fn bare_links_are_found_with_and_without_a_scheme() {
    assert_eq!(
        found(
            "see https://a.example.com/x?y=1, (www.b.de) or c.co.uk/z. HTTP://D.com and münchen.de"
        ),
        [
            "https://a.example.com/x?y=1",
            "www.b.de",
            "c.co.uk/z",
            "HTTP://D.com",
            "münchen.de"
        ]
    );
    assert_eq!(
        found("allegro.pl notion.so user.github.io"),
        ["allegro.pl", "notion.so", "user.github.io"]
    );
}

#[test]
fn file_names_and_missing_blanks_are_not_links() {
    for honest in [
        "README.md main.rs node.js report.zip setup.py run.sh index.html Cargo.toml a.txt clip.mov",
        "Thanks.It works. Yes.No. e.g. i.e. z.B. 3.5 1.2.3.4 v1.2 ...and so.on",
        "a@b mail ann@example.com or ann.lee@mail.example.com",
        "co.uk localhost some.thing.unknowntld",
    ] {
        assert_eq!(found(honest), Vec::<String>::new(), "{honest}");
    }
}

#[test]
fn a_path_a_scheme_or_www_makes_a_file_name_a_link() {
    assert_eq!(
        found("main.rs/x https://main.rs www.report.zip"),
        ["main.rs/x", "https://main.rs", "www.report.zip"]
    );
}

#[test]
fn links_stand_out_from_scripts_without_blanks() {
    assert_eq!(found("请访问example.com谢谢"), ["example.com"]);
    assert_eq!(
        found("见https://example.com/a。谢谢"),
        ["https://example.com/a"]
    );
    assert_eq!(
        found("(https://пример.рф/x) на пример.рф, т.д. и т.п."),
        ["https://пример.рф/x", "пример.рф"]
    );
    assert_eq!(found("https://example.com谢谢"), ["https://example.com"]);
    assert_eq!(found("ดูexample.comครับ"), ["example.com"]);
    assert_eq!(found("example.com으로 오세요"), ["example.com"]);
    assert_eq!(
        hosts(&in_text("例え.jp пример.рф")),
        ["xn--r8jz45g.jp", "xn--e1afmkfd.xn--p1ai"]
    );
}

#[test]
fn only_web_addresses_are_links() {
    for href in [
        "mailto:a@b.com",
        "tel:+491234",
        "javascript:x()",
        "JAVA\nSCRIPT:x",
        "#top",
        "/path",
        "",
        "cid:1",
        "data:x",
    ] {
        assert_eq!(
            html(&format!("<a href=\"{href}\">x</a>")).links,
            [],
            "{href}"
        );
    }
    assert_eq!(html("<img src=https://signed.example.com/x.png>").links, []);
    assert_eq!(
        markdown("<ann@example.com> ![x](https://signed.example.com)").links,
        []
    );
}

#[test]
fn an_anchor_keeps_what_it_shows() {
    let text =
        html("go <a href=\" https://Evil.example.com:8080/?a=1&amp;b \">pay<b>pal</b>.com</a> now");
    let link = &text.links[0];
    assert_eq!(text.links.len(), 1);
    assert_eq!(link.url, "https://Evil.example.com:8080/?a=1&b");
    assert_eq!(link.host, "evil.example.com");
    assert_eq!(link.shown.as_deref(), Some("paypal.com"));
    assert_eq!(&text.shown[link.place.clone().unwrap()], "paypal.com");
    let link = &markdown("[paypal.com](https://evil.example.com)").links[0];
    assert_eq!(
        (link.host.as_str(), link.shown.as_deref()),
        ("evil.example.com", Some("paypal.com"))
    );
}

#[test]
fn a_link_on_a_picture_or_in_hidden_text_counts() {
    let text = html(
        "<a href=//a.example.com><img src=x></a><p hidden><a href=https://b.example.com>b</a></p>",
    );
    assert_eq!(hosts(&text.links), ["a.example.com", "b.example.com"]);
    assert!(text.links.iter().all(|link| link.place.is_none()));
    assert_eq!(text.links[1].shown.as_deref(), Some("b"));
}

#[test]
fn links_of_both_bodies_are_counted_once() {
    let text = read(
        Some("<a href=https://a.example.com/>a</a> https://b.example.com"),
        Some("[a](https://a.example.com) https://b.example.com https://c.example.com"),
    );
    assert_eq!(
        hosts(&text.links),
        ["a.example.com", "b.example.com", "c.example.com"]
    );
    assert_eq!(
        plain("a.com/x http://a.com/x https://a.com/y").links.len(),
        2
    );
}

#[test]
fn hosts_are_ascii_and_lower_case() {
    assert_eq!(
        host_of("HTTPS://User@BÜCHER.example.:443/x").as_deref(),
        Some("xn--bcher-kva.example")
    );
    assert_eq!(
        host_of("example.com:8080/x").as_deref(),
        Some("example.com")
    );
    assert_eq!(host_of("//example.com").as_deref(), Some("example.com"));
    assert_eq!(
        host_of("https:\\\\example.com\\x").as_deref(),
        Some("example.com")
    );
    assert_eq!(host_of("http://0x7f.1/").as_deref(), Some("127.0.0.1"));
    for none in [
        "mailto:a@example.com",
        "javascript:alert(1)",
        "tel:123",
        "https://",
        "",
        "http://[bad",
    ] {
        assert_eq!(host_of(none), None, "{none}");
    }
}

#[test]
fn an_address_without_a_usable_host_is_still_a_link() {
    let text = html("<a href='https://[bad/x'>x</a>");
    assert_eq!(hosts(&text.links), [""]);
}

#[test]
fn a_domain_covers_its_sub_domains_only() {
    assert!(host_is_or_under("example.com", "Example.com"));
    assert!(host_is_or_under("a.b.example.com", "example.com"));
    assert!(!host_is_or_under("notexample.com", "example.com"));
    assert!(!host_is_or_under("example.com.evil.org", "example.com"));
    assert!(!host_is_or_under("example.com", ""));
    assert!(!host_is_or_under("éa", "xa"));
    assert_eq!(
        registrable_domain("www.shop.example.co.uk"),
        Some("example.co.uk")
    );
    assert_eq!(registrable_domain("a.b.github.io"), Some("b.github.io"));
    assert_eq!(registrable_domain("example.co.uk"), Some("example.co.uk"));
    assert_eq!(
        registrable_domain("a.xn--e1afmkfd.xn--p1ai"),
        Some("xn--e1afmkfd.xn--p1ai")
    );
    assert_eq!(registrable_domain("co.uk"), None);
    assert_eq!(registrable_domain(".com"), None);
    assert_eq!(registrable_domain(""), None);
    assert_eq!(registrable_domain("10.0.0.1"), None);
}

fn found(text: &str) -> Vec<String> {
    in_text(text).into_iter().map(|link| link.url).collect()
}
