//! Taking in scored items, pooling them, and testing differences.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Block, Comparison, Context, Difference, Items, Row, winners};
use crate::metrics::paired::{Paired, holm};
use crate::metrics::{PointErrors, QuantileErrors};
use crate::report::evaluation::Summary;

/// Accumulators of all methods over one set of items.
#[derive(Debug, Clone, Default)]
struct Cell {
    methods: Vec<PointErrors>,
    /// One a model.
    quantiles: Vec<QuantileErrors>,
    /// By origin, what a test is fed.
    losses: BTreeMap<i64, Losses>,
}

/// Absolute errors of one origin.
#[derive(Debug, Clone, Default)]
struct Losses {
    /// Sums, one a method.
    sums: Vec<f64>,
    items: u32,
}

/// Takes in [`Items`]; memory grows with origins times series, not with leads.
#[derive(Debug, Default)]
pub struct Comparer {
    context: Context,
    methods: Vec<String>,
    empty: Cell,
    /// By target; by (target, series) and (target, lead).
    by_target: BTreeMap<(usize, usize), Cell>,
    by_series: BTreeMap<(usize, usize), Cell>,
    by_lead: BTreeMap<(usize, usize), Cell>,
    forecasts: HashSet<(u32, i64)>,
    left_out: u64,
}

impl Comparer {
    /// A comparison of nothing yet.
    pub fn new(context: Context) -> Self {
        let models = context.models.iter().map(|model| model.name.clone());
        let methods: Vec<String> = models.chain(context.simple.iter().cloned()).collect();
        let empty = Cell {
            methods: vec![PointErrors::new(); methods.len()],
            quantiles: vec![QuantileErrors::new(&context.levels); context.models.len()],
            losses: BTreeMap::new(),
        };
        Comparer { context, methods, empty, ..Self::default() }
    }

    /// Scores a chunk; a value that some method has no finite forecast of is left out of all.
    pub fn push(&mut self, chunk: &Items) {
        let keys = chunk.series.iter().zip(&chunk.target).zip(&chunk.lead).zip(&chunk.origin);
        for (i, ((((&series, &target), &lead), &origin), &actual)) in keys.zip(&chunk.actual).enumerate() {
            let forecasts: Vec<f64> =
                chunk.forecasts.iter().map(|all| all.get(i).copied().unwrap_or(f64::NAN)).collect();
            if !actual.is_finite() {
                continue;
            }
            if forecasts.len() != self.methods.len() || forecasts.iter().any(|f| !f.is_finite()) {
                self.left_out += 1;
                continue;
            }
            self.forecasts.insert((series, origin));
            let (series, target, lead) = (series as usize, usize::from(target), usize::from(lead));
            let targets = self.context.targets.len().max(1);
            let scale = self.context.mase_scale.get(series * targets + target).copied().unwrap_or(f64::NAN);
            let places = [(&mut self.by_target, 0), (&mut self.by_series, series), (&mut self.by_lead, lead)];
            for (cells, key) in places {
                let cell = cells.entry((target, key)).or_insert_with(|| self.empty.clone());
                cell.push(origin, actual, &forecasts, scale);
                cell.push_quantiles(actual, chunk, i);
            }
        }
    }

    /// The comparison of everything that was pushed.
    pub fn finish(self) -> Comparison {
        let stamps: BTreeSet<i64> = self.forecasts.iter().map(|(_, origin)| *origin).collect();
        let origins: BTreeMap<i64, usize> = stamps.into_iter().enumerate().map(|(i, o)| (o, i)).collect();
        let models = self.context.models.len();
        let of_models: Vec<(usize, usize)> =
            (0..models).flat_map(|a| (a + 1..models).map(move |b| (a, b))).collect();
        let of_all: Vec<(usize, usize)> = (of_models.iter().copied())
            .chain((0..models).flat_map(|a| (models..self.methods.len()).map(move |b| (a, b))))
            .collect();
        let (stride, horizon) = (self.context.stride.max(1), self.context.horizon);
        let lags = |steps: usize| steps.div_ceil(stride).saturating_sub(1);
        let rows = |cells: &BTreeMap<(usize, usize), Cell>, pairs: &[(usize, usize)], by_lead: bool| {
            let row = |(&(target, key), cell): (_, &Cell)| Row {
                target,
                key,
                block: cell.block(false),
                differences: cell.differences(pairs, &origins, lags(if by_lead { key } else { horizon })),
            };
            let mut rows: Vec<Row> = cells.iter().map(row).collect();
            correct(&mut rows, pairs.len());
            rows
        };
        let mut overall = self.empty.clone();
        self.by_target.values().for_each(|cell| overall.merge(cell));
        let mixed = self.context.targets.len() > 1;
        let per_series = rows(&self.by_series, &of_models, false);
        let mut comparison = Comparison {
            series: self.by_series.keys().map(|(_, series)| series).collect::<BTreeSet<_>>().len(),
            forecasts: self.forecasts.len(),
            origins: origins.len(),
            left_out: self.left_out,
            overall: overall.block(mixed),
            mean_of_series: mean_block(&per_series, self.methods.len(), mixed),
            per_target: rows(&self.by_target, &of_all, false),
            per_lead: rows(&self.by_lead, &of_models, true),
            per_series,
            winners: Vec::new(),
            methods: self.methods,
            context: self.context,
        };
        comparison.winners = winners::sentences(&comparison);
        comparison
    }
}

/// Corrects the p-values of each target and pair for the number of its rows.
fn correct(rows: &mut [Row], pairs: usize) {
    let targets: BTreeSet<usize> = rows.iter().map(|row| row.target).collect();
    for target in targets {
        for pair in 0..pairs {
            let mut own: Vec<&mut Difference> = rows
                .iter_mut()
                .filter(|row| row.target == target)
                .filter_map(|row| row.differences.get_mut(pair))
                .collect();
            let plain: Vec<Option<f64>> = own.iter().map(|d| d.paired.test.ok().map(|test| test.p)).collect();
            own.iter_mut().zip(holm(&plain)).for_each(|(d, p)| d.p = p);
        }
    }
}

impl Cell {
    fn push(&mut self, origin: i64, actual: f64, forecasts: &[f64], scale: f64) {
        let losses = self.losses.entry(origin).or_default();
        losses.sums.resize(forecasts.len(), 0.0);
        losses.items += 1;
        for ((errors, sum), forecast) in self.methods.iter_mut().zip(&mut losses.sums).zip(forecasts) {
            errors.push(actual, *forecast, scale);
            *sum += (forecast - actual).abs();
        }
    }

    fn push_quantiles(&mut self, actual: f64, chunk: &Items, i: usize) {
        for (errors, own) in self.quantiles.iter_mut().zip(&chunk.quantiles) {
            let q = errors.levels().len();
            errors.push(actual, own.get(i * q..(i + 1) * q).unwrap_or(&[]));
        }
    }

    /// Takes in the errors of another cell; not what tests are fed.
    fn merge(&mut self, other: &Cell) {
        self.methods.iter_mut().zip(&other.methods).for_each(|(a, b)| a.merge(b));
        self.quantiles.iter_mut().zip(&other.quantiles).for_each(|(a, b)| a.merge(b));
    }

    fn block(&self, mixed: bool) -> Block {
        let summary = |(i, errors): (usize, &PointErrors)| Summary::of(errors, self.quantiles.get(i));
        let methods: Vec<Summary> = self.methods.iter().enumerate().map(summary).collect();
        Block {
            items: self.methods.first().map_or(0, PointErrors::items),
            best: best(&methods, mixed),
            methods,
        }
    }

    /// Tests the mean over everything in the cell of each origin, pair after pair.
    fn differences(
        &self,
        pairs: &[(usize, usize)],
        origins: &BTreeMap<i64, usize>,
        lags: usize,
    ) -> Vec<Difference> {
        let at: Vec<usize> = self.losses.keys().filter_map(|origin| origins.get(origin).copied()).collect();
        let mean = |method: usize| {
            let of = move |l: &Losses| l.sums.get(method).copied().unwrap_or(0.0) / f64::from(l.items.max(1));
            self.losses.values().map(of).collect::<Vec<f64>>()
        };
        let methods: Vec<Vec<f64>> = (0..self.methods.len()).map(mean).collect();
        let test = |&(first, second): &(usize, usize)| {
            let (a, b) = (methods.get(first)?, methods.get(second)?);
            let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            let size = a.iter().chain(b).sum::<f64>() / (2 * a.len()).max(1) as f64;
            let paired = Paired::test(&at, &differences, lags, size);
            Some(Difference { first, second, paired, p: None })
        };
        pairs.iter().filter_map(test).collect()
    }
}

/// The method with the lowest error, the first of equals.
fn best(methods: &[Summary], mixed: bool) -> Option<usize> {
    let error = |s: &Summary| if mixed { s.mase } else { s.mae };
    let known = methods.iter().enumerate().filter_map(|(i, s)| Some((i, error(s)?)));
    known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
}

/// Every metric averaged over the rows where it is defined.
fn mean_block(rows: &[Row], methods: usize, mixed: bool) -> Block {
    let summary = |method: usize| Summary::mean(rows.iter().filter_map(|row| row.block.methods.get(method)));
    let methods: Vec<Summary> = (0..methods).map(summary).collect();
    Block { items: rows.iter().map(|row| row.block.items).sum(), best: best(&methods, mixed), methods }
}
