//! Files whose names the program makes up itself, such as the state beside a checkpoint. Nobody typed
//! these names, so that whatever lies there may have been put there by somebody else, in a shared
//! folder for example: a link is never followed, and the file is always a new one.

use std::io::{self, Write};
use std::path::Path;

use super::{Failure, put};
use crate::error::{Error, Result};

/// Refuses what is there and is no plain file: a link, a folder, a pipe.
///
/// # Errors
/// [`Error::Usage`].
pub fn check_own(path: &Path) -> Result<()> {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let kind = match found.file_type() {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_symlink() => "a symbolic link, which is never followed here",
        kind if kind.is_dir() => "a folder",
        _ => "no plain file",
    };
    let what =
        format!("{} is {kind}; the program would keep a file of its own under this name", path.display());
    Err(Error::usage(what).with_hint("remove it, or choose another --out"))
}

/// Writes a file so that it appears whole or not at all, as [`super::write_atomic`] does, in the place
/// of a plain file or of nothing. It gets the permissions of a new file.
///
/// # Errors
/// As [`check_own`]; [`Error::Write`].
pub fn write_own(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<()> {
    check_own(path)?;
    put(path, None, fill).map_err(|failure| failure.at(path))
}

/// Takes such a file away, if it is there.
///
/// # Errors
/// As the system says.
pub fn remove_own(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::other("it is no plain file any more")),
        Err(error) => Err(error),
    }
}
