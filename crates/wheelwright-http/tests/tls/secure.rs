//! Turns a connection that follows a script into one that follows it under TLS, and a client into one that trusts it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use wheelwright_http::{Client, ClientBuilder};

use crate::certificates::Authority;
use crate::script::{Connection, Marks, Server};

/// The name for which most servers here have a certificate.
pub(crate) const NAME: &str = "wheel.test";

pub(crate) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// The server's side of a connection.
pub(crate) struct Secure {
    pub(crate) stream: StreamOwned<ServerConnection, TcpStream>,
    pub(crate) number: usize,
    marks: Marks,
}

/// A server that follows the script on each connection, once it has shaken hands.
pub(crate) fn serve(config: ServerConfig, script: impl Fn(Secure) + Send + Sync + 'static) -> Server {
    let config = Arc::new(config);
    Server::start(move |connection| {
        if let Some(secure) = Secure::accept(connection, &config) {
            script(secure);
        }
    })
}

/// A server of [`NAME`] that the clients here trust.
pub(crate) fn trusted(script: impl Fn(Secure) + Send + Sync + 'static) -> Server {
    serve(authority().identity(&[NAME, "127.0.0.1"]).config(), script)
}

pub(crate) fn answering(answer: &'static str) -> Server {
    trusted(move |mut secure| {
        while secure.request().is_some() {
            secure.send(answer);
        }
    })
}

/// Whom the clients here trust.
pub(crate) fn authority() -> Authority {
    Authority::new(1)
}

/// Whatever the name, the server is on loopback.
pub(crate) fn anywhere() -> ClientBuilder {
    Client::builder().resolver(|_, port| async move { Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]) })
}

pub(crate) fn client() -> Client {
    anywhere().add_root_certificate(authority().der()).build().expect("it is a certificate")
}

pub(crate) fn url(server: &Server, host: &str) -> String {
    format!("https://{host}:{}/", server.addr.port())
}

pub(crate) async fn get(client: &Client, server: &Server) -> String {
    let call = client.get(url(server, NAME)).expect("the URL is good").send();
    call.await.expect("the server answers").text().await.expect("the body comes whole")
}

impl Secure {
    /// Shakes hands; marks `shaken`, or how the client refused.
    pub(crate) fn accept(mut connection: Connection, config: &Arc<ServerConfig>) -> Option<Self> {
        let mut tls = ServerConnection::new(Arc::clone(config)).expect("the settings are good");
        while tls.is_handshaking() {
            match tls.complete_io(&mut connection.stream) {
                Ok((0, 0)) => return None,
                Ok(_) => {}
                Err(error) => {
                    let alert = error.get_ref().is_some_and(|error| error.to_string().contains("fatal alert"));
                    connection.mark(if alert { "alert" } else { "broken" });
                    return None;
                }
            }
        }
        connection.mark("shaken");
        let (number, marks) = (connection.number, connection.marks());
        Some(Self { stream: StreamOwned::new(tls, connection.stream), number, marks })
    }

    /// Reads a request with its body; `None` if the client closed instead.
    pub(crate) fn request(&mut self) -> Option<(String, Vec<u8>)> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            self.read_some(&mut bytes, 1)?;
        }
        let head = String::from_utf8(bytes).expect("the heads of the tests are text");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        let mut body = Vec::new();
        while body.len() < length {
            self.read_some(&mut body, 64 * 1024)?;
        }
        self.mark("request");
        Some((head, body))
    }

    /// Marks how the client closed: with a farewell or without.
    fn read_some(&mut self, bytes: &mut Vec<u8>, most: usize) -> Option<()> {
        let mut buf = vec![0; most];
        match self.stream.read(&mut buf) {
            Ok(0) => self.mark("farewell"),
            Ok(count) => {
                bytes.extend_from_slice(&buf[..count]);
                return Some(());
            }
            Err(_) => self.mark("cut"),
        }
        None
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The client may be gone, which is sometimes the very point.
        let _result = self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush());
    }

    /// Bids farewell, and closes when it is dropped.
    pub(crate) fn farewell(&mut self) {
        self.stream.conn.send_close_notify();
        self.send("");
    }

    pub(crate) fn mark(&self, name: &'static str) {
        self.marks.mark(name);
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    pub(crate) fn wait_for(&self, name: &'static str, count: usize) {
        self.marks.wait_for(name, count);
    }
}
