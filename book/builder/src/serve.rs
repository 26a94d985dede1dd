//! Turns a folder of pages into a web site at a local address, by the server that the book is about.

use std::net::Ipv4Addr;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use wheelwright::{fs, race, signal};
use wheelwright_http::{Body, Incoming, Server};

/// Serves the pages until Ctrl-C.
///
/// # Errors
/// If the port is taken.
pub(crate) fn serve(pages: PathBuf, port: u16) -> std::io::Result<()> {
    wheelwright::block_on(async {
        let (interrupt, terminate) = (signal::ctrl_c(), signal::terminate());
        let pages: Rc<Path> = pages.into();
        let running = Server::bind((Ipv4Addr::LOCALHOST, port))?.serve(move |request: Request<Incoming>| {
            let file = file(&pages, request.uri().path());
            async move { answer(file).await }
        });
        println!("http://{}/", running.local_addr());
        race(interrupt, terminate).await?;
        running.shutdown(Duration::from_secs(1)).await;
        Ok(())
    })
}

/// The file that a path means, if it is one below the pages.
fn file(pages: &Path, path: &str) -> Option<PathBuf> {
    let name = path.strip_prefix('/')?;
    let name = if name.is_empty() || name.ends_with('/') { format!("{name}index.html") } else { name.to_owned() };
    let is_below = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
    is_below.then(|| pages.join(name))
}

async fn answer(file: Option<PathBuf>) -> Response<Body> {
    let Some(file) = file else { return not_found() };
    let kind = kind(&file);
    let Ok(bytes) = fs::read(file).await else { return not_found() };
    let mut response = Response::new(Body::full(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::full("There is no such page.\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_file_below_the_pages() {
        let file = |path| file(Path::new("/pages"), path);
        assert_eq!(file("/"), Some("/pages/index.html".into()));
        assert_eq!(file("/traces/gather.html"), Some("/pages/traces/gather.html".into()));
        assert_eq!(file("/../secret"), None);
        assert_eq!(file("//etc/passwd"), None);
        assert_eq!(file("*"), None);
    }
}
