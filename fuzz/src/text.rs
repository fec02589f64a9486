//! HTML and Markdown to text: what is shown is all of what was written, what is hidden is not, links stand where they say.

use featurebase_bouncer::rules::text::{Text, plain, read};

use crate::{links, part, solid, text_of};

/// # Panics
/// Where reading a body loses or makes up something.
pub fn holds(bytes: &[u8]) {
    let body = text_of(bytes);
    let (html, markdown) = (read(Some(&body), None), read(None, Some(&body)));
    let both = read(Some(&body), Some(&body));
    for (text, bodies) in [(&html, 1), (&markdown, 1), (&both, 2), (&plain(&body), 1)] {
        is_sound(text);
        let told = text.shown.len() + text.hidden.len();
        assert!(
            told <= bodies * (8 * body.len() + 64),
            "{told} bytes of text"
        );
    }
    assert_eq!(html, read(Some(&body), None), "the same every time");
    // HTML of nothing but blanks gives way to the Markdown.
    if !html.shown.trim().is_empty() {
        assert_eq!(html.shown, read(Some(&body), Some("")).shown);
    }
    assert_eq!(markdown.shown, read(Some(""), Some(&body)).shown);
    let known = [&html.shown, &markdown.shown];
    assert!(known.contains(&&both.shown), "neither of the two bodies");
    written_plainly_it_is_shown_whole(&body);
}

fn is_sound(text: &Text) {
    for link in &text.links {
        links::is_sound(link);
        if let Some(place) = &link.place {
            assert!(text.shown.get(place.clone()).is_some(), "{link:?}");
        }
    }
    let mut last = 0;
    for place in &text.linked {
        assert!(text.shown.get(place.clone()).is_some(), "{place:?}");
        assert!(place.start >= last, "linked out of order");
        last = place.start;
    }
}

/// The body's own characters as text of a page: shown whole, or hidden whole.
fn written_plainly_it_is_shown_whole(body: &str) {
    let words: String = body.chars().filter(|c| !c.is_control()).collect();
    if solid(&words).is_empty() {
        return;
    }
    let escaped = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let shown = read(Some(&format!("<p>{escaped}</p>")), None);
    assert_eq!(solid(&shown.shown), solid(&words), "not shown whole");
    assert_eq!(shown.hidden, "");
    let hidden = read(Some(&format!("<p hidden>{escaped}</p><p>seen</p>")), None);
    assert_eq!(hidden.shown, "seen");
    let linked = read(
        Some(&format!("<a href=\"https://a.example\">{escaped}</a>")),
        None,
    );
    let link = linked.links.iter().find(|link| link.host == "a.example");
    let place = link.and_then(|link| link.place.clone());
    let place = place.expect("the link stands somewhere");
    assert_eq!(solid(part(&linked.shown, &place, "a link")), solid(&words));
}
