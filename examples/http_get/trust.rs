//! Turns certificates into a client that trusts the servers they vouch for, if the program was built to take https.

use wheelwright_http::Client;

/// A client that trusts those besides the ones that everybody does.
#[cfg(feature = "tls")]
pub(crate) fn client(certificates: &[u8]) -> Result<Client, String> {
    let builder = Client::builder().add_root_certificate(certificates);
    builder.build().map_err(|error| error.to_string())
}

/// Says what is missing.
#[cfg(not(feature = "tls"))]
pub(crate) fn client(_certificates: &[u8]) -> Result<Client, String> {
    Err("this was built without https; `--features tls` before the `--` brings it".into())
}
