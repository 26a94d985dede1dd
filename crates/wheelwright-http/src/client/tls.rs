//! Turns a connection into one whose bytes only its two ends can read, if the server proves who it is.
//!
//! `rustls` does it without I/O: bytes of the socket go in, and out come bytes for the socket and for us. Whatever the next
//! operation on the connection is, it begins by sending what is there for the socket.

use std::cell::OnceCell;
use std::io::{self, BufRead, IoSlice, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use wheelwright::net::TcpStream;

use super::dial::Dial;
use super::limits::Limits;
use super::options::{ClientBuilder, Options};
use super::pool::{Host, Pool};
use crate::body::BodyError;
use crate::{Error, ErrorKind, Phase};

/// How a certificate begins that is written as text.
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Whom a client trusts, and how long a server may take to prove who it is.
#[derive(Clone)]
pub(crate) struct Settings {
    limit: Option<Duration>,
    /// Those of the user, beside those that everybody trusts.
    roots: RootCertStore,
    /// What is wrong with the first of them that is no certificate.
    fault: Option<String>,
    /// Made for the first connection that needs it. Sessions that can be resumed are kept in it.
    config: OnceCell<Arc<ClientConfig>>,
}

impl Default for Settings {
    fn default() -> Self {
        let limit = Some(Duration::from_secs(10));
        Self { limit, roots: RootCertStore::empty(), fault: None, config: OnceCell::new() }
    }
}

impl Settings {
    /// Returns what was wrong with what the user set.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.fault.clone().map_or(Ok(()), |fault| Err(Error::new(ErrorKind::Tls, fault)))
    }

    fn add(&mut self, certificate: &[u8]) -> Result<(), BodyError> {
        if !certificate.windows(PEM.len()).any(|window| window == PEM) {
            return Ok(self.roots.add(certificate.to_vec().into())?);
        }
        for certificate in CertificateDer::pem_slice_iter(certificate) {
            self.roots.add(certificate?)?;
        }
        Ok(())
    }

    fn config(&self) -> Arc<ClientConfig> {
        let config = self.config.get_or_init(|| {
            let mut roots = self.roots.clone();
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            // The provider is named: with another one in the program rustls would not know which to take.
            let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
            let builder = builder.with_safe_default_protocol_versions().expect("ring has suites for both versions");
            let mut config = builder.with_root_certificates(roots).with_no_client_auth();
            config.alpn_protocols.push(b"http/1.1".to_vec());
            Arc::new(config)
        });
        Arc::clone(config)
    }
}

impl ClientBuilder {
    /// Trusts the servers that this certificate vouches for, in DER or PEM.
    ///
    /// It is for authorities of one's own. Those that Mozilla trusts (`webpki-roots`) are trusted already, and no
    /// setting turns the checks off. PEM may hold several certificates. What is no certificate makes
    /// [`build`](Self::build) fail. Needs the feature `tls`.
    ///
    /// ```
    /// use wheelwright_http::{Client, ErrorKind};
    ///
    /// let error = Client::builder().add_root_certificate("not a certificate").build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Tls);
    /// ```
    #[doc(alias("ssl", "cafile"))]
    pub fn add_root_certificate(mut self, certificate: impl AsRef<[u8]>) -> Self {
        if let Err(error) = self.options.tls.add(certificate.as_ref()) {
            self.options.tls.fault.get_or_insert_with(|| format!("a root certificate that is none: {error}"));
        }
        self
    }

    /// Limits the handshake that begins a connection of https: 10 s unless it is set.
    ///
    /// Needs the feature `tls`.
    pub fn tls_timeout(mut self, limit: Duration) -> Self {
        self.options.tls.limit = Some(limit);
        self
    }
}

/// A connection being made: the dial, and the handshake behind it where the scheme asks for one.
#[derive(Default)]
pub(crate) struct SecureDial {
    dial: Dial,
    /// There once it is connected.
    stream: Option<Stream>,
}

impl SecureDial {
    /// Asks for the connection; the caller keeps the limits, whose phases this enters.
    pub(crate) fn poll(
        &mut self,
        pool: &Pool,
        host: &Host,
        limits: &mut Limits,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Stream, Error>> {
        let refused = |error| Error::new(ErrorKind::Tls, format!("no TLS with {}", host.field)).because(error);
        if self.stream.is_none() {
            let socket = ready!(self.dial.poll(pool, host, limits, cx))?;
            self.stream = Some(begin(pool, host, socket).map_err(refused)?);
            self.enter(&pool.options, limits);
        }
        let stream = self.stream.as_mut().expect("it is there from a few lines above on");
        ready!(stream.poll_handshake(cx)).map_err(|error| refused(error.into()))?;
        Poll::Ready(Ok(self.stream.take().expect("it shook hands a line above")))
    }

    /// Enters the phase in which it is.
    pub(crate) fn enter(&self, options: &Options, limits: &mut Limits) {
        match self.stream {
            Some(_) => limits.enter(Phase::Tls, options.tls.limit),
            None => self.dial.enter(options, limits),
        }
    }

    /// As [`Dial::may_lie`].
    pub(crate) fn may_lie(&self) -> bool {
        self.dial.may_lie()
    }
}

fn begin(pool: &Pool, host: &Host, socket: TcpStream) -> Result<Stream, BodyError> {
    if !host.secure {
        return Ok(Stream { socket, tls: None });
    }
    // Whom the certificate has to name.
    let name = match host.address {
        Some(address) => ServerName::IpAddress(address.ip().into()),
        None => ServerName::try_from(host.name.to_string())?,
    };
    let tls = ClientConnection::new(pool.options.tls.config(), name)?;
    Ok(Stream { socket, tls: Some(Box::new(tls)) })
}

/// A connection, and the secret of its two ends where the scheme is https.
///
/// Its operations come in two kinds: with somebody to wake they wait, without they only try.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Stream {
    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
            if ready!(waits(self.receive(Some(cx))))? == 0 {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what there is to send; `WouldBlock` if something is left.
    fn send(&mut self, mut cx: Option<&mut Context<'_>>) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            tls.write_tls(&mut Wire { socket: &mut self.socket, cx: cx.as_deref_mut() })?;
        }
        Ok(())
    }

    /// Takes some of what came, and returns how many bytes that was: none at the end of the connection.
    fn receive(&mut self, mut cx: Option<&mut Context<'_>>) -> io::Result<usize> {
        // What is left may be what the server waits for. Where it cannot be sent, what the server said may still be there.
        let _left = self.send(cx.as_deref_mut());
        let Some(tls) = &mut self.tls else { return Ok(0) };
        // It fails again if it failed before: a fault is told when the data before it was read.
        decrypt(tls)?;
        let count = tls.read_tls(&mut Wire { socket: &mut self.socket, cx })?;
        match decrypt(tls) {
            Err(fault) if !tls.reader().fill_buf().is_ok_and(|data| !data.is_empty()) => Err(fault),
            _ => Ok(count),
        }
    }

    /// Reads what came. Under TLS an end without a farewell is an error: anybody may have cut the connection.
    fn read(&mut self, buf: &mut [u8], mut cx: Option<&mut Context<'_>>) -> io::Result<usize> {
        loop {
            let Some(tls) = &mut self.tls else { return Wire { socket: &mut self.socket, cx }.read(buf) };
            match tls.reader().read(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.receive(cx.as_deref_mut())?,
                read => return read,
            };
        }
    }

    /// Writes. Under TLS that is to encrypt: the next operation sends it, and then takes one piece more.
    fn write(&mut self, slices: &[IoSlice<'_>], mut cx: Option<&mut Context<'_>>) -> io::Result<usize> {
        self.send(cx.as_deref_mut())?;
        let Some(tls) = &mut self.tls else { return Wire { socket: &mut self.socket, cx }.write_vectored(slices) };
        tls.writer().write_vectored(slices)
    }

    /// Whether a read may find something, as far as is known without a system call.
    pub(crate) fn read_ready(&mut self) -> bool {
        let nothing = |error: io::Error| error.kind() == io::ErrorKind::WouldBlock;
        let told = self.tls.as_mut().is_some_and(|tls| !tls.reader().fill_buf().is_err_and(nothing));
        told || self.socket.read_ready()
    }

    pub(crate) fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read(buf, None)
    }

    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(&[IoSlice::new(bytes)], None)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        waits(self.read(buf, Some(cx)))
    }
}

impl AsyncWrite for Stream {
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        waits(self.write(slices, Some(cx)))
    }

    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        waits(self.send(Some(cx)))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl Drop for Stream {
    /// Bids farewell as far as there is room for it: nobody waits for a connection to close.
    fn drop(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            let _left = self.send(None);
        }
    }
}

fn decrypt(tls: &mut ClientConnection) -> io::Result<()> {
    let state = tls.process_new_packets();
    state.map(drop).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The socket as std's traits see it.
struct Wire<'w, 'c> {
    socket: &'w mut TcpStream,
    cx: Option<&'w mut Context<'c>>,
}

impl Read for Wire<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.cx {
            Some(cx) => would_block(Pin::new(&mut *self.socket).poll_read(cx, buf)),
            None => self.socket.try_read(buf),
        }
    }
}

impl Write for Wire<'_, '_> {
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.cx {
            Some(cx) => would_block(Pin::new(&mut *self.socket).poll_write_vectored(cx, slices)),
            None => self.socket.try_write_vectored(slices),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn would_block<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

fn waits<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}
