//! Turns a server of others under TLS, and certificates, into whom `http_get` trusts, beside whom curl does.

use std::path::PathBuf;
use std::{env, fs, process};

use serde_json::Value;

use crate::certificates::{Authority, CERTIFICATE, Identity, pem};
use crate::program::{Finished, Process, http_get, skip};

const PAGE: &[u8] = b"a page\0\xff\n";

/// The exit code of curl for a server that does not prove who it is.
const NOT_PROVEN: Option<i32> = Some(60);

/// Serves its folder as Python's HTTP server does, with the certificate and the key of one file in it.
const SERVER: &str = "
import http.server, os, ssl, sys
os.chdir(sys.argv[1])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('identity')
server = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

/// A folder for the files of a test, gone with this, and a server in it, if there is Python.
struct Folder {
    path: PathBuf,
    server: Option<(Process, String)>,
}

impl Folder {
    /// Whoever serves there is vouched for by the first authority, as 127.0.0.1.
    fn serving(test: &str) -> Self {
        let mut folder = Self::empty(test);
        let Identity { chain, key } = Authority::new(1).identity(&["127.0.0.1"]);
        let identity = pem(CERTIFICATE, &chain[0]) + &pem("PRIVATE KEY", key.secret_pkcs8_der());
        folder.file("identity", identity.as_bytes());
        folder.file("page", PAGE);
        let server = Process::start("python3", &["-c", SERVER, folder.path.to_str().unwrap()]);
        folder.server = server.map(|mut process| {
            let port = process.line();
            (process, port)
        });
        folder
    }

    fn empty(test: &str) -> Self {
        let path = env::temp_dir().join(format!("http_get-{test}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self { path, server: None }
    }

    /// A file of this name, by its path.
    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The text form of the certificate of an authority, in a file.
    fn authority(&self, seed: u8) -> String {
        self.file(&format!("authority {seed}"), pem(CERTIFICATE, Authority::new(seed).der()).as_bytes())
    }

    /// The page of the server, as it calls itself there.
    fn url(&self, host: &str) -> Option<String> {
        let (_, port) = self.server.as_ref()?;
        Some(format!("https://{host}:{port}/page"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.server = None;
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The same of curl, which trusts nobody else then; nothing, if there is no curl.
fn curl(arguments: &[&str]) -> Option<Finished> {
    Some(Process::start("curl", &[&["--silent", "--show-error"], arguments].concat())?.finish())
}

#[test]
fn a_server_that_the_named_authority_vouches_for_is_trusted_as_by_curl() {
    let folder = Folder::serving("trusted");
    let Some(url) = folder.url("127.0.0.1") else { return skip("Python") };
    let both = folder.file("both", &[2, 1].map(|seed| fs::read(folder.authority(seed)).unwrap()).concat());
    let bytes = folder.file("bytes", Authority::new(1).der());
    for file in [folder.authority(1), both, bytes] {
        let got = http_get(&["--cacert", &file, &url]);
        assert_eq!((got.code, got.stderr.as_str(), got.stdout.as_slice()), (Some(0), "", PAGE), "{file}");
    }
    let Some(got) = curl(&["--cacert", &folder.authority(1), &url]) else { return skip("curl") };
    assert_eq!((got.code, got.stdout.as_slice()), (Some(0), PAGE), "{}", got.stderr);
}

#[test]
fn a_server_that_nobody_named_vouches_for_is_a_fault_as_for_curl() {
    let folder = Folder::serving("refused");
    let Some(url) = folder.url("127.0.0.1") else { return skip("Python") };
    let (right, wrong) = (folder.authority(1), folder.authority(2));
    let by_another_name = folder.url("localhost").unwrap();
    for arguments in [&["--cacert", &wrong, &url][..], &[&url], &["--cacert", &right, &by_another_name]] {
        let got = http_get(&[&["--json"], arguments].concat());
        assert_eq!((got.code, got.json()["status"].clone()), (Some(1), Value::Null), "{arguments:?}");
        assert_eq!(got.json()["error"], "Tls");
        assert!(got.stderr.starts_with("http_get: Tls: no TLS with "), "{}", got.stderr);
        let Some(got) = curl(arguments) else { return skip("curl") };
        assert_eq!((got.code, got.stdout.len()), (NOT_PROVEN, 0), "{arguments:?}: {}", got.stderr);
    }
}

#[test]
fn a_file_that_holds_no_certificates_is_code_2_and_says_why() {
    let folder = Folder::empty("files");
    let absent = folder.path.join("absent").to_str().unwrap().to_owned();
    let half = fs::read(folder.authority(1)).unwrap();
    let half = folder.file("half", &half[..half.len() / 2]);
    let (empty, rubbish) = (folder.file("empty", b""), folder.file("rubbish", b"rubbish"));
    let directory = folder.path.to_str().unwrap();
    let key = folder.file("key", pem("PRIVATE KEY", b"rubbish").as_bytes());
    for (file, why) in [
        (absent.as_str(), "No such file"),
        (directory, "Is a directory"),
        (&empty, "a root certificate that is none"),
        (&rubbish, "a root certificate that is none"),
        (&half, "a root certificate that is none"),
        (&key, "a root certificate that is none"),
    ] {
        let got = http_get(&["--cacert", file, "https://127.0.0.1:1/"]);
        assert_eq!((got.code, got.stdout.len()), (Some(2), 0), "{file}");
        let begins = format!("error: invalid value '{file}' for '--cacert <FILE>': ");
        assert!(got.stderr.starts_with(&begins) && got.stderr.contains(why), "{}", got.stderr);
    }
}
