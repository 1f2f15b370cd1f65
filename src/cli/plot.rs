//! Arguments of `plot`.

use std::path::Path;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::flags::{Names, RunFlags, TableFlags, names};
use super::forecasts::BoundFlags;
use super::part::DrawFlags;
use crate::draw::Theme;
use crate::error::{Error, Result};
use crate::pipeline::PictureOptions;

/// `plot`.
#[derive(Debug, clap::Args)]
pub struct PlotArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Draw these series alone; of several key columns `city=JFK` names one
    #[arg(long, value_name = "SERIES", value_parser = names)]
    pub only: Vec<Names>,
    #[command(flatten)]
    pub draw: DrawFlags,
    /// text, svg, png or html; by the ending of --out, else text
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<PictureFormat>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

/// What a picture is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// Letters of a terminal.
    Text,
    Svg,
    Png,
    /// A page.
    Html,
}

impl PictureFormat {
    const ALL: [(&str, PictureFormat); 4] = [
        ("text", PictureFormat::Text),
        ("svg", PictureFormat::Svg),
        ("png", PictureFormat::Png),
        ("html", PictureFormat::Html),
    ];

    /// By the ending of a file: `None` for one that says nothing.
    pub fn of_path(path: &Path) -> Option<PictureFormat> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "txt" => Some(PictureFormat::Text),
            "htm" => Some(PictureFormat::Html),
            ending => PictureFormat::ALL.iter().find(|(name, _)| *name == ending).map(|(_, format)| *format),
        }
    }

    /// By `--format`, else by the ending of the file that `flag` names, else text.
    ///
    /// # Errors
    /// `Error::Usage` for an ending that says nothing.
    pub fn chosen(format: Option<PictureFormat>, flag: &str, out: Option<&str>) -> Result<PictureFormat> {
        match (format, out) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(PictureFormat::Text),
            (None, Some(path)) => PictureFormat::of_path(Path::new(path)).ok_or_else(|| {
                Error::usage(format!("{flag} {path}: a picture is written as .svg, .png, .html or .txt"))
                    .with_hint("name the file *.svg, *.png or *.html")
            }),
        }
    }
}

impl ValueEnum for PictureFormat {
    fn value_variants<'a>() -> &'a [PictureFormat] {
        &[PictureFormat::Text, PictureFormat::Svg, PictureFormat::Png, PictureFormat::Html]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        PictureFormat::ALL.iter().find(|(_, own)| own == self).map(|(name, _)| PossibleValue::new(*name))
    }
}

impl ValueEnum for Theme {
    fn value_variants<'a>() -> &'a [Theme] {
        &[Theme::Auto, Theme::Light, Theme::Dark]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Theme::NAMES.iter().find(|(_, own)| own == self).map(|(name, _)| PossibleValue::new(*name))
    }
}

/// Charts on one sheet; of more series some are chosen.
const ON_A_SHEET: usize = 12;
/// Charts below each other in a terminal.
const IN_A_TERMINAL: usize = 4;
/// Charts of a page, on which one is seen at a time.
pub(super) const ON_A_PAGE: usize = 120;

impl PlotArgs {
    /// What is drawn.
    pub fn options(&self, format: PictureFormat) -> PictureOptions {
        let most = match format {
            PictureFormat::Text => IN_A_TERMINAL,
            PictureFormat::Svg | PictureFormat::Png => ON_A_SHEET,
            PictureFormat::Html => ON_A_PAGE,
        };
        self.draw.options(&self.only, most)
    }
}
