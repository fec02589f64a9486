//! `link_tld`: what the name of a link's site ends in.

use super::super::{Kind, say_list};
use super::link_evidence;
use crate::decision::Evidence;
use crate::rules::condition::Condition;
use crate::rules::engine::{Needs, Sign};
use crate::rules::links::{host_is_or_under, is_public_suffix};
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::Subject;

pub const LINK_TLD: Kind = Kind {
    name: "link_tld",
    about: "The name of a link's site ends in one of these: a top-level domain (\"top\", \"рф\") or another ending below \
            which names are registered (\"co.uk\"), by the public suffix list.",
    example: "{ link_tld = [\"top\", \"xyz\"] }",
    fires: r#""See https://shop-now.top/x""#,
    passes: r#""See https://top.shop.example/xyz""#,
    schema: schema::texts,
    read: |reader, value| {
        let endings = read_endings(reader, value)?;
        Some(Box::new(LinkTld { endings }))
    },
};

const EXAMPLE: &str = "[\"top\", \"xyz\"]";

fn read_endings<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Vec<String>> {
    let texts = reader.texts(value, EXAMPLE)?;
    let before = reader.problems.len();
    let mut endings = Vec::new();
    for (text, span) in texts {
        match ending(text.trim()) {
            Ok(ending) => endings.push(ending),
            Err(help) => reader.error(
                "bad-tld",
                &span,
                format!("no site's name ends in `{text}`"),
                help,
            ),
        }
    }
    (reader.problems.len() == before).then_some(endings)
}

/// The ending in the form hosts have.
fn ending(text: &str) -> Result<String, String> {
    let bare = text.trim_start_matches(['*', '.']);
    if bare != text {
        return Err(format!("write it without the dot: \"{bare}\""));
    }
    let Ok(url::Host::Domain(ending)) = url::Host::parse(text) else {
        return Err(format!("write it like this: {EXAMPLE}"));
    };
    if is_public_suffix(&ending) {
        return Ok(ending);
    }
    Err(if ending.contains('.') {
        format!(
            "names are not registered below it; for one site write {{ link_domain = [\"{text}\"] }}"
        )
    } else {
        "it is not a top-level domain; is it written right?".to_owned()
    })
}

#[derive(Debug)]
struct LinkTld {
    endings: Vec<String>,
}

impl Condition for LinkTld {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let links = subject.text.links.iter();
        let found: Vec<Evidence> = links
            .filter_map(|link| {
                let ending = self
                    .endings
                    .iter()
                    .find(|ending| host_is_or_under(&link.host, ending))?;
                Some(link_evidence("link_tld", link, ending))
            })
            .collect();
        (!found.is_empty()).then_some(found)
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        Needs::sign(Sign::Link, 0.3)
    }

    fn say(&self) -> String {
        format!("a link leads to a site in {}", say_list(&self.endings))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        let link = subject.text.links.first()?;
        Some(format!("its links lead elsewhere, such as {}", link.host))
    }
}
