//! Turns the path of a URL into a file of a folder, and never into one outside of it.

use std::io;
use std::path::{Path, PathBuf};

use url::Url;

/// A folder of pages.
#[derive(Clone)]
pub(crate) struct Folder {
    /// Without symbolic links in it.
    root: PathBuf,
}

/// What a path stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    File(PathBuf),
    /// The same file, which has one path of its own: this.
    Moved(String),
}

impl Folder {
    pub(crate) fn open(name: &str) -> io::Result<Self> {
        std::fs::read_dir(name)?;
        Ok(Self { root: Path::new(name).canonicalize()? })
    }

    /// Looks for what a path stands for. It asks the disk, so it blocks.
    pub(crate) fn find(&self, path: &str) -> Option<Found> {
        // URLs of files know how to undo `%20` and the like, and how to do it.
        let asked = Url::parse(&format!("file://{path}")).ok()?.to_file_path().ok()?;
        let asked = self.root.join(asked.strip_prefix("/").ok()?);
        let name = if asked.is_dir() { asked.join("index.html") } else { asked };
        // Whatever went through `..` or a symbolic link is called otherwise in truth, wherever it leads.
        if name.canonicalize().ok()? != name || !name.is_file() {
            return None;
        }
        let inside = Path::new("/").join(name.strip_prefix(&self.root).ok()?);
        let usual = Url::from_file_path(inside).ok()?;
        Some(if usual.path() == path { Found::File(name) } else { Found::Moved(usual.path().to_owned()) })
    }
}

/// What a file holds, by the end of its name.
pub(crate) fn content_type(name: &Path) -> &'static str {
    match name.extension().and_then(|end| end.to_str()) {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("md" | "rs" | "toml" | "txt" | "lock") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{Folder, Found};

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let base = std::env::temp_dir().join(format!("wheelwright-crawl-{}", std::process::id()));
        let inside = base.join("inside");
        std::fs::create_dir_all(inside.join("part")).expect("a folder can be made");
        for name in ["secret.html", "inside/a b.html", "inside/part/index.html"] {
            std::fs::write(base.join(name), "").expect("a file can be made");
        }
        std::os::unix::fs::symlink(base.join("secret.html"), inside.join("link.html")).expect("a link can be made");
        std::os::unix::fs::symlink(&base, inside.join("up")).expect("a link can be made");
        let folder = Folder::open(inside.to_str().expect("we named it")).expect("it is there");

        let real = inside.canonicalize().expect("it is there");
        assert_eq!(folder.find("/a%20b.html"), Some(Found::File(real.join("a b.html"))));
        for path in ["/part", "/part/", "/./part/", "//part//", "/x/../part", "/%2e%2e/part", "/p%61rt/index.html"] {
            assert_eq!(folder.find(path), Some(Found::Moved("/part/index.html".into())), "{path}");
        }
        let secret = base.join("secret.html");
        let absolute = [format!("/{}", secret.display()), format!("/%2F{}", secret.display())];
        let out = ["/../secret.html", "/%2e%2e/secret.html", "/..%2fsecret.html", "/part/..%2f..%2fsecret.html"];
        let links = ["/..\\secret.html", "/..%5csecret.html", "/link.html", "/up/secret.html", "/up/inside/a%20b.html"];
        let nothing = ["/nothing", "/a%20b.html%00", "/a%20b.html/c", "/", "*", ""];
        for path in absolute.iter().map(String::as_str).chain(out).chain(links).chain(nothing) {
            assert_eq!(folder.find(path), None, "{path}");
        }
        std::fs::remove_dir_all(base).expect("they are ours");
    }
}
