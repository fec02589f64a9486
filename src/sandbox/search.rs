//! `POST /v2/conversations/search`: one clause, or up to 15 in an `AND`; no `OR`, no nesting.

use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::ApiError;
use super::model::{Conversation, InboxState};
use super::paging::{Listed, Page};
use super::workspace::Workspace;
use crate::time::Timestamp;

const MAX_CLAUSES: usize = 15;

#[derive(Debug, Deserialize)]
pub(super) struct Search {
    query: Option<Value>,
    #[serde(rename = "search")]
    words: Option<String>,
    sort: Option<String>,
    #[serde(flatten)]
    page: Page,
}

impl Workspace {
    /// The newest activity first, unless it is sorted the other way.
    pub fn search(&self, search: Search) -> Result<Value, ApiError> {
        let clauses = match &search.query {
            None => Vec::new(),
            Some(query) => read_query(query)?,
        };
        let words = search.words.as_deref().map(str::to_lowercase);
        let mut found: Vec<&Conversation> = self
            .conversations
            .values()
            .filter(|c| clauses.iter().all(|clause| clause.fits(c)))
            .filter(|c| words.as_deref().is_none_or(|words| says(c, words)))
            .collect();
        found.sort_by_key(|c| (c.last_activity(), c.number));
        match search.sort.as_deref() {
            Some("lastActivityAt:asc") => {}
            None | Some("lastActivityAt:desc") => found.reverse(),
            Some(_) => return Err(ApiError::bad_field("sort", "Sort by lastActivityAt.")),
        }
        let total = found.len();
        let listed = found.into_iter().map(|c| self.row(c)).collect();
        let mode = if words.is_some() { "search" } else { "filter" };
        let mut page = search.page.of(mode, listed)?;
        if let Some(fields) = page.as_object_mut() {
            fields.insert("totalCount".into(), json!(total.min(1000)));
            fields.insert("totalCountCapped".into(), json!(total > 1000));
        }
        Ok(page)
    }

    /// Rows are slimmer than conversations: above all they do not say `isBlocked`.
    fn row(&self, conversation: &Conversation) -> Listed {
        let mut json = conversation.json(self.is_with_blocked(conversation));
        if let Some(fields) = json.as_object_mut() {
            for left_out in ["isBlocked", "userPreferredLanguage", "snoozedUntil"] {
                fields.remove(left_out);
            }
        }
        Listed {
            id: conversation.number.to_string(),
            json,
        }
    }
}

#[derive(Debug)]
struct Clause {
    field: Field,
    operator: Operator,
    values: Vec<Value>,
}

crate::vocabulary! {
    Field {
        State = "state",
        User = "userId",
        Participant = "participantId",
        Created = "createdAt",
        Tags = "tagIds",
        Assignee = "adminAssigneeId",
    }
}

crate::vocabulary! {
    Operator {
        Is = "=",
        IsNot = "!=",
        In = "IN",
        NotIn = "NIN",
        After = ">",
        Before = "<",
    }
}

impl Clause {
    fn fits(&self, conversation: &Conversation) -> bool {
        let has = |value: &Value| {
            let Some(text) = value.as_str() else {
                return value.is_null()
                    && self.field == Field::Assignee
                    && conversation.assignee.is_none();
            };
            match self.field {
                Field::State => conversation.state.as_str() == text,
                Field::User | Field::Participant => conversation.participant_ids().contains(&text),
                Field::Tags => conversation.tags.iter().any(|tag| tag.id == text),
                Field::Assignee => conversation.assignee.as_deref() == Some(text),
                Field::Created => false,
            }
        };
        match self.operator {
            Operator::Is | Operator::In if self.field != Field::Created => {
                self.values.iter().any(has)
            }
            Operator::IsNot | Operator::NotIn => !self.values.iter().any(has),
            _ => self.fits_moment(conversation.created),
        }
    }

    fn fits_moment(&self, created: Timestamp) -> bool {
        let asked = self.values.first().and_then(Value::as_i64);
        asked.is_some_and(|asked| match self.operator {
            Operator::After => created.seconds() > asked,
            Operator::Before => created.seconds() < asked,
            _ => created.seconds() == asked,
        })
    }

    fn is_negative(&self) -> bool {
        matches!(self.operator, Operator::IsNot | Operator::NotIn)
    }
}

fn read_query(query: &Value) -> Result<Vec<Clause>, ApiError> {
    let group = match (
        query.get("field"),
        query.get("operator"),
        query.get("value"),
    ) {
        (None, Some(Value::String(operator)), Some(Value::Array(clauses))) if operator == "AND" => {
            clauses.iter().map(read_clause).collect()
        }
        (Some(_), _, _) => read_clause(query).map(|clause| vec![clause]),
        _ => Err(bad_query("A query is a clause, or an AND of clauses.")),
    };
    let clauses: Vec<Clause> = group?;
    if clauses.len() > MAX_CLAUSES {
        return Err(bad_query("An AND has at most 15 clauses."));
    }
    let bounded = |clause: &Clause| !clause.is_negative() || clause.field == Field::State;
    if !clauses.is_empty() && !clauses.iter().any(bounded) {
        let message = "Combine the negation with a clause that narrows.";
        return Err(ApiError::bad_request("query_too_broad", message).param("query"));
    }
    Ok(clauses)
}

fn read_clause(clause: &Value) -> Result<Clause, ApiError> {
    let text = |name: &str| clause.get(name).and_then(Value::as_str);
    let field = text("field").and_then(Field::parse);
    let field = field.ok_or_else(|| bad_query("There is no such field."))?;
    let operator = text("operator").and_then(Operator::parse);
    let operator = operator.filter(|operator| allowed(field, *operator));
    let operator = operator.ok_or_else(|| bad_query("The field has no such operator."))?;
    let value = clause.get("value").cloned();
    let value = value.ok_or_else(|| bad_query("A clause has a value."))?;
    let values = match value {
        Value::Array(values) if matches!(operator, Operator::In | Operator::NotIn) => values,
        single => vec![single],
    };
    if field == Field::State && !values.iter().all(is_state) {
        return Err(bad_query("There is no such state."));
    }
    Ok(Clause {
        field,
        operator,
        values,
    })
}

fn allowed(field: Field, operator: Operator) -> bool {
    match operator {
        Operator::Is => true,
        Operator::After | Operator::Before => field == Field::Created,
        Operator::IsNot | Operator::In | Operator::NotIn => field != Field::Created,
    }
}

fn is_state(value: &Value) -> bool {
    value.as_str().and_then(InboxState::parse).is_some()
}

fn says(conversation: &Conversation, words: &str) -> bool {
    let mut bodies = conversation.parts.iter().filter_map(|part| {
        let body = part.markdown.as_deref().or(part.html.as_deref());
        body.map(str::to_lowercase)
    });
    bodies.any(|body| body.contains(words))
}

fn bad_query(message: &str) -> ApiError {
    ApiError::bad_request("invalid_query", message).param("query")
}
