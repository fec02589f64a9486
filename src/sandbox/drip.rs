//! A body that never ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Sleep, sleep};

/// Gives one more blank every so often, in real time.
#[derive(Debug)]
pub(super) struct Drip {
    every: Duration,
    next: Pin<Box<Sleep>>,
}

impl Drip {
    pub fn new(every: Duration) -> Self {
        Self {
            every,
            next: Box::pin(sleep(every)),
        }
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.next.as_mut().poll(context));
        self.next = Box::pin(sleep(self.every));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}
