//! Windows as the tensors of a safetensors file, gathered from one panel after another.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};

use super::Export;
use crate::data::split::Cut;
use crate::data::windows::history;
use crate::error::{Error, Result};
use crate::forecast::pool::Pool;

/// The key of the JSON document in the file's metadata.
pub const KEY: &str = "lstm_forecast_windows";

/// The tensors so far; N grows with every [`Tensors::push`]. All are documented in the book ("In and out").
pub struct Tensors<'a> {
    time_major: bool,
    /// Of the model whose windows these are: what its members beside the networks are told.
    pool: Option<&'a Pool>,
    list: Vec<Part>,
    count: usize,
    /// T.
    steps: usize,
}

/// A tensor by its name; N comes first in its shape.
struct Part {
    name: &'static str,
    dtype: Dtype,
    /// Without N.
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl<'a> Tensors<'a> {
    /// Nothing yet; `pool` is that of a model, where the windows are those of one.
    pub fn new(time_major: bool, pool: Option<&'a Pool>) -> Tensors<'a> {
        Tensors { time_major, pool, list: Vec::new(), count: 0, steps: 0 }
    }

    /// Adds the windows of a panel. All panels have the same columns and sizes.
    ///
    /// # Errors
    /// None is expected.
    pub fn push(&mut self, export: &Export) {
        let (t, p) = (export.input_window, export.horizon);
        let (f, k) = (export.inputs.width(), export.inputs.targets());
        self.steps = t;
        self.count += export.cuts.len();
        self.add("x", vec![t, f], floats(&x(export)));
        self.targets(export);
        let cuts = || export.cuts.iter();
        let segment = |cut: &Cut| &export.panel.segments[cut.segment as usize];
        let origins: Vec<i64> = cuts().map(|c| export.panel.stamps[c.row]).collect();
        self.add("origin", vec![], whole(&origins));
        let series: Vec<i64> = cuts().map(|c| i64::from(segment(c).series)).collect();
        self.add("series", vec![], whole(&series));
        self.add("part", vec![], (Dtype::U8, export.parts.to_vec()));
        let scalings: Vec<_> =
            series.iter().flat_map(|s| export.inputs.scalings[*s as usize].iter().copied()).collect();
        self.add("shift", vec![k], doubles(scalings.iter().map(|s| s.shift)));
        self.add("scale", vec![k], doubles(scalings.iter().map(|s| s.scale)));
        self.add("asinh", vec![k], doubles(scalings.iter().map(|s| s.asinh.unwrap_or(0.0))));
        self.lead(export, k, p);
        if let Some(pool) = self.pool {
            self.of_pool(export, pool);
        }
    }

    /// What was observed, and what comes after each window.
    fn targets(&mut self, export: &Export) {
        let (t, p, k) = (export.input_window, export.horizon, export.inputs.targets());
        let own = |row: usize| &export.inputs.y[row * k..(row + 1) * k];
        let (mut x_observed, mut y, mut y_observed) = (Vec::new(), Vec::new(), Vec::new());
        for cut in export.cuts {
            let rows = history(export.panel, *cut, t);
            x_observed.resize(x_observed.len() + (t - rows) * k, 0u8);
            for row in cut.row - rows..cut.row {
                x_observed.extend(own(row).iter().map(|v| u8::from(!v.is_nan())));
            }
            for value in (cut.row..cut.row + p).flat_map(own) {
                y_observed.push(u8::from(!value.is_nan()));
                y.push(if value.is_nan() { 0f32 } else { *value });
            }
        }
        self.add("y", vec![p, k], floats(&y));
        self.add("x_observed", vec![t, k], (Dtype::U8, x_observed));
        self.add("y_observed", vec![p, k], (Dtype::U8, y_observed));
    }

    /// What `decoder: lead` is told of each target.
    fn lead(&mut self, export: &Export, k: usize, p: usize) {
        let (Some(lead), Some(shape)) = (&export.inputs.lead, export.inputs.spec.lead_shape()) else {
            return;
        };
        let n = export.cuts.len();
        let rows: Vec<(u32, usize)> = export.cuts.iter().map(|c| (c.segment, c.row)).collect();
        let sizes = [1, p, shape.context, p * shape.known];
        let mut all = sizes.map(|size| vec![0f32; n * k * size]);
        for target in 0..k {
            let told = lead.features(&export.inputs.x, export.inputs.width(), target, &rows, &[]);
            let parts = [told.base, told.spread, told.context, told.known];
            for ((all, part), size) in all.iter_mut().zip(&parts).zip(sizes) {
                for (i, values) in part.chunks_exact(size).enumerate() {
                    all[(i * k + target) * size..(i * k + target + 1) * size].copy_from_slice(values);
                }
            }
        }
        let [base, spread, context, known] = all.map(|values| floats(&values));
        self.add("base", vec![k], base);
        self.add("spread", vec![k, p], spread);
        self.add("context", vec![k, shape.context], context);
        self.add("known", vec![k, p, shape.known], known);
    }

    /// What a model's members beside the networks are told, and what the simple ones say.
    fn of_pool(&mut self, export: &Export, pool: &Pool) {
        let (panel, k, p) = (export.panel, export.inputs.targets(), export.horizon);
        let most = pool.history().max(export.input_window);
        let mut values = vec![f64::NAN; export.cuts.len() * k * most];
        let mut rows = Vec::new();
        let mut simple = vec![f64::NAN; export.cuts.len() * k * pool.simple().count() * p];
        let width = pool.simple().count() * p;
        for (i, cut) in export.cuts.iter().enumerate() {
            let own = history(panel, *cut, most);
            rows.push(own as i64);
            for (target, column) in panel.columns.iter().take(k).enumerate() {
                let at = i * k + target;
                values[(at + 1) * most - own..(at + 1) * most]
                    .copy_from_slice(&column.values[cut.row - own..cut.row]);
                pool.forecast_simple(panel, *cut, target, p, &mut simple[at * width..(at + 1) * width]);
            }
        }
        let own = export.cuts.iter().map(|cut| {
            let series = panel.segments[cut.segment as usize].series as usize;
            pool.own_place(&panel.series[series]).map_or(-1, |place| place as i64)
        });
        let own: Vec<i64> = own.collect();
        self.add("rows", vec![], whole(&rows));
        self.add("history", vec![k, most], doubles(values));
        self.add("own_weights", vec![], whole(&own));
        if width > 0 {
            self.add("simple", vec![k, pool.simple().count(), p], doubles(simple));
        }
    }

    fn add(&mut self, name: &'static str, shape: Vec<usize>, (dtype, bytes): (Dtype, Vec<u8>)) {
        match self.list.iter_mut().find(|part| part.name == name) {
            Some(part) => part.bytes.extend(bytes),
            None => self.list.push(Part { name, dtype, shape, bytes }),
        }
    }

    /// N.
    pub fn len(&self) -> usize {
        self.count
    }

    /// safetensors bytes, with this JSON document.
    ///
    /// # Errors
    /// None is expected.
    pub fn finish(mut self, metadata: String) -> Result<Vec<u8>> {
        let (n, t) = (self.count, self.steps);
        let shape = |part: &Part| std::iter::once(n).chain(part.shape.iter().copied()).collect::<Vec<_>>();
        let mut shapes: Vec<Vec<usize>> = self.list.iter().map(shape).collect();
        if let (true, Some(x)) = (self.time_major, self.list.iter().position(|part| part.name == "x")) {
            let part = &mut self.list[x];
            part.bytes = time_first(&part.bytes, n, t);
            shapes[x].swap(0, 1);
        }
        let failed = |e: safetensors::SafeTensorError| Error::Tensor(candle_core::Error::Msg(e.to_string()));
        let views = self.list.iter().zip(shapes).map(|(part, shape)| {
            TensorView::new(part.dtype, shape, &part.bytes).map(|view| (part.name, view))
        });
        let views = views.collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
        safetensors::serialize(views, Some(HashMap::from([(KEY.to_string(), metadata)]))).map_err(failed)
    }
}

/// (N, T, F), zeros before the beginning of a history that is shorter than T; without what the LSTM must not see.
fn x(export: &Export) -> Vec<f32> {
    let (t, f) = (export.input_window, export.inputs.width());
    let mut x = vec![0f32; export.cuts.len() * t * f];
    for (i, cut) in export.cuts.iter().enumerate() {
        let rows = history(export.panel, *cut, t);
        x[((i + 1) * t - rows) * f..(i + 1) * t * f]
            .copy_from_slice(&export.inputs.x[(cut.row - rows) * f..cut.row * f]);
    }
    if let Some(lead) = &export.inputs.lead {
        lead.hide(&mut x, f);
    }
    x
}

/// (N, T, …) to (T, N, …).
fn time_first(bytes: &[u8], n: usize, t: usize) -> Vec<u8> {
    let size = bytes.len() / (n * t).max(1);
    let row = |at: usize| &bytes[at * size..(at + 1) * size];
    (0..t).flat_map(|step| (0..n).map(move |i| i * t + step)).flat_map(row).copied().collect()
}

fn floats(values: &[f32]) -> (Dtype, Vec<u8>) {
    (Dtype::F32, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn doubles(values: impl IntoIterator<Item = f64>) -> (Dtype, Vec<u8>) {
    (Dtype::F64, values.into_iter().flat_map(f64::to_le_bytes).collect())
}

fn whole(values: &[i64]) -> (Dtype, Vec<u8>) {
    (Dtype::I64, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}
