use rand::Rng;

use super::bins::columns;
use super::grow::Grower;
use super::ridge::Ridge;
use super::sample::Sample;
use super::trees::Trees;
use super::*;
use crate::model::init;

/// Rows of `width` columns between -1 and 1, and what `z` makes of each.
fn sample(rows: usize, width: usize, z: impl Fn(&[f32]) -> f32) -> Sample {
    let mut rng = init::rng(7, 1);
    let x: Vec<f32> = (0..rows * width).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect();
    Sample {
        width,
        horizon: 1,
        z: x.chunks(width).map(z).collect(),
        weight: vec![1.0; rows],
        step: vec![0; rows],
        late: (0..rows).map(|row| row >= rows * 4 / 5).collect(),
        x,
    }
}

/// A tree of one split against every split there is, tried one by one: that whose sides' squared sums of signs
/// over their rows (and the constant that gains are shrunk by) are largest, with 40 rows on each side.
#[test]
fn the_first_split_is_the_best_one() {
    let sample = sample(400, 4, |row| 3.0 * row[2] * row[2] + row[0]);
    let columns = columns(&sample);
    let mut grower = Grower::new(&sample, &columns);
    let centre = grower.centre();
    let mut sorted = sample.z.clone();
    sorted.sort_by(f32::total_cmp);
    assert_eq!(centre, sorted[199]);
    let mut rng = init::rng(5, 5);
    let tree = grower.grow(1, 1.0, &mut rng);
    // The same lots again.
    let mut rng = init::rng(5, 5);
    let rows: Vec<usize> = (0..400).filter(|_| rng.random::<f64>() < 0.5).collect();
    let seen: Vec<usize> = (0..4).filter(|_| rng.random::<f64>() < 0.4).collect();
    let mut best = (0.0, 0, 0.0);
    for column in seen {
        for border in &columns[column].borders {
            let side = |left: bool| {
                let own = rows.iter().filter(|row| (sample.row(**row)[column] <= *border) == left);
                let signs = own.map(|row| if sample.z[*row] - centre > 0.0 { 1.0 } else { -1.0 });
                let (n, sum) = signs.fold((0.0, 0.0), |(n, sum): (f64, f64), s: f64| (n + 1.0, sum + s));
                (n, sum)
            };
            let (left, right) = (side(true), side(false));
            let worth = |(n, sum): (f64, f64)| sum * sum / (n + 10.0);
            let gain = worth(left) + worth(right) - worth((left.0 + right.0, left.1 + right.1));
            if left.0 >= 40.0 && right.0 >= 40.0 && gain > best.0 + 1e-9 {
                best = (gain, column, *border);
            }
        }
    }
    assert_eq!((tree.feature[0] as usize, tree.threshold[0]), (best.1, best.2));
    // Its leaves are the medians of the rows that they saw.
    for (leaf, left) in tree.leaf.iter().zip([true, false]) {
        let own = rows.iter().filter(|row| (sample.row(**row)[best.1] <= best.2) == left);
        let mut own: Vec<f32> = own.map(|row| sample.z[*row] - centre).collect();
        own.sort_by(f32::total_cmp);
        assert_eq!(*leaf, own[(own.len() - 1) / 2]);
    }
}

#[test]
fn trees_find_what_is_not_linear() {
    let truth = |row: &[f32]| if row[0] > 0.2 && row[3] < 0.5 { 2.0 } else { row[1] * row[1] };
    let sample = sample(20_000, 6, truth);
    let trees = Trees::fit(&sample, 1);
    let fresh = self::sample(1, 6, truth);
    assert_eq!(trees.predict(fresh.row(0)).to_bits(), trees.predict(fresh.row(0)).to_bits());
    let error = |of: &dyn Fn(&[f32]) -> f32| {
        (0..2000).map(|at| (of(sample.row(at)) - sample.z[at]).abs()).sum::<f32>() / 2000.0
    };
    let constant = error(&|_| 0.4);
    let own = error(&|row| trees.predict(row));
    assert!(own < constant / 10.0, "{own} {constant}");
}

#[test]
fn threads_change_nothing() {
    let sample = sample(3000, 5, |row| row[0] * row[1] + row[2]);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (Trees::fit(&sample, 3), Ridge::fit(&sample)))
    };
    let one = on(1);
    assert_eq!(on(2), one);
    assert_eq!(on(5), one);
}

/// A line is met but for the shrinkage; a column that never changes has no weight.
#[test]
fn ridge_meets_a_line() {
    let mut sample = sample(2000, 3, |row| 0.5 + 2.0 * row[0] - row[1]);
    sample.x.chunks_mut(3).for_each(|row| row[2] = 0.7);
    let ridge = Ridge::fit(&sample);
    for row in [[0.0, 0.0, 0.7], [0.5, -0.5, 0.7], [-1.0, 1.0, 0.7]] {
        let expected = 0.5 + 2.0 * row[0] - row[1];
        assert!((ridge.predict(&row, 0, 1) - expected).abs() < 0.01, "{row:?}");
    }
    assert_eq!(ridge.weight[2], 0.0);
}

fn learned() -> (Learned, Vec<Member>, LeadShape) {
    let sample = sample(2000, 5, |row| row[0]);
    let learned = Learned { ridge: vec![Ridge::fit(&sample)], trees: vec![Trees::fit(&sample, 1)] };
    (
        learned,
        vec![Member::Drift, Member::Ridge, Member::Trees],
        LeadShape { context: 2, known: 2, linear: 1 },
    )
}

#[test]
fn there_and_back() {
    let (learned, members, shape) = learned();
    let stored = learned.stored();
    assert_eq!(stored.iter().map(|s| s.name.clone()).collect::<Vec<_>>(), names(&members, 1));
    assert_eq!(Learned::from_stored(stored, &members, 1, Some(&shape), 1), Ok(learned));
    let none = Learned::from_stored(Vec::new(), &[Member::Drift], 1, None, 1);
    assert_eq!(none, Ok(Learned::default()));
}

#[test]
fn made_up_arrays_are_refused() {
    let (learned, members, shape) = learned();
    let broken: [fn(&mut Vec<Stored>); 8] = [
        |all| all[0].dims = vec![1, 5],
        |all| all[0].dims = vec![usize::MAX, 2],
        |all| all[1].values[0] = 5.0,
        |all| all[1].values[0] = -1.0,
        |all| all[1].values[0] = 0.5,
        |all| all[2].dims = all[2].dims.iter().rev().copied().collect(),
        |all| all[3].dims = vec![all[3].values.len(), 1],
        |all| drop(all.pop()),
    ];
    for (i, breaks) in broken.iter().enumerate() {
        let mut stored = learned.stored();
        breaks(&mut stored);
        assert!(Learned::from_stored(stored, &members, 1, Some(&shape), 1).is_err(), "{i}");
    }
    assert!(Learned::from_stored(learned.stored(), &members, 1, None, 1).is_err());
}
