//! A message made ready for judging: its text taken out once, folded once, looked through once.

use std::cell::OnceCell;
use std::ops::Range;

use super::engine::{Field, PatternId, SetId, Sightings, Sign};
use super::fold::{Folded, View};
use super::language::{self, Language};
use super::signal::{Found, Matcher, Signal, SignalId};
use super::text::{self, Text};
use crate::decision::{Evidence, Facts, Part};
use crate::fingerprint::Fingerprint;
use crate::message::Message;

/// Longest piece of a message quoted in one piece of evidence, in characters.
const QUOTE: usize = 120;

/// What conditions look at.
#[derive(Debug)]
pub struct Subject<'a> {
    pub message: &'a Message,
    pub facts: &'a Facts,
    pub text: Text,
    pub folded: Folded,
    name: Option<Folded>,
    headline: Option<Folded>,
    matcher: &'a Matcher,
    seen: Sightings,
    signals: Vec<Found>,
    fingerprint: OnceCell<Option<Fingerprint>>,
    language: OnceCell<Option<Language>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(message: &'a Message, facts: &'a Facts, matcher: &'a Matcher) -> Self {
        let text = text::read(message.html.as_deref(), message.markdown.as_deref());
        let folded = Folded::of(&text.shown);
        let engine = &matcher.engine;
        let asked = |field: Field, text: Option<&str>| {
            let text = text.filter(|_| engine.asks_about(field))?;
            Some(Folded::of(text))
        };
        let name = asked(Field::Name, message.from.name.as_deref());
        let headline = asked(Field::Subject, message.subject.as_deref());
        let mut seen = Sightings::default();
        engine.look(Field::Text, folded.views(), &mut seen);
        engine.look_at_written(&text.shown, &mut seen);
        engine.look_at_links(&text.links, &mut seen);
        if let Some(email) = &message.from.email {
            engine.look_at_address(email, &mut seen);
        }
        for (field, folded) in [(Field::Name, &name), (Field::Subject, &headline)] {
            if let Some(folded) = folded {
                engine.look(field, folded.views(), &mut seen);
            }
        }
        seen.settle();
        Self {
            message,
            facts,
            folded,
            name,
            headline,
            signals: matcher.signals.iter().map(|_| Found::default()).collect(),
            matcher,
            seen,
            fingerprint: OnceCell::new(),
            language: OnceCell::new(),
            text,
        }
    }

    pub(super) const fn seen(&self) -> &Sightings {
        &self.seen
    }

    /// What was seen besides words, patterns and domains.
    pub(super) fn signs(&self) -> impl Iterator<Item = Sign> {
        let link = (!self.text.links.is_empty()).then_some(Sign::Link);
        let disguise = self.is_disguised().then_some(Sign::Disguise);
        link.into_iter().chain(disguise)
    }

    fn is_disguised(&self) -> bool {
        !self.text.hidden.is_empty() || !self.folded.disguises().is_empty()
    }

    /// The folded text of a field, if the message has it and a rule asks.
    pub(super) const fn field(&self, field: Field) -> Option<&Folded> {
        match field {
            Field::Text | Field::Written => Some(&self.folded),
            Field::Name => self.name.as_ref(),
            Field::Subject => self.headline.as_ref(),
        }
    }

    /// Whether the pattern may match in the text at all.
    pub(super) fn may_match(&self, pattern: PatternId) -> bool {
        self.matcher.engine.may_match(pattern, &self.seen)
    }

    pub(super) fn regex(&self, pattern: PatternId) -> Option<&'a regex::Regex> {
        self.matcher.engine.pattern(pattern)
    }

    /// Phrases of a set that were found.
    pub(super) fn hits(&self, set: SetId) -> &[super::engine::Hit] {
        self.seen.of_set(set)
    }

    /// A signal, and what is known of it in this message.
    pub(super) fn signal(&self, id: SignalId) -> Option<(&'a Signal, &Found)> {
        Some((
            self.matcher.signals.get(id.index())?,
            self.signals.get(id.index())?,
        ))
    }

    /// What the message's text is compared by with other messages.
    pub(super) fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint
            .get_or_init(|| Fingerprint::of(self.folded.plain().as_str()))
            .as_ref()
    }

    /// The language of the text, if that is sure. Found out when first asked for.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        *self.language.get_or_init(|| language::of(&self.text))
    }

    /// Evidence that stands in the text: `found` are bytes of the form `view` of it.
    #[must_use]
    pub fn in_text(
        &self,
        condition: &str,
        view: &View,
        found: Range<usize>,
        wanted: &str,
    ) -> Evidence {
        self.in_shown(condition, view.original(found), wanted)
    }

    /// Evidence that stands in the text: `place` are bytes of the text as it is shown.
    #[must_use]
    pub fn in_shown(&self, condition: &str, place: Range<usize>, wanted: &str) -> Evidence {
        let matched = self.text.shown.get(place.clone()).unwrap_or_default();
        Evidence {
            place: Some(place),
            ..evidence(condition, Part::Text, matched, wanted)
        }
    }
}

/// Evidence that does not stand in the text.
#[must_use]
pub fn evidence(condition: &str, part: Part, matched: &str, wanted: &str) -> Evidence {
    Evidence {
        condition: condition.to_owned(),
        part,
        matched: quote(matched),
        place: None,
        wanted: wanted.to_owned(),
        list: None,
    }
}

fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
