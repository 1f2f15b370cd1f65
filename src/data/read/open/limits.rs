//! Limits that real tables never meet, so that a small file cannot fill the memory. Each is
//! checked before the memory is taken, and its error names the setting that lifts it.

use crate::error::{Error, Place, Result};

/// Columns that a table may have unless `--max-columns` says otherwise.
pub const MOST_COLUMNS: usize = 65_536;

/// A table may take this much, and this many times the bytes of its file; and the same for what
/// a packed file holds.
const LEAST_MEMORY: u64 = 1 << 30;
const LEAST_UNPACKED: u64 = 256 << 20;
const TIMES_THE_FILE: u64 = 200;

/// What a table may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    columns: usize,
    memory: u64,
    unpacked: u64,
    /// Bytes of the files as they lie.
    packed: u64,
    /// What the shell's limit leaves beside what is taken already.
    left_by_shell: Option<u64>,
}

impl Limits {
    /// The limits for files of `packed` bytes; `columns` and `memory` (in bytes) as the user set them.
    pub fn new(packed: u64, columns: Option<usize>, memory: Option<u64>) -> Limits {
        let usual = |least: u64| packed.saturating_mul(TIMES_THE_FILE).max(least).min(machine());
        Limits {
            columns: columns.unwrap_or(MOST_COLUMNS),
            memory: memory.unwrap_or_else(|| usual(LEAST_MEMORY)),
            unpacked: memory.unwrap_or_else(|| usual(LEAST_UNPACKED)),
            packed,
            left_by_shell: left_by_shell(),
        }
    }

    /// No limits.
    #[cfg(test)]
    pub fn none() -> Limits {
        Limits { columns: usize::MAX, memory: u64::MAX, unpacked: u64::MAX, packed: 0, left_by_shell: None }
    }

    /// The most columns.
    pub fn most_columns(&self) -> usize {
        self.columns
    }

    /// The most bytes that the files may unpack to.
    pub fn most_bytes(&self) -> u64 {
        self.unpacked
    }

    /// Checks a number of columns.
    ///
    /// # Errors
    /// `Error::Data` when there are too many.
    pub fn columns(&self, file: &str, n: usize) -> Result<()> {
        if n <= self.columns {
            return Ok(());
        }
        Err(Error::data(Place::file(file), format!("more than {} columns", self.columns)).with_hint(
            "check --delimiter, or whether the table has one line of names and one row a stamp; --max-columns N allows more",
        ))
    }

    /// Checks what a table of this size takes, at about 12 bytes a cell.
    ///
    /// # Errors
    /// `Error::Data` when it is too much.
    pub fn cells(&self, file: &str, rows: usize, columns: usize) -> Result<()> {
        let need = (rows as u64).saturating_mul(columns as u64).saturating_mul(12);
        if need <= self.memory && !self.is_beyond_shell(need) {
            return Ok(());
        }
        self.within_shell(file, &format!("{rows} rows of {columns} columns take"), need)?;
        let what = format!(
            "{rows} rows of {columns} columns take about {} of memory, more than {}{}",
            size(need),
            size(self.memory),
            self.of_file()
        );
        Err(Error::data(Place::file(file), what).with_hint(format!("--max-memory {} allows it", size(need))))
    }

    /// Checks a number of bytes that a table takes.
    ///
    /// # Errors
    /// `Error::Data` when it is too much.
    pub fn memory(&self, file: &str, need: u64) -> Result<()> {
        self.within_shell(file, "the table takes", need)?;
        if need <= self.memory {
            return Ok(());
        }
        let what = format!(
            "the table takes about {} of memory, more than {}{}",
            size(need),
            size(self.memory),
            self.of_file()
        );
        Err(Error::data(Place::file(file), what).with_hint(format!("--max-memory {} allows it", size(need))))
    }

    /// Refuses a file that unpacks to more than the limit.
    pub fn unpacked(&self, file: &str) -> Error {
        let what = format!("{} bytes unpack to more than {} MiB", self.packed, self.unpacked >> 20);
        Error::data(Place::file(file), what).with_hint(format!(
            "if this is meant, --max-memory {} allows twice as much",
            size(self.unpacked.saturating_mul(2))
        ))
    }

    fn is_beyond_shell(&self, need: u64) -> bool {
        self.left_by_shell.is_some_and(|left| need > left)
    }

    /// Checks what a table needs against what the shell leaves: beyond that the system ends the program,
    /// whatever `--max-memory` says.
    fn within_shell(&self, file: &str, what: &str, need: u64) -> Result<()> {
        let Some(left) = self.left_by_shell.filter(|_| self.is_beyond_shell(need)) else { return Ok(()) };
        let what = format!("{what} about {} of memory, and `ulimit -v` leaves {}", size(need), size(left));
        Err(Error::data(Place::file(file), what)
            .with_hint("raise the shell's limit (ulimit -v unlimited), or give the table in parts"))
    }

    fn of_file(&self) -> String {
        if self.packed == 0 { String::new() } else { format!(" for a file of {}", size(self.packed)) }
    }
}

/// A number of bytes in whole units, rounded up.
fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit =
        units.into_iter().find(|(shift, _)| bytes >= 10 << shift || (*shift == 10 && bytes >= 1 << 10));
    match unit {
        Some((shift, name)) => format!("{}{name}", bytes.div_ceil(1 << shift)),
        None => format!("{bytes}B"),
    }
}

/// Reads `8GiB`, `500M`, `1000000`; in bytes.
///
/// # Errors
/// A sentence when it is no size.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err("expected a size such as 500MiB or 8GiB".into()),
    };
    let number: u64 = number.parse().map_err(|_| "expected a size such as 500MiB or 8GiB".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "this is more than any machine has".to_owned())
}

/// The memory that this process can have: what is free, or less where the system or the shell
/// (`ulimit -v`) says so.
fn machine() -> u64 {
    let free = kib_of("/proc/meminfo", "MemAvailable:");
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| number(&text));
    [free, group, shell()].into_iter().flatten().min().unwrap_or(u64::MAX)
}

/// The address space that the shell allows, in bytes.
fn shell() -> Option<u64> {
    line_of("/proc/self/limits", "Max address space")
}

/// What is left of it.
fn left_by_shell() -> Option<u64> {
    Some(shell()?.saturating_sub(kib_of("/proc/self/status", "VmSize:").unwrap_or(0)))
}

fn kib_of(path: &str, start: &str) -> Option<u64> {
    line_of(path, start).map(|kib| kib.saturating_mul(1024))
}

/// The number in a line of a file of the system's.
fn line_of(path: &str, start: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    number(text.lines().find(|line| line.starts_with(start))?)
}

fn number(text: &str) -> Option<u64> {
    text.split_whitespace().find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told() {
        let limits = Limits::new(1000, None, None);
        assert!(limits.columns("t", MOST_COLUMNS).is_ok() && limits.cells("t", 1_000_000, 20).is_ok());
        let e = limits.cells("t", 100_000_000, 2).unwrap_err();
        assert!(e.to_string().contains("2289MiB of memory, more than 1024MiB for a file of 1000B"), "{e}");
        let e = Limits::new(1000, Some(7), None).columns("t", 8).unwrap_err();
        assert!(e.to_string().contains("more than 7 columns"), "{e}");
        assert!(Limits::new(1000, None, Some(1 << 40)).cells("t", 100_000_000, 2).is_ok());
    }

    #[test]
    fn what_the_shell_leaves_is_told() {
        let limits = Limits { left_by_shell: Some(1 << 30), ..Limits::none() };
        let e = limits.memory("t", 5 << 30).unwrap_err();
        assert!(e.to_string().contains("about 5120MiB of memory, and `ulimit -v` leaves 1024MiB"), "{e}");
        assert!(limits.cells("t", 1 << 30, 1).is_err() && Limits::none().memory("t", 5 << 30).is_ok());
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("7", 7), ("2k", 2048), ("500 MiB", 500 << 20), ("8GB", 8 << 30)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        assert!(
            parse_size("GiB").is_err() && parse_size("1.5x").is_err() && parse_size("99999999T").is_err()
        );
    }
}
