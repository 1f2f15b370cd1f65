//! Weights of one lead from the errors of all members; what the rules are is told in [`super`].

use super::LEAST;

/// Rounds of greedy selection: weights in steps of about a twentieth.
const ROUNDS: usize = 20;

/// Weights by greedy selection on (values, members) errors of each half; the networks alone where
/// there are too few of them.
pub fn greedy(halves: &[Vec<f32>; 2], members: usize) -> Vec<f64> {
    let mut votes = vec![0f64; members];
    votes[0] = 1.0;
    let mean = |errors: &[f32]| errors.iter().map(|e| f64::from(e.abs())).sum::<f64>() / errors.len() as f64;
    let mut now =
        [0, 1].map(|half: usize| halves[half].chunks(members).map(|row| row[0]).collect::<Vec<f32>>());
    let base = [0, 1].map(|half: usize| mean(&now[half]));
    if halves.iter().any(|half| half.len() / members < LEAST) || base.iter().any(|b| *b <= 0.0) {
        return votes;
    }
    let mut best = (1.0, votes.clone());
    for round in 1..=ROUNDS {
        let n = round as f32;
        let with = |half: usize, j: usize| {
            let rows = halves[half].chunks(members).zip(&now[half]);
            let errors = rows.map(|(row, now)| f64::from(((now * n + row[j]) / (n + 1.0)).abs()));
            errors.sum::<f64>() / now[half].len() as f64
        };
        let worse = |j: usize| (0..2).map(|half| with(half, j) / base[half]).fold(0.0, f64::max);
        let found = (0..members).map(|j| (j, worse(j))).min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((j, error)) = found else { break };
        for half in 0..2 {
            let rows = halves[half].chunks(members);
            now[half].iter_mut().zip(rows).for_each(|(now, row)| *now = (*now * n + row[j]) / (n + 1.0));
        }
        votes[j] += 1.0;
        // A ten-thousandth is no reason for one member more.
        if error < best.0 - 1e-4 {
            best = (error, votes.clone());
        }
    }
    let total: f64 = best.1.iter().sum();
    best.1.iter().map(|votes| votes / total).collect()
}
