//! Turns epoll into GETs by hand: the practical limit, with no future, no task and no timer.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use wheelwright_benches::by_hand::{Partial, ROOM, request};
use wheelwright_benches::client::{Course, Leg};

struct Connection {
    stream: TcpStream,
    partial: Partial,
}

struct Client {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    /// All read into this one.
    buf: [u8; ROOM],
    idle: VecDeque<usize>,
}

fn main() -> io::Result<()> {
    let mut course = Course::from_command_line();
    let (poll, events) = (Poll::new()?, Events::with_capacity(1024));
    let mut client = Client { poll, events, connections: Vec::new(), buf: [0; ROOM], idle: VecDeque::new() };
    while let Some(leg) = course.next_leg() {
        client.connect(&leg)?;
        client.fetch(&leg)?;
    }
    writeln!(io::stdout(), "{}", course.end())
}

impl Client {
    /// Opens as many connections as the leg needs.
    fn connect(&mut self, leg: &Leg) -> io::Result<()> {
        for place in self.connections.len()..leg.concurrency {
            let stream = std::net::TcpStream::connect(leg.addr(place))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            self.poll.registry().register(&mut stream, Token(place), Interest::READABLE)?;
            self.connections.push(Connection { stream, partial: Partial::default() });
            self.idle.push_back(place);
        }
        Ok(())
    }

    fn fetch(&mut self, leg: &Leg) -> io::Result<()> {
        let requests: Vec<_> = leg.addrs.iter().map(|addr| request(*addr, &leg.path)).collect();
        let (mut started, mut finished) = (0, 0);
        while finished < leg.requests {
            while started < leg.requests {
                let Some(place) = self.idle.pop_front() else { break };
                self.connections[place].send(&requests[place % requests.len()])?;
                started += 1;
            }
            self.poll.poll(&mut self.events, None)?;
            for event in &self.events {
                let place = event.token().0;
                if self.connections[place].receive(&mut self.buf)? {
                    finished += 1;
                    self.idle.push_back(place);
                }
            }
        }
        Ok(())
    }
}

impl Connection {
    /// A request is far smaller than an empty send buffer, so it is taken whole.
    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        let written = self.stream.write(request)?;
        assert_eq!(written, request.len(), "an idle connection takes a whole request");
        Ok(())
    }

    /// Whether a response is whole now.
    fn receive(&mut self, buf: &mut [u8]) -> io::Result<bool> {
        match self.stream.read(buf) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => Ok(self.partial.take(&buf[..read])),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}
