//! `plot`, `report`, `--plot`: what is in the pictures, in all their forms.

use std::io::Read;

use super::shell::place;
use super::support::{Place, hourly, words};

/// Width, height, and red, green, blue of all pixels, of a file with rows of filter 2 alone; every checksum is looked at.
fn pixels(png: &[u8]) -> (usize, usize, Vec<u8>) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four")) as usize;
    let (mut at, mut packed, mut size) = (8, Vec::new(), (0, 0));
    while at < png.len() {
        let (long, name) = (number(at), &png[at + 4..at + 8]);
        let mut crc = flate2::Crc::new();
        crc.update(&png[at + 4..at + 8 + long]);
        assert_eq!(crc.sum() as usize, number(at + 8 + long));
        match name {
            b"IHDR" => size = (number(at + 8), number(at + 12)),
            b"IDAT" => packed.extend(&png[at + 8..at + 8 + long]),
            _ => {}
        }
        at += long + 12;
    }
    let mut rows = Vec::new();
    flate2::read::ZlibDecoder::new(packed.as_slice()).read_to_end(&mut rows).expect("zlib");
    let (width, height) = size;
    assert_eq!(rows.len(), height * (1 + width * 3));
    let mut all: Vec<u8> = Vec::new();
    for (i, row) in rows.chunks(1 + width * 3).enumerate() {
        assert_eq!(row[0], 2);
        let above: Vec<u8> = if i == 0 { vec![0; width * 3] } else { all[all.len() - width * 3..].to_vec() };
        all.extend(row[1..].iter().zip(above).map(|(now, above)| now.wrapping_add(above)));
    }
    (width, height, all)
}

#[test]
fn a_terminal_gets_letters() {
    let place = place();
    let ran = place.ok(&["plot", "m.safetensors", "t.csv"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(lines.contains(&"city0") && lines.contains(&"city1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("observed") && ran.stdout.contains("forecast"));
    assert!(!ran.stdout.contains('\x1b'), "no colours in a pipe");
    let dots = |text: &str| text.chars().filter(|c| ('\u{2801}'..='\u{28FF}').contains(c)).count();
    assert!(dots(&ran.stdout) > 100);
    let one = place.ok(&["plot", "m.safetensors", "t.csv", "--only", "city1", "--color", "always"]).stdout;
    assert!(!one.lines().any(|line| line == "city0") && one.contains("\x1b[34m"), "{one}");
}

#[test]
fn what_came_after_is_drawn_too() {
    let place = place();
    let plain = place.ok(&["plot", "m.safetensors", "t.csv"]).stdout;
    assert!(!plain.contains("afterwards"));
    // The table has 400 hours from 2021-01-01, so 40 of them follow this stamp.
    let past = place
        .ok(&["plot", "m.safetensors", "t.csv", "--at", "2021-01-16T00:00:00", "--format", "svg"])
        .stdout;
    assert!(past.contains("observed afterwards") && past.contains("16 Jan"));
    // Six dots a series: the horizon.
    assert_eq!(past.matches("<circle").count(), 12);
}

#[test]
fn files_by_their_ending() {
    let place = place();
    for file in ["p.svg", "p.png", "p.html", "p.txt"] {
        let ran = place.ok(&["plot", "m.safetensors", "t.csv", "--out", file, "--theme", "light"]);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    }
    let (width, height, all) = pixels(&std::fs::read(place.path("p.png")).expect("a picture"));
    assert_eq!((width, all.len()), (1920, width * height * 3));
    assert_eq!(all[..3], [255, 255, 255]);
    // The forecast's blue, on light: #0072b2.
    assert!(all.chunks(3).filter(|p| **p == [0, 114, 178]).count() > 100);
    place.ok(&["plot", "m.safetensors", "t.csv", "--out", "dark.png", "--theme", "dark"]);
    let (_, _, dark) = pixels(&std::fs::read(place.path("dark.png")).expect("a picture"));
    assert!(dark[..3].iter().all(|part| *part < 60));
    let svg = place.read("p.svg");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>") && svg.contains(">city0</text>"));
    assert!(!svg.contains("prefers-color-scheme"));
    // The same run, the same bytes.
    place.ok(&["plot", "m.safetensors", "t.csv", "--out", "again.png", "--theme", "light", "--threads", "1"]);
    assert_eq!(
        std::fs::read(place.path("again.png")).expect("a file"),
        std::fs::read(place.path("p.png")).expect("a file")
    );
}

#[test]
fn many_series_are_chosen_from() {
    let place = Place::new();
    place.write("t.csv", hourly(20, 300));
    place.ok(&words(
        "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --max-steps 4 --batch-size 16 --quiet --out m.safetensors",
        &[],
    ));
    let text = place.ok(&["plot", "m.safetensors", "t.csv"]).stdout;
    assert!(text.contains("3 of 20: the best, the median and the worst by skill on the test part"), "{text}");
    assert!(
        text.contains("best: skill") && text.contains("worst: skill") && text.contains("no. 10 of 20: skill"),
        "{text}"
    );
    let svg = place.ok(&["plot", "m.safetensors", "t.csv", "--format", "svg"]).stdout;
    assert!(svg.contains("9 of 20: the 3 best, 3 about the median and the 3 worst"));
    // A page has all of them, one at a time.
    let html = place.ok(&["plot", "m.safetensors", "t.csv", "--format", "html"]).stdout;
    assert_eq!(html.matches("<figure>").count(), 20);
}

/// Names that a page or a terminal would obey.
fn hostile() -> Place {
    let place = Place::new();
    let table =
        hourly(2, 400).replace("city0", "<script>alert(1)</script>").replace("city1", "\u{1b}]0;x\u{7}&\"'");
    place.write("t.csv", table.replace("city,date,pm", "city,date,<img src=x>"));
    place.ok(&words(
        "train t.csv --input-window 24 --horizon 6 --hidden-size 8 --max-steps 4 --batch-size 16 --quiet --out m.safetensors --target",
        &["<img src=x>"],
    ));
    place
}

#[test]
fn names_are_never_obeyed() {
    let place = hostile();
    place.ok(&["report", "m.safetensors", "t.csv", "--quiet"]);
    place.ok(&["plot", "m.safetensors", "t.csv", "--out", "p.html"]);
    place.ok(&["plot", "m.safetensors", "t.csv", "--out", "p.svg"]);
    place.ok(&["evaluate", "m.safetensors", "t.csv", "--plot", "e.html", "--quiet"]);
    for file in ["report.html", "p.html", "p.svg", "e.html"] {
        let text = place.read(file);
        assert!(
            text.matches("<script").count() <= 1 && !text.contains("<img") && !text.contains('\x1b'),
            "{file}"
        );
        assert!(!text.contains("alert(1)</script>"), "{file}");
        // Nothing comes from elsewhere.
        let addresses = text.matches("http").count();
        assert_eq!(addresses, text.matches("http://www.w3.org/2000/svg").count(), "{file}");
    }
    let text = place.ok(&["plot", "m.safetensors", "t.csv"]).stdout;
    assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
}

#[test]
fn a_page_has_all_that_is_known() {
    let place = place();
    let ran = place.ok(&["report", "m.safetensors", "t.csv", "--out", "page.html"]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "written   page.html: open it in a browser\n")
    );
    let page = place.read("page.html");
    for part in ["forecasts", "errors", "intervals", "series", "losses", "rests", "table", "model", "again"] {
        assert!(page.contains(&format!("<h2 id=\"{part}\">")), "{part}");
    }
    for words in [
        "lstm-forecast report m.safetensors t.csv --out page.html",
        "seasonal naive",
        "hidden_size: 8",
        "How the networks learnt",
        "rise of the mean absolute error, %",
        "Rows before the origin",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.len() < 400_000, "{}", page.len());
    place.ok(&["report", "m.safetensors", "t.csv", "--out", "bare.html", "--no-explain", "--quiet"]);
    assert!(!place.read("bare.html").contains("<h2 id=\"rests\">"));
    // The same bytes with any number of threads, but for the command that it tells.
    place.ok(&["report", "m.safetensors", "t.csv", "--out", "page.html", "--threads", "1", "--quiet"]);
    let told = " --threads 1 --quiet";
    assert!(place.read("page.html").replace(told, "") == page);
    // A table that ends before the test part has forecasts and no errors.
    let short: String = hourly(2, 400)
        .lines()
        .filter(|line| !line.contains("2021-01-1") || line.contains("2021-01-10"))
        .map(|l| format!("{l}\n"))
        .collect();
    place.write("short.csv", short);
    place.ok(&["report", "m.safetensors", "short.csv", "--out", "short.html"]);
    let page = place.read("short.html");
    let lead = page.split("class=\"lead\">").nth(1).and_then(|rest| rest.split('<').next());
    assert!(
        lead.is_some_and(|lead| lead.starts_with("How good the forecasts are is not known: ")),
        "{lead:?}"
    );
}

#[test]
fn errors_and_curves_are_drawn_beside_the_work() {
    let place = place();
    place.ok(&["evaluate", "m.safetensors", "t.csv", "--interval", "50,80", "--plot", "e.svg", "--quiet"]);
    let svg = place.read("e.svg");
    for words in [
        "Error by lead",
        "steps ahead",
        "last value",
        "seasonal naive",
        "Do the quantiles hold?",
        "values inside the interval",
    ] {
        assert!(svg.contains(words), "{words}");
    }
    let train = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --epochs 3 --batch-size 64 --ensemble 2 --quiet --out n.safetensors --plot curves.svg";
    place.ok(&words(train, &[]));
    let svg = place.read("curves.svg");
    assert!(svg.contains("network 2") && svg.contains("validation error") && svg.contains("kept"));
    let inspected = place.ok(&["inspect", "n.safetensors", "--format", "json"]).stdout;
    let known: serde_json::Value = serde_json::from_str(&inspected).expect("JSON");
    let curves = known["training"]["curves"].as_array().expect("curves");
    assert_eq!(curves.len(), 2);
    assert!(curves.iter().all(|curve| curve["loss"].as_array().is_some_and(|losses| losses.len() == 3)));
}
