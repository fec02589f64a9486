//! The record as a tree whose rows cannot be changed unnoticed: what of it is kept, and its rows exactly as they stand.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::postgres::LOCK_NOT_HAD;
use super::rows::{self, Cell};
use super::schema::Dialect;
use super::{Result, Store, StoreError, Writing};
use crate::proof::lines::StoredRow;
use crate::proof::note::PublicKey;
use crate::proof::tree::Tree;
use crate::time::Timestamp;

/// How whoever adds to the record begins, and how whoever numbers its rows is alone for a moment: the number is the lock's.
pub(super) const RECORDING: &str = "BEGIN; SELECT pg_advisory_xact_lock_shared(7309475)";
const ALONE: &str = "SELECT pg_advisory_xact_lock(7309475)";
pub(super) const NEWEST: &str = "SELECT COALESCE(MAX(seq), 0) FROM audit";

/// The tree, as far as rows are numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which log it is.
    pub origin: String,
    pub tree: Tree,
    /// The last row of the record in it.
    pub last_seq: i64,
    /// Of how many of the oldest rows only the hashes are kept.
    pub forgotten: u64,
}

/// Hashes of up to 256 rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    pub tile: i64,
    /// The number of the first row among them.
    pub first_seq: i64,
    pub hashes: Vec<u8>,
}

/// A checkpoint that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAt {
    pub size: i64,
    pub last_seq: i64,
    pub at: Timestamp,
    /// Whether it names the key that signs from then on.
    pub rotates: bool,
    pub note: String,
}

const HEAD: &str =
    "SELECT origin, size, last_seq, edge, forgotten FROM record_head WHERE name = 'record'";
const KEY: &str = "SELECT public FROM record_keys ORDER BY number DESC LIMIT 1";
const SIGNED: &str = "SELECT size, last_seq, at, rotates, note FROM record_checkpoints";

impl Store {
    /// The tree; nothing before the first row is numbered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_head(&self) -> Result<Option<Head>> {
        let mut connection = self.reading().await?;
        let found = sqlx::query(HEAD).fetch_optional(&mut *connection).await?;
        found.as_ref().map(head_of).transpose()
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_key(&self) -> Result<Option<PublicKey>> {
        let mut connection = self.reading().await?;
        let found: Option<(String,)> = sqlx::query_as(KEY).fetch_optional(&mut *connection).await?;
        found.map(|(text,)| key_of(&text)).transpose()
    }

    /// The key that signed first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_record_key(&self) -> Result<Option<PublicKey>> {
        let sql = "SELECT public FROM record_keys ORDER BY number LIMIT 1";
        let mut connection = self.reading().await?;
        let found: Option<(String,)> = sqlx::query_as(sql).fetch_optional(&mut *connection).await?;
        found.map(|(text,)| key_of(&text)).transpose()
    }

    /// Up to which number no row of the record can appear any more; nothing while that cannot be told at this moment.
    ///
    /// Where several write at once, numbers do not appear in their order: whoever adds to the record holds a lock from before its
    /// number is given until it is there, so whoever has that lock alone sees all of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settled_seq(&self) -> Result<Option<i64>> {
        if self.dialect == Dialect::Sqlite {
            return self.newest_seq().await.map(Some);
        }
        let mut tx = self.write.begin().await?;
        sqlx::query("SET LOCAL lock_timeout = '100ms'")
            .execute(&mut *tx)
            .await?;
        match sqlx::query(ALONE).execute(&mut *tx).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(LOCK_NOT_HAD) => {
                return Ok(None);
            }
            done => done?,
        };
        let (seq,): (i64,) = sqlx::query_as(NEWEST).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(seq))
    }

    /// The highest number that can be seen; lower ones may yet appear.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_seq(&self) -> Result<i64> {
        let mut connection = self.reading().await?;
        let (seq,): (i64,) = sqlx::query_as(NEWEST).fetch_one(&mut *connection).await?;
        Ok(seq)
    }

    /// Rows of the record as they stand, by number: after one, up to another.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_rows(&self, after: i64, up_to: i64, limit: i64) -> Result<Vec<StoredRow>> {
        let sql = "SELECT seq, at, action, actor, contact_id, conversation_id, event_id, verdict, rules, detail FROM audit
            WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
        let mut connection = self.reading().await?;
        let found = sqlx::query(sql)
            .bind(after)
            .bind(up_to)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(stored_of).collect()
    }

    /// Tiles from a number on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tiles(&self, from: i64, limit: i64) -> Result<Vec<Tile>> {
        let sql = "SELECT tile, first_seq, hashes FROM record_tiles WHERE tile >= $1 ORDER BY tile LIMIT $2";
        let mut connection = self.reading().await?;
        let found = sqlx::query(sql)
            .bind(from)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(tile_of).collect()
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_checkpoint(&self) -> Result<Option<SignedAt>> {
        let sql = format!("{SIGNED} ORDER BY size DESC LIMIT 1");
        let mut connection = self.reading().await?;
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_optional(&mut *connection)
            .await?;
        found.as_ref().map(signed_of).transpose()
    }

    /// The checkpoints at which the key was changed, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotations(&self) -> Result<Vec<SignedAt>> {
        let sql = format!("{SIGNED} WHERE rotates = 1 ORDER BY size");
        let mut connection = self.reading().await?;
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(signed_of).collect()
    }
}

impl Writing {
    /// Begins the tree, if nobody has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn found_record(&mut self, key: &PublicKey, now: Timestamp) -> Result<bool> {
        let sql = "INSERT INTO record_head (name, origin, size, last_seq, edge, forgotten, lease_owner, lease_until)
            VALUES ('record', $1, 0, 0, $2, 0, '', 0) ON CONFLICT (name) DO NOTHING";
        let done = sqlx::query(sql)
            .bind(key.name())
            .bind(Vec::new())
            .execute(&mut *self.tx)
            .await?;
        let founded = done.rows_affected() == 1;
        if founded {
            self.set_record_key(key, 0, now).await?;
        }
        Ok(founded)
    }

    /// From now on this key signs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_record_key(
        &mut self,
        key: &PublicKey,
        from_size: i64,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO record_keys (number, public, from_size, at)
            SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3 FROM record_keys";
        sqlx::query(sql)
            .bind(key.to_string())
            .bind(from_size)
            .bind(now.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_key(&mut self) -> Result<Option<PublicKey>> {
        let found: Option<(String,)> = sqlx::query_as(KEY).fetch_optional(&mut *self.tx).await?;
        found.map(|(text,)| key_of(&text)).transpose()
    }

    /// The tree, which nobody else changes until the end of this transaction. Nothing if another one numbers rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_record(
        &mut self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Head>> {
        // A lease that could not have been given yet is from before a clock went back.
        let longest = until.millis();
        let sql = "UPDATE record_head SET lease_owner = $1, lease_until = $2
            WHERE name = 'record' AND (lease_owner = $1 OR lease_until <= $3 OR lease_until > $4)
            RETURNING origin, size, last_seq, edge, forgotten";
        let found = sqlx::query(sql)
            .bind(owner)
            .bind(until.millis())
            .bind(now.millis())
            .bind(longest)
            .fetch_optional(&mut *self.tx)
            .await?;
        found.as_ref().map(head_of).transpose()
    }

    /// Puts a grown tree in the place of the one that [`take_record`](Self::take_record) gave.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn grow_record(&mut self, head: &Head, tiles: Vec<Tile>) -> Result<()> {
        let sql =
            "UPDATE record_head SET size = $1, last_seq = $2, edge = $3 WHERE name = 'record'";
        sqlx::query(sql)
            .bind(size_of(&head.tree))
            .bind(head.last_seq)
            .bind(head.tree.edge())
            .execute(&mut *self.tx)
            .await?;
        let cells = tiles
            .into_iter()
            .map(|tile| {
                vec![
                    Cell::Int(tile.tile),
                    Cell::Int(tile.first_seq),
                    Cell::Bytes(tile.hashes),
                ]
            })
            .collect();
        rows::insert(
            &mut self.tx,
            "INSERT INTO record_tiles (tile, first_seq, hashes) VALUES",
            "ON CONFLICT (tile) DO UPDATE SET hashes = excluded.hashes",
            cells,
        )
        .await?;
        Ok(())
    }

    /// Keeps a checkpoint; one of the same size gives way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_checkpoint(&mut self, signed: &SignedAt) -> Result<()> {
        let sql = "INSERT INTO record_checkpoints (size, last_seq, at, rotates, note) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (size) DO UPDATE SET at = excluded.at, rotates = excluded.rotates, note = excluded.note";
        sqlx::query(sql)
            .bind(signed.size)
            .bind(signed.last_seq)
            .bind(signed.at.millis())
            .bind(i64::from(signed.rotates))
            .bind(signed.note.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The first row of the newest tile that begins at or before a row and is signed; only the next few tiles are looked at.
    pub(super) async fn signed_tile_up_to(&mut self, seq: i64) -> Result<Option<i64>> {
        let sql = "SELECT MAX(t.first_seq) AS first_seq FROM record_tiles t, record_head h
            WHERE h.name = 'record' AND t.tile > h.forgotten / 256 AND t.tile <= h.forgotten / 256 + 16 AND t.first_seq <= $1
            AND t.tile * 256 <= (SELECT COALESCE(MAX(size), 0) FROM record_checkpoints)";
        let (first,): (Option<i64>,) = sqlx::query_as(sql)
            .bind(seq)
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(first)
    }

    /// Of the rows before one that begins a tile only the hashes are kept from now on.
    pub(super) async fn note_forgotten_below(&mut self, seq: i64) -> Result<()> {
        let sql = "UPDATE record_head SET forgotten = 256 * (SELECT tile FROM record_tiles WHERE first_seq = $1)
            WHERE name = 'record' AND EXISTS (SELECT 1 FROM record_tiles WHERE first_seq = $1)";
        sqlx::query(sql).bind(seq).execute(&mut *self.tx).await?;
        Ok(())
    }
}

/// How many rows a tree has, as databases count.
#[must_use]
pub fn size_of(tree: &Tree) -> i64 {
    i64::try_from(tree.size()).unwrap_or(i64::MAX)
}

fn bad(table: &'static str, row: &str, what: &str) -> StoreError {
    StoreError::BadData {
        table,
        row: row.to_owned(),
        what: what.to_owned(),
    }
}

fn key_of(text: &str) -> Result<PublicKey> {
    PublicKey::parse(text).map_err(|what| bad("record_keys", text, &what))
}

fn head_of(row: &AnyRow) -> Result<Head> {
    let odd = || bad("record_head", "record", "its size and its edge do not fit");
    let size = u64::try_from(row.try_get::<i64, _>("size")?).map_err(|_| odd())?;
    let edge: Vec<u8> = row.try_get("edge")?;
    let forgotten: i64 = row.try_get("forgotten")?;
    Ok(Head {
        origin: row.try_get("origin")?,
        tree: Tree::of_edge(size, &edge).ok_or_else(odd)?,
        last_seq: row.try_get("last_seq")?,
        forgotten: u64::try_from(forgotten).map_err(|_| odd())?,
    })
}

fn tile_of(row: &AnyRow) -> Result<Tile> {
    Ok(Tile {
        tile: row.try_get("tile")?,
        first_seq: row.try_get("first_seq")?,
        hashes: row.try_get("hashes")?,
    })
}

fn signed_of(row: &AnyRow) -> Result<SignedAt> {
    Ok(SignedAt {
        size: row.try_get("size")?,
        last_seq: row.try_get("last_seq")?,
        at: Timestamp::from_millis(row.try_get("at")?),
        rotates: row.try_get::<i64, _>("rotates")? == 1,
        note: row.try_get("note")?,
    })
}

fn stored_of(row: &AnyRow) -> Result<StoredRow> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    Ok(StoredRow {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        action: row.try_get("action")?,
        actor: row.try_get("actor")?,
        contact: text("contact_id")?,
        conversation: text("conversation_id")?,
        event: text("event_id")?,
        verdict: text("verdict")?,
        rules: text("rules")?,
        detail: row.try_get("detail")?,
    })
}
