//! What is not as it should be, in words for people.

/// What is not as it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub webhook: Option<String>,
    pub silence: Option<String>,
    pub gap: Option<String>,
}

impl Status {
    /// A line for everything that is not as it should be.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let named = [
            ("webhook", &self.webhook),
            ("silence", &self.silence),
            ("gap", &self.gap),
        ];
        named
            .into_iter()
            .filter_map(|(name, told)| Some(format!("{name}: {}", told.as_ref()?)))
            .collect()
    }
}
