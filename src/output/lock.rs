//! A lock on a side file, held by one process at a time: whoever finds it taken learns who has it and since
//! when.
//!
//! The lock is the system's (`flock`), so that a kill releases it, whatever it leaves behind. The file
//! itself is removed at the end, to leave no litter: whoever gets a lock therefore looks whether the name still
//! means the file that was locked, and tries again where it does not. As nobody typed its name, it
//! is never opened through a link (see [`super::own`]).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{check_own, remove_own};
use crate::error::{Error, Result};

/// How often a file that was removed under our hands is opened anew.
const TRIES: usize = 100;

/// The lock, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
}

/// What came of asking for a lock.
#[derive(Debug)]
pub enum Asked {
    /// It is ours.
    Held(Lock),
    /// Another process has it; who, where that could be read.
    Busy(Option<Holder>),
    /// There are no locks on this file system, for this reason.
    Unable(io::Error),
}

/// Who holds a lock, as the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The number of the process.
    pub pid: u32,
    /// Since when, in UTC.
    pub since: String,
    /// On which machine, where that is known.
    pub host: Option<String>,
}

impl Holder {
    fn me() -> Holder {
        let since = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        Holder { pid: std::process::id(), since, host: host() }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}", self.pid)?;
        if let Some(other) = self.host.as_ref().filter(|_| self.host != host()) {
            write!(f, " on {}", crate::escape::visible(other))?;
        }
        write!(f, " since {}", crate::escape::visible(&self.since))
    }
}

/// The machine's name, where it can be had without asking the system's library.
fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

impl Lock {
    /// Asks for the lock and does not wait.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no plain file of its own under this name; [`Error::Write`].
    pub fn ask(path: &Path) -> Result<Asked> {
        for _ in 0..TRIES {
            check_own(path)?;
            let file = match open(path) {
                Ok(file) => file,
                // Between the look and the opening, a link was put there.
                Err(_) if std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) => continue,
                Err(error) => return Err(Error::write(path, error)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Asked::Busy(holder(file))),
                Err(TryLockError::Error(error)) => return Ok(Asked::Unable(error)),
            }
            match names(path, &file) {
                Names::Gone => {}
                Names::One => {
                    let lock = Lock { path: path.to_path_buf(), file };
                    return lock.sign().map(Asked::Held).map_err(|error| Error::write(path, error));
                }
                Names::Several => {
                    let what = format!("{} is another name of some file (a hard link)", path.display());
                    let hint = "remove it, or choose another --out";
                    return Err(Error::usage(what).with_hint(hint));
                }
            }
        }
        Err(Error::write(path, io::Error::other("another program removes it again and again")))
    }

    /// Writes down who holds it.
    fn sign(mut self) -> io::Result<Lock> {
        self.file.set_len(0)?;
        let text = serde_json::to_string(&Holder::me()).map_err(io::Error::other)?;
        self.file.write_all(format!("{text}\n").as_bytes())?;
        Ok(self)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked: who opens the file now finds it gone once the lock is free.
        if matches!(names(&self.path, &self.file), Names::One) {
            let _ = remove_own(&self.path);
        }
        let _ = self.file.unlock();
    }
}

/// Opens the file, made where there is none, and nothing by way of a link.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(path)
}

/// What the name and the open file have to do with each other.
enum Names {
    /// The name means another file, or none.
    Gone,
    /// It is the one name of the file.
    One,
    /// The file has other names too, and may be anybody's.
    Several,
}

#[cfg(unix)]
fn names(path: &Path, file: &File) -> Names {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(own), Ok(there)) if (own.dev(), own.ino()) == (there.dev(), there.ino()) => match own.nlink() {
            0 | 1 => Names::One,
            _ => Names::Several,
        },
        _ => Names::Gone,
    }
}

#[cfg(not(unix))]
fn names(path: &Path, _file: &File) -> Names {
    if path.exists() { Names::One } else { Names::Gone }
}

/// Who says that he holds it; nothing in the moment before he has written that down.
fn holder(file: File) -> Option<Holder> {
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(asked: Asked) -> Lock {
        match asked {
            Asked::Held(lock) => lock,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_at_a_time_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.training.lock");
        let first = held(Lock::ask(&path).unwrap());
        let Asked::Busy(Some(holder)) = Lock::ask(&path).unwrap() else { panic!("two hold it") };
        assert_eq!(holder.pid, std::process::id());
        assert!(holder.to_string().starts_with(&format!("process {} since 2", holder.pid)), "{holder}");
        drop(first);
        assert!(!path.exists());
        // What a kill leaves behind is taken over.
        std::fs::write(&path, "{\"pid\":1,\"since\":\"long ago\",\"host\":null}, and longer").unwrap();
        let second = held(Lock::ask(&path).unwrap());
        let Asked::Busy(Some(holder)) = Lock::ask(&path).unwrap() else { panic!("two hold it") };
        assert_eq!(holder.pid, std::process::id());
        drop(second);
    }

    /// Many at once: never two at a time, though each removes the file that the others wait for.
    #[test]
    fn removing_the_file_lets_nobody_in() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.training.lock");
        let (inside, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut own = 0;
                    while own < 50 {
                        match Lock::ask(&path).unwrap() {
                            Asked::Held(lock) => {
                                assert_eq!(inside.fetch_add(1, SeqCst), 0);
                                std::thread::yield_now();
                                inside.fetch_sub(1, SeqCst);
                                turns.fetch_add(1, SeqCst);
                                own += 1;
                                drop(lock);
                            }
                            Asked::Busy(_) => std::thread::yield_now(),
                            Asked::Unable(error) => panic!("{error}"),
                        }
                    }
                });
            }
        });
        assert_eq!(turns.load(SeqCst), 200);
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_that_was_planted_is_written_into() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, path) = (folder.path().join("victim"), folder.path().join("m.training.lock"));
        std::fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        assert!(matches!(Lock::ask(&path), Err(Error::Usage { .. })));
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&victim, &path).unwrap();
        assert!(matches!(Lock::ask(&path), Err(Error::Usage { .. })));
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }
}
