//! Where pictures go: a file, standard output, or a terminal.

use std::io::IsTerminal;
use std::path::Path;

use super::printer::Printer;
use crate::cli::{PictureFormat, PlotFlags};
use crate::draw::{Figure, Page, Terminal, Theme};
use crate::error::{Error, Result};
use crate::output;
use crate::terminal;

/// A picture that is not yet bytes.
pub enum Picture {
    Figure(Figure),
    Page(Page),
}

impl Picture {
    /// Writes it; a note says what the form cannot show.
    pub fn write(
        &self,
        format: PictureFormat,
        theme: Theme,
        out: Option<&str>,
        printer: &Printer,
    ) -> Result<()> {
        let bytes = match (self, format) {
            (Picture::Page(page), _) => page.html().into_bytes(),
            (Picture::Figure(figure), PictureFormat::Html) => {
                Page::of(figure.clone(), theme).html().into_bytes()
            }
            (Picture::Figure(figure), PictureFormat::Svg) => figure.svg(theme).into_bytes(),
            (Picture::Figure(figure), PictureFormat::Png) => png(figure, theme, printer)?,
            (Picture::Figure(figure), PictureFormat::Text) => {
                let to_terminal = out.is_none() && std::io::stdout().is_terminal();
                let terminal =
                    Terminal { width: width(to_terminal), color: printer.colors_stdout(to_terminal) };
                figure.text(terminal).into_bytes()
            }
        };
        output::write_to(out.map(Path::new), |w| Ok(w.write_all(&bytes)?))
    }
}

/// The file of `--plot`, beside a command's own output.
pub struct PlotFile<'a> {
    path: &'a str,
    format: PictureFormat,
    theme: Theme,
}

impl<'a> PlotFile<'a> {
    /// Where a picture is wanted: refuses an ending that says nothing, and a folder that is not there, before
    /// the work.
    pub fn asked(flags: &'a PlotFlags) -> Result<Option<PlotFile<'a>>> {
        let Some(path) = flags.plot.as_deref() else { return Ok(None) };
        let format = PictureFormat::chosen(None, "--plot", Some(path))?;
        output::check_writable(Path::new(path))?;
        Ok(Some(PlotFile { path, format, theme: flags.theme }))
    }

    /// Writes the figure.
    pub fn write(&self, figure: Figure, printer: &Printer) -> Result<()> {
        Picture::Figure(figure).write(self.format, self.theme, Some(self.path), printer)
    }
}

fn png(figure: &Figure, theme: Theme, printer: &Printer) -> Result<Vec<u8>> {
    let unknown = figure.unknown_letters();
    if !unknown.is_empty() {
        let shown: String = unknown.iter().take(10).collect();
        printer.note(&format!(
            "the font of PNG pictures has no letters for `{shown}`: they are boxes; .svg and .html show them"
        ));
    }
    figure.png(theme).ok_or_else(|| {
        Error::usage("the picture is too large for a PNG file")
            .with_hint("draw fewer series (--only), or write .svg")
    })
}

/// Columns of the terminal; 80 where there is none.
fn width(to_terminal: bool) -> usize {
    let own = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let asked = if to_terminal { terminal::columns().or(own) } else { own };
    asked.unwrap_or(80).clamp(40, 200)
}
