//! Classical decomposition into level and season.

/// How level and season make a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Their sum.
    Additive,
    /// Their product, for positive values.
    Multiplicative,
}

impl Kind {
    /// The value of an index at this level.
    pub fn with(self, level: f64, index: f64) -> f64 {
        if self == Kind::Additive { level + index } else { level * index }
    }

    /// A value without what is the other part of it.
    pub fn without(self, value: f64, index: f64) -> f64 {
        if self == Kind::Additive { value - index } else { value / index }
    }

    /// The index that changes nothing.
    pub fn neutral(self) -> f64 {
        if self == Kind::Additive { 0.0 } else { 1.0 }
    }

    /// Indices with this as their mean.
    pub fn centre(self, indices: &mut [f64]) {
        let centre = indices.iter().sum::<f64>() / indices.len() as f64;
        indices.iter_mut().for_each(|index| *index = self.without(*index, centre));
    }
}

/// Whole seasons of history, and an index for each phase; phase 0 is that of the first step ahead.
pub struct Decomposed<'a> {
    pub rows: &'a [f64],
    pub indices: Vec<f64>,
    pub kind: Kind,
}

impl<'a> Decomposed<'a> {
    /// `None` where there are not two whole seasons, or a value is not positive and must be.
    pub fn new(history: &'a [f64], season: usize, most: usize, kind: Kind) -> Option<Decomposed<'a>> {
        let seasons = (history.len() / season).min(most);
        let rows = history.get(history.len() - seasons * season..)?;
        if season < 2 {
            return (kind == Kind::Additive).then(|| Decomposed { rows: history, indices: vec![0.0], kind });
        }
        if seasons < 2 || kind == Kind::Multiplicative && rows.iter().any(|v| *v <= 0.0) {
            return None;
        }
        let (mut sums, mut counts) = (vec![0f64; season], vec![0u32; season]);
        for own in rows.chunks_exact(season) {
            let Some(level) = mean(own) else { continue };
            for (phase, value) in own.iter().enumerate().filter(|(_, v)| v.is_finite()) {
                sums[phase] += kind.without(*value, level);
                counts[phase] += 1;
            }
        }
        let mut indices: Vec<f64> = (sums.iter().zip(&counts))
            .map(|(sum, n)| if *n == 0 { kind.neutral() } else { sum / f64::from(*n) })
            .collect();
        kind.centre(&mut indices);
        indices.iter().all(|index| index.is_finite()).then_some(Decomposed { rows, indices, kind })
    }
}

/// The mean of what was observed, if anything.
pub fn mean(values: &[f64]) -> Option<f64> {
    let (mut sum, mut n) = (0f64, 0u32);
    for value in values.iter().filter(|v| v.is_finite()) {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| sum / f64::from(n))
}
