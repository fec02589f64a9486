//! The elements that are open, and what HTML says about them by name.

use std::collections::HashMap;

use super::style::Look;
use super::tags::Tag;

/// An element that is open.
#[derive(Debug)]
pub(super) struct Element {
    pub name: String,
    pub look: Look,
    /// The link the element is part of, by its number.
    pub anchor: Option<usize>,
}

/// The open elements, the outermost first.
#[derive(Debug, Default)]
pub(super) struct Stack {
    elements: Vec<Element>,
    /// How many of each name are open, so that most questions need no search.
    open: HashMap<String, usize>,
}

/// Deeper elements are read as part of the one around them; browsers do the same at 512.
const DEPTH_AT_MOST: usize = 256;

impl Stack {
    pub(super) fn top(&self) -> Option<&Element> {
        self.elements.last()
    }

    /// The look inside the innermost element.
    pub(super) fn top_look(&self) -> Look {
        self.top().map(|element| element.look).unwrap_or_default()
    }

    /// The look of what comes next. What stands in a table but in no cell is shown before the table.
    pub(super) fn look(&self) -> Look {
        match self.top() {
            Some(top) if top.name == "table" || is_row_part(&top.name) => {
                let table = self.last("table").and_then(|at| at.checked_sub(1));
                let outside = table.and_then(|at| self.elements.get(at));
                outside.map(|element| element.look).unwrap_or_default()
            }
            Some(top) => top.look,
            None => Look::default(),
        }
    }

    pub(super) fn is_open(&self, name: &str) -> bool {
        self.open.contains_key(name)
    }

    /// Opens an element, unless too many are open.
    pub(super) fn push(&mut self, element: Element) {
        if self.elements.len() < DEPTH_AT_MOST {
            *self.open.entry(element.name.clone()).or_default() += 1;
            self.elements.push(element);
        }
    }

    /// Closes every element that the end tag `name` closes; gives the closed ones.
    pub(super) fn close(&mut self, name: &str) -> Vec<Element> {
        let closed = if is_heading(name) {
            let headings = |element: &Element| is_heading(&element.name);
            self.elements.iter().rposition(headings)
        } else {
            self.last(name)
        };
        closed.map_or_else(Vec::new, |at| self.truncate(at))
    }

    /// Closes what the start tag `name` closes because HTML lets authors leave it open; gives the closed ones.
    pub(super) fn close_implied(&mut self, name: &str) -> Vec<Element> {
        const CELLS: [&str; 6] = ["td", "th", "caption", "button", "object", "template"];
        let (left_open, within): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu", "table"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl", "table"]),
            "td" | "th" => (&["td", "th", "caption"], &["table"]),
            "tr" => (&["tr", "caption"], &["table"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot", "caption"], &["table"]),
            "option" | "optgroup" => (&["option"], &["select"]),
            "a" => (&["a"], &["table"]),
            "button" => (&["button"], &[]),
            _ if is_heading(name) => (&HEADINGS, &["div", "section", "table", "li"]),
            _ => (&[], &[]),
        };
        let mut closed = self.close_within(left_open, within);
        if is_block(name) {
            closed.extend(self.close_within(&["p"], &CELLS));
            closed.extend(self.close_within(&["svg", "math"], &[]));
        }
        closed
    }

    /// Closes the outermost of the elements `names` that stands inside the innermost of `within`.
    fn close_within(&mut self, names: &[&str], within: &[&str]) -> Vec<Element> {
        if !names.iter().any(|name| self.is_open(name)) {
            return Vec::new();
        }
        let stops = |element: &Element| within.contains(&element.name.as_str());
        let floor = self.elements.iter().rposition(stops);
        let floor = floor.map_or(0, |at| at + 1);
        let closed = |element: &Element| names.contains(&element.name.as_str());
        let at = self.elements.iter().skip(floor).position(closed);
        at.map_or_else(Vec::new, |at| self.truncate(floor + at))
    }

    fn last(&self, name: &str) -> Option<usize> {
        let named = |element: &Element| element.name == name;
        let open = self.is_open(name).then_some(&self.elements)?;
        open.iter().rposition(named)
    }

    fn truncate(&mut self, at: usize) -> Vec<Element> {
        let closed = self.elements.split_off(at);
        for element in &closed {
            if let Some(count) = self.open.get_mut(&element.name) {
                *count -= 1;
                if *count == 0 {
                    self.open.remove(&element.name);
                }
            }
        }
        closed
    }
}

/// Whether a start tag opens nothing where it stands.
pub(super) fn is_ignored(tag: &Tag, stack: &Stack) -> bool {
    match tag.name.as_str() {
        // Their attributes are the inbox's business, and a second one opens nothing.
        "html" | "head" | "body" => true,
        "form" => stack.is_open("form"),
        name => is_table_part(name) && !stack.is_open("table"),
    }
}

/// Whether a start tag opens nothing because its element has no contents.
pub(super) fn is_void(tag: &Tag, stack: &Stack) -> bool {
    const VOID: [&str; 16] = [
        "area", "base", "basefont", "bgsound", "col", "embed", "frame", "hr", "input", "keygen",
        "link", "meta", "param", "source", "track", "wbr",
    ];
    let foreign = stack.is_open("svg") || stack.is_open("math");
    VOID.contains(&tag.name.as_str()) || (tag.closes_itself && foreign)
}

/// Whether an element stands in a table as of right, and so is as hidden as the table is.
pub(super) fn is_table_part(name: &str) -> bool {
    is_row_part(name) || matches!(name, "td" | "th" | "caption" | "col" | "colgroup")
}

/// Whether an element's text stands on lines of its own.
pub(super) fn is_block(name: &str) -> bool {
    match name {
        "address" | "article" | "aside" | "blockquote" | "caption" | "center" | "dd"
        | "details" | "dialog" | "dir" | "div" | "dl" | "dt" | "fieldset" | "figcaption"
        | "figure" | "footer" | "form" | "header" | "hgroup" | "hr" | "legend" | "li" | "main"
        | "menu" | "nav" | "ol" | "option" | "p" | "pre" | "search" | "section" | "summary"
        | "table" | "tbody" | "tfoot" | "thead" | "tr" | "ul" | "xmp" => true,
        name => is_heading(name),
    }
}

const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

fn is_heading(name: &str) -> bool {
    HEADINGS.contains(&name)
}

fn is_row_part(name: &str) -> bool {
    matches!(name, "tr" | "tbody" | "thead" | "tfoot")
}
