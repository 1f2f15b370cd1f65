//! Nothing at or after a forecast origin may change a scaler, an input or a prediction before it.

use super::support::{Place, hourly, words};

const SMALL: &str = "--target pm --input-window 24 --horizon 6 --hidden-size 8 --max-steps 12 --batch-size 16 \
                     --quiet --val-start 2021-01-10 --test-start 2021-01-13";

fn train(place: &Place, table: &str, out: &str) {
    place.ok(&[&["train", table, "--out", out], &words(SMALL, &[])[..]].concat());
}

/// Replaces all values at or after `from` by others.
fn noise_from(table: &str, from: &str) -> String {
    table
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let fields: Vec<&str> = line.split(',').collect();
            if i == 0 || fields[1] < from {
                format!("{line}\n")
            } else {
                format!("{},{},{}.5,{}\n", fields[0], fields[1], (i * 37) % 900, (i * 11) % 17)
            }
        })
        .collect()
}

#[test]
fn the_test_part_does_not_change_the_trained_weights() {
    let place = Place::new();
    let table = hourly(2, 400);
    place.write("a.csv", &table).write("b.csv", noise_from(&table, "2021-01-13"));
    for name in ["a", "b"] {
        train(&place, &format!("{name}.csv"), &format!("{name}.safetensors"));
    }
    let load = |name: &str| -> (Vec<Vec<u8>>, serde_json::Value) {
        let bytes = std::fs::read(place.path(name)).unwrap();
        let (_, meta) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        let json = meta.metadata().as_ref().unwrap()["lstm_forecast"].clone();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mut names = tensors.names().iter().map(|n| n.to_string()).collect::<Vec<_>>();
        names.sort();
        let all = names.iter().map(|n| tensors.tensor(n).unwrap().data().to_vec()).collect();
        let mut meta: serde_json::Value = serde_json::from_str(&json).unwrap();
        // The fingerprint names the table; it must be the only thing that differs.
        meta.as_object_mut().unwrap().remove("table");
        meta.as_object_mut().unwrap().remove("checksum");
        (all, meta)
    };
    let (a, b) = (load("a.safetensors"), load("b.safetensors"));
    assert!(a.0 == b.0, "weights depend on the test part");
    assert_eq!(a.1, b.1, "scalers or settings depend on the test part");
}

#[test]
fn the_future_does_not_change_a_prediction() {
    let place = Place::new();
    let table = hourly(2, 400);
    place.write("a.csv", &table).write("b.csv", noise_from(&table, "2021-01-15"));
    train(&place, "a.csv", "m.safetensors");
    let at = |name: &str| place.ok(&["predict", "m.safetensors", name, "--at", "2021-01-15"]).stdout;
    assert_eq!(at("a.csv"), at("b.csv"));
}

#[test]
fn row_order_changes_nothing() {
    let place = Place::new();
    let table = hourly(2, 400);
    let mut lines: Vec<&str> = table.lines().skip(1).collect();
    lines.reverse();
    lines.rotate_left(123);
    let shuffled = format!("city,date,pm,wind\n{}\n", lines.join("\n"));
    place.write("a.csv", &table).write("b.csv", shuffled);
    train(&place, "a.csv", "m.safetensors");
    let predict = |name: &str| place.ok(&["predict", "m.safetensors", name]).stdout;
    assert_eq!(predict("a.csv"), predict("b.csv"));
}
