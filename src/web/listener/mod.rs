//! From a socket to a router: accepts, counts, speaks TLS, and puts a limit on everything that waits.
//! A connection over which a form came serves nothing more.

mod limits;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::{Peer, headers};
use crate::action::{Accepted, App};
use crate::payment::looks_like_card_number;
use crate::tls::ACME_TLS;

use limits::Census;
pub use limits::{Limits, source};

/// A listening socket with what stands behind it.
pub struct Door {
    /// For the log: `storefront`, `console`, `redirect`.
    pub name: &'static str,
    /// The socket.
    pub listener: TcpListener,
    /// TLS; `None` on the port that only redirects.
    pub tls: Option<Arc<ServerConfig>>,
    /// The pages.
    pub router: Router,
    /// The limits.
    pub limits: Limits,
    /// Whose gate decides who may call, before the TLS handshake and for as long as the connection is open;
    /// everyone may if `None`.
    pub gated: Option<Arc<App>>,
}

/// Serves until `stop` turns true, then lets open requests end for up to ten seconds.
pub async fn serve(door: Door, mut stop: watch::Receiver<bool>) {
    let door = Arc::new(door);
    let census = Census::default();
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = door.listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        while tasks.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, or the caller is gone already: never a reason to stop.
                log::warn!(target: "web", "{}: a connection could not be accepted: {error}", door.name);
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        // Before the handshake: what it proves of the caller's address holds for later than this.
        let accepted = door.gated.as_ref().map(|app| Accepted(app.gate().now()));
        if door.gated.as_ref().is_some_and(|app| !app.gate().admits(peer.ip())) {
            log::warn!(target: "web", "{}: {} is outside the allowed ranges", door.name, peer.ip());
            continue;
        }
        let Some(guest) = census.admit(peer.ip(), &door.limits) else { continue };
        let (door, stop) = (Arc::clone(&door), stop.clone());
        tasks.spawn(async move {
            let _guest = guest;
            tokio::select! {
                _ = timeout(door.limits.connection, meet(&door, stream, (peer, accepted), stop)) => {}
                () = left_out(&door, peer.ip()) => {
                    log::warn!(target: "web", "{}: {} has left the allowed ranges", door.name, peer.ip());
                }
            }
        });
    }
    let _ = timeout(Duration::from_secs(10), async { while tasks.join_next().await.is_some() {} }).await;
}

/// Waits until the door's gate admits this address no more.
async fn left_out(door: &Door, peer: IpAddr) {
    if let Some(app) = &door.gated {
        let mut rules = app.gate().watch();
        if rules.wait_for(|rules| !rules.admits(peer)).await.is_ok() {
            return;
        }
    }
    std::future::pending().await
}

/// Who calls, and on a gated door since when.
type Caller = (SocketAddr, Option<Accepted>);

async fn meet(door: &Door, stream: TcpStream, caller: Caller, stop: watch::Receiver<bool>) {
    // A page is written whole: do not wait to fill a segment.
    let _ = stream.set_nodelay(true);
    match &door.tls {
        None => converse(door, stream, caller, stop).await,
        Some(tls) => {
            let handshake = TlsAcceptor::from(Arc::clone(tls)).accept(stream);
            if let Ok(Ok(stream)) = timeout(door.limits.handshake, handshake).await
                // An authority that checks a name has seen all that it wanted (RFC 8737 3).
                && stream.get_ref().1.alpn_protocol() != Some(ACME_TLS)
            {
                converse(door, stream, caller, stop).await;
            }
        }
    }
}

async fn converse(
    door: &Door,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    caller: Caller,
    mut stop: watch::Receiver<bool>,
) {
    let limits = door.limits;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes)
        .max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(16 * 1024))
        .max_pending_accept_reset_streams(16)
        .keep_alive_interval(limits.head)
        .keep_alive_timeout(limits.head);
    let leave = Arc::new(Notify::new());
    let answer = |request: Request<Incoming>| {
        let (router, leave, gated) = (door.router.clone(), Arc::clone(&leave), door.gated.clone());
        let (last, version) = (is_the_last(&request), request.version());
        async move {
            let mut response = respond(router, request, caller, limits).await;
            // What confirms a change must come over a connection that was made after it.
            let last = last || outdated(gated.as_deref(), caller);
            if last && version == Version::HTTP_2 {
                leave.notify_one();
            } else if last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<Response<Body>, std::convert::Infallible>(response)
        }
    };
    let connection = builder.serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer));
    let mut connection = std::pin::pin!(connection);
    // How a stranger's connection ends is of no interest; what the service does is logged elsewhere.
    let stopping = tokio::select! {
        _ = connection.as_mut() => false,
        _ = async { drop(stop.wait_for(|stop| *stop).await) } => true,
        () = leave.notified() => true,
    };
    if stopping {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Whether the connection ends with this request: one that has a body, or a card's number in its address. The
/// buffers that hyper and rustls read into keep what was read last for as long as the connection stays open, and
/// are wiped when they are freed.
fn is_the_last(request: &Request<Incoming>) -> bool {
    let address = request.uri().path_and_query().map_or("", PathAndQuery::as_str);
    !request.body().is_end_stream() || looks_like_card_number(address)
}

fn outdated(gated: Option<&App>, (_, since): Caller) -> bool {
    gated.zip(since).is_some_and(|(app, Accepted(since))| app.gate().outdates(since))
}

async fn respond(
    router: Router,
    request: Request<Incoming>,
    (peer, accepted): Caller,
    limits: Limits,
) -> Response<Body> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    if let Some(accepted) = accepted {
        request.extensions_mut().insert(accepted);
    }
    match timeout(limits.request, router.oneshot(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => too_slow(),
    }
}

/// The answer to a request that took too long. Bare: whatever draws pages may be what is slow.
fn too_slow() -> Response<Body> {
    let mut response = Response::new(Body::from("This took too long. Please try again.\n"));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    headers::complete(response.headers_mut());
    response
}
