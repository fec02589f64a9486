//! The sandbox keeps Featurebase's contract: what is tried against it is tried against something.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use featurebase_bouncer::sandbox::{API_VERSION, Options, Sandbox};
use featurebase_bouncer::time::{Clock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

mod api;
mod deliveries;
mod faults;

const CREATED: &str = "conversation.user.created";
const REPLIED: &str = "conversation.user.replied";
const NOBODY: &str = "000000000000000000000000";

/// A client of the sandbox with the right key and version.
struct Caller {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Caller {
    async fn start(options: Options) -> Result<Self> {
        // Another test may have installed it.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = reqwest::Client::builder().no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none()).build()?;
        let sandbox = Sandbox::start(options).await?;
        Ok(Self { sandbox, http })
    }

    async fn by_hand() -> Result<(Self, Clock)> {
        let clock = Clock::by_hand(Timestamp::from_seconds(1_767_225_600));
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        Ok((Self::start(options).await?, clock))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str) -> Result<Answer> {
        self.send(Method::POST, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer> {
        let request = self.http.request(method, self.url(path));
        let request = request.bearer_auth(self.sandbox.api_key());
        let request = request.header("Featurebase-Version", API_VERSION);
        Answer::of(match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        })
        .await
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    /// Null when it is not JSON.
    body: Value,
}

impl Answer {
    async fn of(request: reqwest::RequestBuilder) -> Result<Self> {
        let response = request.send().await?;
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(&response.bytes().await?).unwrap_or_default(),
        })
    }

    fn at(&self, place: &str) -> &Value {
        self.body.pointer(place).unwrap_or(&Value::Null)
    }

    fn is_error(&self, status: u16, code: &str) {
        let said = (self.at("/error/code"), self.at("/error/status"));
        assert_eq!(said, (&json!(code), &json!(status)), "{}", self.body);
        assert_eq!(self.status, status);
        assert!(self.at("/error/type").is_string() && self.at("/error/message").is_string());
    }
}

/// Takes deliveries, answering each with the next of its statuses and then with 200.
struct Receiver {
    url: String,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Receiver {
    async fn start(answers: impl IntoIterator<Item = u16>) -> Result<Self> {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<u16>>()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let take = async move |headers: HeaderMap, body: Bytes| {
            let next = answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((headers, body));
            StatusCode::from_u16(next.unwrap_or(200)).unwrap_or_default()
        };
        let router = Router::new().fallback(take);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/webhook", listener.local_addr()?);
        tokio_util::task::TaskTracker::new().spawn(axum::serve(listener, router).into_future());
        Ok(Self { url, seen })
    }

    fn seen(&self) -> Vec<(HeaderMap, Bytes)> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
