//! What is asked of a row, in SQL. One text serves both databases.

use sqlx::any::{Any, AnyArguments};
use sqlx::query::Query;

use super::{Column, Field, Pattern, Times, Wanted};
use crate::time::Timestamp;

/// Above every text that begins with what stands before it.
pub(super) const HIGHEST: char = '\u{10ffff}';

/// The rules of a row, each between blanks.
const RULES: &str = "(' ' || COALESCE(rules, '') || ' ')";

/// A value of a statement.
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// The values of a statement in the order of their places.
#[derive(Default)]
pub(super) struct Sql {
    values: Vec<Value>,
}

impl Sql {
    /// The place of a value.
    pub(super) fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    pub(super) fn bound(
        self,
        query: Query<'static, Any, AnyArguments>,
    ) -> Query<'static, Any, AnyArguments> {
        self.values
            .into_iter()
            .fold(query, |query, value| match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            })
    }

    /// ` AND …` for all fields and times.
    pub(super) fn rest(&mut self, wanted: &Wanted) -> String {
        let mut text = String::new();
        for field in &wanted.fields {
            text.push_str(&self.asked(field));
        }
        for times in &wanted.times {
            text.push_str(&self.within(times));
        }
        text
    }

    /// A condition no index serves, so that the databases do not take one that leads astray.
    fn asked(&mut self, field: &Field) -> String {
        let condition = if field.column == Column::Rule {
            self.rules(&field.any_of)
        } else {
            let column = format!("COALESCE({}, '')", field.column);
            self.any_of(&column, &field.any_of)
        };
        let not = if field.negated { "NOT " } else { "" };
        format!(" AND {not}({condition})")
    }

    /// That `column` has one of the values.
    pub(super) fn any_of(&mut self, column: &str, any_of: &[Pattern]) -> String {
        let conditions: Vec<String> = any_of
            .iter()
            .map(|pattern| {
                if !pattern.prefix {
                    return format!("{column} = {}", self.text(&pattern.text));
                }
                if pattern.text.is_empty() {
                    return format!("{column} <> ''");
                }
                let from = self.text(&pattern.text);
                let to = self.text(&format!("{}{HIGHEST}", pattern.text));
                format!("({column} >= {from} AND {column} < {to})")
            })
            .collect();
        conditions.join(" OR ")
    }

    fn text(&mut self, text: &str) -> String {
        self.bind(Value::Text(kept(text)))
    }

    /// Rules stand in one text, with blanks between.
    fn rules(&mut self, any_of: &[Pattern]) -> String {
        let conditions: Vec<String> = any_of
            .iter()
            .map(|pattern| {
                if pattern.prefix && pattern.text.is_empty() {
                    return "COALESCE(rules, '') <> ''".to_owned();
                }
                let end = if pattern.prefix { "" } else { " " };
                let named = self.text(&format!(" {}{end}", pattern.text));
                // LIKE minds the case of letters in one of the databases only.
                format!("replace({RULES}, {named}, '') <> {RULES}")
            })
            .collect();
        conditions.join(" OR ")
    }

    fn within(&mut self, times: &Times) -> String {
        let spans: Vec<String> = times
            .any_of
            .iter()
            .map(|(from, to)| {
                let first = from.map_or(i64::MIN, Timestamp::millis);
                let last = to.map_or(i64::MAX, Timestamp::millis);
                let (first, last) = (
                    self.bind(Value::Number(first)),
                    self.bind(Value::Number(last)),
                );
                format!("(at >= {first} AND at <= {last})")
            })
            .collect();
        let not = if times.negated { "NOT " } else { "" };
        format!(" AND {not}({})", spans.join(" OR "))
    }
}

/// A value as the store keeps it: PostgreSQL keeps no NUL, so nothing there has one.
pub(super) fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
