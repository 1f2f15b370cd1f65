//! Where bytes go: stdout, a device, or a file that appears whole or not at all.
//!
//! Reports and checkpoints are written through [`write_atomic`]; data that may go to stdout or to
//! `--out` through [`write_to`]; files that the program names itself through [`write_own`]. Nothing
//! else in the program opens a file for writing.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, IsTerminal, Write};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

mod closed;
mod distinct;
mod lock;
mod log;
mod own;
mod packed;
mod pipe;
mod shown;
mod temporary;
mod watched;
pub use closed::stdout_was_closed;
pub use distinct::{Claim, Use, clash};
pub use lock::{Asked, Holder, Lock};
pub use log::open_log;
pub use own::{check_own, remove_own, write_own};
pub use packed::split as packing;
use shown::Shown;
use watched::fill_stream;

/// Why a writing closure gave up: the stream failed (the path is added here), or something else
/// that already is an [`Error`]. Both convert with `?`.
#[derive(Debug)]
pub enum Failure {
    /// The stream could not be written.
    Io(io::Error),
    /// Another error, passed on as it is.
    Other(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Other(error)
    }
}

impl Failure {
    /// The error of a closure that wrote nowhere, so that no path can be named.
    pub fn into_error(self) -> Error {
        self.at(Path::new("output"))
    }

    fn at(self, path: &Path) -> Error {
        match self {
            Failure::Io(source) => Error::write(path, source),
            Failure::Other(error) => error,
        }
    }
}

/// Writes to `out`, or to stdout when there is none or it is `-`. A name that ends in `.gz` or `.zst`
/// is written compressed.
///
/// # Errors
/// As [`write_atomic`]; [`Error::ClosedPipe`] when stdout's reader has gone.
pub fn write_to(out: Option<&Path>, fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<()> {
    match out {
        Some(path) => write_atomic(path, |w| packed::fill(path, w, fill)),
        None => write_stdout(fill),
    }
}

/// Writes to stdout, buffered, and flushes.
///
/// # Errors
/// [`Error::ClosedPipe`] when the reader has gone (`| head -1`), else [`Error::Write`].
pub fn write_stdout(fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<()> {
    let written = closed::check_stdout().map_err(Failure::from);
    let done = written.and_then(|()| match io::stdout().is_terminal() {
        true => fill_stream(Shown::new(io::stdout().lock()), fill).1,
        false => fill_stream(io::stdout().lock(), fill).1,
    });
    done.map_err(|failure| failure.at(Path::new("stdout")))
}

/// Writes to stdout line by line, each as soon as it is whole, for output that follows its input.
///
/// # Errors
/// As [`write_stdout`].
pub fn write_lines(fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<()> {
    // Rust's stdout is line-buffered wherever it goes.
    let mut stdout: Box<dyn Write> = match io::stdout().is_terminal() {
        true => Box::new(Shown::new(io::stdout().lock())),
        false => Box::new(io::stdout().lock()),
    };
    let open = closed::check_stdout().map_err(Failure::from);
    let done = open.and_then(|()| fill(&mut *stdout)).and_then(|()| Ok(stdout.flush()?));
    done.map_err(|failure| failure.at(Path::new("stdout")))
}

/// Writes a file so that a reader sees the old content or the new, never a part: into a temporary
/// file in the same folder, synced, then renamed over the path.
///
/// On any failure the old file is as it was and the temporary one is gone; one that a killed process
/// left is removed when the same path is written again. A symbolic link stays a
/// link and its target is replaced; an existing file's permissions are kept, a new one has the
/// usual ones (0666 less the umask). A file without write permission is refused. What is not a
/// regular file (`/dev/null`, a named pipe) is written directly; `-` and `/dev/stdout` are stdout.
///
/// # Errors
/// [`Error::Write`] with the path as given, or the error that `fill` returned.
pub fn write_atomic(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<()> {
    if is_stdout(path) {
        return write_stdout(fill);
    }
    let written = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory).into()),
        Ok(found) if !found.is_file() || is_device_path(path) => write_direct(path, fill),
        Ok(found) => replace(path, Some(found.permissions()), fill),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(path, None, fill),
        Err(error) => Err(error.into()),
    };
    written.map_err(|failure| failure.at(path))
}

/// Into an open device or pipe: no temporary file, no sync.
fn write_direct(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let file = pipe::open(path)?;
    if file.is_terminal() { fill_stream(Shown::new(file), fill).1 } else { fill_stream(file, fill).1 }
}

/// Temporary file, sync, rename. `old`: the permissions of the file that is there.
fn replace(
    path: &Path,
    old: Option<Permissions>,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let target = follow_links(path)?;
    if old.is_some() {
        // A rename needs no permission on the file itself; somebody who took it away meant it.
        OpenOptions::new().write(true).open(&target)?;
    }
    put(&target, old, fill)
}

/// A new file in the place of `target`, which is no link that should be followed.
fn put(
    target: &Path,
    permissions: Option<Permissions>,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let temporary = temporary::beside(target).map_err(plain)?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    let (temporary, done) = fill_stream(temporary, fill);
    done?; // dropping the temporary file removes it
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|failed| failed.error)?;
    // The rename itself survives a power cut once the folder is synced; not every file system can.
    if let Ok(folder) = File::open(folder(target)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// The same error in the system's words, without the temporary file's name, which means nothing to
/// the user. (tempfile wraps the original where it cannot be taken out again.)
fn plain(error: io::Error) -> io::Error {
    use io::ErrorKind::*;
    let code = match error.kind() {
        NotFound => libc::ENOENT,
        PermissionDenied => libc::EACCES,
        NotADirectory => libc::ENOTDIR,
        ReadOnlyFilesystem => libc::EROFS,
        StorageFull => libc::ENOSPC,
        kind => return error.raw_os_error().map_or(io::Error::from(kind), io::Error::from_raw_os_error),
    };
    io::Error::from_raw_os_error(code)
}

/// The folder that a path lies in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with links at its last part followed, whether or not the end exists.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..40 {
        match std::fs::read_link(&path) {
            Ok(next) if next.is_absolute() => path = next,
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// `-` and the names of our own stdout: opening those anew would start at the file's beginning.
fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// Whether the path names an open file or device by way of the kernel (`/dev/stderr`), so that a
/// rename would miss what it stands for.
fn is_device_path(path: &Path) -> bool {
    let mut parts = path.components();
    matches!(parts.next(), Some(Component::RootDir))
        && matches!(parts.next(), Some(Component::Normal(first)) if first == "dev" || first == "proc")
        && !path.starts_with("/dev/shm")
}

/// Whether the path is, or would become, a file of its own, so that another can lie beside it.
pub fn is_file(path: &Path) -> bool {
    !is_stdout(path) && !is_device_path(path) && std::fs::metadata(path).map_or(true, |found| found.is_file())
}

/// Refuses a path that plainly cannot be written, before hours are spent on what goes there: a
/// folder in its place, or a folder that is missing, read-only or no place for files (`/proc`).
///
/// # Errors
/// [`Error::Write`], as writing itself would give.
pub fn check_writable(path: &Path) -> Result<()> {
    if is_stdout(path) {
        return closed::check_stdout().map_err(|error| Error::write(Path::new("stdout"), error));
    }
    let probe = || -> io::Result<()> {
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => return Ok(()),
            Ok(_) if is_device_path(path) => return OpenOptions::new().write(true).open(path).map(drop),
            Ok(_) => drop(OpenOptions::new().write(true).open(path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let target = follow_links(path)?;
        temporary::beside(&target).map_err(plain)?;
        Ok(())
    };
    probe().map_err(|error| Error::write(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn text(content: &'static str) -> impl FnOnce(&mut dyn Write) -> Result<(), Failure> {
        move |w| Ok(w.write_all(content.as_bytes())?)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_whole_and_leaves_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        write_atomic(&path, text("one")).unwrap();
        write_atomic(&path, text("two")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn a_failure_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        write_atomic(&path, text("old")).unwrap();
        let failed = write_atomic(&path, |w| {
            w.write_all(&vec![b'x'; 1 << 20])?;
            Err(io::Error::from(io::ErrorKind::StorageFull).into())
        });
        assert!(matches!(failed, Err(Error::Write { .. })));
        let failed = write_atomic(&path, |w| {
            w.write_all(b"part")?;
            Err(Error::usage("no").into())
        });
        assert!(matches!(failed, Err(Error::Usage { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn a_missing_folder_or_a_folder_is_an_error_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no/such/out.csv");
        let error = write_atomic(&path, text("x")).unwrap_err();
        assert!(error.to_string().contains("no/such/out.csv"), "{error}");
        assert!(!error.to_string().contains(".lstm-forecast-"), "{error}");
        assert!(error.to_string().contains("No such file"), "{error}");
        assert!(write_atomic(folder.path(), text("x")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_links_and_devices() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

        fs::write(at("plain"), "").unwrap();
        write_atomic(&at("new"), text("x")).unwrap();
        assert_eq!(mode(&at("new")), mode(&at("plain")));

        fs::set_permissions(at("plain"), Permissions::from_mode(0o640)).unwrap();
        write_atomic(&at("plain"), text("x")).unwrap();
        assert_eq!(mode(&at("plain")), 0o640);

        symlink("plain", at("link")).unwrap();
        write_atomic(&at("link"), text("through")).unwrap();
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(at("plain")).unwrap(), "through");

        symlink("later", at("dangling")).unwrap();
        write_atomic(&at("dangling"), text("made")).unwrap();
        assert_eq!(fs::read_to_string(at("later")).unwrap(), "made");

        symlink("loop", at("loop")).unwrap();
        assert!(write_atomic(&at("loop"), text("x")).is_err());

        write_atomic(Path::new("/dev/null"), text("x")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        if Path::new("/dev/full").exists() {
            assert!(write_atomic(Path::new("/dev/full"), text("x")).is_err());
        }
    }
}
