//! Searches printed so that they read the same again.

use std::fmt::{self, Display, Formatter};

use super::{Key, Moment, Query, Span, Term, Value, What};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (number, term) in self.terms.iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        match &self.what {
            What::Field { key, values } => list(f, *key, values),
            What::Created(spans) => list(f, Key::Created, spans),
            What::Text(text) => f.write_str(&phrase(text)),
        }
    }
}

fn list(f: &mut Formatter<'_>, key: Key, values: &[impl Display]) -> fmt::Result {
    write!(f, "{key}:")?;
    for (number, value) in values.iter().enumerate() {
        if number > 0 {
            f.write_str(",")?;
        }
        write!(f, "{value}")?;
    }
    Ok(())
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let odd = |c: char| c.is_whitespace() || matches!(c, '"' | ',' | '*' | '\\');
        if self.prefix {
            return write!(f, "{}*", self.text);
        }
        if self.text.is_empty() || self.text.contains(odd) {
            return f.write_str(&quoted(&self.text));
        }
        f.write_str(&self.text)
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let end = |moment: &Option<Moment>| {
            moment
                .as_ref()
                .map_or_else(|| "*".to_owned(), ToString::to_string)
        };
        match self {
            Self::On(moment) => write!(f, "{moment}"),
            Self::After(moment) => write!(f, ">{moment}"),
            Self::From(moment) => write!(f, ">={moment}"),
            Self::Before(moment) => write!(f, "<{moment}"),
            Self::UpTo(moment) => write!(f, "<={moment}"),
            Self::Between(from, to) => write!(f, "{}..{}", end(from), end(to)),
        }
    }
}

/// A text that would be taken for something else, or for several words, is put between quotation marks.
fn phrase(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._/@#&+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    quoted(text)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
