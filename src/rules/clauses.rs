//! Reads the conditions of rules and signals.

use std::ops::Range;

use super::condition::Clause;
use super::conditions::{KINDS, Kind};
use super::read::{Reader, Value, in_order};
use super::source::kind_of;

/// Reads a list of conditions: the value of `all`, `any` or `unless`.
pub(super) fn read_clauses<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Vec<Clause>> {
    let list = reader.list(value, "[{ words = [\"guest post\"] }]")?;
    let before = reader.errors();
    let clauses: Vec<Clause> = list
        .iter()
        .filter_map(|entry| read_clause(reader, entry))
        .collect();
    // A rule with half its conditions would be another rule.
    (reader.errors() == before).then_some(clauses)
}

fn read_clause<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Clause> {
    let Some(table) = value.get_ref().as_table() else {
        let found = kind_of(value.get_ref());
        reader.error(
            "condition-not-a-table",
            &value.span(),
            format!("a condition stands in braces, found {found}"),
            "write it like this: { words = [\"guest post\"] }",
        );
        return None;
    };
    let pairs = in_order(table);
    let [(key, value)] = pairs.as_slice() else {
        condition_count(
            reader,
            &value.span(),
            &pairs
                .iter()
                .map(|(key, _)| key.get_ref().as_ref())
                .collect::<Vec<_>>(),
        );
        return None;
    };
    read_named(reader, key.get_ref(), &key.span(), value)
}

fn condition_count(reader: &mut Reader<'_>, span: &Range<usize>, keys: &[&str]) {
    if keys.is_empty() {
        reader.error(
            "empty-condition",
            span,
            "this condition is empty",
            "write one, like this: { words = [\"guest post\"] }",
        );
        return;
    }
    let split: Vec<String> = keys.iter().map(|key| format!("{{ {key} = … }}")).collect();
    reader.error(
        "two-conditions-in-one",
        span,
        format!(
            "braces hold exactly one condition, here are {}: {}",
            keys.len(),
            keys.join(", ")
        ),
        format!("give each its own braces: {}", split.join(", ")),
    );
}

fn read_named<'a>(
    reader: &mut Reader<'a>,
    name: &str,
    name_span: &Range<usize>,
    value: &Value<'a>,
) -> Option<Clause> {
    match name {
        "all" => read_clauses(reader, value).map(Clause::All),
        "any" => read_clauses(reader, value).map(Clause::Any),
        "none" => read_clauses(reader, value).map(Clause::None),
        "signal" => read_signal_name(reader, value),
        _ => {
            if let Some(kind) = KINDS.iter().find(|kind| kind.name == name) {
                return (kind.read)(reader, value).map(Clause::Is);
            }
            let known: Vec<&str> = KINDS
                .iter()
                .map(|kind: &Kind| kind.name)
                .chain(["all", "any", "none", "signal"])
                .collect();
            reader.unknown_word(
                "unknown-condition",
                name_span,
                name,
                &known,
                "as a condition",
            );
            None
        }
    }
}

fn read_signal_name<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Clause> {
    let name = reader
        .text(value, "{ signal = \"crypto-words\" }")?
        .to_owned();
    if let Some(id) = reader.shared.signals.get(&name) {
        return Some(Clause::Signal(*id, name));
    }
    let known: Vec<String> = reader.shared.signals.keys().cloned().collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if known.is_empty() {
        reader.error(
            "unknown-signal",
            &value.span(),
            format!("there is no signal `{name}`"),
            format!("declare it in any rule file: [[signal]], id = \"{name}\", any = [..]"),
        );
    } else {
        reader.unknown_word(
            "unknown-signal",
            &value.span(),
            &name,
            &known,
            "as a signal",
        );
    }
    None
}
