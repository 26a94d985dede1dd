//! Turns the number of a question into bytes, and the bytes that come back into a whole message.

use std::io;

use wheelwright::net::TcpStream;

/// A question; its reply is the same bytes again.
pub(crate) type Message = [u8; 8];

/// The question that nobody else asks: whose, and the how manyeth.
pub(crate) fn question(connection: usize, exchange: usize) -> Message {
    (((connection as u64) << 32) | exchange as u64).to_be_bytes()
}

/// What `read_exact` is for the blocking client: reads a whole message, or finds that the other side has closed.
pub(crate) async fn read(stream: &mut TcpStream) -> io::Result<Message> {
    let mut message = Message::default();
    let mut filled = 0;
    while filled < message.len() {
        match stream.read(&mut message[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
    }
    Ok(message)
}
