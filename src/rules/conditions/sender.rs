//! `sender`, `sender_email`, `sender_email_domain`: who wrote.

use super::links::read_domains;
use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::message::ContactKind;
use crate::rules::condition::Condition;
use crate::rules::links::host_is_or_under;
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
        Some(Box::new(SenderEmailDomain { domains }))
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
        Some(match &subject.message.from.email {
            Some(email) => format!("the sender's address is {email}"),
            None => "the sender gave no address".to_owned(),
        })
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
}

impl Condition for SenderEmailDomain {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let email = subject.message.from.email.as_deref()?;
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
}

/// The domain of the list at which, or under which, the address is.
#[must_use]
pub fn is_at_one_of<'d>(email: &str, domains: &'d [String]) -> Option<&'d String> {
    let (_, host) = email.trim().rsplit_once('@')?;
    // Domains are kept as `link_domain` reads them: names in other scripts in their ASCII form.
    let host = match url::Host::parse(host) {
        Ok(url::Host::Domain(domain)) => domain.trim_end_matches('.').to_owned(),
        _ => host.to_lowercase(),
    };
    domains
        .iter()
        .find(|domain| host_is_or_under(&host, domain))
}
