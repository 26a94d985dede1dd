//! Turns answers that point elsewhere into the request that was made there: its method, its body, what it kept to itself.

use http::Method;
use wheelwright_benches_interop::agreement::page;
use wheelwright_http::Body;

use crate::asking::Asking;

pub(crate) async fn followed(asking: &Asking) {
    for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let path = format!("/moved/{status}");
        let secret = [("authorization", "secret")];
        // What is told: the method, the length of the body, the credentials.
        asking.ask(Method::GET, &path, &secret, Body::empty()).await.is(&path, 200, b"GET - secret");
        asking.ask(Method::HEAD, &path, &secret, Body::empty()).await.is(&path, 200, b"");
        let length = if method == "POST" { "1000" } else { "-" };
        let sent = asking.ask(Method::POST, &path, &secret, Body::full(page(1_000))).await;
        sent.is(&path, 200, format!("{method} {length} secret").as_bytes());
        // Another port is another origin, which is told nothing.
        let path = format!("/elsewhere/{status}");
        asking.ask(Method::GET, &path, &secret, Body::empty()).await.is(&path, 200, b"GET - -");
    }
    let endless = asking.send(Method::GET, "/round", &[], Body::empty()).await.expect_err("it leads nowhere");
    assert_eq!(endless.kind().to_string(), "Redirect");
}
