//! What a search means at a moment, in the terms of the store.

use super::{Key, Query, Span, Term, Value, What};
use crate::rules::search::asked;
use crate::store::audit::Filter;
use crate::store::search::{Column, Field, Pattern, Phrase, Times, Wanted};
use crate::time::Timestamp;

impl Query {
    /// What the store is to look for, as of now; `filter` holds besides.
    #[must_use]
    pub fn wanted(&self, filter: &Filter, now: Timestamp) -> Wanted {
        let mut wanted = Wanted::of(filter);
        for Term { negated, what } in &self.terms {
            match what {
                What::Field { key, values } => {
                    let Some(column) = column_of(*key) else {
                        continue;
                    };
                    wanted.fields.push(Field {
                        column,
                        negated: *negated,
                        any_of: values.iter().map(pattern_of).collect(),
                    });
                }
                What::Created(spans) => wanted.times.push(Times {
                    negated: *negated,
                    any_of: spans.iter().map(|span: &Span| span.bounds(now)).collect(),
                }),
                What::Text(text) => wanted.phrases.push(Phrase {
                    negated: *negated,
                    words: asked(text),
                }),
            }
        }
        wanted
    }
}

const fn column_of(key: Key) -> Option<Column> {
    Some(match key {
        Key::Actor => Column::Actor,
        Key::Action => Column::Action,
        Key::Rule => Column::Rule,
        Key::Verdict => Column::Verdict,
        Key::Contact => Column::Contact,
        Key::Conversation => Column::Conversation,
        Key::Event => Column::Event,
        Key::Created => return None,
    })
}

fn pattern_of(value: &Value) -> Pattern {
    Pattern {
        text: value.text.clone(),
        prefix: value.prefix,
    }
}
