//! Files whose names end in `.gz` or `.zst` are written compressed.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Failure;
use crate::error::Result;

/// The name without `.gz` or `.zst`, and that ending, in lower case.
pub fn split(path: &Path) -> (&Path, Option<&'static str>) {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let known = ["gz", "zst"].into_iter().find(|known| *known == ending);
    match (known, path.file_stem()) {
        (Some(known), Some(stem)) => (Path::new(stem), Some(known)),
        _ => (path, None),
    }
}

/// Writes through the packer that the name asks for.
pub(super) fn fill(
    path: &Path,
    out: &mut dyn Write,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match split(path).1 {
        Some("gz") => {
            let mut packer = GzEncoder::new(out, Compression::default());
            fill(&mut packer)?;
            packer.finish()?;
        }
        Some(_) => {
            let mut packer = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            fill(&mut packer)?;
            packer.finish()?;
        }
        None => fill(out)?,
    }
    Ok(())
}
