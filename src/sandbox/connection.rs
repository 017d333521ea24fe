//! The connection of a call: how to close it without an answer, or in the middle of one.

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

/// A second handle to the socket.
#[derive(Clone)]
struct Connection(Arc<TcpStream>);

/// Keeps a handle to the socket of every new connection, for the calls that arrive on it.
pub fn keep_handle(connection: &dyn Any, extensions: &mut Extensions) {
    let stream = connection.downcast_ref::<rt::net::TcpStream>();
    let handle = stream.and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
    if let Some(handle) = handle {
        extensions.insert(Connection(Arc::new(TcpStream::from(handle))));
    }
}

/// Closes both directions; what the server writes afterwards is lost.
pub fn close(request: &HttpRequest) {
    if let Some(Connection(stream)) = request.conn_data() {
        // An error means that the client has closed it already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// The answer with its full Content-Length and only the first half of its body.
pub fn send_half(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    let BodySize::Sized(length) = response.body().size() else {
        return response;
    };
    let (head, body) = response.into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let half = body.slice(..body.len() / 2);
    let connection = request.clone();
    let end = async move {
        // The server sends what it has when the body is pending, so the body must be pending once.
        rt::task::yield_now().await;
        close(&connection);
        Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionAborted))
    };
    let parts = stream::once(async move { Ok(half) }).chain(stream::once(end));
    head.set_body(SizedStream::new(length, parts)).map_into_boxed_body()
}
