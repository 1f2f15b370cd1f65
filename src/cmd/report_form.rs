//! In which form a report is written.

use std::path::Path;

use crate::error::{Error, Result};
use crate::output;
use crate::report::DocumentFormat;

/// `--format`, else what the ending of `--out` says, else text.
pub fn asked(format: Option<DocumentFormat>, out: Option<&str>) -> Result<DocumentFormat> {
    let Some(out) = out.map(Path::new).filter(|_| format.is_none()) else {
        return Ok(format.unwrap_or(DocumentFormat::Text));
    };
    let ending = output::packing(out).0.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("json") => Ok(DocumentFormat::Json),
        Some("csv") => Ok(DocumentFormat::Csv),
        Some("md" | "markdown") => Ok(DocumentFormat::Markdown),
        Some(other) if other != "txt" && output::is_file(out) => {
            let what = format!("--out {}: no form of the report is known by this ending", out.display());
            let hint = "the endings are .txt, .json, .csv and .md (also with .gz or .zst); --format names a form whatever the ending";
            Err(Error::usage(what).with_hint(hint))
        }
        _ => Ok(DocumentFormat::Text),
    }
}
