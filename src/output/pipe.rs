//! Named pipes: opening one for writing waits until somebody reads, which looks like a program that
//! hangs; so it is said.

#![allow(unsafe_code)]

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Whether this is a named pipe.
pub fn is_pipe(found: &Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type());
    #[cfg(not(unix))]
    {
        let _ = found;
        false
    }
}

/// Opens what is there for writing: a device, or a pipe once it has a reader.
#[cfg(not(unix))]
pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// Opens what is there for writing: a device, or a pipe once it has a reader.
#[cfg(unix)]
pub fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    use std::time::Duration;

    if !std::fs::metadata(path).is_ok_and(|found| is_pipe(&found)) {
        return OpenOptions::new().write(true).open(path);
    }
    let mut told = false;
    loop {
        // Without waiting the system answers ENXIO where nobody reads.
        match OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path) {
            Ok(file) => return blocking(file),
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {}
            Err(error) => return Err(error),
        }
        if !std::mem::replace(&mut told, true) {
            crate::terminal::print_line(format!(
                "note: {} is a named pipe without a reader: waiting until something reads it",
                path.display()
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The same file, whose writes wait again.
#[cfg(unix)]
fn blocking(file: File) -> io::Result<File> {
    use std::os::fd::AsRawFd;
    // SAFETY: asks for and sets the flags of a descriptor that `file` holds open.
    let done = unsafe {
        let flags = libc::fcntl(file.as_raw_fd(), libc::F_GETFL);
        libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags & !libc::O_NONBLOCK)
    };
    if done == -1 { Err(io::Error::last_os_error()) } else { Ok(file) }
}
