//! What a teammate reads.

use featurebase_bouncer::rules::text::{Text, plain, read};

use super::{hosts, html, markdown};

#[test]
fn blocks_stand_on_lines_of_their_own() {
    assert_eq!(
        html("<p>One</p><p>two <b>three</b></p><div>four</div>five").shown,
        "One\ntwo three\nfour\nfive"
    );
    assert_eq!(
        html("<h1>Title</h1>text<ul><li>a</li><li>b</ul>after").shown,
        "Title\ntext\na\nb\nafter"
    );
}

#[test]
fn inline_elements_do_not_part_words() {
    assert_eq!(
        html("fr<b>e</b><i>e</i> mo<span>ney</span>").shown,
        "free money"
    );
}

#[test]
fn blanks_collapse_as_in_a_browser() {
    assert_eq!(
        html("  a \n\t b<span> </span>&nbsp;c  ").shown,
        "a b \u{a0}c"
    );
    assert_eq!(html("<pre>a  b\n  c</pre>").shown, "a  b\n  c");
    assert_eq!(
        html("<p style='white-space: pre-wrap'>a\nb</p>").shown,
        "a\nb"
    );
}

#[test]
fn a_line_break_ends_a_line_and_two_leave_one_empty() {
    assert_eq!(html("a<br>b<br/><br>c").shown, "a\nb\n\nc");
    assert_eq!(html("<div>a<br></div><div>b</div>").shown, "a\nb");
    assert_eq!(html("<p>a</p><p><br></p><p>b</p>").shown, "a\n\nb");
}

#[test]
fn entities_are_decoded_once() {
    assert_eq!(
        html("Fish &amp; chips &lt;b&gt; &#233;&#x41;&eacute &amp;lt;").shown,
        "Fish & chips <b> éAé &lt;"
    );
}

#[test]
fn table_cells_are_kept_apart() {
    let table = "<table><tr><td>a</td><td>b</td></tr><tr><th>c<td>d</table>";
    assert_eq!(html(table).shown, "a\tb\nc\td");
    assert_eq!(
        markdown("| a | b |\n|---|---|\n| c | d |").shown,
        "a\tb\nc\td"
    );
}

#[test]
fn what_no_browser_shows_is_dropped() {
    let body = "a<!-- no --><script>if (x < y) no</script><style>p{}</style><template>no</template>\
                <noscript>no</noscript><title>no</title><!-->b<!--->c<?no?><!no>d";
    let text = html(body);
    assert_eq!((text.shown.as_str(), text.hidden.as_str()), ("abcd", ""));
}

#[test]
fn a_comment_ends_where_a_browser_ends_it() {
    assert_eq!(
        html("a<!-- x ---> b <!-- > y --!> c <!-- z -- > --> d").shown,
        "a b c d"
    );
    assert_eq!(html("a<!-- never closed").shown, "a");
}

#[test]
fn a_bracket_that_opens_no_tag_is_text() {
    assert_eq!(html("1 < 2 <3 a<b").shown, "1 < 2 <3 a");
    assert_eq!(html("if x <= y").shown, "if x <= y");
}

#[test]
fn attributes_do_not_leak_into_the_text() {
    assert_eq!(
        html("<p title='a > b' data-x=\"</p>no\" class=x>yes</p>").shown,
        "yes"
    );
    for unfinished in ["<p title=\"no", "<p title", "<p title=no", "<p =", "</p no"] {
        assert_eq!(html(&format!("yes{unfinished}")).shown, "yes");
    }
}

#[test]
fn markdown_reads_like_the_html_it_stands_for() {
    let body = "# Title\n\nSome **bold** `code` and &amp;\n\n* a\n* b\n\n```\nx  y\n```";
    assert_eq!(
        markdown(body).shown,
        "Title\nSome bold code and &\na\nb\nx  y"
    );
    assert_eq!(markdown("one\ntwo").shown, "one\ntwo");
    assert_eq!(
        markdown("a <b>c</b>\n\n<!-- no\nno -->\n\nd").shown,
        "a c\nd"
    );
}

#[test]
fn an_images_description_is_not_text() {
    assert_eq!(
        markdown("a ![no](https://signed.example/x.png) b").shown,
        "a b"
    );
    assert_eq!(html("a <img src=x alt=no> b").shown, "a b");
}

#[test]
fn html_is_preferred_to_markdown_unless_it_says_nothing() {
    assert_eq!(read(Some("<p>h</p>"), Some("m")).shown, "h");
    assert_eq!(read(Some("<p> </p>"), Some("m")).shown, "m");
    assert_eq!(read(Some(""), None).shown, "");
    assert_eq!(read(None, None), Text::default());
}

#[test]
fn plain_text_is_taken_as_it_stands() {
    let text = plain("<b>a</b>  *b* example.com/x");
    assert_eq!(text.shown, "<b>a</b>  *b* example.com/x");
    assert_eq!(hosts(&text.links), ["example.com"]);
}
