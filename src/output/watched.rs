//! A stream that remembers how it failed.

use std::io::{self, BufWriter, Write};

use super::Failure;

/// Passes everything on. Writers of file formats wrap the stream's error in their own, which hides
/// a closed pipe or a full disk; here it is kept.
struct Watched<W> {
    inner: W,
    failed: Option<io::Error>,
}

impl<W: Write> Watched<W> {
    fn keep<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed = Some(match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => error.kind().into(),
            });
        }
        result
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes);
        self.keep(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.inner.flush();
        self.keep(flushed)
    }
}

/// Runs `fill` on a buffered stream and flushes it; gives the stream back with its own error
/// where it had one. What is still buffered after a failure is dropped unwritten.
pub fn fill_stream<W: Write>(
    inner: W,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> (W, Result<(), Failure>) {
    let mut stream = BufWriter::with_capacity(1 << 16, Watched { inner, failed: None });
    let done = fill(&mut stream).and_then(|()| Ok(stream.flush()?));
    let (watched, _) = stream.into_parts();
    let done = match (done, watched.failed) {
        (Err(Failure::Io(_)), Some(error)) => Err(Failure::Io(error)),
        (done, _) => done,
    };
    (watched.inner, done)
}
