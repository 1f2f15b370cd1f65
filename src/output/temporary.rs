//! The temporary file that becomes the target. Its name tells the target and the process; while it
//! is written it is locked, so that one whose writer was killed is known by its lock being free,
//! also to a program in another container, and is removed at the next write of the same target.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;
use xxhash_rust::xxh3::xxh3_64;

const ENDING: &str = ".tmp";
/// How often a new file is made, should another process take each for a forgotten one.
const TRIES: usize = 8;

/// A new file in the target's folder, locked; forgotten ones of the same target are removed.
pub fn beside(target: &Path) -> io::Result<NamedTempFile> {
    let folder = super::folder(target);
    let name = target.file_name().unwrap_or_default().as_encoded_bytes();
    let prefix = format!(".lstm-forecast-{:016x}-", xxh3_64(name));
    sweep(folder, &prefix);
    let prefix = format!("{prefix}{}-", std::process::id());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(ENDING);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666)); // less the umask, as for any new file
    }
    for _ in 0..TRIES {
        let file = builder.tempfile_in(folder)?;
        // Between its making and its lock another process may have found it free.
        let taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !taken && std::fs::symlink_metadata(file.path()).is_ok() {
            return Ok(file);
        }
    }
    Err(io::Error::other("another process removes our temporary files"))
}

/// Removes files of this prefix that no process holds. What cannot be opened, locked or removed
/// stays: it is litter at worst.
fn sweep(folder: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|n| n.starts_with(prefix) && n.ends_with(ENDING));
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) && forgotten(&entry.path()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn forgotten(path: &Path) -> bool {
    let mut options = OpenOptions::new();
    options.write(true);
    // Should somebody put a link or a pipe in its place meanwhile.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file: io::Result<File> = options.open(path);
    file.is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_forgotten_of_the_same_target_go() {
        let place = tempfile::tempdir().unwrap();
        let (a, b) = (place.path().join("a.csv"), place.path().join("b.csv"));
        let forget = |target: &Path| beside(target).unwrap().into_temp_path().keep().unwrap();
        let (mine, other) = (forget(&a), forget(&b));
        let living = beside(&b).unwrap();
        assert!(mine.exists() && !other.exists());
        let second = beside(&b).unwrap();
        assert!(living.path().exists() && second.path().exists() && mine.exists());
        drop(beside(&a).unwrap());
        assert!(!mine.exists());
    }
}
