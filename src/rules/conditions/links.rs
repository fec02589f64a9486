//! `links`, `link_domain`: where the message would lead its reader.

use super::shape::Bounds;
use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::links::{Link, host_is_or_under};
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

pub const LINKS: Kind = Kind {
    name: "links",
    about: "The message has at least or at most so many links.",
    example: "{ links = { at_least = 1 } }",
    fires: r#""See https://shop.example""#,
    passes: r#""See our shop""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, "{ at_least = 1 }", &[])?;
        Some(Box::new(Links { bounds }))
    },
};

pub const LINK_DOMAIN: Kind = Kind {
    name: "link_domain",
    about: "A link leads to one of these domains or to a sub-domain of one.",
    example: "{ link_domain = [\"fiverr.com\"] }",
    fires: r#""See https://www.fiverr.com/x""#,
    passes: r#""See https://fiverr.example/x""#,
    schema: schema::texts,
    read: |reader, value| {
        let domains = read_domains(reader, value, "[\"fiverr.com\"]")?;
        Some(Box::new(LinkDomain { domains }))
    },
};

/// Reads a list of domain names: lower-cased, without scheme, path or `*.`.
pub(super) fn read_domains<'a>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    example: &str,
) -> Option<Vec<String>> {
    let texts = reader.texts(value, example)?;
    let before = reader.problems.len();
    let mut domains = Vec::new();
    for (text, span) in texts {
        match plain_domain(&text) {
            Ok(domain) => domains.push(domain),
            Err(help) => reader.error(
                "bad-domain",
                &span,
                format!("`{text}` is not a domain name"),
                help,
            ),
        }
    }
    (reader.problems.len() == before).then_some(domains)
}

fn plain_domain(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains("://")
        || text.contains('/')
        || text.contains('@')
        || text.contains(char::is_whitespace)
    {
        let host = url::Url::parse(text)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        return Err(match host {
            Some(host) => format!("only the domain, like this: \"{host}\""),
            None => "only the domain, like this: \"example.com\"".to_owned(),
        });
    }
    if let Some(rest) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
        return Err(format!(
            "sub-domains are always meant too; write \"{rest}\""
        ));
    }
    if !text.contains('.') {
        return Err("a domain has a dot in it, like this: \"example.com\"".to_owned());
    }
    match url::Host::parse(text) {
        Ok(url::Host::Domain(domain)) => Ok(domain.trim_end_matches('.').to_owned()),
        _ => Err("a domain name looks like this: \"example.com\"".to_owned()),
    }
}

#[derive(Debug)]
struct Links {
    bounds: Bounds,
}

fn link_count(subject: &Subject<'_>) -> u64 {
    u64::try_from(subject.text.links.len()).unwrap_or(u64::MAX)
}

fn link_evidence(condition: &str, link: &Link, wanted: &str) -> Evidence {
    Evidence {
        place: link.place.clone(),
        ..evidence(condition, Part::Link, &link.url, wanted)
    }
}

impl Condition for Links {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        if !self.bounds.hold(link_count(subject)) {
            return None;
        }
        let wanted = self.bounds.say();
        if subject.text.links.is_empty() {
            return Some(vec![evidence("links", Part::Link, "no links", &wanted)]);
        }
        Some(
            subject
                .text
                .links
                .iter()
                .take(5)
                .map(|link| link_evidence("links", link, &wanted))
                .collect(),
        )
    }

    fn say(&self) -> String {
        format!("the message has {}", self.bounds.say_of("link"))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it has {}", link_count(subject)))
    }
}

#[derive(Debug)]
struct LinkDomain {
    domains: Vec<String>,
}

impl Condition for LinkDomain {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let evidence: Vec<Evidence> = subject
            .text
            .links
            .iter()
            .filter_map(|link| {
                let domain = self
                    .domains
                    .iter()
                    .find(|domain| host_is_or_under(&link.host, domain))?;
                Some(link_evidence("link_domain", link, domain))
            })
            .collect();
        (!evidence.is_empty()).then_some(evidence)
    }

    fn say(&self) -> String {
        format!("a link leads to {}", say_list(&self.domains))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        let link = subject.text.links.first()?;
        Some(format!("its links lead elsewhere, such as {}", link.host))
    }
}
