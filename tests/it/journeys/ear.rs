//! An address of the operator's own, which notices go to.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

/// The operator's own address: what was told, and what it answers next.
#[derive(Clone, Default)]
pub(super) struct Ear {
    pub told: Arc<Mutex<Vec<String>>>,
    pub answers: Arc<Mutex<Vec<u16>>>,
}

impl Ear {
    pub async fn listen(&self) -> String {
        async fn hear(State(ear): State<Ear>, body: String) -> StatusCode {
            ear.told.lock().unwrap().push(body);
            let status = ear.answers.lock().unwrap().pop().unwrap_or(200);
            StatusCode::from_u16(status).unwrap()
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().fallback(hear).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook?key=k1")
    }

    pub fn told(&self) -> Vec<Value> {
        let told = self.told.lock().unwrap();
        told.iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }
}
