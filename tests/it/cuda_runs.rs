//! The program on a GPU: the same bytes twice, and models that go from one device to the other. Each test says so and passes where there is no CUDA device.

use super::support::{Place, csv, gpu, hourly};

const SMALL: [&str; 10] =
    ["--target", "pm", "--input-window", "24", "--horizon", "3", "--hidden-size", "12", "--ensemble", "1"];

fn place() -> Option<Place> {
    gpu()?;
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    Some(place)
}

fn train(place: &Place, out: &str, steps: &str, more: &[&str]) -> String {
    place.ok(&[&["train", "t.csv", "--out", out, "--max-steps", steps], &SMALL[..], more].concat()).stderr
}

/// Forecasts on a device, as numbers.
fn forecasts(place: &Place, model: &str, device: &str) -> Vec<f64> {
    let text = place.ok(&["predict", model, "t.csv", "--device", device]).stdout;
    csv(&text).iter().skip(1).map(|row| row.last().unwrap().parse().unwrap()).collect()
}

fn near(a: &[f64], b: &[f64], relative: f64) {
    assert!(a.len() == b.len() && !a.is_empty());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= relative * b.abs().max(1.0), "{a} {b}");
    }
}

#[test]
fn the_same_training_gives_the_same_bytes() {
    let Some(place) = place() else { return };
    for decoder in ["lead", "direct"] {
        train(&place, "a.safetensors", "20", &["--device", "cuda", "--decoder", decoder]);
        train(&place, "b.safetensors", "20", &["--device", "cuda", "--decoder", decoder]);
        let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
        assert!(bytes("a.safetensors") == bytes("b.safetensors"), "{decoder}");
    }
}

#[test]
fn a_model_forecasts_alike_on_both_devices() {
    let Some(place) = place() else { return };
    for decoder in ["lead", "direct", "sequence"] {
        for trained_on in ["cuda", "cpu"] {
            train(&place, "m.safetensors", "20", &["--device", trained_on, "--decoder", decoder]);
            let [cpu, cuda] = ["cpu", "cuda:0"].map(|device| forecasts(&place, "m.safetensors", device));
            near(&cuda, &cpu, 1e-4);
        }
    }
}

#[test]
fn few_steps_of_training_agree_between_devices() {
    let Some(place) = place() else { return };
    for decoder in ["lead", "direct"] {
        let of = |device: &str| {
            train(&place, "m.safetensors", "3", &["--device", device, "--decoder", decoder]);
            forecasts(&place, "m.safetensors", "cpu")
        };
        near(&of("cuda"), &of("cpu"), 1e-3);
    }
}

#[test]
fn rounded_products_stay_near_and_cost_bits() {
    let Some(place) = place() else { return };
    let of = |precision: &str| {
        train(&place, "m.safetensors", "5", &["--device", "cuda", "--precision", precision]);
        forecasts(&place, "m.safetensors", "cpu")
    };
    let [full, tf32, bf16] = ["f32", "tf32", "bf16"].map(of);
    near(&tf32, &full, 1e-2);
    near(&bf16, &full, 5e-2);
    assert!(tf32 != full && bf16 != full && tf32 != bf16);
}

#[test]
fn auto_takes_the_gpu_and_a_number_too_high_is_refused() {
    let Some(place) = place() else { return };
    let said = train(&place, "m.safetensors", "3", &["--device", "auto", "--batch-size", "auto"]);
    assert!(said.contains("--device auto computes on cuda:0"), "{said}");
    assert!(said.contains("--batch-size auto is "), "{said}");
    let ran = place.run(&["predict", "m.safetensors", "t.csv", "--device", "cuda:99"]);
    assert!(ran.code == 2 && ran.stderr.contains("--device cuda:99: there"), "{}", ran.stderr);
}
