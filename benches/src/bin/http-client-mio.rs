//! Turns epoll into GETs by hand: the practical limit, with no future, no task and no timer.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use wheelwright_benches::by_hand::{ROOM, request, whole_response};
use wheelwright_benches::client::Job;
use wheelwright_benches::measure::Stopwatch;

struct Connection {
    stream: TcpStream,
    buf: [u8; ROOM],
    filled: usize,
}

struct Client {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    idle: VecDeque<usize>,
    request: Vec<u8>,
}

fn main() -> io::Result<()> {
    let job = Job::from_command_line();
    let mut client = Client::connect(&job)?;
    client.fetch(job.warm_up())?;
    let watch = Stopwatch::start();
    client.fetch(job.requests)?;
    writeln!(io::stdout(), "{}", watch.stop(job.requests as u64))
}

impl Client {
    fn connect(job: &Job) -> io::Result<Client> {
        let poll = Poll::new()?;
        let mut connections = Vec::new();
        for place in 0..job.concurrency {
            let stream = std::net::TcpStream::connect(job.addr)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(place), Interest::READABLE)?;
            connections.push(Connection { stream, buf: [0; ROOM], filled: 0 });
        }
        let idle = (0..job.concurrency).collect();
        Ok(Client { poll, events: Events::with_capacity(1024), connections, idle, request: request(job.addr) })
    }

    fn fetch(&mut self, requests: usize) -> io::Result<()> {
        let (mut started, mut finished) = (0, 0);
        while finished < requests {
            while started < requests {
                let Some(place) = self.idle.pop_front() else { break };
                self.connections[place].send(&self.request)?;
                started += 1;
            }
            self.poll.poll(&mut self.events, None)?;
            for event in &self.events {
                let place = event.token().0;
                if self.connections[place].receive()? {
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
    fn receive(&mut self) -> io::Result<bool> {
        match self.stream.read(&mut self.buf[self.filled..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => self.filled += read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
        let Some(length) = whole_response(&self.buf[..self.filled]) else { return Ok(false) };
        assert_eq!(length, self.filled, "the server sends nothing that was not asked for");
        self.filled = 0;
        Ok(true)
    }
}
