//! Every table from one database into the other kind, a page at a time.
//!
//! Tables are those of the SQLite side. The index of words is each database's own: it is made again from the texts.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::super::rows::{self, Cell, is_postgres};
use super::{Result, unusable};

/// Rows read at once.
const PAGE: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Bytes,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    /// Its place in the primary key, from 1; 0 when it is not in it.
    key: i64,
    /// Numbers are given by the database.
    is_numbered: bool,
}

#[derive(Debug, Clone)]
struct Table {
    name: String,
    columns: Vec<Column>,
}

/// Copies every table, all or nothing.
pub(super) async fn copy_all(from: &mut AnyConnection, to: &mut AnyConnection) -> Result<()> {
    let tables = if is_postgres(from) {
        tables(to).await?
    } else {
        tables(from).await?
    };
    let mut tx = to.begin().await?;
    for table in tables {
        copy(&table, from, &mut tx).await?;
    }
    for sql in [
        "DELETE FROM search_state WHERE name IN ('older', 'sweep')",
        "INSERT INTO search_state (name, value) SELECT 'older', CAST(MAX(seq) AS TEXT) FROM audit HAVING COUNT(*) > 0",
    ] {
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// How many rows each table has.
pub(super) async fn counts(connection: &mut AnyConnection) -> Result<Vec<(String, i64)>> {
    let mut counts = Vec::new();
    for table in tables(connection).await? {
        let sql = format!("SELECT COUNT(*) FROM {}", table.name);
        // Names of tables come out of the schema.
        let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_one(&mut *connection)
            .await?;
        counts.push((table.name, count));
    }
    Ok(counts)
}

/// The tables of a SQLite file that hold what cannot be made again.
async fn tables(connection: &mut AnyConnection) -> Result<Vec<Table>> {
    let sql = "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
        AND name NOT LIKE '!_sqlx!_%' ESCAPE '!' AND name NOT LIKE 'message!_words%' ESCAPE '!' ORDER BY name";
    let names: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut *connection).await?;
    let mut tables = Vec::new();
    for (name, is_numbered) in names {
        let columns = "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid";
        let columns: Vec<(String, String, i64)> = sqlx::query_as(columns)
            .bind(name.as_str())
            .fetch_all(&mut *connection)
            .await?;
        let columns = columns.into_iter().map(|(name, kind, key)| Column {
            kind: match kind.as_str() {
                "BLOB" => Kind::Bytes,
                "BIGINT" | "INTEGER" => Kind::Number,
                _ => Kind::Text,
            },
            name,
            key,
            is_numbered: is_numbered != 0 && key > 0,
        });
        tables.push(Table {
            columns: columns.collect(),
            name,
        });
    }
    Ok(tables)
}

async fn copy(table: &Table, from: &mut AnyConnection, to: &mut AnyConnection) -> Result<()> {
    let name = &table.name;
    // What a new store begins with stands in the other one, too.
    sqlx::query(AssertSqlSafe(format!("DELETE FROM {name}")))
        .execute(&mut *to)
        .await?;
    let numbered = table.columns.iter().find(|column| column.is_numbered);
    let over = match numbered {
        Some(_) if is_postgres(to) => " OVERRIDING SYSTEM VALUE",
        _ => "",
    };
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    let names = names.join(", ");
    let insert = format!("INSERT INTO {name} ({names}){over} VALUES");
    let keys = keys(table);
    let key_names: Vec<&str> = keys.iter().map(|(_, c)| c.name.as_str()).collect();
    let key_names = key_names.join(", ");
    let marks: Vec<String> = (1..=keys.len()).map(|place| format!("${place}")).collect();
    let first = format!("SELECT {names} FROM {name} ORDER BY {key_names} LIMIT {PAGE}");
    let later = format!(
        "SELECT {names} FROM {name} WHERE ({key_names}) > ({}) ORDER BY {key_names} LIMIT {PAGE}",
        marks.join(", ")
    );
    let mut after: Option<Vec<Cell>> = None;
    loop {
        // Names of tables and columns come out of the schema; values are always bound.
        let sql = after.as_ref().map_or(&first, |_| &later).clone();
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = after
            .take()
            .into_iter()
            .flatten()
            .fold(query, rows::bind_cell);
        let page = query.fetch_all(&mut *from).await?;
        let cells: Result<Vec<Vec<Cell>>> = page.iter().map(|row| cells(table, row)).collect();
        let cells = cells?;
        after = cells.last().map(|row| {
            let of = |(place, _): &(usize, &Column)| row.get(*place).cloned();
            keys.iter().filter_map(of).collect()
        });
        let full = cells.len() == PAGE;
        rows::insert(to, &insert, "", cells).await?;
        if !full {
            break;
        }
    }
    if let Some(column) = numbered {
        go_on_counting(name, &column.name, from, to).await?;
    }
    Ok(())
}

/// A number that was given once is never given again, not even when its row is gone.
async fn go_on_counting(
    table: &str,
    column: &str,
    from: &mut AnyConnection,
    to: &mut AnyConnection,
) -> Result<()> {
    let (last, set) = if is_postgres(from) {
        let sequence = "SELECT pg_get_serial_sequence($1, $2)";
        let (sequence,): (String,) = sqlx::query_as(sequence)
            .bind(table)
            .bind(column)
            .fetch_one(&mut *from)
            .await?;
        let last = format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}");
        let last: (i64,) = sqlx::query_as(AssertSqlSafe(last)).fetch_one(from).await?;
        sqlx::query("DELETE FROM sqlite_sequence WHERE name = $1")
            .bind(table)
            .execute(&mut *to)
            .await?;
        let set = format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', $1)");
        (Some(last), set)
    } else {
        let last = sqlx::query_as("SELECT seq FROM sqlite_sequence WHERE name = $1")
            .bind(table)
            .fetch_optional(from)
            .await?;
        let set = format!("SELECT setval(pg_get_serial_sequence('{table}', '{column}'), $1)");
        (last, set)
    };
    if let Some((last,)) = last.filter(|(last,)| *last > 0) {
        sqlx::query(AssertSqlSafe(set))
            .bind(last)
            .execute(to)
            .await?;
    }
    Ok(())
}

/// The columns of the primary key in its order, each with its place in the table.
fn keys(table: &Table) -> Vec<(usize, &Column)> {
    let columns = table.columns.iter().enumerate();
    let mut keys: Vec<_> = columns.filter(|(_, column)| column.key > 0).collect();
    keys.sort_by_key(|(_, column)| column.key);
    keys
}

fn cells(table: &Table, row: &AnyRow) -> Result<Vec<Cell>> {
    let cell = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Text => Cell::MaybeText(row.try_get(place)?),
            Kind::Number => Cell::MaybeInt(row.try_get(place)?),
            Kind::Bytes => Cell::MaybeBytes(row.try_get(place)?),
        })
    };
    let cells: std::result::Result<Vec<Cell>, sqlx::Error> =
        table.columns.iter().enumerate().map(cell).collect();
    cells.map_err(|error| unusable(format!("a row of {} cannot be copied: {error}", table.name)))
}
