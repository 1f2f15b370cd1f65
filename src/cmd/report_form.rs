//! In which form a report is written.

use std::path::Path;

use crate::error::{Error, Result};
use crate::output;
use crate::report::DocumentFormat;

/// What an ending of a report's file stands for.
pub const DOCUMENTS: [(&str, DocumentFormat); 4] = [
    ("txt", DocumentFormat::Text),
    ("json", DocumentFormat::Json),
    ("csv", DocumentFormat::Csv),
    ("md", DocumentFormat::Markdown),
];

/// `--format`, else what the ending of `--out` says, else `text`.
///
/// # Errors
/// `Error::Usage` for another ending of a file.
pub fn asked<F: Copy>(format: Option<F>, out: Option<&str>, text: F, forms: &[(&str, F)]) -> Result<F> {
    let Some(out) = out.map(Path::new).filter(|_| format.is_none()) else {
        return Ok(format.unwrap_or(text));
    };
    let ending = output::packing(out).0.extension().map(|e| e.to_string_lossy().to_lowercase());
    let ending = ending.as_deref().map(|ending| if ending == "markdown" { "md" } else { ending });
    match forms.iter().find(|(name, _)| Some(*name) == ending) {
        Some((_, form)) => Ok(*form),
        None if ending.is_some() && output::is_file(out) => Err(unknown(out, forms)),
        None => Ok(text),
    }
}

fn unknown<F>(out: &Path, forms: &[(&str, F)]) -> Error {
    let what = format!("--out {}: no form of the report is known by this ending", out.display());
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    if let "html" | "htm" | "svg" | "png" = ending.as_str() {
        return Error::usage(what).with_hint(
            "--plot FILE draws what this command found (.svg, .png, .html); `lstm-forecast plot MODEL TABLE` draws forecasts, `lstm-forecast report MODEL TABLE` writes a page",
        );
    }
    let names: Vec<String> = forms.iter().map(|(name, _)| format!(".{name}")).collect();
    let list = match names.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    };
    let hint =
        format!("the endings are {list} (also with .gz or .zst); --format names a form whatever the ending");
    Error::usage(what).with_hint(hint)
}
