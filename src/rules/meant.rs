//! Words people write for ours: what they mean is told, where it is known there.

/// A word, and what is meant by it: the first that is known at its place.
const MEANINGS: &[(&str, &[&str])] = &[
    // how conditions combine: by their letters alone `and` is nearest to `any`, its opposite
    ("and", &["all"]),
    ("every", &["all"]),
    ("or", &["any"]),
    ("one_of", &["any"]),
    ("if", &["all", "any"]),
    ("when", &["all", "any"]),
    ("conditions", &["all", "any"]),
    ("not", &["unless", "none"]),
    ("none", &["unless", "none"]),
    ("except", &["unless", "none"]),
    ("unless", &["none"]),
    ("exclude", &["unless", "none"]),
    // keys of a rule
    ("name", &["id"]),
    ("title", &["why"]),
    ("description", &["why"]),
    ("reason", &["why"]),
    ("comment", &["why"]),
    ("note", &["why"]),
    ("action", &["then"]),
    ("do", &["then"]),
    ("verdict", &["then"]),
    ("mode", &["stage"]),
    ("status", &["stage"]),
    ("state", &["stage"]),
    ("enabled", &["stage"]),
    ("active", &["stage"]),
    ("score", &["points"]),
    ("weight", &["points"]),
    ("tests", &["examples"]),
    ("labels", &["tags"]),
    ("author", &["owner"]),
    ("until", &["expires"]),
    // stages and wishes
    ("live", &["enforce"]),
    ("on", &["enforce"]),
    ("off", &["observe"]),
    ("test", &["observe"]),
    ("draft", &["observe"]),
    ("log", &["observe"]),
    ("review", &["hold"]),
    ("wait", &["hold"]),
    ("ban", &["block"]),
    ("reject", &["block"]),
    ("delete", &["block"]),
    ("mark", &["flag"]),
    ("pass", &["allow"]),
    ("ignore", &["allow"]),
    ("accept", &["allow"]),
    // conditions
    ("text", &["contains", "words"]),
    ("message", &["contains", "words"]),
    ("body", &["contains", "words"]),
    ("phrase", &["words"]),
    ("phrases", &["words"]),
    ("keyword", &["words"]),
    ("keywords", &["words"]),
    ("regex", &["pattern"]),
    ("regexp", &["pattern"]),
    ("url", &["links"]),
    ("urls", &["links"]),
    ("domain", &["link_domain"]),
    ("domains", &["link_domain"]),
    ("email", &["sender_email"]),
    ("from", &["sender_email", "sender"]),
    ("verified", &["sender_verified"]),
    ("company", &["sender_company"]),
    ("role", &["sender_role"]),
    ("new", &["first_message"]),
    ("first", &["first_message"]),
    ("answered", &["answered_before"]),
    // kinds of senders
    ("user", &["customer"]),
    ("visitor", &["lead"]),
    ("contact", &["lead"]),
    ("anonymous", &["lead"]),
    ("guest", &["lead"]),
    // bounds
    ("min", &["at_least"]),
    ("minimum", &["at_least"]),
    ("more_than", &["at_least"]),
    ("from", &["at_least"]),
    ("max", &["at_most"]),
    ("maximum", &["at_most"]),
    ("less_than", &["at_most"]),
    ("window", &["within"]),
    ("per", &["within"]),
    ("in", &["within"]),
];

/// Which of the `known` words is meant by one that is not.
pub(super) fn meant<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = word.to_lowercase().replace(['-', ' '], "_");
    MEANINGS
        .iter()
        .filter(|(other, _)| *other == word)
        .flat_map(|(_, meanings)| *meanings)
        .find_map(|meaning| known.iter().find(|known| *known == meaning).copied())
}
