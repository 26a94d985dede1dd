//! Turns requests into pages: some wait for other services on the loop, some ask the database on a thread of the pool.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wheelwright::map_concurrent;
use wheelwright::time::sleep;
use wheelwright_http::{Body, Client, Running, Server};

use crate::database::Database;
use crate::{layers, page};

/// Each takes so long to answer.
pub(crate) const DELAY: Duration = Duration::from_millis(100);
pub(crate) const SUPPLIERS: [&str; 5] =
    ["Ash & Sons", "Elm Yard", "Hickory Brothers", "Oakfield Mill", "Beech & Daughter"];
/// The time that we have for each.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest word of a form, in characters.
const LONGEST: usize = 200;

/// What a supplier said, and when it was asked and had answered, counted from when the page was asked for.
pub(crate) struct Offer {
    pub(crate) supplier: &'static str,
    pub(crate) price: Result<String, String>,
    pub(crate) wait: [Duration; 2],
}

/// May block, and is called on a thread of the pool.
type Blocking = fn(&Database, &Request<Bytes>) -> rusqlite::Result<Response<Bytes>>;

pub(crate) struct App {
    database: Database,
    client: Client,
    suppliers: Running,
}

impl App {
    pub(crate) fn new(database: Database) -> io::Result<Self> {
        Ok(Self { database, client: Client::new(), suppliers: suppliers()? })
    }

    pub(crate) async fn answer(self: Rc<Self>, request: Request<Bytes>) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        match (method.as_str(), path.as_str()) {
            ("GET" | "HEAD", "/") => self.blocking(orders, request).await,
            ("GET" | "HEAD", "/report") => self.blocking(report, request).await,
            ("POST", "/orders") => self.blocking(place, request).await,
            ("GET" | "HEAD", "/suppliers") => self.prices(request.uri().query() == Some("in-a-row")).await,
            (_, "/" | "/report" | "/suppliers") => page::not_allowed("GET, HEAD").map(Body::full),
            (_, "/orders") => page::not_allowed("POST").map(Body::full),
            _ => page::fault(StatusCode::NOT_FOUND, "There is no such page.").map(Body::full),
        }
    }

    /// One crossing, there and back, for all that a page asks of the database.
    async fn blocking(&self, handler: Blocking, request: Request<Bytes>) -> Response<Body> {
        let database = self.database.clone();
        let blocks = move || {
            handler(&database, &request).unwrap_or_else(|error| {
                let number = request.extensions().get::<u64>().expect("a layer numbers them all");
                eprintln!("web_app: request {number}: {error}");
                page::fault(StatusCode::INTERNAL_SERVER_ERROR, "The order book cannot be read.")
            })
        };
        layers::on_the_pool(blocks).await
    }

    /// Five answers take the time of the slowest; one after another, the sum of all.
    async fn prices(&self, in_a_row: bool) -> Response<Body> {
        let begun = Instant::now();
        let at_once = if in_a_row { 1 } else { SUPPLIERS.len() };
        let offers = map_concurrent(at_once, 0..SUPPLIERS.len(), async |n| self.offer(n, begun).await).await;
        page::prices(&offers).map(Body::full)
    }

    /// A supplier that does not answer costs its own row, and no other.
    async fn offer(&self, n: usize, begun: Instant) -> Offer {
        let (asked, url) = (begun.elapsed(), format!("http://{}/{n}", self.suppliers.local_addr()));
        let price = async { self.client.get(url)?.timeout(PATIENCE).send().await?.text().await };
        let price = price.await.map_err(|error| error.to_string());
        Offer { supplier: SUPPLIERS[n], price, wait: [asked, begun.elapsed()] }
    }
}

fn orders(database: &Database, _: &Request<Bytes>) -> rusqlite::Result<Response<Bytes>> {
    Ok(page::orders(&database.latest()?, database.count()?))
}

fn report(database: &Database, _: &Request<Bytes>) -> rusqlite::Result<Response<Bytes>> {
    let begun = Instant::now();
    database.slow()?;
    Ok(page::report(database.count()?, begun.elapsed()))
}

/// Takes an order, and sends the browser to the page that shows it, so that loading that page anew orders nothing again.
fn place(database: &Database, request: &Request<Bytes>) -> rusqlite::Result<Response<Bytes>> {
    let field = |name: &str| {
        let value = form_urlencoded::parse(request.body()).find(|(key, _)| key == name)?.1.trim().to_owned();
        (1..=LONGEST).contains(&value.chars().count()).then_some(value)
    };
    let (Some(customer), Some(work)) = (field("customer"), field("work")) else {
        return Ok(page::fault(StatusCode::UNPROCESSABLE_ENTITY, "It takes a name and the work, neither too long."));
    };
    database.add(&customer, &work)?;
    Ok(page::see_other("/"))
}

/// The services of others, which sell a set of spokes.
fn suppliers() -> io::Result<Running> {
    Ok(Server::bind("127.0.0.1:0")?.serve(async |request| {
        sleep(DELAY).await;
        let price = request.uri().path().trim_start_matches('/').parse().map(|n: u8| 45 + n % 5);
        Response::new(price.map_or_else(|_| Body::empty(), |price| Body::from(price.to_string())))
    }))
}
