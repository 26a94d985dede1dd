//! Turns the bytes behind a head into the data of a body that somebody will ask for.

use std::io;

use super::exchange::broken;
use crate::proto::{BodyDecoder, BodyLength};
use crate::{Error, ErrorKind};

/// The body of one response, as far as it came.
#[derive(Debug)]
pub(crate) struct Inflow {
    pub(crate) decoder: BodyDecoder,
    /// Data that came and was not handed out.
    pub(crate) data: Vec<u8>,
    /// All of it came.
    pub(crate) ended: bool,
    /// Bytes came that belong to no message we asked for.
    pub(crate) surplus: bool,
}

impl Inflow {
    pub(crate) fn new(length: BodyLength) -> Self {
        Self { decoder: BodyDecoder::new(length), data: Vec::new(), ended: false, surplus: false }
    }

    /// Takes all the bytes that came. What was decoded before a fault is in `data` all the same.
    pub(crate) fn take(&mut self, came: &[u8]) -> Result<(), Error> {
        let mut rest = came;
        loop {
            let piece = self.decoder.decode(rest)?;
            if !piece.data.is_empty() {
                // One allocation of the right size, where nothing waits to be handed out.
                let data = &rest[piece.data];
                self.data.reserve_exact(if self.data.is_empty() { data.len() } else { 0 });
                self.data.extend_from_slice(data);
            }
            rest = &rest[piece.taken..];
            self.ended = piece.ended;
            self.surplus = piece.ended && !rest.is_empty();
            if piece.ended || rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Takes what a read of the connection gave.
    pub(crate) fn take_read(&mut self, input: &[u8], read: io::Result<usize>) -> Result<(), Error> {
        match read {
            Ok(0) => self.end(),
            Ok(count) => self.take(&input[..count]),
            Err(error) => Err(broken(error, ErrorKind::Incomplete)),
        }
    }

    /// The connection has ended.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.decoder.end()?;
        self.ended = true;
        Ok(())
    }
}
