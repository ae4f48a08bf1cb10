//! Answers that come in halves, or byte by byte.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Bytes, Frame};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Between two bytes.
const GAP: Duration = Duration::from_millis(10);

/// A body of one frame and then the end, before what was promised.
pub(super) struct Half(pub(super) Option<Bytes>);

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// A body that comes byte by byte until its time is over, and then at once.
pub(super) struct SlowBody {
    rest: Bytes,
    until: Instant,
    gap: Pin<Box<Sleep>>,
}

impl SlowBody {
    pub(super) fn new(body: Bytes, milliseconds: u64) -> Self {
        let until = Instant::now() + Duration::from_millis(milliseconds);
        Self { rest: body, until, gap: Box::pin(sleep(GAP)) }
    }
}

impl hyper::body::Body for SlowBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.gap.as_mut().poll(context));
        self.gap = Box::pin(sleep(GAP));
        // The last byte is kept to the end of the time, however short the body is.
        let late = Instant::now() >= self.until;
        let piece = match self.rest.len() {
            length if late => self.rest.split_to(length),
            1 => {
                let until = self.until;
                self.gap = Box::pin(tokio::time::sleep_until(until));
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            _ => self.rest.split_to(1),
        };
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

/// Until when a connection is slow.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace(Arc<Mutex<Option<Instant>>>);

impl Pace {
    pub(super) fn slow_for(&self, milliseconds: u64) {
        *self.0.lock().unwrap() = Some(Instant::now() + Duration::from_millis(milliseconds));
    }

    fn is_slow(&self) -> bool {
        self.0.lock().unwrap().is_some_and(|until| Instant::now() < until)
    }
}

/// A stream that writes byte by byte while its pace is slow.
pub(super) struct SlowStream<S> {
    inner: S,
    pace: Pace,
    gap: Option<Pin<Box<Sleep>>>,
}

impl<S> SlowStream<S> {
    pub(super) fn new(inner: S, pace: Pace) -> Self {
        Self { inner, pace, gap: None }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SlowStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if !self.pace.is_slow() || bytes.is_empty() {
            return Pin::new(&mut self.inner).poll_write(context, bytes);
        }
        if let Some(gap) = self.gap.as_mut() {
            ready!(gap.as_mut().poll(context));
        }
        self.gap = Some(Box::pin(sleep(GAP)));
        let written = ready!(Pin::new(&mut self.inner).poll_write(context, &bytes[..1]));
        // What the layer below cannot pass on yet goes with the next byte.
        let _ = Pin::new(&mut self.inner).poll_flush(context)?;
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SlowStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}
