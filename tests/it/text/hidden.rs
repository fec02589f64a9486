//! What is in a message but not on the screen.

use super::html;

#[track_caller]
fn split(body: &str, shown: &str, hidden: &str) {
    let text = html(body);
    assert_eq!(
        (text.shown.as_str(), text.hidden.as_str()),
        (shown, hidden),
        "{body}"
    );
}

#[test]
fn hidden_text_is_kept_apart() {
    for style in [
        "display:none",
        "DISPLAY : None !important",
        "visibility:hidden",
        "font-size:0",
        "font-size: 0px",
        "opacity:0.0",
        "display:/* x */none",
        "color:red;opacity:0",
    ] {
        split(
            &format!("a <span style=\"{style}\">b <i>c</i></span> d"),
            "a d",
            "b c",
        );
    }
    split("a <p hidden>b</p>", "a", "b");
    split("a <span style=display:none>b</span>", "a", "b");
}

#[test]
fn what_looks_like_hiding_but_shows_is_shown() {
    for attribute in [
        "aria-hidden=true",
        "style=\"display:block\"",
        "style=\"opacity:0.5\"",
        "style=\"font-size:10px\"",
        "style=\"visibility:visible\"",
        "title=hidden",
        "hidden style=\"display:block\"",
        "class=hidden",
    ] {
        split(&format!("a <span {attribute}>b</span>"), "a b", "");
    }
}

#[test]
fn a_child_may_show_itself_in_a_parent_without_size() {
    split(
        "<div style='font-size:0'>x<span style='font-size:14px'>b</span></div>",
        "b",
        "x",
    );
    split(
        "<div style='font-size:0'><span style='font-size:2em'>b</span></div>",
        "",
        "b",
    );
    split(
        "<div style='visibility:hidden'>x<b style='visibility:visible'>b</b></div>",
        "b",
        "x",
    );
    split(
        "<div style='display:none'><b style='display:block'>b</b></div>",
        "",
        "b",
    );
}

#[test]
fn broken_markup_hides_nothing_a_browser_shows() {
    split("<p hidden>x<p>spam", "spam", "x");
    split("<p hidden>x<div>spam</div>", "spam", "x");
    split("<div hidden><b>x</div>spam", "spam", "x");
    split("<li hidden>x<li>spam", "spam", "x");
    split("<table hidden><div>spam</div></table>", "spam", "");
    split("<td hidden>spam", "spam", "");
    split("<form><form hidden>spam", "spam", "");
    split("<svg><style><p>spam", "spam", "");
    split("<script/>x</script>spam", "spam", "");
    split("<body hidden>spam", "spam", "");
}

#[test]
fn a_hidden_table_is_hidden() {
    split(
        "a<table hidden><tr><td>x</td></tr></table><p>b</p>",
        "a\nb",
        "x",
    );
}
