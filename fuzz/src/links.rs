//! Links: each stands where it says, in order, and nothing written before one hides it.

use featurebase_bouncer::rules::links::{Link, LinkTrick, Standing, in_text};
use featurebase_bouncer::rules::text::plain;

use crate::{part, text_of};

/// What must be found wherever it stands on a line of its own.
const KNOWN: &str = "https://known.example.com/x";

/// # Panics
/// Where a link is not what was written.
pub fn holds(bytes: &[u8]) {
    let text = text_of(bytes);
    let links = in_text(&text);
    assert_eq!(links, in_text(&text), "the same every time");
    let mut end = 0;
    for link in &links {
        let place = link.place.clone().expect("a link stands somewhere");
        assert_eq!(part(&text, &place, "a link"), link.url);
        assert!(place.start >= end, "{link:?} overlaps the one before it");
        end = place.end;
        assert_eq!(link.standing, Standing::Shown);
        assert_eq!(link.shown, None, "nothing is shown in a bare link's stead");
        is_sound(link);
    }
    for link in &plain(&text).links {
        is_sound(link);
    }
    nothing_hides_a_link(&text);
}

/// What holds of every link, wherever it was found.
///
/// # Panics
/// Where it does not.
pub fn is_sound(link: &Link) {
    assert!(!link.url.trim().is_empty(), "{link:?}");
    let host = &link.host;
    assert!(host.is_ascii(), "{link:?}");
    assert!(
        !host.contains(|c: char| c.is_ascii_uppercase()
            || c.is_whitespace()
            || c.is_control()
            || matches!(c, '/' | '?' | '#' | '@' | '\\')),
        "{link:?}"
    );
    assert!(!host.ends_with('.'), "{link:?}");
    assert!(link.tricks.is_sorted() && link.tricks.windows(2).all(|two| two[0] != two[1]));
    for trick in LinkTrick::ALL {
        let told = link.detail(*trick);
        assert_eq!(told.is_some(), link.tricks.contains(trick), "{link:?}");
        assert!(told.is_none_or(|told| !told.is_empty()));
    }
}

fn nothing_hides_a_link(text: &str) {
    for with in [format!("{text}\n\n{KNOWN}"), format!("{KNOWN}\n\n{text}")] {
        let found = in_text(&with);
        assert!(
            found.iter().any(|link| link.host == "known.example.com"),
            "hidden in {with:?}: {found:?}"
        );
    }
}
