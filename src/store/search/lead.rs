//! Which of the things asked for leads the search.

use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::{Sql, Value};
use super::{Column, FEW, FEW_MESSAGES, Field, Pattern, Wanted};
use crate::decision::Verdict;
use crate::store::Result;
use crate::store::audit::{Action, BOUNCER};

/// Most values that are each read in order.
const MOST_LANES: usize = 64;

/// Where the rows come from.
pub(super) enum Lead {
    /// All rows, or those with one value of a column, in the order of an index.
    Walk(Option<Field>),
    /// These rows and no others, newest first; few.
    Few(Vec<i64>),
    /// The rows about messages with all words wanted, newest first.
    Words(Vec<i64>),
    /// Several values of a column, each in the order of its index.
    Lanes(Column, Vec<String>),
}

/// How a column is best read when it is met often: the rarest first, as a rule.
const ORDER: &[Column] = &[
    Column::Event,
    Column::Conversation,
    Column::Contact,
    Column::Actor,
    Column::Rule,
    Column::Verdict,
    Column::Action,
];

pub(super) async fn choose(
    connection: &mut AnyConnection,
    wanted: &Wanted,
    words: Option<&str>,
    within: (i64, i64),
) -> Result<Lead> {
    let mut common: Vec<&Field> = Vec::new();
    let mut few: Option<Vec<i64>> = None;
    for field in wanted.fields.iter().filter(|field| has_index(field)) {
        let numbers = numbers_of(connection, field, within).await?;
        if i64::try_from(numbers.len()).is_ok_and(|count| count > FEW) {
            common.push(field);
        } else if few.as_ref().is_none_or(|few| few.len() > numbers.len()) {
            few = Some(numbers);
        }
    }
    if let Some(numbers) = few {
        return Ok(Lead::Few(newest_first(numbers)));
    }
    if let Some(condition) = words
        && let Some(numbers) = about_messages(connection, condition).await?
    {
        return Ok(Lead::Words(newest_first(numbers)));
    }
    common.sort_by_key(|field| ORDER.iter().position(|column| *column == field.column));
    for field in common {
        match field.any_of.as_slice() {
            [Pattern { prefix: false, .. }] if field.column != Column::Rule => {
                return Ok(Lead::Walk(Some(field.clone())));
            }
            _ => {}
        }
        let values = values_of(connection, field).await?;
        if let Some(values) = values.filter(|values| values.len() <= MOST_LANES) {
            return Ok(Lead::Lanes(field.column, values));
        }
    }
    Ok(Lead::Walk(None))
}

/// What nearly every message leaves has no index.
fn has_index(field: &Field) -> bool {
    let takes_in = |value: &str| {
        let mut patterns = field.any_of.iter();
        patterns.any(|pattern| {
            pattern.text == value || (pattern.prefix && value.starts_with(&pattern.text))
        })
    };
    !field.negated
        && match field.column {
            Column::Actor => !takes_in(BOUNCER),
            Column::Action => {
                !takes_in(Action::Received.as_str()) && !takes_in(Action::Decided.as_str())
            }
            Column::Verdict => !takes_in(Verdict::Clean.as_str()),
            Column::Rule | Column::Contact | Column::Conversation | Column::Event => {
                !field.any_of.iter().any(|pattern| pattern.text.is_empty())
            }
        }
}

const fn table_of(column: Column) -> &'static str {
    match column {
        Column::Rule => "audit_rules",
        _ => "audit",
    }
}

fn condition_of(sql: &mut Sql, field: &Field) -> String {
    match field.column {
        Column::Rule => format!(" AND ({})", sql.any_of("rule", &field.any_of)),
        _ => sql.indexed(field),
    }
}

/// The numbers of the rows with a value, one more than [`FEW`] at most.
async fn numbers_of(
    connection: &mut AnyConnection,
    field: &Field,
    (low, high): (i64, i64),
) -> Result<Vec<i64>> {
    let mut sql = Sql::default();
    let condition = condition_of(&mut sql, field);
    let (low, high) = (sql.bind(Value::Number(low)), sql.bind(Value::Number(high)));
    // Not by the order of the numbers alone: `seq + 0` keeps the database from walking over all rows.
    let text = format!(
        "SELECT seq FROM {} WHERE seq + 0 >= {low} AND seq + 0 <= {high}{condition} LIMIT {}",
        table_of(field.column),
        FEW + 1
    );
    fetch(connection, sql, text).await
}

/// The rows about the messages with all words wanted, unless they are many.
async fn about_messages(
    connection: &mut AnyConnection,
    condition: &str,
) -> Result<Option<Vec<i64>>> {
    // Only hashes and numbers of our own are in these.
    let text = format!(
        "SELECT rowid AS seq FROM message_words WHERE {condition} LIMIT {}",
        FEW_MESSAGES + 1
    );
    let messages = fetch(connection, Sql::default(), text).await?;
    if i64::try_from(messages.len()).is_ok_and(|count| count > FEW_MESSAGES) {
        return Ok(None);
    }
    let mut numbers = Vec::new();
    for chunk in messages.chunks(500) {
        let listed: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let text = format!(
            "SELECT row.seq FROM audit AS message JOIN audit AS row ON row.event_id = message.event_id WHERE message.seq IN ({})",
            listed.join(",")
        );
        numbers.extend(fetch(connection, Sql::default(), text).await?);
    }
    Ok(Some(numbers))
}

/// The values a field takes in, each once; nothing where that is not to be had.
async fn values_of(connection: &mut AnyConnection, field: &Field) -> Result<Option<Vec<String>>> {
    let mut values = Vec::new();
    for pattern in &field.any_of {
        if !pattern.prefix {
            values.push(pattern.text.clone());
            continue;
        }
        let known = match field.column {
            Column::Rule => distinct(connection, "audit_rules", "rule", &pattern.text).await?,
            Column::Actor => distinct(connection, "audit", "actor", &pattern.text).await?,
            Column::Action => Action::ALL.iter().map(ToString::to_string).collect(),
            _ => return Ok(None),
        };
        let fitting = known
            .into_iter()
            .filter(|value| value.starts_with(&pattern.text));
        values.extend(fitting);
    }
    values.sort();
    values.dedup();
    Ok(Some(values))
}

/// The different values of a column that begin so, each found by one look into its index.
pub(in crate::store) async fn distinct(
    connection: &mut AnyConnection,
    table: &str,
    column: &str,
    beginning: &str,
) -> Result<Vec<String>> {
    let said = match column {
        "actor" => " AND actor <> 'bouncer'",
        _ => "",
    };
    let mut found: Vec<String> = Vec::new();
    let mut last: Option<String> = None;
    while found.len() < 1_000 {
        let (sign, from) = match &last {
            None => (">=", beginning),
            Some(last) => (">", last.as_str()),
        };
        // Only names of our own tables are in it.
        let text = format!(
            "SELECT {column} AS value FROM {table} WHERE {column} {sign} $1{said} ORDER BY {column} LIMIT 1"
        );
        let next: Option<(String,)> = sqlx::query_as(AssertSqlSafe(text))
            .bind(from.to_owned())
            .fetch_optional(&mut *connection)
            .await?;
        let Some((next,)) = next.filter(|(next,)| next.starts_with(beginning)) else {
            break;
        };
        last = Some(next.clone());
        found.push(next);
    }
    Ok(found)
}

impl Lead {
    /// Whether the database walks by itself, and by which field.
    #[expect(
        clippy::option_option,
        reason = "a walk may have no field that leads it"
    )]
    pub(super) const fn is_walked(&self) -> Option<Option<&Field>> {
        match self {
            Self::Walk(field) => Some(field.as_ref()),
            _ => None,
        }
    }

    /// The next numbers below a number, highest first.
    pub(super) async fn numbers(
        &self,
        connection: &mut AnyConnection,
        (low, below): (i64, i64),
        size: usize,
    ) -> Result<Vec<i64>> {
        match self {
            Self::Walk(_) => Ok(Vec::new()),
            Self::Few(numbers) | Self::Words(numbers) => {
                let numbers = numbers.iter().copied();
                let fitting = numbers.filter(|number| (low..below).contains(number));
                Ok(fitting.take(size).collect())
            }
            Self::Lanes(column, values) => {
                lanes(connection, *column, values, (low, below), size).await
            }
        }
    }
}

/// Each value's newest rows, merged.
async fn lanes(
    connection: &mut AnyConnection,
    column: Column,
    values: &[String],
    (low, below): (i64, i64),
    size: usize,
) -> Result<Vec<i64>> {
    let mut sql = Sql::default();
    let mut parts = Vec::new();
    for value in values {
        let field = Field {
            column,
            negated: false,
            any_of: vec![Pattern {
                text: value.clone(),
                prefix: false,
            }],
        };
        let condition = condition_of(&mut sql, &field);
        let (low, below) = (sql.bind(Value::Number(low)), sql.bind(Value::Number(below)));
        parts.push(format!(
            "SELECT * FROM (SELECT seq FROM {} WHERE seq >= {low} AND seq < {below}{condition} ORDER BY seq DESC LIMIT {size}) AS lane",
            table_of(column)
        ));
    }
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let text = parts.join(" UNION ALL ");
    let mut numbers = newest_first(fetch(connection, sql, text).await?);
    // What lies below the last of a lane that may go on is for the next time: the first `size` are surely whole.
    numbers.truncate(size);
    Ok(numbers)
}

fn newest_first(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.dedup();
    numbers
}

async fn fetch(connection: &mut AnyConnection, sql: Sql, text: String) -> Result<Vec<i64>> {
    // Only fixed texts, numbers and place holders are in it: values are always bound.
    let query = sql.bound(sqlx::query(AssertSqlSafe(text)));
    let found = query.fetch_all(connection).await?;
    found.iter().map(|row| Ok(row.try_get("seq")?)).collect()
}
