//! Markdown, read as the HTML it stands for.

use pulldown_cmark::{Event, Options, Parser, Tag as Mark, TagEnd};

use super::page::{Draft, Page};
use super::tags::Tag;

/// Reads a body in Markdown. HTML inside it counts as HTML.
///
/// A line end in a paragraph stays one: people who write mail as plain text mean it, and a line that introduces a quote
/// must stay apart from the words above it.
pub(super) fn read(markdown: &str) -> Draft {
    let text = without_lazy_quotes(markdown);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut page = Page::default();
    // A block of HTML comes line by line, but a tag or a comment may span lines.
    let mut html: Option<String> = None;
    for event in Parser::new_ext(&text, options) {
        match event {
            Event::Start(Mark::HtmlBlock) => html = Some(String::new()),
            Event::End(TagEnd::HtmlBlock) => page.html(&html.take().unwrap_or_default()),
            Event::Html(piece) | Event::InlineHtml(piece) => match &mut html {
                Some(block) => block.push_str(&piece),
                None => page.html(&piece),
            },
            Event::Start(mark) => open(&mut page, mark),
            Event::End(end) => close(&mut page, end),
            Event::Text(text) | Event::Code(text) => page.text(&text),
            Event::SoftBreak | Event::HardBreak => page.end_line(),
            Event::Rule => page.open(&named("hr")),
            _ => {}
        }
    }
    page.finish()
}

fn open(page: &mut Page, mark: Mark<'_>) {
    match mark {
        Mark::Link { dest_url, .. } => page.open(&Tag {
            href: Some(dest_url.into_string()),
            ..named("a")
        }),
        Mark::Image { .. } => {
            page.open(&named("img"));
            // What stands in an image is shown only where the image is not.
            page.open(&named("template"));
        }
        mark => {
            if let Some(name) = element(mark.to_end()) {
                page.open(&named(name));
            }
        }
    }
}

fn close(page: &mut Page, end: TagEnd) {
    if let Some(name) = element(end) {
        page.close(name);
    }
}

fn element(end: TagEnd) -> Option<&'static str> {
    Some(match end {
        TagEnd::Paragraph => "p",
        TagEnd::Heading(_) => "h1",
        TagEnd::BlockQuote(_) => "blockquote",
        TagEnd::CodeBlock => "pre",
        TagEnd::List(_) => "ul",
        TagEnd::Item => "li",
        TagEnd::Table => "table",
        TagEnd::TableHead | TagEnd::TableRow => "tr",
        TagEnd::TableCell => "td",
        TagEnd::Link => "a",
        TagEnd::Image => "template",
        _ => return None,
    })
}

fn named(name: &str) -> Tag {
    Tag {
        name: name.to_owned(),
        ..Tag::default()
    }
}

/// Ends every quote where its last `>` line ends. Markdown lets it run on over lines without `>`, but people who answer
/// right below a quote write their own words there.
fn without_lazy_quotes(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut in_quote = false;
    for line in markdown.split_inclusive('\n') {
        let quoted = line.trim_start().starts_with('>');
        if in_quote && !quoted && !line.trim().is_empty() {
            text.push('\n');
        }
        in_quote = quoted;
        text.push_str(line);
    }
    text
}
