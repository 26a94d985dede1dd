//! Turns the chunks of a body into a file that is there whole, or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wheelwright::fs::Writer;
use wheelwright::spawn_blocking;

/// A body on its way to `DIR/<line>`; until it is whole it is called `DIR/<line>.part`.
pub(crate) struct Saved {
    writer: Writer,
    name: PathBuf,
}

impl Saved {
    pub(crate) async fn create(directory: &Path, line: usize) -> io::Result<Self> {
        let name = directory.join(line.to_string());
        Ok(Self { writer: Writer::create(part(&name)).await?, name })
    }

    pub(crate) async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.writer.write_all(chunk).await
    }

    pub(crate) async fn finish(self) -> io::Result<()> {
        self.writer.close().await?;
        let name = self.name;
        spawn_blocking(move || fs::rename(part(&name), name)).await.map_err(io::Error::other)?
    }
}

/// Removes what a try left that failed half-way; most left nothing.
pub(crate) async fn discard(directory: &Path, line: usize) {
    let name = part(&directory.join(line.to_string()));
    let _ = spawn_blocking(move || fs::remove_file(name)).await;
}

/// Makes the directory and tries whether a file can be made in it.
pub(crate) fn prepare(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let probe = part(&directory.join("0"));
    fs::File::create(&probe)?;
    fs::remove_file(probe)
}

fn part(name: &Path) -> PathBuf {
    name.with_added_extension("part")
}
