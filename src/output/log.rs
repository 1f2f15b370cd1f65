//! A log, which is written as things happen: no file that must appear whole.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::{is_stdout, pipe};
use crate::error::{Error, Result};

/// Opens a log: made anew, or continued at its end. A named pipe is waited for, which is said.
///
/// # Errors
/// [`Error::Write`].
pub fn open_log(path: &Path, append: bool) -> Result<File> {
    let opened = match path {
        _ if is_stdout(path) => stdout(),
        _ if std::fs::metadata(path).is_ok_and(|found| pipe::is_pipe(&found)) => pipe::open(path),
        _ => OpenOptions::new().create(true).write(true).append(append).truncate(!append).open(path),
    };
    opened.map_err(|error| {
        Error::write(path, error).with_hint("create its folder, or choose another path with --log")
    })
}

/// Standard output under another descriptor; opening `/dev/stdout` anew would begin at the file's
/// beginning.
fn stdout() -> io::Result<File> {
    super::closed::check_stdout()?;
    #[cfg(unix)]
    return Ok(std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?.into());
    #[cfg(not(unix))]
    return Err(io::ErrorKind::Unsupported.into());
}
