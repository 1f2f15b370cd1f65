//! `ingest --out`: the windows themselves, as tensors or as a flat matrix for other learners.

use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::report::named::Columns;
use crate::report::rows::{Cells, Rows};

mod tensors;
pub use tensors::Tensors;

/// What is exported; the sizes are T and P.
pub struct Export<'a> {
    pub panel: &'a Panel,
    pub inputs: &'a Inputs,
    pub cuts: &'a [Cut],
    /// Part of each cut: 0 training, 1 validation, 2 test.
    pub parts: &'a [u8],
    pub input_window: usize,
    pub horizon: usize,
}

impl Export<'_> {
    /// One row a window: keys, the part, N x (T*F) lags in scaled units (`PM2.5_lag1` is the
    /// newest row), then the targets in original units (`PM2.5_lead1`), empty where not observed.
    ///
    /// # Errors
    /// `Error::Usage` where two columns would have one name; `prefix` is put before those made here.
    pub fn flat(&self, prefix: &str) -> Result<Rows> {
        const PARTS: [&str; 3] = ["train", "val", "test"];
        let (t, p, f) = (self.input_window, self.horizon, self.inputs.width());
        let series: Vec<u32> =
            self.cuts.iter().map(|c| self.panel.segments[c.segment as usize].series).collect();
        let mut columns = Columns::new(prefix);
        columns.series(self.panel, &series);
        let origin = self.cuts.iter().map(|c| self.panel.time.display(self.panel.stamps[c.row]));
        columns.made("origin", Cells::Text(origin.collect()), "the stamp of the first row ahead");
        let parts = self.parts.iter().map(|p| PARTS.get(*p as usize).copied().unwrap_or("").to_string());
        columns.made("part", Cells::Text(parts.collect()), "the part: train, val or test");
        for (j, name) in self.inputs.spec.names().iter().enumerate() {
            for lag in (1..=t).rev() {
                let values = self.cuts.iter().map(|c| f64::from(self.inputs.x[(c.row - lag) * f + j]));
                let cells = Cells::Float { values: values.collect(), digits: 7 };
                columns.made(&format!("{name}_lag{lag}"), cells, format!("lag {lag} of the input `{name}`"));
            }
        }
        for column in self.panel.columns.iter().take(self.panel.targets) {
            for lead in 1..=p {
                let values = self.cuts.iter().map(|c| column.values[c.row + lead - 1]);
                let (name, cells) = (&column.name, Cells::Float { values: values.collect(), digits: 17 });
                columns.made(
                    &format!("{name}_lead{lead}"),
                    cells,
                    format!("lead {lead} of the target `{name}`"),
                );
            }
        }
        columns.finish()
    }
}
