//! Which of the things asked for leads the search.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::{HIGHEST, Sql, Value, kept};
use super::lanes;
use super::{Column, FEW, FEW_MESSAGES, Field, Wanted};
use crate::store::Result;
use crate::store::record::NEWEST;
use crate::store::rows::{self, Cell};

/// Most pieces of an index that are read side by side.
const SIDE_BY_SIDE: usize = 64;

/// Where the rows come from.
pub(super) enum Lead {
    /// All rows, in the order of their numbers.
    All,
    /// These rows and no others, newest first; few.
    Few(Vec<i64>),
    /// The rows about messages with all words wanted, newest first.
    Words(Vec<i64>),
    /// Pieces of an index, merged.
    Merged(Pieces),
}

/// Pieces of an index, each in the order of its rows' numbers.
pub(super) struct Pieces {
    /// What stands between `FROM` and `= value`.
    from: &'static str,
    values: Vec<String>,
}

/// Which rows of pieces are read.
#[derive(Debug, Clone, Copy)]
enum Which {
    Highest,
    Any,
}

/// The rarest first, as a rule.
const ORDER: [Column; 3] = [Column::Event, Column::Conversation, Column::Contact];

pub(super) async fn choose(
    connection: &mut AnyConnection,
    wanted: &Wanted,
    words: Option<&str>,
    (low, high): (i64, i64),
) -> Result<Lead> {
    let span = (low, high.saturating_add(1));
    let mut common: Vec<Pieces> = Vec::new();
    let mut few: Vec<Vec<i64>> = Vec::new();
    for column in ORDER {
        for field in wanted.fields.iter().filter(|field| field.column == column) {
            match Pieces::of(field) {
                Some(pieces) => match pieces.few(connection, span).await? {
                    Some(numbers) => few.push(numbers),
                    None => common.push(pieces),
                },
                None => few.extend(few_that_begin(connection, field, span).await?),
            }
        }
    }
    if let Some(lanes) = Pieces::of_lanes(connection, wanted).await? {
        match lanes.few(connection, span).await? {
            Some(numbers) => few.push(numbers),
            None => common.push(lanes),
        }
    }
    if let Some(numbers) = few.into_iter().min_by_key(Vec::len) {
        return Ok(Lead::Few(newest_first(numbers)));
    }
    if let Some(condition) = words
        && let Some(numbers) = about_messages(connection, condition).await?
    {
        return Ok(Lead::Words(newest_first(numbers)));
    }
    Ok(common.into_iter().next().map_or(Lead::All, Lead::Merged))
}

/// Where a column's values are found, said so that the databases see that their partial indexes serve.
fn index_of(field: &Field) -> Option<&'static str> {
    match field.column {
        _ if field.negated => None,
        Column::Contact => Some("audit WHERE contact_id IS NOT NULL AND contact_id"),
        Column::Conversation => Some("audit WHERE conversation_id IS NOT NULL AND conversation_id"),
        Column::Event => Some("audit WHERE event_id IS NOT NULL AND event_id"),
        Column::Actor | Column::Action | Column::Rule | Column::Verdict => None,
    }
}

/// The rows with one of the values of a field, some of which are but beginnings, in any order, unless they are more than [`FEW`].
async fn few_that_begin(
    connection: &mut AnyConnection,
    field: &Field,
    (low, below): (i64, i64),
) -> Result<Option<Vec<i64>>> {
    // Nothing at all is in no index.
    let is_begun = field.any_of.iter().all(|pattern| !pattern.text.is_empty());
    let Some(from) = index_of(field).filter(|_| is_begun) else {
        return Ok(None);
    };
    // Not by the order of the numbers alone: `seq + 0` keeps the database from walking over all rows.
    let select = format!(
        "SELECT seq FROM {from} >= ? AND {} <= ? AND seq + 0 >= ? AND seq + 0 < ? LIMIT {}",
        field.column,
        FEW + 1
    );
    let cells = field.any_of.iter().map(|pattern| {
        let from = kept(&pattern.text);
        let to = if pattern.prefix {
            format!("{from}{HIGHEST}")
        } else {
            from.clone()
        };
        vec![
            Cell::Text(from),
            Cell::Text(to),
            Cell::Int(low),
            Cell::Int(below),
        ]
    });
    let found = numbers(&rows::select_each(connection, &select, cells.collect()).await?)?;
    Ok((found.len() <= FEW).then_some(found))
}

impl Pieces {
    /// Those of a column with an index, where whole values of it are asked for.
    fn of(field: &Field) -> Option<Self> {
        if !field
            .any_of
            .iter()
            .all(|pattern| !pattern.prefix && !pattern.text.is_empty())
        {
            return None;
        }
        let from = index_of(field)?;
        let mut values: Vec<String> = field.any_of.iter().map(|value| kept(&value.text)).collect();
        values.sort();
        values.dedup();
        Some(Self { from, values })
    }

    async fn of_lanes(connection: &mut AnyConnection, wanted: &Wanted) -> Result<Option<Self>> {
        Ok(lanes::wanted(connection, wanted).await?.map(|values| Self {
            from: "audit_lanes WHERE lane",
            values,
        }))
    }

    /// All numbers, in any order, unless they are more than [`FEW`].
    async fn few(
        &self,
        connection: &mut AnyConnection,
        span: (i64, i64),
    ) -> Result<Option<Vec<i64>>> {
        let mut found = Vec::new();
        for values in self.values.chunks(SIDE_BY_SIDE) {
            found.extend(
                self.read(connection, values, span, (Which::Any, FEW + 1))
                    .await?,
            );
            if found.len() > FEW {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// The next numbers, highest first: `size` at most, and not none while there are any.
    pub(super) async fn next(
        &self,
        connection: &mut AnyConnection,
        (low, below): (i64, i64),
        size: usize,
    ) -> Result<Vec<i64>> {
        let (mut low, mut values) = (low, self.values.clone());
        if values.len() > SIDE_BY_SIDE {
            (low, values) = self.newest(connection, (low, below)).await?;
        }
        let highest = (Which::Highest, size);
        self.read(connection, &values, (low, below), highest).await
    }

    /// The pieces with the newest rows, and the number down to which no other piece has any.
    async fn newest(
        &self,
        connection: &mut AnyConnection,
        (low, below): (i64, i64),
    ) -> Result<(i64, Vec<String>)> {
        let select = format!(
            "SELECT v.column1 AS value, (SELECT MAX(seq) FROM {} = v.column1 AND seq >= {low} AND seq < {below}) AS top FROM (VALUES",
            self.from
        );
        let cells = self
            .values
            .iter()
            .cloned()
            .map(|value| vec![Cell::Text(value)]);
        let found = rows::insert(connection, &select, ") AS v", cells.collect()).await?;
        let mut tops: Vec<(i64, String)> = Vec::new();
        for row in &found {
            let top: Option<i64> = row.try_get("top")?;
            if let Some(top) = top {
                tops.push((top, row.try_get("value")?));
            }
        }
        tops.sort_unstable_by(|a, b| b.cmp(a));
        // One row may be the newest of them all.
        let newest = tops.first().map_or(low, |(top, _)| *top);
        let low = tops
            .get(SIDE_BY_SIDE)
            .map_or(low, |(top, _)| newest.min(top + 1));
        let values = tops.into_iter().take(SIDE_BY_SIDE);
        Ok((low, values.map(|(_, value)| value).collect()))
    }

    /// So many numbers of each piece and of all together: the highest, each once, or any, some of them more than once.
    async fn read(
        &self,
        connection: &mut AnyConnection,
        values: &[String],
        (low, below): (i64, i64),
        (which, size): (Which, usize),
    ) -> Result<Vec<i64>> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        // A row may stand in several pieces: where the highest are cut off, it must not count twice.
        let (order, each, union) = match which {
            Which::Highest => ("ORDER BY seq DESC", "DISTINCT", " UNION "),
            Which::Any => ("", "", " UNION ALL "),
        };
        let mut sql = Sql::default();
        let places = values
            .iter()
            .map(|value| sql.bind(Value::Text(value.clone())));
        let places: Vec<String> = places.collect();
        let from = self.from;
        let within = format!("AND seq >= {low} AND seq < {below} {order} LIMIT {size}");
        let text = if rows::is_postgres(connection) {
            format!(
                "SELECT {each} seq FROM (VALUES ({})) AS v CROSS JOIN LATERAL (SELECT seq FROM {from} = v.column1 {within}) AS part {order} LIMIT {size}",
                places.join("), (")
            )
        } else {
            // SQLite has no LATERAL; PostgreSQL plans each part of a UNION by itself, which takes longer than to read it.
            let part = |place| format!("SELECT * FROM (SELECT seq FROM {from} = {place} {within})");
            let parts: Vec<String> = places.iter().map(part).collect();
            format!("{} {order} LIMIT {size}", parts.join(union))
        };
        // Only numbers, fixed texts and place holders are in it: values are always bound.
        let query = sql.bound(sqlx::query(AssertSqlSafe(text)));
        let found = query.fetch_all(&mut *connection).await?;
        numbers(&found)
    }
}

/// The rows about the messages with all words wanted, unless they are many.
async fn about_messages(
    connection: &mut AnyConnection,
    condition: &str,
) -> Result<Option<Vec<i64>>> {
    let select = format!(
        "SELECT rowid AS seq FROM message_words WHERE {condition} LIMIT {}",
        FEW_MESSAGES + 1
    );
    // Only hashes and numbers of our own are in it.
    let found = sqlx::query(AssertSqlSafe(select))
        .fetch_all(&mut *connection)
        .await?;
    let messages = numbers(&found)?;
    if messages.len() > FEW_MESSAGES {
        return Ok(None);
    }
    let messages = messages.into_iter().map(Cell::Int).collect();
    let head = "SELECT row.seq FROM audit AS message JOIN audit AS row ON row.event_id = message.event_id WHERE message.seq IN";
    let found = rows::among(connection, head, "", messages).await?;
    Ok(Some(numbers(&found)?))
}

fn newest_first(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.dedup();
    numbers
}

fn numbers(found: &[AnyRow]) -> Result<Vec<i64>> {
    found.iter().map(|row| Ok(row.try_get("seq")?)).collect()
}

impl Lead {
    /// Below which number the search begins. Who looks at all rows must not begin above them.
    pub(super) async fn begin(&self, connection: &mut AnyConnection, high: i64) -> Result<i64> {
        let high = if matches!(self, Self::All) {
            let (newest,): (i64,) = sqlx::query_as(NEWEST).fetch_one(connection).await?;
            high.min(newest)
        } else {
            high
        };
        Ok(high.saturating_add(1))
    }

    /// What each look costs besides the rows, as rows looked at.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Merged(pieces) if pieces.values.len() > SIDE_BY_SIDE => pieces.values.len(),
            _ => 0,
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
            Self::All => Ok(Vec::new()),
            Self::Few(numbers) | Self::Words(numbers) => {
                let numbers = numbers.iter().copied();
                let fitting = numbers.filter(|number| (low..below).contains(number));
                Ok(fitting.take(size).collect())
            }
            Self::Merged(pieces) => pieces.next(connection, (low, below), size).await,
        }
    }
}
