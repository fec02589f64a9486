//! Many rows in one statement.
//!
//! Rows are put in chunks whose sizes are powers of two, so that a handful of statements is prepared once and used for ever.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::Result;

const LARGEST_CHUNK: usize = 64;

/// One value of a row.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Text(String),
    MaybeText(Option<String>),
    Int(i64),
    Bytes(Vec<u8>),
}

/// Inserts rows: `head` up to `VALUES`, `tail` after them. Gives what `RETURNING` returns.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    head: &'static str,
    tail: &'static str,
    rows: Vec<Vec<Cell>>,
) -> Result<Vec<AnyRow>> {
    let mut returned = Vec::new();
    let mut rows = rows.into_iter();
    while let Some(width) = rows.as_slice().first().map(Vec::len) {
        let size = chunk_size(rows.len());
        let chunk: Vec<Vec<Cell>> = rows.by_ref().take(size).collect();
        let sql = statement(head, tail, chunk.len(), width);
        returned.extend(bind(&sql, chunk).fetch_all(&mut *connection).await?);
    }
    Ok(returned)
}

/// Runs `head ($1, $2, ...) tail` over many single values.
pub(super) async fn each(
    connection: &mut AnyConnection,
    head: &'static str,
    tail: &'static str,
    values: &[String],
) -> Result<Vec<AnyRow>> {
    let mut returned = Vec::new();
    let mut rest = values;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(chunk_size(rest.len()));
        let row = chunk.iter().cloned().map(Cell::Text).collect();
        let sql = statement(head, tail, 1, chunk.len());
        returned.extend(bind(&sql, vec![row]).fetch_all(&mut *connection).await?);
        rest = after;
    }
    Ok(returned)
}

fn chunk_size(left: usize) -> usize {
    let mut size = LARGEST_CHUNK;
    while size > left.max(1) {
        size /= 2;
    }
    size
}

type Shape = (&'static str, &'static str, usize, usize);

/// The text of a statement for `rows` times `width` values. There are few shapes, so their texts are kept.
fn statement(
    head: &'static str,
    tail: &'static str,
    rows: usize,
    width: usize,
) -> std::sync::Arc<str> {
    static KNOWN: OnceLock<Mutex<HashMap<Shape, std::sync::Arc<str>>>> = OnceLock::new();
    let mut known = KNOWN
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = known.entry((head, tail, rows, width)).or_insert_with(|| {
        let groups: Vec<String> = (0..rows)
            .map(|row| {
                let places: Vec<String> = (1..=width)
                    .map(|place| format!("${}", row * width + place))
                    .collect();
                format!("({})", places.join(","))
            })
            .collect();
        format!("{head} {} {tail}", groups.join(",")).into()
    });
    text.clone()
}

fn bind(sql: &std::sync::Arc<str>, rows: Vec<Vec<Cell>>) -> Query<'static, Any, AnyArguments> {
    // Only the fixed texts above and place holders are in it: values are always bound.
    let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
    for cell in rows.into_iter().flatten() {
        query = match cell {
            Cell::Text(text) => query.bind(text),
            Cell::MaybeText(text) => query.bind(text),
            Cell::Int(number) => query.bind(number),
            Cell::Bytes(bytes) => query.bind(bytes),
        };
    }
    query
}
