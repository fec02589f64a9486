//! Rows of the record by what is asked of them, newest first, each page in bounded time.
//!
//! The rarest thing asked for leads: its rows are taken from an index, newest first, and the rest is asked of each. Rules, actors,
//! actions and verdicts lead together (`lanes`). How rare a thing is, is counted, but only up to `FEW`: neither database keeps
//! counts we could rely on.

mod conditions;
mod lanes;
mod lead;

use std::collections::HashSet;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::audit::{COLUMNS, Filter, Row, row_of};
use super::schema::Dialect;
use super::words::{self, Hasher};
use super::{Result, Store, sealing};
use crate::message::EventId;
use crate::time::Timestamp;

use conditions::Sql;
pub(super) use lanes::{is_there, lanes, rules};
use lead::Lead;

/// What is rarer is counted to the end.
const FEW: usize = 1_000;
/// Messages with all the words asked for: up to so many lead the search.
const FEW_MESSAGES: usize = 4_000;
/// Most rows looked at for one page. What is not found by then is looked for by the next page.
const MOST_LOOKED: usize = 200_000;
/// Rows looked at by one statement.
const WINDOW: i64 = 50_000;

crate::vocabulary! {
    /// What a row can be asked for.
    Column {
        Actor = "actor",
        Action = "action",
        Rule = "rules",
        Verdict = "verdict",
        Contact = "contact_id",
        Conversation = "conversation_id",
        Event = "event_id",
    }
}

/// A value, or the beginning of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub text: String,
    pub prefix: bool,
}

impl Pattern {
    /// Whether a value is meant. The beginning of nothing is that of every value, but not of none.
    fn fits(&self, value: &str) -> bool {
        match (self.prefix, self.text.as_str()) {
            (true, "") => !value.is_empty(),
            (true, beginning) => value.starts_with(beginning),
            (false, text) => value == text,
        }
    }
}

/// A column has one of the values, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub column: Column,
    pub negated: bool,
    pub any_of: Vec<Pattern>,
}

/// The row was written within one of these spans, or outside all of them; both ends are included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    pub negated: bool,
    pub any_of: Vec<(Option<Timestamp>, Option<Timestamp>)>,
}

/// The row is about a message that holds these words in this order, or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub negated: bool,
    pub words: Vec<String>,
}

/// Everything asked for; all of it must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub fields: Vec<Field>,
    pub times: Vec<Times>,
    pub phrases: Vec<Phrase>,
    /// Only rows before this number: the next page.
    pub before: Option<i64>,
}

impl Wanted {
    /// What a filter asks for.
    #[must_use]
    pub fn of(filter: &Filter) -> Self {
        let mut wanted = Self {
            before: filter.before,
            ..Self::default()
        };
        let action = filter.action.map(|action| action.as_str().to_owned());
        let texts = [
            (
                Column::Event,
                filter.event.as_ref().map(ToString::to_string),
            ),
            (
                Column::Contact,
                filter.contact.as_ref().map(ToString::to_string),
            ),
            (
                Column::Conversation,
                filter.conversation.as_ref().map(ToString::to_string),
            ),
            (Column::Actor, filter.actor.clone()),
            (Column::Action, action),
            (Column::Verdict, filter.verdict.clone()),
        ];
        for (column, text) in texts {
            wanted.fields.extend(text.map(|text| Field {
                column,
                negated: false,
                any_of: vec![Pattern {
                    text,
                    prefix: false,
                }],
            }));
        }
        wanted
            .fields
            .extend(filter.rule.as_deref().map(|rule| Field {
                column: Column::Rule,
                negated: false,
                any_of: vec![match rule.strip_suffix('*') {
                    Some(beginning) => Pattern {
                        text: beginning.to_owned(),
                        prefix: true,
                    },
                    None => Pattern {
                        text: rule.to_owned(),
                        prefix: false,
                    },
                }],
            }));
        if filter.since.is_some() || filter.until.is_some() {
            wanted.times.push(Times {
                negated: false,
                any_of: vec![(filter.since, filter.until)],
            });
        }
        wanted
    }
}

/// A page of rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Newest first.
    pub rows: Vec<Row>,
    /// There may be more: the next page is the one before this number.
    pub more: Option<i64>,
    /// The page is short because so much was looked at already, not because there is no more.
    pub cut_short: bool,
}

impl Store {
    /// The newest rows that meet everything wanted, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn search(&self, wanted: &Wanted, limit: usize) -> Result<Page> {
        let mut connection = self.reading().await?;
        if self.dialect == Dialect::Postgres && !wanted.phrases.is_empty() {
            // An index of words can be read in no other way.
            sqlx::query("SET enable_bitmapscan = on")
                .execute(&mut *connection)
                .await?;
        }
        let found = self.page(&mut connection, wanted, limit).await;
        if self.dialect == Dialect::Postgres && !wanted.phrases.is_empty() {
            sqlx::query("SET enable_bitmapscan = off")
                .execute(&mut *connection)
                .await?;
        }
        found
    }

    async fn page(
        &self,
        connection: &mut AnyConnection,
        wanted: &Wanted,
        limit: usize,
    ) -> Result<Page> {
        let mut page = Page::default();
        let Some((low, high)) = bounds(connection, wanted).await? else {
            return Ok(page);
        };
        let words = Words::of(connection, wanted, self.dialect).await?;
        let lead = lead::choose(connection, wanted, words.all.as_deref(), (low, high)).await?;
        let checks = words.checks(&lead);
        let below = lead.begin(connection, high).await?;
        let mut looking = Looking {
            lead,
            wanted,
            low,
            below,
        };
        let mut size = limit.clamp(16, 4_096);
        let mut looked = 0;
        while let Some(batch) = looking.next(connection, size).await? {
            looked += batch.looked;
            let rows = meeting(connection, batch.rows, &checks).await?;
            for row in rows {
                if page.rows.len() == limit {
                    break;
                }
                page.rows.push(row);
            }
            if page.rows.len() == limit {
                page.more = page.rows.last().map(|row| row.seq);
                return Ok(page);
            }
            if looked >= MOST_LOOKED {
                page.more = Some(looking.below);
                page.cut_short = true;
                return Ok(page);
            }
            size = (size * 4).min(4_096);
        }
        Ok(page)
    }
}

/// The lowest and the highest number a row can have; nothing when no row can be meant.
async fn bounds(connection: &mut AnyConnection, wanted: &Wanted) -> Result<Option<(i64, i64)>> {
    let (mut low, mut high) = (0, i64::MAX - 1);
    if let Some(before) = wanted.before {
        high = before.saturating_sub(1);
    }
    for times in wanted.times.iter().filter(|times| !times.negated) {
        let from = times.any_of.iter().map(|(from, _)| *from).min().flatten();
        let ends = times.any_of.iter().map(|(_, to)| *to);
        let to = ends
            .map(|to| to.map_or(i64::MAX, Timestamp::millis))
            .max()
            .filter(|to| *to != i64::MAX);
        if from.is_none() && to.is_none() {
            continue;
        }
        let sql = "SELECT COALESCE(MIN(first_seq), 0), COALESCE(MAX(last_seq), 0) FROM audit_hours WHERE hour >= $1 AND hour <= $2";
        let (first, last): (i64, i64) = sqlx::query_as(sql)
            .bind(from.map_or(i64::MIN, super::postings::hour_of))
            .bind(to.map_or(i64::MAX, |to| {
                super::postings::hour_of(Timestamp::from_millis(to))
            }))
            .fetch_one(&mut *connection)
            .await?;
        low = low.max(first);
        high = high.min(last);
    }
    Ok((low <= high && high > 0).then_some((low, high)))
}

/// The conditions on a message's words.
struct Words {
    /// That all words wanted are there.
    all: Option<String>,
    /// Each alone, with whether it must not be so.
    each: Vec<(String, bool)>,
}

impl Words {
    async fn of(connection: &mut AnyConnection, wanted: &Wanted, dialect: Dialect) -> Result<Self> {
        if wanted.phrases.is_empty() {
            return Ok(Self {
                all: None,
                each: Vec::new(),
            });
        }
        let hasher = Hasher::of(connection).await?;
        let wanted: Vec<&Phrase> = wanted
            .phrases
            .iter()
            .filter(|phrase| !phrase.words.is_empty())
            .collect();
        let (unwanted, there): (Vec<&Phrase>, Vec<&Phrase>) =
            wanted.into_iter().partition(|phrase| phrase.negated);
        let all = (!there.is_empty()).then(|| hasher.condition(&there, dialect));
        let not = |phrase: &&Phrase| (hasher.condition(&[*phrase], dialect), true);
        let each = all.iter().map(|all| (all.clone(), false));
        Ok(Self {
            each: each.chain(unwanted.iter().map(not)).collect(),
            all,
        })
    }

    /// What is still to be asked of each row the lead brings.
    fn checks(&self, lead: &Lead) -> Vec<(String, bool)> {
        let led_by_words = matches!(lead, Lead::Words(_));
        let each = self.each.iter();
        each.filter(|(_, negated)| *negated || !led_by_words)
            .cloned()
            .collect()
    }
}

/// Rows that pass every check on the words of the message they are about.
async fn meeting(
    connection: &mut AnyConnection,
    rows: Vec<Row>,
    checks: &[(String, bool)],
) -> Result<Vec<Row>> {
    let mut rows = rows;
    for (condition, negated) in checks {
        let events: HashSet<EventId> = rows.iter().filter_map(|row| row.event.clone()).collect();
        let events: Vec<EventId> = events.into_iter().collect();
        let met = words::meeting(connection, &events, condition).await?;
        rows.retain(|row| {
            let meets = row.event.as_ref().is_some_and(|event| met.contains(event));
            meets != *negated
        });
    }
    Ok(rows)
}

/// A search under way.
struct Looking<'w> {
    lead: Lead,
    wanted: &'w Wanted,
    low: i64,
    /// Only rows below this number are still to be looked at.
    below: i64,
}

struct Batch {
    rows: Vec<Row>,
    looked: usize,
}

impl Looking<'_> {
    async fn next(&mut self, connection: &mut AnyConnection, size: usize) -> Result<Option<Batch>> {
        if self.below <= self.low {
            return Ok(None);
        }
        let mut sql = Sql::default();
        if matches!(self.lead, Lead::All) {
            // Only so far down: what is asked may be met by no row at all.
            let low = self.low.max(self.below - WINDOW);
            let rest = sql.rest(self.wanted);
            let text = format!(
                "SELECT {COLUMNS} FROM audit WHERE seq >= {low} AND seq < {}{rest} ORDER BY seq DESC LIMIT {size}",
                self.below
            );
            let rows = fetch(connection, sql, text).await?;
            let below = match rows.last() {
                Some(last) if rows.len() == size => last.seq,
                _ => low,
            };
            let looked = usize::try_from(self.below - below).unwrap_or(MOST_LOOKED);
            self.below = below;
            return Ok(Some(Batch { rows, looked }));
        }
        let numbers = self
            .lead
            .numbers(connection, (self.low, self.below), size)
            .await?;
        let Some(last) = numbers.last() else {
            return Ok(None);
        };
        self.below = *last;
        let listed: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let rest = sql.rest(self.wanted);
        let text = format!(
            "SELECT {COLUMNS} FROM audit WHERE seq IN ({}){rest} ORDER BY seq DESC",
            listed.join(",")
        );
        let rows = fetch(connection, sql, text).await?;
        Ok(Some(Batch {
            rows,
            looked: numbers.len() + self.lead.cost(),
        }))
    }
}

async fn fetch(connection: &mut AnyConnection, sql: Sql, text: String) -> Result<Vec<Row>> {
    // Only fixed texts, numbers and place holders are in it: values are always bound.
    let query = sql.bound(sqlx::query(AssertSqlSafe(text)));
    let found: Vec<AnyRow> = query.fetch_all(&mut *connection).await?;
    let mut rows: Vec<Row> = found.iter().map(row_of).collect::<Result<_>>()?;
    sealing::merge_private(connection, &mut rows).await?;
    Ok(rows)
}
