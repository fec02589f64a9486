//! What people are told, in which form, how often, and when their address does not take it.

mod bodies;
mod channels;
mod pace;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// A status and the wait it names.
type Answer = (u16, Option<&'static str>);

/// A chat of people: what was posted to it, and what it answers next (else 200).
#[derive(Clone, Default)]
pub struct Chat {
    posted: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Chat {
    /// Gives its address without the scheme's form.
    pub async fn opens(&self) -> String {
        async fn hear(State(chat): State<Chat>, body: String) -> (StatusCode, HeaderMap) {
            chat.posted.lock().unwrap().push(body);
            let (status, wait) = chat
                .answers
                .lock()
                .unwrap()
                .pop_front()
                .unwrap_or((200, None));
            let mut headers = HeaderMap::new();
            if let Some(wait) = wait {
                headers.insert("retry-after", wait.parse().unwrap());
            }
            (StatusCode::from_u16(status).unwrap(), headers)
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().fallback(hear).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook/k3y-that-must-not-be-shown")
    }

    pub fn answers(&self, answers: &[Answer]) {
        self.answers.lock().unwrap().extend(answers.iter().copied());
    }

    pub fn posted(&self) -> Vec<Value> {
        let posted = self.posted.lock().unwrap();
        posted
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }

    /// The topics of what was posted in the plain form.
    pub fn topics(&self) -> Vec<String> {
        let topic = |body: &Value| body["topic"].as_str().unwrap().to_owned();
        self.posted().iter().map(topic).collect()
    }
}
