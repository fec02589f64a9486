//! `docs/problems.md`, section by section: what each code means, with a before and an after.

use serde::Serialize;

const TEXT: &str = include_str!("../../docs/problems.md");

/// The section about one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    pub code: &'static str,
    /// The heading it stands under, such as `Rule files: writing`.
    pub group: &'static str,
    /// What is wrong and what to do, a sentence or two, in Markdown.
    pub about: String,
    pub before: Option<Shown>,
    pub after: Option<Shown>,
}

/// A piece of a file, or something typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What was said beside `Before` or `After`, without its brackets.
    pub note: Option<&'static str>,
    /// What it is written in: `toml` for a piece of a file that can be read as it stands, otherwise `text` or `sh`.
    pub form: &'static str,
    pub text: String,
}

impl Page {
    /// The first sentence, for a list of all codes.
    #[must_use]
    pub fn first_sentence(&self) -> &str {
        let end = self.about.find(". ").map_or(self.about.len(), |at| at + 1);
        self.about.get(..end).unwrap_or_default()
    }
}

/// All sections, in the order of the page.
#[must_use]
pub fn all() -> Vec<Page> {
    let mut pages = Vec::new();
    let mut group = "";
    for part in TEXT.split("\n## ").skip(1) {
        let mut sections = part.split("\n### ");
        group = sections.next().map_or(group, first_line);
        pages.extend(sections.map(|section| page(group, section)));
    }
    pages
}

/// The section about `code`.
#[must_use]
pub fn about(code: &str) -> Option<Page> {
    all().into_iter().find(|page| page.code == code)
}

fn first_line(text: &'static str) -> &'static str {
    text.lines().next().unwrap_or_default().trim()
}

fn page(group: &'static str, section: &'static str) -> Page {
    let mut page = Page {
        code: first_line(section),
        group,
        about: String::new(),
        before: None,
        after: None,
    };
    let mut heading = "";
    let mut lines = section.lines().skip(1);
    while let Some(line) = lines.next() {
        if line.starts_with("Before") || line.starts_with("After") {
            heading = line;
        } else if let Some(form) = line.strip_prefix("```") {
            let text: Vec<&str> = lines
                .by_ref()
                .take_while(|line| !line.starts_with("```"))
                .collect();
            let shown = Shown {
                note: note(heading),
                form,
                text: text.join("\n"),
            };
            if heading.starts_with("Before") {
                page.before = Some(shown);
            } else {
                page.after = Some(shown);
            }
        } else if heading.is_empty() && !line.trim().is_empty() {
            let between = if page.about.is_empty() { "" } else { " " };
            page.about.push_str(between);
            page.about.push_str(line.trim());
        }
    }
    page
}

/// `the dots stand for a whole page` out of `Before (the dots stand for a whole page)`.
fn note(heading: &'static str) -> Option<&'static str> {
    heading
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
}
