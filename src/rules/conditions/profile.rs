//! `sender_verified`, `sender_company`, `sender_role`, `sender_attribute`: what Featurebase keeps of the sender. Looked up
//! only when a rule hinges on it.

use super::{Kind, say_list};
use crate::decision::{Evidence, Lookup, Part, Profile, Wanted};
use crate::rules::condition::Condition;
use crate::rules::fold::fold;
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

const ATTRIBUTE_EXAMPLE: &str = "{ name = \"plan\", is = [\"pro\"] }";

pub const SENDER_VERIFIED: Kind = Kind {
    name: "sender_verified",
    about: "Featurebase has (true) or has not (false) verified who the sender is. Looked up at Featurebase.",
    example: "{ sender_verified = false }",
    fires: "{ text = \"Hello\", sender_verified = false }",
    passes: "{ text = \"Hello\", sender_verified = true }",
    schema: schema::yes_or_no,
    read: |reader, value| {
        let wanted = reader.yes_or_no(value, "{ sender_verified = true }")?;
        Some(Box::new(Verified { wanted }))
    },
};

pub const SENDER_COMPANY: Kind = Kind {
    name: "sender_company",
    about: "The sender belongs to one of these companies, by their names in Featurebase; * stands for any company. Looked up at Featurebase.",
    example: "{ sender_company = [\"Acme\"] }",
    fires: "{ text = \"Hello\", sender_company = [\"ACME\"] }",
    passes: "{ text = \"Hello\", sender_company = [\"Other Ltd\"] }",
    schema: schema::texts,
    read: |reader, value| {
        Some(Box::new(Listed::read(
            reader,
            value,
            What::Company,
            "[\"Acme\"]",
        )?))
    },
};

pub const SENDER_ROLE: Kind = Kind {
    name: "sender_role",
    about: "The sender has one of these roles in Featurebase; * stands for any role. Looked up at Featurebase.",
    example: "{ sender_role = [\"beta-tester\"] }",
    fires: "{ text = \"Hello\", sender_role = [\"beta-tester\"] }",
    passes: "{ text = \"Hello\", sender_role = [\"reader\"] }",
    schema: schema::texts,
    read: |reader, value| {
        Some(Box::new(Listed::read(
            reader,
            value,
            What::Role,
            "[\"beta-tester\"]",
        )?))
    },
};

pub const SENDER_ATTRIBUTE: Kind = Kind {
    name: "sender_attribute",
    about: "A field of your own that Featurebase keeps of the sender has one of these values; * stands for any value. Numbers are written in quotes. Looked up at Featurebase.",
    example: "{ sender_attribute = { name = \"plan\", is = [\"pro\"] } }",
    fires: "{ text = \"Hello\", sender_attributes = { plan = \"Pro\" } }",
    passes: "{ text = \"Hello\", sender_attributes = { plan = \"free\" } }",
    schema: || {
        schema::table(
            &[("name", schema::text()), ("is", schema::texts())],
            &["name", "is"],
        )
    },
    read: |reader, value| Some(Box::new(Attribute::read(reader, value)?)),
};

/// What was looked up; nothing before that, or when it could not be had.
const fn profile<'s>(subject: &Subject<'s>) -> Option<&'s Profile> {
    match &subject.facts.profile {
        Lookup::Found(profile) => Some(profile),
        Lookup::NotAsked | Lookup::Failed { .. } => None,
    }
}

/// The first of `values` that is one of `wanted`, and which: capitals make no difference.
fn one_of<'v>(values: &'v [String], wanted: &'v [String]) -> Option<(&'v String, &'v String)> {
    values.iter().find_map(|value| {
        let plain = fold(value);
        let same = |one: &&String| one.as_str() == "*" || fold(one) == plain;
        Some((value, wanted.iter().find(same)?))
    })
}

#[derive(Debug)]
struct Verified {
    wanted: bool,
}

impl Verified {
    const fn words(is: bool) -> &'static str {
        if is {
            "Featurebase has verified the sender"
        } else {
            "Featurebase has not verified the sender"
        }
    }

    fn is(subject: &Subject<'_>) -> bool {
        profile(subject).is_some_and(|profile| profile.verified == Some(true))
    }
}

impl Condition for Verified {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        profile(subject)?;
        let words = Self::words(self.wanted);
        (Self::is(subject) == self.wanted)
            .then(|| vec![evidence("sender_verified", Part::Sender, words, words)])
    }

    fn say(&self) -> String {
        Self::words(self.wanted).to_owned()
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        profile(subject).map(|_| Self::words(Self::is(subject)).to_owned())
    }

    fn unknown(&self, subject: &Subject<'_>) -> bool {
        profile(subject).is_none()
    }

    fn wants(&self, wanted: &mut Wanted) {
        wanted.profile = true;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Company,
    Role,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Company => "sender_company",
            Self::Role => "sender_role",
        }
    }

    fn of(self, profile: &Profile) -> &[String] {
        match self {
            Self::Company => &profile.companies,
            Self::Role => &profile.roles,
        }
    }
}

#[derive(Debug)]
struct Listed {
    what: What,
    wanted: Vec<String>,
}

impl Listed {
    fn read<'a>(
        reader: &mut Reader<'a>,
        value: &Value<'a>,
        what: What,
        example: &str,
    ) -> Option<Self> {
        let texts = reader.texts(value, example)?;
        let wanted = texts.into_iter().map(|(text, _)| text).collect();
        Some(Self { what, wanted })
    }
}

impl Condition for Listed {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let (value, wanted) = one_of(self.what.of(profile(subject)?), &self.wanted)?;
        Some(vec![evidence(
            self.what.name(),
            Part::Sender,
            value,
            wanted,
        )])
    }

    fn say(&self) -> String {
        let list = say_list(&self.wanted);
        let any = self.wanted.iter().any(|one| one == "*");
        match self.what {
            What::Company if any => "the sender belongs to a company".to_owned(),
            What::Role if any => "the sender has a role".to_owned(),
            What::Company => format!("the sender's company is {list}"),
            What::Role => format!("the sender's role is {list}"),
        }
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(match self.what.of(profile(subject)?) {
            [] => "Featurebase knows of none".to_owned(),
            known => format!("Featurebase says {}", say_list(known)),
        })
    }

    fn unknown(&self, subject: &Subject<'_>) -> bool {
        profile(subject).is_none()
    }

    fn wants(&self, wanted: &mut Wanted) {
        wanted.profile = true;
    }
}

#[derive(Debug)]
struct Attribute {
    name: String,
    wanted: Vec<String>,
}

impl Attribute {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Self> {
        let table = reader.table(value, ATTRIBUTE_EXAMPLE)?;
        reader.known_keys(table, &["name", "is"], "here");
        let (Some(name), Some(is)) = (table.get("name"), table.get("is")) else {
            reader.error(
                "missing-key",
                &value.span(),
                "`name` and `is` must both be there",
                format!("write it like this: {ATTRIBUTE_EXAMPLE}"),
            );
            return None;
        };
        let name = reader.text(name, "name = \"plan\"").map(str::to_owned);
        let is = reader.texts(is, "is = [\"pro\"]");
        Some(Self {
            name: name?,
            wanted: is?.into_iter().map(|(text, _)| text).collect(),
        })
    }

    fn value<'s>(&self, subject: &Subject<'s>) -> Option<&'s String> {
        profile(subject)?.attributes.get(&self.name)
    }
}

impl Condition for Attribute {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let value = self.value(subject)?;
        let (value, wanted) = one_of(std::slice::from_ref(value), &self.wanted)?;
        let matched = format!("{} = {value}", self.name);
        Some(vec![evidence(
            "sender_attribute",
            Part::Sender,
            &matched,
            wanted,
        )])
    }

    fn say(&self) -> String {
        format!("the sender's {} is {}", self.name, say_list(&self.wanted))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        profile(subject)?;
        Some(match self.value(subject) {
            Some(value) => format!("it is “{value}”"),
            None => format!("Featurebase keeps no {}", self.name),
        })
    }

    fn unknown(&self, subject: &Subject<'_>) -> bool {
        profile(subject).is_none()
    }

    fn wants(&self, wanted: &mut Wanted) {
        wanted.profile = true;
        wanted.attributes.insert(self.name.clone());
    }
}
