//! What fitted members have learned, as arrays of a checkpoint: `pool.ridge.K.weight` (B, width + 1),
//! `pool.trees.K.feature` and `.threshold` (N, 2^D - 1), `pool.trees.K.leaf` (N, 2^D), K the number of the target.
//! All are f32; a column's number is exact in it.

use super::ridge::{BLOCKS, Ridge};
use super::trees::Trees;
use super::{Learned, width};
use crate::config::Member;
use crate::data::lead::LeadShape;

/// Depth at most of a tree.
const DEEPEST: usize = 10;
/// Largest whole number that is exact in f32.
const EXACT: usize = 1 << 24;

/// An array by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub name: String,
    /// Two of them.
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

/// The arrays that these members have in a checkpoint.
pub fn names(members: &[Member], targets: usize) -> Vec<String> {
    let parts: &[(Member, &str)] = &[
        (Member::Ridge, "ridge.{}.weight"),
        (Member::Trees, "trees.{}.feature"),
        (Member::Trees, "trees.{}.threshold"),
        (Member::Trees, "trees.{}.leaf"),
    ];
    let used = parts.iter().filter(|(member, _)| members.contains(member));
    let of_target = |target: usize| {
        let name = move |part: &str| format!("pool.{}", part.replace("{}", &target.to_string()));
        used.clone().map(move |(_, part)| name(part))
    };
    (0..targets).flat_map(of_target).collect()
}

impl Learned {
    /// The arrays, in the order of [`names`].
    pub fn stored(&self) -> Vec<Stored> {
        let mut all = Vec::new();
        for target in 0..self.ridge.len().max(self.trees.len()) {
            if let Some(ridge) = self.ridge.get(target) {
                all.push(Stored::new("ridge", target, "weight", ridge.blocks, ridge.weight.clone()));
            }
            if let Some(trees) = self.trees.get(target) {
                let count = trees.leaf.len() >> trees.depth;
                let feature = trees.feature.iter().map(|f| *f as f32).collect();
                all.push(Stored::new("trees", target, "feature", count, feature));
                all.push(Stored::new("trees", target, "threshold", count, trees.threshold.clone()));
                all.push(Stored::new("trees", target, "leaf", count, trees.leaf.clone()));
            }
        }
        all
    }

    /// What these members have learned, from the arrays of [`names`], all finite; the reason where they do not fit.
    ///
    /// # Errors
    /// Sizes that contradict each other or the model, and columns that there are not.
    pub fn from_stored(
        stored: Vec<Stored>,
        members: &[Member],
        targets: usize,
        lead: Option<&LeadShape>,
        horizon: usize,
    ) -> Result<Learned, String> {
        let mut learned = Learned::default();
        if !members.iter().any(|member| member.is_fitted()) {
            return Ok(learned);
        }
        let width = width(lead.ok_or("members of the pool that are fitted need `decoder: lead`")?);
        let mut stored = stored.into_iter();
        let mut next = || stored.next().ok_or("an array of the pool is missing");
        for _ in 0..targets {
            if members.contains(&Member::Ridge) {
                learned.ridge.push(ridge(next()?, width, horizon)?);
            }
            if members.contains(&Member::Trees) {
                learned.trees.push(trees([next()?, next()?, next()?], width)?);
            }
        }
        Ok(learned)
    }
}

impl Stored {
    fn new(member: &str, target: usize, part: &str, rows: usize, values: Vec<f32>) -> Stored {
        let columns = values.len() / rows.max(1);
        Stored { name: format!("pool.{member}.{target}.{part}"), dims: vec![rows, columns], values }
    }

    /// Rows and columns, where the values fill them.
    fn size(&self) -> Result<(usize, usize), String> {
        match self.dims.as_slice() {
            [rows, columns]
                if *rows > 0 && *columns > 0 && rows.checked_mul(*columns) == Some(self.values.len()) =>
            {
                Ok((*rows, *columns))
            }
            _ => Err(format!("`{}` has sizes {:?}, which are none of its own", self.name, self.dims)),
        }
    }
}

fn ridge(stored: Stored, width: usize, horizon: usize) -> Result<Ridge, String> {
    let (blocks, columns) = stored.size()?;
    if columns != width + 1 || blocks > BLOCKS.min(horizon) {
        return Err(format!(
            "`{}` is {blocks} x {columns}; the inputs ask for {} columns, and at most {} rows",
            stored.name,
            width + 1,
            BLOCKS.min(horizon)
        ));
    }
    Ok(Ridge { blocks, weight: stored.values })
}

fn trees([feature, threshold, leaf]: [Stored; 3], width: usize) -> Result<Trees, String> {
    let (count, leaves) = leaf.size()?;
    let depth = leaves.trailing_zeros() as usize;
    if !leaves.is_power_of_two() || !(1..=DEEPEST).contains(&depth) {
        return Err(format!(
            "`{}` has {leaves} leaves a tree, which is no power of two in bounds",
            leaf.name
        ));
    }
    for inner in [&feature, &threshold] {
        if inner.size()? != (count, leaves - 1) {
            return Err(format!("`{}` and `{}` are of different trees", inner.name, leaf.name));
        }
    }
    let column = |value: &f32| {
        let whole = value.fract() == 0.0 && (0.0..width.min(EXACT) as f32).contains(value);
        whole.then_some(*value as u32)
    };
    let columns: Option<Vec<u32>> = feature.values.iter().map(column).collect();
    let feature = columns.ok_or(format!("`{}` names a column that there is not", feature.name))?;
    Ok(Trees { depth, feature, threshold: threshold.values, leaf: leaf.values })
}
