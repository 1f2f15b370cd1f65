//! `inspect`: what a checkpoint holds.

use std::path::Path;

use candle_core::Device;

use super::printer::Printer;
use crate::checkpoint;
use crate::cli::{InspectArgs, TextOrJson};
use crate::error::Result;
use crate::output;
use crate::report::checkpoint::{json, text};

/// Runs the command.
pub fn run(args: &InspectArgs, printer: &Printer) -> Result<()> {
    let path = Path::new(&args.model);
    let (model, meta) = checkpoint::load(path, &Device::Cpu)?;
    printer.notes(meta.note(path).as_slice());
    let text = match args.format {
        TextOrJson::Json => json(path, &model, &meta)?,
        TextOrJson::Text => text(path, &model, &meta)?,
    };
    output::write_stdout(|w| Ok(w.write_all(text.as_bytes())?))
}
