//! Which words are the contact's own.

use featurebase_bouncer::rules::text::{plain, read};

use super::{hosts, html, markdown};

#[test]
fn quoted_replies_are_left_out() {
    for quote in [
        "<blockquote>old</blockquote>",
        "<blockquote type=cite><p>old<blockquote>older</blockquote></p></blockquote>",
        "<div class=\"gmail_quote gmail_quote_container\"><div class=gmail_attr>On Mon Ann wrote:<br></div>old</div>",
        "<div class='x_x_gmail_quote'>old</div>",
        "<div id='yahoo_quoted_12' class=yahoo_quoted>old</div>",
        "<div class=moz-cite-prefix>Am 2.6. schrieb Ann:</div><blockquote>old</blockquote>",
        "<hr><div id=divRplyFwdMsg>From: Ann</div><div>old</div><p>old</p>",
        "<div id=x_divRplyFwdMsg>From: Ann</div>old",
        "<p>On 2 June 2025 at 10:15, Ann &lt;ann@example.com&gt; wrote:</p><blockquote>old</blockquote>",
        "On 2 June 2025, Ann &lt;<br>ann@example.com&gt; wrote:<br><br>&gt; old<br>&gt; older",
        "<p>-----Original Message-----<br>From: Ann</p><p>old</p>",
        "<p>-----Ursprüngliche Nachricht-----</p><p>old</p>",
    ] {
        assert_eq!(html(&format!("<p>new</p>{quote}")).shown, "new", "{quote}");
    }
}

#[test]
fn words_around_a_quote_are_kept() {
    assert_eq!(
        html("<p>before</p><blockquote>old</blockquote><p>after</p>").shown,
        "before\nafter"
    );
    assert_eq!(plain("before\n> old\n\nafter").shown, "before\n\nafter");
}

#[test]
fn markdown_quotes_end_with_their_last_marked_line() {
    assert_eq!(
        markdown("On 2 June 2025, Ann wrote:\n> old\n> older\nnew").shown,
        "new"
    );
    assert_eq!(
        markdown("Thanks\nAm 02.06.2025 um 10:15 schrieb Ann:\n\n> old").shown,
        "Thanks"
    );
}

#[test]
fn what_only_looks_like_a_quote_is_kept() {
    for honest in [
        ">_< it broke",
        "a > b",
        "I wrote to you:\nno answer",
        "The original message was lost",
        "On 2 June 2025 I ordered:\ntwo shirts",
        "--- original ---",
    ] {
        assert_eq!(plain(honest).shown, honest);
    }
    assert_eq!(
        html("<p>You asked:</p><blockquote>old</blockquote><p>yes</p>").shown,
        "You asked:\nyes"
    );
    assert_eq!(html("<p class=my_gmail_quote>a</p>").shown, "a");
}

#[test]
fn a_message_that_is_all_quote_is_taken_whole() {
    let text = html("<blockquote>spam <a href=https://evil.example.com>here</a></blockquote>");
    assert_eq!(
        (text.shown.as_str(), hosts(&text.links)),
        ("spam here", vec!["evil.example.com"])
    );
    assert_eq!(plain("> spam").shown, "> spam");
    assert_eq!(markdown("> spam").shown, "spam");
    assert_eq!(
        plain("-----Original Message-----\nspam").shown,
        "-----Original Message-----\nspam"
    );
}

#[test]
fn a_picture_alone_is_an_answer() {
    let text = html("<img src=cat.png><blockquote>old https://old.example.com</blockquote>");
    assert_eq!((text.shown.as_str(), text.links.len()), ("", 0));
}

#[test]
fn links_in_quotes_are_left_out_and_others_keep_their_place() {
    let body = "<blockquote>old <a href=https://old.example.com>x</a></blockquote>\
                <p>see <a href=https://new.example.com>this</a> and example.org/y</p>";
    let text = read(
        Some(body),
        Some("> [x](https://old.example.com)\n\nsee [this](https://new.example.com)"),
    );
    assert_eq!(hosts(&text.links), ["new.example.com", "example.org"]);
    let written: Vec<_> = text
        .links
        .iter()
        .map(|link| &text.shown[link.place.clone().unwrap()])
        .collect();
    assert_eq!(written, ["this", "example.org/y"]);
}
