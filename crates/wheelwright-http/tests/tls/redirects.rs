//! Section G: from one scheme to the other.

use wheelwright_http::ErrorKind::{BadUrl, Redirect};
use wheelwright_http::{Client, ErrorKind};

use crate::script::{Connection, Marks, Server, run};
use crate::secure::{HELLO, NAME, Secure, anywhere, authority, client, trusted};

fn found(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Marks what a request says that is meant for one origin only.
fn note(marks: &Marks, head: &str) {
    let head = head.to_ascii_lowercase();
    for field in ["authorization", "cookie", "proxy-authorization", "x-own"] {
        if head.contains(&format!("\r\n{field}: ")) {
            marks.mark(field);
        }
    }
}

/// How often each of them was heard of.
fn noted(server: &Server) -> [usize; 4] {
    ["authorization", "cookie", "proxy-authorization", "x-own"].map(|field| server.marks().count(field))
}

/// A server that answers the path `/` with this, under TLS.
fn secret(answer: String) -> Server {
    trusted(move |mut secure: Secure| {
        while let Some((head, _)) = secure.request() {
            note(secure.marks(), &head);
            secure.send(if head.starts_with("GET / ") { &answer } else { HELLO });
        }
    })
}

/// The same in clear.
fn open(answer: String) -> Server {
    Server::start(move |mut connection: Connection| {
        while let Some(head) = connection.request() {
            note(&connection.marks(), &head);
            connection.send(if head.starts_with("GET / ") { &answer } else { HELLO });
        }
    })
}

async fn get(client: &Client, url: &str) -> Result<String, ErrorKind> {
    let call = client.get(url).map_err(|error| error.kind())?;
    let call = call.header("Authorization", "secret").header("Cookie", "secret").header("x-own", "told");
    let response = call.header("Proxy-Authorization", "secret").send().await.map_err(|error| error.kind())?;
    Ok(response.url().to_owned())
}

#[test]
fn credentials_of_https_are_not_told_to_http() {
    let plain = open(String::new());
    let server = secret(found(&format!("http://{NAME}:{}/b", plain.addr.port())));
    run(async {
        let url = get(&client(), &format!("https://{NAME}:{}/", server.addr.port())).await;
        assert_eq!(url, Ok(format!("http://{NAME}:{}/b", plain.addr.port())), "G 135");
    });
    assert_eq!(noted(&server), [1, 1, 1, 1]);
    assert_eq!(noted(&plain), [0, 0, 0, 1], "G 135: the last is the caller's own");
}

#[test]
fn credentials_of_http_are_not_told_to_https_either() {
    let server = secret(String::new());
    let plain = open(found(&format!("https://{NAME}:{}/b", server.addr.port())));
    run(async {
        let url = get(&client(), &format!("http://{NAME}:{}/", plain.addr.port())).await;
        assert_eq!(url, Ok(format!("https://{NAME}:{}/b", server.addr.port())), "G 135");
    });
    assert_eq!(noted(&plain), [1, 1, 1, 1]);
    assert_eq!(noted(&server), [0, 0, 0, 1], "G 135: another scheme is another origin");
}

#[test]
fn credentials_stay_within_their_origin_under_tls() {
    let server = secret(found("/b"));
    run(async {
        let url = get(&client(), &format!("https://{NAME}:{}/", server.addr.port())).await;
        assert_eq!(url, Ok(format!("https://{NAME}:{}/b", server.addr.port())));
    });
    assert_eq!(noted(&server), [2, 2, 2, 2], "G 132");
    assert_eq!(server.connections(), 1, "F 113: a hop uses what the last one left");
}

#[test]
fn a_client_of_https_only_goes_no_other_way() {
    let plain = open(HELLO.to_owned());
    let clear = format!("http://{NAME}:{}/b", plain.addr.port());
    let server = secret(found(&clear));
    run(async {
        let strict = anywhere().add_root_certificate(authority().der()).https_only().build().unwrap();
        let url = format!("https://{NAME}:{}", server.addr.port());
        assert_eq!(get(&strict, &format!("{url}/")).await, Err(Redirect), "G 135");
        assert_eq!(get(&strict, &clear).await, Err(BadUrl), "G 135");
        assert_eq!(get(&strict, &format!("{url}/b")).await, Ok(format!("{url}/b")));
    });
    assert_eq!(plain.connections(), 0, "G 135: nobody was asked in clear");
}
