//! Turns a seed into calls, each of which must end as its road, its way and its manner allow, with its own page.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fastrand::Rng;
use wheelwright::stream::StreamExt;
use wheelwright::time::{now, sleep};
use wheelwright_http::{Body, Client, Error, ErrorKind, Phase, RequestBuilder, Response};

use super::pages::{page, pieces};
use crate::faults::{has_all_permits, up_to};

/// What the server can be asked for.
const WAYS: [&str; 12] =
    ["whole", "pieces", "events", "send", "sendpieces", "late", "slow", "broken", "short", "last", "busy", "panic"];
/// The first so many can be asked of a server of HTTP/1.0.
const OLD_WAYS: usize = 4;
/// How long bodies are. The longest are the rarest.
const SIZES: [usize; 12] = [0, 0, 1, 1, 1, 4 << 10, 4 << 10, 4 << 10, 4 << 10, 64 << 10, 64 << 10, 1 << 20];
/// How long a client that is in a hurry waits for the first byte, and from one to the next.
const HURRY: Duration = Duration::from_millis(100);
/// The pause that a caller makes now and then: longer than the server keeps an idle connection.
const REST: Duration = Duration::from_millis(400);

/// The clients of all callers.
pub(super) struct Clients {
    patient: Client,
    hasty: Client,
    /// To each port.
    connections: usize,
    ids: Cell<u64>,
}

impl Clients {
    pub(super) fn new(connections: usize) -> Self {
        let builder = || Client::builder().max_connections_per_host(connections);
        let hasty = builder().first_byte_timeout(HURRY).read_timeout(HURRY).build().expect("the settings are good");
        let patient = builder().build().expect("the settings are good");
        Self { patient, hasty, connections, ids: Cell::default() }
    }

    /// After the last call every permit is there.
    pub(super) fn are_unhurt(&self) {
        has_all_permits(&self.patient, self.connections as u64);
        has_all_permits(&self.hasty, self.connections as u64);
    }

    /// How many connections lie idle.
    pub(super) fn idle(&self) -> usize {
        let hosts = format!("{:?}{:?}", self.patient, self.hasty);
        let counts = hosts.split("idle: ").skip(1).filter_map(|rest| rest.split(',').next()?.parse::<usize>().ok());
        counts.sum()
    }
}

/// The road to the server.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Road {
    Plain,
    /// Some trouble befalls each connection.
    Rough,
    /// Each connection is one of HTTP/1.0.
    Old,
}

/// How the caller waits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    Patient,
    /// With a limit for the first byte and for each gap.
    Hasty,
    /// With a limit for the whole.
    Within(Duration),
    /// It is dropped after so many polls.
    UpTo(u32),
}

/// One call.
#[derive(Debug)]
struct Order {
    way: &'static str,
    road: Road,
    manner: Manner,
    id: u64,
    size: usize,
    /// The body is taken whole, not piece by piece.
    collects: bool,
}

impl Order {
    fn draw(rng: &mut Rng, id: u64) -> Self {
        use Road::{Old, Plain, Rough};
        let road = [Plain, Plain, Plain, Rough, Rough, Old][rng.usize(0..6)];
        let limit = Duration::from_millis(rng.u64(0..HURRY.as_millis() as u64));
        let power = rng.u32(0..8);
        let manners = [Manner::Hasty, Manner::Within(limit), Manner::UpTo(rng.u32(0..1 << power))];
        let ways = if road == Old { OLD_WAYS } else { WAYS.len() };
        Self {
            way: WAYS[rng.usize(0..ways)],
            road,
            manner: manners.get(rng.usize(0..6)).copied().unwrap_or(Manner::Patient),
            id,
            size: SIZES[rng.usize(0..SIZES.len())],
            collects: rng.bool(),
        }
    }

    fn request(&self, clients: &Clients, ports: [u16; 3]) -> Result<RequestBuilder, Error> {
        let client = if self.manner == Manner::Hasty { &clients.hasty } else { &clients.patient };
        // Several addresses, for a port that was used is blocked for a while towards the same one.
        let url = format!(
            "http://127.0.0.{}:{}/{}/{}/{}",
            1 + self.id % 4,
            ports[self.road as usize],
            self.way,
            self.id,
            self.size
        );
        let page = page(self.id, self.size);
        let request = match self.way {
            "send" => client.put(url)?.body(page),
            "sendpieces" => client.post(url)?.body(Body::stream(pieces(page).map(Ok::<_, Error>))),
            _ => client.get(url)?,
        };
        Ok(if let Manner::Within(limit) = self.manner { request.timeout(limit) } else { request })
    }

    /// Makes the call and checks what comes: its status.
    async fn ask(&self, clients: &Clients, ports: [u16; 3]) -> Result<u16, Error> {
        let response = self.request(clients, ports)?.send().await?;
        let status = response.status().as_u16();
        let id = response.headers().get("x-id").map(|id| id.to_str().expect("a number").to_owned());
        match (self.way, status) {
            ("panic", 500) => assert_eq!(id, None),
            ("busy", 503) | (_, 200) => assert_eq!(id, Some(self.id.to_string()), "a reply to another request"),
            // The server had but a part of the body.
            ("send" | "sendpieces", 400) if self.road == Road::Rough => {}
            _ => panic!("{self:?} was answered with {status}"),
        }
        let page = page(self.id, if matches!(status, 400 | 500) { 0 } else { self.size });
        let length = if self.collects && self.way != "events" {
            let body = response.bytes().await?;
            assert!(page == body, "the body of another reply");
            body.len()
        } else {
            self.read(response, &page).await?
        };
        assert_eq!(length, page.len(), "a body that was cut is never whole: {self:?}");
        Ok(status)
    }

    /// Reads the body piece by piece, and gives its length.
    async fn read(&self, mut response: Response, page: &Bytes) -> Result<usize, Error> {
        let mut came = 0;
        let mut check = |piece: &[u8]| {
            assert_eq!(page.get(came..came + piece.len()), Some(piece), "the body of another reply");
            came += piece.len();
        };
        if self.way == "events" {
            let mut events = response.events();
            while let Some(event) = events.next().await {
                check(event?.data().as_bytes());
            }
        } else {
            while let Some(chunk) = response.chunk().await? {
                check(&chunk);
            }
        }
        Ok(came)
    }

    /// Whether the call may end so.
    fn allows(&self, error: ErrorKind) -> bool {
        match error {
            ErrorKind::Incomplete => self.road == Road::Rough || matches!(self.way, "broken" | "short"),
            // Only what can be repeated without harm is sent again if an idle connection turns out to be closed.
            ErrorKind::Closed => self.road == Road::Rough || self.way == "sendpieces",
            ErrorKind::Timeout(Phase::Total) => matches!(self.manner, Manner::Within(_)),
            ErrorKind::Timeout(Phase::FirstByte | Phase::Gap) => self.manner == Manner::Hasty,
            _ => false,
        }
    }
}

/// One of those who call at the same time.
pub(super) struct Caller<'c> {
    rng: Rng,
    ports: [u16; 3],
    clients: &'c Clients,
}

impl<'c> Caller<'c> {
    pub(super) fn new(place: u64, seed: u64, ports: [u16; 3], clients: &'c Clients) -> Self {
        Self { rng: Rng::with_seed(seed ^ place << 32), ports, clients }
    }

    /// Makes one call after another until it is time to end.
    pub(super) async fn call_until(mut self, end: Instant, tally: &RefCell<Tally>) {
        while now() < end {
            if self.rng.u32(0..100) == 0 {
                sleep(REST).await;
            }
            let order = Order::draw(&mut self.rng, self.clients.ids.replace(self.clients.ids.get() + 1));
            let ask = order.ask(self.clients, self.ports);
            let polls = if let Manner::UpTo(polls) = order.manner { polls } else { u32::MAX };
            let end = match up_to(polls, ask).await {
                None => "dropped".to_owned(),
                Some(Ok(status)) => status.to_string(),
                Some(Err(error)) => {
                    assert!(order.allows(error.kind()), "{order:?} ended in {error:?}");
                    error.kind().to_string()
                }
            };
            tally.borrow_mut().add(end);
        }
    }
}

/// How the calls ended.
#[derive(Debug, Default)]
pub(super) struct Tally {
    ends: BTreeMap<String, u64>,
}

/// A long soak that does not see each of these shows less than it says.
const ENDS: [&str; 9] =
    ["200", "500", "503", "dropped", "Closed", "Incomplete", "Timeout(FirstByte)", "Timeout(Gap)", "Timeout(Total)"];

impl Tally {
    fn add(&mut self, end: String) {
        *self.ends.entry(end).or_default() += 1;
    }

    pub(super) fn calls(&self) -> u64 {
        self.ends.values().sum()
    }

    /// Those that came to no status.
    pub(super) fn errors(&self) -> u64 {
        self.calls()
            - self.ends.iter().filter(|(end, _)| end.parse::<u16>().is_ok()).map(|(_, count)| count).sum::<u64>()
    }

    /// Tells how many ended how; says whether every end was seen that calls are made for.
    pub(super) fn is_complete(&self) -> bool {
        let ends: Vec<_> = self.ends.iter().map(|(end, count)| format!("{end} {count}")).collect();
        println!("ends of calls: {}", ends.join(", "));
        ENDS.iter().all(|end| self.ends.contains_key(*end))
    }
}
