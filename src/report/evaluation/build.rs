//! Taking in scored items and pooling them.

use std::collections::{BTreeMap, HashSet};

use super::{Block, Context, Evaluation, IntervalSummary, LevelSummary, Row, Scored, Summary, worse};
use crate::metrics::{IntervalErrors, PointErrors, QuantileErrors};

/// Accumulators of all methods over one set of items.
#[derive(Debug, Clone, Default)]
struct Cell {
    methods: Vec<PointErrors>,
    quantiles: QuantileErrors,
    intervals: Vec<IntervalErrors>,
}

/// Takes in [`Scored`] chunks; memory does not grow with the number of items.
#[derive(Debug, Default)]
pub struct Evaluator {
    context: Context,
    /// Machine names, the model first.
    methods: Vec<String>,
    has_model: bool,
    empty: Cell,
    /// By (target, series) and by (target, lead).
    by_series: BTreeMap<(usize, usize), Cell>,
    by_lead: BTreeMap<(usize, usize), Cell>,
    forecasts: HashSet<(u32, i64)>,
    outside: Vec<(i64, bool)>,
}

impl Evaluator {
    /// An evaluation of nothing yet.
    pub fn new(context: Context) -> Self {
        Evaluator { context, ..Self::default() }
    }

    /// Scores a chunk. The first chunk says which methods, levels and intervals there are. Items
    /// are as many as the shortest of the key and actual vectors; a forecast vector that is too
    /// short leaves its items without a forecast (counted as missing).
    pub fn push(&mut self, chunk: &Scored) {
        if self.methods.is_empty() {
            self.start(chunk);
        }
        self.outside.extend_from_slice(&chunk.outside);
        let keys = chunk.series.iter().zip(&chunk.target).zip(&chunk.lead).zip(&chunk.origin);
        for (i, ((((&series, &target), &lead), &origin), &actual)) in keys.zip(&chunk.actual).enumerate() {
            if !actual.is_finite() {
                continue;
            }
            self.forecasts.insert((series, origin));
            let (series, target, lead) = (series as usize, usize::from(target), usize::from(lead));
            for (cells, key) in [(&mut self.by_series, series), (&mut self.by_lead, lead)] {
                let cell = cells.entry((target, key)).or_insert_with(|| self.empty.clone());
                cell.push(chunk, i, actual, self.has_model, self.context.targets.len().max(1));
            }
        }
    }

    fn start(&mut self, chunk: &Scored) {
        self.has_model = !chunk.point.is_empty() || chunk.baselines.is_empty();
        if self.has_model {
            self.methods.push("model".into());
        }
        self.methods.extend(chunk.baselines.iter().map(|(name, _)| name.replace([' ', '-'], "_")));
        self.empty = Cell {
            methods: vec![PointErrors::new(); self.methods.len()],
            quantiles: QuantileErrors::new(&chunk.levels),
            intervals: chunk.intervals.iter().map(|(nominal, ..)| IntervalErrors::new(*nominal)).collect(),
        };
    }

    /// As [`Evaluator::finish`], with the values that drift is seen by.
    pub(crate) fn finish_with(mut self) -> (Evaluation, Vec<(i64, bool)>) {
        let outside = std::mem::take(&mut self.outside);
        (self.finish(), outside)
    }

    /// The evaluation of everything that was pushed.
    pub fn finish(self) -> Evaluation {
        let several = self.context.targets.len() > 1;
        let block = |cell: &Cell, mixed: bool| {
            let mut block = cell.block(self.has_model);
            block.compare(usize::from(self.has_model), mixed);
            block
        };
        let rows = |cells: &BTreeMap<(usize, usize), Cell>| -> Vec<Row> {
            let row = |(&(target, key), cell): (_, &Cell)| Row { target, key, block: block(cell, false) };
            cells.iter().map(row).collect()
        };
        let mut overall = self.empty.clone();
        let mut by_target: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
        for ((target, _), cell) in &self.by_series {
            overall.merge(cell);
            by_target.entry((*target, 0)).or_insert_with(|| self.empty.clone()).merge(cell);
        }
        let per_series = rows(&self.by_series);
        let mut mean_of_series = mean_block(&per_series, self.methods.len());
        mean_of_series.compare(usize::from(self.has_model), several);
        let mut evaluation = Evaluation {
            series: self.by_series.keys().map(|(_, series)| series).collect::<HashSet<_>>().len(),
            forecasts: self.forecasts.len(),
            origins: self.forecasts.iter().map(|(_, origin)| origin).collect::<HashSet<_>>().len(),
            crossed: overall.quantiles.crossed(),
            overall: block(&overall, several),
            mean_of_series,
            per_target: rows(&by_target),
            per_lead: rows(&self.by_lead),
            per_series,
            worse: Vec::new(),
            drift: None,
            has_model: self.has_model,
            methods: self.methods,
            context: self.context,
        };
        evaluation.worse = worse::sentences(&evaluation);
        evaluation
    }
}

impl Cell {
    /// Scores item `i` of the chunk.
    fn push(&mut self, chunk: &Scored, i: usize, actual: f64, has_model: bool, targets: usize) {
        let at = |values: &[f64]| values.get(i).copied().unwrap_or(f64::NAN);
        let (series, target) = (chunk.series.get(i), chunk.target.get(i));
        let scale = match (series, target) {
            (Some(&s), Some(&k)) => chunk.mase_scale.get(s as usize * targets + usize::from(k)).copied(),
            _ => None,
        };
        let scale = scale.unwrap_or(f64::NAN);
        let model = has_model.then(|| at(&chunk.point));
        let forecasts = model.into_iter().chain(chunk.baselines.iter().map(|(_, values)| at(values)));
        for (errors, forecast) in self.methods.iter_mut().zip(forecasts) {
            errors.push(actual, forecast, scale);
        }
        let q = chunk.levels.len();
        self.quantiles.push(actual, chunk.quantiles.get(i * q..(i + 1) * q).unwrap_or(&[]));
        for (errors, (_, low, high)) in self.intervals.iter_mut().zip(&chunk.intervals) {
            errors.push(actual, at(low), at(high));
        }
    }

    fn merge(&mut self, other: &Cell) {
        self.methods.iter_mut().zip(&other.methods).for_each(|(a, b)| a.merge(b));
        self.quantiles.merge(&other.quantiles);
        self.intervals.iter_mut().zip(&other.intervals).for_each(|(a, b)| a.merge(b));
    }

    fn block(&self, has_model: bool) -> Block {
        let summary = |(i, errors): (usize, &PointErrors)| {
            Summary::of(errors, (has_model && i == 0).then_some(&self.quantiles))
        };
        let levels = self.quantiles.levels().iter().zip(self.quantiles.pinball_by_level());
        Block {
            items: self.methods.first().map_or(0, |e| e.items() + e.missing()),
            methods: self.methods.iter().enumerate().map(summary).collect(),
            levels: levels
                .zip(self.quantiles.share_below())
                .map(|((&level, pinball), share_below)| LevelSummary { level, pinball, share_below })
                .collect(),
            intervals: self
                .intervals
                .iter()
                .map(|e| IntervalSummary {
                    nominal: e.nominal(),
                    coverage: e.coverage(),
                    mean_width: e.mean_width(),
                    score: e.score(),
                })
                .collect(),
            better: None,
            skill: None,
        }
    }
}

impl Block {
    /// Finds the better simple forecast among the methods from `first` on, and the skill of the
    /// model (method 0, if `first` is 1) against it. `mixed`: the items have different units.
    fn compare(&mut self, first: usize, mixed: bool) {
        let error = |s: &Summary| if mixed { s.mase } else { s.mae };
        let simple = self.methods.iter().enumerate().skip(first);
        let best = simple.filter_map(|(i, s)| Some((i, error(s)?))).min_by(|a, b| a.1.total_cmp(&b.1));
        self.better = best.map(|(i, _)| i);
        let model = if first == 1 { self.methods.first().and_then(error) } else { None };
        self.skill = match (model, best) {
            (Some(model), Some((_, simple))) if simple > 0.0 => Some(1.0 - model / simple),
            (Some(0.0), Some(_)) => Some(0.0),
            _ => None,
        };
    }
}

/// Every metric averaged over the rows where it is defined.
fn mean_block(rows: &[Row], methods: usize) -> Block {
    let summary = |method: usize| Summary::mean(rows.iter().filter_map(|row| row.block.methods.get(method)));
    let blocks = || rows.iter().map(|row| &row.block);
    let intervals = blocks().next().map_or(0, |b| b.intervals.len());
    let interval = |i: usize| {
        let of = || blocks().filter_map(move |b| b.intervals.get(i));
        IntervalSummary {
            nominal: of().next().map_or(f64::NAN, |s| s.nominal),
            coverage: mean(of().filter_map(|s| s.coverage)),
            mean_width: mean(of().filter_map(|s| s.mean_width)),
            score: mean(of().filter_map(|s| s.score)),
        }
    };
    let levels = blocks().next().map_or(0, |b| b.levels.len());
    let level = |i: usize| {
        let of = || blocks().filter_map(move |b| b.levels.get(i));
        LevelSummary {
            level: of().next().map_or(f64::NAN, |s| s.level),
            pinball: mean(of().filter_map(|s| s.pinball)),
            share_below: mean(of().filter_map(|s| s.share_below)),
        }
    };
    Block {
        items: blocks().map(|b| b.items).sum(),
        methods: (0..methods).map(summary).collect(),
        levels: (0..levels).map(level).collect(),
        intervals: (0..intervals).map(interval).collect(),
        better: None,
        skill: None,
    }
}

impl Summary {
    /// Of one method's errors; quantiles are a model's alone.
    pub(crate) fn of(errors: &PointErrors, quantiles: Option<&QuantileErrors>) -> Summary {
        Summary {
            mae: errors.mae(),
            rmse: errors.rmse(),
            mase: errors.mase(),
            smape: errors.smape(),
            wape: errors.wape(),
            r2: errors.r2(),
            bias: errors.bias(),
            pinball: quantiles.and_then(QuantileErrors::pinball),
            crps: quantiles.and_then(QuantileErrors::crps),
            missing: errors.missing(),
        }
    }

    /// Every metric averaged over those in which it is defined.
    pub(crate) fn mean<'a>(all: impl Iterator<Item = &'a Summary> + Clone) -> Summary {
        let mut values = [None; 9];
        for (i, value) in values.iter_mut().enumerate() {
            *value = mean(all.clone().filter_map(|s| s.values().get(i).copied().flatten()));
        }
        Summary::from_values(values, all.map(|s| s.missing).sum())
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut items) = (0.0, 0u32);
    for value in values {
        sum += value;
        items += 1;
    }
    (items > 0).then(|| sum / f64::from(items))
}
