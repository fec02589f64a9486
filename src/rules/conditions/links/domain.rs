//! `link_domain`, `link_list`: whose site a link leads to.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::{Kind, say_list};
use super::link_evidence;
use super::shared;
use crate::decision::Evidence;
use crate::problem::Problem;
use crate::rules::condition::Condition;
use crate::rules::engine::{DomainsId, Needs, Sign, parents};
use crate::rules::links::{Link, host_is_or_under};
use crate::rules::lists::{Entry, List, read_list};
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::Subject;

/// Most links told of one condition.
const MOST_TOLD: usize = 20;

pub const LINK_DOMAIN: Kind = Kind {
    name: "link_domain",
    about: "A link leads to one of these domains or to a sub-domain of one. With a path (\"t.me/joinchat\") only to that \
            page and those below it; case does not matter.",
    example: "{ link_domain = [\"fiverr.com\"] }",
    fires: r#""See https://www.fiverr.com/x""#,
    passes: r#""See https://fiverr.example/x""#,
    schema: schema::texts,
    read: |reader, value| {
        let targets = read_targets(reader, value)?;
        Some(Box::new(LinkDomain::new(reader, targets, None)))
    },
};

pub const LINK_LIST: Kind = Kind {
    name: "link_list",
    about: "A link leads to a domain in this list file, or to a sub-domain of one. One domain a line, with a path if only a part of the site is meant.",
    example: "{ link_list = \"lists/sites.txt\" }",
    fires: r#""See https://www.fiverr.com/x""#,
    passes: r#""See https://fiverr.example/x""#,
    schema: schema::list_name,
    read: |reader, value| {
        let list = read_list(reader, value, "link_list = \"lists/sites.txt\"")?;
        let targets = list.entries.iter().filter_map(|entry| {
            let target = Target::read(&entry.text);
            bad_entry(reader, &list, entry, target)
        });
        let targets = targets.collect();
        Some(Box::new(LinkDomain::new(reader, targets, Some(list))))
    },
};

/// What an entry of a list of domains means; an entry that is none is told and refused.
pub(in super::super) fn bad_entry<T>(
    reader: &mut Reader<'_>,
    list: &List,
    entry: &Entry,
    read: Result<T, String>,
) -> Option<T> {
    read.map_err(|help| {
        let problem = Problem::error(
            "bad-domain",
            format!("`{}` is not a domain name", entry.text),
        );
        reader.shared.lists.refuse(problem.help(help), list, entry);
    })
    .ok()
}

/// Reads a list of domain names: lower-cased, without scheme, path or `*.`.
pub(in super::super) fn read_domains<'a>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    example: &str,
) -> Option<Vec<String>> {
    let found = read_each(reader, value, example, plain_domain)?;
    Some(found.into_iter().map(|(domain, _)| domain).collect())
}

fn read_each<'a, T>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    example: &str,
    read: fn(&str) -> Result<T, String>,
) -> Option<Vec<(T, Range<usize>)>> {
    let texts = reader.texts(value, example)?;
    let before = reader.problems.len();
    let mut found = Vec::new();
    for (text, span) in texts {
        match read(&text) {
            Ok(read) => found.push((read, span)),
            Err(help) => reader.error(
                "bad-domain",
                &span,
                format!("`{text}` is not a domain name"),
                help,
            ),
        }
    }
    (reader.problems.len() == before).then_some(found)
}

pub(in super::super) fn plain_domain(text: &str) -> Result<String, String> {
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

fn read_targets<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Vec<Target>> {
    let found = read_each(reader, value, "[\"fiverr.com\"]", Target::read)?;
    for (target, span) in &found {
        if target.path.is_empty()
            && let Some((message, help)) = shared::warning(&target.host)
        {
            reader.warning("shared-host", span, message, help);
        }
    }
    Some(found.into_iter().map(|(target, _)| target).collect())
}

/// A site, or a part of one.
#[derive(Debug)]
struct Target {
    host: String,
    /// The first segments of the path, in lower case.
    path: Vec<String>,
}

impl Target {
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bare = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        if let Some(bare) = bare {
            return Err(match Self::read(bare) {
                Ok(target) => format!("leave the scheme out, like this: \"{}\"", target.say()),
                Err(help) => help,
            });
        }
        let Some((host, path)) = text.split_once('/') else {
            return plain_domain(text).map(|host| Self {
                host,
                path: Vec::new(),
            });
        };
        let host = plain_domain(host)?;
        if path.contains(['?', '#', '*']) || path.contains(char::is_whitespace) {
            let path = path.split(['?', '#', '*', ' ']).next().unwrap_or("");
            let page = format!("{host}/{path}");
            return Err(format!(
                "leave out ?, # and *; what lies below is always meant too: \"{}\"",
                page.trim_end_matches('/')
            ));
        }
        // Written as the addresses of links are.
        let path = match url::Url::parse(&format!("http://{host}/{path}")) {
            Ok(url) => segments(url.path()).map(str::to_ascii_lowercase).collect(),
            Err(_) => return Err("an address looks like this: \"example.com/page\"".to_owned()),
        };
        Ok(Self { host, path })
    }

    fn covers(&self, link: &Link) -> bool {
        if !host_is_or_under(&link.host, &self.host) {
            return false;
        }
        let mut path = segments(link.path.split(['?', '#']).next().unwrap_or(""));
        self.path.iter().all(|wanted| {
            path.next()
                .is_some_and(|segment| segment.eq_ignore_ascii_case(wanted))
        })
    }

    fn say(&self) -> String {
        let mut said = self.host.clone();
        for segment in &self.path {
            said.push('/');
            said.push_str(segment);
        }
        said
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[derive(Debug)]
struct LinkDomain {
    targets: Vec<Target>,
    set: DomainsId,
    /// The list file in which they stand.
    list: Option<Arc<List>>,
    /// Targets by host and the first segment of their path.
    by_site: HashMap<(String, String), Vec<usize>>,
}

impl LinkDomain {
    fn new(reader: &mut Reader<'_>, targets: Vec<Target>, list: Option<Arc<List>>) -> Self {
        let hosts = targets.iter().map(|target| target.host.as_str());
        let set = reader.shared.lexicon.domains(hosts);
        let mut by_site: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (target, number) in targets.iter().zip(0..) {
            let first = target.path.first().cloned().unwrap_or_default();
            let same = by_site.entry((target.host.clone(), first)).or_default();
            same.push(number);
        }
        Self {
            targets,
            set,
            list,
            by_site,
        }
    }

    /// The first target that covers a link, by its number.
    fn target_of(&self, link: &Link) -> Option<usize> {
        let path = link.path.split(['?', '#']).next().unwrap_or("");
        let first = segments(path).next().unwrap_or("").to_ascii_lowercase();
        let site = |host: &str| {
            let whole = self.by_site.get(&(host.to_owned(), String::new()));
            let part = self.by_site.get(&(host.to_owned(), first.clone()));
            let both = whole.into_iter().chain(part.filter(|_| !first.is_empty()));
            both.flatten().copied().collect::<Vec<_>>()
        };
        let covers = |number: &usize| {
            self.targets
                .get(*number)
                .is_some_and(|target| target.covers(link))
        };
        parents(&link.host).flat_map(site).filter(covers).min()
    }

    /// The list and its entry of this number. Where a list is in force each of its entries is a target.
    fn entry(&self, number: usize) -> Option<(&List, &Entry)> {
        let list = self.list.as_ref()?;
        Some((list, list.entries.get(number)?))
    }
}

impl Condition for LinkDomain {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let hits = subject.seen().of_domains(self.set).iter();
        let evidence: Vec<Evidence> = hits
            .filter_map(|hit| {
                let link = subject.text.links.get(hit.link)?;
                let number = self.target_of(link)?;
                let target = self.targets.get(number)?;
                Some(match self.entry(number) {
                    Some((list, entry)) => Evidence {
                        wanted: entry.text.clone(),
                        list: Some(list.name.clone()),
                        ..link_evidence("link_list", link, "")
                    },
                    None => link_evidence("link_domain", link, &target.say()),
                })
            })
            .take(MOST_TOLD)
            .collect();
        (!evidence.is_empty()).then_some(evidence)
    }

    fn say(&self) -> String {
        if let Some(list) = &self.list {
            let count = self.targets.len();
            return format!("a link leads to a site in {} ({count} entries)", list.name);
        }
        let said: Vec<String> = self.targets.iter().map(Target::say).collect();
        format!("a link leads to {}", say_list(&said))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        let link = subject.text.links.first()?;
        Some(format!("its links lead elsewhere, such as {}", link.host))
    }

    fn alternatives(&self) -> Vec<String> {
        match &self.list {
            Some(list) => vec![format!("link_list: {}", list.name)],
            None => self
                .targets
                .iter()
                .map(|target| format!("link_domain: {}", target.say()))
                .collect(),
        }
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        Needs::sign(Sign::Domain(self.set), 0.001)
    }
}
