//! `export`: a checkpoint becomes files for another program.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::printer::Printer;
use crate::cli::{ExportArgs, ExportFormat};
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::Forecaster;
use crate::report::export::{onnx, pytorch};

/// Runs the command.
pub fn run(args: &ExportArgs, printer: &Printer) -> Result<()> {
    let path = Path::new(&args.model);
    let forecaster = Forecaster::load_with(path, Value::Null)?;
    printer.notes(forecaster.meta().note(path).as_slice());
    match args.format {
        ExportFormat::Pytorch => {
            let folder = Path::new(&args.out);
            let files = pytorch::files(path, &forecaster.model, forecaster.meta(), &forecaster.limits)?;
            std::fs::create_dir_all(folder).map_err(|e| {
                Error::write(folder, e).with_hint("--out names a folder for the three files of the model")
            })?;
            for (name, bytes) in &files {
                output::write_own(&folder.join(name), |w| Ok(w.write_all(bytes)?))?;
            }
            printer.line(&format!("written {}: {}", args.out, pytorch::FILES.join(", ")));
        }
        ExportFormat::Onnx => {
            let out = Path::new(&args.out);
            output::check_writable(out)?;
            let bytes = onnx::bytes(&forecaster.model, forecaster.meta(), &forecaster.limits)?;
            output::write_atomic(out, |w| Ok(w.write_all(&bytes)?))?;
            printer.notes(onnx::left_out(forecaster.meta()).as_slice());
            printer.line(&format!("written {}", args.out));
        }
    }
    Ok(())
}

/// The files that the command writes.
pub fn outputs(args: &ExportArgs) -> Vec<PathBuf> {
    match args.format {
        ExportFormat::Onnx => vec![PathBuf::from(&args.out)],
        ExportFormat::Pytorch => pytorch::FILES.iter().map(|name| Path::new(&args.out).join(name)).collect(),
    }
}
