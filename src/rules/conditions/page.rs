//! `page`: where on the web the conversation was started.

use std::ops::Range;

use url::Url;

use super::sender::glob_matches;
use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::read::Reader;
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

const EXAMPLE: &str = "[\"/pricing*\"]";

pub const PAGE: Kind = Kind {
    name: "page",
    about: "The conversation was started on one of these pages; * stands for any characters. What begins with / is compared with the path, anything else with host and path; capitals, the part behind ? or #, and a / at the end make no difference. Only the message that opens a conversation tells its page.",
    example: "{ page = [\"/pricing*\"] }",
    fires: r#"{ text = "Hello", page = "https://www.example.com/pricing/teams?plan=pro" }"#,
    passes: r#"{ text = "Hello", page = "https://www.example.com/blog/pricing" }"#,
    schema: schema::texts,
    read: |reader, value| {
        let texts = reader.texts(value, EXAMPLE)?;
        let before = reader.problems.len();
        let globs: Vec<Glob> = texts
            .into_iter()
            .filter_map(|(text, span)| Glob::read(reader, text, &span))
            .collect();
        (reader.problems.len() == before).then(|| Box::new(Page { globs }) as Box<dyn Condition>)
    },
};

/// An address with `*`.
#[derive(Debug)]
struct Glob {
    written: String,
    /// Nothing when it begins with `/` and the path alone is compared.
    host: Option<String>,
    path: String,
}

impl Glob {
    fn read(reader: &mut Reader<'_>, written: String, span: &Range<usize>) -> Option<Self> {
        let text = written.trim();
        let (message, help) = if text.contains(['?', '#']) {
            (
                format!("in `{text}` the part behind ? or # is not compared"),
                "leave it out: what stands there makes no difference".to_owned(),
            )
        } else {
            let (host, path) = host_and_path(text);
            if host.as_deref().is_none_or(is_host) {
                return Some(Self {
                    written,
                    host,
                    path,
                });
            }
            (
                format!("`{text}` begins neither with / nor with a host"),
                format!("write \"/{text}\" for a path, or put the host in front"),
            )
        };
        reader.error("bad-page", span, message, help);
        None
    }

    fn matches(&self, page: &str) -> bool {
        let (page_host, page_path) = host_and_path(page);
        match &self.host {
            None => glob_matches(&self.path, &page_path),
            Some(host) => glob_matches(
                &format!("{host}{}", self.path),
                &format!("{}{page_path}", page_host.unwrap_or_default()),
            ),
        }
    }
}

/// Whether it may be meant for a host: `pricing*` is meant for a path.
fn is_host(host: &str) -> bool {
    host.contains(['.', ':']) || host.starts_with('*') || host == "localhost"
}

/// Host (with its port, if it has one) and path of an address, in lower case, without a `/` at the end. An address that
/// begins with `/` has no host.
fn host_and_path(address: &str) -> (Option<String>, String) {
    let address = address.trim();
    let bare = address.split_once("://").map_or(address, |(_, bare)| bare);
    let bare = bare.split(['?', '#']).next().unwrap_or_default();
    let hosted = if bare.starts_with('/') {
        format!("https://any.example{bare}")
    } else {
        format!("https://{bare}")
    };
    // As a browser would write it: other scripts in their ASCII form.
    let (host, path) = match Url::parse(&hosted) {
        Ok(url) => {
            let port = url
                .port()
                .map(|port| format!(":{port}"))
                .unwrap_or_default();
            let host = url.host_str().unwrap_or_default();
            (format!("{host}{port}"), url.path().to_owned())
        }
        Err(_) => match bare.split_once('/') {
            Some((host, path)) => (host.to_owned(), format!("/{path}")),
            None => (bare.to_owned(), String::new()),
        },
    };
    let host = (!bare.starts_with('/')).then(|| host.to_lowercase());
    (host, path.trim_end_matches('/').to_lowercase())
}

#[derive(Debug)]
struct Page {
    globs: Vec<Glob>,
}

impl Condition for Page {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let page = subject.message.page.as_deref()?;
        let glob = self.globs.iter().find(|glob| glob.matches(page))?;
        Some(vec![evidence("page", Part::Place, page, &glob.written)])
    }

    fn say(&self) -> String {
        let globs: Vec<String> = self.globs.iter().map(|glob| glob.written.clone()).collect();
        format!("the conversation was started on {}", say_list(&globs))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(match &subject.message.page {
            Some(page) => format!("it was started on {page}"),
            None => "the message does not tell on which page".to_owned(),
        })
    }
}
