//! The panel: every series on one regular grid, missing cells as NaN.

use crate::data::freq::Freq;
use crate::data::long::{Note, SeriesKey};
use crate::data::stamp::TimeStyle;

/// A contiguous run of grid rows of one series. A hole longer than the allowed gap ends a
/// segment, so that neither memory nor windows are spent on it; windows never cross segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Index into [`Panel::series`].
    pub series: u32,
    /// First row in the columns' values.
    pub offset: usize,
    /// Number of grid rows.
    pub len: usize,
}

/// All series on their grids, one after another in key order, segments in time order.
/// `g` is always a row number in these vectors.
#[derive(Debug, Clone)]
pub struct Panel {
    pub source: String,
    pub categories: Vec<(String, Vec<String>)>,
    pub series: Vec<SeriesKey>,
    pub series_columns: Vec<String>,
    pub time: TimeStyle,
    pub freq: Freq,
    pub segments: Vec<Segment>,
    /// UTC epoch seconds of every grid row; (rows).
    pub stamps: Vec<i64>,
    /// Targets first; (rows) each, NaN where not observed.
    pub columns: Vec<PanelColumn>,
    /// K.
    pub targets: usize,
    pub notes: Vec<Note>,
}

/// One column of the panel.
#[derive(Debug, Clone)]
pub struct PanelColumn {
    pub name: String,
    pub values: Vec<f64>,
}
pub struct PanelOptions {}
impl PanelOptions { pub fn from_config(_: &crate::config::DataConfig, _: usize) -> crate::error::Result<Self> { Ok(Self {}) } }
impl Panel {
    pub fn build(_f: crate::data::long::LongFrame, _o: &PanelOptions) -> crate::error::Result<Panel> { todo!() }
    pub fn shell(&self) -> Panel { Panel { segments: vec![], stamps: vec![], columns: vec![], ..self.clone() } }
}
