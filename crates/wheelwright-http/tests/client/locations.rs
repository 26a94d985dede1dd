//! Section G: what a Location means, and what is none.

use wheelwright_http::Client;
use wheelwright_http::ErrorKind::{Parse, Redirect};

use crate::redirects::{Site, ask, everywhere, to};
use crate::script::{Server, run};

#[test]
fn a_location_is_read_against_the_url_it_came_from() {
    for (from, location, url) in [
        ("/a/b/c?q", "d", "/a/b/d"),
        ("/a/b/c?q", "?x", "/a/b/c?x"),
        ("/a/b/c?q", "../d", "/a/d"),
        ("/a/b/c?q", "../../../d", "/d"),
        ("/a/b/c?q", "//a.test:PORT/x", "/x"),
        ("/a/b/c?q", "//a.test:PORT", "/"),
        ("/a/b/c?q", "http://a.test:PORT/e/../x", "/x"),
        ("/a#one", "/b", "/b#one"),
        ("/a#one", "/b#two", "/b#two"),
        ("/a#one", "/b#", "/b#"),
        ("/a#o n/e?", "/b", "/b#o%20n/e?"),
        ("#one", "/b", "/b#one"),
        ("/a", "/b#é", "/b#%C3%A9"),
    ] {
        let asked = from.split('#').next().expect("there is a first part").to_owned();
        let first = if asked.is_empty() { "/".to_owned() } else { asked };
        let site =
            Site::new(move |path, port| (path == first).then(|| to(302, &location.replace("PORT", &port.to_string()))));
        run(async {
            let client = everywhere().build().unwrap();
            assert_eq!(
                ask(&client, site.at("a.test", from)).await,
                Ok(site.at("a.test", url)),
                "G 138: {from}, {location}"
            );
        });
        let target = url.split('#').next().expect("there is a first part");
        assert!(site.last().starts_with(&format!("GET {target} HTTP/1.1")), "G 138: {}", site.last());
    }
}

#[test]
fn a_fragment_lasts_until_another_one_comes() {
    let site = Site::new(|path, _| match path {
        "/1" => Some(to(302, "/2")),
        "/2" => Some(to(302, "/3#three")),
        "/3" => Some(to(302, "/4")),
        _ => None,
    });
    run(async {
        let client = Client::new();
        assert_eq!(ask(&client, site.server.url("/1#one")).await, Ok(site.server.url("/4#three")), "G 138");
        assert_eq!(ask(&client, site.server.url("/4#one")).await, Ok(site.server.url("/4#one")));
        assert_eq!(ask(&client, site.server.url("/4")).await, Ok(site.server.url("/4")));
    });
}

#[test]
fn a_location_that_cannot_be_asked_for_is_an_error() {
    for fields in [
        "Location: ftp://h/",
        "Location: mailto:a@b",
        "Location: javascript:alert(1)",
        "Location: file:///etc/passwd",
        "Location: http:there",
        "Location: http:/..//there",
        "Location: http://",
        "Location: //",
        "Location: http://h:0/",
        "Location: http://h:99999/",
        "Location: http://a b/",
        "Location: http://é/",
        "Location: http://[::1/",
        "Location: /a\tb",
        "Location: /a\r\nLocation: /b",
        "Location: /a\r\nlocation: /a",
    ] {
        let site = Site::new(move |_, _| Some((302, fields.to_owned())));
        run(async {
            let error = Client::new().get(site.server.url("/")).unwrap().send().await.unwrap_err();
            assert_eq!(error.kind(), Redirect, "G 139, G 140: {fields}: {error:?}");
        });
        assert_eq!(site.seen().len(), 1, "G 139: {fields}");
    }
}

#[test]
fn what_a_request_line_cannot_hold_is_encoded_and_line_ends_are_no_part_of_it() {
    for (location, target) in [
        ("/é ü", "/%C3%A9%20%C3%BC"),
        ("/a b?c d", "/a%20b?c%20d"),
        ("/%C3%A9%20", "/%C3%A9%20"),
        ("/<\"`>", "/%3C%22%60%3E"),
        ("/%0d%0aX-Evil:%20y", "/%0d%0aX-Evil:%20y"),
        ("/a\r\n /b", "/a%20/b"),
    ] {
        let site = Site::pointing(302, location);
        run(async { ask(&Client::new(), site.server.url("/")).await.expect("it is followed") });
        assert!(site.last().starts_with(&format!("GET {target} HTTP/1.1\r\n")), "G 140: {}", site.last());
    }
    for location in ["/a\rX-Evil: y", "/a\nX-Evil: y", "/a\0", "/a\r\r\n"] {
        let site = Site::pointing(302, location);
        run(async { assert_eq!(ask(&Client::new(), site.server.url("/")).await, Err(Parse), "G 140: {location:?}") });
        assert_eq!(site.seen().len(), 1, "G 140: {location:?}");
    }
    let site = Server::answering(b"HTTP/1.1 302 F\r\nLocation: /\xe9\r\nContent-Length: 0\r\n\r\n");
    run(async { assert_eq!(ask(&Client::new(), site.url("/")).await, Err(Redirect), "G 140: no UTF-8") });
}

#[test]
fn a_user_and_a_password_are_neither_sent_nor_shown() {
    let site = Site::pointing(302, "http://user:secret@a.test:PORT/there");
    run(async {
        let client = everywhere().build().unwrap();
        let response = client.get(site.at("user:secret@a.test", "/")).unwrap().send().await.unwrap();
        assert_eq!(response.url(), site.at("a.test", "/there"), "G 141");
    });
    for request in site.seen() {
        assert!(!request.contains("secret") && !request.to_lowercase().contains("authorization"), "G 141: {request}");
    }
    let site = Site::pointing(302, "ftp://user:secret@a.test/");
    run(async {
        let error = Client::new().get(site.server.url("/")).unwrap().send().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "153: {error:?}");
    });
}

#[test]
fn a_redirect_without_a_location_or_of_another_status_is_a_response() {
    for (status, fields) in
        [(302, "X: y"), (300, "Location: /b"), (304, "Location: /b"), (305, "Location: /b"), (200, "Location: /b")]
    {
        let site = Site::new(move |_, _| Some((status, fields.to_owned())));
        run(async {
            let response = Client::new().get(site.server.url("/")).unwrap().send().await.unwrap();
            assert_eq!(response.status(), status, "{fields}");
        });
        assert_eq!(site.seen().len(), 1, "{status} {fields}");
    }
}
