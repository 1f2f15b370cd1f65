use super::*;
use crate::data::read::rows::numbers::{Cell, read};

fn verdict(cells: &[String], known: &Known<'_>) -> Verdict {
    let cells = || cells.iter().map(|c| (c.as_str(), 1));
    let markers = Markers::default();
    weigh(&Forms::of(cells(), known.strip, &markers), known, cells(), &markers)
}

/// The sum of the cells as read, and what is told; a question as its text.
fn sum(cells: &[String], known: &Known<'_>) -> Result<(f64, String), String> {
    match verdict(cells, known) {
        Verdict::Ask(q) => Err(format!("{} [{}]", q.what, q.hint)),
        Verdict::Read(reading, told) => {
            let value = |c: &String| match read(c.as_bytes(), &reading, &Markers::default()) {
                Cell::Number(v) => v,
                other => panic!("{c}: {other:?}"),
            };
            let total: f64 = cells.iter().map(value).sum();
            Ok(((total * 1e6).round() / 1e6, told.join("; ")))
        }
    }
}

fn under(delimiter: u8) -> Known<'static> {
    Known { delimiter: Some(delimiter), ..Known::default() }
}

fn list(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|c| (*c).to_owned()).collect()
}

/// Whole numbers around a thousand, with a mark from there on.
fn thousands(mark: &str) -> Vec<String> {
    (900..1100)
        .map(|v| if v < 1000 { v.to_string() } else { format!("{}{mark}{:03}", v / 1000, v % 1000) })
        .collect()
}

#[test]
fn thousands_beside_whole_numbers() {
    let right: f64 = (900..1100).map(f64::from).sum();
    for (mark, delimiter) in
        [(",", b','), (",", b'\t'), (".", b';'), ("'", b','), ("\u{a0}", b';'), ("\u{2009}", b',')]
    {
        let (found, told) = sum(&thousands(mark), &under(delimiter)).unwrap();
        assert_eq!(found, right, "{mark} {told}");
        assert!(told.contains("is read as 1000"), "{told}");
    }
    // Against what the delimiter makes likely.
    let e = sum(&thousands("."), &under(b',')).unwrap_err();
    assert!(e.contains("--thousands . reads it as 1000, --decimal . as 1.000"), "{e}");
}

#[test]
fn a_point_in_json_and_beside_whole_numbers_that_have_none() {
    let cells = list(&["318.342", "941170"]);
    for known in [Known::default(), under(b',')] {
        assert_eq!(sum(&cells, &known).unwrap().0, 941_488.342);
    }
    assert_eq!(sum(&list(&["998", "1.238"]), &Known::default()).unwrap().0, 999.238);
    assert!(sum(&cells, &under(b';')).is_err());
}

#[test]
fn few_cells_with_thousands() {
    let cells = list(&["944", "936", "1,003", "973", "937", "1,001"]);
    assert_eq!(sum(&cells, &under(b',')).unwrap().0, 944.0 + 936.0 + 1003.0 + 973.0 + 937.0 + 1001.0);
}

#[test]
fn one_cell_beyond_doubt_decides() {
    assert_eq!(sum(&list(&["1.078", "1.144,91"]), &under(b';')).unwrap().0, 1078.0 + 1144.91);
    assert_eq!(sum(&list(&["1.078", "0.5", "21"]), &under(b';')).unwrap().0, 22.578);
    assert_eq!(sum(&list(&["1,078", "2,5"]), &under(b';')).unwrap().0, 3.578);
    assert_eq!(sum(&list(&["12,34,567", "1,234"]), &under(b',')).unwrap().0, 1_235_801.0);
    assert_eq!(sum(&list(&["1 234,5", "12"]), &under(b';')).unwrap().0, 1246.5);
    assert_eq!(sum(&list(&["3'905.72", "1'000"]), &under(b',')).unwrap().0, 4905.72);
}

#[test]
fn another_column_decides() {
    let table = |mark| Known { table: Some(mark), ..under(b';') };
    assert_eq!(sum(&list(&["1.078", "2.001"]), &table(Mark::Comma)).unwrap().0, 3079.0);
    assert_eq!(sum(&list(&["1.078", "2.001"]), &table(Mark::Point)).unwrap().0, 3.079);
}

#[test]
fn what_stays_open_is_asked() {
    for (cells, delimiter, words) in [
        (&["21.551", "22.898"][..], b';', "--thousands ."),
        (&["21.551", "22.898", "35"], b';', "beside it stands `35`"),
        (&["1.078", "1500"], b';', "may be 1078"),
        (&["1.5", "1,5"], b';', "two ways"),
        (&["9.2%", "3.1"], b',', "--strip \"%\""),
        (&["8.6*", "7.1", "3"], b',', "--strip \"*\""),
        (&["7.0K", "950"], b',', "write the numbers out"),
        (&["<1", "17"], b',', "bound"),
        (&["$5", "\u{20ac}7"], b',', "currencies"),
        (&["5 \u{b0}C", "41 \u{b0}F", "3"], b',', "--strip"),
        (&["12.1", "(12.3)", "12.2", "11.9", "(12.0)"], b',', "provisional"),
    ] {
        let e = sum(&list(cells), &under(delimiter)).unwrap_err();
        assert!(e.contains(words), "{cells:?}: {e}");
        assert!(!e.contains("--missing"), "{e}");
    }
}

#[test]
fn dress_that_the_whole_column_wears() {
    for (cells, total, told) in [
        (&["9.23%", "8.53 %"][..], 17.76, "in percent"),
        (&["$998,163.49", "$1,238,154.33"], 2_236_317.82, "currency"),
        (&["5.0 \u{b0}C", "-2.5 \u{b0}C"], 2.5, "without the text"),
        (&["7.0K", "14.1K"], 21.1, "without the text"),
        (&["5.45", "(0.09)", "0.10"], 5.46, "brackets"),
        (&["4.78", "0.61-"], 4.17, "minus after"),
        (&["3.7", "\u{2212}2.4"], 1.3, "another minus"),
        (&["CHF 1'234.50", "CHF 800.00"], 2034.5, "currency"),
    ] {
        let cells = list(cells);
        let found = sum(&cells, &under(b','));
        let (found, text) = found.unwrap();
        assert!((found - total).abs() < 1e-9 && text.contains(told), "{cells:?}: {found} {text}");
    }
}

#[test]
fn a_value_and_its_flag() {
    let cells = list(&["+0058,5", "+0081,1", "-0012,1"]);
    assert!(sum(&cells, &under(b',')).unwrap_err().contains("a flag"));
    let tenths: Vec<String> = (0..40).map(|i| format!("{},{}", 10_200 + i, [1, 5][i % 2])).collect();
    assert!(sum(&tenths, &under(b',')).unwrap_err().contains("a flag"));
    // Half degrees in a table that has its commas to itself.
    assert!(sum(&tenths, &under(b';')).is_ok());
    let given = Known { decimal: Some(Mark::Comma), ..under(b',') };
    assert_eq!(sum(&cells, &given).unwrap().0, 127.5);
}

#[test]
fn options_and_training_decide() {
    let cells = list(&["21.551", "22.898"]);
    let known = |decimal, thousands| Known { decimal, thousands, ..under(b';') };
    assert_eq!(sum(&cells, &known(None, Some(Some(Mark::Point)))).unwrap().0, 44_449.0);
    assert_eq!(sum(&cells, &known(Some(Mark::Point), None)).unwrap().0, 44.449);
    assert_eq!(sum(&cells, &known(Some(Mark::Comma), None)).unwrap().0, 44_449.0);
    assert_eq!(sum(&cells, &known(None, Some(None))).unwrap().0, 44.449);
    let trained = Reading { decimal: Mark::Comma, thousands: Some(Mark::Point), ..Reading::default() };
    let known = Known { trained: Some(&trained), ..under(b';') };
    assert_eq!(sum(&cells, &known).unwrap().0, 44_449.0);
    assert_eq!(sum(&list(&["0.5", "0.25"]), &known).unwrap().0, 0.75);
    let strip = ["*".to_owned()];
    let known = Known { strip: &strip, ..under(b',') };
    assert_eq!(sum(&list(&["8.6*", "7.1"]), &known).unwrap().0, 15.7);
}
