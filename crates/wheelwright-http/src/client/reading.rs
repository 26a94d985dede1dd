//! Turns a response's body into the futures that people await.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::response::Response;
use crate::Error;

/// The future of [`Response::chunk`].
#[derive(Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct Chunk<'r>(pub(super) &'r mut Response);

impl Future for Chunk<'_> {
    type Output = Result<Option<Bytes>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_chunk(cx)
    }
}

/// The future of [`Response::bytes`] and [`Response::bytes_limited`].
#[derive(Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct Collect {
    pub(super) response: Response,
    pub(super) limit: usize,
}

impl Future for Collect {
    type Output = Result<Bytes, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.response.poll_whole(this.limit, cx)
    }
}

/// The future of [`Response::text`].
#[derive(Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct Text(pub(super) Collect);

impl Future for Text {
    type Output = Result<String, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let bytes = Vec::from(ready!(Pin::new(&mut self.0).poll(cx))?);
        let replaced = |error: std::string::FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
        Poll::Ready(Ok(String::from_utf8(bytes).unwrap_or_else(replaced)))
    }
}
