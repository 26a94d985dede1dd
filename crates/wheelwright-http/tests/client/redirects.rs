//! Section G: which way a request goes on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use wheelwright_http::ErrorKind::{BadUrl, Redirect, Timeout, Tls, TooLarge};
use wheelwright_http::{Body, Client, ClientBuilder, ErrorKind, Phase, Policy};

use crate::script::{Server, run};
use crate::sending::Pieces;

/// A server that remembers its requests and answers each by its path.
pub(crate) struct Site {
    pub(crate) server: Server,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// What `points` returns for a path (and the server's port) is a status and the fields of the answer; 200 without it.
    pub(crate) fn new(points: impl Fn(&str, u16) -> Option<(u16, String)> + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        let server = Server::start(move |mut connection| {
            let port = connection.stream.local_addr().expect("the connection is open").port();
            while let Some(request) = connection.request() {
                let path = request.split(' ').nth(1).expect("a request has a target").to_owned();
                let head = request.starts_with("HEAD");
                notes.lock().expect("no test panics here").push(request);
                let (status, fields) = points(&path, port).unwrap_or((200, "X: y".into()));
                let body = if head { "" } else { "body" };
                connection.send(format!("HTTP/1.1 {status} S\r\n{fields}\r\nContent-Length: 4\r\n\r\n{body}"));
            }
        });
        Self { server, seen }
    }

    /// One that points on from `/` alone.
    pub(crate) fn pointing(status: u16, location: &'static str) -> Self {
        Self::new(move |path, port| (path == "/").then(|| to(status, &location.replace("PORT", &port.to_string()))))
    }

    fn port(&self) -> u16 {
        self.server.addr.port()
    }

    /// A URL whose host is this name.
    pub(crate) fn at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port())
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no test panics here").clone()
    }

    /// The last request, with its field names in lower case.
    pub(crate) fn last(&self) -> String {
        self.seen().pop().expect("a request was made")
    }
}

pub(crate) fn to(status: u16, location: &str) -> (u16, String) {
    (status, format!("Location: {location}"))
}

/// Finds every name at this machine.
pub(crate) fn everywhere() -> ClientBuilder {
    Client::builder().resolver(|_, port| async move { Ok(vec![([127, 0, 0, 1], port).into()]) })
}

/// Asks, and tells the final URL.
pub(crate) async fn ask(client: &Client, url: String) -> Result<String, ErrorKind> {
    let response = client.get(url).expect("the URL is good").send().await.map_err(|error| error.kind())?;
    assert_eq!(response.status(), 200);
    let url = response.url().to_owned();
    assert_eq!(response.text().await.expect("the body comes whole"), "body");
    Ok(url)
}

#[test]
fn a_redirect_changes_the_method_only_where_the_standard_lets_it() {
    for (status, method, then) in [
        (301, "GET", "GET"),
        (301, "POST", "GET"),
        (301, "PUT", "PUT"),
        (301, "HEAD", "HEAD"),
        (302, "POST", "GET"),
        (302, "DELETE", "DELETE"),
        (303, "GET", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (307, "GET", "GET"),
        (308, "POST", "POST"),
        (308, "DELETE", "DELETE"),
    ] {
        let site = Site::pointing(status, "/there");
        run(async {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let response = Client::new().method(method, site.server.url("/")).unwrap().send().await.unwrap();
            assert_eq!(response.status(), 200, "G 129");
            assert_eq!(response.url(), site.server.url("/there"), "G 129");
        });
        assert!(site.last().starts_with(&format!("{then} /there HTTP/1.1\r\n")), "G 129: {status} {method}");
        assert_eq!((site.seen().len(), site.server.connections()), (2, 1), "G 129: one connection serves both");
    }
}

#[test]
fn a_body_and_what_is_said_about_it_go_with_the_method_alone() {
    for (status, keeps) in [(301, false), (302, false), (303, false), (307, true), (308, true)] {
        for size in [5, 100_000] {
            let site = Site::pointing(status, "/there");
            let body = "x".repeat(size);
            run(async {
                let request = Client::new().post(site.server.url("/")).unwrap().body(body.clone());
                let request = request.header("Content-Type", "text/plain").header("Content-Language", "en");
                let request =
                    request.header("Content-Length", size.to_string()).header("Expect", "x").header("X-Mine", "m");
                assert_eq!(request.send().await.unwrap().status(), 200, "G 130");
            });
            let last = site.last();
            assert!(last.contains("x-mine: m\r\n"), "G 130: {last}");
            assert_eq!(last.ends_with(&format!("\r\n\r\n{body}")), keeps, "G 130: {status}");
            for about in ["content-type", "content-language", "content-length", "expect"] {
                assert_eq!(last.contains(about), keeps, "G 130: {status}: {about}");
            }
        }
    }
}

#[test]
fn a_body_that_can_be_sent_once_is_never_sent_twice() {
    for (status, fails) in [(301, false), (303, false), (307, true), (308, true)] {
        let site = Site::pointing(status, "/there");
        run(async {
            let request = Client::new().post(site.server.url("/")).unwrap().body(Body::stream(Pieces::of(["a", "b"])));
            let result = request.send().await.map(|response| response.status()).map_err(|error| error.kind());
            assert_eq!(result, if fails { Err(Redirect) } else { Ok(http::StatusCode::OK) }, "G 131: {status}");
        });
        assert_eq!(site.seen().len(), if fails { 1 } else { 2 }, "G 131: {status}");
    }
}

/// Asks `/` of a host with everything that is confided to it.
async fn confide(url: String) {
    let request = everywhere().build().and_then(|client| client.get(url)).expect("the URL is good");
    let request = request.header("AUTHORIZATION", "secret").header("cookie", "secret").header("Cookie", "secret");
    let request = request.header("Proxy-AuthorizatioN", "secret").header("X-Mine", "m");
    assert_eq!(request.send().await.expect("it is answered").status(), 200);
}

#[test]
fn credentials_stay_with_their_origin() {
    for (location, same) in [
        ("/there", true),
        ("http://FOO.com:PORT/there", true),
        ("//foo.com:PORT/there", true),
        ("http://user:word@foo.com:PORT/there", true),
        ("http://notfoo.com:PORT/there", false),
        ("http://foo.com.evil.test:PORT/there", false),
        ("http://sub.foo.com:PORT/there", false),
        ("http://com:PORT/there", false),
        ("http://foo.com.:PORT/there", false),
        ("http://foo.com@evil.test:PORT/there", false),
        ("http://127.0.0.1:PORT/there", false),
    ] {
        let site = Site::pointing(302, location);
        run(confide(site.at("foo.com", "/")));
        let last = site.last();
        assert!(last.starts_with("GET /there") && last.contains("x-mine: m"), "{last}");
        assert_eq!(last.matches("secret").count(), if same { 4 } else { 0 }, "G 132, G 134: {location}");
    }
    let other = Site::new(|_, _| None);
    let port = other.port();
    let site = Site::new(move |_, _| Some(to(302, &format!("http://foo.com:{port}/"))));
    run(confide(site.at("foo.com", "/")));
    assert!(!other.last().contains("secret"), "G 134: another port is another origin");
}

#[test]
fn credentials_that_were_dropped_do_not_come_back() {
    let site = Site::new(|path, port| match path {
        "/" => Some(to(302, &format!("http://b.test:{port}/b"))),
        "/b" => Some(to(302, &format!("http://a.test:{port}/a"))),
        _ => None,
    });
    run(confide(site.at("a.test", "/")));
    let with: Vec<bool> = site.seen().iter().map(|request| request.contains("secret")).collect();
    assert_eq!(with, [true, false, false], "G 133");
    assert!(site.last().contains("Host: a.test"), "G 133");
}

#[test]
fn a_host_of_the_callers_own_is_for_its_origin() {
    for (location, host) in [("/there", "virtual.test"), ("http://b.test:PORT/there", "b.test")] {
        let site = Site::pointing(307, location);
        run(async {
            let client = everywhere().build().unwrap();
            client.get(site.at("a.test", "/")).unwrap().header("Host", "virtual.test").send().await.unwrap();
        });
        assert!(site.last().contains(&format!("Host: {host}")), "G 132: {}", site.last());
    }
}

#[test]
fn so_many_redirects_are_followed_and_no_more() {
    let site = Site::new(|path, _| {
        let left: u32 = path[1..].parse().expect("the tests ask for numbers");
        left.checked_sub(1).map(|left| to(302, &format!("/{left}")))
    });
    run(async {
        let client = Client::new();
        assert_eq!(ask(&client, site.server.url("/10")).await, Ok(site.server.url("/0")), "G 136");
        assert_eq!(site.seen().len(), 11, "G 136");
        assert_eq!(ask(&client, site.server.url("/11")).await, Err(Redirect), "G 136");
        assert_eq!(site.seen().len(), 22, "G 136: the eleventh is not asked for");
        assert_eq!(
            ask(&client, site.server.url("/3")).await,
            Ok(site.server.url("/0")),
            "G 136: each call counts anew"
        );
        let strict = Client::builder().redirect(Policy::limited(0)).build().unwrap();
        assert_eq!(ask(&strict, site.server.url("/0")).await, Ok(site.server.url("/0")), "G 136");
        assert_eq!(ask(&strict, site.server.url("/1")).await, Err(Redirect), "G 136");
        let own = Client::builder().redirect(Policy::none()).build().unwrap();
        let response = own.get(site.server.url("/1")).unwrap().send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.url()), (302, &*site.server.url("/1")));
        assert_eq!(response.text().await.unwrap(), "body");
    });
}

#[test]
fn a_loop_ends_at_the_limit() {
    for locations in [["/", "/"], ["/b", "/"], ["", "/"], ["#f", "/"]] {
        let site = Site::new(move |path, _| Some(to(301, locations[usize::from(path != "/")])));
        run(async {
            assert_eq!(ask(&Client::new(), site.server.url("/")).await, Err(Redirect), "G 137: {locations:?}");
        });
        assert_eq!((site.seen().len(), site.server.connections()), (11, 1), "G 137: {locations:?}");
    }
}

#[test]
fn the_bodies_on_the_way_cost_no_more_than_a_dropped_response() {
    // One that never ends is not waited for; its connection is closed, and gives its permit back in time.
    let server = Server::start(|mut connection| {
        let first = connection.request().is_some_and(|request| request.starts_with("GET / "));
        if first {
            connection.send("HTTP/1.1 302 F\r\nLocation: /there\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n");
            return connection.wait_for_close();
        }
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
        connection.wait_for_close();
    });
    run(async {
        let client = Client::builder().max_connections_per_host(1).build().unwrap();
        assert_eq!(ask(&client, server.url("/")).await, Ok(server.url("/there")), "G 142");
        server.marks().reached("closed", 1).await;
    });
    assert_eq!(server.connections(), 2, "G 142");
    // One that is there is read over, and its connection serves the next hop.
    let site = Site::pointing(302, "/there");
    run(async {
        let client = Client::builder().max_connections_per_host(1).build().unwrap();
        assert_eq!(ask(&client, site.server.url("/")).await, Ok(site.server.url("/there")), "G 142");
    });
    assert_eq!(site.server.connections(), 1, "G 142");
    // What is no body makes no difference to the way, but its connection serves nobody.
    let server = Server::start(|mut connection| {
        connection.request();
        match connection.number {
            1 => connection.send("HTTP/1.1 302 F\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"),
            _ => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"),
        }
        connection.wait_for_close();
    });
    run(async { ask(&Client::new(), server.url("/")).await.expect("it is followed") });
    assert_eq!(server.connections(), 2, "G 142");
}

#[test]
fn a_connection_that_the_server_closes_serves_no_further_hop() {
    let closing = |path: &str, _| (path == "/").then(|| (302, "Location: /there\r\nConnection: close".into()));
    let site = Site::new(closing);
    run(async { ask(&Client::new(), site.server.url("/")).await.expect("it is followed") });
    assert_eq!(site.server.connections(), 2, "G 142");
}

#[test]
fn the_total_limit_spans_all_hops() {
    let server = Server::start(|mut connection| {
        while connection.request().is_some() {
            std::thread::sleep(Duration::from_millis(40));
            connection.send("HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
        }
    });
    run(async {
        let limit = Duration::from_millis(100);
        let client = Client::builder().timeout(limit).redirect(Policy::limited(1_000)).build().unwrap();
        assert_eq!(ask(&client, server.url("/")).await, Err(Timeout(Phase::Total)), "G 142");
        let request = client.get(server.url("/")).unwrap().timeout(limit / 2);
        assert_eq!(request.send().await.unwrap_err().kind(), Timeout(Phase::Total), "G 142");
    });
    assert!(server.marks().count("request") < 10, "G 142: the limit began anew with each hop");
}

#[test]
fn the_limit_of_a_head_is_for_the_heads_of_all_hops() {
    let long = |path: &str, _| match path.split_at(2) {
        ("/9", "") => None,
        (_, rest) => {
            let field = format!("X: {}\r\nLocation: /9{}", "x".repeat(900), rest.get(1..).unwrap_or_default());
            Some((302, field))
        }
    };
    let site = Site::new(long);
    run(async {
        let client = Client::builder().max_head(4_096).build().unwrap();
        assert_eq!(ask(&client, site.server.url("/9999")).await, Ok(site.server.url("/9")), "E 106: three hops");
        assert_eq!(ask(&client, site.server.url("/999999")).await, Err(TooLarge), "E 106: five hops");
    });
    let interim = Server::start(|mut connection| {
        while connection.request().is_some() {
            connection.send(format!("HTTP/1.1 103 H\r\nX: {}\r\n\r\n", "x".repeat(1_500)));
            connection.send("HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
        }
    });
    run(async {
        let client = Client::builder().max_head(4_096).build().unwrap();
        assert_eq!(ask(&client, interim.url("/")).await, Err(TooLarge), "E 106: interim heads count");
    });
}

#[test]
fn https_is_asked_for_or_an_error_and_never_asked_for_in_clear() {
    let site = Site::pointing(302, "http://a.test:PORT/there");
    run(async {
        let strict = everywhere().https_only().build().unwrap();
        assert_eq!(strict.get(site.at("a.test", "/")).unwrap_err().kind(), BadUrl, "G 135");
        let request = http::Request::get(site.at("a.test", "/")).body(Body::empty()).unwrap();
        assert_eq!(strict.request(request).await.unwrap_err().kind(), BadUrl, "G 135");
        assert!(strict.get("https://a.test/").is_ok(), "G 135");
        assert_eq!(strict.get(site.at("a.test", "/")).unwrap_err().kind(), BadUrl, "G 135: still");
    });
    assert_eq!(site.server.connections(), 0, "G 135");
    if cfg!(feature = "tls") {
        return; // it would shake hands with a server that knows nothing of it: see the tests of TLS
    }
    let site = Site::pointing(302, "https://a.test:PORT/there");
    run(async { assert_eq!(ask(&everywhere().build().unwrap(), site.at("a.test", "/")).await, Err(Tls)) });
    assert_eq!(site.seen().len(), 1);
}
