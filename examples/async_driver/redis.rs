//! Turns a socket into a connection to Redis: commands out, replies in, and the knowledge of what is still owed.

use std::io::{self, ErrorKind};

use wheelwright::net::TcpStream;

use crate::resp::{LARGEST, Reply, encode, parse};

pub(crate) struct Connection {
    stream: TcpStream,
    /// What came and was not taken yet.
    inbox: Vec<u8>,
    /// How many replies may still come: those to commands of which a byte may have left.
    owed: usize,
}

impl Connection {
    pub(crate) async fn open(addr: &str) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(addr).await?, inbox: Vec::new(), owed: 0 })
    }

    /// Sends a command and waits for its reply. One that says «error» was read to its end like any other.
    pub(crate) async fn call(&mut self, command: &[&str]) -> io::Result<Reply> {
        match self.pipeline(&[command]).await?.remove(0) {
            Reply::Error(text) => Err(io::Error::other(text)),
            reply => Ok(reply),
        }
    }

    /// Sends commands in one piece and waits for their replies, which come in the same order.
    ///
    /// Dropped half-way, it leaves replies behind that are still to come; `is_clean` says so.
    pub(crate) async fn pipeline(&mut self, commands: &[&[&str]]) -> io::Result<Vec<Reply>> {
        let mut bytes = Vec::new();
        commands.iter().for_each(|command| encode(command, &mut bytes));
        self.owed += commands.len(); // noted before the first byte leaves: we may be dropped at any await
        self.stream.write_all(&bytes).await?;
        let mut replies = Vec::with_capacity(commands.len());
        for _ in commands {
            replies.push(self.reply().await?);
            self.owed -= 1;
        }
        Ok(replies)
    }

    /// Whether it is as good as new: no reply is owed, and nothing has come that nobody asked for, nor the end.
    pub(crate) fn is_clean(&mut self) -> bool {
        self.owed == 0 && self.inbox.is_empty() && self.is_silent()
    }

    fn is_silent(&mut self) -> bool {
        let would_wait = |error: io::Error| error.kind() == ErrorKind::WouldBlock;
        !self.stream.read_ready() || self.stream.try_read(&mut [0]).is_err_and(would_wait)
    }

    async fn reply(&mut self) -> io::Result<Reply> {
        loop {
            let mut rest = &self.inbox[..];
            match parse(&mut rest) {
                // What is not whole is read anew from its front when more has come: dear for a huge array, and simple.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.receive().await?,
                outcome => {
                    let taken = self.inbox.len() - rest.len();
                    self.inbox.drain(..taken);
                    return outcome;
                }
            }
        }
    }

    async fn receive(&mut self) -> io::Result<()> {
        if LARGEST < self.inbox.len() {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("a reply has more than {LARGEST} bytes")));
        }
        let mut buf = [0; 8 << 10];
        let count = self.stream.read(&mut buf).await?;
        if count == 0 {
            return Err(io::Error::new(ErrorKind::ConnectionAborted, "Redis closed the connection"));
        }
        self.inbox.extend_from_slice(&buf[..count]);
        Ok(())
    }
}
