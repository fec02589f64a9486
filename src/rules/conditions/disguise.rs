//! `disguise`: words written so that a person reads them and a program does not.

use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::engine::{Needs, Sign};
use crate::rules::fold::{Disguise, Trick};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

const EXAMPLE: &str = "[\"look-alikes\", \"mixed-scripts\"]";

pub const DISGUISE: Kind = Kind {
    name: "disguise",
    about: "The message hides words: behind look-alikes (fancy letters, digits for letters), hidden characters, \
            spaced letters, mixed scripts in one word, or in HTML that is not shown (hidden-html).",
    example: "{ disguise = [\"spaced-letters\", \"mixed-scripts\"] }",
    fires: r#""Play at our c.a.s.i.n.o today""#,
    passes: r#""The IT-компания in the U.S.A. is ours""#,
    schema: || schema::words(Trick::ALL, Trick::as_str),
    read: |reader, value| {
        let tricks = reader.vocabulary(value, Trick::ALL, Trick::as_str, EXAMPLE)?;
        Some(Box::new(Disguised { tricks }))
    },
};

#[derive(Debug)]
struct Disguised {
    tricks: Vec<Trick>,
}

impl Condition for Disguised {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let mut found: Vec<Evidence> = subject
            .folded
            .disguises()
            .iter()
            .filter(|disguise| self.tricks.contains(&disguise.kind))
            .map(|disguise| shown(subject, disguise))
            .collect();
        if self.tricks.contains(&Trick::HiddenHtml) && !subject.text.hidden.is_empty() {
            let hidden = &subject.text.hidden;
            found.push(evidence(
                "disguise",
                Part::Text,
                hidden,
                Trick::HiddenHtml.as_str(),
            ));
        }
        (!found.is_empty()).then_some(found)
    }

    fn say(&self) -> String {
        let tricks: Vec<String> = self.tricks.iter().map(Trick::to_string).collect();
        format!("the message hides words by {}", say_list(&tricks))
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        Needs::sign(Sign::Disguise, 0.05)
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        let disguise = subject.folded.disguises().first()?;
        Some(format!(
            "it hides “{}” by {}",
            disguise.reads, disguise.kind
        ))
    }
}

/// The disguised word where it stands, with what it reads as.
fn shown(subject: &Subject<'_>, disguise: &Disguise) -> Evidence {
    let written = subject
        .text
        .shown
        .get(disguise.place.clone())
        .unwrap_or_default();
    let wanted = format!("{}: reads “{}”", disguise.kind, disguise.reads);
    Evidence {
        place: Some(disguise.place.clone()),
        ..evidence("disguise", Part::Text, written, &wanted)
    }
}
