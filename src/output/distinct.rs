//! Whether two of a command's files are one: by inode, so that links of both kinds, other spellings
//! of a path and redirections by the shell are seen. It opens nothing and changes nothing.

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::{folder, follow_links, is_stdout};

/// What a command does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Reads it.
    Read,
    /// Writes it.
    Write,
}

/// A file that a command reads or writes.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its part in the command, with its article where it has one: `the table`, `--out`.
    pub role: String,
    /// As the user wrote it, for messages.
    pub name: String,
    pub used: Use,
    place: Option<Place>,
}

/// What tells one file from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    /// A file that is there: device and inode.
    There(u64, u64),
    /// One that would be made: its folder and its name in it.
    ToBe(Box<Place>, OsString),
    /// Our own standard output, where it is no file.
    Stdout,
    /// Where inodes are not to be had.
    Path(PathBuf),
}

impl Claim {
    /// A file under a path; `-` and `/dev/stdout` are standard output where it is written.
    pub fn path(role: impl Into<String>, path: &Path, used: Use) -> Claim {
        let place = if used == Use::Write && is_stdout(path) { stdout() } else { place(path) };
        Claim { role: role.into(), name: path.display().to_string(), used, place }
    }

    /// Standard input, where it is a file.
    pub fn stdin(role: impl Into<String>) -> Claim {
        #[cfg(unix)]
        let place =
            metadata_of(std::os::fd::AsFd::as_fd(&std::io::stdin())).and_then(|found| regular(&found));
        #[cfg(not(unix))]
        let place = None;
        Claim { role: role.into(), name: "standard input".into(), used: Use::Read, place }
    }

    /// Standard output.
    pub fn stdout(role: impl Into<String>) -> Claim {
        Claim { role: role.into(), name: "standard output".into(), used: Use::Write, place: stdout() }
    }

    /// Whether both are one file.
    pub fn same_file(&self, other: &Claim) -> bool {
        self.place.is_some() && self.place == other.place
    }

    /// Whether this file, which is yet to be made, would lie in the folder.
    pub fn would_lie_in(&self, folder: &Path) -> bool {
        match &self.place {
            Some(Place::ToBe(own, _)) => place(folder).as_ref() == Some(own),
            _ => false,
        }
    }
}

/// The first output that is the same file as an input or as another output, and that one.
pub fn clash(claims: &[Claim]) -> Option<(&Claim, &Claim)> {
    claims.iter().enumerate().filter(|(_, claim)| claim.used == Use::Write).find_map(|(i, output)| {
        let others = claims.iter().enumerate().filter(|(j, other)| {
            // Of two outputs the later one is told of the earlier one.
            other.used == Use::Read || *j < i
        });
        others.map(|(_, other)| other).find(|other| output.same_file(other)).map(|other| (output, other))
    })
}

/// Terminals and devices such as /dev/null take several writers; a pipe does not.
fn of_metadata(found: &Metadata) -> Option<Place> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let kind = found.file_type();
        if kind.is_char_device() || kind.is_socket() {
            return None;
        }
        Some(Place::There(found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = found;
        None
    }
}

/// A regular file alone.
#[cfg(unix)]
fn regular(found: &Metadata) -> Option<Place> {
    found.is_file().then(|| of_metadata(found)).flatten()
}

fn place(path: &Path) -> Option<Place> {
    match std::fs::metadata(path) {
        Ok(found) if cfg!(unix) => of_metadata(&found),
        Ok(_) => std::fs::canonicalize(path).ok().map(Place::Path),
        Err(_) => {
            let end = follow_links(path).ok()?;
            let within = folder(&end);
            let found = std::fs::metadata(within).ok()?;
            let within = match of_metadata(&found) {
                Some(place) => place,
                None => Place::Path(std::fs::canonicalize(within).ok()?),
            };
            Some(Place::ToBe(Box::new(within), end.file_name()?.to_owned()))
        }
    }
}

fn stdout() -> Option<Place> {
    #[cfg(unix)]
    let found = metadata_of(std::os::fd::AsFd::as_fd(&std::io::stdout()));
    #[cfg(not(unix))]
    let found: Option<Metadata> = None;
    Some(found.as_ref().and_then(of_metadata).unwrap_or(Place::Stdout))
}

#[cfg(unix)]
fn metadata_of(descriptor: std::os::fd::BorrowedFd<'_>) -> Option<Metadata> {
    std::fs::File::from(descriptor.try_clone_to_owned().ok()?).metadata().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn one_file_under_many_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("t.csv"), "x").unwrap();
        fs::write(at("u.csv"), "x").unwrap();
        fs::hard_link(at("t.csv"), at("hard.csv")).unwrap();
        symlink("t.csv", at("soft.csv")).unwrap();
        symlink("later.csv", at("dangling.csv")).unwrap();
        symlink(folder.path(), at("again")).unwrap();
        let read = |name: &str| Claim::path("the table", &at(name), Use::Read);
        let write = |name: &str| Claim::path("--out", &at(name), Use::Write);
        for name in ["t.csv", "./t.csv", "hard.csv", "soft.csv", "again/t.csv"] {
            assert!(clash(&[read("t.csv"), write(name)]).is_some(), "{name}");
        }
        for name in ["u.csv", "later.csv", "no/such.csv"] {
            assert!(clash(&[read("t.csv"), write(name)]).is_none(), "{name}");
        }
        assert!(clash(&[write("later.csv"), write("dangling.csv")]).is_some());
        assert!(clash(&[write("later.csv"), write("again/later.csv")]).is_some());
        assert!(clash(&[write("later.csv"), write("other.csv")]).is_none());
        assert!(clash(&[read("t.csv"), read("hard.csv")]).is_none());
        let null = || Claim::path("--out", Path::new("/dev/null"), Use::Write);
        assert!(clash(&[null(), null()]).is_none());
        assert!(write("new.csv").would_lie_in(folder.path()) && !write("t.csv").would_lie_in(folder.path()));
    }
}
