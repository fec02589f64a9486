//! What of the steps can be seen afterwards, in the record and in the conversation.

use featurebase_bouncer::store::jobs::Task;

use crate::bot::Bot;

const STEPS: [Task; 4] = [Task::Redact, Task::Note, Task::Close, Task::Notify];

pub(super) const ALL_DONE: [&str; 8] = [
    "attempted redact",
    "also_done redact",
    "attempted note",
    "also_done note",
    "attempted close",
    "also_done close",
    "attempted notify",
    "also_done notify",
];

impl Bot {
    /// What was done and tried about a contact, with what it was.
    pub(super) async fn steps_of(&self, contact: &str) -> Vec<String> {
        let rows = self.record().await.into_iter();
        rows.filter(|row| {
            row.contact
                .as_ref()
                .is_some_and(|id| id.as_str() == contact)
        })
        .filter_map(|row| {
            Some(format!(
                "{} {}",
                row.action,
                row.detail.get("call")?.as_str()?
            ))
        })
        .filter(|told| !told.ends_with("block"))
        .collect()
    }

    pub(super) async fn steps_left(&self) -> i64 {
        let mut left = 0;
        for task in STEPS {
            left += self.jobs(task).await;
        }
        left
    }

    pub fn notes(&self, conversation: &str) -> Vec<String> {
        let conversation = self.sandbox.conversation(conversation).unwrap();
        let parts = conversation["conversationParts"].as_array().unwrap().iter();
        parts
            .filter(|part| part["partType"] == "admin_note")
            .map(|part| part["bodyMarkdown"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) fn state(&self, conversation: &str) -> String {
        self.sandbox.conversation(conversation).unwrap()["state"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(super) fn is_redacted(&self, conversation: &str, part: usize) -> bool {
        self.sandbox.conversation(conversation).unwrap()["conversationParts"][part]["redacted"]
            == true
    }
}
