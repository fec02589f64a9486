//! What came of a call, in a few words for people.

use std::fmt;

use super::Outcome;

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Already { why } | Self::Retry { why, .. } | Self::Refused { why, .. } => {
                f.write_str(why)
            }
            Self::KeyRefused { why } => write!(f, "the API key is refused ({why})"),
        }
    }
}
