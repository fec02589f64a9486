//! `sender`, `sender_email`, `sender_email_domain`, `sender_email_list`, `sender_has_email`: who wrote.

use std::collections::HashMap;
use std::sync::Arc;

use super::links::{bad_entry, plain_domain, read_domains};
use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::message::ContactKind;
use crate::problem::Problem;
use crate::rules::condition::Condition;
use crate::rules::engine::{DomainsId, Needs, Sign, parents};
use crate::rules::links::host_is_or_under;
use crate::rules::lists::{List, read_list};
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

pub const SENDER: Kind = Kind {
    name: "sender",
    about: "The sender is a lead (not registered) or a customer (registered).",
    example: "{ sender = [\"lead\"] }",
    fires: r#"{ text = "Hello", sender = "lead" }"#,
    passes: r#"{ text = "Hello", sender = "customer" }"#,
    schema: || schema::words(ContactKind::ALL, ContactKind::as_str),
    read: |reader, value| {
        let kinds =
            reader.vocabulary(value, ContactKind::ALL, ContactKind::as_str, "[\"lead\"]")?;
        Some(Box::new(Sender { kinds }))
    },
};

pub const SENDER_EMAIL: Kind = Kind {
    name: "sender_email",
    about: "The sender's e-mail address is one of these; * stands for any characters.",
    example: "{ sender_email = [\"*@example.com\"] }",
    fires: r#"{ text = "Hello", sender_email = "ann@example.com" }"#,
    passes: r#"{ text = "Hello", sender_email = "ann@other.example" }"#,
    schema: schema::texts,
    read: |reader, value| Some(Box::new(SenderEmail::read(reader, value)?)),
};

pub const SENDER_EMAIL_DOMAIN: Kind = Kind {
    name: "sender_email_domain",
    about: "The sender's e-mail address is at one of these domains or a sub-domain of one.",
    example: "{ sender_email_domain = [\"example.com\"] }",
    fires: r#"{ text = "Hello", sender_email = "ann@mail.example.com" }"#,
    passes: r#"{ text = "Hello", sender_email = "ann@other.example" }"#,
    schema: schema::texts,
    read: |reader, value| {
        let domains = read_domains(reader, value, "[\"example.com\"]")?;
        let hosts = domains.iter().map(String::as_str);
        let set = reader.shared.lexicon.domains(hosts);
        Some(Box::new(SenderEmailDomain { domains, set }))
    },
};

pub const SENDER_EMAIL_LIST: Kind = Kind {
    name: "sender_email_list",
    about: "The sender's e-mail address is in this list file. One address a line, or a domain, which stands for everybody there and at its sub-domains.",
    example: "{ sender_email_list = \"lists/sites.txt\" }",
    fires: r#"{ text = "Hello", sender_email = "ann@mail.fiverr.com" }"#,
    passes: r#"{ text = "Hello", sender_email = "ann@other.example" }"#,
    schema: schema::list_name,
    read: |reader, value| Some(Box::new(Listed::read(reader, value)?)),
};

pub const SENDER_HAS_EMAIL: Kind = Kind {
    name: "sender_has_email",
    about: "The sender gave (true) or did not give (false) an e-mail address.",
    example: "{ sender_has_email = false }",
    fires: r#"{ text = "Hello" }"#,
    passes: r#"{ text = "Hello", sender_email = "ann@other.example" }"#,
    schema: schema::yes_or_no,
    read: |reader, value| {
        let wanted = reader.yes_or_no(value, "{ sender_has_email = true }")?;
        Some(Box::new(HasEmail { wanted }))
    },
};

#[derive(Debug)]
struct Sender {
    kinds: Vec<ContactKind>,
}

impl Condition for Sender {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let kind = subject.message.from.kind;
        self.kinds.contains(&kind).then(|| {
            vec![evidence(
                "sender",
                Part::Sender,
                kind.as_str(),
                kind.as_str(),
            )]
        })
    }

    fn say(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.as_str()).collect();
        format!("the sender is a {}", kinds.join(" or a "))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("the sender is a {}", subject.message.from.kind))
    }
}

#[derive(Debug)]
struct SenderEmail {
    written: Vec<String>,
}

impl SenderEmail {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Self> {
        let example = "[\"*@example.com\"]";
        let texts = reader.texts(value, example)?;
        let before = reader.problems.len();
        for (text, span) in &texts {
            if !text.contains('@') {
                let help = format!(
                    "write \"*@{text}\" for everybody at a domain, or use `sender_email_domain`"
                );
                reader.error(
                    "bad-address",
                    span,
                    format!("`{text}` has no @, so no address is like it"),
                    help,
                );
            }
        }
        let written = texts
            .into_iter()
            .map(|(text, _)| text.trim().to_lowercase())
            .collect();
        (reader.problems.len() == before).then_some(Self { written })
    }
}

impl Condition for SenderEmail {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let email = subject.message.from.email.as_deref()?;
        let plain = email.trim().to_lowercase();
        let glob = self
            .written
            .iter()
            .find(|glob| glob_matches(glob, &plain))?;
        Some(vec![evidence("sender_email", Part::Sender, email, glob)])
    }

    fn say(&self) -> String {
        format!("the sender's address is {}", say_list(&self.written))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(said_address(subject))
    }
}

/// Whether `text` is like `glob`, in which `*` stands for any characters. Costs at most their lengths multiplied.
pub(super) fn glob_matches(glob: &str, text: &str) -> bool {
    let mut pieces = glob.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[derive(Debug)]
struct SenderEmailDomain {
    domains: Vec<String>,
    set: DomainsId,
}

impl Condition for SenderEmailDomain {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let email = subject.message.from.email.as_deref()?;
        if !subject.seen().is_home(self.set) {
            return None;
        }
        let domain = is_at_one_of(email, &self.domains)?;
        Some(vec![evidence(
            "sender_email_domain",
            Part::Sender,
            email,
            domain,
        )])
    }

    fn say(&self) -> String {
        format!("the sender's address is at {}", say_list(&self.domains))
    }

    fn alternatives(&self) -> Vec<String> {
        let at = |domain: &String| format!("sender_email_domain: {domain}");
        self.domains.iter().map(at).collect()
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        Needs::sign(Sign::Home(self.set), 0.001)
    }
}

/// A list of addresses and of domains.
#[derive(Debug)]
struct Listed {
    list: Arc<List>,
    /// Addresses in lower case, and the entries as written.
    addresses: HashMap<String, String>,
    /// Domains, and the entries as written.
    domains: HashMap<String, String>,
    set: DomainsId,
}

impl Listed {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Self> {
        let list = read_list(reader, value, "sender_email_list = \"lists/senders.txt\"")?;
        let (mut addresses, mut domains) = (HashMap::new(), HashMap::new());
        for entry in &list.entries {
            if entry.text.contains('@') {
                let odd = |c: char| c.is_whitespace() || "*<>,;".contains(c);
                if entry.text.contains(odd) || entry.text.starts_with('@') {
                    let help = "one plain address a line, ann@example.com, or the domain alone, example.com, for everybody there";
                    let message = format!("`{}` is not an address", entry.text);
                    let problem = Problem::error("bad-address", message).help(help);
                    reader.shared.lists.refuse(problem, &list, entry);
                    continue;
                }
                addresses.insert(entry.text.to_lowercase(), entry.text.clone());
            } else {
                let domain = plain_domain(&entry.text);
                let domain = bad_entry(reader, &list, entry, domain);
                domains.extend(domain.map(|domain| (domain, entry.text.clone())));
            }
        }
        let hosts = domains.keys().map(String::as_str);
        let set = reader.shared.lexicon.domains(hosts);
        Some(Self {
            list,
            addresses,
            domains,
            set,
        })
    }
}

impl Condition for Listed {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let email = subject.message.from.email.as_deref()?;
        let domain = || {
            let host = host_of_address(email)?;
            parents(&host).find_map(|parent| self.domains.get(parent))
        };
        let address = self.addresses.get(&email.trim().to_lowercase());
        let entry = address.or_else(domain)?;
        Some(vec![Evidence {
            list: Some(self.list.name.clone()),
            ..evidence("sender_email_list", Part::Sender, email, entry)
        }])
    }

    fn say(&self) -> String {
        format!(
            "the sender's address is in {} ({} entries)",
            self.list.name,
            self.list.entries.len()
        )
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(said_address(subject))
    }

    fn alternatives(&self) -> Vec<String> {
        vec![format!("sender_email_list: {}", self.list.name)]
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        if self.addresses.is_empty() {
            Needs::sign(Sign::Home(self.set), 0.01)
        } else {
            Needs::Nothing
        }
    }
}

#[derive(Debug)]
struct HasEmail {
    wanted: bool,
}

impl HasEmail {
    const fn words(has: bool) -> &'static str {
        if has {
            "the sender gave an e-mail address"
        } else {
            "the sender gave no e-mail address"
        }
    }
}

impl Condition for HasEmail {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let email = subject.message.from.email.as_deref();
        let found = email.unwrap_or("no address");
        (email.is_some() == self.wanted).then(|| {
            let wanted = Self::words(self.wanted);
            vec![evidence("sender_has_email", Part::Sender, found, wanted)]
        })
    }

    fn say(&self) -> String {
        Self::words(self.wanted).to_owned()
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(said_address(subject))
    }
}

fn said_address(subject: &Subject<'_>) -> String {
    match &subject.message.from.email {
        Some(email) => format!("the sender's address is {email}"),
        None => "the sender gave no address".to_owned(),
    }
}

/// The domain of the list at which, or under which, the address is.
#[must_use]
pub fn is_at_one_of<'d>(email: &str, domains: &'d [String]) -> Option<&'d String> {
    let host = host_of_address(email)?;
    domains
        .iter()
        .find(|domain| host_is_or_under(&host, domain))
}

/// The host of an address as `link_domain` reads domains: names in other scripts in their ASCII form.
pub(in crate::rules) fn host_of_address(email: &str) -> Option<String> {
    let (_, host) = email.trim().rsplit_once('@')?;
    Some(match url::Host::parse(host) {
        Ok(url::Host::Domain(domain)) => domain.trim_end_matches('.').to_owned(),
        _ => host.to_lowercase(),
    })
}
