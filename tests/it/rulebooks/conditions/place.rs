//! Conditions on where the conversation was started.

use super::*;

fn started_on(page: Option<&str>) -> Example {
    let mut example = lead("Hello");
    example.message.page = page.map(str::to_owned);
    example
}

fn on_pages(globs: &str, holding: &[&str], not: &[&str]) {
    let condition = format!("{{ page = [{globs}] }}");
    for page in holding {
        assert!(
            holds(&condition, &started_on(Some(page))),
            "{condition} on {page}"
        );
    }
    for page in not {
        assert!(
            !holds(&condition, &started_on(Some(page))),
            "{condition} on {page}"
        );
    }
    assert!(
        !holds(&condition, &started_on(None)),
        "{condition} without a page"
    );
}

#[test]
fn a_page_that_begins_with_a_slash_is_a_path() {
    on_pages(
        "\"/pricing*\", \"/Über-uns\"",
        &[
            "https://example.com/pricing",
            "https://example.com/pricing/",
            "http://example.com:8080/Pricing/teams?plan=pro#top",
            "https://example.com/PRICING-2",
            "https://example.com/%C3%9Cber-uns",
            "/pricing",
        ],
        &[
            "https://example.com/",
            "https://example.com/blog/pricing",
            "https://pricing.example.com/",
            "https://example.com/?next=/pricing",
            "https://example.com/#/pricing",
            "about:blank",
            "",
        ],
    );
    on_pages(
        "\"/\"",
        &[
            "https://example.com",
            "https://example.com/",
            "https://example.com/?a=b",
        ],
        &["https://example.com/a"],
    );
    on_pages(
        "\"*/pricing\"",
        &["https://example.com/blog/pricing"],
        &["https://example.com/pricing-2"],
    );
}

#[test]
fn any_other_page_is_host_and_path() {
    on_pages(
        "\"shop.example.com/*\", \"https://Example.com/\", \"*.help.example/a*z\", \"localhost:3000\", \"bücher.example\"",
        &[
            "https://shop.example.com/cart",
            "http://SHOP.example.com/cart/2?x=1",
            "https://example.com",
            "http://example.com/?x",
            "https://de.help.example/a/b/z",
            "http://localhost:3000/",
            "https://xn--bcher-kva.example/",
        ],
        &[
            "https://example.com/shop.example.com/cart",
            "https://example.com/cart",
            "https://evil.example/example.com",
            "https://help.example/a/z",
            "http://localhost/",
            "/cart",
            "",
        ],
    );
    on_pages(
        "\"*\"",
        &["https://example.com/a", "https://example.com"],
        &[],
    );
}

#[test]
fn what_matched_is_the_page_as_it_was_told() {
    let book = book(&rule("all = [{ page = [\"/Pricing*\"] }]"));
    let example = started_on(Some("https://Example.com/PRICING?x=1"));
    let evidence = judge(&book, &example).findings.remove(0).evidence.remove(0);
    assert_eq!(
        (evidence.matched.as_str(), evidence.wanted.as_str()),
        ("https://Example.com/PRICING?x=1", "/Pricing*")
    );
    let near = |example: &Example| {
        book.explain(&example.message, &example.facts)
            .remove(0)
            .all
            .remove(0)
            .near
            .unwrap()
    };
    assert_eq!(
        near(&started_on(None)),
        "the message does not tell on which page"
    );
    assert_eq!(
        near(&started_on(Some("https://a.example/"))),
        "it was started on https://a.example/"
    );
}

#[test]
fn brand_is_its_id() {
    let mut example = lead("Hello");
    let condition = "{ brand = [\"abc\", \"def\"] }";
    assert!(!holds(condition, &example), "a reply tells no brand");
    for (brand, held) in [
        ("def", true),
        ("abc", true),
        ("ABC", false),
        ("abcd", false),
    ] {
        example.message.brand = Some(brand.to_owned());
        assert_eq!(holds(condition, &example), held, "{brand}");
    }
}
