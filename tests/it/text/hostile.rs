//! Input made to cost: each shape must be read in time that grows with its size only.

use std::time::{Duration, Instant};

use featurebase_bouncer::rules::fold::Folded;
use featurebase_bouncer::rules::text::{READ_AT_MOST, plain};

use super::{html, markdown};

fn filled(piece: &str) -> String {
    piece.repeat((1 << 20) / piece.len())
}

#[test]
fn html_of_any_shape_is_read_in_time() {
    for piece in concat!(
        "<div>¦<blockquote>¦<ul><li>¦<p>¦</p>¦<b a=1><p>¦<a href=x.com>¦<table><td>¦<div¦",
        "<¦</¦<!--¦<!--->--¦&¦&amp;<b>¦<svg>¦<script>¦<title>x</title>¦",
        "<p style='a:b;a:b'>¦<i hidden>x<p>¦x<br>¦<blockquote>x</blockquote>y¦<h1>¦a=b "
    )
    .split('¦')
    {
        in_time(piece, || html(&filled(piece)));
    }
    let attributes = format!("<p {}>x", "a=b ".repeat(25_000));
    assert_eq!(in_time("attributes", || html(&attributes)).shown, "x");
}

#[test]
fn very_many_different_attributes_cost_no_more_than_their_length() {
    let different: Vec<String> = (0..11_000).map(|number| format!("a{number} ")).collect();
    let different = different.concat();
    for tag in [
        format!("<p {different}>x"),
        format!("<p {}>x", different.replace(' ', "='1'")),
        format!("<p {}>x", different.replace(' ', "=\"1\"")),
        format!("<p {}>x", different.replace(' ', "/")),
        format!("<p b='>' {different}>x"),
    ] {
        let text = in_time("different attributes", || html(&tag));
        assert_eq!(text.shown, "x", "{}", &tag[..40]);
    }
}

#[test]
fn the_first_attributes_of_a_tag_count_and_nothing_outside_it_is_touched() {
    let many = |count: usize| -> String {
        let names: Vec<String> = (0..count).map(|number| format!("a{number} ")).collect();
        names.concat()
    };
    let linked = format!(
        "<a {}href=https://a.example/>a</a> and <b>more</b>",
        many(400)
    );
    assert_eq!(html(&linked).links.len(), 1);
    let comment = format!("<!-- <a {}--><p>seen a=\"b\" / c</p>", many(2_000));
    assert_eq!(html(&comment).shown, "seen a=\"b\" / c");
    let prose = format!(
        "<p>5 < 6 {}</p><p class=x {}>end",
        "a = \"b\" / ".repeat(900),
        many(900)
    );
    let shown = html(&prose).shown;
    assert!(shown.starts_with("5 < 6 a = \"b\" / a =") && shown.ends_with("end"));
}

#[test]
fn many_nested_quotes_keep_their_words() {
    let text = in_time("nested quotes", || {
        html(&format!("{}spam", "<blockquote>".repeat(9_000)))
    });
    assert_eq!(text.shown, "spam");
}

#[test]
fn unclosed_formatting_does_not_multiply() {
    let bomb = format!(
        "{}{}",
        "<b a=1></b></td></table><table><td><b a=2>".repeat(1_000),
        "<p>x".repeat(20_000)
    );
    assert_eq!(
        in_time("formatting", || html(&bomb))
            .shown
            .matches('x')
            .count(),
        20_000
    );
}

#[test]
fn markdown_of_any_shape_is_read_in_time() {
    for piece in concat!(
        "> ¦>¦- ¦* a\n¦1. ¦[¦](¦[a](¦**a *¦`¦``` ¦<div>\n¦<!--¦[a]: b\n¦|a|b|\n|-|-|\n¦",
        "&amp;¦a\n    ¦> - ¦\t-"
    )
    .split('¦')
    {
        in_time(piece, || markdown(&filled(piece)));
    }
    let deepening: Vec<_> = (0..700)
        .map(|depth| format!("{}* a", "  ".repeat(depth % 200)))
        .collect();
    in_time("deepening lists", || markdown(&deepening.join("\n")));
}

#[test]
fn links_of_any_shape_are_found_in_time() {
    for piece in concat!(
        "a.¦a.b¦a@¦a@b.¦http://¦://¦a://b:¦(¦http://a.com(¦www.¦a.com ¦例.¦例.рф/¦http://a@¦'a.b'¦",
        "a.com,"
    )
    .split('¦')
    {
        in_time(piece, || plain(&filled(piece)));
    }
}

#[test]
fn disguised_links_of_any_shape_are_found_in_time() {
    for piece in concat!(
        "[.]¦a[.]b¦(dot)¦a(dot)¦a (dot) ¦ dot ¦a dot com ¦a . ¦a .b¦a. b¦a . com . ¦a•b¦[ ¦( .¦(at)¦a(at)¦",
        "hxxp¦hxxp:¦hxxp://¦hxxp: /¦h**p[:]//a¦http:\\\\¦\u{200b}¦a\u{200b}¦slash ¦a dot com slash ¦www . ¦",
        "http://[::1]/¦http://[¦http://1.¦http://a@¦http://a:¦/https:/¦https://a.com/https:/¦__https://¦",
        "https://a.com/?u=¦&u=http://b.com¦https://a.com/?u=https%3A%2F%2Fb.com%2F%3Fu%3D ¦%25¦http%3A¦",
        "a.translate.goog/¦a-b.translate.goog ¦http://xn--¦http://раураl.com ¦аррӏе.com ¦http://例¦http://例.¦𝗲.𝗰𝗼𝗺 "
    )
    .split('¦')
    {
        in_time(piece, || plain(&filled(piece)));
    }
    for piece in concat!(
        "<a href=https://b.com>a.com¦<table><td><a href=https://b.com>a.com</a>x¦<a href='hxxp://a[.]com'>¦",
        "<form action=https://a.com/?u=https://b.com>¦<i data-href=//a.com>¦<meta http-equiv=refresh content='0;url=//a.com'>"
    )
    .split('¦')
    {
        in_time(piece, || html(&filled(piece)));
    }
    let blanks = " ".repeat(60_000);
    for piece in [".", "dot", "[.]", "[ . ]", "(at)", "https: //", "com . "] {
        in_time(piece, || plain(&format!("a{blanks}{piece}{blanks}b")));
    }
    let deep = format!(
        "{}{}",
        "<table><td><a href=https://b.com>a.com ".repeat(250),
        "x</table>".repeat(10_000)
    );
    in_time("nested links", || html(&deep));
    let carrying = (0..400).fold("https://b.com".to_owned(), |inner, _| {
        format!("https://a.com/?u={inner}&v={inner}")
            .chars()
            .take(100_000)
            .collect()
    });
    assert!(in_time("carrying links", || plain(&carrying)).links.len() < 100);
}

#[test]
fn texts_of_any_shape_are_folded_in_time() {
    for piece in "a¦\u{301}¦\u{301}\u{316}¦\u{1161}¦\u{200b}¦ ¦ﷺ¦你¦a'¦\u{200d}👩¦🇩🇪¦\u{345}¦ㅏ¦é "
        .split('¦')
    {
        let text: String = piece.repeat(READ_AT_MOST / piece.len());
        let folded = in_time(piece, || Folded::of(&text));
        assert!(
            folded
                .plain()
                .original(0..folded.plain().as_str().len())
                .end
                <= text.len()
        );
    }
}

#[test]
fn what_stands_behind_the_cap_is_not_read() {
    let body = format!("{}é end", "x".repeat(READ_AT_MOST - 1));
    assert_eq!(html(&body).shown.len(), READ_AT_MOST - 1);
    assert_eq!(plain(&body).shown.len(), READ_AT_MOST - 1);
}

/// Reads hostile input and fails if that takes longer than any cost in proportion to its size could.
fn in_time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    let took = start.elapsed();
    println!("{what}: {took:?}");
    assert!(took < Duration::from_secs(120), "{what} hangs: {took:?}");
    done
}
