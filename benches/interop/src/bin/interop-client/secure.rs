//! Turns a certificate that the server's own authority has signed into the same exchanges, which nobody else can read.

use http::Method;
use wheelwright_http::{Body, Client};

use crate::asking::Asking;
use crate::{bodies, crowd};

pub(crate) async fn tls(asking: &Asking) {
    let certificate = asking.ask(Method::GET, "/authority", &[], Body::empty()).await;
    let secure = asking.ask(Method::GET, "/secure", &[], Body::empty()).await;
    let url = std::str::from_utf8(&secure.body).expect("a URL is text");
    let trusting = Client::builder().add_root_certificate(&certificate.body).build().expect("it is a certificate");
    let trusting = Asking::new(trusting, url);
    bodies::bytes(&trusting).await;
    crowd::many(&trusting, Some(10)).await;
    asking.add(&trusting);
    let stranger = Asking::new(asking.client.clone(), url);
    let error = stranger.send(Method::GET, "/bytes/1", &[], Body::empty()).await.expect_err("nobody vouches for it");
    assert_eq!(error.kind().to_string(), "Tls");
    asking.add(&stranger);
}
