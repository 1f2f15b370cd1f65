//! Growing one tree after another.
//!
//! Sums are taken row by row in a fixed order, column by column; threads take whole columns, so that their number
//! changes nothing. Of two siblings the smaller one is summed, the other is what is left of their parent.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::bins::{BINS, Column};
use super::sample::Sample;
use super::trees::{Trees, place};

/// Share of the rows that a tree sees.
const ROWS: f64 = 0.5;
/// Share of the columns that a tree sees.
const COLUMNS: f64 = 0.4;
/// Fewest rows in a leaf.
const LEAST_ROWS: u32 = 40;
/// Added to the weight of a node where gains are compared, in rows of mean weight.
const SHRINK: f64 = 10.0;

/// What a bin of a node holds: the sum of the signs of its residuals by weight, its weight and rows.
#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    sign: f64,
    weight: f64,
    rows: u32,
}

impl Bin {
    fn add(&mut self, other: &Bin) {
        self.sign += other.sign;
        self.weight += other.weight;
        self.rows += other.rows;
    }

    fn less(&self, other: &Bin) -> Bin {
        Bin { sign: self.sign - other.sign, weight: self.weight - other.weight, rows: self.rows - other.rows }
    }

    fn worth(&self) -> f64 {
        self.sign * self.sign / (self.weight + SHRINK)
    }
}

/// A node's bins of one column.
type Bins = [Bin; BINS];

/// The best border of a node.
#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    /// The last bin that goes left.
    bin: usize,
}

/// The rows of a node, as a part of the list of rows.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    from: usize,
    to: usize,
}

impl Node {
    fn len(&self) -> usize {
        self.to - self.from
    }
}

/// What the trees so far leave over.
pub struct Grower<'a> {
    sample: &'a Sample,
    columns: &'a [Column],
    /// (R) residuals.
    rest: Vec<f32>,
}

impl<'a> Grower<'a> {
    pub fn new(sample: &'a Sample, columns: &'a [Column]) -> Grower<'a> {
        Grower { sample, columns, rest: sample.z.clone() }
    }

    /// Takes the median off all rows, and gives it.
    pub fn centre(&mut self) -> f32 {
        let rows: Vec<u32> = (0..self.sample.len() as u32).collect();
        let centre = self.median(&rows);
        self.rest.iter_mut().for_each(|rest| *rest -= centre);
        centre
    }

    /// Takes a tree's forecasts off the residuals.
    pub fn add(&mut self, tree: &Trees) {
        let sample = self.sample;
        self.rest.par_iter_mut().enumerate().for_each(|(at, rest)| {
            *rest -= tree.leaf[place(&tree.feature, &tree.threshold, tree.depth, sample.row(at))];
        });
    }

    /// A tree of this depth on rows and columns drawn by lot, its leaves multiplied by `rate`.
    pub fn grow(&self, depth: usize, rate: f32, rng: &mut ChaCha8Rng) -> Trees {
        let mut rows: Vec<u32> =
            (0..self.sample.len() as u32).filter(|_| rng.random::<f64>() < ROWS).collect();
        let chosen: Vec<usize> = (0..self.columns.len())
            .filter(|_| rng.random::<f64>() < COLUMNS)
            .filter(|c| !self.columns[*c].borders.is_empty())
            .collect();
        let inner = (1usize << depth) - 1;
        let mut tree = Trees {
            depth,
            feature: vec![0; inner],
            threshold: vec![f32::MAX; inner],
            leaf: vec![0.0; inner + 1],
        };
        let mut nodes = vec![Node { from: 0, to: rows.len() }];
        let mut bins: Vec<Vec<Bins>> = Vec::new();
        for level in 0..depth {
            bins = self.bins_of(&chosen, &rows, &nodes, bins);
            let splits = best(&chosen, &bins, nodes.len());
            let first = (1usize << level) - 1;
            let mut next = Vec::with_capacity(2 * nodes.len());
            for (i, (node, split)) in nodes.iter().zip(&splits).enumerate() {
                let middle = match split {
                    Some(split) => {
                        let column = &self.columns[split.column];
                        tree.feature[first + i] = split.column as u32;
                        tree.threshold[first + i] = column.borders[split.bin];
                        node.from + part(&mut rows[node.from..node.to], &column.codes, split.bin)
                    }
                    None => node.to,
                };
                next.push(Node { from: node.from, to: middle });
                next.push(Node { from: middle, to: node.to });
            }
            nodes = next;
        }
        let leaves: Vec<f32> = nodes.par_iter().map(|n| rate * self.median(&rows[n.from..n.to])).collect();
        tree.leaf = leaves;
        tree
    }

    /// (chosen columns, nodes) bins of a level; `before`: those of the level above.
    fn bins_of(
        &self,
        chosen: &[usize],
        rows: &[u32],
        nodes: &[Node],
        before: Vec<Vec<Bins>>,
    ) -> Vec<Vec<Bins>> {
        // Read once, in the order of the rows, for all columns.
        let pulls: Vec<(f32, f32)> = rows
            .iter()
            .map(|row| {
                let (rest, weight) = (self.rest[*row as usize], self.sample.weight[*row as usize]);
                (if rest > 0.0 { weight } else { -weight }, weight)
            })
            .collect();
        let sum = |column: usize, node: &Node| {
            let mut bins = [Bin::default(); BINS];
            let codes = &self.columns[column].codes;
            for (row, (sign, weight)) in rows[node.from..node.to].iter().zip(&pulls[node.from..node.to]) {
                let bin = &mut bins[usize::from(codes[*row as usize]) % BINS];
                bin.sign += f64::from(*sign);
                bin.weight += f64::from(*weight);
                bin.rows += 1;
            }
            bins
        };
        if before.is_empty() {
            return chosen.par_iter().map(|c| nodes.iter().map(|node| sum(*c, node)).collect()).collect();
        }
        let children = |column: usize, parents: &[Bins]| {
            let mut all = Vec::with_capacity(nodes.len());
            for (pair, parent) in nodes.chunks_exact(2).zip(parents) {
                let smaller = usize::from(pair[1].len() < pair[0].len());
                let own = sum(column, &pair[smaller]);
                let other = std::array::from_fn(|b| parent[b].less(&own[b]));
                all.extend(if smaller == 0 { [own, other] } else { [other, own] });
            }
            all
        };
        chosen.par_iter().zip(before).map(|(column, parents)| children(*column, &parents)).collect()
    }

    /// The weighted median of the residuals of these rows; 0 of none.
    fn median(&self, rows: &[u32]) -> f32 {
        let mut own: Vec<(f32, f32)> =
            rows.iter().map(|row| (self.rest[*row as usize], self.sample.weight[*row as usize])).collect();
        own.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let half = own.iter().map(|(_, w)| f64::from(*w)).sum::<f64>() / 2.0;
        let mut sum = 0f64;
        let middle = own.iter().find(|(_, weight)| {
            sum += f64::from(*weight);
            sum >= half
        });
        middle.map_or(0.0, |(rest, _)| *rest)
    }
}

/// The best split of each node, if one is worth something; of equal ones the first.
fn best(chosen: &[usize], bins: &[Vec<Bins>], nodes: usize) -> Vec<Option<Split>> {
    let of_column = |(column, own): (&usize, &Vec<Bins>)| -> Vec<Option<Split>> {
        own.iter().map(|bins| best_border(*column, bins)).collect()
    };
    let found: Vec<Vec<Option<Split>>> = chosen.par_iter().zip(bins).map(of_column).collect();
    let mut all: Vec<Option<Split>> = vec![None; nodes];
    for own in found {
        for (best, split) in all.iter_mut().zip(own) {
            if split.is_some_and(|s| best.is_none_or(|best| s.gain > best.gain)) {
                *best = split;
            }
        }
    }
    all
}

fn best_border(column: usize, bins: &Bins) -> Option<Split> {
    let mut all = Bin::default();
    bins.iter().for_each(|bin| all.add(bin));
    let mut left = Bin::default();
    let mut best: Option<Split> = None;
    for (bin, own) in bins.iter().enumerate() {
        left.add(own);
        let right = all.less(&left);
        if left.rows < LEAST_ROWS || right.rows < LEAST_ROWS {
            continue;
        }
        let gain = left.worth() + right.worth() - all.worth();
        if gain > best.map_or(1e-9, |best| best.gain) {
            best = Some(Split { gain, column, bin });
        }
    }
    best
}

/// Puts the rows that go left before the others, both in their order; how many go left.
fn part(rows: &mut [u32], codes: &[u8], bin: usize) -> usize {
    let (left, right): (Vec<u32>, Vec<u32>) =
        rows.iter().partition(|row| usize::from(codes[**row as usize]) <= bin);
    rows[..left.len()].copy_from_slice(&left);
    rows[left.len()..].copy_from_slice(&right);
    left.len()
}
