//! Turns the chunks of a body into a file that is there whole, or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wheelwright::fs::Writer;
use wheelwright::spawn_blocking;

/// A body up to this size is written by one job of the pool; a longer one as it comes.
const SMALL: usize = 64 * 1024;

/// A body on its way to `DIR/<line>`; until it is whole it is called `DIR/<line>.part`.
pub(crate) struct Saved {
    name: PathBuf,
    /// All of a small body.
    gathered: Vec<u8>,
    writer: Option<Writer>,
}

impl Saved {
    pub(crate) fn new(directory: &Path, line: usize) -> Self {
        Self { name: directory.join(line.to_string()), gathered: Vec::new(), writer: None }
    }

    pub(crate) async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        if let Some(writer) = &mut self.writer {
            return writer.write_all(chunk).await;
        }
        self.gathered.extend_from_slice(chunk);
        if self.gathered.len() <= SMALL {
            return Ok(());
        }
        let writer = self.writer.insert(Writer::create(part(&self.name)).await?);
        writer.write_all(&std::mem::take(&mut self.gathered)).await
    }

    pub(crate) async fn finish(self) -> io::Result<()> {
        let Self { name, gathered, writer } = self;
        let is_small = writer.is_none();
        if let Some(writer) = writer {
            writer.close().await?;
        }
        let whole = move || {
            if is_small {
                fs::write(part(&name), gathered)?;
            }
            fs::rename(part(&name), name)
        };
        spawn_blocking(whole).await?
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
