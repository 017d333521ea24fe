//! The connection under a call: how to end it without an answer, or in the middle of one.

use std::any::Any;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;

use actix_web::body::{BodySize, MessageBody, SizedStream};
use actix_web::dev::Extensions;
use actix_web::{HttpRequest, HttpResponse, rt};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;

/// A second handle on the socket of a connection.
#[derive(Clone)]
struct Connection(Arc<TcpStream>);

/// Keeps a handle on every new connection, for the calls that come over it.
pub fn remember(connection: &dyn Any, extensions: &mut Extensions) {
    let stream = connection.downcast_ref::<rt::net::TcpStream>();
    let handle = stream.and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
    if let Some(handle) = handle {
        extensions.insert(Connection(Arc::new(TcpStream::from(handle))));
    }
}

/// Closes the connection both ways; whatever the server writes afterwards goes nowhere.
pub fn cut(request: &HttpRequest) {
    if let Some(Connection(stream)) = request.conn_data() {
        // It may have been closed from the other side already, which is as good.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// The same answer, with the length of the whole and only the first half of it.
pub fn halve(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    let BodySize::Sized(length) = response.body().size() else {
        return response;
    };
    let (head, body) = response.into_parts();
    let whole = body.try_into_bytes().unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let connection = request.clone();
    let end = async move {
        // The server sends what it has when the body makes it wait, so it must wait once.
        rt::task::yield_now().await;
        cut(&connection);
        Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionAborted))
    };
    let parts = stream::once(async move { Ok(half) }).chain(stream::once(end));
    head.set_body(SizedStream::new(length, parts)).map_into_boxed_body()
}
