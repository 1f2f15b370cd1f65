//! `ingest --out`: the windows themselves, as tensors or as a flat matrix for other learners.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};

use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::{Error, Result};
use crate::report::named::Columns;
use crate::report::rows::{Cells, Rows};

/// What is exported; the sizes are T and P.
pub struct Export<'a> {
    pub panel: &'a Panel,
    pub inputs: &'a Inputs,
    pub cuts: &'a [Cut],
    /// Part of each cut: 0 training, 1 validation, 2 test.
    pub parts: &'a [u8],
    pub input_window: usize,
    pub horizon: usize,
    /// JSON with names and scalers.
    pub metadata: String,
}

impl Export<'_> {
    /// safetensors bytes: `x` (N, T, F), or (T, N, F) where time comes first; `y` (N, P, K);
    /// `x_observed` (N, T, K) and `y_observed` (N, P, K) as 0/1 bytes over the targets; `origin`
    /// (N) UTC epoch seconds; `series` (N) index into the metadata's series; `part` (N) 0
    /// training, 1 validation, 2 test. Values are scaled; an unobserved `y` is 0.
    pub fn tensors(&self, time_major: bool) -> Result<Vec<u8>> {
        let (n, t, p) = (self.cuts.len(), self.input_window, self.horizon);
        let (f, k) = (self.inputs.width(), self.inputs.targets());
        let mut x = vec![0u8; n * t * f * 4];
        let (mut x_observed, mut y, mut y_observed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut origin, mut series) = (Vec::new(), Vec::new());
        for (i, cut) in self.cuts.iter().enumerate() {
            for step in 0..t {
                let row = cut.row - t + step;
                let at = if time_major { step * n + i } else { i * t + step };
                for (j, value) in self.inputs.x[row * f..(row + 1) * f].iter().enumerate() {
                    x[(at * f + j) * 4..(at * f + j + 1) * 4].copy_from_slice(&value.to_le_bytes());
                }
            }
            for row in cut.row - t..cut.row {
                x_observed
                    .extend(self.inputs.y[row * k..(row + 1) * k].iter().map(|v| u8::from(!v.is_nan())));
            }
            for value in &self.inputs.y[cut.row * k..(cut.row + p) * k] {
                y_observed.push(u8::from(!value.is_nan()));
                y.extend_from_slice(&if value.is_nan() { 0f32 } else { *value }.to_le_bytes());
            }
            origin.extend_from_slice(&self.panel.stamps[cut.row].to_le_bytes());
            let index = i64::from(self.panel.segments[cut.segment as usize].series);
            series.extend_from_slice(&index.to_le_bytes());
        }
        let x_shape = if time_major { vec![t, n, f] } else { vec![n, t, f] };
        let parts = self.parts.to_vec();
        let list = [
            ("x", Dtype::F32, x_shape, &x),
            ("y", Dtype::F32, vec![n, p, k], &y),
            ("x_observed", Dtype::U8, vec![n, t, k], &x_observed),
            ("y_observed", Dtype::U8, vec![n, p, k], &y_observed),
            ("origin", Dtype::I64, vec![n], &origin),
            ("series", Dtype::I64, vec![n], &series),
            ("part", Dtype::U8, vec![n], &parts),
        ]
        .map(|(name, dtype, shape, bytes)| TensorView::new(dtype, shape, bytes).map(|view| (name, view)));
        let failed = |e: safetensors::SafeTensorError| Error::Tensor(candle_core::Error::Msg(e.to_string()));
        let views = list.into_iter().collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
        let metadata = HashMap::from([("lstm_forecast_windows".to_string(), self.metadata.clone())]);
        safetensors::serialize(views, Some(metadata)).map_err(failed)
    }

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
