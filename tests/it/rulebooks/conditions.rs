//! Each condition from both sides: what it holds on, and what it does not.

mod history;
mod language;
mod links;
mod place;
mod profile;
mod script;
mod senders;
mod shape;

use featurebase_bouncer::message::Channel;
use featurebase_bouncer::rules::conditions::KINDS;

use super::*;

/// Whether the condition holds on each of these texts, and on none of those.
fn on_texts(condition: &str, holding: &[&str], not: &[&str]) {
    let book = book(&rule(&format!("all = [{condition}]")));
    for text in holding {
        assert!(
            !fired(&book, &lead(text)).is_empty(),
            "{condition} on {text:?}"
        );
    }
    for text in not {
        assert!(
            fired(&book, &lead(text)).is_empty(),
            "{condition} on {text:?}"
        );
    }
}

#[test]
fn each_condition_is_written_as_its_own_example_shows() {
    for kind in KINDS {
        let mut lines = format!(
            "all = [{}]\nexamples.pass = [{}]\n",
            kind.example, kind.passes
        );
        // Nothing fires a condition that waits for what is not there yet.
        if !kind.fires.is_empty() {
            lines = format!("{lines}examples.match = [{}]", kind.fires);
        }
        let book = book(&rule(&lines));
        assert!(book.rules()[0].say().len() > 10, "{}", kind.name);
        assert!(kind.example.contains(kind.name));
        assert!(!kind.about.is_empty());
    }
}

#[test]
fn words_are_whole_words_and_phrases() {
    on_texts(
        "{ words = [\"guest post\", \"SEO\", \"c++\", \"免费\", \"don't\"] }",
        &[
            "a guest post",
            "GUEST\n\tPOST!",
            "(guest post)",
            "Guest\u{a0}post.",
            "seo",
            "our seo-service",
            "I write c++ daily",
            "请问免费吗",
            "I don’t know",
        ],
        &[
            "a guest posting",
            "guest-post",
            "museo",
            "seos",
            "guest a post",
            "",
            "post guest",
        ],
    );
}

#[test]
fn contains_looks_inside_words_too() {
    on_texts(
        "{ contains = [\"casino\", \"t.me/\"] }",
        &[
            "onlinecasino24",
            "CASINOS",
            "https://t.me/x",
            "ca\u{200b}sino",
        ],
        &["cas ino", "t me/", ""],
    );
}

#[test]
fn exact_is_the_whole_message() {
    on_texts(
        "{ exact = [\"hi\", \"hello there\"] }",
        &["hi", " HI \n", "Hello   there", "ｈｉ"],
        &["hi!", "hi hi", "hello", "oh hi", ""],
    );
}

#[test]
fn patterns_are_matched_on_the_folded_text() {
    on_texts(
        "{ pattern = 'earn \\$?\\d+ (dollars|euros) a day' }",
        &[
            "Earn 500 dollars a day",
            "EARN $500\u{a0}EUROS a day!",
            "ｅａｒｎ 5 euros a\nday",
        ],
        &["earn dollars a day", "earn 500 yen a day", ""],
    );
    on_texts(
        "{ pattern = '^hello$' }",
        &["Hello", " hello\n"],
        &["hello you"],
    );
    on_texts(
        "{ pattern = 'straße' }",
        &["STRASSE", "Straße"],
        &["strase"],
    );
}

#[test]
fn length_counts_characters_of_what_is_shown() {
    on_texts(
        "{ length = { at_least = 2, at_most = 4 } }",
        &["ab", "abcd", "äöüß", "你好"],
        &["a", "abcde", ""],
    );
    on_texts("{ length = { at_most = 3 } }", &["", "abc"], &["abcd"]);
    on_texts("{ length = { at_least = 3 } }", &["abc"], &["ab"]);
}

#[test]
fn links_are_counted() {
    on_texts(
        "{ links = { at_least = 2 } }",
        &[
            "https://a.example and b.com/x",
            "[x](https://a.example) https://b.example",
        ],
        &[
            "https://a.example",
            "no link at all",
            "me@a.example you@b.example",
            "",
        ],
    );
    on_texts(
        "{ links = { at_most = 0 } }",
        &["no link", "me@a.example"],
        &["see a.com"],
    );
    on_texts(
        "{ links = { at_least = 1, at_most = 1 } }",
        &["https://a.example https://a.example"],
        &["none", "https://a.example https://b.example"],
    );
}

#[test]
fn link_domains_include_sub_domains() {
    on_texts(
        "{ link_domain = [\"fiverr.com\", \"Bücher.example\"] }",
        &[
            "https://fiverr.com/x",
            "https://www.FIVERR.com",
            "a.b.fiverr.com",
            "http://user@fiverr.com:8080/",
            "[click](https://fiverr.com)",
            "https://bücher.example/",
            "https://xn--bcher-kva.example/",
            "https://evil.example/?u=https://fiverr.com",
        ],
        &[
            "https://notfiverr.com",
            "https://fiverr.com.evil.example",
            "https://evil.example/fiverr.com",
            "me@fiverr.com",
            "fiverr",
            "",
        ],
    );
}

#[test]
fn channel_is_where_the_message_came_in() {
    for channel in Channel::ALL {
        let mut example = lead("Hello");
        example.message.channel = *channel;
        let own = format!("{{ channel = [\"{channel}\"] }}");
        assert!(holds(&own, &example), "{own}");
        let pair = holds("{ channel = [\"email\", \"slack\"] }", &example);
        assert_eq!(pair, matches!(channel, Channel::Email | Channel::Slack));
    }
}

#[test]
fn conversation_is_new_or_a_reply() {
    let opening = lead("Hello");
    let mut reply = lead("Hello");
    reply.message.opens_conversation = false;
    assert!(holds("{ conversation = \"new\" }", &opening));
    assert!(!holds("{ conversation = \"new\" }", &reply));
    assert!(holds("{ conversation = \"reply\" }", &reply));
    assert!(!holds("{ conversation = \"reply\" }", &opening));
}

#[test]
fn html_is_judged_by_what_it_shows() {
    let mut example = lead("");
    example.message.markdown = None;
    example.message.html = Some(
        "<p>Guest <b>po</b>st</p><p style=\"display:none\">refund</p><blockquote>airdrop</blockquote>"
            .to_owned(),
    );
    assert!(holds("{ words = [\"guest post\"] }", &example));
    assert!(
        !holds("{ words = [\"refund\"] }", &example),
        "nobody sees it"
    );
    assert!(
        !holds("{ words = [\"airdrop\"] }", &example),
        "a quote of somebody else"
    );
}
