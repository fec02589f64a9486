//! Many rows in one statement.
//!
//! Rows are put in chunks whose sizes are powers of two, so that a handful of statements is prepared once and used for ever.

use std::fmt::Write as _;

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
    MaybeInt(Option<i64>),
    Bytes(Vec<u8>),
    MaybeBytes(Option<Vec<u8>>),
}

/// Runs `head (..),(..) tail` over rows. Gives what is returned.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    head: &str,
    tail: &str,
    rows: Vec<Vec<Cell>>,
) -> Result<Vec<AnyRow>> {
    let mut returned = Vec::new();
    let marks = Marks::of(connection);
    let mut rows = rows.into_iter();
    while let Some(width) = rows.as_slice().first().map(Vec::len) {
        let size = chunk_size(rows.len());
        let chunk: Vec<Vec<Cell>> = rows.by_ref().take(size).collect();
        let sql = format!("{head} {} {tail}", marks.groups(chunk.len(), width));
        returned.extend(bind(sql, chunk).fetch_all(&mut *connection).await?);
    }
    Ok(returned)
}

/// Runs `head (.., ..) tail` over many single values.
pub(super) async fn each(
    connection: &mut AnyConnection,
    head: &str,
    tail: &str,
    values: &[String],
) -> Result<Vec<AnyRow>> {
    let cells = values.iter().cloned().map(Cell::Text).collect();
    among(connection, head, tail, cells).await
}

/// Runs `head (.., ..) tail` over many single values of any type.
pub(super) async fn among(
    connection: &mut AnyConnection,
    head: &str,
    tail: &str,
    values: Vec<Cell>,
) -> Result<Vec<AnyRow>> {
    let mut returned = Vec::new();
    let marks = Marks::of(connection);
    let mut values = values.into_iter();
    while values.len() > 0 {
        let size = chunk_size(values.len());
        let chunk: Vec<Cell> = values.by_ref().take(size).collect();
        let sql = format!("{head} {} {tail}", marks.groups(1, chunk.len()));
        returned.extend(bind(sql, vec![chunk]).fetch_all(&mut *connection).await?);
    }
    Ok(returned)
}

/// Runs one `SELECT` for each row of values, many to a statement; `?` stands for a value. A `SELECT` may have a `LIMIT`
/// of its own, which neither database knows for the parts of a join.
pub(super) async fn select_each(
    connection: &mut AnyConnection,
    select: &str,
    rows: Vec<Vec<Cell>>,
) -> Result<Vec<AnyRow>> {
    let mut returned = Vec::new();
    let marks = Marks::of(connection);
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let size = chunk_size(rows.len());
        let chunk: Vec<Vec<Cell>> = rows.by_ref().take(size).collect();
        let part = format!("SELECT * FROM ({select}) AS part");
        let sql = marks.numbered(&vec![part; size].join(" UNION ALL "));
        returned.extend(bind(sql, chunk).fetch_all(&mut *connection).await?);
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

pub(super) fn is_postgres(connection: &AnyConnection) -> bool {
    connection.backend_name() == "PostgreSQL"
}

/// How places for values are written. SQLite takes a number for a name and looks each name up by walking over all
/// of them; its nameless `?` costs nothing.
#[derive(Debug, Clone, Copy)]
enum Marks {
    Nameless,
    Numbered,
}

impl Marks {
    fn of(connection: &AnyConnection) -> Self {
        if is_postgres(connection) {
            Self::Numbered
        } else {
            Self::Nameless
        }
    }

    /// `?` each, or `$1`, `$2` and so on.
    fn numbered(self, sql: &str) -> String {
        let mut text = String::with_capacity(sql.len() + sql.len() / 4);
        for (piece, place) in sql.split('?').zip(0_usize..) {
            match (place, self) {
                (0, _) => {}
                (_, Self::Nameless) => text.push('?'),
                // Writing to a String cannot fail.
                (place, Self::Numbered) => {
                    let _ = write!(text, "${place}");
                }
            }
            text.push_str(piece);
        }
        text
    }

    /// `(?,?),(?,?)` or `($1,$2),($3,$4)`.
    fn groups(self, rows: usize, width: usize) -> String {
        let mut text = String::with_capacity(rows * width * 5);
        for place in 0..rows * width {
            text.push_str(match (place % width, place) {
                (0, 0) => "(",
                (0, _) => "),(",
                _ => ",",
            });
            match self {
                Self::Nameless => text.push('?'),
                // Writing to a String cannot fail.
                Self::Numbered => {
                    let _ = write!(text, "${}", place + 1);
                }
            }
        }
        text.push(')');
        text
    }
}

fn bind(sql: String, rows: Vec<Vec<Cell>>) -> Query<'static, Any, AnyArguments> {
    // Only fixed texts and place holders are in it: values are always bound.
    let query = sqlx::query(AssertSqlSafe(sql));
    rows.into_iter().flatten().fold(query, bind_cell)
}

/// Gives a statement its next value.
pub(super) fn bind_cell(
    query: Query<'static, Any, AnyArguments>,
    cell: Cell,
) -> Query<'static, Any, AnyArguments> {
    match cell {
        Cell::Text(text) => query.bind(text),
        Cell::MaybeText(text) => query.bind(text),
        Cell::Int(number) => query.bind(number),
        Cell::MaybeInt(number) => query.bind(number),
        Cell::Bytes(bytes) => query.bind(bytes),
        Cell::MaybeBytes(bytes) => query.bind(bytes),
    }
}
